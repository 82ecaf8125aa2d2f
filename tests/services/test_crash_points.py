"""One job of each kind, its process killed before and after each of its effects: in the end all is as it should be."""

import asyncio
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from bot.domain.errors import RequestRefused
from bot.domain.image_models import ImageOptions
from bot.domain.job import Dimensions, Job, JobKind, JobState, NewJob, Speed
from tests.services.mortal import FAILS, LATE, Cut, Killed, Knife, MortalWorld
from tests.services.world import ALICE, CHANNEL, V1

CANCELLED, NOT_READY = "imagine what is cancelled", "press what is not ready"
IMAGINE = NewJob(ALICE, JobKind.IMAGINE, "a heron", Speed.FAST, 2, CHANNEL, "token")
PICTURES = (b"one", b"two")
KINDS = {
    "imagine": IMAGINE,
    "imagine in private": replace(IMAGINE, private=True),
    "imagine what fails": replace(IMAGINE, prompt=FAILS),
    "imagine what comes late": replace(IMAGINE, prompt=LATE),
    CANCELLED: IMAGINE,
    "imagine with a picture": replace(IMAGINE, sources=PICTURES[:1], source_picture="sources.webp"),
    "press": replace(IMAGINE, kind=JobKind.PRESS, pressed=V1),
    NOT_READY: replace(IMAGINE, kind=JobKind.PRESS, pressed=V1),
    "blend": replace(IMAGINE, kind=JobKind.BLEND, prompt="", dimensions=Dimensions.SQUARE, sources=PICTURES),
    "describe": replace(IMAGINE, kind=JobKind.DESCRIBE, prompt="", price=1, sources=PICTURES[:1], thumbnail=b"small"),
    "dalle": replace(
        IMAGINE, kind=JobKind.DALLE, price=4, image=ImageOptions("dall-e-3", "1024x1024", "standard", "vivid", 1)
    ),
}
ENDS = {"imagine what fails": JobState.FAILED, CANCELLED: JobState.CANCELLED}
"""How those end that do not succeed, if nothing is killed."""

MOST = 900
"""Seconds within which every job has ended and is shown, whatever happened to it."""


@pytest.fixture(autouse=True)
async def what_was_killed_is_no_failure() -> None:
    loop = asyncio.get_running_loop()

    def report(_: Any, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), Killed):
            loop.default_exception_handler(context)

    loop.set_exception_handler(report)


class Life:
    """One job's, from its order to long after its end."""

    def __init__(self, kind: str, *cuts: Cut) -> None:
        self.kind = kind
        self.knife = Knife()
        self.cuts = cuts
        self.world = MortalWorld(self.knife)
        self.tasks_before = 0
        self.used_before: tuple[int, ...] = ()

    async def run(self) -> None:
        new = KINDS[self.kind]
        if new.kind is JobKind.PRESS:
            await self.world.order(IMAGINE)
            await self.world.live(60)
            new = replace(new, parent_id=1)
        self.tasks_before, self.used_before = len(self.world.provider.tasks), await self.world.used()
        self.knife.effects.clear()
        self.knife.cuts = list(self.cuts)
        if self.kind == NOT_READY:
            self.world.provider.refusals = [RequestRefused("Midjourney says: not ready.")] * 2
        await self.world.order(new, cancelled=self.kind == CANCELLED)
        await self.world.live(60)
        if new.prompt == LATE:
            await self.world.live(2 * 3600, every=300)  # it is given up after 15 minutes, and asked about each hour
        await self.world.live(MOST, every=60)  # and its token, the links that may still come, and what is kept for it

    async def faults(self) -> list[str]:
        """What is not as it should be."""
        job = await self._job()
        used = tuple(now - before for now, before in zip(await self.world.used(), self.used_before, strict=True))
        if job is None:
            return ["something is left of a job that was never admitted"] if any(used) or self._messages() else []
        return [what for what, wrong in (self._wrong(job) | self._unfair(job, used)).items() if wrong]

    async def end(self) -> JobState | None:
        """The state in which it has ended."""
        job = await self._job()
        return job and job.state

    async def _job(self) -> Job | None:
        new = [job for job in self.world.storage.state.jobs.values() if job.kind is KINDS[self.kind].kind]
        assert len(new) <= 1
        return new[0] if new else None

    def _messages(self) -> list[int]:
        kind = KINDS[self.kind].kind
        return [message_id for message_id, (job, _) in self.world.cards.shown.items() if job.kind is kind]

    def _wrong(self, job: Job) -> dict[str, bool]:
        messages, state = self._messages(), self.world.storage.state
        shown, pictures = self.world.cards.shown[messages[0]] if messages else (None, 0)
        announced = self.world.cards.jobs("announce").count(job.id)
        return {
            "it has not ended": not job.state.ended,
            "there is more than one card": len(messages) > 1,
            "its card is not known": [job.message_id] != (messages or [None]),
            "its card does not show it as it is": shown is not None
            and (shown.state, shown.revision) != (job.state, job.revision),
            "its card has no picture": job.state is JobState.SUCCEEDED and job.has_pictures and not pictures,
            "an end was announced more than once": announced > 1 + job.gift,  # whose first end was to be given up
            "its sources are left": job.id in state.sources,
            "its results are left": job.id in state.results,
            "its token is left": job.token is not None,
            "something is still due": job.thumbnail_due or job.look_up_at is not None or job.id in state.deliver_after,
        }

    def _unfair(self, job: Job, used: tuple[int, ...]) -> dict[str, bool]:
        price = job.price if job.state is JobState.SUCCEEDED and not job.gift else 0
        tasks = len(self.world.provider.tasks) - self.tasks_before + len(self.world.generator.calls)
        return {
            "it was ordered more than once": tasks > 1,
            "it succeeded without a task": job.state is JobState.SUCCEEDED and tasks == 0,
            f"{used} credits are used": used != (price,) * 3,
        }


async def check(kind: str, *cuts: Cut) -> list[str]:
    """Its faults after these deaths, of which the first must come about; a life may end before the second."""
    life = Life(kind, *cuts)
    await life.run()
    died = cuts[: len(cuts) - len(life.knife.cuts)]
    assert died or not cuts, f"the process never came as far as {cuts}"
    where = ", then ".join(f"{when} effect {n} ({life.knife.effects[n - 1]})" for n, when in died)
    return [f"{kind}, killed {where or 'never'}: {what}" for what in await life.faults()]


async def count(kind: str) -> int:
    """The effects in the life of such a job when nothing happens to it."""
    life = Life(kind)
    await life.run()
    assert await life.end() is ENDS.get(kind, JobState.SUCCEEDED)
    print(f"{kind}: {', '.join(life.knife.effects)}")
    return len(life.knife.effects)


@pytest.mark.parametrize("kind", KINDS)
async def test_killed_before_or_after_any_effect_it_ends_as_it_should(kind: str) -> None:
    cuts: list[Cut] = [(n, when) for n in range(1, await count(kind) + 1) for when in ("before", "after")]
    assert len(cuts) >= 16
    faults = await check(kind)
    for cut in cuts:
        faults += await check(kind, cut)
    assert faults == []


@pytest.mark.parametrize("kind", KINDS)
async def test_killed_twice_it_does_too(kind: str, pytestconfig: pytest.Config) -> None:
    """The second time while the first death is being made good."""
    cuts: list[Cut] = [(n, when) for n in range(1, await count(kind) + 1) for when in ("before", "after")]
    pairs = [pair for pair in combinations(cuts, 2) if pair[0][0] < pair[1][0]]
    faults: list[str] = []
    for pair in pairs if pytestconfig.getoption("--long") else pairs[::97]:
        faults += await check(kind, *pair)
    assert faults == []
