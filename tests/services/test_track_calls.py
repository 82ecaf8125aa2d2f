"""What a tick costs in calls, and what it survives."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import (
    BalanceUsedUp,
    KeyRefused,
    NonsenseAnswer,
    ProviderBusy,
    ProviderUnreachable,
    RequestRefused,
)
from bot.domain.job import Account, Job, JobState
from bot.domain.task import TaskState
from tests.services.conftest import Errors
from tests.services.steps import live, say
from tests.services.world import ALICE, BOB, LASTING, World

DOWN = ProviderUnreachable("no connection")


class TestCalls:
    """How many calls a tick costs."""

    async def running(self, world: World, count: int) -> list[Job]:
        """So many jobs of different members, in the order of their tasks."""
        jobs = [await world.running(str(n), account=Account(1, n)) for n in range(count)]
        world.provider.calls.clear()
        return jobs

    @pytest.mark.parametrize(
        ("jobs", "calls"),
        [
            (0, []),
            (1, ["query"]),
            (2, ["recent"]),
            (5, ["recent"]),
            (6, ["recent", "query"]),
            (7, ["recent", "recent"]),
            (12, ["recent", "recent", "recent"]),
        ],
    )
    async def test_the_list_is_used_while_a_page_answers_for_two_or_more(
        self, world: World, jobs: int, calls: list[str]
    ) -> None:
        world.provider.page_size = 5
        running = await self.running(world, jobs)
        for job in running:
            say(world, job, state=TaskState.RUNNING, progress=7)
        await world.tracker.tick()
        assert [call[0] for call in world.provider.calls] == calls
        assert {(await world.job(job.id)).progress for job in running} <= {7}

    @pytest.mark.parametrize(
        ("strangers", "calls"),
        [(0, ["recent"]), (3, ["recent", "query"]), (4, ["recent", "query", "query"]), (9, ["recent"] + ["query"] * 3)],
    )
    async def test_tasks_of_others_in_the_list_send_us_to_single_questions(
        self, world: World, strangers: int, calls: list[str]
    ) -> None:
        world.provider.page_size = 5
        running = await self.running(world, 3)
        for n in range(strangers):
            world.provider.made(prompt=f"a stranger's {n}")
        for job in running:
            say(world, job, state=TaskState.RUNNING, progress=7)
        await world.tracker.tick()
        assert [call[0] for call in world.provider.calls] == calls
        assert {(await world.job(job.id)).progress for job in running} == {7}

    @pytest.mark.parametrize(
        "error", [NonsenseAnswer("HTML"), RequestRefused("no list"), ProviderBusy("429"), KeyRefused("403")]
    )
    async def test_without_the_list_each_is_asked_about(self, world: World, error: Exception) -> None:
        running = await self.running(world, 3)
        world.provider.bad_list = error
        for job in running:
            say(world, job, state=TaskState.SUCCEEDED, lasting_url=LASTING)
        await world.tracker.tick()
        assert [call[0] for call in world.provider.calls] == ["recent", "query", "query", "query"]
        assert {await world.state(job) for job in running} == {JobState.SUCCEEDED}

    async def test_a_list_that_names_a_task_twice_is_read(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        running = await self.running(world, 2)
        for job in running:
            say(world, job, state=TaskState.RUNNING, progress=7)
        once = world.provider.recent

        async def twice(page: int) -> list[Any]:
            return await once(page) * 2

        monkeypatch.setattr(world.provider, "recent", twice)
        await world.tracker.tick()
        assert {(await world.job(job.id)).progress for job in running} == {7}


class TestTrouble:
    async def test_one_bad_job_ends_neither_the_tick_nor_the_others(self, world: World, errors: Errors) -> None:
        bad, good = await world.running(), await world.running(account=BOB)
        say(world, bad, state=TaskState.FAILED)
        say(world, good, state=TaskState.SUCCEEDED, lasting_url=LASTING)
        world.storage.state.reserved[bad.id] = (ALICE, (world.clock.now + timedelta(days=9)).date(), 2)
        await world.tracker.tick()
        assert await world.state(good) is JobState.SUCCEEDED
        [error] = errors.take()
        assert error.__dict__["job"] == bad.id
        assert error.exc_info is not None

    async def test_one_that_cannot_be_given_up_keeps_no_other_waiting(self, world: World, errors: Errors) -> None:
        bad, good = await world.running(), await world.running(account=BOB)
        world.storage.state.reserved[bad.id] = (ALICE, (world.clock.now + timedelta(days=9)).date(), 2)
        world.clock.advance(hours=6, seconds=1)
        say(world, good, state=TaskState.SUCCEEDED, lasting_url=LASTING)
        await world.tracker.tick()
        assert await world.state(good) is not JobState.RUNNING
        assert {record.__dict__["job"] for record in errors.take()} == {bad.id}

    @pytest.mark.parametrize("error", [ProviderBusy("429"), KeyRefused("401"), BalanceUsedUp("402")])
    async def test_a_provider_in_trouble_is_asked_ever_more_rarely(self, world: World, error: Exception) -> None:
        job = await world.running()
        world.provider.calls.clear()
        world.provider.down = error
        start, asked = world.clock.now, list[float]()
        while (world.clock.now - start).total_seconds() < 300:
            await world.tracker.tick()
            if world.provider.calls:
                asked.append((world.clock.now - start).total_seconds())
                world.provider.calls.clear()
            world.clock.advance(seconds=1)
        assert asked == [0, 5, 15, 35, 75, 135, 195, 255]
        assert await world.state(job) is JobState.RUNNING

    async def test_the_first_good_answer_ends_the_rest(self, world: World) -> None:
        await world.running()
        world.provider.down = ProviderBusy("429")
        await live(world, every=1, minutes=5)
        world.provider.down = None
        await live(world, every=1, minutes=1)
        world.provider.down = ProviderBusy("429")
        await world.tracker.tick()
        world.provider.down = None
        world.provider.calls.clear()
        await live(world, every=1, seconds=4)
        assert world.provider.calls == []
        await live(world, every=1, seconds=1)
        assert world.provider.calls != []

    async def test_a_resting_tick_still_expires_and_forgets(self, world: World) -> None:
        job = await world.running()
        world.provider.down = DOWN
        await world.tracker.tick()
        world.clock.advance(hours=6, seconds=1)
        world.provider.down = None
        await world.tracker.tick()
        assert (await world.job(job.id)).token is None

    async def test_a_tick_never_raises(self, world: World, errors: Errors, monkeypatch: pytest.MonkeyPatch) -> None:
        job = await world.running()
        say(world, job, state=TaskState.SUCCEEDED, lasting_url=LASTING)

        def broken() -> Any:
            raise OSError("disk")

        with monkeypatch.context() as patch:
            patch.setattr(world.storage, "write", broken)
            await world.tracker.tick()
        assert "OSError: disk" in str(errors.take()[0].exc_text)
        await world.tracker.tick()
        assert await world.state(job) is JobState.SUCCEEDED

    async def test_dead_tokens_are_erased(self, world: World) -> None:
        job = await world.running()
        world.clock.advance(minutes=13, seconds=59)
        await world.tracker.tick()
        assert (await world.job(job.id)).token == "token"
        world.clock.advance(minutes=1)
        await world.tracker.tick()
        assert (await world.job(job.id)).token is None
