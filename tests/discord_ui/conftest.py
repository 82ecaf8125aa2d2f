"""The real bot and the real provider client in SimCord, with the simulated service behind its transport."""

import asyncio
import logging
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import discord
import httpx
import pytest
import simcord
import stamina
from pydantic import SecretStr

from bot import app
from bot.providers.simulated import SimulatedService, SimulatedTransport
from bot.settings import Settings
from tests.quickly import answer_sql_in_the_loop, compile_sql_once, draw_each_picture_once

SHARED = Path(__file__).parents[2].parent / "shared"


class World:
    """One server with a channel and three people, and what a test does to them."""

    def __init__(self, folder: Path, settings: dict[str, Any], speed: float) -> None:
        self._folder = folder
        self._settings = settings
        self._stack = AsyncExitStack()
        self.env: Any = None
        self.bot: Any = None
        self.service = SimulatedService(self.now, speed=speed, picture_scale=0.0625, pause=self._pause)
        self.transport = SimulatedTransport(self.service)
        self.web: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(404)
        """What members' links lead to."""

    def now(self) -> datetime:
        return self.env.now()

    async def _pause(self, seconds: float) -> None:
        await self.env.external_wait(asyncio.sleep(seconds), reason="the image service paints")

    async def open(self) -> None:
        self.bot = await self._open_bot()
        self.env = simcord.Env(self.bot, settle_timeout=20)
        # SimCord looks every 50 ms whether the bot has settled. A bot that waits for its database in each tick makes
        # that the pace of the tests, so it looks more often here.
        self.env._settle_internal = partial(self.env._settle_internal, idle=0.004)
        await self.env.start()
        self._stack.push_async_callback(self.env.shutdown)
        self.guild = self.env.create_guild("Studio")
        self.channel = self.guild.create_text_channel("gallery")
        self.alice = self.guild.add_member(self.env.create_user("alice"))
        self.bob = self.guild.add_member(self.env.create_user("bob"))

    async def _open_bot(self) -> Any:
        settings = Settings.model_construct(
            database_url=f"sqlite+aiosqlite:///{self._folder / 'easel.db'}",
            discord_token=SecretStr("token-of-the-test"),
            ohmygpt_api_key=SecretStr("key-of-the-test"),
            ohmygpt_base_url="https://simulated.invalid",
            **{"wsrv_url": "https://simulated.invalid/wsrv", "poll_interval": 1.0} | self._settings,
        )
        opened = app.open_bot(
            settings,
            clock=self.now,
            transport=self.transport,
            link_transport=httpx.MockTransport(lambda request: self.web(request)),
        )
        return await self._stack.enter_async_context(opened)

    async def restart(self) -> None:
        """A new process on the same database and the same Discord."""
        self.bot = await self._open_bot()
        await self.env.restart_bot(self.bot)

    async def close(self) -> None:
        await self._stack.aclose()
        self.env.raise_errors()

    async def pass_time(self, seconds: float) -> None:
        await self.env.advance_time(seconds)

    async def until(self, happened: Callable[[], Any], seconds: float = 60) -> None:
        """Let time pass until `happened()` is true, for at most `seconds`."""
        for _ in range(int(seconds * 2)):
            if happened():
                return
            await self.env.advance_time(0.5)
        raise AssertionError(f"did not happen within {seconds} s:\n{self.env.transcript()[-4000:]}")

    async def imagine(self, who: Any, prompt: str = "a ringed planet", **options: Any) -> Any:
        """Run /imagine and give its card."""
        return await self.ran(who, "imagine", prompt=prompt, **options)

    async def ran(self, who: Any, command: str, **options: Any) -> Any:
        """Run a command whose answer is a card, and give it."""
        result = await who.slash(self.channel, command, **options)
        assert result.acknowledged
        return Card(self, result.response.channel_id, result.response.id)

    async def finished(self, who: Any, prompt: str = "a ringed planet", **options: Any) -> "Card":
        """Run /imagine and give its card when the picture is there."""
        card = await self.imagine(who, prompt, **options)
        await self.until(lambda: "done" in card.text)
        return card

    async def press(self, who: Any, card: "Card", label: str) -> Any:
        """Press a button by its label or emoji; gives the interaction's result."""
        result = await who.click(card.message, custom_id=card.buttons[label])
        assert result.acknowledged, f"the press of {label} was not answered"
        return result

    async def left(self, who: Any) -> int:
        """Credits that `/usage` says are left."""
        content = (await who.slash(self.channel, "usage")).response.content
        return int(content.removeprefix("**").split(" ")[0])


class Card:
    """A card as people see it now."""

    def __init__(self, world: World, channel_id: int, message_id: int) -> None:
        self._world = world
        self.channel_id = channel_id
        self.id = message_id

    @property
    def stored(self) -> Any:
        return self._world.env.backend.get_message(self.channel_id, self.id)

    @property
    def message(self) -> discord.Message:
        return next(m for m in self._world.channel.history() if m.id == self.id)

    @property
    def parts(self) -> list[dict[str, Any]]:
        """Every component, nested ones included."""
        found, waiting = [], list(self.stored.components)
        while waiting:
            part = waiting.pop(0)
            found.append(part)
            waiting[:0] = [*(part.get("components") or []), *filter(None, [part.get("accessory")])]
        return found

    @property
    def text(self) -> str:
        return "\n".join(part["content"] for part in self.parts if part["type"] == 10)

    @property
    def accent(self) -> int:
        return self.parts[0]["accent_color"]

    @property
    def buttons(self) -> dict[str, str]:
        """Label, or emoji where there is none, to custom_id."""
        return {
            part.get("label") or part["emoji"]["name"]: part["custom_id"]
            for part in self.parts
            if part["type"] == 2 and "custom_id" in part
        }

    @property
    def links(self) -> dict[str, str]:
        return {part["label"]: part["url"] for part in self.parts if part["type"] == 2 and "url" in part}

    @property
    def gallery(self) -> list[dict[str, Any]]:
        return [item for part in self.parts if part["type"] == 12 for item in part["items"]]

    @property
    def files(self) -> list[str]:
        return [attachment.filename for attachment in self.message.attachments]

    async def picture(self, name: str | None = None) -> bytes:
        """The bytes of the only attachment, or of that name."""
        (attachment,) = [each for each in self.message.attachments if name in (None, each.filename)]
        return await attachment.read()


OFTEN = pytest.mark.parametrize("settings", [{"poll_interval": 0.5}], ids=["often"])
"""For tests in which much happens within a second: elsewhere one look per second at what is under way is enough."""


@pytest.fixture
def settings() -> dict[str, Any]:
    """What a test sets other than the defaults; parametrise or override it."""
    return {}


@pytest.fixture
def speed() -> float:
    """How many times faster than the real service; at 20 a grid takes about three seconds of SimCord's clock."""
    return 20.0


@pytest.fixture
async def world(
    tmp_path: Path, migrated: Path, settings: dict[str, Any], speed: float, spec: Any, quickly: None
) -> AsyncIterator[World]:
    shutil.copy(migrated, tmp_path / "easel.db")
    made = World(tmp_path, settings, speed)
    await made.open()
    yield made
    requests = list(made.env.http_requests)
    await made.close()
    if spec is not None:
        problems = [
            f"{request.method} {request.path}: {problem}"
            for request in requests
            if request.json is not None
            for problem in spec.check(request.method, request.path, request.json)
        ]
        assert problems == []


@pytest.fixture(scope="session")
def spec() -> Any:
    """Discord's own document, when it lies beside the checkout; test_conformance says so when it does not."""
    if not (SHARED / "tools" / "openapi_check.py").is_file():
        return None
    sys.path.insert(0, str(SHARED / "tools"))
    from openapi_check import DiscordSpec

    return DiscordSpec()


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here needs threads for its database; a test that does overrides this."""
    draw_each_picture_once(monkeypatch)
    compile_sql_once(monkeypatch)
    answer_sql_in_the_loop(monkeypatch)


@pytest.fixture(autouse=True)
def no_errors_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A failure inside a button's callback shows nowhere but in the log."""
    yield
    logged = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in logged] == []


@pytest.fixture(autouse=True)
def no_waiting_between_tries() -> Iterator[None]:
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)
