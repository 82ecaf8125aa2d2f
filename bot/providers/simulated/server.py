"""The simulated service over HTTP, for other processes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web

from bot.providers.simulated.control import PREFIX, Control
from bot.providers.simulated.faults import AnswerLost, NeverArrived
from bot.providers.simulated.service import SimulatedService

_MOST_BYTES = 32 * 1024 * 1024  # a blend of five pictures in base64 has its place in it


@asynccontextmanager
async def serve(
    service: SimulatedService, port: int, host: str = "127.0.0.1", *, base_url: str | None = None
) -> AsyncGenerator[int, None]:
    """Serve until the block ends; gives the bound port (0 asks for any free one).

    Picture links then begin with this server's address, or with `base_url` where others reach it by another name.
    Faults can be ordered by HTTP too, see control.py.
    """

    control = Control(service)

    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            if request.path.startswith(PREFIX):
                answer = control.handle(request.method, request.path, body)
            else:
                answer = await service.handle(request.method, request.path_qs, request.headers, body)
        except (NeverArrived, AnswerLost):
            return _hang_up(request)
        return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body)

    application = web.Application(client_max_size=_MOST_BYTES)
    application.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound = int(runner.addresses[0][1])
        service.base_url = (base_url or f"http://{host}:{bound}").rstrip("/")
        yield bound
    finally:
        await runner.cleanup()


def _hang_up(request: web.Request) -> web.StreamResponse:
    """The connection ends without an answer; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
