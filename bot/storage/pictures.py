"""The bytes that are stored for jobs: what they are made from, what came of them, and thumbnails."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import JobRow, ResultRow, SourceRow, ThumbnailRow


class SqlPictures:
    """Implements the `Pictures` port."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def sources(self, job_id: int) -> list[bytes]:
        query = select(SourceRow.data).where(SourceRow.job_id == job_id).order_by(SourceRow.position)
        return list(await self._connection.scalars(query))

    async def forget_sources(self, job_id: int) -> None:
        await self._connection.execute(delete(SourceRow).where(SourceRow.job_id == job_id))

    async def keep_results(self, job_id: int, pictures: Sequence[bytes]) -> None:
        rows = [{"job_id": job_id, "position": n, "data": data} for n, data in enumerate(pictures)]
        await self._connection.execute(insert(ResultRow), rows)

    async def results(self, job_id: int) -> list[bytes]:
        query = select(ResultRow.data).where(ResultRow.job_id == job_id).order_by(ResultRow.position)
        return list(await self._connection.scalars(query))

    async def forget_results(self, job_id: int) -> None:
        await self._connection.execute(delete(ResultRow).where(ResultRow.job_id == job_id))

    async def forget_old_results(self, before: datetime) -> None:
        old = select(JobRow.id).where(JobRow.id == ResultRow.job_id, JobRow.finished_at < before)
        await self._connection.execute(delete(ResultRow).where(old.exists()))

    async def forget_thumbnail(self, job_id: int) -> None:
        await self._connection.execute(delete(ThumbnailRow).where(ThumbnailRow.job_id == job_id))

    async def keep_thumbnail(self, job_id: int, data: bytes | None) -> None:
        living = update(JobRow).where(JobRow.id == job_id, ~JobRow.deleted)
        noted = await self._connection.execute(living.values(thumbnail_due=False).returning(JobRow.id))
        if noted.first() is not None and data is not None:
            statement = insert(ThumbnailRow).values(job_id=job_id, data=data)
            await self._connection.execute(statement.on_conflict_do_update(set_={"data": data}))

    async def thumbnails(self, job_ids: Sequence[int]) -> dict[int, bytes]:
        query = select(ThumbnailRow.job_id, ThumbnailRow.data).where(ThumbnailRow.job_id.in_(job_ids))
        found = await self._connection.execute(query)
        return {row.job_id: row.data for row in found}
