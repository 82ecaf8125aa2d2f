"""Private jobs: whose business they are, and how a result reaches its owner when its card is out of reach."""

from typing import Any

import pytest

from bot.domain.errors import CardForbidden, CardUndelivered, NotOffered, PictureUnavailable
from bot.domain.history import EVERYTHING
from bot.domain.job import PICTURE_RETRIES, Job, JobKind, JobState
from bot.domain.ports import Picture
from bot.domain.task import TaskState
from bot.services.history import Remains
from tests.services.steps import draws, finish, owes, progress, shown
from tests.services.world import ALICE, BOB, CHANNEL, LASTING, U1, V1, World

DEAD = CardForbidden("its token is dead")
CLOSED = CardForbidden("50007")
UNKNOWN_PICTURE = "I do not know this picture any more"
ELSEWHERE = CHANNEL + 1


async def press(world: World, parent: Job, action: Any = U1, account: Any = ALICE, *, private: bool = True) -> Job:
    admission = await world.press.admit(parent, action, account, CHANNEL, "token", private=private)
    if admission.fresh:
        await world.submit.card_sent(admission.job.id, 6000 + admission.job.id)
    return await world.job(admission.job.id)


async def posted(world: World, job: Job, channel_id: int) -> None:
    async with world.history.posting(ALICE, job.id, channel_id):
        assert await world.history.posted(ALICE, job, channel_id, 77)


async def posts(world: World, job: Job) -> list[tuple[int, int]]:
    async with world.storage.read() as uow:
        return await uow.history.posts(ALICE, job.id)


class TestWhoseBusiness:
    async def test_its_buttons_are_its_owner_s_alone(self, world: World) -> None:
        job = await world.finished(private=True)
        assert await world.press.look(job.id, 0, ALICE, CHANNEL) == (job, U1)
        with pytest.raises(NotOffered, match=UNKNOWN_PICTURE):
            await world.press.look(job.id, 0, BOB, CHANNEL)

    async def test_where_its_owner_posted_it_everyone_may_press(self, world: World) -> None:
        job = await world.finished(private=True)
        await posted(world, job, ELSEWHERE)
        assert await world.press.look(job.id, 0, BOB, ELSEWHERE) == (job, U1)
        with pytest.raises(NotOffered, match=UNKNOWN_PICTURE):
            await world.press.look(job.id, 0, BOB, CHANNEL)

    async def test_a_child_is_as_private_as_its_press_and_links_to_no_private_card(self, world: World) -> None:
        job = await world.finished(private=True)
        private, public = await press(world, job), await press(world, job, V1, BOB, private=False)
        assert (private.private, public.private) == (True, False)
        assert (private.parent_id, private.parent_message_id, public.parent_message_id) == (job.id, None, None)

    async def test_another_s_private_pick_is_not_the_one_that_was_made_before(self, world: World) -> None:
        job = await world.finished(private=True)
        mine = await press(world, job)
        public = await press(world, job, account=BOB, private=False)
        assert public.id != mine.id
        assert (await press(world, job, account=BOB, private=False)).id == public.id

    async def test_running_it_again_stays_private(self, world: World) -> None:
        job = await world.finished(private=True)
        child = await press(world, job, V1)
        for each in (job, await finish(world, await self.started(world, child))):
            world.clock.advance(minutes=1)
            again = (await world.history.again(ALICE, each.id, CHANNEL, "token")).job
            assert (again.private, again.parent_id, again.parent_message_id) == (True, job.id, None)

    async def started(self, world: World, job: Job) -> Job:
        await world.submit.start(job)
        return await world.job(job.id)

    async def test_its_owner_finds_it_and_nobody_else(self, world: World) -> None:
        job = await world.finished(private=True)
        assert await world.history.find(ALICE, job.id) == job
        assert (await world.history.page(BOB, EVERYTHING)).jobs == ()
        with pytest.raises(NotOffered):
            await world.history.find(BOB, job.id)


class TestDelivery:
    async def test_a_running_one_waits_without_its_card_for_the_direct_message(self, world: World) -> None:
        job = await shown(world, await world.running(private=True))
        await progress(world, job, 50)
        world.cards.failures["show"] = [DEAD, DEAD]
        await draws(world, 10)
        assert (world.cards.done, await owes(world, job)) == ([], False)
        done = await finish(world, await world.job(job.id))
        await world.draw()
        [(what, drawn, picture)] = world.cards.done
        assert (what, drawn, picture is not None) == ("send_directly", done, True)
        assert not (await world.job(job.id)).unseen

    async def test_its_channel_does_not_count_as_a_place_where_it_was_posted(self, world: World) -> None:
        job = await finish(world, await world.running(private=True), actions=(U1,))
        world.cards.failures["show"] = [DEAD]
        await world.draw()
        assert [channel_id for channel_id, _ in await posts(world, job)] == [900]
        with pytest.raises(NotOffered, match=UNKNOWN_PICTURE):
            await world.press.look(job.id, 0, BOB, CHANNEL)

    @pytest.mark.parametrize("private", [True, False])
    async def test_what_reaches_nobody_is_told_once(self, world: World, private: bool) -> None:
        job = await finish(world, await world.running(private=private))
        world.cards.failures |= {"show": [DEAD], "send_directly": [CLOSED]}
        await draws(world, 60)
        assert (await world.job(job.id)).unseen
        assert await world.history.claim_unseen(BOB) == []
        assert [each.id for each in await world.history.claim_unseen(ALICE)] == [job.id]
        world.restart()
        assert await world.history.claim_unseen(ALICE) == []

    async def test_so_is_what_discord_never_took(self, world: World) -> None:
        job = await finish(world, await world.running(private=True))
        tries = PICTURE_RETRIES + 1
        world.cards.failures |= {"show": [DEAD] * tries, "send_directly": [CardUndelivered("503")] * tries}
        await draws(world, 3 * 3600, every=5)
        assert (await world.job(job.id)).unseen
        assert not await owes(world, job)

    async def test_a_deleted_card_is_nothing_to_tell(self, world: World) -> None:
        job = await finish(world, await world.running())
        async with world.storage.write() as uow:
            await uow.jobs.drop_card(job.id, job.message_id)
            await uow.commit()
        await draws(world, 60)
        assert await world.history.claim_unseen(ALICE) == []

    @pytest.mark.parametrize("private", [True, False])
    async def test_a_link_that_comes_after_the_picture_is_worth_no_second_message(
        self, world: World, private: bool
    ) -> None:
        job = await finish(world, await world.running(private=private))
        await world.draw()
        async with world.storage.write() as uow:
            await uow.jobs.note(job.id, JobState.SUCCEEDED, visible=True, lasting_url=LASTING)
            await uow.commit()
        world.cards.failures["show"] = [DEAD]
        await world.draw()
        assert not await owes(world, job)
        assert world.cards.jobs("send_directly") == []


class TestGifts:
    async def expired(self, world: World, **result: Any) -> Job:
        """Given up, and told so directly, since its card was out of reach."""
        job = await world.running(private=True)
        world.provider.change(job.task_id or 0, state=TaskState.RUNNING, progress=5)
        for _ in range(2):
            world.clock.advance(minutes=16)
            await world.tracker.tick()
        world.cards.failures["show"] = [DEAD]
        await world.draw()
        assert [drawn.state for _, drawn, _ in world.cards.done] == [JobState.EXPIRED]
        world.cards.done.clear()
        world.provider.change(job.task_id or 0, **{"state": TaskState.SUCCEEDED, "lasting_url": LASTING} | result)
        world.clock.advance(hours=1)
        await world.tracker.tick()
        return job

    async def test_a_late_gift_without_a_card_is_brought_once(self, world: World) -> None:
        job = await self.expired(world)
        for _ in range(9):
            await world.draw()
            world.clock.advance(minutes=1)
            world.restart()
        assert world.cards.jobs("send_directly") == [job.id]
        assert (await world.job(job.id)).gift
        assert not (await world.job(job.id)).unseen

    async def test_it_comes_with_its_picture(self, world: World) -> None:
        await self.expired(world)
        world.pictures.failures = [PictureUnavailable("404")]
        await world.draw()
        assert world.cards.done == []
        world.clock.advance(seconds=5)
        await world.draw()
        [(what, drawn, picture)] = world.cards.done
        assert (what, drawn.gift, picture is not None) == ("send_directly", True, True)

    @pytest.mark.parametrize("error", [CLOSED, CardUndelivered("503")])
    async def test_what_cannot_be_brought_is_told(self, world: World, error: Exception) -> None:
        job = await self.expired(world)
        world.cards.failures["send_directly"] = [error]
        await draws(world, 60)
        assert (await world.job(job.id)).unseen

    async def test_one_of_words_alone_is_told(self, world: World) -> None:
        job = await self.expired(world, lasting_url=None, suggestions=("a heron",))
        await draws(world, 60)
        assert [each.id for each in await world.history.claim_unseen(ALICE)] == [job.id]
        assert await world.history.claim_unseen(ALICE) == []


class TestDeleting:
    async def test_what_its_card_leaves_behind_is_its_owner_s_to_dismiss(self, world: World) -> None:
        job = await world.finished(private=True)
        world.cards.failures["remove"] = [DEAD]
        assert await world.history.delete(ALICE, job.id) == Remains(own_card=True)
        assert (await world.job(job.id)).deleted

    async def test_a_posted_copy_is_everyone_s(self, world: World) -> None:
        job = await world.finished(private=True)
        await posted(world, job, ELSEWHERE)
        world.cards.messages[job.channel_id, job.message_id or 0] = list[Picture]()
        world.cards.failures["remove"] = [DEAD, CardForbidden("50001")]
        assert await world.history.delete(ALICE, job.id) == Remains((ELSEWHERE,), own_card=True)


async def test_a_card_that_is_found_by_nobody_costs_nothing_and_is_told(world: World) -> None:
    job = await world.admitted(private=True, kind=JobKind.IMAGINE, card=False)
    world.cards.failures["find"] = [DEAD]
    world.restart()
    await world.recovery.begin()
    await world.tracker.tick()
    assert await world.state(job) is JobState.CANCELLED
    assert await world.used() == (0, 0, 0)
    assert [each.id for each in await world.history.claim_unseen(ALICE)] == [job.id]
