"""The gateway half of the loopback Discord: real WebSockets that carry SimCord's events."""

import asyncio
import copy
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import discord
from aiohttp import WSMsgType, web
from discord.gateway import DiscordWebSocket
from simcord import intents as intent_rules
from simcord.backend import Backend, serializers

HEARTBEAT_INTERVAL = 41_250
UNKNOWN_ERROR, UNKNOWN_OPCODE, AUTHENTICATION_FAILED = 4000, 4001, 4004

ToJson = Callable[[Any], str]


class Connection:
    """One WebSocket; compresses and sends in order what is put into it."""

    def __init__(self, socket: web.WebSocketResponse, cable: asyncio.Transport, *, compressed: bool) -> None:
        self.socket = socket
        self.cable = cable
        # One stream for the whole connection: each frame goes on where the last one ended.
        self._deflate = zlib.compressobj() if compressed else None
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()

    def put(self, frame: str) -> None:
        self._outgoing.put_nowait(frame)

    async def pump(self) -> None:
        """Send until the other side is gone."""
        with suppress(ConnectionError):
            while True:
                frame = await self._outgoing.get()
                if self._deflate is None:
                    await self.socket.send_str(frame)
                else:
                    packed = self._deflate.compress(frame.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                    await self.socket.send_bytes(packed)


class Session:
    """What one bot was told since it identified, so that it can hear after a lost connection what it missed."""

    def __init__(self, intents: discord.Intents, connection: Connection, to_json: ToJson) -> None:
        self.intents = intents
        self.connection: Connection | None = connection
        self._to_json = to_json
        self._told: list[str] = []

    def tell(self, event: str, payload: object) -> None:
        number = len(self._told) + 1
        frame = self._to_json({"op": DiscordWebSocket.DISPATCH, "d": payload, "s": number, "t": event})
        self._told.append(frame)
        if self.connection is not None:
            self.connection.put(frame)

    def resume(self, connection: Connection, heard: int) -> None:
        """Go on over a new connection, behind the `heard`-th event."""
        self.connection = connection
        for frame in self._told[heard:]:
            connection.put(frame)
        self.tell("RESUMED", {})


class Gateway:
    """Lets bots in, tells them what happens, and can drop them."""

    def __init__(self, backend: Backend, token: str, url: str, to_json: ToJson) -> None:
        self.identified = 0
        self.resumed = 0
        self.intents: discord.Intents | None = None
        """What the last bot asked to hear of."""
        self._backend = backend
        self._token = token
        self._url = url
        self._to_json = to_json
        self._sessions: dict[str, Session] = {}
        backend.subscribers.append(self._broadcast)

    async def close_all(self, code: int = UNKNOWN_ERROR) -> None:
        """End every connection with a word, after which a bot should come back."""
        for connection in self._connections():
            await connection.socket.close(code=code)

    def cut_all(self) -> None:
        """End every connection as a pulled cable does, without a word."""
        for connection in self._connections():
            connection.cable.abort()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        compression = request.query.get("compress")
        if request.query.get("encoding") != "json" or compression not in (None, "zlib-stream"):
            raise web.HTTPBadRequest(text=f"this gateway does not speak {request.query_string}")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        connection = Connection(socket, request.transport, compressed=compression is not None)
        pump = asyncio.create_task(connection.pump(), name="gateway connection")
        self._put(connection, DiscordWebSocket.HELLO, {"heartbeat_interval": HEARTBEAT_INTERVAL})
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    await self._receive(connection, frame.json())
        finally:
            pump.cancel()
            for session in self._sessions.values():
                if session.connection is connection:
                    session.connection = None
        return socket

    async def _receive(self, connection: Connection, frame: Mapping[str, Any]) -> None:
        match frame["op"]:
            case DiscordWebSocket.HEARTBEAT:
                self._put(connection, DiscordWebSocket.HEARTBEAT_ACK)
            case DiscordWebSocket.IDENTIFY | DiscordWebSocket.RESUME if frame["d"]["token"] != self._token:
                await connection.socket.close(code=AUTHENTICATION_FAILED)
            case DiscordWebSocket.IDENTIFY:
                self._let_in(connection, frame["d"])
            case DiscordWebSocket.RESUME if session := self._sessions.get(frame["d"]["session_id"]):
                session.resume(connection, frame["d"]["seq"])
                self.resumed += 1
            case DiscordWebSocket.RESUME:
                self._put(connection, DiscordWebSocket.INVALIDATE_SESSION, False)
            case DiscordWebSocket.PRESENCE:
                pass
            case _:
                await connection.socket.close(code=UNKNOWN_OPCODE)

    def _let_in(self, connection: Connection, identity: Mapping[str, Any]) -> None:
        self.identified += 1
        self.intents = discord.Intents.none()
        self.intents.value = identity["intents"]
        name = f"session-{self.identified}"
        # What a bot lost that was started again is never taken up; to note all events for it would only cost time.
        self._sessions = {each: old for each, old in self._sessions.items() if old.connection is not None}
        session = Session(self.intents, connection, self._to_json)
        ready = {
            "v": 10,
            "user": dict(serializers.user_payload(self._backend.bot_user)),
            "guilds": [{"id": str(guild_id), "unavailable": True} for guild_id in self._backend.guilds],
            "session_id": name,
            "resume_gateway_url": self._url,
            "shard": identity.get("shard", [0, 1]),
            "application": {"id": str(self._backend.application_id), "flags": 0},
        }
        session.tell("READY", ready)
        for guild in self._backend.guilds.values():
            self._tell(session, "GUILD_CREATE", serializers.guild_create_payload(self._backend, guild))
        self._sessions[name] = session

    def _broadcast(self, event: str, payload: Mapping[str, Any]) -> None:
        for session in self._sessions.values():
            self._tell(session, event, payload)

    def _tell(self, session: Session, event: str, payload: Mapping[str, Any]) -> None:
        """Pass an event on as far as the bot's intents reach."""
        needed = intent_rules.required_intent(event, payload)
        if needed is not None and not getattr(session.intents, needed):
            return
        told: dict[str, Any] = copy.deepcopy(dict(payload))
        if event == "GUILD_CREATE":
            intent_rules.prune_guild_create(told, session.intents, self._backend.bot_user.id)
        elif event in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and not session.intents.message_content:
            intent_rules.censor_message(told, self._backend.bot_user.id, backend=self._backend)
        session.tell(event, told)

    def _put(self, connection: Connection, opcode: int, data: object = None) -> None:
        connection.put(self._to_json({"op": opcode, "d": data, "s": None, "t": None}))

    def _connections(self) -> list[Connection]:
        return [session.connection for session in self._sessions.values() if session.connection is not None]
