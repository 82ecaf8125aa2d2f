"""Services that answer only when they are done: a few at once, and nobody pays for an answer that never came."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.domain.action import AGAIN, IMAGINE_THIS, TRY_AGAIN
from bot.domain.errors import (
    BalanceUsedUp,
    BotError,
    ContentRefused,
    NonsenseAnswer,
    PicturesLost,
    ProviderBusy,
    ProviderUnreachable,
    RequestRefused,
)
from bot.domain.image_models import ImageOptions
from bot.domain.job import Account, Job, JobKind, JobState
from tests.services.world import ALICE, World, settle

OPTIONS = ImageOptions("dall-e-2", "1024x1024", None, None, 3)
SERVICE = {"service": "The image service"}


async def asked(world: World, account: Account = ALICE) -> Job:
    """A job of the kind DALLE, whose call has begun if there was room."""
    job = await world.admitted(account=account, kind=JobKind.DALLE, image=OPTIONS, price=3)
    await world.submit.start(job)
    await settle()
    return await world.job(job.id)


async def results(world: World, job: Job) -> list[bytes]:
    async with world.storage.read() as uow:
        return await uow.pictures.results(job.id)


class TestDone:
    async def test_the_answer_is_kept_until_the_card_shows_it(self, world: World) -> None:
        job = await asked(world)
        assert world.generator.calls == [("a heron", OPTIONS)]
        assert (job.state, job.actions) == (JobState.SUCCEEDED, (AGAIN, IMAGINE_THIS))
        assert (job.suggestions, job.thumbnail_due) == (("a heron, revised",), True)
        assert await results(world, job) == [b"image 0", b"image 1", b"image 2"]
        await world.draw()
        assert world.cards.albums == [["picture-1.png", "picture-2.png", "picture-3.png"]]
        shown = await world.job(job.id)
        assert (shown.pictures, shown.thumbnail_due) == (tuple(world.cards.albums[0]), False)
        assert await results(world, job) == []
        assert await world.used() == (3, 3, 3)

    async def test_several_pictures_share_the_upload_limit(self, world: World) -> None:
        world.cards.limit = 12
        await asked(world)
        await world.draw()
        [(_, _, picture)] = world.cards.done
        assert picture is not None
        assert len(picture.data) == 4

    async def test_what_did_not_come_is_not_paid_for(self, world: World) -> None:
        world.generator.count = 2
        job = await asked(world)
        assert (job.state, job.price, len(await results(world, job))) == (JobState.SUCCEEDED, 2, 2)
        assert await world.used() == (2, 2, 2)

    async def test_without_a_revised_prompt_there_is_none(self, world: World) -> None:
        world.generator.revised_prompt = None
        assert (await asked(world)).suggestions == ()

    async def test_the_card_says_that_it_is_being_painted(self, world: World) -> None:
        world.generator.busy = asyncio.Event()
        job = await asked(world)
        assert (job.state, job.attempted_at) == (JobState.SUBMITTING, world.clock())
        assert job.shown < job.revision


class TestRoom:
    async def test_no_more_calls_than_allowed_go_on_at_once(self, world: World) -> None:
        world.generator.busy = asyncio.Event()
        jobs = [await asked(world, Account(1, n)) for n in range(6)]
        assert [job.state for job in jobs] == [JobState.SUBMITTING] * 4 + [JobState.QUEUED] * 2
        world.generator.busy.set()
        await settle()
        await world.tracker.tick()
        await settle()
        assert {await world.state(job) for job in jobs} == {JobState.SUCCEEDED}
        assert len(world.generator.calls) == 6

    async def test_they_count_as_running_pictures_of_their_member(self, world: World) -> None:
        for _ in range(3):
            await world.running()
        job = await asked(world)
        assert (job.state, world.generator.calls) == (JobState.QUEUED, [])

    async def test_they_do_not_hold_up_midjourney(self, world: World) -> None:
        world.generator.busy = asyncio.Event()
        for n in range(6):
            await asked(world, Account(1, n))
        assert (await world.running()).state is JobState.RUNNING

    async def test_nor_does_midjourney_hold_them_up(self, world: World) -> None:
        world.generator.busy = asyncio.Event()
        jobs = [await asked(world, Account(1, n)) for n in range(6)]
        for _ in range(2):
            await world.running()
        world.provider.down = ProviderUnreachable("down")
        world.generator.busy.set()
        await settle()
        await world.tracker.tick()
        await settle()
        assert {await world.state(job) for job in jobs} == {JobState.SUCCEEDED}

    async def test_nobody_looks_for_their_tasks(self, world: World) -> None:
        world.generator.busy = asyncio.Event()
        job = await asked(world)
        world.clock.advance(minutes=3)
        await world.tracker.tick()
        assert world.provider.asked("recent") == []
        assert await world.state(job) is JobState.SUBMITTING


class TestTrouble:
    @pytest.mark.parametrize(
        ("error", "failure", "actions"),
        [
            (ContentRefused("400"), "safety filter", ()),
            (BalanceUsedUp("400"), "used up", (TRY_AGAIN,)),
            (NonsenseAnswer("html", **SERVICE), "do not understand", (TRY_AGAIN,)),
            (ProviderUnreachable("timeout", may_have_arrived=True, **SERVICE), "gave no answer", (TRY_AGAIN,)),
            (RequestRefused("The image service says: No."), "says: No", (TRY_AGAIN,)),
            (PicturesLost("404"), "cannot be fetched or read", (TRY_AGAIN,)),
        ],
        ids=lambda each: type(each).__name__ if isinstance(each, BotError) else None,
    )
    async def test_what_does_not_pass_fails_and_is_refunded(
        self, world: World, error: BotError, failure: str, actions: Any
    ) -> None:
        world.generator.failures = [error]
        job = await asked(world)
        assert (job.state, job.actions) == (JobState.FAILED, actions)
        assert failure in (job.failure or "")
        assert "Midjourney" not in (job.failure or "")
        assert await world.used() == (0, 0, 0)

    @pytest.mark.parametrize(
        "error",
        [ProviderBusy("429", 20, **SERVICE), ProviderUnreachable("refused", may_have_arrived=False, **SERVICE)],
        ids=["busy", "not sent"],
    )
    async def test_what_may_pass_goes_back_in_line_and_is_tried_again(self, world: World, error: BotError) -> None:
        world.generator.failures = [error]
        job = await asked(world)
        assert job.state is JobState.QUEUED
        await world.tracker.tick()
        await settle()
        assert len(world.generator.calls) == 1  # it is too early
        world.clock.advance(seconds=21)
        await world.tracker.tick()
        await settle()
        assert await world.state(job) is JobState.SUCCEEDED
        assert await world.used() == (3, 3, 3)

    async def test_a_card_says_once_that_the_service_takes_nothing(self, world: World) -> None:
        world.generator.failures = [ProviderBusy("429", 20, **SERVICE)] * 4
        job = await asked(world)
        for _ in range(3):
            world.clock.advance(seconds=21)
            for _ in range(2):
                await world.tracker.tick()
                await settle()
        assert len(world.generator.calls) == 4
        now = await world.job(job.id)
        assert (now.state, now.attempts, now.place) == (JobState.QUEUED, 4, 1)
        assert now.revision == job.revision + 1, "its place alone has changed"

    async def test_a_restart_in_mid_call_fails_with_a_refund_and_a_way_to_try_again(self, world: World) -> None:
        world.generator.busy = asyncio.Event()
        job = await asked(world)
        await world.generate.close()
        assert await world.state(job) is JobState.SUBMITTING
        world.restart()
        await world.tracker.tick()
        failed = await world.job(job.id)
        assert (failed.state, failed.actions) == (JobState.FAILED, (TRY_AGAIN,))
        assert "interrupted" in (failed.failure or "")
        assert await world.used() == (0, 0, 0)

    async def test_one_whose_card_was_deleted_does_not_wait_for_ever(self, world: World) -> None:
        world.generator.failures = [ProviderBusy("429", 20, **SERVICE)]
        job = await asked(world)
        async with world.storage.write() as uow:
            await uow.jobs.drop_card(job.id, job.message_id)
            await uow.commit()
        world.clock.advance(minutes=3)
        await world.tracker.tick()
        assert await world.state(job) is JobState.CANCELLED
        assert await world.used() == (0, 0, 0)

    async def test_a_task_that_breaks_leaves_no_job_behind(self, world: World, errors: Any) -> None:
        world.generator.failures = [KeyError("a fault of ours")]
        job = await asked(world)
        assert [record.message for record in errors.take()] == [f"job {job.id} could not be painted this time"]
        assert (job.state, job.actions) == (JobState.FAILED, (TRY_AGAIN,))
        assert "on my side" in (job.failure or "")
        assert await world.used() == (0, 0, 0)

    async def test_closing_waits_for_no_call(self, make_world: Callable[..., World]) -> None:
        world = make_world()
        world.generator.busy = asyncio.Event()
        await asked(world)
        await world.generate.close()
        await world.submit.drain()
        assert not [task for task in asyncio.all_tasks() if "generate" in task.get_name()]


class TestButtons:
    async def test_again_makes_its_like_and_imagine_this_goes_to_midjourney(self, world: World) -> None:
        parent = await asked(world)
        for index, kind, prompt, price in (
            (0, JobKind.DALLE, "a heron", 3),
            (1, JobKind.IMAGINE, "a heron, revised", 2),
        ):
            found, action = await world.press.look(parent.id, index, ALICE, parent.channel_id)
            job = (await world.press.admit(found, action, ALICE, parent.channel_id, "t")).job
            assert (job.kind, job.prompt, job.parent_id) == (kind, prompt, parent.id)
            assert job.image == (OPTIONS if kind is JobKind.DALLE else None)
            assert job.price == price

    async def test_what_failed_may_be_tried_again(self, world: World) -> None:
        world.generator.failures = [NonsenseAnswer("html")]
        parent = await asked(world)
        found, action = await world.press.look(parent.id, 0, ALICE, parent.channel_id)
        job = (await world.press.admit(found, action, ALICE, parent.channel_id, "t")).job
        assert (job.kind, job.image, job.state) == (JobKind.DALLE, OPTIONS, JobState.QUEUED)
