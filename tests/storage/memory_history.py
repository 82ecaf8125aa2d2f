"""The `History` port in dictionaries, beside the rest of the storage in `memory`."""

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.history import Filters
from bot.domain.job import Account, Job

if TYPE_CHECKING:
    from tests.storage.memory import State


class MemoryHistory:
    """Implements the `History` port."""

    def __init__(self, state: "State") -> None:
        self._state = state

    async def page(
        self, viewer: Account, filters: Filters, limit: int, *, before: int | None = None, after: int | None = None
    ) -> list[Job]:
        found = [job for job in self._own(viewer) if _fits(job, filters)]
        if after is not None:
            return [job for job in found if job.id > after][-limit:]
        return [job for job in found if before is None or job.id < before][:limit]

    async def one(self, viewer: Account, job_id: int) -> Job | None:
        return next((job for job in self._own(viewer) if job.id == job_id), None)

    async def children(self, viewer: Account, job_id: int, limit: int) -> list[Job]:
        return [job for job in self._own(viewer) if job.parent_id == job_id][:limit]

    async def posts(self, viewer: Account, job_id: int) -> list[tuple[int, int]]:
        if await self.one(viewer, job_id) is None:
            return []
        found = [(channel, message) for posted, channel, message in self._state.posts if posted == job_id]
        return sorted(found, key=lambda post: -post[1])

    async def claim_unseen(self, viewer: Account) -> list[Job]:
        found = [replace(job, unseen=False) for job in self._own(viewer) if job.unseen]
        self._state.jobs |= {job.id: job for job in found}
        return found

    async def erase(self, viewer: Account, job_id: int) -> bool:
        job = await self.one(viewer, job_id)
        if job is None or not job.state.ended:
            return False
        kept = ("account", "kind", "speed", "price", "channel_id", "state", "created_at", "changed_at", "parent_id")
        kept += ("task_id", "task_floor", "progress", "attempted_at", "finished_at", "revision", "delivery_tries")
        kept += ("picture_tries", "announced", "gift", "private", "turn")
        facts = {name: getattr(job, name) for name in kept}
        self._state.jobs[job_id] = Job(id=job_id, prompt="", shown=job.revision, deleted=True, **facts)
        self._state.deliver_after.pop(job_id, None)
        for stored in (self._state.thumbnails, self._state.sources, self._state.results):
            stored.pop(job_id, None)
        self._state.posts = frozenset(post for post in self._state.posts if post[0] != job_id)
        return True

    def _own(self, viewer: Account) -> list[Job]:
        """Newest first."""
        mine = [job for job in self._state.jobs.values() if job.account.member_id == viewer.member_id]
        here = [job for job in mine if viewer.is_direct or job.account == viewer]
        return sorted((job for job in here if not job.deleted), key=lambda job: -job.id)


def _fits(job: Job, filters: Filters) -> bool:
    return (
        filters.kind in (None, job.kind)
        and (filters.begins_at is None or job.created_at >= filters.begins_at)
        and (filters.ends_at is None or job.created_at < filters.ends_at)
    )
