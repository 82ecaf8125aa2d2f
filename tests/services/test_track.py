"""A tick: what the provider says is noted, patience ends, and nothing that goes wrong ends the loop."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.domain.errors import (
    NonsenseAnswer,
    ProviderBusy,
    ProviderUnreachable,
    RequestRefused,
)
from bot.domain.job import Job, JobState, Speed
from bot.domain.task import TaskState
from tests.services.steps import live, say
from tests.services.world import LASTING, LINK, U1, V1, World, settle

DOWN = ProviderUnreachable("no connection")
MakeWorld = Callable[..., World]


class TestProgress:
    async def test_a_new_percentage_is_noted_and_shown(self, world: World) -> None:
        job = await world.running()
        say(world, job, state=TaskState.RUNNING, progress=46)
        world.clock.advance(seconds=3)
        await world.tracker.tick()
        noted = await world.job(job.id)
        assert (noted.progress, noted.changed_at, noted.revision) == (46, world.clock.now, job.revision + 1)

    async def test_the_same_percentage_changes_nothing(self, world: World) -> None:
        job = await world.running()
        say(world, job, state=TaskState.RUNNING, progress=46)
        await world.tracker.tick()
        noted = await world.job(job.id)
        await live(world, every=3, seconds=30)
        assert await world.job(job.id) == noted

    async def test_a_task_that_began_without_a_percentage_is_at_zero(self, world: World) -> None:
        job = await world.running()
        await world.tracker.tick()
        assert (await world.job(job.id)).progress is None
        say(world, job, state=TaskState.RUNNING)
        await world.tracker.tick()
        assert (await world.job(job.id)).progress == 0

    async def test_while_nothing_changes_a_tick_looks_twice_and_writes_nothing(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = await world.running()
        say(world, job, state=TaskState.RUNNING, progress=46)
        await world.tracker.tick()
        looks, read = [], world.storage.read
        monkeypatch.setattr(world.storage, "read", lambda: looks.append(1) or read())
        monkeypatch.setattr(world.storage, "write", lambda: pytest.fail("there is nothing to note"))
        world.clock.advance(seconds=3)
        await world.tracker.tick()
        assert len(looks) == 2


class TestEnds:
    async def test_a_success_is_stored_with_everything_that_came(self, world: World) -> None:
        job = await world.running()
        result = {"actions": (U1, V1), "source_url": LINK, "lasting_url": LASTING}
        say(world, job, state=TaskState.SUCCEEDED, **result)
        world.clock.advance(seconds=40)
        await world.tracker.tick()
        done = await world.job(job.id)
        assert {name: getattr(done, name) for name in result} == result
        assert (done.state, done.progress, done.finished_at) == (JobState.SUCCEEDED, 100, world.clock.now)
        assert (done.look_up_at, done.revision) == (None, job.revision + 1)
        assert await world.used() == (2, 2, 2)

    async def test_a_finished_job_is_not_asked_about_again(self, world: World) -> None:
        job = await world.running()
        say(world, job, state=TaskState.SUCCEEDED, source_url=LINK, lasting_url=LASTING)
        await world.tracker.tick()
        asked = len(world.provider.calls)
        await live(world, every=3, minutes=2)
        assert len(world.provider.calls) == asked

    @pytest.mark.parametrize("failure", ["Banned word detected", None])
    async def test_a_failure_gives_the_credits_back_and_says_why(self, world: World, failure: str | None) -> None:
        job = await world.running()
        say(world, job, state=TaskState.FAILED, failure=failure)
        await world.tracker.tick()
        failed = await world.job(job.id)
        assert (failed.state, failed.finished_at) == (JobState.FAILED, world.clock.now)
        assert failed.failure is not None
        assert failure is None or failure in failed.failure
        assert await world.used() == (0, 0, 0)
        await live(world, every=3, seconds=30)
        assert await world.used() == (0, 0, 0)

    async def test_a_place_that_became_free_is_taken(self, make_world: MakeWorld) -> None:
        world = make_world(most_running=1)
        first = await world.running("first")
        second = await world.admitted("second")
        say(world, first, state=TaskState.SUCCEEDED, lasting_url=LASTING)
        await world.tracker.tick()
        await world.tracker.tick()
        assert await world.state(second) is JobState.RUNNING


class TestPatience:
    @pytest.mark.parametrize(("speed", "minutes"), [(Speed.FAST, 15), (Speed.NORMAL, 60)])
    async def test_a_task_that_stands_still_is_given_up_and_refunded(
        self, world: World, speed: Speed, minutes: int
    ) -> None:
        job = await world.running(speed=speed)
        say(world, job, state=TaskState.RUNNING, progress=5)
        await world.tracker.tick()
        await live(world, every=30, minutes=minutes)
        assert await world.state(job) is JobState.RUNNING
        await live(world, every=30, seconds=30)
        expired = await world.job(job.id)
        assert (expired.state, expired.finished_at) == (JobState.EXPIRED, world.clock.now)
        assert await world.used() == (0, 0, 0)

    @pytest.mark.parametrize("speed", Speed)
    async def test_a_task_in_the_providers_own_queue_is_waited_for_much_longer(
        self, world: World, speed: Speed
    ) -> None:
        job = await world.running(speed=speed)
        await live(world, every=600, hours=6)
        assert await world.state(job) is JobState.RUNNING
        await live(world, every=600, minutes=10)
        assert await world.state(job) is JobState.EXPIRED

    @pytest.mark.parametrize("speed", Speed)
    async def test_a_task_that_moves_is_never_given_up(self, world: World, speed: Speed) -> None:
        job = await world.running(speed=speed)
        for progress in range(1, 100):
            say(world, job, state=TaskState.RUNNING, progress=progress)
            await live(world, every=140, minutes=14)
        assert world.clock.now - job.created_at > timedelta(hours=23)
        assert await world.state(job) is JobState.RUNNING

    @pytest.mark.parametrize("error", [None, NonsenseAnswer("HTML"), RequestRefused("no such task")])
    async def test_a_task_of_which_nobody_knows_is_waited_for_as_long(
        self, world: World, error: Exception | None
    ) -> None:
        job = await world.running()
        assert job.task_id is not None
        if error is None:
            del world.provider.tasks[job.task_id]
        else:
            world.provider.bad_tasks[job.task_id] = error
        await live(world, every=30, minutes=15)
        assert await world.state(job) is JobState.RUNNING
        await live(world, every=30, seconds=30)
        assert await world.state(job) is JobState.EXPIRED

    async def test_time_without_the_provider_is_not_held_against_the_task(self, world: World) -> None:
        job = await world.running()
        world.provider.down = DOWN
        await live(world, every=30, hours=5)
        assert await world.state(job) is JobState.RUNNING
        world.provider.down = None
        say(world, job, state=TaskState.SUCCEEDED, lasting_url=LASTING)
        await live(world, every=30, minutes=1.5)
        assert await world.state(job) is JobState.SUCCEEDED

    async def test_nobody_waits_for_ever_not_even_for_a_silent_provider(self, world: World) -> None:
        job = await world.running()
        world.provider.down = DOWN
        await live(world, every=60, hours=6)
        assert await world.state(job) is JobState.RUNNING
        await live(world, every=60, minutes=1)
        assert await world.state(job) is JobState.EXPIRED
        assert await world.used() == (0, 0, 0)

    async def test_a_job_that_never_got_its_turn_expires_after_six_hours(self, world: World) -> None:
        world.provider.refusals = [ProviderBusy() for _ in range(1000)]
        job = await world.running()
        await live(world, every=60, hours=6)
        assert await world.state(job) is JobState.QUEUED
        await live(world, every=60, minutes=1)
        expired = await world.job(job.id)
        assert (expired.state, expired.look_up_at) == (JobState.EXPIRED, None)
        assert await world.used() == (0, 0, 0)

    async def test_a_job_that_waited_long_is_not_given_up_while_it_is_handed_over(self, world: World) -> None:
        job = await world.admitted()
        world.clock.advance(hours=5, minutes=59, seconds=59)
        answer = asyncio.Event()
        world.provider.during = answer.wait
        starting = asyncio.create_task(world.submit.start(job))
        await settle()
        world.clock.advance(seconds=2)
        await world.tracker.tick()
        answer.set()
        await starting
        assert await world.state(job) is JobState.RUNNING
        assert await world.used() == (2, 2, 2)


class TestLateGifts:
    @pytest.fixture
    async def expired(self, world: World) -> Job:
        job = await world.running()
        say(world, job, state=TaskState.RUNNING, progress=5)
        await live(world, every=60, minutes=17)
        assert await world.state(job) is JobState.EXPIRED
        world.provider.calls.clear()
        return await world.job(job.id)

    async def test_it_is_asked_about_hourly_for_a_day(self, world: World, expired: Job) -> None:
        await live(world, every=300, hours=48)
        asked = world.provider.asked("query", "recent")
        assert 24 <= len(asked) <= 25
        assert (await world.job(expired.id)).look_up_at is None

    @pytest.mark.parametrize("hours", [0.5, 23.5])
    async def test_what_comes_within_a_day_is_a_gift(self, world: World, expired: Job, hours: float) -> None:
        await live(world, every=300, hours=hours)
        say(world, expired, state=TaskState.SUCCEEDED, actions=(U1,), lasting_url=LASTING)
        await live(world, every=300, hours=1)
        gift = await world.job(expired.id)
        assert (gift.state, gift.actions, gift.lasting_url) == (JobState.SUCCEEDED, (U1,), LASTING)
        assert gift.revision > expired.revision
        assert not gift.announced
        assert await world.used() == (0, 0, 0)

    async def test_what_comes_after_a_day_is_too_late(self, world: World, expired: Job) -> None:
        await live(world, every=300, hours=26)
        say(world, expired, state=TaskState.SUCCEEDED, lasting_url=LASTING)
        await live(world, every=300, hours=24)
        assert await world.state(expired) is JobState.EXPIRED

    async def test_what_failed_after_all_is_not_asked_about_again(self, world: World, expired: Job) -> None:
        say(world, expired, state=TaskState.FAILED)
        await live(world, every=300, hours=12)
        assert len(world.provider.asked("query")) == 1
        assert await world.state(expired) is JobState.EXPIRED
        assert await world.used() == (0, 0, 0)

    async def test_a_silent_provider_uses_up_no_look_up(self, world: World, expired: Job) -> None:
        world.provider.down = DOWN
        await live(world, every=60, hours=3)
        world.provider.down = None
        say(world, expired, state=TaskState.SUCCEEDED, lasting_url=LASTING)
        await live(world, every=60, minutes=2)
        assert await world.state(expired) is JobState.SUCCEEDED


class TestLastingLinks:
    async def test_it_is_noted_when_it_appears(self, world: World) -> None:
        job = await world.finished()
        assert (job.lasting_url, job.look_up_at) == (None, world.clock.now + timedelta(seconds=30))
        await live(world, every=3, minutes=3)
        say(world, job, lasting_url=LASTING)
        await live(world, every=3, seconds=33)
        found = await world.job(job.id)
        assert (found.lasting_url, found.look_up_at, found.state) == (LASTING, None, JobState.SUCCEEDED)
        assert found.revision == job.revision + 1
        assert (found.finished_at, found.changed_at) == (job.finished_at, job.changed_at)

    async def test_it_is_looked_for_every_half_minute_for_ten(self, world: World) -> None:
        job = await world.finished()
        world.provider.calls.clear()
        await live(world, every=3, minutes=30)
        assert 20 <= len(world.provider.asked("query")) <= 21
        assert (await world.job(job.id)).look_up_at is None
        assert (await world.job(job.id)).revision == job.revision
