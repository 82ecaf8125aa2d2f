"""Admission of a job, and its way to the provider: running, failed with a refund, or back in line."""

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.errors import DirectMessagesClosed, ProviderBusy, ProviderError, ProviderUnreachable
from bot.domain.job import Job, JobKind, JobState, NewJob
from bot.domain.ports import Clock, ImageProvider, Storage, UnitOfWork
from bot.domain.quota import Limits, period_of
from bot.services.ending import end

log = logging.getLogger(__name__)

ONE_PRESS = timedelta(seconds=3)
"""The same member on the same button within this time is one press."""

MOST_CALLS = 8
"""Create calls at once: more would only wait for a connection, and strike a busy provider all together."""

START_TIME = 2.0
"""Seconds that a tick waits for what it started."""

FIRST_HOLD = timedelta(seconds=5)
LONGEST_HOLD = timedelta(seconds=60)
EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Admission:
    """The job that a request led to; not `fresh` when an earlier press already made it, and nothing was charged."""

    job: Job
    fresh: bool


class Submit:
    """Admits jobs and hands them to the provider. `in_flight` holds the ids of those on their way in this process."""

    def __init__(
        self, storage: Storage, provider: ImageProvider, limits: Limits, most_running: int, clock: Clock
    ) -> None:
        self._storage = storage
        self._provider = provider
        self._limits = limits
        self._most_running = most_running
        self._clock = clock
        self._hold = timedelta()
        self._held_until = EVER
        self.in_flight: set[int] = set()
        self._landed = asyncio.Condition()
        self._calls = asyncio.Semaphore(MOST_CALLS)
        self._starting: dict[int, asyncio.Task[None]] = {}

    async def admit(self, new: NewJob) -> Admission:
        """Check the limits, reserve the credits and store the job as queued, all or nothing.

        Raises OutOfCredits or DirectMessagesClosed. A press that repeats an earlier one gets that one's job.
        """
        if new.account.is_direct and self._limits.direct == 0:
            raise DirectMessagesClosed
        now = self._clock()
        async with self._storage.write() as uow:
            earlier = await _same_press(uow, new, now)
            if earlier is not None:
                return Admission(earlier, fresh=False)
            job = await uow.jobs.add(new, now)
            draws = self._limits.draws(new.account, period_of(now))
            await uow.ledger.reserve(job.id, new.account, new.price, draws, now)
            await uow.commit()
        log.info("job %d admitted: %s for %d credits", job.id, job.kind, job.price, extra=about(job))
        return Admission(job, fresh=True)

    async def card_sent(self, job_id: int, message_id: int) -> None:
        """From here on the job has a face, and may be submitted."""
        async with self._storage.write() as uow:
            await uow.jobs.set_card(job_id, message_id)
            await uow.commit()

    async def card_replaced(self, job: Job, message_id: int) -> bool:
        """The job's card was deleted and has been sent anew: it is owed everything. False if somebody was quicker."""
        async with self._storage.write() as uow:
            replaced = await uow.jobs.replace_card(job.id, job.message_id, message_id)
            await uow.commit()
        return replaced

    async def abandon(self, job_id: int) -> None:
        """Cancel a job whose card could not be sent; its credits return."""
        async with self._storage.write() as uow:
            job = await end(uow, job_id, JobState.QUEUED, JobState.CANCELLED, self._clock())
            await uow.commit()
        if job is not None:
            log.warning("job %d cancelled: its card could not be sent", job_id, extra=about(job))

    async def start_waiting(self) -> None:
        """Start every queued job that has room. A call that takes long goes on by itself; `drain` waits for it."""
        async with self._storage.read() as uow:
            waiting = await uow.jobs.startable(self._most_running)
        for job in waiting:
            if job.id not in self._starting:
                task = asyncio.create_task(self._start_safely(job), name=f"start job {job.id}")
                self._starting[job.id] = task
                task.add_done_callback(lambda _, started=job.id: self._starting.pop(started, None))
        if self._starting:
            await asyncio.wait(self._starting.values(), timeout=START_TIME)

    async def _start_safely(self, job: Job) -> None:
        with one_job(job, "started"):
            await self.start(job.id)

    async def start(self, job_id: int) -> None:
        """Submit one queued job, unless its account is at the limit or the provider asked for a pause."""
        async with self._calls:
            if job_id in self.in_flight or self._clock() < self._held_until:
                return
            self.in_flight.add(job_id)  # before the claim, so that recovery never takes it for lost
            try:
                async with self._storage.write() as uow:
                    job = await uow.jobs.claim(job_id, self._most_running, self._clock())
                    await uow.commit()
                if job is not None:
                    await self._submit(job)
            finally:
                self.in_flight.discard(job_id)
                async with self._landed:
                    self._landed.notify_all()

    async def drain(self) -> None:
        """Wait until nothing is on its way to the provider."""
        async with self._landed:
            await self._landed.wait_for(lambda: not self.in_flight)

    async def _submit(self, job: Job) -> None:
        try:
            task_id = await self._send(job)
        except ProviderError as error:
            await self._not_running(job, error)
            return
        self._hold = timedelta()
        async with self._storage.write() as uow:
            await uow.jobs.move(job.id, JobState.SUBMITTING, JobState.RUNNING, self._clock(), task_id=task_id)
            await uow.commit()
        log.info("job %d runs as task %d", job.id, task_id, extra=about(job))

    async def _send(self, job: Job) -> int:
        if job.kind is JobKind.IMAGINE:
            return await self._provider.imagine(job.prompt, job.speed)
        if job.parent_id is None or job.pressed is None:
            raise ValueError(f"job {job.id} is a press of nothing")
        async with self._storage.read() as uow:
            parent = await uow.jobs.get(job.parent_id)
        if parent is None or parent.task_id is None:
            raise ValueError(f"job {job.id} presses job {job.parent_id}, which never ran")
        return await self._provider.press(parent.task_id, job.pressed.custom_id, job.speed)

    async def _not_running(self, job: Job, error: ProviderError) -> None:
        """What a failed call means for the job: nobody knows, try again, or over."""
        log.warning("job %d was not started: %s: %s", job.id, type(error).__name__, error.detail, extra=about(job))
        if error.may_have_arrived:
            return  # it stays `submitting`; recovery looks whether a task exists
        now = self._clock()
        async with self._storage.write() as uow:
            if isinstance(error, ProviderBusy | ProviderUnreachable):
                await uow.jobs.move(job.id, JobState.SUBMITTING, JobState.QUEUED, now, visible=False)
                self._pause(now, error.retry_after if isinstance(error, ProviderBusy) else None)
            else:
                await end(uow, job.id, JobState.SUBMITTING, JobState.FAILED, now, failure=error.sentence)
            await uow.commit()

    def _pause(self, now: datetime, seconds: float | None) -> None:
        """Hold all submissions: as long as the provider asks for, else a little longer each time."""
        if now >= self._held_until:  # jobs that were on their way together are refused together
            self._hold = min(max(self._hold * 2, FIRST_HOLD), LONGEST_HOLD)
        asked = timedelta(seconds=seconds) if seconds is not None else self._hold
        self._held_until = max(self._held_until, now + min(asked, LONGEST_HOLD))


async def _same_press(uow: UnitOfWork, new: NewJob, now: datetime) -> Job | None:
    """The job that an earlier press of the same button made, where a second one must not make another."""
    if new.pressed is None or new.parent_id is None:
        return None
    if new.pressed.family.single:
        return await uow.jobs.pressed_before(new.parent_id, new.pressed.custom_id, None, EVER)
    return await uow.jobs.pressed_before(new.parent_id, new.pressed.custom_id, new.account.member_id, now - ONE_PRESS)


@contextmanager
def one_job(job: Job, what: str) -> Generator[None, None, None]:
    """Around what a tick does to one of many jobs: its failure is logged, and ends neither the tick nor the others."""
    try:
        yield
    except Exception:
        log.exception("job %d could not be %s this time", job.id, what, extra=about(job))


def about(job: Job) -> dict[str, object]:
    """What a log line about a job carries."""
    return {"job": job.id, "account": f"{job.account.server_id}/{job.account.member_id}"}
