"""A member's own jobs: a page of them, one of them with its pictures, and what its owner may do with it."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.action import AGAIN, Price
from bot.domain.errors import CardError, CardGone, CardUndelivered, NotOffered, Refusal
from bot.domain.history import Filters
from bot.domain.image_models import price_of as price_of_images
from bot.domain.job import Account, Job, JobKind, JobState, NewJob
from bot.domain.ports import CardDelivery, Clock, ImageProvider, Picture
from bot.domain.quota import price_of
from bot.domain.repositories import Storage, UnitOfWork
from bot.services.one_job import about, name_from_now_on
from bot.services.pauses import goes_on
from bot.services.press import card_in
from bot.services.results import Results
from bot.services.submit import Admission, Submit

log = logging.getLogger(__name__)

PAGE_LENGTH = 9
MOST_CHILDREN = 24
SMALL_PICTURE = "small.webp"
"""The file name of a thumbnail where it stands for the whole picture."""

ONE_POST = timedelta(seconds=10)
"""Clicks within this time are one: a picture takes a while to be sent."""

UNKNOWN = "I do not find this one in your history. `/history` shows what is there."
UNDER_WAY = "This one is still under way. As soon as it has ended, you can delete it."
NOT_ALL_NOW = "Discord did not let me delete all of it just now. Please press again in a minute for the rest."
NOT_NOW = "Discord does not let me delete the card just now, so nothing was changed. Please try again in a minute."


@dataclass(frozen=True, slots=True)
class Page:
    """Up to nine jobs, newest first; `thumbnails` by job id."""

    jobs: tuple[Job, ...]
    thumbnails: dict[int, bytes]
    newer: bool
    older: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """One job and its relatives among the viewer's own; `again_price` is None where it cannot be run again."""

    job: Job
    parent: Job | None
    children: tuple[Job, ...]
    again_price: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to see of a job now: `results` are whole unless `only_small`, `source` is what it was made from."""

    results: tuple[Picture, ...] = ()
    source: Picture | None = None
    only_small: bool = False


@dataclass(frozen=True, slots=True)
class Remains:
    """What Discord left standing of a deleted job: messages in these channels, or a card that only its owner sees."""

    channels: tuple[int, ...] = ()
    own_card: bool = False


class History:
    """What an owner sees of their jobs. Every id comes from outside and goes through the owner's query."""

    def __init__(
        self,
        storage: Storage,
        provider: ImageProvider,
        cards: CardDelivery,
        results: Results,
        image_models: Sequence[str],
        submit: Submit,
        clock: Clock,
    ) -> None:
        self._storage = storage
        self._provider = provider
        self._cards = cards
        self._results = results
        self._image_models = image_models
        self._submit = submit
        self._clock = clock
        self._posting: dict[tuple[int, int], datetime] = {}

    async def page(
        self, viewer: Account, filters: Filters, *, before: int | None = None, after: int | None = None
    ) -> Page:
        """The jobs nearest below the id `before`, nearest above `after`, or the newest."""
        async with self._storage.read() as uow:
            jobs = await uow.history.page(viewer, filters, PAGE_LENGTH, before=before, after=after)
            if after is not None and len(jobs) < PAGE_LENGTH:
                jobs = await uow.history.page(viewer, filters, PAGE_LENGTH)  # the first page is always a whole one
            if not jobs:
                return Page((), {}, newer=False, older=False)
            newer = await uow.history.page(viewer, filters, 1, after=jobs[0].id)
            older = await uow.history.page(viewer, filters, 1, before=jobs[-1].id)
            thumbnails = await uow.pictures.thumbnails([job.id for job in jobs])
        return Page(tuple(jobs), thumbnails, newer=bool(newer), older=bool(older))

    async def open(self, viewer: Account, job_id: int) -> Opened:
        """The job, if it is the viewer's to see; else NotOffered."""
        async with self._storage.read() as uow:
            job = await _own(uow, viewer, job_id)
            parent = await uow.history.one(viewer, job.parent_id) if job.parent_id is not None else None
            children = await uow.history.children(viewer, job.id, MOST_CHILDREN)
            pressed_on = await _pressed_on(uow, job)
        if job.parent_id is not None and pressed_on is None:
            job = replace(job, parent_message_id=None)  # deleted: a link would lead nowhere
        return Opened(job, parent, tuple(children), self._again_price(job, pressed_on))

    async def find(self, viewer: Account, job_id: int) -> Job:
        """The job alone, if it is the viewer's to see; else NotOffered."""
        async with self._storage.read() as uow:
            return await _own(uow, viewer, job_id)

    async def claim_unseen(self, viewer: Account) -> list[Job]:
        """What ended and could be shown nowhere, for who is about to tell the viewer so; no second caller gets it."""
        async with self._storage.write() as uow:
            jobs = await uow.history.claim_unseen(viewer)
            await uow.commit()
        return jobs

    async def pictures(self, viewer: Account, job: Job, most_bytes: int) -> Shown:
        """From the card or a copy of it, else from where they last, else small; all of them within `most_bytes`."""
        attached = await self._attached(viewer, job)
        source = next((each for each in attached if each.filename == job.source_picture), None)
        found = [each for each in attached if each.filename not in (job.source_picture, SMALL_PICTURE)]
        most_bytes -= len(source.data) if source else 0
        results = await self._results.smaller(job, found, most_bytes)
        if not results and job.state is JobState.SUCCEEDED and job.has_pictures:
            results = await self._results.of(job, most_bytes)
        if results:
            await self._results.keep_thumbnail_of(job, results[0])
            return Shown(tuple(results), source)
        return await self._small(job, source)

    @asynccontextmanager
    async def posting(self, viewer: Account, job_id: int, channel_id: int) -> AsyncGenerator[Job, None]:
        """Around showing a job in this channel, if its owner may do so now; else a Refusal.

        A second click is no second post, unless the first one came to nothing.
        """
        place, now = (job_id, channel_id), self._clock()
        async with self._storage.read() as uow:
            job = await _own(uow, viewer, job_id)
            policy = await uow.quotas.policy(viewer)
        if policy.blocked:
            raise Refusal("You are blocked from making and posting pictures here. `/usage` tells why.")
        if job.state is not JobState.SUCCEEDED:
            raise Refusal("There is nothing to post: this one has no result.")
        self._posting = {each: at for each, at in self._posting.items() if goes_on(at, ONE_POST, now)}
        if place in self._posting:
            raise Refusal("That one has just been posted here.")
        self._posting[place] = now
        done = False
        try:
            yield job
            done = True
        finally:
            if not done:
                self._posting.pop(place, None)

    async def posted(self, viewer: Account, job: Job, channel_id: int, message_id: int) -> bool:
        """Its owner has shown the job there once more. False when it was deleted meanwhile: the message must go."""
        async with self._storage.write() as uow:
            if await uow.history.one(viewer, job.id) is None:
                return False
            await uow.jobs.note_post(job.id, channel_id, message_id)
            await uow.commit()
        return True

    async def again(self, viewer: Account, job_id: int, channel_id: int, token: str) -> Admission:
        """The same once more, at today's price. Raises NotOffered, and as `Submit.admit` does."""
        async with self._storage.read() as uow:
            job = await _own(uow, viewer, job_id)
            parent = await _pressed_on(uow, job)
        price = self._again_price(job, parent)
        if price is None:
            raise NotOffered("This one cannot be run again: what it was made from is not there any more.")
        new = NewJob(
            viewer, job.kind, job.prompt, job.speed, price, channel_id, token, image=job.image, private=job.private
        )
        # With a button and a parent, so that a double click is one press here too.
        if job.kind is JobKind.PRESS:
            new = replace(new, pressed=job.pressed)
        else:
            parent, new = job, replace(new, pressed=AGAIN)
        if parent is not None:
            new = replace(new, parent_id=parent.id, parent_message_id=card_in(parent, channel_id))
        return await self._submit.admit(new)

    async def check_deletable(self, viewer: Account, job_id: int) -> Job:
        """The job, if its owner may delete it now; else a Refusal."""
        job = await self.find(viewer, job_id)
        if not job.state.ended:
            raise Refusal(UNDER_WAY)
        return job

    async def delete(self, viewer: Account, job_id: int) -> Remains:
        """Remove its messages and erase its content; tells what Discord left standing.

        Raises a Refusal, also when Discord fails for now; then everything that is stored stays as it is.
        """
        job = await self.check_deletable(viewer, job_id)
        left: list[int] = []
        removed, own_card = 0, False
        for channel_id, message_id in await self._messages(viewer, job):
            try:
                await self._cards.remove(job, channel_id, message_id)
                removed += 1
            except CardGone:
                continue
            except CardUndelivered as error:
                log.warning("job %d could not be deleted yet: %s", job.id, error, extra=about(job))
                raise Refusal(NOT_ALL_NOW if removed else NOT_NOW) from error
            except CardError as error:
                log.warning("job %d: a message of it stays: %s", job.id, error, extra=about(job))
                if job.private and message_id == job.message_id:
                    own_card = True
                else:
                    left.append(channel_id)
        async with self._storage.write() as uow:
            erased = await uow.history.erase(viewer, job_id)
            await uow.commit()
        if not erased:
            raise NotOffered(UNKNOWN)
        log.info("job %d was deleted by its owner", job.id, extra=about(job))
        return Remains(tuple(dict.fromkeys(left)), own_card)

    async def _messages(self, viewer: Account, job: Job) -> list[tuple[int, int]]:
        """Where the job is shown: channel and message, its card first."""
        async with self._storage.read() as uow:
            posts = await uow.history.posts(viewer, job.id)
        return posts if job.message_id is None else [(job.channel_id, job.message_id), *posts]

    async def _attached(self, viewer: Account, job: Job) -> list[Picture]:
        """What the first message with a picture carries; a signed link is never kept, so each is asked for anew."""
        for channel_id, message_id in await self._messages(viewer, job):
            try:
                found = await self._cards.attached(job, channel_id, message_id)
            except CardError as error:
                log.info("job %d: a message of it gives no picture: %s", job.id, error, extra=about(job))
                continue
            if found:
                return found
        return []

    async def _small(self, job: Job, source: Picture | None) -> Shown:
        """The thumbnail, which shows the result or, of a description, what was described."""
        if job.is_description and source is not None:
            return Shown(source=source)
        async with self._storage.read() as uow:
            data = (await uow.pictures.thumbnails([job.id])).get(job.id)
        if data is None or job.state is not JobState.SUCCEEDED:
            return Shown(source=source)
        small = Picture(data, SMALL_PICTURE, 0, 0)
        return Shown(source=small) if job.is_description else Shown((small,), source, only_small=True)

    def _again_price(self, job: Job, parent: Job | None) -> int | None:
        """What it costs to run it again; None where what it takes is not kept."""
        if not job.state.ended or job.source_picture is not None:
            return None
        if job.kind is JobKind.IMAGINE:
            return price_of(Price.PICTURE, job.speed)
        if job.kind is JobKind.DALLE:
            return price_of_images(job.image) if job.image and job.image.model in self._image_models else None
        if job.kind is not JobKind.PRESS or job.pressed is None or parent is None:
            return None
        family = job.pressed.family
        playable = parent.state is JobState.SUCCEEDED and parent.task_id is not None
        if family.single or family.needs_form or not playable or not self._provider.supports(job.pressed):
            return None
        return price_of(family.price, job.speed)


async def _own(uow: UnitOfWork, viewer: Account, job_id: int) -> Job:
    job = await uow.history.one(viewer, job_id)
    if job is None:
        raise NotOffered(UNKNOWN)
    name_from_now_on(job)
    return job


async def _pressed_on(uow: UnitOfWork, job: Job) -> Job | None:
    """The job whose button made this one, whoever owns it; None when it is deleted."""
    parent = await uow.jobs.get(job.parent_id) if job.parent_id is not None else None
    return None if parent is None or parent.deleted else parent
