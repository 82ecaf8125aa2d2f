"""One tick of the clock: ask the provider about what is due, and note what it says."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.action import Action, suggested
from bot.domain.errors import NonsenseAnswer, ProviderError, ProviderUnreachable, StorageUnavailable, sentence
from bot.domain.job import (
    LASTING_LINK_EVERY,
    LASTING_LINK_FOR,
    LATE_LOOK_UP_EVERY,
    LATE_LOOK_UPS_FOR,
    QUEUED_TIMEOUT,
    RESULTS_KEPT_FOR,
    Job,
    JobState,
)
from bot.domain.ports import Clock, ImageProvider
from bot.domain.repositories import Storage, UnitOfWork
from bot.domain.task import Task, TaskState
from bot.services.alarm import Alarm
from bot.services.ask import Questions
from bot.services.breaker import Breaker
from bot.services.ending import end
from bot.services.generate import Generate
from bot.services.hold import EVER, Hold
from bot.services.one_job import about, one_job
from bot.services.pauses import goes_on
from bot.services.recover import Recovery
from bot.services.submit import Submit

log = logging.getLogger(__name__)

TIDY_EVERY = timedelta(minutes=1)
"""How often is forgotten what is of no use any more."""


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """The jobs under way when a tick began. Most ticks meet few states, and what is in none of them costs nothing.

    What changes meanwhile is taken up by the next tick.
    """

    jobs: tuple[Job, ...]

    def any_in(self, state: JobState) -> bool:
        return any(job.state is state for job in self.jobs)

    def any_without_card(self) -> bool:
        return any(job.message_id is None for job in self.jobs)


class Tracker:
    """Follows every job at the provider. The rows are the queue: nothing here has to survive a restart."""

    def __init__(
        self,
        storage: Storage,
        provider: ImageProvider,
        submit: Submit,
        generate: Generate,
        recovery: Recovery,
        breaker: Breaker,
        alarm: Alarm,
        clock: Clock,
    ) -> None:
        self._storage = storage
        self._questions = Questions(provider, breaker)
        self._submit = submit
        self._generate = generate
        self._recovery = recovery
        self._breaker = breaker
        self._alarm = alarm
        self._clock = clock
        self._rest = Hold(clock)
        self._tidied_at = EVER

    async def begin(self) -> None:
        """Take up what the last run knew of the provider. Call before any command can run."""
        await self._breaker.begin()
        await self._alarm.begin()

    async def close(self) -> None:
        """Stop what ticks began to say."""
        await self._alarm.close()

    async def tick(self) -> None:
        """Never raises: a loop that stops would leave every card unfinished."""
        try:
            await self._tidy()
            await self._breaker.keep()
            await self._submit.note_accepted()
            there = await self._under_way()
            await self._housekeeping(there)
            await self._ask_provider(there)
            if there.any_in(JobState.QUEUED):
                await self._submit.recount()  # who starts at once need not hear of a place first
            await self._alarm.step()  # very last: what fails to be told stops nothing else
        except StorageUnavailable as error:
            log.warning("a tick came to nothing: %s", error.detail)
        except Exception:
            log.exception("a tick failed; the next one goes on")

    async def _tidy(self) -> None:
        now = self._clock()
        if goes_on(self._tidied_at, TIDY_EVERY, now):
            return
        async with self._storage.write() as uow:
            await uow.jobs.forget_tokens(now)
            await uow.pictures.forget_old_results(now - RESULTS_KEPT_FOR)
            await uow.commit()
        self._tidied_at = now

    async def _under_way(self) -> _UnderWay:
        now = self._clock()
        there = await self._unfinished()
        if any(job.changed_at > now for job in there.jobs):  # the clock was set back
            async with self._storage.write() as uow:
                await uow.jobs.count_from_now(now)
                await uow.commit()
            there = await self._unfinished()
        return there

    async def _unfinished(self) -> _UnderWay:
        async with self._storage.read() as uow:
            return _UnderWay(tuple(await uow.jobs.unfinished()))

    async def _ask_provider(self, there: _UnderWay) -> None:
        try:
            if self._breaker.is_open:
                await self._probe()
            elif not self._rest.is_on:
                await self._ask(there)
        except (ProviderUnreachable, NonsenseAnswer) as error:
            log.warning("the provider gives no answer: %s", error.detail)  # the breaker counts these
        except ProviderError as error:
            self._rest.begin(None)
            log.warning("the provider is asked again after a pause: %s", error.detail)

    async def _housekeeping(self, there: _UnderWay) -> None:
        """What needs no Midjourney."""
        if there.any_without_card():
            await self._recovery.find_cards()
        if there.any_in(JobState.SUBMITTING):
            await self._generate.fail_interrupted()
        if there.any_in(JobState.QUEUED):
            await self._generate.start_waiting()
        now = self._clock()
        for job in there.jobs:
            since = job.created_at if job.state is JobState.QUEUED else job.changed_at
            if now - since > QUEUED_TIMEOUT:  # whoever is to blame: nobody waits for ever
                with one_job(job, "given up"):
                    await self._expire(job)

    async def _probe(self) -> None:
        """One question while the provider is silent; its answer counts like any other."""
        if not self._breaker.may_probe():
            return
        async with self._storage.read() as uow:
            running = await uow.jobs.in_state(JobState.RUNNING)
        for job, task in await self._questions.probe(running):
            with one_job(job, "followed"):
                await self._apply(job, task)

    async def _ask(self, there: _UnderWay) -> None:
        async with self._storage.read() as uow:
            jobs = await uow.jobs.in_state(JobState.RUNNING) + await uow.jobs.to_look_up(self._clock())
        async for job, task in self._questions.about(jobs):
            with one_job(job, "followed"):
                await self._apply(job, task)
        if not self._breaker.is_open:
            try:
                if there.any_in(JobState.SUBMITTING):
                    await self._recovery.find_tasks()
            finally:  # the line waits for nobody who got lost
                if there.any_in(JobState.QUEUED):
                    await self._submit.start_waiting()  # last, since a create call may take long
        if self._questions.trouble is not None:
            raise self._questions.trouble
        self._rest.end()

    async def _apply(self, job: Job, task: Task | None) -> None:
        if job.state is JobState.EXPIRED:
            await self._late(job, task)
        elif job.state is JobState.SUCCEEDED:
            await self._lasting_link(job, task)
        elif task is not None:
            await self._follow(job, task)
        elif self._stood_still(job) > job.patience:
            await self._expire(job)

    async def _follow(self, job: Job, task: Task) -> None:
        now = self._clock()
        waits = task.state is TaskState.WAITING  # in the provider's own queue, which may be long
        # Sometimes the percentage is missing for a while; that is no step back, and no change.
        progress = job.progress if waits else max(job.progress or 0, task.progress or 0)
        ended = task.state in (TaskState.SUCCEEDED, TaskState.FAILED)
        stands_still = not waits and self._stood_still(job) > job.patience
        if not ended and not stands_still and progress == job.progress:
            return
        async with self._storage.write() as uow:
            if task.state is TaskState.SUCCEEDED:
                await end(uow, job.id, job.state, JobState.SUCCEEDED, now, **_result(task, now))
            elif task.state is TaskState.FAILED:
                failure = f"Midjourney says: {sentence(task.failure or 'no reason')} You can try it again."
                await end(uow, job.id, job.state, JobState.FAILED, now, failure=failure)
            elif progress != job.progress:
                await uow.jobs.note(job.id, job.state, visible=True, progress=progress, changed_at=now)
            else:
                await self._give_up(uow, job, now)
            await uow.commit()

    def _stood_still(self, job: Job) -> timedelta:
        """For how long; what happened while nobody could ask is not held against it."""
        return self._clock() - max(job.changed_at, self._breaker.asking_since)

    async def _late(self, job: Job, task: Task | None) -> None:
        """A task that was given up: it may come after all, as a gift, for a day."""
        now = self._clock()
        async with self._storage.write() as uow:
            if task is not None and task.state is TaskState.SUCCEEDED:
                gift = _result(task, now) | {"announced": False, "gift": True}
                # A picture is brought to an owner whose card is gone; words alone are looked up in the history.
                gift["unseen"] = job.message_id is None and not gift["thumbnail_due"]
                await end(uow, job.id, JobState.EXPIRED, JobState.SUCCEEDED, now, **gift)
            else:
                over = _is_over(job, LATE_LOOK_UPS_FOR, now)
                failed = task is not None and task.state is TaskState.FAILED
                next_time = None if over or failed else now + LATE_LOOK_UP_EVERY
                await uow.jobs.note(job.id, job.state, visible=False, look_up_at=next_time)
            await uow.commit()

    async def _lasting_link(self, job: Job, task: Task | None) -> None:
        """The lasting copy of a finished picture appears some time later, or never."""
        now = self._clock()
        async with self._storage.write() as uow:
            if task is not None and task.lasting_url:
                found: dict[str, object] = {"lasting_url": task.lasting_url, "look_up_at": None}
                found |= {"deliver_after": None, "picture_tries": 0}  # what could not be fetched may be had there
                found["thumbnail_due"] = job.thumbnail_due or not job.links  # there was nothing to make one of
                await uow.jobs.note(job.id, job.state, visible=True, **found)
            else:
                next_time = None if _is_over(job, LASTING_LINK_FOR, now) else now + LASTING_LINK_EVERY
                await uow.jobs.note(job.id, job.state, visible=False, look_up_at=next_time)
            await uow.commit()

    async def _expire(self, job: Job) -> None:
        async with self._storage.write() as uow:
            await self._give_up(uow, job, self._clock())
            await uow.commit()

    async def _give_up(self, uow: UnitOfWork, job: Job, now: datetime) -> None:
        """It stood still for too long. A task may still come: it is asked about for a day."""
        look_up_at = now + LATE_LOOK_UP_EVERY if job.task_id else None
        if await end(uow, job.id, job.state, JobState.EXPIRED, now, look_up_at=look_up_at):
            log.warning("job %d expired", job.id, extra=about(job))


def _is_over(job: Job, period: timedelta, now: datetime) -> bool:
    return job.finished_at is None or now - job.finished_at > period


def _result(task: Task, now: datetime) -> dict[str, object]:
    has_picture = bool(task.source_url or task.lasting_url)
    complete = task.lasting_url or (task.suggestions and not has_picture)  # a description has no picture to come
    return {
        "progress": 100,
        "actions": _actions(task),
        "suggestions": task.suggestions,
        "source_url": task.source_url,
        "lasting_url": task.lasting_url,
        "look_up_at": None if complete else now + LASTING_LINK_EVERY,
        "thumbnail_due": has_picture,
    }


def _actions(task: Task) -> tuple[Action, ...]:
    """The provider's buttons; in front of them ours, that imagine what a description suggests."""
    return (*suggested(len(task.suggestions)), *task.actions)
