"""/history, as its owner sees it; nobody else does."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import discord
import pytest
from PIL import Image

from bot.discord_ui import history_views as views
from bot.discord_ui.buttons import ActionButton
from bot.discord_ui.history_buttons import HistoryButton, HistoryMenu, Place, Verb
from bot.domain.action import Action
from bot.domain.job import Account, Job, JobKind, JobState, Speed
from bot.domain.ports import Picture
from bot.services.history import Opened, Shown
from tests.discord_ui.conftest import Card
from tests.storage.rows import IMAGINE, U1, V1

DEAD_LINK = "https://dead.invalid/heron.png"
FORGED = "999999999999999"
FULLEST = "describe.20260101.20261231.b999999999999999"
"""The longest name that a page can have."""

HISTORY_LABELS = {"◀ Back", "Post here", "Run again · 2 credits", "Delete"}


class Browser(Card):
    """The one message of a call of /history, and what its owner does with it."""

    def __init__(self, world, who, result):
        super().__init__(world, result.response.channel_id, result.response.id)
        self.who = who
        self.answer = result.response
        assert result.ephemeral

    @property
    def message(self):
        return self.answer

    @property
    def files(self):
        return {each["filename"]: each["url"] for each in self.stored.attachments}

    @property
    def menu(self):
        """The options of the one menu: value to label."""
        (menu,) = (part for part in self.parts if part["type"] == 3)
        return {option["value"]: option["label"] for option in menu["options"]}

    @property
    def prompts(self):
        """What the lines of a page are about, by number."""
        lines = (part["content"].split("\n")[0] for part in self.parts if part["type"] == 10)
        return [line.partition(" · ")[2] for line in lines if " · " in line]

    def disabled(self, label):
        return next(part["disabled"] for part in self.parts if part.get("label") == label)

    async def press(self, label):
        result = await self.who.click(self.answer, custom_id=self.buttons[label])
        assert result.acknowledged, f"the press of {label} was not answered"
        return result

    async def pick(self, job):
        (menu,) = (part["custom_id"] for part in self.parts if part["type"] == 3)
        result = await self.who.select(self.answer, [str(job)], custom_id=menu)
        assert result.acknowledged
        return result


async def history(world, who, channel=None, **options):
    return Browser(world, who, await who.slash(channel or world.channel, "history", **options))


async def told(result):
    """The one refusal of a press, which nobody else sees."""
    (answer,) = result.followups or (result.response,)
    assert answer.ephemeral
    return answer.content


def webp(colour="teal", size=(32, 32)):
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "WEBP")
    return data.getvalue()


async def seed(world, who, prompt="a heron", *, server=None, thumbnail=None, state=JobState.SUCCEEDED, **facts):
    """A job as if it had been made and ended before, without a card."""
    new = {name: facts.pop(name) for name in ("kind", "pressed", "parent_id", "source_picture") if name in facts}
    account = Account(world.guild.id if server is None else server, who.id)
    now = facts.pop("now", world.now())
    async with world.bot._storage.write() as uow:
        new = replace(IMAGINE, account=account, channel_id=world.channel.id, prompt=prompt, **new)
        job = await uow.jobs.add(replace(new, thumbnail=thumbnail), now)
        running = {"task_id": 10**6 + job.id}
        steps = {JobState.SUBMITTING: {}, JobState.RUNNING: running, state: {"finished_at": now, **facts}}
        for old, following in pairwise([JobState.QUEUED, *steps]):
            if state is not JobState.QUEUED:
                await uow.jobs.move(job.id, old, following, now, **steps[following])
        await uow.commit()
    return job.id


async def stored(world, job_id):
    async with world.bot._storage.read() as uow:
        return await uow.jobs.get(job_id)


class TestPages:
    async def test_an_empty_history_says_how_to_begin(self, world):
        page = await history(world, world.alice)
        assert "Nothing here yet. Begin with `/imagine`" in page.text
        assert page.buttons == {}

    async def test_a_line_has_number_prompt_kind_age_state_and_price(self, world):
        await seed(world, world.alice, "a *bold* <@1> heron --ar 3:2")
        await seed(world, world.alice, "x", kind=JobKind.PRESS, pressed=V1, parent_id=1, state=JobState.FAILED)
        page = await history(world, world.alice)
        stamp = f"<t:{int(world.now().timestamp())}:R>"
        assert f"**1** · x\n-# Variations of picture 1 · {stamp} · failed · 2 credits returned" in page.text
        assert "**2** · a \\*bold\\* \\<@\u200b1> heron\n-# imagine · " in page.text
        assert page.text.endswith("· done · 2 credits")
        assert page.menu == {"2": "1 · x", "1": "2 · a *bold* <@1> heron"}

    async def test_pictures_come_as_one_sheet_that_tells_what_is_on_it(self, world):
        await seed(world, world.alice, "a red barn", thumbnail=webp("red"))
        await seed(world, world.alice, "nothing kept")
        page = await history(world, world.alice)
        assert list(page.files) == ["history.webp"]
        (shown,) = page.gallery
        assert shown["description"] == "1 nothing kept; 2 a red barn"

    async def test_pages_hold_their_place_while_new_jobs_arrive(self, world):
        for number in range(1, 21):
            await seed(world, world.alice, f"wish {number}")
        page = await history(world, world.alice)
        assert page.prompts == [f"wish {number}" for number in range(20, 11, -1)]
        assert (page.disabled("◀ Newer"), page.disabled("Older ▶")) == (True, False)
        await seed(world, world.alice, "wish 21")
        await page.press("Older ▶")
        assert page.prompts == [f"wish {number}" for number in range(11, 2, -1)]
        await page.press("Older ▶")
        assert page.prompts == ["wish 2", "wish 1"]
        assert (page.disabled("◀ Newer"), page.disabled("Older ▶")) == (False, True)
        await page.press("◀ Newer")
        assert page.prompts == [f"wish {number}" for number in range(11, 2, -1)]
        await page.press("◀ Newer")
        await page.press("◀ Newer")
        assert page.prompts == [f"wish {number}" for number in range(21, 12, -1)]
        assert page.disabled("◀ Newer")

    async def test_a_page_works_after_a_restart(self, world):
        for number in range(1, 12):
            await seed(world, world.alice, f"wish {number}")
        page = await history(world, world.alice)
        await world.restart()
        await page.press("Older ▶")
        assert page.prompts == ["wish 2", "wish 1"]
        await page.pick(2)
        assert "**wish 2**" in page.text
        await page.press("◀ Back")
        assert page.prompts == ["wish 2", "wish 1"]


class TestFilters:
    async def test_kind_and_days_narrow_it_and_stay_on_every_page(self, world):
        await seed(world, world.alice, "too old", now=world.now().replace(year=2024, month=12))
        for number in range(1, 12):
            await seed(world, world.alice, f"wish {number}")
            await seed(world, world.alice, "pressed", kind=JobKind.PRESS, pressed=U1, parent_id=1)
        page = await history(world, world.alice, kind="imagine", since="2025-12-31", until="2026-1-1")
        assert page.prompts == [f"wish {number}" for number in range(11, 2, -1)]
        assert "-# only imagine · since 2025-12-31 · " in page.text
        await page.press("Older ▶")
        assert page.prompts == ["wish 2", "wish 1"]
        page = await history(world, world.alice, until="2025-12-31")
        assert page.prompts == ["too old"]
        assert "until 2025-12-31" in page.text

    @pytest.mark.parametrize("kind", [kind.value for kind in JobKind])
    async def test_each_kind_can_be_asked_for(self, world, kind):
        pressed = {"pressed": U1, "parent_id": 1} if kind == "press" else {}
        await seed(world, world.alice, "other", kind=JobKind.DALLE if kind == "imagine" else JobKind.IMAGINE)
        await seed(world, world.alice, "wanted", kind=JobKind(kind), **pressed)
        assert (await history(world, world.alice, kind=kind)).prompts == ["wanted"]

    async def test_nothing_that_fits_says_so(self, world):
        await seed(world, world.alice)
        page = await history(world, world.alice, kind="blend", until="2025-01-01")
        assert "only blend · until 2025-01-01\nNothing of yours fits that." in page.text

    @pytest.mark.parametrize(
        ("options", "answer"),
        [
            ({"since": "someday"}, "I cannot read `someday` as a day. Please write it like `2026-05-31`."),
            ({"until": "2026-02-30"}, "There is no day `2026-02-30`"),
            ({"since": "01.02.2026"}, "I cannot read `01.02.2026` as a day"),
            ({"since": "`" + "9" * 60}, "I cannot read `'" + "9" * 39 + "` as a day"),
            ({"since": "2026-01-02"}, "that day is still to come: today is 2026-01-01 (UTC)"),
            ({"since": "2025-12-02", "until": "2025-12-01"}, "(2025-12-01) is before `since` (2025-12-02)"),
        ],
    )
    async def test_days_that_cannot_be_meant_are_refused(self, world, options, answer):
        result = await world.alice.slash(world.channel, "history", **options)
        assert result.ephemeral
        assert answer in result.response.content

    @pytest.mark.parametrize("until", ["2026-01-01", "9999-12-31"])
    async def test_until_a_day_to_come_is_until_now(self, world, until):
        await seed(world, world.alice)
        assert (await history(world, world.alice, until=until)).prompts == ["a heron"]

    async def test_days_are_suggested_by_name(self, world):
        for option in ("since", "until"):
            choices = await world.alice.autocomplete(world.channel, "history", option, "")
            assert {"name": "today · 2026-01-01", "value": "2026-01-01"} in choices
            assert {"name": "yesterday · 2025-12-31", "value": "2025-12-31"} in choices
            assert {"name": "a week ago · 2025-12-25", "value": "2025-12-25"} in choices
        (choice,) = await world.alice.autocomplete(world.channel, "history", "since", "Start of the Y")
        assert choice["value"] == "2026-01-01"


class TestOpening:
    async def test_the_whole_picture_comes_from_the_card_and_its_buttons_work(self, world):
        grid = await world.finished(world.alice, "a red barn")
        page = await history(world, world.alice)
        await page.pick(1)
        assert list(page.files) == ["picture.png"]
        assert await page.answer.message.attachments[0].read() == await grid.picture()
        assert [label for label in page.buttons if label in grid.buttons] == list(grid.buttons)
        assert page.links["Its card"].endswith(f"/{world.channel.id}/{grid.id}")
        result = await page.press("U1")
        child = Card(world, result.followups[0].channel_id, result.followups[0].id)
        assert not result.followups[0].ephemeral
        await world.until(lambda: "done" in child.text)
        assert await world.left(world.alice) == 47

    async def test_relatives_lead_to_each_other(self, world):
        await seed(world, world.alice, "the first")
        await seed(world, world.alice, "the second", kind=JobKind.PRESS, pressed=V1, parent_id=1)
        await seed(world, world.alice, "the third", kind=JobKind.PRESS, pressed=U1, parent_id=2)
        await seed(world, world.bob, "another's", kind=JobKind.PRESS, pressed=U1, parent_id=2)
        page = await history(world, world.alice)
        await page.pick(2)
        assert page.menu == {"1": "From: the first", "3": "Led to: the third"}
        await page.pick(3)
        assert "Picture 1" in page.text
        await page.pick(2)
        await page.pick(1)
        assert page.menu == {"2": "Led to: the second"}

    async def test_a_lasting_link_serves_when_the_card_was_deleted(self, world):
        grid = await world.finished(world.alice)
        await world.until(lambda: "Full size" in grid.links, 120)
        picture = await grid.picture()
        world.env.backend.delete_message(grid.channel_id, grid.id)
        page = await history(world, world.alice)
        await page.pick(1)
        assert await page.answer.message.attachments[0].read() == picture
        assert "small picture" not in page.text

    async def test_when_all_links_have_died_the_small_picture_is_shown_and_said_to_be_small(self, world):
        thumbnail = webp()
        await seed(world, world.alice, thumbnail=thumbnail, source_url=DEAD_LINK)
        page = await history(world, world.alice)
        await page.pick(1)
        assert list(page.files) == ["small.webp"]
        assert await page.answer.message.attachments[0].read() == thumbnail
        assert "Only this small picture is left" in page.text

    async def test_without_any_picture_it_says_so(self, world):
        await seed(world, world.alice, source_url=DEAD_LINK)
        page = await history(world, world.alice)
        await page.pick(1)
        assert (page.files, page.gallery) == ({}, [])
        assert "I could not fetch the picture." in page.text

    async def test_a_long_prompt_is_shown_whole(self, world):
        prompt = "a lighthouse by the sea, " * 40 + "with a red door --ar 3:2"
        await seed(world, world.alice, prompt)
        page = await history(world, world.alice)
        await page.pick(1)
        assert f"**The whole prompt**\n{prompt}" in page.text
        assert page.files == {}

    async def test_a_prompt_that_is_too_long_for_a_message_comes_as_a_file(self, world):
        prompt = "_a lighthouse_ " * 260
        await seed(world, world.alice, prompt)
        page = await history(world, world.alice)
        await page.pick(1)
        assert len(page.text) <= 4000
        assert "…" in page.text.rpartition("**The whole prompt**")[2]
        (file,) = page.answer.message.attachments
        assert file.filename == "prompt.txt"
        assert (await file.read()).decode() == prompt

    async def test_what_is_under_way_has_neither_picture_nor_repeat(self, world):
        await world.imagine(world.alice)
        page = await history(world, world.alice)
        await page.pick(1)
        assert [label for label in page.buttons if not label.startswith("V")] == ["◀ Back"]
        assert "still under way" in await told(await forge(page, "h:ask:1:-.-.-.n0"))


class TestPosting:
    async def test_the_result_is_shown_to_everyone_with_its_buttons(self, world):
        grid = await world.finished(world.alice, "a red barn")
        elsewhere = world.guild.create_text_channel("elsewhere")
        page = await history(world, world.alice, elsewhere)
        await page.pick(1)
        result = await page.press("Post here")
        (post,) = result.followups
        assert not post.ephemeral
        assert post.channel_id == elsewhere.id
        copy = Card(world, post.channel_id, post.id)
        assert copy.buttons == grid.buttons
        assert await post.message.attachments[0].read() == await grid.picture()
        async with world.bot._storage.read() as uow:
            assert await uow.jobs.is_posted_in(1, elsewhere.id)

    async def test_a_posted_copy_keeps_the_picture_when_the_card_is_deleted(self, world):
        grid = await world.finished(world.alice)
        picture = await grid.picture()
        page = await history(world, world.alice)
        await page.pick(1)
        await page.press("Post here")
        world.env.backend.delete_message(grid.channel_id, grid.id)
        await page.press("◀ Back")
        await page.pick(1)
        assert await page.answer.message.attachments[0].read() == picture

    async def test_the_buttons_of_a_copy_elsewhere_work_for_everyone_there(self, world):
        await world.finished(world.alice)
        den = world.guild.create_text_channel("den")
        page = await history(world, world.alice, den)
        await page.pick(1)
        posted = (await page.press("Post here")).followups[0]
        u1 = Card(world, posted.channel_id, posted.id).buttons["U1"]
        result = await world.bob.click(posted, custom_id=u1)
        (answer,) = result.followups
        assert answer.channel_id == den.id
        await world.until(lambda: "done" in str(world.env.backend.get_message(den.id, answer.id).components))
        assert (await world.left(world.alice), await world.left(world.bob)) == (48, 49)
        nowhere = world.guild.create_text_channel("elsewhere")
        foreign = await history(world, world.bob, nowhere)
        assert "I do not know this picture" in (await forge(foreign, u1)).response.content

    async def test_without_permission_it_is_refused_before_anything_is_sent(self, world):
        await seed(world, world.alice, thumbnail=webp())
        everyone = world.guild.default_role
        denied = discord.PermissionOverwrite(attach_files=False)
        muted = world.guild.create_text_channel("muted", overwrites={everyone: denied})
        page = await history(world, world.alice, muted)
        await page.pick(1)
        for label in ("Post here", "Run again · 1 credit"):
            result = await page.press(label)
            assert result.ephemeral
            assert "I need **Attach Files** there" in result.response.content
        assert [message for message in muted.history() if not message.flags.ephemeral] == []

    @pytest.mark.parametrize("state", [JobState.FAILED, JobState.QUEUED])
    async def test_what_has_no_result_is_not_posted(self, world, state):
        await seed(world, world.alice, state=state)
        page = await history(world, world.alice)
        await page.pick(1)
        assert "Post here" not in page.buttons
        assert "this one has no result" in await told(await forge(page, "h:post:1:-.-.-.n0"))

    async def test_nor_is_a_picture_that_is_lost(self, world):
        await seed(world, world.alice, source_url=DEAD_LINK)
        page = await history(world, world.alice)
        await page.pick(1)
        assert "no picture of this one is left" in await told(await page.press("Post here"))


class TestRunningAgain:
    async def test_it_makes_a_new_public_card_that_leads_back(self, world):
        grid = await world.finished(world.alice, "a red barn --ar 3:2")
        page = await history(world, world.alice)
        await page.pick(1)
        result = await page.press("Run again · 2 credits")
        (answer,) = result.followups
        assert not answer.ephemeral
        card = Card(world, answer.channel_id, answer.id)
        await world.until(lambda: "done" in card.text)
        assert f"Another try · from [this card](https://discord.com/channels/{world.guild.id}" in card.text
        assert "**a red barn**\n-# \\--ar 3:2" in card.text
        assert str(grid.id) in card.text
        assert await world.left(world.alice) == 46

    async def test_a_double_click_is_told_apart(self, world):
        await seed(world, world.alice)
        page = await history(world, world.alice)
        await page.pick(1)
        await page.press("Run again · 1 credit")
        assert "already on its way" in await told(await page.press("Run again · 1 credit"))
        assert await world.left(world.alice) == 49

    @pytest.mark.parametrize("settings", [{"daily_credits": 0}])
    async def test_without_credits_it_is_refused(self, world):
        await seed(world, world.alice)
        page = await history(world, world.alice)
        await page.pick(1)
        assert "no credits" in await told(await page.press("Run again · 1 credit"))

    async def test_what_was_made_from_pictures_is_not_offered(self, world):
        await seed(world, world.alice, source_picture="source.webp")
        page = await history(world, world.alice)
        await page.pick(1)
        assert not [label for label in page.buttons if label.startswith("Run again")]
        assert "cannot be run again" in await told(await forge(page, "h:again:1:-.-.-.n0"))


class TestDeleting:
    async def asked(self, world, who):
        page = await history(world, who)
        await page.pick(1)
        await page.press("Delete")
        assert "### Delete this one?\n> a red barn" in page.text
        assert list(page.buttons) == ["Delete it", "Keep it"]
        assert page.files == {}
        return page

    async def test_it_asks_and_may_be_kept(self, world):
        await seed(world, world.alice, "a red barn")
        page = await self.asked(world, world.alice)
        await page.press("Keep it")
        assert "**a red barn**" in page.text
        assert "Delete" in page.buttons
        assert not (await stored(world, 1)).deleted

    async def test_card_copies_and_content_go_and_the_ledger_stays_in_balance(self, world):
        grid = await world.finished(world.alice, "a red barn")
        page = await history(world, world.alice)
        await page.pick(1)
        (copy,) = (await page.press("Post here")).followups
        page = await self.asked(world, world.alice)
        await page.press("Delete it")
        assert page.text.startswith("**Deleted.**")
        assert "Nothing here yet" in page.text
        left = {message.id for message in world.channel.history()}
        assert not {grid.id, copy.id} & left
        job = await stored(world, 1)
        assert (job.deleted, job.prompt, job.links, job.price) == (True, "", (), 2)
        assert await world.left(world.alice) == 48
        async with world.bot._storage.read() as uow:
            assert await uow.ledger.imbalances() == []

    async def test_the_page_is_shown_again_without_it(self, world):
        for number in range(1, 11):
            await seed(world, world.alice, "a red barn" if number == 1 else f"wish {number}")
        page = await history(world, world.alice)
        await page.press("Older ▶")
        assert page.prompts == ["a red barn"]
        await page.pick(1)
        await page.press("Delete")
        await page.press("Delete it")
        assert page.prompts == [f"wish {number}" for number in range(10, 1, -1)]

    async def test_a_card_that_is_gone_already_is_no_hindrance(self, world):
        grid = await world.finished(world.alice, "a red barn")
        page = await self.asked(world, world.alice)
        world.env.backend.delete_message(grid.channel_id, grid.id)
        await page.press("Delete it")
        assert page.text.startswith("**Deleted.**")

    async def test_a_card_that_cannot_be_reached_any_more_is_told(self, world):
        await world.finished(world.alice, "a red barn")
        page = await self.asked(world, world.alice)
        world.env.inject_error("DELETE", "/channels/*/messages/*", status=403, code=50001)
        await page.press("Delete it")
        assert f"**Deleted** here, but Discord does not let me remove its card in <#{world.channel.id}>." in page.text
        assert (await stored(world, 1)).deleted

    async def test_while_discord_fails_nothing_changes(self, world):
        grid = await world.finished(world.alice, "a red barn")
        page = await self.asked(world, world.alice)
        world.env.inject_error("DELETE", "/channels/*/messages/*", status=500, times=None)
        assert "nothing was changed. Please try again in a minute." in await told(await page.press("Delete it"))
        assert (await stored(world, 1)).prompt == "a red barn"
        assert "done" in grid.text

    async def test_an_old_question_about_a_deleted_one_is_answered(self, world):
        await seed(world, world.alice, "a red barn")
        one, two = await self.asked(world, world.alice), await self.asked(world, world.alice)
        await one.press("Delete it")
        assert "I do not find this one in your history" in await told(await two.press("Delete it"))


async def forge(page, custom_id, kind=2):
    """Press what no page ever showed: someone who speaks to Discord themselves may send any custom_id."""
    stored = page.stored
    forged = {"type": kind, "custom_id": custom_id, "id": 901}
    forged |= {"style": 2, "label": "x"} if kind == 2 else {"options": [{"label": "x", "value": FORGED}]}
    stored.components.append({"type": 1, "id": 900, "components": [forged]})
    if kind == 2:
        return await page.who.click(page.answer, custom_id=custom_id)
    return await page.who.select(page.answer, [FORGED], custom_id=custom_id)


class TestWhoSeesWhat:
    async def test_one_s_own_only(self, world):
        await seed(world, world.alice, "mine")
        await seed(world, world.bob, "his")
        assert (await history(world, world.alice)).prompts == ["mine"]
        assert (await history(world, world.bob)).prompts == ["his"]

    @pytest.mark.parametrize("verb", ["open", "post", "again", "ask", "delete"])
    async def test_another_s_id_in_a_button_leads_nowhere(self, world, verb):
        card = await world.finished(world.alice, "a secret")
        await seed(world, world.bob, "his")
        page = await history(world, world.bob)
        before = page.text
        refusal = await told(await forge(page, f"h:{verb}:1:-.-.-.n0"))
        assert "I do not find this one in your history" in refusal
        assert page.text == before
        assert "done" in card.text
        assert (await stored(world, 1)).prompt == "a secret"

    async def test_another_s_id_in_the_menu_leads_nowhere(self, world):
        await seed(world, world.alice, "a secret")
        await seed(world, world.bob, "his")
        page = await history(world, world.bob)
        (menu,) = (part for part in page.parts if part["type"] == 3)
        menu["options"].append({"label": "x", "value": "1"})
        assert "I do not find this one in your history" in await told(await page.pick(1))
        menu["options"].append({"label": "x", "value": "1; DROP"})
        assert "I do not find this one in your history" in await told(await page.pick("1; DROP"))

    @pytest.mark.parametrize(
        "place", ["nonsense.-.-.n0", "-.20261399.-.n0", "-.-.99991231.n0", "-.-.2026-1-.n0", "press.00000000.-.n0"]
    )
    async def test_a_page_that_makes_no_sense_is_refused(self, world, place):
        await seed(world, world.alice)
        page = await history(world, world.alice)
        result = await forge(page, f"h:list:0:{place}")
        assert result.ephemeral
        assert "Please call `/history` again." in result.response.content

    async def test_a_server_shows_its_own_and_direct_messages_show_all(self, world):
        await seed(world, world.alice, "here")
        await seed(world, world.alice, "in another server", server=5)
        await seed(world, world.alice, "in private", server=0)
        page = await history(world, world.alice)
        assert page.prompts == ["here"]
        assert "I do not find" in await told(await forge(page, "h:open:3:-.-.-.n0"))
        direct = Browser(world, world.alice.user, await world.alice.user.slash("history"))
        assert direct.prompts == ["in private", "in another server", "here"]
        await direct.pick(2)
        assert "**in another server**" in direct.text

    @pytest.mark.parametrize("settings", [{"allowed_servers": frozenset({1})}])
    async def test_a_server_that_is_not_allowed_gets_nothing(self, world):
        result = await world.alice.slash(world.channel, "history")
        assert "has not opened me for this server" in result.response.content


class TestLimits:
    async def test_the_fullest_page_fits(self, world):
        for _ in range(9):
            await seed(world, world.alice, "_*~`|<@>" * 37, thumbnail=webp())
        page = await history(world, world.alice)
        assert len(page.prompts) == 9
        assert len(page.text) <= 4000
        assert len(page.parts) <= 40
        assert len(page.gallery[0]["description"]) <= 256

    @pytest.mark.parametrize("prompt", ["a wish", "_wish_ " * 570, "@" * 4000, "a <@1> ~~wish~~ --no " + "_x_ " * 990])
    def test_the_fullest_job_fits(self, prompt):
        names = ("upsample::1", "low_variation", "reroll", "pan_left", "animate_high", "upsample_v5", "variation::1")
        actions = [Action(f"MJ::JOB::{name}::{n}::x", f"b{n}") for n, name in enumerate(names * 2)]
        actions += [
            Action(f"MJ::{name}::x", name) for name in ("Outpaint::50", "BOOKMARK", "CancelJob", "Picread::Retry")
        ]
        actions += [Action(f"NEW::{n}", f"n{n}") for n in range(2)]
        assert len(actions) == 20
        facts = {"actions": tuple(actions), "lasting_url": DEAD_LINK, "source_picture": "s.webp", "message_id": 7}
        now = datetime(2026, 1, 1, tzinfo=UTC)
        job = Job(1, IMAGINE.account, JobKind.IMAGINE, prompt, Speed.FAST, 2, 7, JobState.SUCCEEDED, now, now, **facts)
        opened = Opened(job, job, tuple(replace(job, id=number) for number in range(2, 26)), 2)
        shown = Shown((Picture(b"", "a.webp", 0, 0),), Picture(b"", "s.webp", 0, 0), only_small=True)
        view = views.opened(opened, shown, Place.read(FULLEST), lambda _: True).view
        assert view.total_children_count <= 40
        assert view.content_length() <= 4000
        labels = [item.item.label for item in view.walk_children() if isinstance(item, HistoryButton | ActionButton)]
        assert len([label for label in labels if label not in HISTORY_LABELS]) >= 10
        assert set(labels) >= HISTORY_LABELS


def test_a_prompt_for_which_there_is_no_room_comes_as_a_file_alone():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    facts = {"failure": "a very long reason " * 250}
    job = Job(1, IMAGINE.account, JobKind.IMAGINE, "wish " * 99, Speed.FAST, 2, 7, JobState.FAILED, now, now, **facts)
    drawn = views.opened(Opened(job, None, (), 2), Shown(), Place(), lambda _: True)
    assert [file.filename for file in drawn.files] == ["prompt.txt"]


def test_every_dynamic_item_answers_to_its_own_ids_only():
    ids = {f"h:{verb}:{FORGED}:{FULLEST}": HistoryButton for verb in Verb}
    ids |= {f"h:pick:{FORGED}:{FULLEST}": HistoryMenu, "h:pick:0:-.-.-.n0": HistoryMenu, "j:1:2": ActionButton}
    for custom_id, owner in ids.items():
        found = [
            item
            for item in (ActionButton, HistoryButton, HistoryMenu)
            if item.__discord_ui_compiled_template__.fullmatch(custom_id)
        ]
        assert found == [owner], custom_id
        assert len(custom_id) <= 100
