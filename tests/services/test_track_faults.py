"""What one failing call, one hanging call or one missing number does to the others: nothing."""

import asyncio
from collections.abc import Callable

import pytest

from bot.domain.errors import (
    KeyRefused,
    NonsenseAnswer,
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    RequestRefused,
)
from bot.domain.job import Account, JobState
from bot.domain.task import Task, TaskState
from tests.services.steps import live, say
from tests.services.world import BOB, World

MakeWorld = Callable[..., World]


async def test_a_call_that_fails_holds_up_no_other_job(world: World) -> None:
    jobs = [await world.running() for _ in range(2)]
    for job in jobs:
        world.provider.change(job.task_id or 0, state=TaskState.RUNNING, progress=30)
    world.provider.bad_list = NonsenseAnswer("HTML")
    world.provider.bad_tasks[jobs[0].task_id or 0] = ProviderUnreachable("502")
    await world.tracker.tick()
    assert [(await world.job(job.id)).progress for job in jobs] == [None, 30]


@pytest.mark.parametrize("error", [RequestRefused("no such call"), NonsenseAnswer("HTML")])
async def test_a_lost_job_is_given_up_although_the_list_cannot_be_read(world: World, error: ProviderError) -> None:
    lost = await world.lost()
    assert await world.state(lost) is JobState.SUBMITTING
    world.provider.bad_list = error
    world.clock.advance(minutes=2, seconds=1)
    await world.tracker.tick()
    assert await world.state(lost) is JobState.FAILED
    assert await world.used() == (0, 0, 0)


async def test_a_percentage_that_is_missing_for_a_while_is_no_change(world: World) -> None:
    job = await world.running()
    for progress in (46, None, 46, None):
        world.provider.change(job.task_id or 0, state=TaskState.RUNNING, progress=progress)
        await world.tracker.tick()
        assert (await world.job(job.id)).progress == 46
    world.clock.advance(minutes=16)
    await world.tracker.tick()
    assert await world.state(job) is JobState.EXPIRED


async def test_a_create_call_that_hangs_holds_up_no_tick(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.services.submit.START_TIME", 0.01)
    running, waiting = await world.running(), await world.admitted()
    hanging, imagine = asyncio.Event(), world.provider.imagine

    async def hang(*arguments: object) -> int:
        await hanging.wait()
        return await imagine(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(world.provider, "imagine", hang)
    world.provider.change(running.task_id or 0, state=TaskState.RUNNING, progress=62)
    await world.tracker.tick()
    await world.tracker.tick()
    assert (await world.job(running.id)).progress == 62
    assert await world.state(waiting) is JobState.SUBMITTING
    hanging.set()
    await world.submit.drain()
    assert await world.state(waiting) is JobState.RUNNING


@pytest.mark.parametrize(
    "error",
    [ProviderUnreachable("502"), ProviderBusy("429"), KeyRefused("403")],
    ids=lambda error: type(error).__name__,
)
async def test_a_list_that_stays_out_of_reach_stops_neither_the_line_nor_a_lost_job(
    make_world: MakeWorld, error: ProviderError
) -> None:
    world = make_world(most_in_all=2)
    running, lost = await world.running(), await world.lost(account=BOB)
    waiting = await world.admitted(account=Account(1, 13))
    await live(world, every=10, minutes=1)
    world.provider.bad_list = error
    say(world, running, state=TaskState.SUCCEEDED)
    await live(world, every=10, minutes=1)
    assert [await world.state(job) for job in (lost, waiting)] == [JobState.SUBMITTING, JobState.RUNNING]
    await live(world, every=10, minutes=20)
    assert await world.state(lost) is JobState.FAILED
    assert await world.used(BOB) == (0, 4, 4)


async def test_half_a_list_gives_nobody_a_task(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lost, recent = await world.lost(), world.provider.recent
    world.provider.page_size = 1
    for _ in range(2):
        world.provider.made(prompt=lost.prompt)

    async def first_page_alone(page: int) -> list[Task]:
        if page > 1:
            raise NonsenseAnswer("HTML")
        return await recent(page)

    monkeypatch.setattr(world.provider, "recent", first_page_alone)
    await world.tracker.tick()
    assert await world.state(lost) is JobState.SUBMITTING
