"""Questions about tasks: what the provider says of each job, in as few calls as it takes."""

import logging
from collections.abc import AsyncGenerator, Sequence

from bot.domain.errors import NonsenseAnswer, ProviderError, ProviderUnreachable, RequestRefused
from bot.domain.job import Job
from bot.domain.ports import ImageProvider
from bot.domain.task import Task
from bot.services.breaker import Breaker
from bot.services.one_job import about, named

log = logging.getLogger(__name__)

ENOUGH_TROUBLE = 3
"""Failed questions in a row after which the other jobs are asked about the next time."""


class Questions:
    """Asks about jobs. A call that fails ends nothing but itself, until several in a row have failed."""

    def __init__(self, provider: ImageProvider, breaker: Breaker) -> None:
        self._provider = provider
        self._breaker = breaker
        self._probes = 0
        self.trouble: ProviderError | None = None
        """What the last question about a job failed with, unless a later one was answered."""

    async def about(self, jobs: Sequence[Job]) -> AsyncGenerator[tuple[Job, Task | None], None]:
        """What it says of each job: from its list where that costs fewer calls, else one by one.

        None for a job of which it says nothing although it answers otherwise. A job that is not named was not asked
        about, or the provider answers nothing at all.
        """
        self.trouble = None
        waiting = {job.task_id: job for job in jobs if job.task_id is not None}
        answers = False
        most_pages = len(waiting) // 2
        for page in range(1, most_pages + 1):
            listed = await self._page(page)
            if listed is None:
                break
            answers = True
            tasks = {task.id: task for task in listed}
            for task_id in waiting.keys() & tasks.keys():
                yield waiting.pop(task_id), tasks[task_id]
            if len(waiting) < 2 or not tasks or min(tasks) < min(waiting):
                break
        unanswered: list[Job] = []
        failures = 0
        for task_id, job in waiting.items():
            try:
                with named(job):
                    task = await self._provider.query(task_id)
            except ProviderError as error:
                log.warning("job %d: no word about its task: %s", job.id, error.detail, extra=about(job))
                unanswered.append(job)
                if isinstance(error, RequestRefused):  # which is an answer
                    answers = True
                    continue
                self.trouble = error
                failures += 1
                if failures >= ENOUGH_TROUBLE or self._breaker.is_open:
                    break
            else:
                self.trouble, failures, answers = None, 0, True
                yield job, task
        if unanswered and (answers or await self._answers_at_all()):
            for job in unanswered:
                yield job, None

    async def probe(self, running: Sequence[Job]) -> list[tuple[Job, Task]]:
        """Ask a silent provider one thing: in turn about a job and for the list, since either may be bad by itself."""
        known = [(job, job.task_id) for job in running if job.task_id is not None]
        self._probes += 1
        if known and self._probes % 2:
            job, task_id = known[self._probes // 2 % len(known)]
            task = await self._probe_about(job, task_id)
            return [(job, task)] if task is not None else []
        try:
            await self._provider.recent(1)
        except RequestRefused as error:
            log.warning("a refusal is an answer too: %s", error.detail)
        return []

    async def _probe_about(self, job: Job, task_id: int) -> Task | None:
        try:
            with named(job):
                return await self._provider.query(task_id)
        except ProviderError as error:
            log.warning("job %d: no word about its task: %s", job.id, error.detail, extra=about(job))
            if not isinstance(error, RequestRefused):  # which is an answer
                raise
        return None

    async def _page(self, page: int) -> list[Task] | None:
        """None when it cannot be read."""
        try:
            return await self._provider.recent(page)
        except ProviderError as error:
            log.warning("the task list cannot be read, asking one by one: %s", error.detail)
            return None

    async def _answers_at_all(self) -> bool:
        """Whether the list can be had where no task can: then it is the tasks, and not the provider."""
        if self._breaker.is_open or not isinstance(self.trouble, NonsenseAnswer | ProviderUnreachable):
            return False
        try:
            await self._provider.recent(1)
        except RequestRefused:
            return True
        except ProviderError as error:
            self.trouble = error
            return False
        return True
