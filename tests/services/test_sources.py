"""Pictures as input: sent with the job, kept while it may have to be sent again, erased when it ends."""

from typing import Any

import pytest

from bot.domain.errors import NotOffered, PictureUnavailable, ProviderBusy, RequestRefused
from bot.domain.job import Account, Dimensions, Job, JobKind, JobState, Speed
from bot.domain.task import TaskState
from bot.services.recover import GIVE_UP_AFTER
from tests.services.steps import finish, owes, say
from tests.services.world import ALICE, BOB, LASTING, LINK, World

PROMPTS = ("a heron at dawn --ar 3:2", "a reed bed", "a quiet pond", "morning fog")
BLEND: dict[str, Any] = {"kind": JobKind.BLEND, "prompt": "--ar 2:3", "dimensions": Dimensions.PORTRAIT}
DESCRIBE: dict[str, Any] = {"kind": JobKind.DESCRIBE, "prompt": "", "price": 1}


async def sources(world: World, job: Job) -> list[bytes]:
    async with world.storage.read() as uow:
        return await uow.pictures.sources(job.id)


async def described(world: World, prompts: tuple[str, ...] = PROMPTS) -> Job:
    job = await world.running(**DESCRIBE, sources=(b"one",))
    say(world, job, state=TaskState.SUCCEEDED, suggestions=prompts)
    await world.tracker.tick()
    return await world.job(job.id)


class TestSending:
    async def test_each_kind_sends_its_pictures(self, world: World) -> None:
        await world.running(sources=(b"one",))
        await world.running(**BLEND, sources=(b"one", b"two"))
        await world.running(**DESCRIBE, sources=(b"one",))
        assert world.provider.asked("imagine", "blend", "describe") == [
            ("imagine", "a heron", Speed.FAST, (b"one",)),
            ("blend", (b"one", b"two"), Dimensions.PORTRAIT, Speed.FAST),
            ("describe", b"one", Speed.FAST),
        ]

    async def test_they_are_erased_when_the_job_ends(self, world: World) -> None:
        for state in (JobState.SUCCEEDED, JobState.FAILED, JobState.EXPIRED):
            job = await world.running(**BLEND, account=Account(1, 50), sources=(b"one", b"two"))
            assert await sources(world, job) == [b"one", b"two"]
            await self.end(world, job, state)
            assert (await world.state(job), await sources(world, job)) == (state, [])

    @staticmethod
    async def end(world: World, job: Job, state: JobState) -> None:
        if state is JobState.EXPIRED:
            world.clock.advance(hours=7)
        else:
            say(world, job, state=TaskState(state.value))
        await world.tracker.tick()

    async def test_a_refused_or_abandoned_job_keeps_none(self, world: World) -> None:
        world.provider.refusals = [RequestRefused("no")]
        refused = await world.running(**BLEND, sources=(b"one", b"two"))
        abandoned = await world.admitted(**BLEND, sources=(b"one", b"two"), card=False)
        await world.submit.abandon(abandoned.id)
        for job in (refused, abandoned):
            assert (await world.job(job.id)).state.ended
            assert await sources(world, job) == []

    async def test_a_job_that_goes_back_in_line_is_sent_with_them_again(self, world: World) -> None:
        world.provider.refusals = [ProviderBusy("429")]
        job = await world.running(**BLEND, sources=(b"one", b"two"))
        assert job.state is JobState.QUEUED
        world.clock.advance(seconds=10)
        world.restart()
        await world.tracker.tick()
        assert [call[1] for call in world.provider.asked("blend")] == [(b"one", b"two")] * 2
        assert await world.state(job) is JobState.RUNNING

    @pytest.mark.parametrize(("kind", "facts"), [("BLEND", BLEND), ("DESCRIBE", DESCRIBE)])
    async def test_a_lost_one_is_never_adopted_since_the_list_shows_no_pictures(
        self, world: World, kind: str, facts: dict[str, Any]
    ) -> None:
        job = await world.lost(**facts, sources=(b"one", b"two"))
        world.provider.made(kind=kind, prompt=facts["prompt"])
        await world.tracker.tick()
        assert await world.state(job) is JobState.SUBMITTING
        world.clock.advance(seconds=GIVE_UP_AFTER.total_seconds() + 1)
        await world.tracker.tick()
        assert await world.state(job) is JobState.FAILED
        assert await world.used() == (0, 0, 0)


class TestDescriptions:
    async def test_its_prompts_become_buttons_in_front_of_the_provider_s(self, world: World) -> None:
        job = await described(world)
        assert (job.state, job.suggestions) == (JobState.SUCCEEDED, PROMPTS)
        assert [action.shown_emoji for action in job.actions] == ["1️⃣", "2️⃣", "3️⃣", "4️⃣"]
        assert (job.look_up_at, job.thumbnail_due) == (None, False)

    async def test_a_button_imagines_its_prompt_as_it_stands_and_the_presser_pays(self, world: World) -> None:
        job = await described(world)
        found, action = await world.press.look(job.id, 0, BOB, job.channel_id)
        child = (await world.press.admit(found, action, BOB, job.channel_id, "token")).job
        assert (child.kind, child.prompt, child.price) == (JobKind.IMAGINE, PROMPTS[0], 2)
        assert (child.account, child.parent_id, child.parent_message_id) == (BOB, job.id, job.message_id)
        await world.submit.card_sent(child.id, 99)
        await world.submit.start(child)
        assert world.provider.asked("imagine") == [("imagine", PROMPTS[0], Speed.FAST)]

    async def test_there_are_as_many_buttons_as_prompts(self, world: World) -> None:
        job = await described(world, PROMPTS[:2])
        assert len(job.actions) == 2
        with pytest.raises(NotOffered):
            await world.press.look(job.id, 2, ALICE, job.channel_id)


class TestThumbnails:
    async def test_a_finished_picture_leaves_one(self, world: World) -> None:
        job = await world.finished()
        assert job.thumbnail_due
        await world.draw()
        assert world.storage.state.thumbnails == {job.id: b"thumbnail pppppppp"}
        assert not (await world.job(job.id)).thumbnail_due

    async def test_also_when_its_card_was_deleted_meanwhile(self, world: World) -> None:
        job = await world.running()
        async with world.storage.write() as uow:
            await uow.jobs.drop_card(job.id, job.message_id)
            await uow.commit()
        await finish(world, job, thumbnail_due=True)
        world.pictures.failures = [PictureUnavailable("404")]
        await world.draw()
        assert world.storage.state.thumbnails == {}
        world.clock.advance(seconds=6)
        await world.draw()
        assert list(world.storage.state.thumbnails) == [job.id]
        world.clock.advance(hours=1)
        await world.draw()
        assert (len(world.pictures.asked), world.cards.done) == (2, [])

    async def test_it_is_given_up_after_an_hour_of_tries(self, world: World) -> None:
        job = await world.running()
        async with world.storage.write() as uow:
            await uow.jobs.drop_card(job.id, job.message_id)
            await uow.commit()
        await finish(world, job, thumbnail_due=True)
        world.pictures.failures = [PictureUnavailable("404")] * 50
        for _ in range(20):
            await world.draw()
            world.clock.advance(minutes=11)
        assert len(world.pictures.asked) == 13
        assert not (await world.job(job.id)).thumbnail_due
        assert not await owes(world, job)

    async def test_a_link_that_appears_late_brings_one(self, world: World) -> None:
        job = await world.running()
        say(world, job, state=TaskState.SUCCEEDED, source_url=None, lasting_url=None)
        await world.tracker.tick()
        assert not (await world.job(job.id)).thumbnail_due
        say(world, job, lasting_url=LASTING)
        world.clock.advance(minutes=1)
        await world.tracker.tick()
        await world.draw()
        assert list(world.storage.state.thumbnails) == [job.id]

    async def test_links_name_the_lasting_one_first(self, world: World) -> None:
        job = await finish(world, await world.running(), lasting_url=LASTING)
        assert job.links == (LASTING, LINK)
