"""`easel simulate`: the simulated service in a terminal."""

import asyncio
import signal
import sys
from datetime import UTC, datetime

from bot.providers.simulated.server import serve
from bot.providers.simulated.service import SimulatedService


def serve_until_interrupted(port: int, speed: float = 1.0, picture_scale: float = 1.0, host: str = "127.0.0.1") -> int:
    """Serve until Ctrl-C or SIGTERM; the process's exit code."""
    service = SimulatedService(lambda: datetime.now(UTC), speed=speed, picture_scale=picture_scale, pause=asyncio.sleep)
    try:
        asyncio.run(_serve(service, port, host))
    except OSError as error:
        sys.stderr.write(f"Cannot serve on {host}:{port}: {error.strerror or error}\n")
        return 1
    return 0


async def _serve(service: SimulatedService, port: int, host: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serve(service, port, host):
        sys.stdout.write(f"The simulated OhMyGPT is at {service.base_url} and takes any key. Ctrl-C ends it.\n")
        sys.stdout.flush()
        await stop.wait()
