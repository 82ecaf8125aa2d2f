"""Jobs that a crash or a lost answer left in between: no card, or no word on whether a task exists."""

import logging
from collections import defaultdict
from datetime import timedelta

from bot.domain.errors import CardError, CardUndelivered, NonsenseAnswer, ProviderError, RequestRefused
from bot.domain.job import Job, JobKind, JobState
from bot.domain.ports import CardDelivery, Clock, ImageProvider
from bot.domain.repositories import Storage
from bot.domain.task import Task
from bot.services.ending import end
from bot.services.one_job import about, one_job
from bot.services.submit import Submit

log = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(minutes=2)
CLOCK_SLACK = timedelta(seconds=5)
"""How far the service's clock may be behind ours before a task seems older than our attempt to make it."""

ENOUGH_FAILURES = 3
"""One channel may be out of order, but not several at once."""

CARD_OVERDUE = timedelta(minutes=2)
"""Far longer than it takes to send one: whoever was about to has failed."""

MOST_PAGES = 10
MOST_UNREAD = 12
"""Readings of the list that fail in a row, while the provider answers otherwise, until nobody waits for one."""


class Recovery:
    """Finds cards and tasks that we lost sight of. It never guesses: a guess shows one member another's picture."""

    def __init__(
        self, storage: Storage, provider: ImageProvider, cards: CardDelivery, submit: Submit, clock: Clock
    ) -> None:
        self._storage = storage
        self._provider = provider
        self._cards = cards
        self._submit = submit
        self._clock = clock
        self._newest_of_last_run = 0
        self._unread = 0

    async def begin(self) -> None:
        """Take stock at start: what has no card now lost it in the last run. Call before any command can run."""
        async with self._storage.read() as uow:
            self._newest_of_last_run = max((job.id for job in await uow.jobs.cardless()), default=0)

    async def find_cards(self) -> None:
        """Note the cards that were sent but not noted; jobs that never got one are cancelled."""
        async with self._storage.read() as uow:
            cardless = await uow.jobs.cardless()
        failures = 0
        for job in cardless:
            if job.id > self._newest_of_last_run and self._clock() - job.created_at < CARD_OVERDUE:
                continue  # its card is on its way
            with one_job(job, "given its card back"):
                try:
                    await self._find_card(job)
                except CardUndelivered:
                    failures += 1
            if failures >= ENOUGH_FAILURES:
                return  # Discord is not answering; the next tick asks again

    async def _find_card(self, job: Job) -> None:
        try:
            message_id = await self._cards.find(job)
        except CardUndelivered:
            raise
        except CardError:
            message_id = None
        if message_id is None:
            # A private card may stand, and say for ever that it waits, although nothing leads to it any more.
            await self._submit.abandon(job.id, unseen=job.private)
        else:
            await self._submit.card_sent(job.id, message_id)
            log.info("job %d: found its card again", job.id, extra=about(job))

    async def find_tasks(self) -> None:
        """Adopt the task of a job whose submission got no answer, or fail and refund it after two minutes."""
        submitting = await self._submitting()
        if not self._lost(submitting):
            return
        tasks = await self._newer_tasks(min(job.task_floor for job in submitting))
        # Only now: a task in the list may belong to a job that set out while the list was read.
        submitting = await self._submitting()
        async with self._storage.read() as uow:
            held = await uow.jobs.owners_of([task.id for task in tasks])
        free = [task for task in tasks if task.id not in held]
        twins: dict[tuple[str, ...], list[Job]] = defaultdict(list)
        for job in submitting:
            twins[_words(job.prompt)].append(job)
        for jobs in twins.values():
            with one_job(jobs[0], "found at the provider"):
                await self._decide(jobs, self._lost(jobs), free)

    async def _submitting(self) -> list[Job]:
        """Jobs that may have a task; a service that answers only when it is done has none."""
        async with self._storage.read() as uow:
            return [job for job in await uow.jobs.in_state(JobState.SUBMITTING) if job.kind is not JobKind.DALLE]

    def _lost(self, submitting: list[Job]) -> list[Job]:
        return [job for job in submitting if job.id not in self._submit.in_flight]

    async def _newer_tasks(self, floor: int) -> list[Task]:
        """None at all where the list cannot be read whole: what fits alone in a half may not do so in all of it."""
        try:
            tasks = await self._listed(floor)
        except (RequestRefused, NonsenseAnswer) as error:
            log.warning("the task list cannot be read, so nothing can be found in it: %s", error.detail)
            return []
        except ProviderError:
            self._unread += 1
            if self._unread < MOST_UNREAD:
                raise
            return []
        self._unread = 0
        return tasks

    async def _listed(self, floor: int) -> list[Task]:
        found: dict[int, Task] = {}
        for page in range(1, MOST_PAGES + 1):
            tasks = await self._provider.recent(page)
            found |= {task.id: task for task in tasks if task.id > floor}
            if not tasks or min(task.id for task in tasks) <= floor:
                break
        return list(found.values())

    async def _decide(self, twins: list[Job], lost: list[Job], tasks: list[Task]) -> None:
        """What becomes of the lost ones among all submitted jobs that ask for the same and might own the same task."""
        fits = {job.id: [task.id for task in tasks if _fits(job, task)] for job in twins}
        undecided = list(twins)
        for job in lost:
            own = fits[job.id]
            if len(own) == 1 and sum(own[0] in other for other in fits.values()) == 1:
                await self._adopt(job, own[0])
                undecided.remove(job)
        overdue = [job for job in lost if job in undecided and self._is_overdue(job)]
        if len(overdue) < len(undecided):
            # A task that fits several would be the last one's by default, so these are only given up together.
            overdue = [job for job in overdue if not fits[job.id]]
        if overdue:
            await self._give_up(overdue)

    def _is_overdue(self, job: Job) -> bool:
        return job.attempted_at is None or self._clock() - job.attempted_at > GIVE_UP_AFTER

    async def _adopt(self, job: Job, task_id: int) -> None:
        async with self._storage.write() as uow:
            moved = await uow.jobs.move(job.id, JobState.SUBMITTING, JobState.RUNNING, self._clock(), task_id=task_id)
            await uow.commit()
        if moved is not None:
            log.warning("job %d: adopted task %d after a lost answer", job.id, task_id, extra=about(job))

    async def _give_up(self, jobs: list[Job]) -> None:
        failure = "The answer of the picture service got lost, and I cannot tell whether it started."
        async with self._storage.write() as uow:
            for job in jobs:
                await end(uow, job.id, JobState.SUBMITTING, JobState.FAILED, self._clock(), failure=failure)
            await uow.commit()
        for job in jobs:
            log.warning("job %d: no task fits after a lost answer", job.id, extra=about(job))


def _words(prompt: str) -> tuple[str, ...]:
    return tuple(prompt.split())


def _task_kinds(job: Job) -> frozenset[str]:
    """The words by which the task list may call a job's task.

    None for what is made from pictures alone: the list shows no pictures, so such a task cannot be told from others.
    """
    if job.kind is JobKind.PRESS and job.pressed is not None:
        return job.pressed.family.task_kinds
    return frozenset({"IMAGINE"}) if job.kind is JobKind.IMAGINE else frozenset()


def _fits(job: Job, task: Task) -> bool:
    if job.attempted_at is None or task.submitted_at is None or task.id <= job.task_floor:
        return False
    return (
        task.kind in _task_kinds(job)
        and task.speed in (None, job.speed)
        and _words(task.prompt) == _words(job.prompt)
        and task.submitted_at >= job.attempted_at - CLOCK_SLACK
    )
