"""Cards that Discord does not take, pictures that cannot be had, and who is told of an end."""

import asyncio
import gc
from itertools import pairwise
from typing import Any

import pytest

from bot.domain.errors import CardForbidden, CardGone, CardRefused, CardTooLarge, CardUndelivered, PictureUnavailable
from bot.domain.job import PICTURE_RETRIES, Job, JobState
from bot.domain.task import TaskState
from bot.services.ending import end
from bot.services.under_way import BY_ADMIN
from tests.services.conftest import Errors
from tests.services.steps import draws, finish, owes, progress, shown
from tests.services.world import ALICE, BOB, LASTING, World, settle
from tests.storage.memory import MemoryJobs


class TestTrouble:
    async def test_a_deleted_card_is_left_in_peace(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardGone("10008")]
        await draws(world, 60)
        assert world.cards.done == []
        assert not await owes(world, job)

    async def test_a_card_out_of_reach_is_sent_directly_with_its_picture(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardForbidden("50001")]
        await world.draw()
        [(what, drawn, picture)] = world.cards.done
        assert (what, drawn.id) == ("send_directly", job.id)
        assert picture is not None
        assert not await owes(world, job)

    @pytest.mark.parametrize(("reason", "told"), [(None, []), (BY_ADMIN, ["send_directly"])], ids=["owner", "admin"])
    async def test_who_took_it_out_of_line_knows_so_already(
        self, world: World, reason: str | None, told: list[str]
    ) -> None:
        job = await world.admitted()
        async with world.storage.write() as uow:
            await end(uow, job.id, JobState.QUEUED, JobState.CANCELLED, world.clock(), failure=reason)
            await uow.commit()
        world.cards.failures["show"] = [CardForbidden("50013")]
        await world.draw()
        assert [what for what, _, _ in world.cards.done] == told
        assert not await owes(world, job)

    async def test_progress_is_never_sent_directly(self, world: World) -> None:
        job = await world.running()
        world.cards.failures["show"] = [CardForbidden("50001")]
        await world.draw()
        assert world.cards.done == []
        assert not await owes(world, job)

    async def test_who_takes_no_direct_messages_finds_it_in_the_history(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.cards.failures |= {"show": [CardForbidden("50001")], "send_directly": [CardForbidden("50007")]}
        assert await draws(world, 60) == []
        assert not await owes(world, job)

    async def test_a_direct_message_that_discord_did_not_take_is_tried_again(self, world: World) -> None:
        job = await finish(world, await world.running())
        forbidden = [CardForbidden("50001"), CardForbidden("50001")]
        world.cards.failures |= {"show": forbidden, "send_directly": [CardUndelivered("503")]}
        await world.draw()
        world.clock.advance(seconds=5)
        await world.draw()
        [(what, _, picture)] = world.cards.done
        assert what == "send_directly"
        assert picture is not None
        assert not await owes(world, job)

    async def test_a_direct_message_waits_for_its_picture_and_comes_once(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardForbidden("50001"), CardForbidden("50001")]
        world.pictures.failures = [PictureUnavailable("404")]
        await world.draw()
        assert world.cards.done == []
        world.clock.advance(seconds=5)
        await world.draw()
        assert [what for what, _, _ in world.cards.done] == ["send_directly"]
        async with world.storage.write() as uow:
            await uow.jobs.note(job.id, JobState.SUCCEEDED, visible=True, lasting_url=LASTING)
            await uow.commit()
        world.cards.done.clear()
        assert await draws(world, 60) == []

    async def test_a_card_that_discord_refuses_is_not_sent_for_ever(self, world: World, errors: Errors) -> None:
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardRefused("50035") for _ in range(9)]
        assert await draws(world, 600, every=5) == []
        assert not await owes(world, job)
        assert len(errors.take()) == 1

    async def test_its_end_is_said_in_plain_words(self, world: World, errors: Errors) -> None:
        job = await shown(world, await world.running())
        await progress(world, job, 5)
        world.cards.failures["show"] = [CardRefused("50035"), CardRefused("50035"), CardRefused("50035")]
        world.cards.failures["show_plainly"] = [CardUndelivered("503")]
        await world.draw()
        assert world.cards.done == [], "progress is no end"
        await finish(world, job)
        await world.draw()
        assert await owes(world, job)
        world.clock.advance(seconds=5)
        await world.draw()
        assert [(what, drawn.state) for what, drawn, _ in world.cards.done] == [("show_plainly", JobState.SUCCEEDED)]
        assert not await owes(world, job)
        assert len(errors.take()) == 3

    async def test_a_card_without_its_picture_says_when_the_tries_are_over(self, world: World) -> None:
        await finish(world, await world.running())
        world.pictures.failures = [PictureUnavailable("404") for _ in range(99)]
        tries: list[int] = []
        for _ in range(180):
            world.cards.done.clear()
            await world.draw()
            tries += [job.picture_tries for _, job, _ in world.cards.done]
            world.clock.advance(minutes=1)
        assert tries == list(range(PICTURE_RETRIES + 1))

    @pytest.mark.parametrize(("retry_after", "seconds"), [(None, 5), (0.5, 1), (90.0, 90)])
    async def test_a_card_that_discord_did_not_take_is_tried_again(
        self, world: World, retry_after: float | None, seconds: int
    ) -> None:
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardUndelivered("503", retry_after)]
        assert await draws(world, 120) == [(seconds, job.id)]
        assert not await owes(world, job)

    async def test_waits_grow_to_ten_minutes_and_a_final_edit_is_never_given_up(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardUndelivered("503") for _ in range(30)]
        waits = (5, 10, 20, 40, 80, 160, 320, *[600] * 23)
        assert await draws(world, sum(waits) + 5, every=5) == [(sum(waits), job.id)]
        assert not await owes(world, job)

    async def test_it_is_tried_again_after_a_restart(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardUndelivered("503")]
        await world.draw()
        world.restart()
        assert await draws(world, 10) == [(5, job.id)]

    async def test_the_end_is_not_postponed_by_a_progress_edit_that_fails_after_it(self, world: World) -> None:
        job = await shown(world, await world.running())
        await progress(world, job, 5)
        busy = world.cards.busy[job.id] = asyncio.Event()
        world.cards.failures["show"] = [CardUndelivered("rate limited", 600)]
        await world.draw()
        await finish(world, job)
        busy.set()
        await settle()
        assert await draws(world, 5) == [(0, job.id)]

    async def test_an_unexpected_failure_is_logged_and_tried_again(self, world: World, errors: Errors) -> None:
        bad, good = await world.running(), await world.running(account=BOB)
        await finish(world, bad)
        await finish(world, good)
        world.cards.failures["show"] = [RuntimeError("odd")]
        assert await draws(world, 10) == [(0, good.id), (5, bad.id)]
        [error] = errors.take()
        assert error.__dict__["job"] == bad.id
        assert error.exc_info is not None

    async def test_a_step_never_raises(self, world: World, errors: Errors, monkeypatch: pytest.MonkeyPatch) -> None:
        job = await finish(world, await world.running())

        def broken() -> Any:
            raise OSError("disk")

        with monkeypatch.context() as patch:
            patch.setattr(world.storage, "read", broken)
            await world.deliverer.step()
        with monkeypatch.context() as patch:
            patch.setattr(world.storage, "write", broken)
            await world.draw()
        gc.collect()  # a task whose failure nobody looked at would be reported by asyncio now
        assert {record.name.split(".")[0] for record in errors.take()} == {"bot"}
        assert await owes(world, job)
        await world.draw()
        assert not await owes(world, job)

    async def test_closing_stops_what_is_drawn_and_leaves_it_owed(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.cards.busy[job.id] = asyncio.Event()
        await world.draw()
        await world.deliverer.close()
        assert not [task for task in asyncio.all_tasks() if "card" in task.get_name()]
        assert await owes(world, job)


class TestPictures:
    async def test_the_card_comes_first_without_a_picture_that_cannot_be_fetched(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.pictures.failures = [PictureUnavailable("404")]
        assert await draws(world, 10) == [(0, job.id), (5, job.id)]
        assert (await world.job(job.id)).pictures == ("picture.png",)
        assert not await owes(world, job)

    async def test_it_is_looked_for_ever_more_rarely_for_over_an_hour(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.pictures.failures = [PictureUnavailable("404") for _ in range(100)]
        drawn = [at for at, _ in await draws(world, 3 * 3600, every=5)]
        gaps = [later - at for at, later in pairwise(drawn)]
        assert gaps == [5, 10, 20, 40, 80, 160, 320, *[600] * 5]
        assert sum(gaps) > 3600
        assert not await owes(world, job)
        assert (await world.job(job.id)).pictures == ()

    async def test_a_lasting_link_that_appears_later_brings_the_picture(self, world: World) -> None:
        job = await finish(world, await world.running(), source_url=None)
        await world.draw()
        assert world.pictures.asked == []
        async with world.storage.write() as uow:
            await uow.jobs.note(job.id, JobState.SUCCEEDED, visible=True, lasting_url=LASTING)
            await uow.commit()
        await world.draw()
        assert (await world.job(job.id)).pictures == ("picture.png",)

    async def test_what_discord_finds_too_large_is_halved(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardTooLarge("40005")]
        await world.draw()
        assert [limit for _, limit in world.pictures.asked] == [world.cards.limit], "it is here already"
        assert world.pictures.fitted == [world.pictures.size // 2]
        [(_, _, picture)] = world.cards.done
        assert picture is not None
        assert len(picture.data) == world.pictures.size // 2
        assert not await owes(world, job)

    async def test_what_cannot_be_halved_is_not_shown_but_its_card_is(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardTooLarge("40005"), CardTooLarge("40005")]
        await world.draw()
        assert [picture for _, _, picture in world.cards.done] == [None]
        assert (await world.job(job.id)).pictures == ()

    async def test_nor_what_cannot_be_made_smaller(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardTooLarge("40005")]
        world.pictures.unfit = [PictureUnavailable("it cannot be made small enough")]
        await world.draw()
        assert [picture for _, _, picture in world.cards.done] == [None]
        assert (await world.job(job.id)).pictures == ()


class TestAnnouncements:
    async def slow(self, world: World, state: JobState = JobState.SUCCEEDED, seconds: float = 60.1) -> Job:
        job = await world.running()
        world.clock.advance(seconds=seconds)
        return await finish(world, job, state)

    @pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED, JobState.EXPIRED])
    async def test_who_waited_long_is_told_once_after_the_card(self, world: World, state: JobState) -> None:
        job = await self.slow(world, state)
        await draws(world, 60)
        world.restart()
        await draws(world, 60)
        assert (await world.job(job.id)).announced
        assert not await owes(world, job)

    async def test_the_card_comes_before_the_message(self, world: World) -> None:
        job = await self.slow(world)
        await world.draw()
        await world.draw()
        assert [(what, drawn.id) for what, drawn, _ in world.cards.done] == [("show", job.id), ("announce", job.id)]

    async def test_who_waited_shortly_is_not_told(self, world: World) -> None:
        await self.slow(world, seconds=60)
        await world.draw()
        assert world.cards.jobs("announce") == []

    async def test_who_cancelled_is_not_told(self, world: World) -> None:
        job = await world.admitted()
        world.clock.advance(minutes=5)
        await world.submit.abandon(job.id)
        await world.draw()
        assert world.cards.jobs() == [job.id]
        assert world.cards.jobs("announce") == []

    @pytest.mark.parametrize("error", [CardGone("10008"), CardForbidden("50001"), CardUndelivered("503")])
    async def test_without_a_card_there_is_nothing_to_announce(self, world: World, error: Exception) -> None:
        await self.slow(world)
        world.cards.failures["show"] = [error]
        await world.draw()
        assert world.cards.jobs("announce") == []

    async def test_a_message_that_discord_did_not_take_is_not_sent_again(self, world: World) -> None:
        job = await self.slow(world)
        world.cards.failures["announce"] = [CardUndelivered("503")]
        await draws(world, 60)
        assert not await owes(world, job)
        assert world.cards.jobs("announce") == []

    async def test_a_card_that_is_drawn_twice_is_announced_once(self, world: World) -> None:
        """The picture comes later; the message came with the card."""
        await self.slow(world)
        world.pictures.failures = [PictureUnavailable("404") for _ in range(3)]
        for _ in range(100):
            await world.draw()
            world.clock.advance(seconds=1)
        assert len(world.cards.jobs()) == 4
        assert len(world.cards.jobs("announce")) == 1

    async def test_nobody_is_told_twice_even_when_the_card_cannot_be_marked(
        self, world: World, errors: Errors, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = await self.slow(world)

        async def broken(*_: Any) -> None:
            raise OSError("disk")

        with monkeypatch.context() as patch:
            patch.setattr(MemoryJobs, "mark_shown", broken)
            await world.draw()
        assert len(errors.take()) == 1
        world.clock.advance(minutes=1)
        await world.draw()
        assert world.cards.jobs() == [job.id] * 2
        assert len(world.cards.jobs("announce")) == 1
        assert not await owes(world, job)

    async def test_nobody_is_told_twice_by_two_who_draw_the_same_card(self, world: World) -> None:
        job = await self.slow(world)
        first = world.deliverer
        world.restart()
        busy = world.cards.busy[job.id] = asyncio.Event()
        await first.step()
        await world.draw()
        busy.set()
        await settle()
        assert world.cards.jobs() == [job.id] * 2
        assert len(world.cards.jobs("announce")) == 1

    async def test_a_late_gift_is_announced_again(self, world: World) -> None:
        job = await world.running()
        assert job.task_id is not None
        world.provider.change(job.task_id, state=TaskState.RUNNING, progress=5)
        for _ in range(2):
            world.clock.advance(minutes=16)
            await world.tracker.tick()
        await world.draw()
        world.provider.change(job.task_id, state=TaskState.SUCCEEDED, lasting_url=LASTING)
        world.clock.advance(hours=1)
        await world.tracker.tick()
        await world.draw()
        told = [drawn.state for what, drawn, _ in world.cards.done if what == "announce"]
        assert told == [JobState.EXPIRED, JobState.SUCCEEDED]
        assert (await world.used(ALICE))[0] == 0


class TestWhatIsLeftBehind:
    async def test_its_owner_can_delete_the_card_out_of_reach_and_what_was_sent_instead(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardForbidden("50001")]
        await world.draw()
        async with world.storage.read() as uow:
            posts = await uow.history.posts(job.account, job.id)
        assert sorted(channel_id for channel_id, _ in posts) == sorted([job.channel_id, 900])
        assert job.message_id in [message_id for _, message_id in posts]

    async def test_what_is_too_large_for_direct_messages_is_halved_then_left_out(self, world: World) -> None:
        await finish(world, await world.running())
        too_large = [CardTooLarge("413"), CardTooLarge("413")]
        world.cards.failures |= {"show": [CardForbidden("50001")], "send_directly": too_large}
        await world.draw()
        assert [(what, picture) for what, _, picture in world.cards.done] == [("send_directly", None)]
        assert len(world.pictures.asked) == 1
        assert world.pictures.fitted == [world.pictures.size // 2]

    async def test_pictures_that_nobody_came_for_go_after_a_week(self, world: World) -> None:
        job = await finish(world, await world.running())
        async with world.storage.write() as uow:
            await uow.pictures.keep_results(job.id, [b"one"])
            await uow.commit()
        for days, kept in ((6, 1), (2, 0)):
            world.clock.advance(days=days)
            await world.tracker.tick()
            async with world.storage.read() as uow:
                assert len(await uow.pictures.results(job.id)) == kept
