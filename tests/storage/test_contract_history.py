"""What a storage shows a member of their own jobs, and what is left of one that they deleted, held to both kinds."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.domain.action import AGAIN
from bot.domain.history import EVERYTHING, Filters
from bot.domain.image_models import ImageOptions
from bot.domain.job import Account, Dimensions, Job, JobKind, JobState
from bot.domain.quota import Limits
from tests.fakes import NOON
from tests.storage.rows import ALICE, BOB, U1, V1, Store, add, get, reserve, run, used

ELSEWHERE = Account(2, ALICE.member_id)
DIRECT = Account(0, ALICE.member_id)
DAY = timedelta(days=1)


def ids(jobs: list[Job]) -> list[int]:
    return [job.id for job in jobs]


async def ended(store: Store, task_id: int = 9, **changes: Any) -> Job:
    """A succeeded job with all the content that one can have."""
    job = await run(store, await add(store, thumbnail=b"thumb", **changes), task_id)
    facts = {"finished_at": NOON, "actions": (U1, V1), "source_url": "https://a", "lasting_url": "https://b"}
    facts |= {"failure": "none", "suggestions": ("a wish",), "progress": 100, "thumbnail_due": True, "look_up_at": NOON}
    done = await store.jobs.move(job.id, JobState.RUNNING, JobState.SUCCEEDED, NOON, **facts)
    await store.jobs.mark_shown(job.id, job.message_id, done.revision - 1, ["a.png"])
    return await get(store, job)


class TestPages:
    async def test_the_newest_come_first(self, store: Store) -> None:
        jobs = [await add(store) for _ in range(5)]
        assert await store.history.page(ALICE, EVERYTHING, 3) == jobs[:1:-1]

    async def test_a_page_holds_its_place_while_new_jobs_arrive(self, store: Store) -> None:
        jobs = ids([await add(store) for _ in range(7)])
        for _ in range(3):
            assert ids(await store.history.page(ALICE, EVERYTHING, 3, before=jobs[4])) == [jobs[3], jobs[2], jobs[1]]
            assert ids(await store.history.page(ALICE, EVERYTHING, 3, after=jobs[0])) == [jobs[3], jobs[2], jobs[1]]
            await add(store)
        assert ids(await store.history.page(ALICE, EVERYTHING, 3, before=jobs[0])) == []

    async def test_a_server_shows_what_was_made_there_and_direct_messages_show_all(self, store: Store) -> None:
        here, there, direct = [await add(store, account=account) for account in (ALICE, ELSEWHERE, DIRECT)]
        await add(store, account=BOB)
        for viewer, seen in ((ALICE, [here]), (ELSEWHERE, [there]), (DIRECT, [direct, there, here])):
            assert await store.history.page(viewer, EVERYTHING, 9) == seen
            for job in (here, there, direct):
                assert await store.history.one(viewer, job.id) == (job if job in seen else None)

    @pytest.mark.parametrize("viewer", [BOB, Account(0, BOB.member_id), Account(1, 99)])
    async def test_nobody_sees_another_s(self, store: Store, viewer: Account) -> None:
        job = await ended(store)
        await add(store, parent_id=job.id)
        await store.jobs.note_post(job.id, 100, 7)
        assert await store.history.page(viewer, EVERYTHING, 9) == []
        assert await store.history.one(viewer, job.id) is None
        assert await store.history.children(viewer, job.id, 9) == []
        assert await store.history.posts(viewer, job.id) == []
        assert await store.history.erase(viewer, job.id) is False
        assert await get(store, job) == job

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            (Filters(kind=JobKind.IMAGINE), [4, 2, 1]),
            (Filters(kind=JobKind.PRESS), [3]),
            (Filters(kind=JobKind.BLEND), []),
            (Filters(since=date(2026, 5, 1)), [4, 3, 2]),
            (Filters(until=date(2026, 5, 1)), [3, 2, 1]),
            (Filters(since=date(2026, 5, 1), until=date(2026, 5, 1)), [3, 2]),
            (Filters(JobKind.IMAGINE, date(2026, 5, 1), date(2026, 5, 1)), [2]),
        ],
    )
    async def test_filters_hold_whole_days_of_utc(self, store: Store, filters: Filters, expected: list[int]) -> None:
        midnight = NOON.replace(hour=0)
        moment = timedelta(microseconds=1)
        await add(store, now=midnight - moment)
        await add(store, now=midnight)
        await add(store, now=midnight + DAY - moment, kind=JobKind.PRESS)
        await add(store, now=midnight + DAY)
        assert ids(await store.history.page(ALICE, filters, 9)) == expected
        assert ids(await store.history.page(ALICE, filters, 9, after=0)) == expected
        assert ids(await store.history.page(ALICE, filters, 9, before=99)) == expected

    async def test_children_are_one_s_own_and_newest_first(self, store: Store) -> None:
        parent = await add(store)
        mine = [await add(store, parent_id=parent.id) for _ in range(3)]
        await add(store, parent_id=parent.id, account=BOB)
        await add(store, parent_id=mine[0].id)
        assert ids(await store.history.children(ALICE, parent.id, 2)) == [mine[2].id, mine[1].id]

    async def test_posts_are_listed_newest_first(self, store: Store) -> None:
        job = await ended(store)
        for channel_id, message_id in ((100, 7), (200, 8)):
            await store.jobs.note_post(job.id, channel_id, message_id)
        assert await store.history.posts(ALICE, job.id) == [(200, 8), (100, 7)]


class TestUnseen:
    async def unseen(self, store: Store, **changes: Any) -> Job:
        job = await ended(store, **changes)
        await store.jobs.drop_card(job.id, job.message_id, unseen=True)
        return await get(store, job)

    async def test_what_could_be_shown_nowhere_is_told_once(self, store: Store) -> None:
        job = await self.unseen(store)
        assert (job.unseen, job.message_id) == (True, None)
        seen = await ended(store, task_id=10)
        await store.jobs.drop_card(seen.id, seen.message_id)
        assert ids(await store.history.claim_unseen(ALICE)) == [job.id]
        assert await store.history.claim_unseen(ALICE) == []
        assert (await get(store, job)).unseen is False

    @pytest.mark.parametrize(("viewer", "told"), [(ALICE, [1]), (ELSEWHERE, [2]), (DIRECT, [1, 2]), (BOB, [])])
    async def test_its_owner_is_told_where_they_can_see_it(
        self, store: Store, viewer: Account, told: list[int]
    ) -> None:
        await self.unseen(store)
        await self.unseen(store, account=ELSEWHERE, task_id=10)
        assert sorted(ids(await store.history.claim_unseen(viewer))) == told

    async def test_a_card_that_was_sent_anew_is_seen(self, store: Store) -> None:
        job = await self.unseen(store)
        assert await store.jobs.replace_card(job.id, None, 8, 100, "new", NOON)
        assert await store.history.claim_unseen(ALICE) == []

    async def test_what_its_owner_deleted_is_not_told(self, store: Store) -> None:
        job = await self.unseen(store)
        await store.history.erase(ALICE, job.id)
        assert (await get(store, job)).unseen is False
        assert await store.history.claim_unseen(ALICE) == []


class TestErasing:
    async def test_no_content_is_left_and_what_the_ledger_needs_stays(self, store: Store) -> None:
        options = ImageOptions("dall-e-3", "1024x1024", "hd", "vivid", 1)
        facts = {"pressed": U1, "dimensions": Dimensions.SQUARE, "image": options, "source_picture": "source.webp"}
        facts["private"] = True
        parent = await add(store)
        job = await ended(store, parent_id=parent.id, parent_message_id=3, sources=(b"source",), **facts)
        await store.pictures.keep_results(job.id, [b"result"])
        await store.jobs.note_post(job.id, 100, 7)
        assert await store.history.erase(ALICE, job.id) is True
        kept = ("account", "kind", "speed", "price", "channel_id", "state", "created_at", "changed_at", "finished_at")
        kept += ("parent_id", "task_id", "task_floor", "attempted_at", "progress", "revision", "private", "turn")
        left = {name: getattr(job, name) for name in kept}
        assert await get(store, job) == Job(id=job.id, prompt="", deleted=True, shown=job.revision, **left)
        assert await store.pictures.thumbnails([job.id]) == {}
        assert await store.pictures.sources(job.id) == []
        assert await store.pictures.results(job.id) == []
        assert await store.jobs.is_posted_in(job.id, 100) is False

    async def test_it_is_found_nowhere_any_more(self, store: Store) -> None:
        parent = await ended(store, task_id=8)
        job = await ended(store, kind=JobKind.PRESS, parent_id=parent.id, pressed=U1)
        assert ids(await store.jobs.owed(NOON)) == [parent.id, job.id]
        await store.history.erase(ALICE, job.id)
        assert await store.history.page(ALICE, EVERYTHING, 9) == [parent]
        assert await store.history.children(ALICE, parent.id, 9) == []
        assert await store.history.one(ALICE, job.id) is None
        assert await store.history.posts(ALICE, job.id) == []
        assert await store.history.erase(ALICE, job.id) is False
        assert await store.jobs.picked(parent.id, U1.custom_id, ALICE, 100) is None
        assert ids(await store.jobs.owed(NOON)) == [parent.id]
        assert ids(await store.jobs.to_look_up(NOON)) == [parent.id]

    async def test_its_task_is_never_taken_for_somebody_else_s(self, store: Store) -> None:
        job = await ended(store)
        await store.history.erase(ALICE, job.id)
        assert await store.jobs.owners_of([9]) == {9}

    async def test_what_was_under_way_brings_nothing_back(self, store: Store) -> None:
        job = await ended(store)
        await store.history.erase(ALICE, job.id)
        erased = await get(store, job)
        assert await store.jobs.note(job.id, JobState.SUCCEEDED, visible=True, lasting_url="https://late") is None
        assert await store.jobs.replace_card(job.id, None, 8, 100, "new", NOON) is False
        assert await store.jobs.set_card(job.id, 8) is None
        await store.pictures.keep_thumbnail(job.id, b"late")
        assert await get(store, job) == erased
        assert await store.pictures.thumbnails([job.id]) == {}

    @pytest.mark.parametrize("state", [JobState.QUEUED, JobState.SUBMITTING, JobState.RUNNING])
    async def test_what_has_not_ended_is_not_erased(self, store: Store, state: JobState) -> None:
        job = await add(store)
        path = [JobState.QUEUED, JobState.SUBMITTING, JobState.RUNNING]
        for old, new in pairwise(path[: path.index(state) + 1]):
            await store.jobs.move(job.id, old, new, NOON)
        assert await store.history.erase(ALICE, job.id) is False
        assert (await get(store, job)).prompt == job.prompt

    async def test_a_child_lives_on(self, store: Store) -> None:
        parent = await ended(store)
        child = await ended(store, task_id=10, parent_id=parent.id, pressed=AGAIN)
        await store.history.erase(ALICE, parent.id)
        assert await get(store, child) == child

    async def test_credits_stay_spent(self, store: Store) -> None:
        job = await ended(store)
        await reserve(store, job, 2, Limits())
        await store.history.erase(ALICE, job.id)
        assert await used(store) == [2, 2, 2]
        assert await store.ledger.refund(job.id, NOON) is True


async def test_a_card_that_is_gone_leaves_the_mark_of_its_sources(store: Store) -> None:
    job = await add(store, card=7, source_picture="source.webp")
    await store.jobs.drop_card(job.id, 7)
    dropped = await get(store, job)
    assert (dropped.message_id, dropped.source_picture) == (None, "source.webp")
