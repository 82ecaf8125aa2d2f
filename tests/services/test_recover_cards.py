"""Cards that were lost sight of: found again, or their jobs cancelled and given back."""

from bot.domain.errors import CardForbidden, CardUndelivered
from bot.domain.job import JobKind, JobState
from bot.domain.task import TaskState
from tests.services.conftest import Errors
from tests.services.world import V1, World


class TestCards:
    async def restart(self, world: World) -> None:
        world.restart()
        await world.recovery.begin()

    async def test_a_card_that_was_sent_but_not_noted_is_found(self, world: World) -> None:
        job = await world.admitted(card=False)
        world.cards.found = {job.id: 77}
        await self.restart(world)
        await world.tracker.tick()
        found = await world.job(job.id)
        assert (found.message_id, found.state) == (77, JobState.RUNNING)
        assert await world.used() == (2, 2, 2)

    async def test_a_job_that_never_got_a_card_is_cancelled_and_free(self, world: World) -> None:
        job = await world.admitted(card=False)
        await self.restart(world)
        await world.tracker.tick()
        assert await world.state(job) is JobState.CANCELLED
        assert await world.used() == (0, 0, 0)
        assert world.provider.asked("imagine") == []

    async def test_the_card_of_a_press_is_found_too(self, world: World) -> None:
        parent = await world.finished()
        press = await world.admitted(kind=JobKind.PRESS, parent_id=parent.id, pressed=V1, card=False)
        world.cards.found = {press.id: 78}
        await self.restart(world)
        await world.recovery.find_cards()
        assert (await world.job(press.id)).message_id == 78

    async def test_while_discord_is_silent_nothing_is_decided(self, world: World) -> None:
        first, second = await world.admitted(card=False), await world.admitted(card=False)
        world.cards.found = {first.id: 77, second.id: 78}
        world.cards.failures["find"] = [CardUndelivered("503")] * 4
        await self.restart(world)
        for _ in range(2):
            await world.tracker.tick()
            assert [await world.state(job) for job in (first, second)] == [JobState.QUEUED] * 2
        await world.tracker.tick()
        assert [(await world.job(job.id)).message_id for job in (first, second)] == [77, 78]

    async def test_one_channel_out_of_order_holds_up_no_other(self, world: World) -> None:
        jobs = [await world.admitted(card=False) for _ in range(5)]
        world.cards.found = {job.id: 70 + job.id for job in jobs}
        world.cards.failures["find"] = [CardUndelivered("503")]
        await self.restart(world)
        await world.recovery.find_cards()
        assert [(await world.job(job.id)).message_id for job in jobs] == [None, 72, 73, 74, 75]

    async def test_a_silent_discord_is_not_asked_about_everything(self, world: World) -> None:
        for _ in range(5):
            await world.admitted(card=False)
        world.cards.failures["find"] = [CardUndelivered("503")] * 5
        await self.restart(world)
        await world.recovery.find_cards()
        assert len(world.cards.failures["find"]) == 2

    async def test_a_card_out_of_reach_is_as_good_as_none(self, world: World) -> None:
        job = await world.admitted(card=False)
        world.cards.failures["find"] = [CardForbidden("50001")]
        await self.restart(world)
        await world.recovery.find_cards()
        assert await world.state(job) is JobState.CANCELLED

    async def test_jobs_of_this_run_are_left_alone(self, world: World) -> None:
        await self.restart(world)
        job = await world.admitted(card=False)
        await world.tracker.tick()
        assert await world.state(job) is JobState.QUEUED
        assert world.cards.jobs("find") == []

    async def test_a_job_of_this_run_whose_card_is_long_overdue_is_looked_for(self, world: World) -> None:
        await self.restart(world)
        noted, lost = await world.admitted(card=False), await world.admitted(card=False)
        world.cards.found = {noted.id: 77}
        world.clock.advance(minutes=2)
        await world.tracker.tick()
        assert (await world.job(noted.id)).message_id == 77
        assert await world.state(lost) is JobState.CANCELLED

    async def test_a_job_that_cannot_be_looked_for_keeps_no_other_waiting(self, world: World, errors: Errors) -> None:
        bad, good, running = await world.admitted(card=False), await world.admitted(card=False), await world.running()
        world.cards.found = {good.id: 78}
        world.cards.failures["find"] = [RuntimeError("odd")]
        world.provider.change(running.task_id or 0, state=TaskState.RUNNING, progress=10)
        await self.restart(world)
        await world.tracker.tick()
        assert (await world.job(good.id)).message_id == 78
        assert (await world.job(running.id)).progress == 10
        assert [record.__dict__["job"] for record in errors.take()] == [bad.id]
        assert await world.state(bad) is JobState.QUEUED
        await world.tracker.tick()
        assert await world.state(bad) is JobState.CANCELLED, "the next tick asks again"
