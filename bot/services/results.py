"""The pictures of a finished job: from where its service put them to what a card can carry, and to a thumbnail."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from bot.domain.errors import PictureUnavailable, UnusablePicture
from bot.domain.job import Job, JobKind
from bot.domain.ports import ImageFetcher, Picture, PictureWork
from bot.domain.repositories import Storage
from bot.services.one_job import about

log = logging.getLogger(__name__)


class Results:
    """Fetches results, and keeps a thumbnail of the first one that it sees."""

    def __init__(self, storage: Storage, fetcher: ImageFetcher, work: PictureWork) -> None:
        self._storage = storage
        self._fetcher = fetcher
        self._work = work

    async def of(self, job: Job, most_bytes: int) -> list[Picture]:
        """The job's pictures, all together of `most_bytes` at most; empty when they cannot be had."""
        try:
            pictures = await (
                self._stored(job, most_bytes) if job.kind is JobKind.DALLE else self._linked(job, most_bytes)
            )
        except PictureUnavailable as error:
            log.warning("job %d: %s", job.id, error.sentence, extra=about(job))
            return []
        if job.thumbnail_due and pictures:
            await self._keep_thumbnail(job, pictures[0].data)
        return pictures

    async def smaller(self, job: Job, pictures: Sequence[Picture], most_bytes: int) -> list[Picture]:
        """Pictures that are here already, all together of `most_bytes` at most; empty when they cannot be."""
        if sum(len(picture.data) for picture in pictures) <= most_bytes:
            return list(pictures)
        try:
            return _numbered([await self._fetcher.fit(each.data, most_bytes // len(pictures)) for each in pictures])
        except PictureUnavailable as error:
            log.warning("job %d: %s", job.id, error.sentence, extra=about(job))
            return []

    async def keep_thumbnail_of(self, job: Job, picture: Picture) -> None:
        """Make one, if there is none: jobs from before there were any get theirs when they are first looked at."""
        async with self._storage.read() as uow:
            known = await uow.pictures.thumbnails([job.id])
        if not known:
            await self._keep_thumbnail(job, picture.data)

    async def give_up_thumbnail(self, job: Job) -> None:
        """There is no picture to be had, so the history has to do without."""
        await self._note_thumbnail(job, None)

    async def _linked(self, job: Job, most_bytes: int) -> list[Picture]:
        return [await self._fetcher.fetch(job.links, most_bytes)]

    async def _stored(self, job: Job, most_bytes: int) -> list[Picture]:
        async with self._storage.read() as uow:
            pictures = await uow.pictures.results(job.id)
        found: list[Picture] = []
        for data in pictures:
            try:
                found.append(await self._fetcher.fit(data, most_bytes // len(pictures)))
            except PictureUnavailable as error:  # it was whole when it came, so its file was damaged since
                log.error("job %d: a stored picture is damaged: %s", job.id, error.sentence, extra=about(job))
        if not found:
            raise PictureUnavailable("Its pictures are not stored any more.")
        return _numbered(found)

    async def _keep_thumbnail(self, job: Job, data: bytes) -> None:
        try:
            thumbnail = await self._work.thumbnail(data)
        except UnusablePicture as error:
            log.warning("job %d has no thumbnail: %s", job.id, error.sentence, extra=about(job))
            thumbnail = None
        await self._note_thumbnail(job, thumbnail)

    async def _note_thumbnail(self, job: Job, data: bytes | None) -> None:
        async with self._storage.write() as uow:
            await uow.pictures.keep_thumbnail(job.id, data)
            await uow.commit()


def _numbered(pictures: Sequence[Picture]) -> list[Picture]:
    """File names that differ, where there are several."""
    if len(pictures) == 1:
        return list(pictures)
    return [
        replace(picture, filename=f"picture-{n}{PurePath(picture.filename).suffix}")
        for n, picture in enumerate(pictures, 1)
    ]
