"""The queries that a storage answers, held to both kinds like the rest of its contract."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.domain.job import (
    LASTING_LINK_EVERY,
    LATE_LOOK_UP_EVERY,
    LONGEST_CARD_WAIT,
    UNFINISHED,
    Account,
    Job,
    JobKind,
    JobState,
)
from tests.fakes import NOON
from tests.storage.rows import ALICE, BOB, U1, V1, Store, add, get, run

LATER = NOON + timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def ids(jobs: list[Job]) -> list[int]:
    return [job.id for job in jobs]


class TestCards:
    async def test_a_new_card_shows_the_job_as_it_was_admitted(self, store: Store) -> None:
        job = await add(store)
        carded = await store.jobs.set_card(job.id, 7)
        assert (carded.message_id, carded.shown, carded.revision) == (7, 0, 0)
        assert await store.jobs.owed(NOON) == []

    async def test_a_card_is_owed_until_it_shows_the_newest_revision(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        for shown, owed in ((job.revision - 1, [job.id]), (job.revision, [])):
            await store.jobs.mark_shown(job.id, job.message_id, shown, ())
            assert ids(await store.jobs.owed(NOON)) == owed

    async def test_a_job_without_a_card_is_owed_nothing(self, store: Store) -> None:
        job = await add(store)
        await store.jobs.move(job.id, JobState.QUEUED, JobState.CANCELLED, NOON)
        assert await store.jobs.owed(NOON) == []

    async def test_a_card_never_goes_back(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        await store.jobs.mark_shown(job.id, job.message_id, job.revision, ["new.png"])
        await store.jobs.mark_shown(job.id, job.message_id, job.revision - 1, ["old.png"])
        assert (await get(store, job)).shown == job.revision
        assert (await get(store, job)).pictures == ("new.png",)

    async def test_a_picture_stays_where_a_later_edit_leaves_it_alone(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        await store.jobs.mark_shown(job.id, job.message_id, job.revision, ["a.png"])
        await store.jobs.note(job.id, JobState.RUNNING, visible=True, progress=5)
        await store.jobs.mark_shown(job.id, job.message_id, job.revision + 1, ())
        assert (await get(store, job)).pictures == ("a.png",)

    async def test_an_edit_of_a_card_that_was_replaced_meanwhile_counts_for_nothing(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        assert await store.jobs.replace_card(job.id, job.message_id, 8, job.channel_id, "new", NOON)
        await store.jobs.mark_shown(job.id, job.message_id, job.revision, ["a.png"])
        assert (await get(store, job)).pictures == ()
        assert ids(await store.jobs.owed(NOON)) == [job.id]

    async def test_a_postponed_card_waits_for_its_time(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        await store.jobs.postpone_card(job.id, job.revision, LATER, delivery_tries=3, picture_tries=2)
        stored = await get(store, job)
        assert (stored.delivery_tries, stored.picture_tries) == (3, 2)
        for now, owed in ((LATER - SECOND, []), (LATER, [job.id])):
            assert ids(await store.jobs.owed(now)) == owed

    async def test_a_time_further_ahead_than_any_wait_is_no_reason_to_wait(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        await store.jobs.postpone_card(
            job.id, job.revision, NOON + LONGEST_CARD_WAIT, delivery_tries=3, picture_tries=2
        )
        for now, owed in ((NOON, []), (NOON - SECOND, [job.id])):
            assert ids(await store.jobs.owed(now)) == owed

    async def test_what_is_newer_is_not_postponed(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        await store.jobs.note(job.id, JobState.RUNNING, visible=True, progress=5)
        await store.jobs.postpone_card(job.id, job.revision, LATER, delivery_tries=3, picture_tries=2)
        assert (await get(store, job)).delivery_tries == 0
        assert ids(await store.jobs.owed(NOON)) == [job.id]

    async def test_a_shown_card_has_no_failed_tries(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        await store.jobs.postpone_card(job.id, job.revision, LATER, delivery_tries=3, picture_tries=2)
        await store.jobs.mark_shown(job.id, job.message_id, job.revision, ())
        await store.jobs.note(job.id, JobState.RUNNING, visible=True, progress=5)
        assert (await get(store, job)).delivery_tries == 0
        assert ids(await store.jobs.owed(NOON)) == [job.id]

    async def test_a_replaced_card_is_owed_everything_and_has_a_token_of_its_own(self, store: Store) -> None:
        job = await run(store, await add(store), task_id=9)
        await store.jobs.postpone_card(job.id, job.revision, LATER, delivery_tries=0, picture_tries=2)
        await store.jobs.mark_shown(job.id, job.message_id, job.revision, ["a.png"])
        assert (await get(store, job)).picture_tries == 2, "what is shown without its picture says whether tries go on"
        assert await store.jobs.replace_card(job.id, job.message_id, 8, job.channel_id, "new", NOON)
        replaced = await get(store, job)
        assert (replaced.message_id, replaced.pictures, replaced.picture_tries, replaced.token) == (8, (), 0, "new")
        assert ids(await store.jobs.owed(NOON)) == [job.id]

    async def test_one_caller_announces(self, store: Store) -> None:
        job = await add(store)
        assert await store.jobs.claim_announcement(job.id) is True
        assert await store.jobs.claim_announcement(job.id) is False
        assert await store.jobs.claim_announcement(999) is False
        assert (await get(store, job)).announced is True


class TestFinding:
    async def test_jobs_in_a_state_are_oldest_first(self, store: Store) -> None:
        queued = [await add(store) for _ in range(3)]
        running = await run(store, await add(store), task_id=1)
        assert await store.jobs.in_state(JobState.QUEUED) == queued
        assert await store.jobs.in_state(JobState.RUNNING) == [running]
        assert await store.jobs.in_state(JobState.FAILED) == []

    async def in_every_state(self, store: Store, account: Account) -> dict[JobState, Job]:
        jobs = {JobState.QUEUED: await add(store, account=account)}
        cancelled = await add(store, account=account)
        await store.jobs.move(cancelled.id, JobState.QUEUED, JobState.CANCELLED, NOON)
        submitting = await add(store, account=account)
        await store.jobs.move(submitting.id, JobState.QUEUED, JobState.SUBMITTING, NOON)
        jobs |= {JobState.CANCELLED: cancelled, JobState.SUBMITTING: submitting}
        for state in (JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED, JobState.EXPIRED):
            job = await add(store, account=account)
            path = [JobState.QUEUED, JobState.SUBMITTING, JobState.RUNNING, state]
            for old, new in pairwise(path):
                if old is not new:
                    await store.jobs.move(job.id, old, new, NOON)
            jobs[state] = job
        return {state: await get(store, job) for state, job in jobs.items()}

    async def test_unfinished_jobs_are_those_of_the_account(self, store: Store) -> None:
        mine = await self.in_every_state(store, ALICE)
        await self.in_every_state(store, BOB)
        await self.in_every_state(store, Account(2, ALICE.member_id))
        assert set(mine) == set(JobState)
        expected = sorted((job for state, job in mine.items() if state in UNFINISHED), key=lambda job: job.id)
        assert await store.jobs.unfinished_of(ALICE) == expected
        everyone = await store.jobs.unfinished()
        assert {job.state for job in everyone} == UNFINISHED
        assert [job for job in everyone if job.account == ALICE] == expected

    async def test_cardless_jobs_are_unfinished_ones_without_a_message(self, store: Store) -> None:
        jobs = await self.in_every_state(store, ALICE)
        await add(store, card=7)
        expected = sorted(job.id for state, job in jobs.items() if state in UNFINISHED)
        assert ids(await store.jobs.cardless()) == expected

    async def test_look_ups_are_those_whose_time_has_come_longest_first(self, store: Store) -> None:
        times = [LATER, NOON, LATER + SECOND, None]
        jobs = [await add(store) for _ in times]
        for job, time in zip(jobs, times, strict=True):
            await store.jobs.note(job.id, JobState.QUEUED, visible=False, look_up_at=time)
        assert ids(await store.jobs.to_look_up(LATER)) == [jobs[1].id, jobs[0].id]

    @pytest.mark.parametrize(
        ("state", "every"), [(JobState.SUCCEEDED, LASTING_LINK_EVERY), (JobState.EXPIRED, LATE_LOOK_UP_EVERY)]
    )
    async def test_a_look_up_further_ahead_than_the_next_can_be_is_due(
        self, store: Store, state: JobState, every: timedelta
    ) -> None:
        job = await run(store, await add(store), task_id=9)
        await store.jobs.move(job.id, JobState.RUNNING, state, NOON, look_up_at=NOON + every)
        for now, due in ((NOON, []), (NOON - SECOND, [job.id])):
            assert ids(await store.jobs.to_look_up(now)) == due

    async def test_times_that_lie_ahead_of_an_unfinished_job_count_from_now(self, store: Store) -> None:
        running, ended = [await run(store, await add(store, now=LATER), n, LATER) for n in (1, 2)]
        await store.jobs.move(ended.id, JobState.RUNNING, JobState.FAILED, LATER)
        before = [await get(store, await add(store)), await get(store, ended)]
        await store.jobs.count_from_now(NOON)
        found = await get(store, running)
        assert (found.created_at, found.attempted_at, found.changed_at, found.revision) == (
            NOON,
            NOON,
            NOON,
            running.revision,
        )
        assert [await get(store, job) for job in before] == before

    async def test_look_ups_come_in_portions(self, store: Store) -> None:
        for _ in range(25):
            job = await add(store)
            await store.jobs.note(job.id, JobState.QUEUED, visible=False, look_up_at=NOON)
        assert len(await store.jobs.to_look_up(NOON)) == 20

    async def test_owners_are_found_among_the_asked_tasks(self, store: Store) -> None:
        await run(store, await add(store), task_id=5)
        await run(store, await add(store, account=BOB), task_id=6)
        assert await store.jobs.owners_of([5, 7]) == {5}
        assert await store.jobs.owners_of([]) == set()


class TestHeld:
    async def test_unfinished_midjourney_jobs_are_held_and_let_go_once_and_visibly(self, store: Store) -> None:
        jobs = await TestFinding().in_every_state(store, ALICE)
        await add(store, account=BOB, kind=JobKind.DALLE)
        for held in (True, False):
            before = {job.id: (await get(store, job)).revision for job in jobs.values()}
            assert await store.jobs.hold(held) == len(UNFINISHED)
            for state, job in jobs.items():
                now, touched = await get(store, job), state in UNFINISHED
                assert (now.held, now.revision) == (held and touched, before[job.id] + touched)
            assert await store.jobs.hold(held) == 0

    async def test_what_was_held_up_to_its_end_stays_so(self, store: Store) -> None:
        job = await add(store)
        await store.jobs.hold(True)
        await store.jobs.move(job.id, JobState.QUEUED, JobState.EXPIRED, NOON)
        assert await store.jobs.hold(False) == 0
        assert (await get(store, job)).held


class TestPressedBefore:
    async def pressed(self, store: Store, account: Account = ALICE, action: Any = U1, now: Any = NOON) -> Job:
        parent = await store.jobs.get(1) or await add(store)
        return await add(store, now=now, kind=JobKind.PRESS, account=account, parent_id=parent.id, pressed=action)

    async def test_the_newest_press_of_the_button_is_found(self, store: Store) -> None:
        await self.pressed(store)
        newest = await self.pressed(store, BOB)
        await self.pressed(store, action=V1)
        assert await store.jobs.picked(1, U1.custom_id, ALICE, 100) == newest

    async def test_another_member_s_press_is_not_mine(self, store: Store) -> None:
        mine = await self.pressed(store)
        await self.pressed(store, BOB)
        found = await store.jobs.pressed_by(1, U1.custom_id, ALICE, NOON)
        assert found == mine

    async def test_presses_from_before_do_not_count(self, store: Store) -> None:
        press = await self.pressed(store)
        for since, found in ((NOON, press), (NOON + SECOND, None)):
            assert await store.jobs.pressed_by(1, U1.custom_id, ALICE, since) == found

    @pytest.mark.parametrize("parent_id", [2, 999])
    async def test_a_button_of_another_picture_is_another_button(self, store: Store, parent_id: int) -> None:
        await self.pressed(store)
        assert await store.jobs.picked(parent_id, U1.custom_id, ALICE, 100) is None

    @pytest.mark.parametrize("end", [JobState.CANCELLED, JobState.EXPIRED])
    async def test_a_press_whose_credits_returned_does_not_stand_in_the_way(self, store: Store, end: JobState) -> None:
        press = await self.pressed(store)
        await store.jobs.move(press.id, JobState.QUEUED, end, NOON)
        assert await store.jobs.picked(1, U1.custom_id, ALICE, 100) is None


class TestCardless:
    async def test_a_card_that_never_was_or_that_a_queued_job_lost_is_missed(self, store: Store) -> None:
        never, running, queued = [await add(store) for _ in range(3)]
        running = await run(store, running, task_id=9)
        queued = await store.jobs.set_card(queued.id, 7)
        for job in (running, queued):
            await store.jobs.drop_card(job.id, job.message_id)
        assert ids(await store.jobs.cardless()) == [never.id, queued.id]


class TestPicked:
    HERE, THERE = 100, 101
    DIRECT = Account(0, ALICE.member_id)

    @pytest.mark.parametrize(
        ("maker", "channel_id", "looker", "seen"),
        [
            (BOB, HERE, ALICE, True),
            (BOB, THERE, ALICE, False),
            (ALICE, THERE, ALICE, True),
            (DIRECT, 200, ALICE, False),
            (DIRECT, 200, BOB, False),
            (ALICE, THERE, DIRECT, False),
        ],
        ids=[
            "here",
            "another's elsewhere",
            "one's own elsewhere",
            "one's own direct",
            "another's direct",
            "from direct",
        ],
    )
    async def test_only_what_the_presser_may_see_is_theirs_already(
        self, store: Store, maker: Account, channel_id: int, looker: Account, seen: bool
    ) -> None:
        parent = await add(store)
        pick = {"kind": JobKind.PRESS, "parent_id": parent.id, "pressed": U1}
        job = await add(store, account=maker, channel_id=channel_id, **pick)
        assert await store.jobs.picked(parent.id, U1.custom_id, looker, self.HERE) == (job if seen else None)

    @pytest.mark.parametrize(("maker", "looker", "seen"), [(ALICE, ALICE, True), (BOB, ALICE, False)])
    async def test_a_private_one_is_its_owner_s_alone(
        self, store: Store, maker: Account, looker: Account, seen: bool
    ) -> None:
        parent = await add(store)
        pick = {"kind": JobKind.PRESS, "parent_id": parent.id, "pressed": U1}
        job = await add(store, account=maker, channel_id=self.HERE, private=True, **pick)
        assert await store.jobs.picked(parent.id, U1.custom_id, looker, self.HERE) == (job if seen else None)

    async def test_a_card_that_is_sent_anew_elsewhere_moves_there(self, store: Store) -> None:
        job = await run(store, await add(store, parent_message_id=77), task_id=9)
        assert await store.jobs.replace_card(job.id, job.message_id, 8, self.THERE, "new", LATER)
        moved = await get(store, job)
        assert (moved.channel_id, moved.message_id, moved.parent_message_id) == (self.THERE, 8, None)
        assert (moved.token, moved.token_expires_at) == ("new", LATER + timedelta(minutes=14))
        assert await store.jobs.replace_card(job.id, 8, 9, self.THERE, "newer", LATER)


class TestTokens:
    async def test_dead_tokens_are_forgotten_and_live_ones_kept(self, store: Store) -> None:
        dead, live = await add(store), await add(store, now=NOON + SECOND)
        await store.jobs.forget_tokens(NOON + timedelta(minutes=14))
        assert ((await get(store, dead)).token, (await get(store, live)).token) == (None, "token")
