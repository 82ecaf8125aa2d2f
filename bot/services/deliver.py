"""Cards that are behind their jobs: which one is drawn next, and what happens when it cannot be."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from bot.domain.errors import (
    CardError,
    CardForbidden,
    CardGone,
    CardRefused,
    CardTooLarge,
    CardUndelivered,
    StorageUnavailable,
)
from bot.domain.job import LONGEST_CARD_WAIT, PICTURE_RETRIES, Job, JobState
from bot.domain.ports import CardDelivery, Clock, Picture
from bot.domain.repositories import Storage
from bot.services.hold import EVER
from bot.services.one_job import about, one_job
from bot.services.pauses import goes_on
from bot.services.results import Results

log = logging.getLogger(__name__)

CARD_GAP = timedelta(seconds=3)
CHANNEL_GAP = timedelta(seconds=1)
MOST_AT_ONCE = 8
OLD_AFTER = timedelta(minutes=50)
OLD_CARD_GAP = timedelta(minutes=10)
"""Discord limits edits of messages older than an hour hard; but a card must not speak for hours of what is over."""

FIRST_RETRY = timedelta(seconds=5)
DIRECT_RETRIES = 12
"""Of a direct message that stands in for a card, after the first try: a little over an hour, as for a picture."""

DIRECT_LIMIT = 10 * 1024 * 1024
"""What a direct message takes, and the least that a server takes, in bytes."""


class Deliverer:
    """Draws owed cards: final ones first, progress spaced out, each in its own task so that none holds up another."""

    def __init__(self, storage: Storage, cards: CardDelivery, results: Results, clock: Clock) -> None:
        self._storage = storage
        self._cards = cards
        self._results = results
        self._clock = clock
        self._drawing: dict[int, tuple[asyncio.Task[None], bool]] = {}
        self._card_drawn: dict[int, datetime] = {}
        self._channel_drawn: dict[int, datetime] = {}
        self._can_note = True

    async def step(self) -> None:
        """Begin to draw what is due now. Never raises."""
        try:
            now = self._clock()
            if not self._can_note:
                await self._try_to_note(now)
            async with self._storage.read() as uow:
                owed = await uow.jobs.owed(now)
            for job in self._due(owed, now):
                self._draw_soon(job)
        except StorageUnavailable as error:
            log.warning("no card is drawn: %s", error.detail)
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
        finals = sum(final for _, final in self._drawing.values())  # progress edits take no room from them
        others = len(self._drawing) - finals
        yield from [job for job in free if job.state.ended][: MOST_AT_ONCE - finals]
        yield from self._due_progress(free, MOST_AT_ONCE - others, now)

    def _due_progress(self, free: list[Job], room: int, now: datetime) -> Iterator[Job]:
        self._card_drawn = _recent(self._card_drawn, now)
        self._channel_drawn = _recent(self._channel_drawn, now)
        progress = [job for job in free if not job.state.ended]
        for job in sorted(progress, key=lambda job: self._card_drawn.get(job.id, EVER)):
            gap = CARD_GAP if now - job.created_at < OLD_AFTER else OLD_CARD_GAP
            if goes_on(self._card_drawn.get(job.id, EVER), gap, now):
                continue
            if goes_on(self._channel_drawn.get(job.channel_id, EVER), CHANNEL_GAP, now):
                continue
            if room > 0:
                room -= 1
                self._card_drawn[job.id] = self._channel_drawn[job.channel_id] = now
                yield job

    def _draw_soon(self, job: Job) -> None:
        task = asyncio.create_task(self._draw_safely(job), name=f"draw card of job {job.id}")
        self._drawing[job.id] = task, job.state.ended
        task.add_done_callback(lambda _: self._drawing.pop(job.id, None))

    async def _draw_safely(self, job: Job) -> None:
        with one_job(job, "postponed"):
            with one_job(job, "drawn"):
                await self._draw(job)
                return
            self._can_note = False
            await self._show_later(job, None)
            self._can_note = True

    async def _try_to_note(self, now: datetime) -> None:
        """What is shown but cannot be noted would be shown again and again: first there must be room for the note."""
        async with self._storage.write() as uow:
            await uow.facts.set("delivery", now.isoformat())
            await uow.commit()
        self._can_note = True

    async def _draw(self, job: Job) -> None:
        if job.message_id is None:
            await self._draw_without_card(job)
            return
        wanted = job.state is JobState.SUCCEEDED and not job.pictures and job.has_pictures
        pictures = await self._results.of(job, self._cards.upload_limit(job)) if wanted else []
        try:
            pictures = await self._show(job, pictures)
            if wanted and not pictures and job.picture_tries < PICTURE_RETRIES:
                await self._fetch_later(job)
                return
            await self._announce(job, has_picture=bool(pictures or job.pictures))
            await self._mark_shown(job, pictures)
        except CardGone:
            log.info("job %d: its card was deleted", job.id, extra=about(job))
            await self._drop_card(job)
        except CardForbidden as error:
            log.warning("the card of job %d cannot be edited: %s", job.id, error, extra=about(job))
            await self._deliver_directly(job, pictures, wanted)
        except CardRefused as error:
            log.error("Discord refuses the card of job %d: %s", job.id, error, extra=about(job))
            await self._show_plainly(job)
        except CardUndelivered as error:
            log.warning("the card of job %d waits: %s", job.id, error, extra=about(job))
            await self._show_later(job, error.retry_after)

    async def _draw_without_card(self, job: Job) -> None:
        """Its card is gone; the picture is looked at once for its owner's history, and a late gift is brought."""
        pictures = await self._results.of(job, DIRECT_LIMIT)
        if not pictures and job.picture_tries < PICTURE_RETRIES:
            await self._fetch_later(job)
            return
        if not pictures:
            await self._results.give_up_thumbnail(job)
        if job.gift:
            try:
                await self._send_directly(job, pictures)
            except CardUndelivered as error:  # nothing is owed to it any more, so there is no next time
                log.warning("job %d: its gift could not be brought: %s", job.id, error, extra=about(job))
                await self._leave_card(job, [], delivered=False)

    async def _mark_shown(self, job: Job, pictures: list[Picture]) -> None:
        async with self._storage.write() as uow:
            names = [picture.filename for picture in pictures]
            await uow.jobs.mark_shown(job.id, job.message_id, job.revision, names)
            if pictures:
                await uow.pictures.forget_results(job.id)  # the card has them now
            await uow.commit()

    async def _drop_card(self, job: Job) -> None:
        """Nothing is owed to a card that is gone; the job itself stays."""
        async with self._storage.write() as uow:
            await uow.jobs.drop_card(job.id, job.message_id)
            await uow.commit()

    async def _show(self, job: Job, pictures: list[Picture]) -> list[Picture]:
        return await self._fitting(job, pictures, partial(self._cards.show, job))

    async def _show_plainly(self, job: Job) -> None:
        """Discord would refuse the same card for ever. An end is said in plain words, and the result stays stored."""
        if job.state.ended:
            try:
                await self._cards.show_plainly(job)
            except CardUndelivered as error:
                await self._show_later(job, error.retry_after)
                return
            except CardError as error:
                log.warning("job %d: nor does Discord take a plain card: %s", job.id, error, extra=about(job))
            await self._announce(job, has_picture=False)
        await self._mark_shown(job, [])

    async def _fitting(
        self,
        job: Job,
        pictures: list[Picture],
        send: Callable[[list[Picture]], Awaitable[None]],
        *,
        shrink: bool = True,
    ) -> list[Picture]:
        """Send them; what Discord finds too large, whatever its stated limit, is shrunk once, then left out."""
        try:
            await send(pictures)
        except CardTooLarge as error:
            if not pictures:
                raise
            log.warning("job %d: its picture is too large: %s", job.id, error, extra=about(job))
            # A server that has just lost its boosts takes what any place takes.
            most = min(_size(pictures) // 2, DIRECT_LIMIT)
            smaller = await self._results.smaller(job, pictures, most) if shrink else []
            return await self._fitting(job, smaller, send, shrink=False)
        return pictures

    async def _deliver_directly(self, job: Job, pictures: list[Picture], wanted: bool) -> None:
        """The last way to bring a result to its owner, once; a job that still runs is waited for first."""
        taken_back = job.state is JobState.CANCELLED and job.failure is None  # by its owner, who was told so
        if not job.state.ended or taken_back or job.pictures:  # nor is a link that came later worth a second message
            await self._mark_shown(job, [])
            return
        pictures = await self._results.smaller(job, pictures, DIRECT_LIMIT)
        if wanted and not pictures and job.picture_tries < PICTURE_RETRIES:
            await self._fetch_later(job)
            return
        try:
            await self._send_directly(job, pictures)
        except CardUndelivered as error:
            log.warning("job %d could not be sent directly yet: %s", job.id, error, extra=about(job))
            if job.delivery_tries < DIRECT_RETRIES:
                await self._show_later(job, error.retry_after)
            else:
                await self._leave_card(job, [], delivered=False)

    async def _send_directly(self, job: Job, pictures: list[Picture]) -> None:
        """Instead of a card. Raises CardUndelivered alone, since everything else would be the same the next time."""
        sent: list[tuple[int, int]] = []

        async def send(fitting: list[Picture]) -> None:
            sent.append(await self._cards.send_directly(job, fitting))

        try:
            pictures = await self._fitting(job, pictures, send)
        except CardUndelivered:
            raise
        except CardError as error:
            log.warning("job %d could not be sent directly either: %s", job.id, error, extra=about(job))
        await self._leave_card(job, sent, delivered=bool(sent and pictures))

    async def _leave_card(self, job: Job, sent: list[tuple[int, int]], *, delivered: bool) -> None:
        """The card stands where it is, out of reach; its owner may want to delete it, and what was sent instead."""
        # A private card is none: where a job is posted everyone may see it.
        stands = [] if job.private else [(job.channel_id, job.message_id)]
        async with self._storage.write() as uow:
            now = await uow.jobs.get(job.id)
            deleted = now is None or now.deleted
            for channel_id, message_id in [*stands, *sent]:
                if message_id is not None and not deleted:
                    await uow.jobs.note_post(job.id, channel_id, message_id)
            await uow.jobs.drop_card(job.id, job.message_id, unseen=not sent)
            if delivered:
                await uow.pictures.forget_results(job.id)
            await uow.commit()
        for channel_id, message_id in sent if deleted else ():  # its owner did not want it any more
            await self._cards.remove(job, channel_id, message_id)

    async def _announce(self, job: Job, *, has_picture: bool) -> None:
        """One short message for who waited long; rather none than two, so it is noted before it is sent."""
        if not job.state.ended or not job.was_slow or job.announced or job.state is JobState.CANCELLED:
            return
        async with self._storage.write() as uow:
            mine = await uow.jobs.claim_announcement(job.id)
            await uow.commit()
        if mine:
            try:
                await self._cards.announce(job, has_picture=has_picture)
            except CardError as error:
                log.warning("job %d: its end could not be announced: %s", job.id, error, extra=about(job))

    async def _show_later(self, job: Job, seconds: float | None) -> None:
        wait = _wait_after(job.delivery_tries) if seconds is None else timedelta(seconds=seconds)
        await self._postpone(job, wait, job.delivery_tries + 1, job.picture_tries)

    async def _fetch_later(self, job: Job) -> None:
        await self._postpone(job, _wait_after(job.picture_tries), 0, job.picture_tries + 1)

    async def _postpone(self, job: Job, wait: timedelta, delivery_tries: int, picture_tries: int) -> None:
        until = self._clock() + min(wait, LONGEST_CARD_WAIT)
        async with self._storage.write() as uow:
            await uow.jobs.postpone_card(
                job.id, job.revision, until, delivery_tries=delivery_tries, picture_tries=picture_tries
            )
            await uow.commit()


def _wait_after(tries: int) -> timedelta:
    return FIRST_RETRY * 2 ** min(tries, 10)


def _size(pictures: list[Picture]) -> int:
    return sum(len(picture.data) for picture in pictures)


def _recent(drawn: dict[int, datetime], now: datetime) -> dict[int, datetime]:
    """Without what is too old to matter: no gap is longer."""
    return {id: at for id, at in drawn.items() if goes_on(at, OLD_CARD_GAP, now)}
