"""A member's history: what a page and an opened job hold, where the picture comes from, running again, deleting."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.action import AGAIN, Action
from bot.domain.errors import (
    CardError,
    CardForbidden,
    CardGone,
    CardRefused,
    CardUndelivered,
    DirectMessagesClosed,
    NotOffered,
    OutOfCredits,
    PictureUnavailable,
    Refusal,
)
from bot.domain.history import EVERYTHING, Filters
from bot.domain.image_models import ImageOptions
from bot.domain.job import Account, Job, JobKind, JobState, Speed
from bot.domain.ports import Picture
from bot.domain.quota import Limits
from bot.services.history import SMALL_PICTURE, Page, Remains, Shown
from tests.services.steps import finish
from tests.services.world import ALICE, BOB, CHANNEL, LASTING, LINK, U1, V1, World

MakeWorld = Callable[..., World]
DIRECT = Account(0, ALICE.member_id)
OPTIONS = ImageOptions("dall-e-3", "1024x1024", "hd", "vivid", 1)
UNKNOWN = "I do not find this one in your history"
MUCH = 100_000


def on_card(world: World, job: Job, *pictures: Picture, channel_id: int | None = None) -> None:
    """What Discord has in the job's card."""
    assert job.message_id is not None
    world.cards.messages[channel_id or job.channel_id, job.message_id] = list(pictures)


def picture(name: str = "picture.png", data: bytes = b"from the card") -> Picture:
    return Picture(data, name, 64, 48)


async def write(world: World, part: str, method: str, *values: Any) -> None:
    async with world.storage.write() as uow:
        await getattr(getattr(uow, part), method)(*values)
        await uow.commit()


class TestPage:
    def ids(self, page: Page) -> list[int]:
        return [job.id for job in page.jobs]

    async def test_nothing_is_an_empty_page(self, world: World) -> None:
        assert await world.history.page(ALICE, EVERYTHING) == Page((), {}, newer=False, older=False)

    async def test_pages_lead_from_one_to_the_next_and_back(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(account=100), most_queued=100)
        for _ in range(20):
            await world.admitted()
        first = await world.history.page(ALICE, EVERYTHING)
        assert (self.ids(first), first.newer, first.older) == ([*range(20, 11, -1)], False, True)
        second = await world.history.page(ALICE, EVERYTHING, before=12)
        assert (self.ids(second), second.newer, second.older) == ([*range(11, 2, -1)], True, True)
        await world.admitted()
        third = await world.history.page(ALICE, EVERYTHING, before=3)
        assert (self.ids(third), third.newer, third.older) == ([2, 1], True, False)
        assert await world.history.page(ALICE, EVERYTHING, after=2) == second

    async def test_the_way_back_ends_at_a_whole_first_page(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(account=100), most_queued=100)
        for _ in range(12):
            await world.admitted()
        assert self.ids(await world.history.page(ALICE, EVERYTHING, after=9)) == [*range(12, 3, -1)]

    async def test_neighbours_are_looked_for_within_the_filters(self, world: World) -> None:
        await world.admitted()
        await world.admitted(kind=JobKind.DALLE, image=OPTIONS)
        await world.admitted()
        page = await world.history.page(ALICE, Filters(kind=JobKind.DALLE))
        assert (self.ids(page), page.newer, page.older) == ([2], False, False)

    async def test_thumbnails_come_with_the_jobs_that_have_one(self, world: World) -> None:
        first, second = await world.finished(), await world.finished()
        await write(world, "pictures", "keep_thumbnail", second.id, b"small")
        page = await world.history.page(ALICE, EVERYTHING)
        assert self.ids(page) == [second.id, first.id]
        assert page.thumbnails == {second.id: b"small"}


class TestOpen:
    async def test_relatives_are_one_s_own(self, world: World) -> None:
        parent = await world.finished()
        job = await world.finished(parent_id=parent.id, kind=JobKind.PRESS, pressed=V1)
        mine = await world.finished(parent_id=job.id, kind=JobKind.PRESS, pressed=U1)
        await world.admitted(account=BOB, parent_id=job.id, kind=JobKind.PRESS, pressed=V1)
        opened = await world.history.open(ALICE, job.id)
        assert (opened.job, opened.parent, opened.children) == (job, parent, (mine,))

    async def test_another_s_card_is_linked_but_not_listed(self, world: World) -> None:
        parent = await world.finished(account=BOB)
        job = await world.finished(parent_id=parent.id, kind=JobKind.PRESS, pressed=V1, parent_message_id=5001)
        opened = await world.history.open(ALICE, job.id)
        assert (opened.parent, opened.job.parent_message_id) == (None, 5001)

    async def test_a_deleted_parent_is_neither(self, world: World) -> None:
        parent = await world.finished(account=BOB)
        job = await world.finished(parent_id=parent.id, kind=JobKind.PRESS, pressed=V1, parent_message_id=5001)
        await world.history.delete(BOB, parent.id)
        opened = await world.history.open(ALICE, job.id)
        assert (opened.parent, opened.job.parent_message_id, opened.again_price) == (None, None, None)

    @pytest.mark.parametrize("viewer", [BOB, Account(2, ALICE.member_id), Account(0, BOB.member_id)])
    async def test_what_is_another_s_or_elsewhere_is_unknown(self, world: World, viewer: Account) -> None:
        job = await world.finished()
        for ask in (world.history.open, world.history.check_deletable, world.history.delete):
            with pytest.raises(NotOffered, match=UNKNOWN):
                await ask(viewer, job.id)
        with pytest.raises(NotOffered, match=UNKNOWN):
            await world.history.again(viewer, job.id, CHANNEL, "token")
        assert await world.job(job.id) == job

    async def test_direct_messages_open_what_was_made_in_a_server(self, world: World) -> None:
        job = await world.finished()
        assert (await world.history.open(DIRECT, job.id)).job == job


class TestPictures:
    async def test_the_card_is_asked_first(self, world: World) -> None:
        job = await world.finished()
        on_card(world, job, picture())
        assert await world.history.pictures(ALICE, job, MUCH) == Shown((picture(),))
        assert world.pictures.asked == []

    async def test_the_view_of_its_sources_is_told_from_its_result(self, world: World) -> None:
        job = await world.finished(source_picture="source.webp")
        on_card(world, job, picture("source.webp"), picture())
        assert await world.history.pictures(ALICE, job, MUCH) == Shown((picture(),), picture("source.webp"))

    async def test_a_posted_copy_stands_in_for_a_card_that_is_gone(self, world: World) -> None:
        job = await world.finished()
        await write(world, "jobs", "note_post", job.id, 200, 7)
        await write(world, "jobs", "note_post", job.id, 300, 8)
        world.cards.messages[200, 7] = [picture()]
        assert await world.history.pictures(ALICE, job, MUCH) == Shown((picture(),))

    @pytest.mark.parametrize("error", [CardGone(""), CardForbidden(""), CardUndelivered("")])
    async def test_without_a_card_the_links_are_tried_the_lasting_one_first(
        self, world: World, error: CardError
    ) -> None:
        job = replace(await world.finished(), lasting_url=LASTING)
        world.cards.failures["attached"] = [error]
        shown = await world.history.pictures(ALICE, job, MUCH)
        assert world.pictures.asked == [((LASTING, LINK), MUCH)]
        assert ([each.filename for each in shown.results], shown.only_small) == (["picture.png"], False)

    async def test_a_posted_thumbnail_is_not_taken_for_the_picture(self, world: World) -> None:
        job = await world.finished()
        on_card(world, job, picture(SMALL_PICTURE))
        await world.history.pictures(ALICE, job, MUCH)
        assert len(world.pictures.asked) == 1

    async def test_dalle_s_stored_results_are_next(self, world: World) -> None:
        job = await finish(world, await world.running(kind=JobKind.IMAGINE), source_url=None)
        job = replace(job, kind=JobKind.DALLE, image=OPTIONS)
        await write(world, "pictures", "keep_results", job.id, [b"one", b"two"])
        shown = await world.history.pictures(ALICE, job, MUCH)
        assert [each.data for each in shown.results] == [b"one", b"two"]

    async def test_in_the_end_there_is_the_thumbnail(self, world: World) -> None:
        job = await world.finished()
        await write(world, "pictures", "keep_thumbnail", job.id, b"small")
        world.pictures.failures = [PictureUnavailable("dead")]
        shown = await world.history.pictures(ALICE, job, MUCH)
        assert shown == Shown((Picture(b"small", SMALL_PICTURE, 0, 0),), only_small=True)

    async def test_or_nothing(self, world: World) -> None:
        job = await world.finished()
        world.pictures.failures = [PictureUnavailable("dead")]
        assert await world.history.pictures(ALICE, job, MUCH) == Shown()

    async def test_of_a_description_the_described_picture_is_shown(self, world: World) -> None:
        job = await finish(world, await world.running(), source_url=None)
        job = replace(job, kind=JobKind.DESCRIBE, source_picture="source.webp")
        await write(world, "pictures", "keep_thumbnail", job.id, b"small")
        shown = await world.history.pictures(ALICE, job, MUCH)
        assert shown == Shown(source=Picture(b"small", SMALL_PICTURE, 0, 0))
        on_card(world, job, picture("source.webp"))
        assert await world.history.pictures(ALICE, job, MUCH) == Shown(source=picture("source.webp"))

    async def test_what_has_not_ended_has_no_picture(self, world: World) -> None:
        job = await world.running(thumbnail=b"small")
        assert await world.history.pictures(ALICE, job, MUCH) == Shown()
        assert world.pictures.asked == []

    async def test_all_of_them_fit_together(self, world: World) -> None:
        job = await world.finished(source_picture="source.webp")
        on_card(world, job, picture("source.webp", b"s" * 10), *(picture(f"{n}.png", b"x" * 60) for n in range(2)))
        shown = await world.history.pictures(ALICE, job, 110)
        assert [len(each.data) for each in shown.results] == [50, 50]
        assert len({each.filename for each in shown.results}) == 2
        world.pictures.failures = [PictureUnavailable("it cannot be made small enough")]
        await world.history.pictures(ALICE, job, 110)
        assert world.pictures.asked == [((LINK,), 100)]


class TestAgain:
    async def again(self, world: World, job: Job, viewer: Account = ALICE, channel_id: int = 300) -> Job:
        admission = await world.history.again(viewer, job.id, channel_id, "new token")
        assert admission.fresh
        opened = await world.history.open(viewer, job.id)
        assert opened.again_price == admission.job.price
        return admission.job

    @pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED, JobState.EXPIRED])
    async def test_an_imagine_is_asked_once_more_at_today_s_price(self, world: World, state: JobState) -> None:
        job = await finish(world, await world.running("a heron --ar 3:2", speed=Speed.NORMAL, price=7), state)
        new = await self.again(world, job)
        assert (new.kind, new.prompt, new.speed, new.price) == (JobKind.IMAGINE, "a heron --ar 3:2", Speed.NORMAL, 1)
        assert (new.account, new.channel_id, new.token) == (ALICE, 300, "new token")
        assert (new.parent_id, new.pressed, new.parent_message_id) == (job.id, AGAIN, None)

    async def test_dalle_is_asked_for_the_same(self, world: World) -> None:
        job = await finish(world, await world.running(kind=JobKind.IMAGINE))
        world.storage.state.jobs[job.id] = replace(job, kind=JobKind.DALLE, image=OPTIONS, price=4)
        new = await self.again(world, job, channel_id=CHANNEL)
        assert (new.kind, new.image, new.price) == (JobKind.DALLE, OPTIONS, 4)
        assert new.parent_message_id == job.message_id

    async def test_a_button_is_pressed_once_more_on_its_own_picture(self, world: World) -> None:
        parent = await world.finished(account=BOB)
        job = await world.finished(parent_id=parent.id, kind=JobKind.PRESS, pressed=V1, price=9)
        world.clock.advance(seconds=10)
        new = await self.again(world, job)
        assert (new.kind, new.parent_id, new.pressed, new.price) == (JobKind.PRESS, parent.id, V1, 2)
        assert new.parent_message_id is None
        assert (await world.used())[0] == 9 + 2

    async def test_a_double_click_is_one(self, world: World) -> None:
        job = await world.finished()
        new = await self.again(world, job)
        again = await world.history.again(ALICE, job.id, 300, "token")
        assert (again.fresh, again.job.id) == (False, new.id)
        world.clock.advance(seconds=4)
        assert (await world.history.again(ALICE, job.id, 300, "token")).fresh

    async def refused(self, world: World, job: Job) -> None:
        assert (await world.history.open(ALICE, job.id)).again_price is None
        before = await world.used()
        with pytest.raises(NotOffered, match="cannot be run again"):
            await world.history.again(ALICE, job.id, CHANNEL, "token")
        assert await world.used() == before

    @pytest.mark.parametrize(
        "changes",
        [
            {"kind": JobKind.BLEND},
            {"kind": JobKind.DESCRIBE},
            {"source_picture": "source.webp"},
            {"state": JobState.RUNNING},
            {"kind": JobKind.PRESS, "pressed": U1, "parent_id": 1},
            {"kind": JobKind.PRESS, "pressed": Action("MJ::CustomZoom::uuid"), "parent_id": 1},
            {"kind": JobKind.PRESS, "pressed": V1, "parent_id": None},
        ],
        ids=["blend", "describe", "with a reference", "under way", "a pick", "needs a form", "no parent"],
    )
    async def test_what_is_not_kept_or_needs_no_repeat_is_not_offered(
        self, world: World, changes: dict[str, Any]
    ) -> None:
        await world.finished()
        job = await world.finished()
        world.storage.state.jobs[job.id] = replace(job, **changes)
        await self.refused(world, job)

    async def test_a_reference_is_remembered_when_the_card_is_gone(self, world: World) -> None:
        job = await world.finished(source_picture="source.webp")
        await write(world, "jobs", "drop_card", job.id, job.message_id)
        await self.refused(world, await world.job(job.id))

    async def test_nor_is_a_button_of_a_deleted_picture_or_one_that_the_service_dropped(self, world: World) -> None:
        parent = await world.finished()
        job = await world.finished(parent_id=parent.id, kind=JobKind.PRESS, pressed=V1)
        world.provider.unsupported = {V1.custom_id}
        await self.refused(world, job)
        world.provider.unsupported = set()
        await world.history.delete(ALICE, parent.id)
        await self.refused(world, job)

    async def test_limits_hold(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(account=3))
        job = await world.finished()
        with pytest.raises(OutOfCredits):
            await world.history.again(ALICE, job.id, CHANNEL, "token")
        with pytest.raises(DirectMessagesClosed):
            await world.history.again(DIRECT, job.id, CHANNEL, "token")


class TestPost:
    async def post(self, world: World, job: Job, viewer: Account = ALICE, channel_id: int = CHANNEL) -> int:
        async with world.history.posting(viewer, job.id, channel_id) as found:
            return found.id

    async def test_a_second_click_is_no_second_post(self, world: World) -> None:
        job = await world.finished()
        assert await self.post(world, job) == job.id
        with pytest.raises(Refusal, match="just been posted"):
            await self.post(world, job)
        assert await self.post(world, job, channel_id=CHANNEL + 1) == job.id
        world.clock.advance(seconds=11)
        assert await self.post(world, job) == job.id

    async def test_what_came_to_nothing_may_be_tried_at_once(self, world: World) -> None:
        job = await world.finished()
        with pytest.raises(LookupError):
            async with world.history.posting(ALICE, job.id, CHANNEL):
                raise LookupError
        assert await self.post(world, job) == job.id

    async def test_who_is_blocked_posts_nothing(self, world: World) -> None:
        job = await world.finished()
        await write(world, "quotas", "set_block", ALICE, True, "spam")
        with pytest.raises(Refusal, match="blocked from making and posting"):
            await self.post(world, job)

    async def test_nor_does_anyone_but_its_owner(self, world: World) -> None:
        job = await world.finished()
        with pytest.raises(NotOffered):
            await self.post(world, job, BOB)


class TestDelete:
    async def test_card_posts_and_content_go_and_the_credits_stay_spent(self, world: World) -> None:
        job = await world.finished()
        on_card(world, job, picture())
        await write(world, "jobs", "note_post", job.id, 200, 7)
        world.cards.messages[200, 7] = [picture()]
        used = await world.used()
        assert await world.history.delete(ALICE, job.id) == Remains()
        assert world.cards.messages == {}
        gone = await world.job(job.id)
        assert (gone.deleted, gone.prompt, gone.links, gone.actions, gone.price) == (True, "", (), (), job.price)
        assert await world.used() == used
        with pytest.raises(NotOffered, match=UNKNOWN):
            await world.history.open(ALICE, job.id)

    async def test_nothing_is_drawn_or_looked_up_for_it_any_more(self, world: World) -> None:
        job = await world.finished()
        await world.history.delete(ALICE, job.id)
        before = len(world.provider.calls)
        world.clock.advance(hours=2)
        await world.tracker.tick()
        await world.draw()
        assert len(world.provider.calls) == before
        assert world.cards.jobs() == []

    async def test_its_buttons_are_refused_afterwards(self, world: World) -> None:
        job = await world.finished()
        await world.history.delete(ALICE, job.id)
        with pytest.raises(NotOffered):
            await world.press.look(job.id, 0, BOB, CHANNEL)

    async def test_a_pick_may_be_made_anew_after_it_was_deleted(self, world: World) -> None:
        parent = await world.finished()
        first = (await world.press.admit(parent, U1, ALICE, CHANNEL, "token")).job
        await world.submit.card_sent(first.id, 5000 + first.id)
        await world.submit.start(first)
        await finish(world, await world.job(first.id))
        await world.history.delete(ALICE, first.id)
        second = await world.press.admit(parent, U1, BOB, CHANNEL, "token")
        assert second.fresh

    async def test_what_was_deleted_while_it_was_posted_is_not_posted(self, world: World) -> None:
        job = await world.finished()
        assert await world.history.posted(ALICE, job, 200, 7) is True
        world.cards.messages[200, 7] = []
        await world.history.delete(ALICE, job.id)
        assert await world.history.posted(ALICE, job, 200, 8) is False
        assert world.storage.state.posts == frozenset()

    @pytest.mark.parametrize("error", [CardForbidden(""), CardRefused("")])
    async def test_a_message_that_stays_for_good_is_told(self, world: World, error: CardError) -> None:
        job = await world.finished()
        world.cards.failures["remove"] = [error]
        assert await world.history.delete(ALICE, job.id) == Remains((CHANNEL,))
        assert (await world.job(job.id)).deleted

    async def test_while_discord_fails_nothing_is_changed(self, world: World) -> None:
        job = await world.finished()
        world.cards.failures["remove"] = [CardUndelivered("503")]
        with pytest.raises(Refusal, match=r"nothing was changed\. Please try again in a minute"):
            await world.history.delete(ALICE, job.id)
        assert await world.job(job.id) == job
        assert await world.history.delete(ALICE, job.id) == Remains()

    async def test_what_is_under_way_is_not_deleted(self, world: World) -> None:
        for job in (await world.admitted(), await world.running()):
            for ask in (world.history.check_deletable, world.history.delete):
                with pytest.raises(Refusal, match="still under way"):
                    await ask(ALICE, job.id)
        assert world.cards.jobs("remove") == []

    async def test_a_refunded_job_is_refunded_once(self, world: World) -> None:
        job = await world.admitted()
        await world.submit.abandon(job.id)
        await world.history.delete(ALICE, job.id)
        assert await world.used() == (0, 0, 0)

    async def test_from_direct_messages_a_server_s_job_can_be_deleted(self, world: World) -> None:
        job = await world.finished()
        await world.history.delete(DIRECT, job.id)
        assert (await world.job(job.id)).deleted
