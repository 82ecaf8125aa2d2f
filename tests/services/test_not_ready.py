"""A button that is refused just after its picture was done is pressed again before the member hears of it."""

from datetime import timedelta

import pytest

from bot.domain.errors import (
    BalanceUsedUp,
    KeyRefused,
    PromptRejected,
    ProviderBusy,
    ProviderError,
    RequestRefused,
)
from bot.domain.job import Job, JobKind, JobState
from tests.services.steps import live, owes
from tests.services.world import BOB, V1, World

NOT_READY = RequestRefused("Midjourney says: not ready.")


async def pressed(world: World, *refusals: ProviderError, after: timedelta = timedelta()) -> Job:
    """A button that is pressed so long after its picture was done, and so refused."""
    parent = await world.finished()
    world.clock.advance(seconds=after.total_seconds())
    world.provider.refusals = list(refusals)
    return await world.running(kind=JobKind.PRESS, parent_id=parent.id, pressed=V1, price=2)


async def presses_at(world: World, seconds: int) -> list[int]:
    """The seconds in which a press is sent, with a tick in each."""
    found = list[int]()
    for second in range(1, seconds + 1):
        before = len(world.provider.asked("press"))
        await live(world, every=1, seconds=1)
        found += [second] * (len(world.provider.asked("press")) - before)
    return found


async def test_it_is_sent_again_after_five_and_fifteen_seconds_and_nobody_notices(world: World) -> None:
    job = await pressed(world, NOT_READY, NOT_READY)
    assert (job.state, job.attempts, job.shown) == (JobState.QUEUED, 1, job.revision)
    assert await presses_at(world, 4) == []
    assert await presses_at(world, 30) == [1, 16]
    assert await world.state(job) is JobState.RUNNING
    assert await world.used() == (4, 4, 4)


async def test_its_card_stays_as_it_is_until_it_runs(world: World) -> None:
    job = await pressed(world, NOT_READY, NOT_READY)
    await live(world, every=1, seconds=15)
    assert (await world.job(job.id)).attempts == 2
    assert not await owes(world, job)
    await live(world, every=1, seconds=6)
    assert await owes(world, job)


async def test_after_the_third_refusal_it_fails_with_the_reason_and_a_refund(world: World) -> None:
    job = await pressed(world, *[NOT_READY] * 3)
    assert await presses_at(world, 60) == [5, 20]
    failed = await world.job(job.id)
    assert (failed.state, failed.failure) == (JobState.FAILED, NOT_READY.sentence)
    assert await world.used() == (2, 2, 2)


async def test_other_jobs_do_not_wait_for_it(world: World) -> None:
    await pressed(world, NOT_READY)
    assert (await world.running(account=BOB)).state is JobState.RUNNING


@pytest.mark.parametrize(
    "error",
    [
        RequestRefused("Midjourney says: banned word.", verdict=True),
        PromptRejected("banned word"),
        KeyRefused("401"),
        BalanceUsedUp("402"),
    ],
    ids=["a verdict", "a verdict on words", "key", "balance"],
)
async def test_what_would_be_refused_again_is_not_tried_again(world: World, error: ProviderError) -> None:
    assert (await pressed(world, error)).state is JobState.FAILED


async def test_a_button_of_an_old_picture_is_not_tried_again(world: World) -> None:
    job = await pressed(world, NOT_READY, after=timedelta(minutes=10))
    assert job.state is JobState.FAILED


async def test_a_button_pressed_just_before_is(world: World) -> None:
    job = await pressed(world, NOT_READY, after=timedelta(minutes=9, seconds=59))
    assert job.state is JobState.QUEUED


async def test_a_refused_prompt_is_no_button(world: World) -> None:
    world.provider.refusals = [RequestRefused("no")]
    assert (await world.running()).state is JobState.FAILED


async def test_being_busy_uses_up_no_try(world: World) -> None:
    job = await pressed(world, NOT_READY, ProviderBusy(retry_after=1), NOT_READY)
    await live(world, every=1, minutes=1)
    running = await world.job(job.id)
    assert (running.state, running.attempts) == (JobState.RUNNING, 2)


async def test_a_restart_forgets_neither_the_wait_nor_the_tries(world: World) -> None:
    job = await pressed(world, *[NOT_READY] * 3)
    for expected in ([5], [15]):
        world.restart()
        assert await presses_at(world, expected[0]) == expected
    assert await world.state(job) is JobState.FAILED


async def test_a_clock_that_steps_back_does_not_delay_it(world: World) -> None:
    job = await pressed(world, NOT_READY)
    world.clock.advance(hours=-1)
    await world.tracker.tick()
    assert await world.state(job) is JobState.RUNNING
