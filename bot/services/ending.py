"""The one way in which a job ends, so that its credits move in the same transaction."""

from datetime import datetime
from typing import Any

from bot.domain.job import REFUNDED, Job, JobState
from bot.domain.repositories import UnitOfWork


async def end(uow: UnitOfWork, job_id: int, old: JobState, new: JobState, now: datetime, **changes: Any) -> Job | None:
    """Move the job to an end state, refund it if that state gives credits back, and erase what it was made from.

    None when it was not in `old`.
    """
    job = await uow.jobs.move(job_id, old, new, now, finished_at=now, **changes)
    if job is None:
        return None
    await uow.pictures.forget_sources(job_id)
    if new in REFUNDED:
        if new is not JobState.EXPIRED:  # which may still come, as a gift
            await uow.pictures.forget_thumbnail(job_id)
        await uow.ledger.refund(job_id, now)
    return job
