"""Cards: which is drawn when, and which first."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.job import Account, JobState
from tests.services.steps import draws, finish, owes, progress, shown
from tests.services.world import BOB, CHANNEL, LASTING, LINK, U1, World, settle


class TestFinal:
    async def test_a_finished_card_gets_its_picture(self, world: World) -> None:
        job = await finish(world, await world.running(), actions=(U1,), lasting_url=LASTING)
        await world.draw()
        [(what, drawn, picture)] = world.cards.done
        assert (what, drawn) == ("show", job)
        assert picture is not None
        assert world.pictures.asked == [((LASTING, LINK), world.cards.limit)]
        assert (await world.job(job.id)).pictures == (picture.filename,)
        assert not await owes(world, job)

    async def test_a_card_that_has_its_picture_keeps_it(self, world: World) -> None:
        job = await finish(world, await world.running())
        await world.draw()
        async with world.storage.write() as uow:
            await uow.jobs.note(job.id, JobState.SUCCEEDED, visible=True, lasting_url=LASTING)
            await uow.commit()
        await world.draw()
        assert [picture is not None for _, _, picture in world.cards.done] == [True, False]
        assert len(world.pictures.asked) == 1
        assert (await world.job(job.id)).pictures == ("picture.png",)

    async def test_a_failed_card_needs_no_picture(self, world: World) -> None:
        job = await finish(world, await world.running(), JobState.FAILED, failure="no")
        await world.draw()
        assert (world.pictures.asked, world.cards.jobs()) == ([], [job.id])

    async def test_nothing_owed_is_nothing_drawn(self, world: World) -> None:
        await world.admitted()
        await world.draw()
        assert world.cards.done == []

    async def test_final_edits_go_first_and_wait_for_no_gap(self, world: World) -> None:
        running = [await world.running(str(n), Account(1, n)) for n in range(3)]
        jobs = [await shown(world, job) for job in running]
        await progress(world, jobs[0], 5)
        await world.draw()
        await progress(world, jobs[1], 5)
        await finish(world, jobs[0])
        await finish(world, jobs[2])
        world.cards.done.clear()
        await world.draw()
        assert world.cards.jobs() == [jobs[0].id, jobs[2].id]

    async def test_a_stale_progress_edit_is_cancelled_by_the_final_one(self, world: World) -> None:
        job = await shown(world, await world.running())
        await progress(world, job, 5)
        world.cards.busy[job.id] = asyncio.Event()
        await world.draw()
        await finish(world, job)
        await world.draw()
        del world.cards.busy[job.id]
        await world.draw()
        assert [drawn.state for _, drawn, _ in world.cards.done] == [JobState.SUCCEEDED]
        assert not await owes(world, job)

    async def test_a_final_edit_is_not_cancelled_by_what_comes_after(self, world: World) -> None:
        job = await finish(world, await world.running())
        busy = world.cards.busy[job.id] = asyncio.Event()
        await world.draw()
        async with world.storage.write() as uow:
            await uow.jobs.note(job.id, JobState.SUCCEEDED, visible=True, lasting_url=LASTING)
            await uow.commit()
        await world.draw()
        busy.set()
        await settle()
        await world.draw()
        assert [picture is not None for _, _, picture in world.cards.done] == [True, False]
        assert not await owes(world, job)

    async def test_a_slow_card_holds_up_no_other(self, world: World) -> None:
        slow, quick = await world.running(), await world.running(account=BOB)
        await finish(world, slow)
        await finish(world, quick)
        world.cards.busy[slow.id] = asyncio.Event()
        await world.draw()
        assert world.cards.jobs() == [quick.id]
        world.cards.busy[slow.id].set()

    async def test_slow_progress_edits_hold_up_no_final_one(self, world: World) -> None:
        """Eight channels in which Discord keeps us waiting, and a picture that is ready in a ninth."""
        for n in range(8):
            job = await shown(world, await world.running(str(n), Account(1, n), channel_id=n))
            await progress(world, job, 5)
            world.cards.busy[job.id] = asyncio.Event()
        await world.draw()
        done = await finish(world, await world.running(account=BOB))
        await world.draw()
        assert world.cards.jobs() == [done.id]
        await world.deliverer.close()

    async def test_so_many_are_drawn_at_once_and_no_more(self, world: World) -> None:
        jobs = [await finish(world, await world.running(str(n), Account(1, n))) for n in range(10)]
        hold = asyncio.Event()
        world.cards.busy = {job.id: hold for job in jobs}
        await world.draw()
        assert len(world.pictures.asked) == 8
        hold.set()
        await settle()
        await world.draw()
        assert sorted(world.cards.jobs()) == [job.id for job in jobs]

    async def test_nor_are_more_progress_edits(self, world: World) -> None:
        for n in range(10):
            job = await shown(world, await world.running(str(n), Account(1, n), channel_id=n))
            await progress(world, job, 5)
            world.cards.busy[job.id] = asyncio.Event()
        await world.draw()
        assert len([task for task in asyncio.all_tasks() if task.get_name().startswith("draw card")]) == 8
        await world.deliverer.close()


class TestGaps:
    @pytest.mark.parametrize("every", [1, 2])
    async def test_one_card_is_drawn_at_most_every_three_seconds(self, world: World, every: int) -> None:
        job = await shown(world, await world.running())
        drawn: list[float] = []
        for second in range(10):
            if second % every == 0:
                await progress(world, job, second)
            drawn += [at + second for at, _ in await draws(world, 1)]
        assert drawn == [0, 3, 6, 9]

    async def test_cards_of_one_channel_take_turns_a_second_apart(self, world: World) -> None:
        jobs = [await world.running(str(n), Account(1, n)) for n in range(4)]
        await draws(world, 10)
        drawn: list[int] = []
        for second in range(12):
            for job in jobs:
                await progress(world, job, second)
            found = await draws(world, 1)
            assert len(found) == 1
            drawn += [job_id for _, job_id in found]
        assert drawn == [job.id for job in jobs] * 3

    async def test_each_channel_has_a_gap_of_its_own(self, world: World) -> None:
        jobs = [await world.running(str(n), Account(1, n), channel_id=CHANNEL + n) for n in range(4)]
        await world.draw()
        assert world.cards.jobs() == [job.id for job in jobs]

    async def test_only_the_newest_text_is_drawn(self, world: World) -> None:
        job = await shown(world, await world.running())
        for percent in (5, 10, 15):
            await progress(world, job, percent)
        await draws(world, 5)
        await world.draw()
        assert (await world.job(job.id)).progress == 15
        assert not await owes(world, job)

    async def test_a_card_older_than_fifty_minutes_is_drawn_every_ten_and_at_its_end(self, world: World) -> None:
        job = await shown(world, await world.running())
        world.clock.now = job.created_at + timedelta(minutes=50) - timedelta(seconds=1)
        await progress(world, job, 5)
        await world.draw()
        await progress(world, job, 10)
        assert await draws(world, 600, every=10) == []
        assert await draws(world, 10, every=10) == [(0, job.id)]
        await progress(world, job, 15)
        assert await draws(world, 5) == []
        await finish(world, job)
        await world.draw()
        assert not await owes(world, job)
