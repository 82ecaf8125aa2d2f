"""A clock that is set back, or forward, by an hour: nothing stands still for that hour, and nothing is lost."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import CardUndelivered, Refusal
from bot.domain.job import FAST_TIMEOUT, Job, JobKind, JobState
from bot.domain.task import TaskState
from tests.services.steps import draws, finish, live, owes, progress, say
from tests.services.world import ALICE, CHANNEL, LASTING, LINK, V1, World

STEPS = pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1)], ids=["back", "forward"])
HOUR = timedelta(hours=1)


async def press(world: World, parent: Job) -> Job:
    return await world.admitted(kind=JobKind.PRESS, parent_id=parent.id, pressed=V1)


async def test_progress_is_drawn_on(world: World) -> None:
    job = await world.running()
    await world.draw()
    world.clock.now -= HOUR
    await progress(world, job, 40)
    assert await draws(world, 2) == [(0, job.id)]


@STEPS
async def test_a_postponed_card_is_drawn(world: World, step: timedelta) -> None:
    job = await finish(world, await world.running())
    world.cards.failures["show"] = [CardUndelivered("503")]
    await world.draw()
    assert await owes(world, job)
    world.clock.now += step
    assert await draws(world, 10) == [(0, job.id)]


async def test_no_wait_that_discord_asks_for_is_longer_than_ours(world: World) -> None:
    """Else it could not be told from one that a wrong clock noted."""
    job = await finish(world, await world.running())
    world.cards.failures["show"] = [CardUndelivered("429", 3600)]
    assert await draws(world, 1200, every=30) == [(600, job.id)]


@STEPS
async def test_a_running_job_is_followed_to_its_end(world: World, step: timedelta) -> None:
    job = await world.running()
    world.clock.now += step
    say(world, job, state=TaskState.RUNNING, progress=50)
    await world.tracker.tick()
    assert (await world.job(job.id)).progress == 50
    say(world, job, state=TaskState.SUCCEEDED, source_url=LINK)
    await world.tracker.tick()
    await world.draw()
    assert not await owes(world, await world.job(job.id))


async def test_a_job_that_stands_still_is_given_up_no_later(world: World) -> None:
    job = await world.running()
    say(world, job, state=TaskState.RUNNING)
    await live(world, every=30, minutes=1)
    world.clock.now -= HOUR
    await live(world, every=30, seconds=FAST_TIMEOUT.total_seconds())
    assert await world.state(job) is JobState.RUNNING
    await live(world, every=30, minutes=1)
    assert await world.state(job) is JobState.EXPIRED
    assert await world.used() == (0, 0, 0)


async def test_a_lost_submission_is_given_up_no_later(world: World) -> None:
    job = await world.lost()
    world.clock.now -= HOUR
    await live(world, every=10, minutes=2, seconds=20)
    assert await world.state(job) is JobState.FAILED
    assert await world.used() == (0, 0, 0)


async def test_and_found_while_there_is_time(world: World) -> None:
    job = await world.lost()
    world.clock.now -= HOUR
    await world.tracker.tick()
    world.provider.made(prompt=job.prompt)
    await world.tracker.tick()
    assert await world.state(job) is JobState.RUNNING


async def test_a_card_is_looked_for_no_later_and_from_the_right_time_on(world: World) -> None:
    job = await world.admitted(card=False)
    world.cards.found = {job.id: 77}
    world.clock.now -= HOUR
    await live(world, every=10, minutes=2, seconds=20)
    assert (await world.job(job.id)).message_id == 77
    [(_, sought, _)] = [done for done in world.cards.done if done[0] == "find"]
    assert sought.created_at <= world.clock.now, "else Discord is asked for messages of the future"


@STEPS
async def test_a_late_gift_comes(world: World, step: timedelta) -> None:
    job = await world.running()
    say(world, job, state=TaskState.RUNNING, progress=5)
    await live(world, every=60, seconds=FAST_TIMEOUT.total_seconds() + 120)
    assert await world.state(job) is JobState.EXPIRED
    world.clock.now += step
    say(world, job, state=TaskState.SUCCEEDED, source_url=LINK)
    await live(world, every=60, minutes=61)
    assert await world.state(job) is JobState.SUCCEEDED


async def test_a_lasting_link_is_found_no_later(world: World) -> None:
    job = await world.finished()
    world.clock.now -= HOUR / 2
    say(world, job, lasting_url=LASTING)
    await world.tracker.tick()
    assert (await world.job(job.id)).lasting_url == LASTING


async def test_a_second_press_is_one_of_its_own(world: World) -> None:
    parent = await world.finished()
    first = await press(world, parent)
    world.clock.now -= HOUR
    second = await press(world, parent)
    assert second.id != first.id
    assert (await press(world, parent)).id == second.id, "a double click is still one press"


async def test_a_picture_can_be_posted_once_more(world: World) -> None:
    job = await world.finished()
    async with world.history.posting(ALICE, job.id, CHANNEL):
        pass
    with pytest.raises(Refusal, match="just been posted"):
        async with world.history.posting(ALICE, job.id, CHANNEL):
            pass
    world.clock.now -= HOUR
    async with world.history.posting(ALICE, job.id, CHANNEL):
        pass


async def test_credits_return_to_the_day_that_they_came_from(world: World) -> None:
    world.clock.now = datetime(2026, 5, 2, 0, 20, tzinfo=UTC)
    job = await world.running()
    world.clock.now -= HOUR
    assert await world.used() == (0, 0, 0), "the day before"
    other = await world.running("an owl")
    say(world, job, state=TaskState.FAILED)
    await world.tracker.tick()
    assert (await world.state(job), await world.used()) == (JobState.FAILED, (2, 2, 2))
    world.clock.now += HOUR
    assert await world.used() == (0, 0, 0)
    say(world, other, state=TaskState.FAILED)
    await world.tracker.tick()
    world.clock.now -= HOUR
    assert await world.used() == (0, 0, 0)


async def test_a_token_is_erased_in_the_end(world: World) -> None:
    """Until then Discord itself says when it is dead."""
    job = await world.running()
    world.clock.now -= HOUR
    await world.tracker.tick()
    assert (await world.job(job.id)).token is not None
    await live(world, every=300, minutes=75)
    assert (await world.job(job.id)).token is None
