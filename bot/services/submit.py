"""Admission of a job, and its way to the provider: running, failed with a refund, or back in line."""

import asyncio
import logging
from collections.abc import Collection, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.errors import (
    Blocked,
    DirectMessagesClosed,
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    QueueFull,
    RequestRefused,
    StorageUnavailable,
)
from bot.domain.job import NOT_READY_WAITS, Dimensions, Job, JobKind, JobState, NewJob
from bot.domain.line import Room
from bot.domain.ports import Clock, ImageProvider
from bot.domain.quota import Limits, period_of
from bot.domain.repositories import Storage, UnitOfWork
from bot.services.breaker import Breaker
from bot.services.ending import end
from bot.services.generate import Generate
from bot.services.hold import Hold
from bot.services.line import Starter
from bot.services.one_job import about, one_job

log = logging.getLogger(__name__)

ONE_PRESS = timedelta(seconds=3)
"""The same member on the same button within this time is one press."""

JUST_FINISHED = timedelta(minutes=10)
"""For so long after a picture is done the service may find its buttons not ready yet."""

MOST_CALLS = 8
"""Create calls at once: more would only wait for a connection, and strike a busy provider all together."""

START_TIME = 2.0
"""Seconds that a tick waits for what it started."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The job that a request led to; not `fresh` when an earlier press already made it, and nothing was charged."""

    job: Job
    fresh: bool


class Submit:
    """Admits jobs and hands them to the provider, each when the line comes to it."""

    def __init__(
        self,
        storage: Storage,
        provider: ImageProvider,
        generate: Generate,
        limits: Limits,
        room: Room,
        most_queued: int,
        breaker: Breaker,
        clock: Clock,
    ) -> None:
        self._storage = storage
        self._provider = provider
        self._generate = generate
        self._limits = limits
        self._most_queued = most_queued
        self._breaker = breaker
        self._clock = clock
        self._hold = Hold(clock)
        self._accepted: dict[int, tuple[Job, int]] = {}
        self._line = Starter(
            storage, room, clock, carry_out=self._submit, is_open=self._takes_jobs, most_calls=MOST_CALLS
        )

    @property
    def in_flight(self) -> Set[int]:
        """The ids of the jobs that are on their way to the provider in this process, or there and not noted yet."""
        return self._line.in_flight | self._accepted.keys()

    async def admit(self, new: NewJob) -> Admission:
        """Check the limits, reserve the credits and store the job as queued, all or nothing.

        Raises OutOfCredits, QueueFull, Blocked or DirectMessagesClosed. A press that repeats an earlier one gets that
        one's job.
        """
        if new.account.is_direct and self._limits.direct == 0:
            raise DirectMessagesClosed
        async with self._storage.write() as uow:
            admission = await self._admit(uow, new)
            await uow.commit()
        if admission.fresh:
            job = admission.job
            log.info("job %d admitted: %s for %d credits", job.id, job.kind, job.price, extra=about(job))
        return admission

    async def rehearse(self, new: NewJob) -> None:
        """Raise what `admit` would, and keep nothing: for what has to be known before a job's pictures are fetched."""
        if new.account.is_direct and self._limits.direct == 0:
            raise DirectMessagesClosed
        async with self._storage.write() as uow:
            await self._admit(uow, new)

    async def _admit(self, uow: UnitOfWork, new: NewJob) -> Admission:
        now = self._clock()
        policy = await uow.quotas.policy(new.account)
        if policy.blocked:
            raise Blocked(policy.block_reason)
        earlier = await _same_press(uow, new, now)
        if earlier is not None:
            return Admission(earlier, fresh=False)
        waiting = await uow.queue.waiting_of(new.account)
        if waiting >= self._most_queued:
            raise QueueFull(waiting)
        job = await uow.jobs.add(new, now)
        if self._breaker.is_open and new.kind is not JobKind.DALLE:
            job = await uow.jobs.note(job.id, JobState.QUEUED, visible=False, held=True) or job
        allowance = self._limits.allowance(new.account, period_of(now), policy)
        await uow.ledger.reserve(job.id, new.price, allowance, now)
        place = await self._line_of(job).place_of_newcomer(uow, job)
        return Admission(await uow.jobs.note(job.id, job.state, visible=False, place=place) or job, fresh=True)

    async def card_sent(self, job_id: int, message_id: int) -> None:
        """From here on the job has a face, and may be submitted."""
        async with self._storage.write() as uow:
            await uow.jobs.set_card(job_id, message_id)
            await uow.commit()

    async def card_replaced(self, job: Job, channel_id: int, message_id: int, token: str) -> bool:
        """The job's card is out of reach and has been sent anew, maybe elsewhere: it is owed everything.

        False if somebody was quicker.
        """
        async with self._storage.write() as uow:
            card = (job.message_id, message_id, channel_id, token)
            replaced = await uow.jobs.replace_card(job.id, *card, self._clock())
            await uow.commit()
        return replaced

    async def abandon(self, job_id: int, *, unseen: bool = False) -> None:
        """Cancel a job whose card could not be sent; its credits return. `unseen` if its owner is to be told of it."""
        async with self._storage.write() as uow:
            job = await end(uow, job_id, JobState.QUEUED, JobState.CANCELLED, self._clock(), unseen=unseen)
            await uow.commit()
        if job is not None:
            log.warning("job %d cancelled: its card could not be sent", job_id, extra=about(job))

    async def start_waiting(self) -> None:
        """Start every Midjourney job whose turn it is. A long call goes on by itself; `drain` waits for it."""
        await self._line.start()
        if calls := self._line.calls.values():
            await asyncio.wait(calls, timeout=START_TIME)

    async def start(self, job: Job) -> None:
        """Move the job's line up, which may start another one: who is first goes first."""
        line = self._line_of(job)
        begun = await line.start()
        if line is self._line and job.id in begun:
            await asyncio.wait({line.calls[job.id]})

    async def note_accepted(self) -> None:
        """Note the tasks of jobs whose answer came while nothing could be written down: they are not lost."""
        accepted, self._accepted = self._accepted, {}
        for job, task_id in accepted.values():
            with one_job(job, "noted as running"):
                await self._runs(job, task_id)

    async def recount(self) -> None:
        """Tell all who wait their place."""
        for line in (self._line, self._generate.line):
            await line.recount()

    @property
    def on_their_way(self) -> Collection[Job]:
        """Jobs that are being sent to the provider now."""
        return self._line.on_their_way

    async def drain(self) -> None:
        """Wait until nothing is on its way to the provider."""
        await self._line.drain()

    def _takes_jobs(self) -> bool:
        return not self._hold.is_on and not self._breaker.is_open

    def _line_of(self, job: Job) -> Starter:
        return self._generate.line if job.kind is JobKind.DALLE else self._line

    async def _submit(self, job: Job) -> None:
        try:
            task_id = await self._send(job)
        except ProviderError as error:
            await self._not_running(job, error)
            return
        self._hold.end()
        await self._runs(job, task_id)

    async def _runs(self, job: Job, task_id: int) -> None:
        try:
            async with self._storage.write() as uow:
                await uow.jobs.move(job.id, JobState.SUBMITTING, JobState.RUNNING, self._clock(), task_id=task_id)
                await uow.commit()
        except StorageUnavailable:
            self._accepted[job.id] = job, task_id
            raise
        log.info("job %d runs as task %d", job.id, task_id, extra=about(job))

    async def _send(self, job: Job) -> int:
        async with self._storage.read() as uow:
            sources = await uow.pictures.sources(job.id)
            parent = None if job.parent_id is None else await uow.jobs.get(job.parent_id)
        match job.kind:
            case JobKind.IMAGINE:
                return await self._provider.imagine(job.prompt, job.speed, sources)
            case JobKind.BLEND:
                return await self._provider.blend(sources, job.dimensions or Dimensions.SQUARE, job.speed)
            case JobKind.DESCRIBE:
                return await self._provider.describe(sources[0], job.speed)
            case _:
                return await self._send_press(job, parent)

    async def _send_press(self, job: Job, parent: Job | None) -> int:
        if job.pressed is None:
            raise ValueError(f"job {job.id} is a press of nothing")
        if parent is None or parent.task_id is None:
            raise ValueError(f"job {job.id} presses job {job.parent_id}, which never ran")
        return await self._provider.press(parent.task_id, job.pressed.custom_id, job.speed)

    async def _leave_to_recovery(self, job: Job) -> None:
        """It stays `submitting` until it is known whether a task exists; its card must not name a place for so long."""
        if job.place is not None:
            async with self._storage.write() as uow:
                await uow.jobs.note(job.id, JobState.SUBMITTING, visible=True, place=None)
                await uow.commit()

    async def _not_running(self, job: Job, error: ProviderError) -> None:
        """What a failed call means for the job: nobody knows, try again, or over."""
        log.warning("job %d was not started: %s: %s", job.id, type(error).__name__, error.detail, extra=about(job))
        if error.may_have_arrived:
            await self._leave_to_recovery(job)
            return
        now = self._clock()
        async with self._storage.write() as uow:
            if isinstance(error, ProviderBusy | ProviderUnreachable):
                await uow.jobs.move(job.id, JobState.SUBMITTING, JobState.QUEUED, now, visible=False)
            elif await _is_too_early(uow, job, error, now):
                again = {"attempts": job.attempts + 1, "start_after": now + NOT_READY_WAITS[job.attempts]}
                await uow.jobs.move(job.id, JobState.SUBMITTING, JobState.QUEUED, now, visible=False, **again)
            else:
                await end(uow, job.id, JobState.SUBMITTING, JobState.FAILED, now, failure=error.sentence)
            await uow.commit()
        if isinstance(error, ProviderBusy):  # of silence the breaker takes care
            self._hold.begin(error.retry_after)


async def _is_too_early(uow: UnitOfWork, job: Job, error: ProviderError, now: datetime) -> bool:
    """Whether a button was refused only because its picture has just been finished: that passes within seconds."""
    refused = isinstance(error, RequestRefused) and not error.verdict
    if job.parent_id is None or not refused or job.attempts >= len(NOT_READY_WAITS):
        return False
    parent = await uow.jobs.get(job.parent_id)
    return parent is not None and parent.finished_at is not None and now - parent.finished_at < JUST_FINISHED


async def _same_press(uow: UnitOfWork, new: NewJob, now: datetime) -> Job | None:
    """The job that an earlier press of the same button made, where a second one must not make another."""
    if new.pressed is None or new.parent_id is None:
        return None
    if new.pressed.family.single:
        return await uow.jobs.picked(new.parent_id, new.pressed.custom_id, new.account, new.channel_id)
    earlier = await uow.jobs.pressed_by(new.parent_id, new.pressed.custom_id, new.account, now - ONE_PRESS)
    # One of the future was before the clock was set back.
    return earlier if earlier is not None and earlier.created_at <= now else None
