"""What several tests of the services let happen: the provider's words, passing time, and cards that are behind."""

from datetime import timedelta
from typing import Any

from bot.domain.job import Job, JobState
from tests.services.world import LINK, World


def say(world: World, job: Job, **changes: Any) -> None:
    """What the provider says of the job's task from now on."""
    assert job.task_id is not None
    world.provider.change(job.task_id, **changes)


async def live(world: World, *, every: float, **units: float) -> None:
    """Let time pass, with a tick every so many seconds."""
    until = world.clock.now + timedelta(**units)
    while world.clock.now < until:
        world.clock.advance(seconds=every)
        await world.tracker.tick()


async def progress(world: World, job: Job, percent: int) -> None:
    async with world.storage.write() as uow:
        await uow.jobs.note(job.id, JobState.RUNNING, visible=True, progress=percent)
        await uow.commit()


async def finish(world: World, job: Job, state: JobState = JobState.SUCCEEDED, **facts: Any) -> Job:
    async with world.storage.write() as uow:
        now = world.clock.now
        known: dict[str, Any] = {"finished_at": now, "source_url": LINK}
        done = await uow.jobs.move(job.id, JobState.RUNNING, state, now, **known | facts)
        await uow.commit()
    assert done is not None
    return done


async def shown(world: World, job: Job) -> Job:
    """A running job whose card is up to date."""
    await world.draw()
    world.cards.done.clear()
    world.clock.advance(seconds=10)
    return await world.job(job.id)


async def owes(world: World, job: Job) -> bool:
    found = await world.job(job.id)
    return found.message_id is not None and found.shown < found.revision


async def draws(world: World, seconds: int, every: int = 1) -> list[tuple[float, int]]:
    """Step each second, or not so often; when which card was drawn."""
    start, drawn = world.clock.now, list[tuple[float, int]]()
    for _ in range(0, seconds, every):
        world.cards.done.clear()
        await world.draw()
        drawn += [((world.clock.now - start).total_seconds(), job_id) for job_id in world.cards.jobs()]
        world.clock.advance(seconds=every)
    return drawn
