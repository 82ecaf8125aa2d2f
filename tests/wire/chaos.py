"""Chaos: members at work while the bot is killed, its connections drop, and both Discord and the service fail."""

import asyncio
import contextlib
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random

from tests.wire.crowd import Crowd
from tests.wire.faults import Trouble
from tests.wire.installation import HURRIED, REAL, Installation
from tests.wire.loopback_discord import LoopbackDiscord
from tests.wire.processes import Easel
from tests.wire.service import Service
from tests.wire.verdict import Verdict, judge

SETTINGS = {
    "POLL_INTERVAL": "0.5",
    "DAILY_CREDITS": "1000000",
    "MAX_QUEUED_PER_MEMBER": "10",
    "IMAGE_CONCURRENCY": "8",
    "LOG_LEVEL": "DEBUG",
}
SPEED, SCALE = 100.0, 0.03
MOST_UNFINISHED = 60
"""Jobs under way at once; more would only queue."""

LAST_REQUEST = 20
"""A life may end at one of so many requests."""

ARRIVAL = 60.0
REFUSED = "Discord does not let the bot in"
PEACE = "SELECT count(*) FROM jobs WHERE shown < revision AND message_id IS NOT NULL AND NOT deleted"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what. `life` is the longest that the bot works before it is killed, in seconds."""

    seed: int
    kills: int
    jobs: int
    faults: int
    """What Discord, and what the service, does wrong at least; on a busy machine a life sees less of it."""

    hurried: bool
    life: float
    settle: float
    """How long, in seconds, everything may take to end once nobody asks, kills or fails any more."""

    in_all: int = 10
    """Midjourney jobs at once. Those whose answer got lost count until they are given up: minutes, unless hurried."""

    per_member: int = 3
    members: int = 12
    channels: int = 3
    rate: float = 6.0
    """Requests a second."""

    discord_trouble: float = 0.05
    service_trouble: float = 0.08
    unready: float = 0.15
    """The share of lives that end before the bot is there."""

    drops: float = 0.4
    """The share of lives in which the gateway drops."""

    pointed: float = 0.4
    """The share of lives that end just when Discord has acted on a request, and before the bot hears so."""


@dataclass
class Outcome:
    """What happened, and whether anything went wrong."""

    plan: Plan
    counts: Counter[str] = field(default_factory=Counter[str])
    asked: Counter[str] = field(default_factory=Counter[str])
    discord: dict[str, int] = field(default_factory=dict[str, int])
    service: dict[str, int] = field(default_factory=dict[str, int])
    seconds: float = 0
    settled: float = 0
    verdict: Verdict = field(default_factory=Verdict)

    def table(self) -> str:
        """The whole run as a Markdown table."""
        violations = self.verdict.violations
        groups: dict[str, dict[str, int]] = {
            "Jobs": self.verdict.jobs,
            "Done to the bot": self.counts,
            "Discord's faults": self.discord,
            "The service's faults": self.service,
            "What came of it": self.verdict.facts,
            "Asked for": self.asked,
        }
        lines = ["| what | count |", "|---|---:|", f"| Seed | {self.plan.seed} |"]
        for group, counted in groups.items():
            lines += [f"| {group}: {name} | {number} |" for name, number in sorted(counted.items())]
        lines += [
            f"| Minutes in all | {self.seconds / 60:.1f} |",
            f"| Seconds until all had ended | {self.settled:.0f} |",
        ]
        return "\n".join([*lines, f"| **Violations** | **{len(violations)}** |"])


class Chaos:
    """One run of a plan."""

    def __init__(
        self, plan: Plan, folder: Path, discord: LoopbackDiscord, service: Service, say: Callable[[str], None]
    ) -> None:
        self._plan = plan
        self._chance = Random(plan.seed)
        self._discord = discord
        self._service = service
        self._say = say
        self._crowd = Crowd(discord, Random(plan.seed + 1), plan.members, plan.channels)
        self._trouble = Trouble(plan.seed + 2, plan.discord_trouble)
        self._unasked: list[str] = []
        self._database = folder / "easel.db"
        self._outcome = Outcome(plan, asked=self._crowd.asked)
        self._place = Installation(folder, discord, service.url, HURRIED if plan.hurried else REAL)
        running = {"MAX_RUNNING_TOTAL": str(plan.in_all), "MAX_RUNNING_PER_MEMBER": str(plan.per_member)}
        self._place.settings |= SETTINGS | running

    async def run(self) -> Outcome:
        """The whole plan: a first life in peace, many short ones, then peace until everything has ended."""
        began = time.monotonic()
        await self._place.run()  # the first start migrates, and tells Discord the commands
        await self._place.stop(signal.SIGKILL)
        self._discord.rest.faults.trouble = self._trouble
        await self._service.trouble(self._plan.seed + 3, self._plan.service_trouble)
        acting = asyncio.create_task(self._act(), name="the crowd")
        try:
            await self._kill_often(acting)
        finally:
            acting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await acting
        self._discord.rest.faults.trouble = None
        self._outcome.service = await self._service.struck()
        self._outcome.discord = dict(self._trouble.struck)
        await self._service.calm()
        await self._settle()
        self._outcome.seconds = time.monotonic() - began
        self._outcome.verdict = await judge(self._place, self._database, await self._service.orders())
        self._outcome.verdict.violations += self._unasked
        return self._outcome

    async def _kill_often(self, acting: asyncio.Task[None]) -> None:
        counts = self._outcome.counts
        while not await self._is_enough():
            await self._one_life()
            if acting.done():
                acting.result()  # raises what ended it
            if counts["kills"] % 20 == 0:
                jobs = self._count("SELECT count(*) FROM jobs")
                self._say(f"{counts['kills']} kills, {jobs} jobs, {self._unfinished()} under way")

    async def _is_enough(self) -> bool:
        plan, jobs = self._plan, self._count("SELECT count(*) FROM jobs")
        if self._outcome.counts["kills"] < plan.kills or jobs < plan.jobs:
            return False
        struck = (self._trouble.struck, await self._service.struck())
        return all(sum(faults.values()) >= plan.faults for faults in struck)

    async def _one_life(self) -> None:
        """From a start to SIGKILL, at any moment in between."""
        counts, chance, gateway = self._outcome.counts, self._chance, self._discord.gateway
        arrivals = gateway.identified
        bot = await self._place.launch()
        counts["starts"] += 1
        if chance.random() < self._plan.unready:
            await _wait(chance.uniform(0, 1), bot)
        else:
            await _arrival(lambda: gateway.identified > arrivals, bot)
            if chance.random() < self._plan.pointed:
                self._discord.rest.before_answer = _nth(chance.randint(1, LAST_REQUEST), bot.kill)
            await self._live(bot, chance.uniform(0.05, self._plan.life))
            self._discord.rest.before_answer = None
        bot.kill()
        code = (await bot.finished()).code
        if code == -signal.SIGKILL:
            counts["kills"] += 1
            return
        counts["starts that Discord refused with a 5xx"] += 1
        if REFUSED not in bot.err:
            self._unasked.append(f"the bot ended by itself with {code}: {bot.err[-1000:]}")

    async def _live(self, bot: Easel, seconds: float) -> None:
        """So long, or until it dies; in between the gateway may drop."""
        if self._chance.random() < self._plan.drops:
            seconds /= 2
            await _wait(seconds, bot)
            self._outcome.counts["gateway drops"] += 1
            gateway = self._discord.gateway
            await gateway.close_all() if self._chance.random() < 0.5 else gateway.cut_all()
        await _wait(seconds, bot)

    async def _act(self) -> None:
        """The crowd's work: more when much is done, less when much is under way."""
        while True:
            await asyncio.sleep(self._crowd.chance.expovariate(self._plan.rate))
            if self._unfinished() < MOST_UNFINISHED:
                self._crowd.act()

    async def _settle(self) -> None:
        """Nobody disturbs any more: wait until every job has ended and no card is owed anything."""
        began = time.monotonic()
        await self._place.run()
        while self._unfinished() or self._count(PEACE):
            await asyncio.sleep(0.25)
            if time.monotonic() - began > self._plan.settle:
                self._say(f"not settled: {self._unfinished()} unfinished, {self._count(PEACE)} owed")
                break
        self._outcome.settled = time.monotonic() - began
        await self._place.stop()

    def _unfinished(self) -> int:
        return self._count("SELECT count(*) FROM jobs WHERE state IN ('queued', 'submitting', 'running')")

    def _count(self, query: str) -> int:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=10)) as database:
            return int(database.execute(query).fetchone()[0])


def _nth(number: int, strike: Callable[[], None]) -> Callable[[object], None]:
    """Strikes at the so-many-th call."""
    calls = count(1)
    return lambda _: strike() if next(calls) == number else None


async def _wait(seconds: float, bot: Easel) -> None:
    """So long, or until the bot has ended."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await bot.ended()


async def _arrival(arrived: Callable[[], bool], bot: Easel) -> None:
    deadline = time.monotonic() + ARRIVAL
    while not arrived() and bot.code is None:
        assert time.monotonic() < deadline, f"the bot never arrived; it said:\n{bot.err}"
        await asyncio.sleep(0.01)
