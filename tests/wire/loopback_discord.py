"""Discord on loopback for whole-process tests: SimCord's rules behind real HTTP and a real WebSocket gateway.

What is allowed, and with which code the rest is refused, SimCord decides; `gateway`, `rest` and `people` only carry it
over the wire, on the wall clock. They use SimCord's internals, so they belong to its exact version.
"""

import json
import socket
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import web
from simcord._clock import Clock
from simcord.backend import Backend
from simcord.backend.cdn import CDN_BASE

from tests.wire.gateway import Gateway
from tests.wire.people import Member
from tests.wire.rest import API, Rest

LARGEST_UPLOAD = 100 * 1024 * 1024


class WallClock(Clock):
    """Real time, so that the 3 seconds for an answer and the 15 minutes of a token are real ones."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class LoopbackDiscord:
    """A Discord with one server. It knows one application, by its token, across the restarts of the bot."""

    def __init__(self, token: str) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.backend = Backend(clock=WallClock())
        self.backend.bot_user.name = "Easel"
        self._guild = self.backend.create_guild("Studio")
        self._channel = self.backend.create_channel(self._guild.id, "gallery")
        self.gateway = Gateway(self.backend, token, self.gateway_url, self.to_json)
        self.rest = Rest(self.backend, token, self.gateway_url, self.to_json)
        self._runner = web.AppRunner(self._routes(), access_log=None, shutdown_timeout=1)

    @property
    def api_url(self) -> str:
        return f"http://{self._address}{API}"

    @property
    def gateway_url(self) -> str:
        return f"ws://{self._address}/"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.gateway.close_all(1001)
        await self._runner.cleanup()
        self._listener.close()

    def join(self, name: str, channel_id: int | None = None) -> Member:
        """A new member of the server, who is in its first channel unless another is named."""
        user = self.backend.make_user(name)
        self.backend.add_member(self._guild.id, user.id)
        return Member(self.backend, user.id, channel_id or self._channel.id, self.to_json)

    def add_channel(self, name: str) -> int:
        """One more channel; its id."""
        return self.backend.create_channel(self._guild.id, name).id

    def kill_tokens(self) -> None:
        """Fifteen minutes pass for every interaction that was answered: Discord takes its token no more."""
        for record in self.backend.interactions.values():
            if record.responded:
                record.expires_at = self.backend.now_iso()

    def to_json(self, payload: Any) -> str:
        """What goes over the wire; links to files lead to this server."""
        return json.dumps(payload, default=str).replace(CDN_BASE, f"http://{self._address}/cdn")

    def _routes(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST_UPLOAD)
        app.router.add_get("/", self.gateway.handle)
        app.router.add_get("/cdn/{path:.*}", self._file)
        app.router.add_route("*", f"{API}/{{path:.*}}", self.rest.handle)
        return app

    async def _file(self, request: web.Request) -> web.Response:
        data = self.backend.cdn.get(f"{CDN_BASE}/{request.match_info['path']}")
        return web.Response(status=404) if data is None else web.Response(body=data)
