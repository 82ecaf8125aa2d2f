"""Buttons on finished jobs: which may be pressed where and by whom, and what counts as the same press."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.action import FAMILIES, Action
from bot.domain.errors import NotOffered, OutOfCredits
from bot.domain.job import Account, Job, JobKind, JobState
from bot.domain.quota import Limits
from tests.services.world import ALICE, BOB, CHANNEL, U1, V1, World

DIRECT = Account(0, 11)
ELSEWHERE = Account(2, ALICE.member_id)
UNKNOWN_PICTURE = "I do not know this picture any more"
NO_LONGER_OFFERED = "This button is no longer offered"
MakeWorld = Callable[..., World]


@pytest.fixture
async def parent(world: World) -> Job:
    return await world.finished()


class TestLook:
    async def test_anyone_here_may_press_what_is_offered(self, world: World, parent: Job) -> None:
        for account in (ALICE, BOB):
            assert await world.press.look(parent.id, 1, account, CHANNEL) == (parent, V1)
        assert world.storage.state.jobs.keys() == {parent.id}

    async def test_a_button_works_after_a_year_and_a_restart(self, world: World, parent: Job) -> None:
        world.clock.advance(days=400)
        world.restart()
        assert await world.press.look(parent.id, 0, BOB, CHANNEL) == (parent, U1)

    @pytest.mark.parametrize(
        ("job_id", "account", "channel_id"),
        [
            (1, ELSEWHERE, CHANNEL),
            (1, Account(0, BOB.member_id), CHANNEL),
            (1, BOB, CHANNEL + 1),
            (99, ALICE, CHANNEL),
        ],
        ids=["another server", "another's direct messages", "another's in another channel", "no such job"],
    )
    async def test_a_picture_of_another_place_is_unknown(
        self, world: World, parent: Job, job_id: int, account: Account, channel_id: int
    ) -> None:
        assert parent.id == 1
        with pytest.raises(NotOffered, match=UNKNOWN_PICTURE):
            await world.press.look(job_id, 0, account, channel_id)

    @pytest.mark.parametrize(("account", "channel_id"), [(ALICE, CHANNEL + 1), (DIRECT, CHANNEL + 2)])
    async def test_its_owner_may_press_wherever_the_history_shows_it(
        self, world: World, parent: Job, account: Account, channel_id: int
    ) -> None:
        assert await world.press.look(parent.id, 0, account, channel_id) == (parent, U1)

    async def test_where_its_owner_posted_it_everyone_may_press(self, world: World, parent: Job) -> None:
        async with world.storage.write() as uow:
            await uow.jobs.note_post(parent.id, CHANNEL + 1, 7)
            await uow.commit()
        assert await world.press.look(parent.id, 0, BOB, CHANNEL + 1) == (parent, U1)
        with pytest.raises(NotOffered, match=UNKNOWN_PICTURE):
            await world.press.look(parent.id, 0, BOB, CHANNEL + 2)

    async def test_what_its_owner_deleted_is_unknown(self, world: World, parent: Job) -> None:
        world.storage.state.jobs[parent.id] = replace(parent, deleted=True)
        for account in (ALICE, BOB):
            with pytest.raises(NotOffered, match=UNKNOWN_PICTURE):
                await world.press.look(parent.id, 0, account, CHANNEL)

    async def test_nobody_presses_in_another_s_direct_messages(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(direct=50))
        parent = await world.finished(account=DIRECT)
        assert await world.press.look(parent.id, 0, DIRECT, CHANNEL) == (parent, U1)
        with pytest.raises(NotOffered, match=UNKNOWN_PICTURE):
            await world.press.look(parent.id, 0, Account(0, 12), CHANNEL)

    @pytest.mark.parametrize("index", [2, 999, -1])
    async def test_a_button_that_is_not_there_is_not_offered(self, world: World, parent: Job, index: int) -> None:
        with pytest.raises(NotOffered, match=NO_LONGER_OFFERED):
            await world.press.look(parent.id, index, ALICE, CHANNEL)

    @pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.SUCCEEDED])
    async def test_an_unfinished_or_failed_parent_offers_nothing(self, world: World, state: JobState) -> None:
        parent = await world.running()
        world.storage.state.jobs[parent.id] = replace(parent, state=state, actions=(U1,))
        with pytest.raises(NotOffered, match=NO_LONGER_OFFERED):
            await world.press.look(parent.id, 0, ALICE, CHANNEL)

    async def test_a_button_that_needs_a_form_or_is_not_supported_is_not_offered(self, world: World) -> None:
        unsupported = Action("MJ::BOOKMARK::uuid")
        with_form = [Action(each) for each in ("MJ::Inpaint::1::uuid", "MJ::CustomZoom::uuid")]
        assert {action.family.needs_form for action in with_form} == {True}
        assert any(family.needs_form for family in FAMILIES)
        parent = await world.finished()
        async with world.storage.write() as uow:
            actions = (*with_form, unsupported, U1)
            await uow.jobs.note(parent.id, JobState.SUCCEEDED, visible=False, actions=actions)
            await uow.commit()
        world.provider.unsupported = {unsupported.custom_id}
        for index in range(3):
            with pytest.raises(NotOffered, match=NO_LONGER_OFFERED):
                await world.press.look(parent.id, index, ALICE, CHANNEL)
        assert (await world.press.look(parent.id, 3, ALICE, CHANNEL))[1] == U1


class TestAdmission:
    async def press(self, world: World, parent: Job, account: Account = ALICE, action: Any = V1) -> tuple[Job, bool]:
        admission = await world.press.admit(parent, action, account, CHANNEL, "token")
        if admission.fresh:
            await world.submit.card_sent(admission.job.id, 6000 + admission.job.id)
        return admission.job, admission.fresh

    async def test_a_press_makes_a_child_that_the_presser_pays(self, world: World, parent: Job) -> None:
        child, fresh = await self.press(world, parent, BOB)
        assert fresh
        assert (child.kind, child.account, child.parent_id, child.pressed) == (JobKind.PRESS, BOB, parent.id, V1)
        assert (child.prompt, child.speed, child.price) == (parent.prompt, parent.speed, 2)
        assert (child.channel_id, child.parent_message_id) == (CHANNEL, parent.message_id)
        assert (await world.used(BOB))[0] == 2

    async def test_a_second_press_within_three_seconds_is_the_same_press(self, world: World, parent: Job) -> None:
        first, _ = await self.press(world, parent)
        used = await world.used()
        world.clock.advance(seconds=3)
        second, fresh = await self.press(world, parent)
        assert (second.id, fresh) == (first.id, False)
        assert await world.used() == used

    async def test_many_presses_at_once_are_one(self, world: World, parent: Job) -> None:
        presses = await asyncio.gather(*(self.press(world, parent) for _ in range(10)))
        assert len({job.id for job, _ in presses}) == 1
        assert sum(fresh for _, fresh in presses) == 1

    async def test_after_three_seconds_v_makes_another(self, world: World, parent: Job) -> None:
        first, _ = await self.press(world, parent)
        world.clock.advance(seconds=3.001)
        second, fresh = await self.press(world, parent)
        assert fresh
        assert second.id != first.id

    async def test_another_member_or_button_is_another_press(self, world: World, parent: Job) -> None:
        await self.press(world, parent)
        assert (await self.press(world, parent, BOB))[1]
        assert (await self.press(world, parent, action=U1))[1]

    async def test_a_picked_picture_is_made_once_whoever_presses_whenever(self, world: World, parent: Job) -> None:
        first, _ = await self.press(world, parent, action=U1)
        world.clock.advance(days=400)
        again, fresh = await self.press(world, parent, BOB, action=U1)
        assert (again.id, fresh) == (first.id, False)
        assert (await world.used(BOB))[0] == 0

    async def test_a_pick_that_was_given_up_can_be_made_anew(self, world: World, parent: Job) -> None:
        first, _ = await self.press(world, parent, action=U1)
        await world.submit.abandon(first.id)
        assert (await self.press(world, parent, action=U1))[1]

    async def test_a_repeated_pick_needs_no_credits(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(account=3))
        parent = await world.finished()
        first, _ = await self.press(world, parent, action=U1)
        assert await self.press(world, parent, action=U1) == (await world.job(first.id), False)
        with pytest.raises(OutOfCredits):
            await self.press(world, parent, action=V1)
