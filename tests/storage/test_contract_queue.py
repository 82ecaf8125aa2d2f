"""What a storage promises about waiting jobs: their order, who leaves the line, and who has room."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.image_models import ImageOptions
from bot.domain.job import Account, Job, JobKind, JobState
from bot.domain.line import NOBODY
from tests.fakes import NOON
from tests.storage.rows import ALICE, BOB, ROOM, Store, add, get, run

LATER = NOON + timedelta(minutes=5)
SECOND = timedelta(seconds=1)
CAROL = Account(server_id=2, member_id=ALICE.member_id)
IMAGES = replace(ROOM, images=True)
DALLE: dict[str, Any] = {"kind": JobKind.DALLE, "image": ImageOptions("dall-e-2", "256x256", None, None, 1)}


def room(per_account: int = 1000, in_all: int = 1000) -> Any:
    return replace(ROOM, per_account=per_account, in_all=in_all)


async def queued(store: Store, account: Account = ALICE, **changes: Any) -> Job:
    return await add(store, card=7, account=account, **changes)


async def had_turn(store: Store, account: Account, **changes: Any) -> Job:
    """A job that started and ended."""
    job = await queued(store, account, **changes)
    started = await store.queue.claim(job.id, IMAGES if changes else ROOM, NOON)
    await store.jobs.move(job.id, JobState.SUBMITTING, JobState.FAILED, NOON)
    return started


async def order(store: Store, images: bool = False) -> list[int]:
    return [job.id for job in (await store.queue.line(IMAGES if images else ROOM)).waiting]


class TestOrder:
    async def test_an_accounts_first_stands_before_anyones_second(self, store: Store) -> None:
        alices = [await queued(store) for _ in range(3)]
        bobs = [await queued(store, BOB) for _ in range(2)]
        carols = [await queued(store, CAROL)]
        expected = [alices[0], bobs[0], carols[0], alices[1], bobs[1], alices[2]]
        assert await order(store) == [job.id for job in expected]

    async def test_among_equals_the_account_comes_first_whose_turn_is_longest_ago(self, store: Store) -> None:
        for account in (CAROL, ALICE, BOB, CAROL):
            await had_turn(store, account)
        waiting = {account: await queued(store, account) for account in (CAROL, BOB, ALICE)}
        assert await order(store) == [waiting[account].id for account in (ALICE, BOB, CAROL)]

    async def test_who_never_had_a_turn_comes_before_all_who_had(self, store: Store) -> None:
        await had_turn(store, ALICE)
        alice, bob = await queued(store), await queued(store, BOB)
        assert await order(store) == [bob.id, alice.id]

    async def test_turns_are_numbered_as_they_are_taken(self, store: Store) -> None:
        assert [(await had_turn(store, account)).turn for account in (ALICE, BOB, ALICE)] == [1, 2, 3]

    async def test_a_job_that_comes_back_has_the_place_that_it_had(self, store: Store) -> None:
        first, second, bob = await queued(store), await queued(store), await queued(store, BOB)
        before = await order(store)
        await store.queue.claim(first.id, ROOM, NOON)
        assert await order(store) == [bob.id, second.id]
        back = await store.jobs.move(first.id, JobState.SUBMITTING, JobState.QUEUED, NOON)
        assert back.turn is None
        assert await order(store) == before

    async def test_the_services_have_lines_and_turns_of_their_own(self, store: Store) -> None:
        await had_turn(store, BOB)
        await had_turn(store, ALICE, **DALLE)
        lines = {
            images: [await queued(store, account, **(DALLE if images else {})) for account in (BOB, ALICE)]
            for images in (False, True)
        }
        bob, alice = lines[False]
        assert await order(store) == [alice.id, bob.id]  # her turn at the image models was none here
        assert await order(store, images=True) == [job.id for job in lines[True]]

    async def test_jobs_without_a_card_and_those_told_to_come_back_later_keep_their_place(self, store: Store) -> None:
        cardless, later = await add(store), await queued(store)
        await store.jobs.note(later.id, JobState.QUEUED, visible=False, start_after=LATER)
        assert await order(store) == [cardless.id, later.id]

    async def test_only_queued_jobs_wait(self, store: Store) -> None:
        await run(store, await add(store), task_id=1)
        cancelled = await queued(store)
        await store.jobs.move(cancelled.id, JobState.QUEUED, JobState.CANCELLED, NOON)
        assert await order(store) == []

    async def test_a_line_knows_what_is_at_any_service(self, store: Store) -> None:
        await run(store, await add(store, **DALLE), task_id=1)
        submitting = await queued(store, BOB)
        await store.queue.claim(submitting.id, ROOM, NOON)
        await had_turn(store, ALICE)
        for more in ({}, DALLE):
            await queued(store, ALICE, **more)
        expected = ((ALICE, JobKind.DALLE), (BOB, JobKind.IMAGINE))
        assert (await store.queue.line(ROOM)).at_services == expected
        assert (await store.queue.line(IMAGES)).at_services == expected

    async def test_a_line_in_which_nobody_waits_is_nobody_s(self, store: Store) -> None:
        await run(store, await add(store), task_id=1)
        assert await store.queue.line(ROOM) == NOBODY


class TestClaiming:
    async def test_a_claim_notes_the_attempt_and_the_highest_known_task(self, store: Store) -> None:
        await run(store, await add(store, account=BOB), task_id=41)
        await run(store, await add(store, account=BOB), task_id=40)
        job = await queued(store)
        claimed = await store.queue.claim(job.id, room(1), LATER)
        assert (claimed.state, claimed.attempted_at, claimed.changed_at) == (JobState.SUBMITTING, LATER, LATER)
        assert (claimed.task_floor, claimed.turn) == (41, 3)
        assert claimed == await get(store, job)

    async def test_the_first_claim_knows_no_task(self, store: Store) -> None:
        job = await queued(store)
        assert (await store.queue.claim(job.id, ROOM, NOON)).task_floor == 0

    async def test_a_job_without_a_card_is_not_claimed(self, store: Store) -> None:
        job = await add(store)
        assert await store.queue.claim(job.id, ROOM, NOON) is None

    async def test_a_job_is_not_claimed_before_its_time(self, store: Store) -> None:
        job = await queued(store)
        await store.jobs.note(job.id, JobState.QUEUED, visible=False, start_after=LATER)
        assert await store.queue.claim(job.id, ROOM, LATER - SECOND) is None
        assert await store.queue.claim(job.id, ROOM, LATER) is not None

    async def test_a_job_is_claimed_once(self, store: Store) -> None:
        job = await queued(store)
        claims = [await store.queue.claim(job.id, ROOM, NOON) for _ in range(2)]
        assert [claim is not None for claim in claims] == [True, False]

    async def test_submitting_and_running_jobs_of_the_account_fill_its_places(self, store: Store) -> None:
        await run(store, await add(store), task_id=1)
        first, second, third = [await queued(store) for _ in range(3)]
        assert await store.queue.claim(first.id, room(2), NOON)
        assert await store.queue.claim(second.id, room(2), NOON) is None
        assert await store.jobs.move(first.id, JobState.SUBMITTING, JobState.FAILED, NOON)
        assert await store.queue.claim(third.id, room(2), NOON)

    async def test_so_do_its_jobs_at_the_other_service(self, store: Store) -> None:
        await run(store, await add(store, **DALLE), task_id=1)
        assert await store.queue.claim((await queued(store)).id, room(1), NOON) is None

    @pytest.mark.parametrize("other", [BOB, Account(2, 11), Account(0, 11)])
    async def test_other_accounts_have_places_of_their_own(self, store: Store, other: Account) -> None:
        await run(store, await add(store, account=other), task_id=1)
        assert await store.queue.claim((await queued(store)).id, room(1), NOON)

    async def test_jobs_of_all_accounts_fill_the_service_and_those_of_the_other_service_do_not(
        self, store: Store
    ) -> None:
        await run(store, await add(store, **DALLE, account=BOB), task_id=1)
        await run(store, await add(store, account=BOB), task_id=2)
        first, second = await queued(store), await queued(store, CAROL)
        assert await store.queue.claim(first.id, room(in_all=2), NOON)
        assert await store.queue.claim(second.id, room(in_all=2), NOON) is None
        image = await queued(store, **DALLE)
        assert await store.queue.claim(image.id, replace(IMAGES, in_all=2), NOON)

    @pytest.mark.parametrize(("facts", "place", "seen"), [({}, None, 0), ({}, 3, 0), (DALLE, None, 1), (DALLE, 3, 1)])
    async def test_only_the_card_of_what_is_painted_at_once_is_drawn_anew(
        self, store: Store, facts: dict[str, Any], place: int | None, seen: int
    ) -> None:
        job = await queued(store, **facts)
        await store.jobs.note(job.id, JobState.QUEUED, visible=False, place=place)
        claimed = await store.queue.claim(job.id, IMAGES if facts else ROOM, NOON)
        assert (claimed.place, claimed.revision) == (place, job.revision + seen)


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.EXPIRED])
async def test_who_leaves_the_line_has_no_place_in_it(store: Store, state: JobState) -> None:
    job = await queued(store)
    await store.jobs.note(job.id, JobState.QUEUED, visible=False, place=3)
    assert (await store.jobs.move(job.id, JobState.QUEUED, state, NOON)).place is None


async def test_waiting_jobs_are_counted_for_both_services_and_per_account(store: Store) -> None:
    await add(store)
    await queued(store, **DALLE)
    await queued(store, BOB)
    await run(store, await add(store), task_id=1)
    assert [await store.queue.waiting_of(account) for account in (ALICE, BOB, CAROL)] == [2, 1, 0]


async def test_what_is_under_way_is_shown_per_server_and_whole_in_direct_messages(store: Store) -> None:
    direct = Account(0, ALICE.member_id)
    here, running = await queued(store), await run(store, await add(store), task_id=1)
    elsewhere, private = await queued(store, CAROL), await queued(store, direct)
    await queued(store, BOB)
    await had_turn(store, ALICE)
    seen = {viewer: [job.id for job in await store.queue.under_way(viewer)] for viewer in (ALICE, CAROL, direct)}
    mine = [here.id, running.id]
    assert seen == {ALICE: mine, CAROL: [elsewhere.id], direct: [*mine, elsewhere.id, private.id]}
