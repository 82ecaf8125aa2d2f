"""An operator's installation of Easel: its settings, its folder, its database, and `easel run` in it."""

import signal
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from functools import partial
from itertools import repeat
from pathlib import Path

from tests.wire.hurried import hurry
from tests.wire.loopback_discord import LoopbackDiscord
from tests.wire.processes import Easel, Finished, Start, easel
from tests.wire.waiting import until

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.wire01.a-bot-token-that-no-log-may-show"
KEY = "sk-wire-0123456789abcdef-a-key-that-no-log-may-show"
START_TIME = 20.0

REAL = repeat(Easel.start)
HURRIED = repeat(partial(Easel.fork, prepare=hurry))
"""Whole lives as operators see them, or as a test that kills many can afford them."""


class Installation:
    """Survives the process: started again, the bot finds the same database and the same Discord.

    `starts` are the ways in which the bot's lives begin, one after the other.
    """

    def __init__(self, folder: Path, discord: LoopbackDiscord, provider: str, starts: Iterable[Start] = REAL) -> None:
        self.folder = folder
        self._starts = iter(starts)
        self.discord = discord
        self.settings = {
            "DISCORD_TOKEN": TOKEN,
            "DISCORD_API_URL": discord.api_url,
            "DISCORD_GATEWAY_URL": discord.gateway_url,
            "OHMYGPT_API_KEY": KEY,
            "OHMYGPT_BASE_URL": provider,
            "WSRV_URL": f"{provider}/wsrv",
            "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'easel.db'}",
            "POLL_INTERVAL": "0.5",
            "DAILY_CREDITS": "1000",
            "LOG_LEVEL": "DEBUG",  # whoever looks for secrets in the log must see all of it
        }
        self._lives: list[Easel] = []

    async def run(self, *flags: str) -> Easel:
        """The bot, logged in and ready; started unless it is running already."""
        if self._lives and self._lives[-1].code is None:
            return self._lives[-1]
        arrivals = self.discord.gateway.identified
        started = await self.launch(*flags)
        await until(
            lambda: self.discord.gateway.identified > arrivals or started.code is not None,
            "the bot's arrival at the gateway",
            within=START_TIME,
        )
        assert started.code is None, f"it ended by itself with {started.code}:\n{started.err}"
        return started

    async def launch(self, *flags: str) -> Easel:
        """Start the bot, and wait for nothing."""
        started = await next(self._starts)("run", *flags, folder=self.folder, settings=self.settings)
        self._lives.append(started)
        return started

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int | None:
        """End the bot, if it runs; its exit code."""
        return await self._lives[-1].end(number) if self._lives else None

    async def command(self, *arguments: str, **changes: str) -> Finished:
        """Another `easel` command with these settings, some of them changed."""
        return await easel(*arguments, folder=self.folder, settings={**self.settings, **changes})

    @contextmanager
    def with_settings(self, **changes: str) -> Generator[None]:
        """What is started in here has some other settings."""
        before = self.settings
        self.settings = {**before, **changes}
        try:
            yield
        finally:
            self.settings = before

    @property
    def log(self) -> str:
        """All that the bot has said so far, in all of its lives."""
        return "".join(life.out + life.err for life in self._lives)

    def states(self, message_id: int | None) -> list[str]:
        """The states of the jobs whose card is this message, as the database has them."""
        with closing(sqlite3.connect(f"file:{self.folder / 'easel.db'}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT state FROM jobs WHERE message_id IS ?", (message_id,))
            return [state for (state,) in rows]
