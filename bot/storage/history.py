"""A member's own jobs. Who may see what is decided here, in each query, and nowhere else."""

from typing import Any

from sqlalchemy import Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from bot.domain.history import Filters
from bot.domain.job import UNFINISHED, Account, Job
from bot.storage.jobs import to_job
from bot.storage.tables import JobRow, PostRow, ResultRow, SourceRow, ThumbnailRow

# What a deleted job keeps: whose it was, where, its price, its state, its times, and the task that is spent on it.
_EMPTY: dict[str, Any] = {
    "prompt": "",
    "dimensions": None,
    "image": None,
    "source_picture": None,
    "pressed_custom_id": None,
    "pressed_label": None,
    "pressed_emoji": None,
    "parent_message_id": None,
    "message_id": None,
    "token": None,
    "token_expires_at": None,
    "failure": None,
    "actions": [],
    "source_url": None,
    "lasting_url": None,
    "suggestions": [],
    "pictures": [],
    "thumbnail_due": False,
    "look_up_at": None,
    "deliver_after": None,
    "unseen": False,
    "deleted": True,
}


class SqlHistory:
    """Implements the `History` port."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(
        self, viewer: Account, filters: Filters, limit: int, *, before: int | None = None, after: int | None = None
    ) -> list[Job]:
        query = _jobs(viewer).limit(limit)
        if filters.kind is not None:
            query = query.where(JobRow.kind == filters.kind)
        if filters.begins_at is not None:
            query = query.where(JobRow.created_at >= filters.begins_at)
        if filters.ends_at is not None:
            query = query.where(JobRow.created_at < filters.ends_at)
        if after is not None:
            return (await self._all(query.where(JobRow.id > after).order_by(JobRow.id)))[::-1]
        if before is not None:
            query = query.where(JobRow.id < before)
        return await self._all(query.order_by(JobRow.id.desc()))

    async def one(self, viewer: Account, job_id: int) -> Job | None:
        found = await self._all(_jobs(viewer).where(JobRow.id == job_id))
        return found[0] if found else None

    async def children(self, viewer: Account, job_id: int, limit: int) -> list[Job]:
        # The sum keeps SQLite on the index by parent: a member may have far more jobs than a picture has relatives.
        own = (JobRow.member_id + 0 == viewer.member_id) & _in_sight(viewer)
        query = select(JobRow.__table__).where(JobRow.parent_id == job_id, own)
        return await self._all(query.order_by(JobRow.id.desc()).limit(limit))

    async def posts(self, viewer: Account, job_id: int) -> list[tuple[int, int]]:
        query = select(PostRow.channel_id, PostRow.message_id).join(JobRow, JobRow.id == PostRow.job_id)
        query = query.where(PostRow.job_id == job_id, _own(viewer)).order_by(PostRow.message_id.desc())
        return [(channel_id, message_id) for channel_id, message_id in await self._connection.execute(query)]

    async def claim_unseen(self, viewer: Account) -> list[Job]:
        claimed = update(JobRow).where(JobRow.unseen, _own(viewer)).values(unseen=False)
        return [to_job(row) for row in await self._connection.execute(claimed.returning(*JobRow.__table__.c))]

    async def erase(self, viewer: Account, job_id: int) -> bool:
        mine = (JobRow.id == job_id) & _own(viewer) & JobRow.state.not_in(UNFINISHED)
        erased = await self._connection.execute(
            update(JobRow).where(mine).values(_EMPTY | {"shown": JobRow.revision}).returning(JobRow.id)
        )
        if erased.first() is None:
            return False
        for table in (ThumbnailRow, SourceRow, ResultRow, PostRow):
            await self._connection.execute(delete(table).where(table.job_id == job_id))
        return True

    async def _all(self, query: Select[Any]) -> list[Job]:
        return [to_job(row) for row in await self._connection.execute(query)]


def _jobs(viewer: Account) -> Select[Any]:
    return select(JobRow.__table__).where(_own(viewer))


def _own(viewer: Account) -> ColumnElement[bool]:
    """Their own jobs: in a server those of that server, in direct messages all of them. Deleted ones never."""
    return (JobRow.member_id == viewer.member_id) & _in_sight(viewer)


def _in_sight(viewer: Account) -> ColumnElement[bool]:
    # The sum keeps SQLite off the index by server and state, which has the jobs in no useful order.
    return ~JobRow.deleted if viewer.is_direct else ~JobRow.deleted & (JobRow.server_id + 0 == viewer.server_id)
