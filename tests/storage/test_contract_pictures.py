"""What both kinds of storage do with the bytes that belong to jobs."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.job import JobState
from tests.fakes import NOON
from tests.storage.rows import IMAGINE, Store, add, get, run


class TestSources:
    async def test_they_are_stored_with_the_job_and_erased_alone(self, store: Store) -> None:
        job = await store.jobs.add(replace(IMAGINE, sources=(b"one", b"two")), NOON)
        other = await store.jobs.add(replace(IMAGINE, sources=(b"three",)), NOON)
        assert await store.pictures.sources(job.id) == [b"one", b"two"]
        await store.pictures.forget_sources(job.id)
        assert await store.pictures.sources(job.id) == []
        assert await store.pictures.sources(other.id) == [b"three"]

    async def test_a_job_that_was_not_admitted_leaves_none(self, store: Store) -> None:
        async with store.write() as uow:
            job = await uow.jobs.add(replace(IMAGINE, sources=(b"one",)), NOON)
        assert await store.jobs.get(job.id) is None
        assert await store.pictures.sources(job.id) == []

    async def test_most_jobs_have_none(self, store: Store) -> None:
        assert await store.pictures.sources((await add(store)).id) == []


class TestResults:
    async def test_pictures_come_back_in_order(self, store: Store) -> None:
        job = await add(store)
        await store.pictures.keep_results(job.id, [b"one", b"two"])
        assert await store.pictures.results(job.id) == [b"one", b"two"]
        await store.pictures.forget_results(job.id)
        assert await store.pictures.results(job.id) == []

    @pytest.mark.parametrize(("before", "kept"), [(NOON, 1), (NOON + timedelta(seconds=1), 0)])
    async def test_old_ones_are_forgotten(self, store: Store, before: datetime, kept: int) -> None:
        ended, running = await run(store, await add(store), task_id=9), await add(store)
        await store.jobs.move(ended.id, JobState.RUNNING, JobState.SUCCEEDED, NOON, finished_at=NOON)
        for job in (ended, running):
            await store.pictures.keep_results(job.id, [b"one"])
        await store.pictures.forget_old_results(before)
        assert len(await store.pictures.results(ended.id)) == kept
        assert len(await store.pictures.results(running.id)) == 1


class TestThumbnails:
    async def test_one_that_was_due_is_kept_and_due_no_more(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        await store.jobs.note(job.id, JobState.RUNNING, visible=False, thumbnail_due=True)
        await store.pictures.keep_thumbnail(job.id, b"small")
        assert await store.pictures.thumbnails([job.id, 999]) == {job.id: b"small"}
        assert (await get(store, job)).thumbnail_due is False

    async def test_a_newer_one_replaces_it(self, store: Store) -> None:
        job = await add(store)
        for data in (b"old", b"new"):
            await store.pictures.keep_thumbnail(job.id, data)
        assert await store.pictures.thumbnails([job.id]) == {job.id: b"new"}

    async def test_one_that_cannot_be_had_is_given_up(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        await store.jobs.note(job.id, JobState.RUNNING, visible=False, thumbnail_due=True)
        await store.pictures.keep_thumbnail(job.id, None)
        assert await store.pictures.thumbnails([job.id]) == {}
        assert (await get(store, job)).thumbnail_due is False

    @pytest.mark.parametrize(("due", "card", "owed"), [(True, None, True), (False, None, False), (True, 7, False)])
    async def test_a_job_without_a_card_is_owed_its_thumbnail(
        self, store: Store, due: bool, card: int | None, owed: bool
    ) -> None:
        job = await run(store, await add(store), task_id=9)
        await store.jobs.mark_shown(job.id, job.message_id, job.revision, [])
        await store.jobs.note(job.id, JobState.RUNNING, visible=False, thumbnail_due=due)
        if card is None:
            await store.jobs.drop_card(job.id, job.message_id)
        assert [each.id for each in await store.jobs.owed(NOON)] == ([job.id] if owed else [])


class TestPosts:
    async def test_a_job_is_posted_where_it_was_posted(self, store: Store) -> None:
        job, other = await add(store), await add(store)
        for message_id in (7, 8):
            await store.jobs.note_post(job.id, 100, message_id)
        assert await store.jobs.is_posted_in(job.id, 100)
        assert not await store.jobs.is_posted_in(job.id, 101)
        assert not await store.jobs.is_posted_in(other.id, 100)
