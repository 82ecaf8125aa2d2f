"""Private jobs: nobody but their owner sees a prompt or a picture, and the result reaches its owner in any case."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import discord
import pytest

from bot.discord_ui import admission
from bot.domain import job as jobs
from bot.domain.job import Account, JobState
from bot.services import recover
from tests.discord_ui.conftest import OFTEN, Card
from tests.discord_ui.test_history import forge, history, stored, told
from tests.discord_ui.test_pictures_as_input import picture
from tests.storage.rows import IMAGINE

SECRET = "a surprise for Bob"
UNKNOWN = "I do not know this picture any more"


class Mine(Card):
    """A card as the one person sees it who may."""

    def __init__(self, world, who, answer):
        super().__init__(world, answer.channel_id, answer.id)
        self.who = who
        assert answer.ephemeral

    @property
    def message(self):
        return next(m for m in self._world.channel.history(viewer=self.who) if m.id == self.id)

    async def press(self, label):
        """Press a button of it, and give the child's card, which is the first answer."""
        result = await self._world.press(self.who, self, label)
        assert result.followups == []
        return Mine(self._world, self.who, result.response)


async def ask(world, who, command="imagine", **options):
    options |= {} if options or command != "imagine" else {"prompt": SECRET}
    result = await who.slash(world.channel, command, private=True, **options)
    assert result.followups == []
    return Mine(world, who, result.response)


async def finished(world, who, command="imagine", **options):
    card = await ask(world, who, command, **options)
    await world.until(lambda: "done" in card.text)
    return card


async def let_tokens_die(world):
    async with world.bot._storage.write() as uow:
        await uow.jobs.forget_tokens(world.now() + timedelta(minutes=15))
        await uow.commit()


def inbox(world):
    return world.alice.user.dm_channel.history()


def text_of(world, message):
    parts = str(world.env.backend.get_message(message.channel.id, message.id).components)
    return parts + message.content


def nobody_else_saw(world, *secrets):
    """What Bob sees of the channel, and what the bot ever sent to it in public."""
    for message in world.channel.history(viewer=world.bob):
        for secret in (SECRET, *secrets):
            assert secret not in text_of(world, message)


class TestCards:
    async def test_card_and_children_are_for_their_owner_alone(self, world):
        card = await ask(world, world.alice)
        assert card.text.endswith("\n-# Only you see this. After about 15 minutes it comes by direct message instead.")
        await world.until(lambda: "done" in card.text)
        assert card.text.endswith(" · only you see this")
        assert await card.picture()
        child = await card.press("U2")
        await world.until(lambda: "done" in child.text)
        assert child.text.startswith("-# Picture 2\n"), "no link leads to a private card"
        grandchild = await child.press("Vary (Subtle)")
        await world.until(lambda: "done" in grandchild.text)
        assert await grandchild.picture()
        assert world.channel.history(viewer=world.bob) == []
        assert [(await stored(world, n)).private for n in (1, 2, 3)] == [True] * 3
        assert await world.left(world.alice) == 45

    @pytest.mark.parametrize(
        ("command", "options"),
        [
            ("imagine", {"prompt": SECRET, "image": ("a.png", picture())}),
            ("blend", {"image1": ("a.png", picture()), "image2": ("b.png", picture("gold"))}),
            ("describe", {"image": ("a.png", picture())}),
            ("dalle", {"prompt": SECRET}),
        ],
    )
    async def test_so_is_what_every_other_command_makes(self, world, command, options):
        card = await finished(world, world.alice, command, **options)
        deferred = [r.json for r in world.env.http_requests if r.path.endswith("/callback") and r.json["type"] == 5]
        assert all(answer["data"]["flags"] == 64 for answer in deferred)
        assert bool(deferred) is (command != "dalle")
        assert ("picture.png" in card.files) is (command != "describe")
        assert world.channel.history(viewer=world.bob) == []

    async def test_a_description_s_prompts_and_dalle_s_words_stay_private_too(self, world):
        described = await finished(world, world.alice, "describe", image=("a.png", picture()))
        imagined = await described.press("1️⃣")
        painted = await finished(world, world.alice, "dalle", prompt=SECRET)
        again = await painted.press("🔄")
        await world.until(lambda: "done" in imagined.text and "done" in again.text)
        assert world.channel.history(viewer=world.bob) == []

    async def test_without_the_option_everyone_sees_it(self, world):
        card = await world.finished(world.alice)
        assert "nly you see this" not in card.text
        assert [message.id for message in world.channel.history(viewer=world.bob)] == [card.id]

    async def test_usage_lists_it_without_a_link(self, world):
        await ask(world, world.alice)
        text = (await world.alice.slash(world.channel, "usage")).response.content
        assert f"- {SECRET} · " in text
        assert "https://" not in text

    async def test_it_needs_no_permission_but_for_its_picture(self, world):
        everyone = world.guild.default_role
        for denied, works in (("send_messages", True), ("attach_files", False)):
            overwrites = {everyone: discord.PermissionOverwrite(**{denied: False})}
            world.channel = world.guild.create_text_channel(denied.replace("_", "-"), overwrites=overwrites)
            result = await world.alice.slash(world.channel, "imagine", prompt=SECRET, private=True)
            assert result.ephemeral
            assert ("I need **Attach Files** there" in result.response.content) is not works


class TestRefusals:
    @pytest.fixture
    def slow_database(self, world, monkeypatch):
        submit = world.bot.services.submit
        admit = submit.admit

        async def slowly(new):
            await asyncio.sleep(0.05)
            return await admit(new)

        monkeypatch.setattr(admission, "PATIENCE", 0.01)
        monkeypatch.setattr(submit, "admit", slowly)

    @pytest.mark.parametrize("settings", [{"daily_credits": 3}])
    async def test_what_is_refused_late_completes_the_private_answer(self, world, slow_database):
        card = await finished(world, world.alice)
        result = await world.press(world.alice, card, "V1")
        assert result.ephemeral
        assert result.followups == []
        assert "you have only 1 credit left" in result.response.content
        result = await world.alice.slash(world.channel, "imagine", prompt=SECRET, private=True)
        assert result.followups == []
        assert "you have only 1 credit left" in result.response.content
        child = await card.press("U1")
        await world.until(lambda: "done" in child.text)

    async def test_a_picture_that_cannot_be_used_does_so_too(self, world):
        options = {"image": ("a.png", b"no picture"), "private": True}
        result = await world.alice.slash(world.channel, "describe", **options)
        assert result.ephemeral
        assert result.followups == []
        assert "`image`" in result.response.content
        assert await world.left(world.alice) == 50

    async def test_a_press_that_expired_costs_nothing(self, world, slow_database):
        card = await finished(world, world.alice)
        world.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
        await world.alice.click(card.message, custom_id=card.buttons["V1"])
        assert (await stored(world, 2)).state is JobState.CANCELLED
        assert await world.left(world.alice) == 48


class TestOthers:
    async def test_nobody_else_can_press_its_buttons(self, world):
        card = await finished(world, world.alice)
        child = await card.press("U1")
        await world.until(lambda: "done" in child.text)
        page = await history(world, world.bob)
        for custom_id in (card.buttons["U1"], card.buttons["V1"], child.buttons["Vary (Subtle)"]):
            result = await forge(page, custom_id)
            assert result.ephemeral
            assert UNKNOWN in result.response.content
        assert await world.left(world.bob) == 50

    @pytest.mark.parametrize("verb", ["open", "post", "again", "ask", "delete"])
    async def test_nor_open_it_from_their_history(self, world, verb):
        await finished(world, world.alice)
        page = await history(world, world.bob)
        assert "I do not find this one" in await told(await forge(page, f"h:{verb}:1:-.-.-.n0"))

    async def test_admins_and_the_log_see_that_it_exists_and_no_more(self, world, caplog):
        caplog.set_level(logging.DEBUG, "bot")
        admin = world.guild.add_member(
            world.env.create_user("ada"),
            roles=[world.guild.create_role("Keepers", permissions=discord.Permissions(manage_guild=True))],
        )
        card = await ask(world, world.alice)
        shown = (await admin.slash(world.channel, "quota show", member=world.alice)).response.content
        assert "- imagine, private · " in shown
        assert " · 2 credits" in shown
        assert "48 credits left" in shown
        await world.until(lambda: "done" in card.text)
        for result in (
            await admin.slash(world.channel, "quota show", member=world.alice),
            await admin.slash(world.channel, "quota list"),
            await admin.slash(world.channel, "usage"),
        ):
            assert SECRET not in result.response.content
        assert "job 1 " in caplog.text
        job = await stored(world, 1)
        for secret in (SECRET, job.source_url, job.token):
            assert secret not in caplog.text
        nobody_else_saw(world)


class TestPosting:
    async def posted(self, world):
        """A private grid whose owner has posted it: the private card, and the public copy."""
        card = await finished(world, world.alice)
        page = await history(world, world.alice)
        await page.pick(1)
        assert "only you see this" in page.text
        assert page.links == {}
        (copy,) = (await page.press("Post here")).followups
        assert not copy.ephemeral
        return card, Card(world, copy.channel_id, copy.id)

    async def test_what_its_owner_posts_is_everyone_s_there(self, world):
        _, copy = await self.posted(world)
        assert SECRET in copy.text
        assert "nly you see this" not in copy.text
        for who in (world.bob, world.alice):
            (child,) = (await world.press(who, copy, "V1")).followups
            assert not child.ephemeral
            assert "this card" not in str(child.components)
        assert not (await stored(world, 2)).private
        elsewhere = world.guild.create_text_channel("elsewhere")
        assert UNKNOWN in (await forge(await history(world, world.bob, elsewhere), copy.buttons["V1"])).response.content

    async def test_its_private_children_stay_private(self, world):
        card, copy = await self.posted(world)
        child = await card.press("U1")
        await world.until(lambda: "done" in child.text)
        (public,) = (await world.press(world.bob, copy, "U1")).followups
        assert not public.ephemeral
        assert "was made before" not in public.content
        page = await history(world, world.bob)
        assert UNKNOWN in (await forge(page, child.buttons["Vary (Subtle)"])).response.content

    async def test_a_press_in_the_history_is_private_and_so_is_running_it_again(self, world):
        await finished(world, world.alice)
        page = await history(world, world.alice)
        await page.pick(1)
        child = Mine(world, world.alice, (await page.press("V2")).response)
        again = Mine(world, world.alice, (await page.press("Run again · 2 credits")).response)
        await world.until(lambda: "done" in child.text and "done" in again.text)
        assert again.text.startswith("-# Another try\n")
        assert world.channel.history(viewer=world.bob) == []

    async def test_deleting_takes_its_card_along_or_says_why_not(self, world):
        first, _ = await finished(world, world.alice), await finished(world, world.alice)
        page = await history(world, world.alice)
        await page.pick(1)
        await page.press("Delete")
        await page.press("Delete it")
        assert page.text.startswith("**Deleted.** Nothing of it is left but what it cost.\n")
        assert first.id not in {message.id for message in world.channel.history(viewer=world.alice)}
        await let_tokens_die(world)
        await page.pick(2)
        assert await page.answer.message.attachments[0].read(), "it comes from where the service put it"
        await page.press("Delete")
        await page.press("Delete it")
        assert "Should you still see its card, dismiss it" in page.text
        assert (await stored(world, 2)).prompt == ""

    async def test_a_copy_that_cannot_be_deleted_hides_nothing_of_the_card(self, world):
        await self.posted(world)
        await let_tokens_die(world)
        world.env.inject_error("DELETE", "/channels/*/messages/*", status=403, code=50013)
        page = await history(world, world.alice)
        await page.pick(1)
        await page.press("Delete")
        await page.press("Delete it")
        assert f"remove its card in <#{world.channel.id}>. Someone there has to. Should you still see" in page.text


class TestShownAgain:
    async def test_a_pick_that_was_made_before_is_shown_again_and_kept_up_to_date(self, world):
        card = await finished(world, world.alice)
        first = await card.press("U1")
        result = await world.press(world.alice, card, "U1")
        assert result.ephemeral
        assert result.response.content == "That picture is already on its way. Nothing was charged."
        await world.until(lambda: "done" in first.text)
        again = await card.press("U1")
        await world.until(lambda: again.files)
        assert again.id != first.id
        assert await again.picture() == await first.picture()
        assert (await stored(world, 2)).message_id == again.id
        assert await world.left(world.alice) == 47

    async def test_a_running_one_whose_token_died_is_taken_up_by_the_new_answer(self, world):
        card = await finished(world, world.alice)
        await card.press("U1")
        await let_tokens_die(world)
        again = await card.press("U1")
        await world.until(lambda: "done" in again.text)
        assert await again.picture()
        assert inbox(world) == []

    async def test_two_at_once_leave_one_card(self, world, monkeypatch):
        card = await finished(world, world.alice)
        first = await card.press("U1")
        await world.until(lambda: "done" in first.text)

        async def slower(*_):
            return False

        monkeypatch.setattr(world.bot.services.submit, "card_replaced", slower)
        result = await world.press(world.alice, card, "U1")
        assert result.response is None, "what another press has shown is not shown twice"
        assert (await stored(world, 2)).message_id == first.id


class TestDeadTokens:
    async def delivered(self, world):
        await world.until(lambda: inbox(world))
        (message,) = inbox(world)
        await world.pass_time(4)
        assert len(inbox(world)) == 1
        assert world.channel.history(viewer=world.bob) == []
        assert [r.path for r in world.env.http_requests if r.method == "PATCH" and r.path.startswith("/channels")] == []
        return message

    @pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015)])
    async def test_a_token_that_discord_calls_dead_leads_to_a_direct_message(self, world, status, code):
        await ask(world, world.alice)
        world.env.inject_error("PATCH", "/webhooks/*", status=status, code=code, times=None)
        message = await self.delivered(world)
        assert [each.filename for each in message.attachments] == ["picture.png"]
        text = text_of(world, message)
        assert SECRET in text
        assert "custom_id" not in text
        assert "Its buttons are in `/history`, where you asked for it." in text

    async def test_so_does_one_that_is_dead_by_the_clock(self, world, monkeypatch):
        card = await ask(world, world.alice)
        before = len(world.env.http_requests)
        monkeypatch.setattr(world.bot.services.cards, "_clock", lambda: world.now() + timedelta(minutes=15))
        await self.delivered(world)
        assert not [r.path for r in world.env.http_requests[before:] if r.path.startswith("/webhooks")]
        assert "done" not in card.text
        assert (await stored(world, 1)).message_id is None

    async def test_after_a_restart_as_well(self, world):
        await ask(world, world.alice)
        await let_tokens_die(world)
        await world.restart()
        await self.delivered(world)

    @pytest.mark.parametrize("settings", [{"max_running_total": 1}])
    async def test_one_that_is_cancelled_in_line_is_drawn_by_the_press(self, world):
        await world.imagine(world.bob)
        card = await ask(world, world.alice)
        await let_tokens_die(world)
        result = await world.press(world.alice, card, "Cancel")
        assert [answer.content for answer in result.followups] == ["**Cancelled.** Your 2 credits are back."]
        assert result.followups[0].ephemeral
        assert "**Cancelled.** Your 2 credits came back." in card.text
        assert card.buttons == {}
        assert await world.left(world.alice) == 50

    @pytest.mark.parametrize("settings", [{"max_running_total": 1}])
    @pytest.mark.parametrize(("status", "code"), [(404, 10062), (400, 40060)])
    async def test_it_is_cancelled_even_where_that_cannot_be_answered(self, world, status, code):
        await world.imagine(world.bob)
        card = await ask(world, world.alice)
        world.env.inject_error("POST", "/interactions/*/callback", status=status, code=code)
        await world.alice.click(card.message, custom_id=card.buttons["Cancel"])
        assert (await stored(world, 2)).state is JobState.CANCELLED

    @pytest.mark.parametrize("settings", [{"max_running_total": 1}])
    async def test_it_is_told_even_where_it_cannot_be_drawn(self, world):
        await world.imagine(world.bob)
        card = await ask(world, world.alice)
        await let_tokens_die(world)
        world.env.inject_error("PATCH", "/webhooks/*", status=404, code=10008, times=None)
        result = await world.press(world.alice, card, "Cancel")
        assert [answer.content for answer in result.followups] == ["**Cancelled.** Your 2 credits are back."]

    async def test_what_its_card_shows_already_is_not_sent_once_more(self, world):
        card = await finished(world, world.alice)
        assert await card.picture()
        await let_tokens_die(world)
        link = {"lasting_url": "https://s3.test/heron.png", "look_up_at": None}
        async with world.bot._storage.write() as uow:
            await uow.jobs.note(1, JobState.SUCCEEDED, visible=True, **link)
            await uow.commit()
        await world.pass_time(4)
        job = await stored(world, 1)
        assert job.shown == job.revision
        assert inbox(world) == []

    async def test_what_failed_is_told_directly_too(self, world):
        await ask(world, world.alice, prompt="fail: late")
        await let_tokens_die(world)
        message = await self.delivered(world)
        assert "Your 2 credits came back." in text_of(world, message)

    async def test_pictures_of_dalle_wait_in_the_database(self, world):
        world.env.inject_error("PATCH", "/webhooks/*", status=401, code=50027)
        world.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=None)
        await ask(world, world.alice, "dalle", prompt=SECRET)
        await world.pass_time(12)
        page = await history(world, world.alice)
        await page.pick(1)
        assert list(page.files) == ["picture.png"]


class TestUnseen:
    @pytest.fixture
    def closed(self, world):
        world.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=None)

    async def unseen(self, world, number=1):
        for job_id in range(1, number + 1):
            for _ in range(120):
                if (await stored(world, job_id)).unseen:
                    break
                await world.pass_time(0.5)
            assert (await stored(world, job_id)).unseen

    async def test_the_next_command_says_so_and_the_one_after_does_not(self, world, closed):
        await ask(world, world.alice)
        await let_tokens_die(world)
        await self.unseen(world)
        assert (await world.bob.slash(world.channel, "usage")).followups == []
        (note,) = (await world.alice.slash(world.channel, "help")).followups
        assert note.ephemeral
        assert note.content == "While you were away, **1 of your pictures was finished**; `/history` has it."
        assert (await world.alice.slash(world.channel, "help")).followups == []
        page = await history(world, world.alice)
        await page.pick(1)
        assert list(page.files) == ["picture.png"]

    async def test_after_a_restart_and_in_direct_messages_too(self, world, closed):
        await ask(world, world.alice)
        await ask(world, world.alice, prompt="fail: late")
        await let_tokens_die(world)
        await self.unseen(world, 2)
        await world.restart()
        (note,) = (await world.alice.user.slash("usage")).followups
        assert note.content == (
            "While you were away, **1 of your pictures was finished** and 1 could not be made (its credits came back); "
            "`/history` has them."
        )
        assert (await world.alice.slash(world.channel, "usage")).followups == []

    async def test_a_public_one_that_could_be_shown_nowhere_is_told_as_well(self, world, closed):
        await world.imagine(world.alice)
        world.env.inject_error("PATCH", "*", status=403, code=50001, times=None)
        await self.unseen(world)
        (note,) = (await world.alice.slash(world.channel, "usage")).followups
        assert "**1 of your pictures was finished**" in note.content

    async def test_a_refused_command_says_it_too(self, world, closed):
        await ask(world, world.alice)
        await let_tokens_die(world)
        await self.unseen(world)
        result = await world.alice.slash(world.channel, "imagine", prompt="a cat --aspekt 3:2")
        assert "I do not know" in result.response.content
        (note,) = result.followups
        assert "While you were away" in note.content

    async def test_who_got_no_answer_is_told_the_next_time(self, world, closed):
        await ask(world, world.alice)
        await let_tokens_die(world)
        await self.unseen(world)
        world.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
        await world.alice.slash(world.channel, "help")
        assert len((await world.alice.slash(world.channel, "help")).followups) == 1


class TestRestarts:
    @OFTEN
    async def test_the_same_card_goes_on(self, world):
        card = await ask(world, world.alice)
        await world.until(lambda: "%" in card.text)
        await world.restart()
        await world.until(lambda: "done" in card.text)
        assert await card.picture()
        assert len(world.channel.history(viewer=world.alice)) == 1

    @pytest.fixture
    def lost_answers(self, world, monkeypatch):
        """Discord shows each card, but its answer never arrives."""
        send = admission._send

        async def lose(*arguments):
            await send(*arguments)
            raise ConnectionResetError

        monkeypatch.setattr(admission, "_send", lose)

    @pytest.mark.parametrize("command", ["imagine", "blend"])
    async def test_a_card_that_was_not_noted_is_found_by_its_token(self, world, lost_answers, caplog, command):
        given = {"image1": ("a.png", picture()), "image2": ("b.png", picture())} if command == "blend" else {}
        await world.alice.slash(world.channel, command, private=True, **(given or {"prompt": SECRET}))
        caplog.clear()  # a lost answer is logged as an error, rightly
        await world.restart()
        (message, *_) = world.channel.history(viewer=world.alice)
        card = Card(world, message.channel.id, message.id)
        await world.until(lambda: "done" in card.text)
        assert await world.left(world.alice) == 48

    async def test_so_is_that_of_a_press_and_of_running_again(self, world, request, caplog):
        grid = await finished(world, world.alice)
        page = await history(world, world.alice)
        await page.pick(1)
        before = {message.id for message in world.channel.history(viewer=world.alice)}
        request.getfixturevalue("lost_answers")
        await world.press(world.alice, grid, "U2")
        await page.press("Run again · 2 credits")
        caplog.clear()
        await world.restart()
        new = [m for m in world.channel.history(viewer=world.alice) if m.id not in before and m.components]
        children = [Card(world, message.channel.id, message.id) for message in new]
        assert len(children) == 2
        await world.until(lambda: all("done" in child.text for child in children))

    @pytest.mark.parametrize("error", [(404, 10062), (500, 0)])
    async def test_a_job_whose_answer_never_came_is_cancelled_and_free(self, world, monkeypatch, caplog, error):
        monkeypatch.setattr(recover, "CARD_OVERDUE", timedelta(seconds=2))
        world.env.inject_error("POST", "/interactions/*/callback", status=error[0], code=error[1])
        await world.alice.slash(world.channel, "imagine", prompt=SECRET, private=True)
        caplog.clear()
        await world.pass_time(4)
        assert (await stored(world, 1)).state is JobState.CANCELLED
        assert await world.left(world.alice) == 50

    @pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015), (404, 10008)])
    async def test_so_is_one_whose_card_cannot_be_found(self, world, lost_answers, caplog, status, code):
        world.env.inject_error("GET", "/webhooks/*", status=status, code=code, times=None)
        await world.alice.slash(world.channel, "imagine", prompt=SECRET, private=True)
        caplog.clear()
        await world.restart()
        await world.pass_time(2)
        assert (await stored(world, 1)).state is JobState.CANCELLED
        assert await world.left(world.alice) == 50

    async def test_another_answer_is_not_taken_for_the_card(self, world):
        result = await world.alice.slash(world.channel, "help")
        new = replace(IMAGINE, account=Account(world.guild.id, world.alice.id), token=result._interaction.token)
        async with world.bot._storage.write() as uow:
            await uow.jobs.add(replace(new, private=True), world.now())
            await uow.commit()
        await world.restart()
        await world.pass_time(2)
        assert (await stored(world, 1)).state is JobState.CANCELLED


class TestAnnouncements:
    @pytest.fixture
    def impatient(self, monkeypatch):
        monkeypatch.setattr(jobs, "SLOW_AFTER", timedelta(seconds=1))

    async def test_who_waited_long_is_told_where_nobody_else_reads_it(self, world, impatient):
        result = await world.alice.slash(world.channel, "imagine", prompt=SECRET, private=True)
        await world.until(lambda: result.followups)
        (note,) = result.followups
        assert note.ephemeral
        assert note.content == f"<@{world.alice.id}> your picture is ready."
        assert world.env.backend.get_message(note.channel_id, note.id).ping_user_ids == [world.alice.id]
        assert world.channel.history(viewer=world.bob) == []

    async def test_with_a_dead_token_the_direct_message_is_enough(self, world, impatient):
        await ask(world, world.alice)
        await let_tokens_die(world)
        await world.until(lambda: inbox(world))
        await world.pass_time(4)
        assert len(inbox(world)) == 1
        assert world.channel.history(viewer=world.bob) == []
