"""The line: whose turn it is, what the cards say of it, and who is not let in any more."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from bot.domain.errors import ProviderBusy, ProviderUnreachable, QueueFull
from bot.domain.image_models import ImageOptions
from bot.domain.job import Account, Job, JobKind, JobState
from bot.domain.line import BEHIND_OWN
from bot.domain.quota import Limits
from bot.domain.task import TaskState
from bot.services.submit import MOST_CALLS
from tests.fakes import FakeCards, FakeClock, FakeFetcher, FakeProvider, MemoryStorage
from tests.services.steps import draws, finish, live, say
from tests.services.world import ALICE, BOB, LASTING, World, settle
from tests.storage.rows import IMAGINE

CAROL = Account(server_id=2, member_id=11)
DALLE: dict[str, Any] = {"kind": JobKind.DALLE, "image": ImageOptions("dall-e-2", "256x256", None, None, 1), "price": 1}
MakeWorld = Callable[..., World]


async def places(world: World, *jobs: Job) -> list[int | None]:
    return [(await world.job(job.id)).place for job in jobs]


async def states(world: World, *jobs: Job) -> list[JobState]:
    return [await world.state(job) for job in jobs]


async def fill(world: World) -> list[Job]:
    """Jobs of strangers in every place of the service."""
    return [await world.running(account=Account(9, n)) for n in range(world.most_in_all)]


@pytest.fixture
def small(make_world: MakeWorld) -> World:
    """Room for two at Midjourney, and for two of each account."""
    return make_world(most_running=2, most_in_all=2)


class TestTurns:
    async def test_all_servers_together_have_no_more_than_the_service_takes(self, make_world: MakeWorld) -> None:
        world = make_world(most_in_all=5)
        jobs = [await world.running(account=Account(n, n)) for n in range(1, 8)]
        assert await states(world, *jobs) == [JobState.RUNNING] * 5 + [JobState.QUEUED] * 2
        await finish(world, jobs[0])
        await world.submit.start_waiting()
        assert await states(world, *jobs[5:]) == [JobState.RUNNING, JobState.QUEUED]

    async def test_accounts_take_turns_and_each_keeps_its_own_order(self, small: World) -> None:
        full = await fill(small)
        jobs = [await small.admitted(f"{account.member_id}-{n}", account) for account in (ALICE, BOB) for n in range(3)]
        for job in full:
            await finish(small, job)
        for _ in range(3):
            await small.submit.start_waiting()
            for job in jobs:
                if await small.state(job) is JobState.RUNNING:
                    await finish(small, job)
        prompts = [call[1] for call in small.provider.calls if call[1] != "a heron"]
        assert prompts == ["11-0", "12-0", "11-1", "12-1", "11-2", "12-2"]

    async def test_a_fresh_job_does_not_overtake(self, small: World) -> None:
        full = await fill(small)
        waiting = await small.admitted("was here before", account=ALICE)
        await finish(small, full[0])
        fresh = await small.running("fresh", account=CAROL)
        await settle()
        assert await states(small, waiting, fresh) == [JobState.RUNNING, JobState.QUEUED]

    async def test_a_job_told_to_come_back_later_is_passed_over_until_then(self, small: World) -> None:
        full = await fill(small)
        later, other = await small.admitted(), await small.admitted(account=BOB)
        async with small.storage.write() as uow:
            at = small.clock.now + timedelta(seconds=10)
            await uow.jobs.note(later.id, JobState.QUEUED, visible=False, start_after=at)
            await uow.commit()
        await finish(small, full[0])
        await small.submit.start_waiting()
        assert await states(small, later, other) == [JobState.QUEUED, JobState.RUNNING]
        assert await places(small, later) == [1]
        await finish(small, full[1])
        small.clock.advance(seconds=10)
        await small.submit.start_waiting()
        assert await small.state(later) is JobState.RUNNING

    async def test_no_more_calls_than_allowed_are_made_at_once(self, make_world: MakeWorld) -> None:
        world = make_world(most_in_all=20)
        answer = asyncio.Event()
        for n in range(MOST_CALLS + 2):
            await world.admitted(account=Account(1, n))
        world.provider.during = answer.wait
        starting = asyncio.create_task(world.submit.start_waiting())
        await settle()
        await world.submit._line.start()
        await settle()
        assert len(world.provider.calls) == len(world.submit.in_flight) == MOST_CALLS
        answer.set()
        await starting
        await world.submit.start_waiting()
        assert len(world.provider.calls) == MOST_CALLS + 2

    async def test_many_at_once_never_exceed_the_room(self, make_world: MakeWorld) -> None:
        world = make_world(most_running=2, most_in_all=5)
        jobs = [await world.admitted(account=Account(1, n % 4)) for n in range(12)]
        await asyncio.gather(*(world.submit.start(job) for job in jobs))
        running = [job for job in jobs if await world.state(job) is JobState.RUNNING]
        assert len(running) == 5
        assert max(Counter(job.account for job in running).values()) <= 2


class Crowd:
    """Accounts whose jobs come and end at random, and who was passed by whom meanwhile."""

    def __init__(self, sizes: list[int], seed: int, **settings: int) -> None:
        clock = FakeClock()
        parts = (clock, MemoryStorage(), FakeProvider(clock), FakeCards(), FakeFetcher())
        self.world = World(*parts, Limits(account=1000), **settings)
        self.chance = Random(seed)
        self.coming = [Account(1, member) for member, size in enumerate(sizes) for _ in range(size)]
        self.chance.shuffle(self.coming)
        self.started: list[Job] = []
        self.passed: dict[Account, Counter[Account]] = {}

    async def live(self) -> None:
        """A moment: some come, some end, and whoever may start does."""
        for _ in range(min(self.chance.randint(0, 3), len(self.coming))):
            await self.world.admitted(account=self.coming.pop())
        running = self.of(JobState.RUNNING)
        for job in self.chance.sample(running, self.chance.randint(min(1, len(running)), len(running))):
            await finish(self.world, job)
        theirs = Counter(job.account for job in self.of(JobState.RUNNING))
        waiting = {job.account for job in self.of(JobState.QUEUED) if theirs[job.account] < self.world.most_running}
        self.passed = {account: self.passed.get(account, Counter()) for account in waiting}
        await self.world.submit.start_waiting()
        self.look()

    def look(self) -> None:
        known = {job.id for job in self.started}
        fresh = [job for job in self.world.storage.state.jobs.values() if job.turn and job.id not in known]
        for job in sorted(fresh, key=lambda job: job.turn or 0):
            self.started.append(job)
            self.passed.pop(job.account, None)
            for by in self.passed.values():
                by[job.account] += 1

    def of(self, state: JobState) -> list[Job]:
        return [job for job in self.world.storage.state.jobs.values() if job.state is state]


@effort(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=6),
    seed=st.integers(0, 10**6),
    most_running=st.integers(1, 3),
    most_in_all=st.integers(1, 4),
)
async def test_no_account_waits_longer_than_one_round(sizes: list[int], seed: int, **settings: int) -> None:
    """While one waits that has room, each other account starts at most one job; within an account, first come."""
    crowd = Crowd(sizes, seed, **settings)
    while len(crowd.started) < sum(sizes):
        await crowd.live()
        assert max((most for by in crowd.passed.values() for most in by.values()), default=0) <= 1
    for member in range(len(sizes)):
        own = [job.id for job in crowd.started if job.account.member_id == member]
        assert own == sorted(own)


class TestPlaces:
    async def test_a_job_that_starts_at_once_has_no_place(self, small: World) -> None:
        assert (await small.admitted()).place is None

    async def test_the_first_card_shows_the_place(self, small: World) -> None:
        await fill(small)
        jobs = [await small.admitted(account=account) for account in (ALICE, BOB, ALICE)]
        assert [job.place for job in jobs] == [1, 2, 3]
        assert [job.revision for job in jobs] == [0, 0, 0]

    async def test_the_members_own_limit_is_told_from_the_line(self, small: World) -> None:
        for _ in range(2):
            await small.running()
        own, other = await small.admitted(), await small.admitted(account=BOB)
        assert await places(small, own, other) == [BEHIND_OWN, 1]

    async def test_while_the_service_is_paused_everyone_has_a_place(self, small: World) -> None:
        small.provider.refusals.append(ProviderBusy("429", retry_after=60))
        await small.running()
        assert (await small.admitted(account=BOB)).place == 2

    async def test_each_tick_counts_anew_and_the_card_is_drawn(self, small: World) -> None:
        full = await fill(small)
        first, second = [await small.admitted(account=account) for account in (ALICE, BOB)]
        say(small, full[0], state=TaskState.SUCCEEDED, lasting_url=LASTING)
        await live(small, every=3, seconds=18)
        assert await states(small, first, second) == [JobState.RUNNING, JobState.QUEUED]
        assert await places(small, first, second) == [None, 1]
        drawn = await draws(small, 5)
        assert second.id in [job_id for _, job_id in drawn]

    async def drawn(self, world: World, job: Job, seconds: int, every: int = 1) -> list[tuple[float, int | None]]:
        """The seconds at which its place changed in the storage, and to what."""
        seen, last, start = list[tuple[float, int | None]](), await world.job(job.id), world.clock.now
        for _ in range(0, seconds, every):
            world.clock.advance(seconds=every)
            await world.submit.recount()
            found = await world.job(job.id)
            if found.revision != last.revision:
                seen.append(((world.clock.now - start).total_seconds(), found.place))
            last = found
        return seen

    async def test_a_place_is_drawn_at_most_every_fifteen_seconds(self, small: World) -> None:
        await fill(small)
        others = [await small.admitted(account=Account(3, n)) for n in range(4)]
        job = await small.admitted()
        assert job.place == 5
        small.clock.advance(seconds=10)
        for other in others[:2]:
            await small.submit.abandon(other.id)
        assert await self.drawn(small, job, 10) == [(5, 3)]
        await small.submit.abandon(others[2].id)
        assert await self.drawn(small, job, 30) == [(10, 2)]

    async def test_a_clock_that_steps_back_does_not_stop_it(self, small: World) -> None:
        await fill(small)
        other, job = await small.admitted(account=BOB), await small.admitted()
        small.clock.advance(hours=-1)
        await small.submit.abandon(other.id)
        assert await self.drawn(small, job, 1) == [(1, 1)]

    async def test_after_a_restart_they_are_told_at_once(self, small: World) -> None:
        await fill(small)
        other, job = await small.admitted(account=BOB), await small.admitted()
        small.clock.advance(seconds=20)
        await small.submit.abandon(other.id)
        small.restart()
        await small.submit.recount()
        assert await places(small, job) == [1]

    async def test_a_place_that_did_not_change_is_no_change_of_the_card(self, small: World) -> None:
        await fill(small)
        job = await small.admitted()
        assert await self.drawn(small, job, 60) == []

    async def test_a_job_without_a_card_is_told_nothing(self, small: World) -> None:
        await fill(small)
        other, job = await small.admitted(account=BOB), await small.admitted(card=False)
        await small.submit.abandon(other.id)
        assert await self.drawn(small, job, 60) == []

    async def test_who_thought_to_start_at_once_and_did_not_is_told_soon(self, small: World) -> None:
        [first, *_] = [await small.admitted(account=account) for account in (ALICE, BOB)]
        late = await small.admitted(account=CAROL)
        assert late.place == 3 - small.most_in_all + 2
        small.provider.refusals.append(ProviderBusy("429", retry_after=60))
        await small.submit.start(first)
        await small.submit.recount()
        assert await places(small, first) == [1]

    async def test_a_card_shows_its_place_until_the_job_runs(self, small: World) -> None:
        full = await fill(small)
        job = await small.admitted()
        await finish(small, full[0])
        during: list[Job] = []

        async def look() -> None:
            during.append(await small.job(job.id))

        small.provider.during = look
        await small.submit.start_waiting()
        [submitting] = during
        assert (submitting.state, submitting.place, submitting.shown) == (JobState.SUBMITTING, 1, submitting.revision)
        running = await small.job(job.id)
        assert (running.state, running.place) == (JobState.RUNNING, None)
        assert running.shown < running.revision

    async def test_a_card_shows_no_place_while_nobody_knows_whether_the_job_runs(self, small: World) -> None:
        full = await fill(small)
        job = await small.admitted()
        await finish(small, full[0])
        small.provider.refusals.append(ProviderUnreachable("no answer"))
        await small.submit.start_waiting()
        lost = await small.job(job.id)
        assert (lost.state, lost.place) == (JobState.SUBMITTING, None)
        assert lost.shown < lost.revision

    async def test_a_busy_service_costs_nobody_their_place(self, small: World) -> None:
        full = await fill(small)
        first, second = await small.admitted(), await small.admitted(account=BOB)
        await finish(small, full[0])
        small.provider.refusals.append(ProviderBusy("429", retry_after=20))
        await small.submit.start_waiting()
        await small.submit.recount()
        assert await places(small, first, second) == [1, 2]
        small.clock.advance(seconds=20)
        await small.submit.start_waiting()
        assert await states(small, first, second) == [JobState.RUNNING, JobState.QUEUED]

    async def test_image_models_have_a_line_of_their_own(self, make_world: MakeWorld) -> None:
        world = make_world(most_in_all=1, most_calls=1)
        world.generator.busy = asyncio.Event()
        await world.running(account=BOB)
        await world.submit.start(await world.admitted(account=CAROL, **DALLE))
        await settle()
        picture, image = await world.admitted(), await world.admitted(**DALLE)
        assert (picture.place, image.place) == (1, 1)
        world.generator.busy.set()
        await settle()
        await world.tracker.tick()
        await settle()
        assert await states(world, picture, image) == [JobState.QUEUED, JobState.SUCCEEDED]


class TestQueueFull:
    @pytest.fixture
    async def full(self, make_world: MakeWorld) -> World:
        world = make_world(most_running=1, most_queued=2)
        for _ in range(3):
            await world.running()
        return world

    async def test_more_than_may_wait_are_refused_and_nothing_is_charged(self, full: World) -> None:
        before = full.storage.state
        for refuse in (full.admitted(), full.admitted(**DALLE)):
            with pytest.raises(QueueFull) as refusal:
                await refuse
            assert refusal.value.sentence == (
                "You have 2 pictures waiting in line already, and more are not taken until one of them starts. "
                "Nothing was charged. `/jobs` shows them, and can cancel what you no longer want."
            )
        assert full.storage.state == before

    async def test_it_is_known_before_any_picture_is_fetched(self, full: World) -> None:
        with pytest.raises(QueueFull):
            await full.submit.rehearse(replace(IMAGINE, account=ALICE))

    async def test_it_goes_before_the_credits(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(account=4), most_running=1, most_queued=1)
        for _ in range(2):
            await world.running()
        with pytest.raises(QueueFull):
            await world.admitted()

    async def test_other_accounts_and_a_line_that_moved_are_let_in(self, full: World) -> None:
        assert (await full.admitted(account=BOB)).state is JobState.QUEUED
        assert (await full.admitted(account=CAROL)).state is JobState.QUEUED
        [running] = [job for job in full.storage.state.jobs.values() if job.state is JobState.RUNNING]
        await finish(full, running)
        await full.submit.start_waiting()
        assert (await full.admitted()).place == BEHIND_OWN

    async def test_running_pictures_do_not_count(self, make_world: MakeWorld) -> None:
        world = make_world(most_running=3, most_queued=1)
        for _ in range(3):
            await world.running()
        assert (await world.admitted()).state is JobState.QUEUED
