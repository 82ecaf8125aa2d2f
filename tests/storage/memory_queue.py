"""The part of the memory storage that knows who waits."""

from dataclasses import replace
from datetime import datetime

from bot.domain.job import UNFINISHED, Account, Job, JobState
from bot.domain.line import NOBODY, Line, Room, is_due

AT_SERVICES = (JobState.SUBMITTING, JobState.RUNNING)


class MemoryQueue:
    """Implements the `Queue` port."""

    def __init__(self, jobs: dict[int, Job]) -> None:
        self._jobs = jobs

    async def line(self, room: Room) -> Line:
        served = [job for _, job in sorted(self._jobs.items()) if room.serves(job.kind)]
        queued = [job for job in served if job.state is JobState.QUEUED]

        def order(job: Job) -> tuple[int, int, int]:
            before = sum(other.account == job.account and other.id < job.id for other in queued)
            turns = (other.turn or 0 for other in served if other.account == job.account)
            return before, max(turns), job.id

        if not queued:
            return NOBODY
        there = (job for _, job in sorted(self._jobs.items()) if job.state in AT_SERVICES)
        return Line(tuple(sorted(queued, key=order)), tuple((job.account, job.kind) for job in there))

    async def claim(self, job_id: int, room: Room, now: datetime) -> Job | None:
        job = self._jobs.get(job_id)
        if job is None or job.state is not JobState.QUEUED or job.message_id is None:
            return None
        there = [other for other in self._jobs.values() if other.state in AT_SERVICES]
        full = sum(other.account == job.account for other in there) >= room.per_account
        if full or sum(room.serves(other.kind) for other in there) >= room.in_all:
            return None
        if not is_due(job, now):
            return None
        self._jobs[job_id] = replace(
            job,
            state=JobState.SUBMITTING,
            turn=max(other.turn or 0 for other in self._jobs.values()) + 1,
            attempted_at=now,
            changed_at=now,
            task_floor=max(other.task_id or 0 for other in self._jobs.values()),
            revision=job.revision + (room.images and job.attempts == 0),
        )
        return self._jobs[job_id]

    async def waiting_of(self, account: Account) -> int:
        return sum(job.account == account and job.state is JobState.QUEUED for job in self._jobs.values())

    async def under_way(self, viewer: Account) -> list[Job]:
        def mine(job: Job) -> bool:
            return job.account.member_id == viewer.member_id and (viewer.is_direct or job.account == viewer)

        return [job for _, job in sorted(self._jobs.items()) if job.state in UNFINISHED and mine(job)]
