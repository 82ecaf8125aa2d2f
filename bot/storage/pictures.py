"""The bytes that are stored for jobs: what they are made from, what came of them, and thumbnails."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.image_models import GeneratedImage
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

    async def keep_results(self, job_id: int, images: Sequence[GeneratedImage]) -> None:
        rows = [
            {"job_id": job_id, "position": n, "data": image.data, "url": image.url} for n, image in enumerate(images)
        ]
        await self._connection.execute(insert(ResultRow), rows)

    async def results(self, job_id: int) -> list[GeneratedImage]:
        query = select(ResultRow.data, ResultRow.url).where(ResultRow.job_id == job_id).order_by(ResultRow.position)
        return [GeneratedImage(data, url) for data, url in await self._connection.execute(query)]

    async def forget_results(self, job_id: int) -> None:
        await self._connection.execute(delete(ResultRow).where(ResultRow.job_id == job_id))

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
