"""One tick of the clock: ask the provider about what is due, and note what it says."""

import logging
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

from bot.domain.action import Action, suggested
from bot.domain.errors import NonsenseAnswer, ProviderError, RequestRefused, sentence
from bot.domain.job import (
    LASTING_LINK_EVERY,
    LASTING_LINK_FOR,
    LATE_LOOK_UP_EVERY,
    LATE_LOOK_UPS_FOR,
    QUEUED_TIMEOUT,
    RESULTS_KEPT_FOR,
    UNFINISHED,
    Job,
    JobState,
)
from bot.domain.ports import Clock, ImageProvider
from bot.domain.repositories import Storage, UnitOfWork
from bot.domain.task import Task, TaskState
from bot.services.ending import end
from bot.services.generate import Generate
from bot.services.hold import EVER
from bot.services.one_job import about, one_job
from bot.services.recover import Recovery
from bot.services.submit import Submit

log = logging.getLogger(__name__)

FIRST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(seconds=60)
DOWN_AFTER = 3
"""Failed calls in a row after which the provider is taken to be down."""


class Tracker:
    """Follows every job at the provider. The rows are the queue: nothing here has to survive a restart."""

    def __init__(
        self,
        storage: Storage,
        provider: ImageProvider,
        submit: Submit,
        generate: Generate,
        recovery: Recovery,
        clock: Clock,
    ) -> None:
        self._storage = storage
        self._provider = provider
        self._submit = submit
        self._generate = generate
        self._recovery = recovery
        self._clock = clock
        self._rest = timedelta()
        self._resting_until = EVER
        self._trouble: list[ProviderError] = []

    async def tick(self) -> None:
        """Never raises: a loop that stops would leave every card unfinished."""
        try:
            await self._housekeeping()
            if self._clock() >= self._resting_until:
                await self._ask()
        except ProviderError as error:
            self._rest = min(max(self._rest * 2, FIRST_REST), LONGEST_REST)
            self._resting_until = self._clock() + self._rest
            log.warning("asking the provider again in %s: %s", self._rest, error.detail)
        except Exception:
            log.exception("a tick failed; the next one goes on")

    async def _housekeeping(self) -> None:
        """What needs no provider."""
        await self._recovery.find_cards()
        await self._generate.fail_interrupted()
        await self._generate.start_waiting()
        now = self._clock()
        async with self._storage.write() as uow:
            await uow.jobs.forget_tokens(now)
            await uow.pictures.forget_old_results(now - RESULTS_KEPT_FOR)
            await uow.commit()
        async with self._storage.read() as uow:
            unfinished = [job for state in UNFINISHED for job in await uow.jobs.in_state(state)]
        for job in unfinished:
            since = job.created_at if job.state is JobState.QUEUED else job.changed_at
            if now - since > QUEUED_TIMEOUT:  # whoever is to blame: nobody waits for ever
                with one_job(job, "given up"):
                    await self._expire(job)

    async def _ask(self) -> None:
        async with self._storage.read() as uow:
            jobs = await uow.jobs.in_state(JobState.RUNNING) + await uow.jobs.to_look_up(self._clock())
        self._trouble = []
        async for job, task in self._answers(jobs):
            with one_job(job, "followed"):
                await self._apply(job, task)
        await self._recovery.find_tasks()
        await self._submit.start_waiting()  # last, since a create call may take long
        if self._trouble:
            raise self._trouble[-1]
        self._rest = timedelta()

    async def _answers(self, jobs: list[Job]) -> AsyncGenerator[tuple[Job, Task | None], None]:
        """What the provider says of each job: from its list where that costs fewer calls, else one by one.

        None for a job about which it gives no usable answer. A call that fails ends nothing but itself, until
        several in a row have failed: then the provider is down, and the rest is asked the next time.
        """
        waiting = {job.task_id: job for job in jobs if job.task_id is not None}
        most_pages = len(waiting) // 2
        for page in range(1, most_pages + 1):
            tasks = {task.id: task for task in await self._page(page)}
            for task_id in waiting.keys() & tasks.keys():
                yield waiting.pop(task_id), tasks[task_id]
            if len(waiting) < 2 or not tasks or min(tasks) < min(waiting):
                break
        unanswered: list[Job] = []
        answers = False
        for task_id, job in waiting.items():
            try:
                yield job, await self._provider.query(task_id)
                answers = True
                self._trouble.clear()
            except (RequestRefused, NonsenseAnswer) as error:
                log.warning("job %d: no word about its task: %s", job.id, error.detail, extra=about(job))
                yield job, None
            except ProviderError as error:
                self._trouble.append(error)
                unanswered.append(job)
                if len(self._trouble) >= DOWN_AFTER:
                    break
        for job in unanswered:
            # A look-up is used up only where the provider answers others, or when its day is over.
            if job.state.ended and (answers or _is_over(job, LATE_LOOK_UPS_FOR, self._clock())):
                yield job, None

    async def _page(self, page: int) -> list[Task]:
        try:
            return await self._provider.recent(page)
        except (RequestRefused, NonsenseAnswer) as error:
            log.warning("the task list cannot be read, asking one by one: %s", error.detail)
            return []

    async def _apply(self, job: Job, task: Task | None) -> None:
        if job.state is JobState.EXPIRED:
            await self._late(job, task)
        elif job.state is JobState.SUCCEEDED:
            await self._lasting_link(job, task)
        elif task is not None:
            await self._follow(job, task)
        elif self._clock() - job.changed_at > job.patience:
            await self._expire(job)

    async def _follow(self, job: Job, task: Task) -> None:
        now = self._clock()
        async with self._storage.write() as uow:
            match task.state:
                case TaskState.SUCCEEDED:
                    await end(uow, job.id, job.state, JobState.SUCCEEDED, now, **_result(task, now))
                case TaskState.FAILED:
                    failure = f"Midjourney says: {sentence(task.failure or 'no reason')} You can try it again."
                    await end(uow, job.id, job.state, JobState.FAILED, now, failure=failure)
                case _:
                    waits = task.state is TaskState.WAITING  # in the provider's own queue, which may be long
                    # Sometimes the percentage is missing for a while; that is no step back, and no change.
                    progress = job.progress if waits else max(job.progress or 0, task.progress or 0)
                    if progress != job.progress:
                        await uow.jobs.note(job.id, job.state, visible=True, progress=progress, changed_at=now)
                    elif now - job.changed_at > (QUEUED_TIMEOUT if waits else job.patience):
                        await self._give_up(uow, job, now)
            await uow.commit()

    async def _late(self, job: Job, task: Task | None) -> None:
        """A task that was given up: it may come after all, as a gift, for a day."""
        now = self._clock()
        async with self._storage.write() as uow:
            if task is not None and task.state is TaskState.SUCCEEDED:
                gift = _result(task, now) | {"announced": False, "gift": True}
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
                found: dict[str, object] = {"lasting_url": task.lasting_url, "look_up_at": None, "deliver_after": None}
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
