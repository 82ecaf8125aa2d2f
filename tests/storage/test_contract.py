"""What a storage promises, held to both: the dictionaries that the services are tested on, and the real database."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.domain.errors import OutOfCredits
from bot.domain.image_models import ImageOptions
from bot.domain.job import TRANSITIONS, Account, Dimensions, Job, JobKind, JobState
from bot.domain.quota import Limits
from tests.fakes import NOON
from tests.storage.rows import ALICE, BOB, IMAGINE, U1, V1, Store, add, get, reserve, run, used

LATER = NOON + timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def ids(jobs: list[Job]) -> list[int]:
    return [job.id for job in jobs]


class TestTransactions:
    async def test_what_is_not_committed_never_was(self, store: Store) -> None:
        job = await add(store)
        async with store.write() as uow:
            await uow.jobs.add(IMAGINE, NOON)
            await uow.jobs.set_card(job.id, 7)
            await uow.ledger.reserve(job.id, 2, Limits().allowance(ALICE, NOON.date()), NOON)
            await uow.facts.set("name", "value")
        async with store.read() as uow:
            assert await uow.jobs.get(job.id) == job
            assert await uow.jobs.get(job.id + 1) is None
            assert await uow.facts.get("name") is None
        assert await used(store) == [0, 0, 0]

    async def test_an_exception_undoes_everything(self, store: Store) -> None:
        job = await add(store)
        with suppress(RuntimeError):
            async with store.write() as uow:
                await uow.jobs.set_card(job.id, 7)
                raise RuntimeError
        assert (await get(store, job)).message_id is None

    async def test_a_transaction_sees_its_own_changes_and_a_reader_does_not(self, store: Store) -> None:
        job = await add(store)
        async with store.write() as writing:
            await writing.jobs.set_card(job.id, 7)
            seen = await writing.jobs.get(job.id)
            assert seen is not None
            assert seen.message_id == 7
            assert (await get(store, job)).message_id is None
            await writing.commit()
        assert (await get(store, job)).message_id == 7


class TestAdding:
    async def test_everything_that_was_asked_for_is_kept(self, store: Store) -> None:
        parent = await add(store)
        new = replace(
            IMAGINE,
            kind=JobKind.PRESS,
            parent_id=parent.id,
            parent_message_id=77,
            pressed=U1,
            dimensions=Dimensions.PORTRAIT,
            image=ImageOptions("dall-e-3", "1024x1024", "hd", None, 1),
            source_picture="sources.webp",
            sources=(b"one", b"two"),
            thumbnail=b"thumbnail",
        )
        job = await store.jobs.add(new, NOON)
        assert job == await get(store, job)
        facts = set(type(new).__slots__) - {"sources", "thumbnail"}
        assert {name: getattr(job, name) for name in facts} == {name: getattr(new, name) for name in facts}
        assert await store.pictures.sources(job.id) == list(new.sources)
        assert await store.pictures.thumbnails([parent.id, job.id]) == {job.id: b"thumbnail"}

    async def test_a_new_job_is_queued_and_shown_nowhere(self, store: Store) -> None:
        job = await add(store)
        assert (job.state, job.created_at, job.changed_at) == (JobState.QUEUED, NOON, NOON)
        assert (job.message_id, job.task_id, job.finished_at, job.progress) == (None, None, None, None)
        assert (job.revision, job.shown, job.announced) == (0, -1, False)
        assert (job.delivery_tries, job.picture_tries) == (0, 0)
        assert job.token_expires_at == NOON + timedelta(minutes=14)

    async def test_ids_grow(self, store: Store) -> None:
        assert (await add(store)).id < (await add(store)).id

    async def test_no_job_has_an_unknown_id(self, store: Store) -> None:
        assert await store.jobs.get(999) is None


class TestMoving:
    @pytest.mark.parametrize("old", JobState)
    async def test_only_the_listed_transitions_are_made(self, store: Store, old: JobState) -> None:
        for new in JobState:
            await self.try_to_move(store, await add(store), old, new)

    async def try_to_move(self, store: Store, job: Job, old: JobState, new: JobState) -> None:
        if new in TRANSITIONS[old]:
            moved = await store.jobs.move(job.id, old, new, LATER)
            assert (moved is not None) is (old is JobState.QUEUED)
            assert (await get(store, job)).state is (new if moved else JobState.QUEUED)
        else:
            with pytest.raises(ValueError, match="cannot go"):
                await store.jobs.move(job.id, old, new, LATER)
            assert await get(store, job) == job

    async def test_a_move_carries_its_changes_and_asks_for_a_new_card(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        facts = {"progress": 100, "actions": (U1, V1), "source_url": "https://a", "lasting_url": "https://b"}
        facts |= {"finished_at": LATER, "look_up_at": LATER, "failure": "none"}
        moved = await store.jobs.move(job.id, JobState.RUNNING, JobState.SUCCEEDED, LATER, **facts)
        assert {name: getattr(moved, name) for name in facts} == facts
        assert (moved.changed_at, moved.revision) == (LATER, job.revision + 1)
        assert moved == await get(store, job)

    async def test_an_invisible_move_leaves_the_card_alone(self, store: Store) -> None:
        job = await add(store)
        moved = await store.jobs.move(job.id, JobState.QUEUED, JobState.CANCELLED, LATER, visible=False)
        assert (moved.state, moved.revision) == (JobState.CANCELLED, job.revision)

    async def test_a_move_takes_a_postponed_card_up_at_once(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        await store.jobs.postpone_card(job.id, job.revision, LATER, delivery_tries=4, picture_tries=2)
        assert await store.jobs.owed(NOON) == []
        moved = await store.jobs.move(job.id, JobState.RUNNING, JobState.FAILED, NOON)
        assert (moved.delivery_tries, moved.picture_tries) == (0, 0)
        assert ids(await store.jobs.owed(NOON)) == [job.id]

    async def test_a_missing_job_does_not_move(self, store: Store) -> None:
        assert await store.jobs.move(9, JobState.QUEUED, JobState.CANCELLED, NOON) is None

    async def test_two_jobs_never_hold_one_task(self, store: Store) -> None:
        await run(store, await add(store), task_id=9)
        with pytest.raises((IntegrityError, ValueError)):
            await run(store, await add(store), task_id=9)
        assert len(await store.jobs.in_state(JobState.RUNNING)) == 1


class TestNoting:
    @pytest.mark.parametrize("visible", [True, False])
    async def test_a_fact_is_noted_in_the_expected_state_only(self, store: Store, visible: bool) -> None:
        job = await add(store)
        noted = await store.jobs.note(job.id, JobState.QUEUED, visible=visible, progress=5, changed_at=LATER)
        assert (noted.progress, noted.changed_at, noted.revision) == (5, LATER, job.revision + visible)
        assert await store.jobs.note(job.id, JobState.RUNNING, visible=True, progress=6) is None
        assert await get(store, job) == noted


class TestLedger:
    async def test_a_reservation_draws_on_every_counter(self, store: Store) -> None:
        await reserve(store, await add(store), 2, Limits())
        await reserve(store, await add(store, account=BOB), 3, Limits())
        assert await used(store) == [2, 5, 5]
        assert await used(store, BOB) == [3, 5, 5]
        assert await used(store, Account(2, 11)) == [0, 0, 5]
        assert await used(store, now=NOON + timedelta(days=1)) == [0, 0, 0]

    @pytest.mark.parametrize(
        ("limits", "subject"),
        [
            (Limits(account=5), "you have"),
            (Limits(server=5), "this server has"),
            (Limits(total=5), "all of my servers together have"),
            (Limits(account=5, server=5, total=5), "you have"),
            (Limits(server=5, total=5), "this server has"),
        ],
    )
    async def test_the_first_limit_that_would_be_passed_refuses(
        self, store: Store, limits: Limits, subject: str
    ) -> None:
        await reserve(store, await add(store), 4, limits)
        await reserve(store, await add(store), 1, limits)
        job = await add(store)
        with pytest.raises(OutOfCredits) as refusal:
            await reserve(store, job, 1, limits)
        assert subject in refusal.value.sentence
        assert (refusal.value.left, refusal.value.returns_at.isoformat()) == (0, "2026-05-02T00:00:00+00:00")
        assert await used(store) == [5, 5, 5]

    async def test_what_is_left_is_said(self, store: Store) -> None:
        await reserve(store, await add(store), 4, Limits(account=5))
        with pytest.raises(OutOfCredits, match="costs 2 credits, but you have only 1 credit left"):
            await reserve(store, await add(store), 2, Limits(account=5))

    async def test_a_refund_goes_back_once_to_where_it_came_from(self, store: Store) -> None:
        job = await add(store)
        await reserve(store, job, 2, Limits())
        await reserve(store, await add(store), 3, Limits())
        tomorrow = NOON + timedelta(days=1)
        assert await store.ledger.refund(job.id, tomorrow) is True
        assert await store.ledger.refund(job.id, tomorrow) is False
        assert await used(store) == [3, 3, 3]
        assert await used(store, now=tomorrow) == [0, 0, 0]

    async def test_nothing_is_given_back_that_was_not_reserved(self, store: Store) -> None:
        job = await add(store)
        assert await store.ledger.refund(job.id, NOON) is False
        assert await used(store) == [0, 0, 0]


class TestFacts:
    async def test_a_fact_is_kept_and_replaced(self, store: Store) -> None:
        assert await store.facts.get("a") is None
        for value in ("one", "two", ""):
            await store.facts.set("a", value)
            assert await store.facts.get("a") == value
        assert await store.facts.get("b") is None
