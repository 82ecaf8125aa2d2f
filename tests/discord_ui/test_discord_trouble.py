"""Every trouble of Discord, wherever it can strike: what the member reads, what becomes of job and credits."""

from datetime import timedelta
from types import SimpleNamespace

import discord
import pytest

from bot.discord_ui import delivery, failures
from bot.domain.errors import CardForbidden, CardGone, CardRefused, CardTooLarge, CardUndelivered
from bot.domain.job import JobState
from bot.services import recover
from tests.discord_ui.conftest import OFTEN, Card
from tests.discord_ui.test_history import history, seed, stored, told
from tests.discord_ui.trouble import DISCONNECTED, RATE_LIMITED, STATUS, hang, strike, struck

CALLBACK = "/interactions/*/callback"
FOLLOW_UP = "/webhooks/*/*"
ORIGINAL = "/webhooks/*/messages/@original"
POST = "/channels/*/messages"
DELETION = "/channels/*/messages/*"

TOLD = {
    10062: None,
    50027: None,
    10015: None,
    10003: failures.NOT_HERE,
    50001: failures.NOT_HERE,
    50013: failures.NOT_HERE,
    50083: failures.NOT_HERE,
    10008: failures.CLOSED,
    40005: failures.TOO_MUCH,
    30046: failures.UNHEARD,
    429: failures.UNHEARD,
    RATE_LIMITED: failures.UNHEARD,
}
"""What Discord surely did not do, and what the member reads of it; None where nobody can be told any more."""

UNSURE = (500, DISCONNECTED)
"""Nobody knows whether Discord did it."""

PASSING = (429, 30046, RATE_LIMITED, *UNSURE)


def named(trouble):
    return str(trouble) if isinstance(trouble, int) else type(trouble).__name__


def answer(result):
    """The one private answer to a press or command; None without any."""
    found = [each for each in (result.response, *result.followups) if each is not None and each.content]
    assert len(found) <= 1
    assert all(each.ephemeral for each in found)
    return found[0].content if found else None


@pytest.fixture
def quick(monkeypatch):
    """Waits of minutes are over in a moment."""
    monkeypatch.setattr(recover, "CARD_OVERDUE", timedelta(seconds=2))
    monkeypatch.setattr(delivery, "OLD_MESSAGE_WAIT", 1.0)


class TestTheFirstAnswer:
    async def test_a_card_that_discord_refuses_costs_nothing(self, world):
        for number, (trouble, sentence) in enumerate(TOLD.items(), 1):
            strike(world, "POST", CALLBACK, trouble)
            result = await world.alice.slash(world.channel, "imagine", prompt="a cat")
            assert answer(result) == sentence, trouble
            assert (await stored(world, number)).state is JobState.CANCELLED, trouble
        assert await world.left(world.alice) == 50
        assert not list(world.service._tasks.newest_first()), "nothing is asked of the service for a job without a card"

    async def test_a_card_whose_answer_is_lost_is_found_and_finished(self, world, quick):
        for trouble in (40060, *UNSURE):
            with struck("POST", CALLBACK, trouble, times=1, after=True):
                await world.alice.slash(world.channel, "imagine", prompt="a cat")
        cards = [Card(world, each.channel.id, each.id) for each in world.channel.history() if each.components]
        assert len(cards) == 3
        await world.until(lambda: all("done" in card.text for card in cards))
        assert await world.left(world.alice) == 44

    async def test_one_that_was_never_posted_costs_nothing(self, world, quick):
        for trouble in (40060, *UNSURE):
            strike(world, "POST", CALLBACK, trouble)
            await world.alice.slash(world.channel, "imagine", prompt="a cat")
        await world.pass_time(4)
        assert {(await stored(world, number)).state for number in (1, 2, 3)} == {JobState.CANCELLED}
        assert await world.left(world.alice) == 50


class TestAPress:
    async def test_one_that_cannot_be_acknowledged_makes_nothing(self, world):
        grid = await world.finished(world.alice)
        for trouble in (40060, *UNSURE, *TOLD):
            strike(world, "POST", CALLBACK, trouble)
            result = await world.alice.click(grid.message, custom_id=grid.buttons["V1"])
            assert answer(result) == (TOLD.get(trouble) if trouble in (40060, *TOLD) else failures.UNHEARD), trouble
        assert await stored(world, 2) is None
        assert await world.left(world.alice) == 48

    async def test_a_follow_up_that_discord_refuses_costs_nothing(self, world):
        grid = await world.finished(world.alice)
        for number, (trouble, sentence) in enumerate(TOLD.items(), 2):
            strike(world, "POST", FOLLOW_UP, trouble)
            assert answer(await world.press(world.alice, grid, "V1")) == sentence, trouble
            assert (await stored(world, number)).state is JobState.CANCELLED, trouble
        assert await world.left(world.alice) == 48

    async def test_a_follow_up_whose_answer_is_lost_is_found_and_finished(self, world, quick):
        grid = await world.finished(world.alice)
        for trouble, button in zip(UNSURE, ("V1", "V2"), strict=True):
            with struck("POST", FOLLOW_UP, trouble, times=1, after=True):
                assert answer(await world.press(world.alice, grid, button)) is None, "there is nothing to tell"
        messages = [each for each in world.channel.history() if each.components and each.id != grid.id]
        cards = [Card(world, each.channel.id, each.id) for each in messages]
        assert len(cards) == 2
        await world.until(lambda: all("done" in card.text for card in cards))
        assert await world.left(world.alice) == 44

    async def test_an_earlier_card_counts_as_there_unless_discord_says_that_it_is_gone(self, world):
        await world.imagine(world.alice)
        job = await stored(world, 1)
        for trouble in (*TOLD, *UNSURE):
            strike(world, "GET", DELETION, trouble)
            assert await world.bot.services.cards.exists(job) is (trouble not in (10003, 10008)), trouble


class TestEdits:
    @pytest.mark.parametrize(
        ("trouble", "kind"),
        [
            (0, CardUndelivered),
            (401, delivery.TokenDied),
            (429, CardUndelivered),
            (30046, CardUndelivered),
            (500, CardUndelivered),
            (10015, delivery.TokenDied),
            (10062, delivery.TokenDied),
            (50027, delivery.TokenDied),
            (10008, CardGone),
            (10003, delivery.ChannelGone),
            (50083, delivery.ThreadArchived),
            (50001, CardForbidden),
            (50007, CardForbidden),
            (50013, CardForbidden),
            (403, CardForbidden),
            (40005, CardTooLarge),
            (413, CardTooLarge),
            (50035, CardRefused),
        ],
    )
    def test_each_code_has_its_meaning(self, trouble, kind):
        status = STATUS.get(trouble, trouble or 400)
        code = trouble if trouble in STATUS else 0
        response = SimpleNamespace(status=status, reason="")
        error = discord.HTTPException(response, {"code": code, "message": "x" * 9999})
        found = delivery._card_error(error)
        assert type(found) is kind
        assert len(str(found)) < 300

    @pytest.mark.parametrize("trouble", [429, RATE_LIMITED, 500, DISCONNECTED], ids=named)
    async def test_what_passes_is_waited_for(self, world, quick, trouble):
        card = await world.imagine(world.alice)
        with (
            struck("PATCH", "*", trouble, times=1, when=lambda body: "attachments" not in body) as progress,
            struck("PATCH", "*", trouble, times=1, when=lambda body: "attachments" in body) as final,
        ):
            await world.until(lambda: "done" in card.text and card.files, 90)
        assert (progress.count, final.count) == (1, 1)
        assert len(world.channel.history()) == 1

    async def test_a_card_that_is_older_than_an_hour_gets_its_end_when_discord_takes_it(self, world, quick):
        card = await world.imagine(world.alice)
        async with world.bot._storage.write() as uow:
            await uow.jobs.forget_tokens(world.now() + timedelta(minutes=15))
            await uow.commit()
        with struck("PATCH", POST + "/*", 30046, times=2) as faults:
            await world.until(lambda: "done" in card.text and card.files, 90)
        assert faults.count == 2

    @pytest.mark.parametrize("code", [10015, 50027, 10062])
    async def test_by_a_token_that_is_over_they_go_through_the_channel(self, world, code):
        card = await world.imagine(world.alice)
        with struck("PATCH", "/webhooks/*", code) as faults:
            await world.until(lambda: "done" in card.text)
        assert card.files
        assert faults.count == 1, "a dead token is tried once"

    async def test_a_deleted_card_is_not_posted_again_and_its_job_goes_on(self, world):
        await world.imagine(world.alice)
        with struck("PATCH", "*", 10008):
            await world.pass_time(10)
        job = await stored(world, 1)
        assert (job.state, job.message_id) == (JobState.SUCCEEDED, None)
        assert len(world.channel.history()) == 1
        assert world.alice.user.dm_channel.history() == []

    async def test_a_progress_edit_that_is_forbidden_ends_nothing(self, world):
        card = await world.imagine(world.alice)
        with struck("PATCH", "*", 50013, when=lambda body: "attachments" not in body):
            await world.until(lambda: "done" in card.text)
        assert card.files
        assert world.alice.user.dm_channel.history() == []

    async def test_a_card_that_discord_finds_invalid_says_in_plain_words_how_it_ended(self, world, caplog):
        card = await world.imagine(world.alice)
        with struck("PATCH", "*", 50035, when=lambda body: "attachments" in body) as faults:
            with struck("PATCH", "*", 500, times=1, when=lambda body: "does not take" in str(body)) as passing:
                await world.until(lambda: "done" in card.text)
            before = faults.count
            await world.pass_time(5)
        assert passing.count == 1
        assert faults.count == before, "the same card would be refused for ever"
        assert "**Finished**, but Discord does not take what belongs here. You find it in `/history`." in card.text
        assert "code 50035" in caplog.text
        caplog.clear()  # an operator has to hear of it
        page = await history(world, world.alice)
        await page.pick(1)
        assert page.files
        assert "U1" in page.buttons

    @OFTEN
    async def test_where_not_even_that_is_taken_the_result_is_kept_and_the_card_left_alone(self, world, caplog):
        await world.imagine(world.alice)
        with struck("PATCH", "*", 50035, when=lambda body: "%" not in str(body)) as faults:
            await world.until(lambda: faults.count == 2)
            await world.pass_time(5)
            assert faults.count == 2
        job = await stored(world, 1)
        assert (job.state, job.thumbnail_due) == (JobState.SUCCEEDED, False)
        caplog.clear()

    async def test_discord_may_be_silent_for_ever(self, world, monkeypatch):
        card = await world.imagine(world.alice)
        edit, silent = discord.Webhook.edit_message, [True]

        async def hanging(*arguments, **parts):
            if parts["attachments"] is not discord.utils.MISSING and silent:
                silent.clear()
                await hang(world)
            return await edit(*arguments, **parts)

        monkeypatch.setattr(discord.Webhook, "edit_message", hanging)
        monkeypatch.setattr(delivery, "LONGEST_EDIT", 0.1)
        await world.until(lambda: "done" in card.text)
        assert card.files
        assert not silent


class TestPlacesThatClose:
    @pytest.fixture
    async def thread(self, world):
        return world.env.backend.create_thread(world.channel.id, "corner", world.bot.user.id)

    @pytest.fixture
    async def card(self, world, thread):
        """It is in a thread that is archived while the job runs; nothing in it can be edited until it is opened."""
        (handle,) = world.channel.threads
        result = await world.alice.slash(handle, "imagine", prompt="a red barn")
        thread.thread_metadata.archived = True
        return Card(world, thread.id, result.response.id)

    @staticmethod
    def archived(thread):
        return struck("PATCH", "*/messages/*", 50083, when=lambda _: thread.thread_metadata.archived)

    async def test_an_archived_thread_is_opened_for_the_result(self, world, thread, card):
        with self.archived(thread):
            await world.until(lambda: "done" in card.text)
        assert not thread.thread_metadata.archived
        assert card.stored.attachments
        assert world.alice.user.dm_channel.history() == []

    async def test_where_it_may_not_be_opened_the_result_comes_by_direct_message_once(self, world, thread, card):
        inbox = world.alice.user.dm_channel
        with self.archived(thread), struck("PATCH", f"/channels/{thread.id}", 50013):
            await world.until(inbox.history)
            assert len(inbox.history()[0].attachments) == 1
            thread.thread_metadata.archived = False
            await world.pass_time(5)
        assert len(inbox.history()) == 1
        assert (await stored(world, 1)).state is JobState.SUCCEEDED

    @pytest.mark.parametrize("settings", [{"max_running_per_member": 1}])
    async def test_a_job_whose_channel_is_deleted_while_it_waits_ends_by_direct_message(self, world):
        await world.imagine(world.alice)
        room = world.guild.create_text_channel("room")
        await world.alice.slash(room, "imagine", prompt="a red barn")
        world.env.backend.delete_channel(room.id)
        inbox = world.alice.user.dm_channel
        await world.until(inbox.history)
        (message,) = inbox.history()
        assert len(message.attachments) == 1
        assert "a red barn" in str(world.env.backend.get_message(inbox.id, message.id).components)

    @pytest.mark.parametrize("trouble", [40005, DISCONNECTED], ids=named)
    async def test_a_direct_message_is_made_smaller_or_waited_for(self, world, trouble):
        await world.imagine(world.alice)
        inbox = world.alice.user.dm_channel
        with struck("PATCH", "*", 50001), struck("POST", POST, trouble, times=1) as faults:
            await world.until(inbox.history, 90)
        (message,) = inbox.history()
        assert faults.count == len(message.attachments) == 1

    @pytest.mark.parametrize("where", [POST, "/users/@me/channels"])
    async def test_closed_direct_messages_leave_it_in_the_history(self, world, where):
        await world.imagine(world.alice)
        with struck("PATCH", "*", 50013), struck("POST", where, 50007) as faults:
            await world.until(lambda: faults.count)
            await world.pass_time(5)
            assert faults.count == 1, "whoever has closed them is asked once"
        page = await history(world, world.alice)
        await page.pick(1)
        assert page.files


@pytest.mark.parametrize("trouble", [50013, 50035, DISCONNECTED], ids=named)
async def test_an_announcement_that_discord_does_not_take_is_dropped_and_its_card_stands(world, monkeypatch, trouble):
    monkeypatch.setattr("bot.domain.job.SLOW_AFTER", timedelta(0))
    card = await world.imagine(world.alice)
    with struck("POST", POST, trouble) as faults:
        await world.until(lambda: "done" in card.text)
        await world.pass_time(1)
    assert faults.count == 1, "rather none than two"
    assert card.files


class TestHistory:
    async def test_one_that_is_asked_for_too_late_ends_in_silence(self, world):
        for code in (10062, 40060):
            strike(world, "POST", CALLBACK, code)
            assert answer(await world.alice.slash(world.channel, "history")) is None

    async def test_a_page_that_cannot_be_shown_says_why(self, world):
        await seed(world, world.alice)
        page = await history(world, world.alice)
        for trouble, sentence in TOLD.items():
            strike(world, "PATCH", ORIGINAL, trouble)
            assert answer(await page.pick(1)) == sentence, trouble

    async def test_a_post_that_discord_refuses_can_be_tried_again_at_once(self, world):
        await world.finished(world.alice)
        page = await history(world, world.alice)
        await page.pick(1)
        for trouble, sentence in TOLD.items():
            strike(world, "POST", FOLLOW_UP, trouble)
            assert answer(await page.press("Post here")) == sentence, trouble
        (post,) = (await page.press("Post here")).followups
        assert post.attachments

    async def test_running_it_again_costs_nothing_where_its_card_is_refused(self, world):
        await seed(world, world.alice)
        page = await history(world, world.alice)
        await page.pick(1)
        for number, (trouble, sentence) in enumerate(TOLD.items(), 2):
            strike(world, "POST", FOLLOW_UP, trouble)
            assert answer(await page.press("Run again · 1 credit")) == sentence, trouble
            assert (await stored(world, number)).state is JobState.CANCELLED, trouble
        assert await world.left(world.alice) == 50

    @pytest.mark.parametrize("code", [10008, 10003])
    async def test_a_card_that_is_gone_maybe_with_its_channel_is_no_hindrance_to_deleting(self, world, code):
        page = await self.asked_to_delete(world)
        strike(world, "DELETE", DELETION, code)
        await page.press("Delete it")
        assert page.text.startswith("**Deleted.**")
        assert (await stored(world, 1)).deleted

    async def test_a_card_in_an_archived_thread_is_told_when_the_rest_is_deleted(self, world):
        page = await self.asked_to_delete(world)
        strike(world, "DELETE", DELETION, 50083)
        await page.press("Delete it")
        assert "does not let me remove its card" in page.text
        assert (await stored(world, 1)).deleted

    async def test_while_discord_fails_nothing_is_deleted(self, world):
        page = await self.asked_to_delete(world)
        for trouble in PASSING:
            strike(world, "DELETE", DELETION, trouble)
            assert "nothing was changed" in await told(await page.press("Delete it")), trouble
        assert not (await stored(world, 1)).deleted

    @staticmethod
    async def asked_to_delete(world):
        await world.finished(world.alice)
        page = await history(world, world.alice)
        await page.pick(1)
        await page.press("Delete")
        return page


class TestSmallAnswers:
    async def test_they_say_what_is_wrong_or_nothing(self, world):
        for trouble, sentence in {**TOLD, 500: failures.UNHEARD, DISCONNECTED: failures.UNHEARD}.items():
            strike(world, "POST", CALLBACK, trouble)
            assert answer(await world.alice.slash(world.channel, "help")) == sentence, trouble

    async def test_a_refusal_that_cannot_be_told_is_logged_and_no_more(self, world, caplog):
        for trouble in (*TOLD, 40060, 50035, *UNSURE):
            caplog.clear()
            with struck("POST", CALLBACK, trouble):
                await world.alice.slash(world.channel, "imagine", prompt="a cat --chaos 900")
            assert "could not be answered" in caplog.text, trouble
        assert await world.left(world.alice) == 50

    @pytest.mark.parametrize("trouble", [50001, RATE_LIMITED, DISCONNECTED], ids=named)
    async def test_a_sync_that_fails_leaves_the_known_commands_working(self, world, caplog, trouble):
        async with world.bot._storage.write() as uow:
            await uow.facts.set(f"commands:{world.bot.application_id}", "others")
            await uow.commit()
        strike(world, "PUT", "/applications/*/commands", trouble)
        await world.restart()
        assert "could not be synced, the next start tries again" in caplog.text
        caplog.clear()
        assert (await world.alice.slash(world.channel, "help")).acknowledged
