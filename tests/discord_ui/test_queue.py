"""The line as members see it: places, "Cancel", `/jobs`, and a queue that is full."""

from dataclasses import replace

import discord
import pytest

from bot.discord_ui.under_way import listed
from bot.domain.errors import StorageUnavailable
from bot.domain.job import JobState
from tests.discord_ui.conftest import Card
from tests.discord_ui.test_history import history
from tests.discord_ui.test_texts import JOB, WORST, parts_of

NARROW = {"max_running_total": 1}


@pytest.fixture
def settings():
    return dict(NARROW)


@pytest.fixture
def speed():
    """A picture takes longer than what a test does in between."""
    return 3.0


@pytest.fixture
def carol(world):
    """An admin of the server."""
    keepers = world.guild.create_role("Keepers", permissions=discord.Permissions(manage_guild=True))
    return world.guild.add_member(world.env.create_user("carol"), roles=[keepers])


async def press_forged(world, who, card, custom_id):
    """A press of a button that the card does not have, or has no more."""
    button = {"type": 2, "style": 2, "label": "x", "custom_id": custom_id, "id": 91}
    card.stored.components.append({"type": 1, "id": 90, "components": [button]})
    return await who.click(card.message, custom_id=custom_id)


async def jobs_of(world, who):
    """The list, as a card that changes with the message."""
    result = await who.slash(world.channel, "jobs")
    assert result.ephemeral
    return Card(world, result.response.channel_id, result.response.id), result.response


def cancels(parts):
    return [part["custom_id"] for part in parts if str(part.get("custom_id")).startswith("q:")]


async def test_a_place_is_on_the_first_card_and_moves_up(world):
    first = await world.imagine(world.bob, "a red barn")
    cards = [await world.imagine(who, prompt) for who, prompt in ((world.alice, "a boat"), (world.bob, "a tree"))]
    assert "Waiting to start" in first.text
    assert "Next in line: it starts as soon as there is room." in cards[0].text
    assert "In line, place **2**" in cards[1].text
    assert "in line, asked <t:" in cards[1].text
    assert [list(card.buttons) for card in (first, *cards)] == [[], ["Cancel"], ["Cancel"]]
    await world.until(lambda: "Next in line" in cards[1].text, 120)
    assert cards[0].buttons == {}


async def test_a_members_own_limit_is_said_instead_of_a_place(world):
    world._settings |= {"max_running_total": 12, "max_running_per_member": 1}
    await world.restart()
    await world.imagine(world.alice)
    assert "In line behind your other pictures: it moves up when one" in (await world.imagine(world.alice)).text
    assert "Waiting to start" in (await world.imagine(world.bob)).text


class TestCancel:
    async def test_its_owner_gets_the_credits_back_at_once(self, world):
        await world.imagine(world.bob)
        card = await world.imagine(world.alice)
        result = await world.press(world.alice, card, "Cancel")
        assert result.ephemeral
        assert result.response.content == "**Cancelled.** Your 2 credits are back."
        assert await world.left(world.alice) == 50
        await world.pass_time(2)
        assert "**Cancelled.** Your 2 credits came back." in card.text
        assert "2 credits returned" in card.text
        assert card.buttons == {}

    async def test_an_admin_may_and_the_card_says_so(self, world, carol):
        await world.imagine(world.bob)
        card = await world.imagine(world.alice)
        result = await world.press(carol, card, "Cancel")
        assert result.response.content == f"**Cancelled.** <@{world.alice.id}>'s 2 credits are back."
        await world.pass_time(2)
        assert "**Cancelled.** An admin took it out of the line. Your 2 credits came back." in card.text
        assert await world.left(world.alice) == 50

    async def test_who_hosts_the_bot_may_too(self, world):
        world._settings |= {"owner_ids": frozenset({world.bob.id})}
        await world.restart()
        await world.imagine(world.bob)
        card = await world.imagine(world.alice, speed="normal")
        result = await world.press(world.bob, card, "Cancel")
        assert result.response.content == f"**Cancelled.** <@{world.alice.id}>'s 1 credit is back."

    async def test_anyone_else_is_told_who_may(self, world):
        await world.imagine(world.bob)
        card = await world.imagine(world.alice)
        result = await world.press(world.bob, card, "Cancel")
        assert result.ephemeral
        assert result.response.content == (
            "Only whoever asked for this picture can cancel it, or someone who manages this server."
        )
        assert "Cancel" in card.buttons

    async def test_the_history_which_it_would_not_draw_anew_shows_none(self, world):
        await world.imagine(world.bob)
        await world.imagine(world.alice)
        page = await history(world, world.alice)
        await page.pick(2)
        assert "Next in line" in page.text
        assert "Cancel" not in page.buttons

    async def test_once_it_runs_it_is_too_late(self, world):
        first = await world.imagine(world.bob)
        card = await world.imagine(world.alice)
        button = card.buttons["Cancel"]
        await world.until(lambda: "done" in first.text)
        await world.until(lambda: "%" in card.text)
        result = await press_forged(world, world.alice, card, button)
        assert result.response.content == (
            "Too late: Midjourney has this one now, and has no way to stop it. "
            "It goes on, and stays charged with 2 credits."
        )

    async def test_a_forged_press_tells_nothing_of_a_private_job(self, world, carol):
        card = await world.imagine(world.bob)
        await world.imagine(world.alice)
        async with world.bot._storage.write() as uow:
            await uow.jobs.note(2, JobState.QUEUED, visible=False, private=True)
            await uow.commit()
        result = await press_forged(world, carol, card, "q:cancel:2")
        assert result.ephemeral
        assert result.response.content == "I do not know this job any more. `/jobs` shows what is under way."

    async def test_it_works_after_a_restart(self, world):
        await world.imagine(world.bob)
        card = await world.imagine(world.alice)
        await world.restart()
        result = await world.press(world.alice, card, "Cancel")
        assert result.response.content == "**Cancelled.** Your 2 credits are back."

    async def test_a_card_that_could_not_be_noted_shows_it_too(self, world, monkeypatch):
        async def fail(*_):
            raise StorageUnavailable("locked")

        await world.imagine(world.bob)
        with monkeypatch.context() as patch:
            patch.setattr(world.bot.services.submit, "card_sent", fail)
            card = await world.imagine(world.alice)
        result = await world.press(world.alice, card, "Cancel")
        assert result.response.content == "**Cancelled.** Your 2 credits are back."
        await world.pass_time(2)
        assert "**Cancelled.**" in card.text
        assert card.buttons == {}

    async def test_an_image_model_s_line_has_it_too(self, world):
        world._settings |= {"image_concurrency": 1}
        await world.restart()
        await world.ran(world.bob, "dalle", prompt="a fox")
        card = await world.ran(world.alice, "dalle", prompt="a hare")
        assert "Next in line" in card.text
        result = await world.press(world.alice, card, "Cancel")
        assert result.response.content.startswith("**Cancelled.** Your ")
        assert await world.left(world.alice) == 50


class TestJobs:
    async def test_nothing_under_way_is_one_kind_sentence(self, world):
        mine, _ = await jobs_of(world, world.alice)
        assert mine.text == "Nothing of yours is under way. `/imagine` begins something, `/history` has what is done."

    async def test_each_is_listed_with_its_state_and_leads_to_its_card(self, world):
        running = await world.imagine(world.alice, "a red barn")
        tower = await world.imagine(world.alice, "a <@1> *tower*")
        await world.imagine(world.bob, "not mine")
        waiting = [tower, await world.imagine(world.alice, "a tree")]
        await world.until(lambda: "%" in running.text)
        mine, _ = await jobs_of(world, world.alice)
        heading, *entries = mine.text.split("\n[")
        assert heading == "### Your jobs\n-# 1 in the making, 2 in line"
        for entry, card, state in zip(
            entries, (running, *waiting), (" %", "in line, place 1", "in line, place 3"), strict=True
        ):
            assert f"/{world.channel.id}/{card.id})" in entry
            assert state in entry
            assert "2 credits · asked <t:" in entry
        assert "<@1>" not in mine.text
        assert "not mine" not in mine.text
        assert cancels(mine.parts) == ["q:drop:2", "q:drop:4"]

    async def test_cancelling_there_draws_the_list_anew_and_the_card_too(self, world):
        await world.imagine(world.bob)
        cards = [await world.imagine(world.alice, prompt) for prompt in ("a boat", "a tree")]
        mine, message = await jobs_of(world, world.alice)
        result = await world.alice.click(message, custom_id="q:drop:2")
        assert result.acknowledged
        assert mine.text.startswith("**Cancelled.** Your 2 credits are back.\n-# a boat\n### Your jobs\n-# 1 in line")
        assert cancels(mine.parts) == ["q:drop:3"]
        await world.pass_time(2)
        assert "**Cancelled.**" in cards[0].text
        await world.alice.click(message, custom_id="q:drop:3")
        assert mine.text.startswith(
            "**Cancelled.** Your 2 credits are back.\n-# a tree\nNothing of yours is under way."
        )
        assert await world.left(world.alice) == 50

    async def test_what_has_started_meanwhile_is_said_in_the_list(self, world):
        first = await world.imagine(world.bob)
        await world.imagine(world.alice, "a boat")
        mine, message = await jobs_of(world, world.alice)
        await world.until(lambda: "done" in first.text)
        await world.alice.click(message, custom_id="q:drop:2")
        assert mine.text.startswith("Too late: Midjourney has this one now")
        assert "2 credits.\n-# a boat\n### Your jobs" in mine.text
        assert cancels(mine.parts) == []

    async def test_a_private_one_has_no_link(self, world):
        card = await world.imagine(world.alice, "a boat")
        async with world.bot._storage.write() as uow:
            job = await uow.jobs.note(1, JobState.RUNNING, visible=False, private=True)
            await uow.commit()
        assert job is not None
        mine, _ = await jobs_of(world, world.alice)
        assert str(card.id) not in mine.text
        assert "a boat" in mine.text

    @pytest.mark.parametrize("settings", [NARROW | {"dm_daily_credits": 10}])
    async def test_in_direct_messages_everything_is_listed(self, world):
        await world.imagine(world.alice, "in the server")
        await world.alice.user.slash("imagine", prompt="in private")
        told = (await world.alice.user.slash("jobs")).response
        text = str(world.env.backend.get_message(told.channel_id, told.id).components)
        assert "in the server" in text
        assert "in private" in text
        here, _ = await jobs_of(world, world.alice)
        assert "in private" not in here.text

    def test_more_than_fit_are_counted(self):
        waiting = [replace(JOB, id=n, state=JobState.QUEUED, place=n, message_id=5 * 10**18) for n in range(1, 40)]
        running = [replace(JOB, id=n, state=JobState.RUNNING, message_id=5 * 10**18) for n in range(40, 90)]
        worst = [replace(job, prompt=WORST) for job in [*waiting, *running]]
        for jobs in (waiting, running, [*waiting, *running], worst):
            parts = parts_of(listed(jobs, "x" * 200))
            texts = [part["content"] for part in parts if part["type"] == 10]
            assert len(parts) <= 40
            assert sum(map(len, texts)) <= 4000
            listed_here = sum("asked" in text for text in texts)
            assert listed_here >= 8
            assert texts[-1] == f"-# and {len(jobs) - listed_here} more"


@pytest.mark.parametrize("settings", [NARROW | {"max_queued_per_member": 2}])
async def test_a_full_queue_refuses_and_names_the_way_out(world):
    await world.imagine(world.bob)
    for _ in range(2):
        await world.imagine(world.alice)
    result = await world.alice.slash(world.channel, "imagine", prompt="one more")
    assert result.ephemeral
    assert result.response.content == (
        "You have 2 pictures waiting in line already, and more are not taken until one of them starts. "
        "Nothing was charged. `/jobs` shows them, and can cancel what you no longer want."
    )
    assert await world.left(world.alice) == 46
    assert "In line" in (await world.imagine(world.bob)).text
