"""Cards that are behind their jobs: which one is drawn next, and what happens when it cannot be."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.domain.errors import CardError, CardForbidden, CardGone, CardTooLarge, CardUndelivered, PictureUnavailable
from bot.domain.job import Job, JobState
from bot.domain.ports import CardDelivery, Clock, ImageFetcher, Picture, Storage
from bot.services.submit import EVER, about

log = logging.getLogger(__name__)

CARD_GAP = timedelta(seconds=3)
CHANNEL_GAP = timedelta(seconds=1)
MOST_AT_ONCE = 8
NO_PROGRESS_AFTER = timedelta(minutes=50)
"""Discord limits edits of messages older than an hour hard; such a card gets only its final edit."""

FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=10)
PICTURE_RETRIES = 12
"""With waits that double up to ten minutes this is a little over an hour."""


class Deliverer:
    """Draws owed cards: final ones first, progress spaced out, each in its own task so that none holds up another."""

    def __init__(self, storage: Storage, cards: CardDelivery, pictures: ImageFetcher, clock: Clock) -> None:
        self._storage = storage
        self._cards = cards
        self._pictures = pictures
        self._clock = clock
        self._drawing: dict[int, tuple[asyncio.Task[None], bool]] = {}
        self._card_drawn: dict[int, datetime] = {}
        self._channel_drawn: dict[int, datetime] = {}

    async def step(self) -> None:
        """Begin to draw what is due now. Never raises."""
        try:
            now = self._clock()
            async with self._storage.read() as uow:
                owed = await uow.jobs.owed(now)
            for job in self._due(owed, now):
                self._draw_soon(job)
        except Exception:
            log.exception("cards could not be drawn; the next step goes on")

    async def close(self) -> None:
        """Stop what is being drawn; the cards stay owed."""
        tasks = [task for task, _ in self._drawing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _due(self, owed: list[Job], now: datetime) -> Iterator[Job]:
        for job in owed:
            if job.state.ended and job.id in self._drawing:
                task, final = self._drawing[job.id]
                if not final:
                    task.cancel()  # a stale progress edit never delays the final one
        free = [job for job in owed if job.id not in self._drawing]
        room = MOST_AT_ONCE - len(self._drawing)
        final = [job for job in free if job.state.ended][: max(0, room)]
        yield from final
        self._card_drawn = {job.id: self._card_drawn.get(job.id, EVER) for job in owed}
        progress = [job for job in free if not job.state.ended and now - job.created_at < NO_PROGRESS_AFTER]
        for job in sorted(progress, key=lambda job: self._card_drawn[job.id]):
            if now - self._card_drawn[job.id] < CARD_GAP:
                continue
            if now - self._channel_drawn.get(job.channel_id, EVER) < CHANNEL_GAP:
                continue
            self._card_drawn[job.id] = self._channel_drawn[job.channel_id] = now
            yield job

    def _draw_soon(self, job: Job) -> None:
        task = asyncio.create_task(self._draw_safely(job), name=f"draw card of job {job.id}")
        self._drawing[job.id] = task, job.state.ended
        task.add_done_callback(lambda _: self._drawing.pop(job.id, None))

    async def _draw_safely(self, job: Job) -> None:
        try:
            await self._draw(job)
        except Exception:
            log.exception("the card of job %d could not be drawn", job.id, extra=about(job))
            await self._postpone(job, None)

    async def _draw(self, job: Job) -> None:
        picture, missing = await self._picture_of(job)
        try:
            picture = await self._show(job, picture)
        except CardGone:
            log.info("job %d: its card was deleted", job.id, extra=about(job))
        except CardForbidden as error:
            await self._send_directly(job, picture, error)
        except CardUndelivered as error:
            log.warning("the card of job %d waits: %s", job.id, error, extra=about(job))
            await self._postpone(job, error.retry_after)
            return
        else:
            await self._announce(job)
            if missing and job.delivery_tries < PICTURE_RETRIES:
                await self._postpone(job, None)
                return
        async with self._storage.write() as uow:
            await uow.jobs.mark_shown(job.id, job.revision, picture.filename if picture else None)
            await uow.commit()

    async def _show(self, job: Job, picture: Picture | None) -> Picture | None:
        """Draw the card; what Discord finds too large, whatever its stated limit, is halved once."""
        try:
            await self._cards.show(job, picture)
        except CardTooLarge:
            if picture is None:
                raise
            picture = await self._pictures.fetch(job.sources, len(picture.data) // 2)
            await self._cards.show(job, picture)
        return picture

    async def _picture_of(self, job: Job) -> tuple[Picture | None, bool]:
        """The picture that the card lacks, and whether it is still missing after all."""
        if job.state is not JobState.SUCCEEDED or job.picture is not None or not job.sources:
            return None, False
        try:
            return await self._pictures.fetch(job.sources, self._cards.upload_limit(job)), False
        except PictureUnavailable as error:
            log.warning("job %d: %s", job.id, error.sentence, extra=about(job))
            return None, True

    async def _send_directly(self, job: Job, picture: Picture | None, why: CardForbidden) -> None:
        log.warning("the card of job %d cannot be edited: %s", job.id, why, extra=about(job))
        if not job.state.ended:
            return
        try:
            await self._cards.send_directly(job, picture)
        except CardError as error:
            log.warning("job %d could not be sent directly either: %s", job.id, error, extra=about(job))

    async def _announce(self, job: Job) -> None:
        """One short message for who waited long; rather none than two, so it is noted before it is sent."""
        if not job.state.ended or not job.was_slow or job.announced or job.state is JobState.CANCELLED:
            return
        async with self._storage.write() as uow:
            mine = await uow.jobs.claim_announcement(job.id)
            await uow.commit()
        if mine:
            try:
                await self._cards.announce(job)
            except CardError as error:
                log.warning("job %d: its end could not be announced: %s", job.id, error, extra=about(job))

    async def _postpone(self, job: Job, seconds: float | None) -> None:
        wait = min(FIRST_RETRY * 2 ** min(job.delivery_tries, 10), LONGEST_RETRY)
        if seconds is not None:
            wait = timedelta(seconds=seconds)
        async with self._storage.write() as uow:
            await uow.jobs.postpone_card(job.id, job.delivery_tries + 1, self._clock() + wait)
            await uow.commit()
