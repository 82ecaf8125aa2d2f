"""The REST half of the loopback Discord: real HTTP in front of SimCord's route table, and a record of every request."""

import asyncio
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import simcord.http.routes  # noqa: F401  # importing it fills the route table
from aiohttp import BodyPartReader, web
from simcord.backend import Backend
from simcord.backend.errors import BackendError
from simcord.http import router

from tests.wire.faults import Faults

API = "/api/v10"

# What goes by an interaction's token needs no other authorization.
_BY_TOKEN = ("/interactions/", "/webhooks/")
_UNKNOWN_WEBHOOK = 10015


@dataclass(frozen=True, slots=True)
class Upload:
    """A file part of a multipart request, in the shape that SimCord reads."""

    fp: io.BytesIO
    filename: str
    description: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it arrived, and the status of its answer. `body` of a multipart request is its payload_json."""

    method: str
    path: str
    status: int
    body: Any
    multipart: bool
    authorization: str | None
    uploads: tuple[str, ...] = ()
    fault: str | None = None
    """What it suffered; the status is then none of the bot's doing."""

    @property
    def token_died(self) -> bool:
        """Whether all that was wrong is that an interaction's token had died."""
        return self.status == 401 and self.path.startswith("/webhooks/")

    def __str__(self) -> str:
        return f"{self.method} {self.path} → {self.status}{' (multipart)' if self.multipart else ''}"


class Rest:
    """Answers the bot's requests as Discord would, and keeps them."""

    def __init__(self, backend: Backend, token: str, gateway_url: str, to_json: Callable[[Any], str]) -> None:
        self.requests: list[Recorded] = []
        self.before_answer: Callable[[Recorded], None] | None = None
        """Called when a request has taken effect, and before the bot hears of it."""
        self.faults = Faults()
        self._backend = backend
        self._authorization = f"Bot {token}"
        self._gateway_url = gateway_url
        self._to_json = to_json

    async def handle(self, request: web.Request) -> web.Response:
        path = "/" + request.match_info["path"]
        body, uploads = await _read(request)
        fault = self.faults.take(request.method, path)
        status, answer = 500, None
        try:
            if fault is None or fault.acts:
                status, answer = self._answer(request, path, body, uploads)
        finally:  # a fault of this server is a 500 in the record
            recorded = Recorded(
                method=request.method,
                path=path,
                status=fault.status if fault and fault.status else status,
                body=body,
                multipart=request.content_type.startswith("multipart/"),
                authorization=request.headers.get("Authorization"),
                uploads=tuple(upload.filename for upload in uploads),
                fault=fault.name if fault else None,
            )
            self.requests.append(recorded)
        if self.before_answer is not None:
            self.before_answer(recorded)
        if fault is not None and fault.status:
            return fault.answer(f"{request.method} {path}")
        if fault is not None:
            await asyncio.sleep(fault.seconds)
        if answer is None:
            return web.Response(status=status)
        # As bytes: with a charset behind it, discord.py takes no content type for JSON.
        return web.Response(status=status, body=self._to_json(answer).encode(), content_type="application/json")

    def _answer(self, request: web.Request, path: str, body: Any, uploads: list[Upload]) -> tuple[int, Any]:
        if not path.startswith(_BY_TOKEN) and request.headers.get("Authorization") != self._authorization:
            return 401, {"code": 0, "message": "401: Unauthorized"}
        if path in ("/gateway", "/gateway/bot"):
            limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
            return 200, {"url": self._gateway_url, "shards": 1, "session_start_limit": limit}
        try:
            answer = router.dispatch(
                self._backend,
                request.method,
                path,
                json=body,
                params=dict(request.query),
                files=list(uploads),
                reason=request.headers.get("X-Audit-Log-Reason"),
            )
        except BackendError as error:
            if error.code == _UNKNOWN_WEBHOOK and self._is_interaction(path):
                return 401, {"code": 50027, "message": "Invalid Webhook Token"}  # which SimCord takes for unknown
            return error.status, error.to_json()
        return (204, None) if answer is None else (200, answer)

    def _is_interaction(self, path: str) -> bool:
        """Whether the token in the path was an interaction's once."""
        return any(part in self._backend.interaction_tokens for part in path.split("/"))


async def _read(request: web.Request) -> tuple[Any, list[Upload]]:
    """The JSON of a request, and its files in the order of their numbers."""
    if not request.content_type.startswith("multipart/"):
        raw = await request.read()
        return (json.loads(raw) if raw else None), []
    body: Any = None
    files: dict[int, tuple[str, bytes]] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        data = bytes(await part.read())
        if part.name == "payload_json":
            body = json.loads(data)
        elif numbered := re.fullmatch(r"files\[(\d+)\]", part.name or ""):
            files[int(numbered[1])] = part.filename or "", data
        else:
            raise web.HTTPBadRequest(text=f"a part named {part.name!r}")
    described = _attachments(body)
    return body, [_upload(described.get(str(number), {}), *files[number]) for number in sorted(files)]


def _attachments(body: Any) -> dict[str, Mapping[str, Any]]:
    """What a body says of its files, by their numbers; in the answer to an interaction that lies one level down."""
    fields: dict[str, Any] = body or {}
    message: dict[str, Any] = fields.get("data") or fields
    return {str(each.get("id")): each for each in message.get("attachments") or ()}


def _upload(described: Mapping[str, Any], filename: str, data: bytes) -> Upload:
    return Upload(io.BytesIO(data), described.get("filename") or filename, described.get("description"))
