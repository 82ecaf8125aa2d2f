"""A service that is silent, that refuses the key or has no balance left: what members and the operator read."""

import json
from datetime import timedelta

import pytest

from bot.providers.simulated import Fault
from tests.discord_ui.conftest import OFTEN, Card

SILENT = "Midjourney is not answering; "
NOT_READY = Fault.answer(200, json.dumps({"statusCode": 400, "message": "The task is not ready", "data": None}))
DOWN = Fault.refused()


@pytest.fixture
async def owner(world):
    """Who hosts the bot."""
    olga = world.guild.add_member(world.env.create_user("olga"))
    world._settings["owner_ids"] = frozenset({olga.id})
    await world.restart()
    return olga


def direct(owner):
    """What the bot wrote to them directly."""
    return [message.content for message in owner.user.dm_channel.history()]


def child_of(world, result):
    (message,) = result.followups
    return Card(world, message.channel_id, message.id)


class TestSilence:
    @pytest.mark.parametrize("fault", [DOWN, Fault.answer(200, "<html>Bad gateway</html>")])
    @OFTEN
    async def test_two_jobs_wait_it_out_and_the_operator_hears_of_it(self, world, owner, fault):
        running = await world.imagine(world.alice, "a red barn")
        await world.until(lambda: "%" in running.text)
        world.service.faults.always("*", fault)
        await world.until(lambda: SILENT in running.text)
        assert "%" in running.text
        assert f"{SILENT}I keep asking about this one." in running.text
        waiting = await world.imagine(world.bob, "a blue boat")
        assert f"{SILENT}your job keeps its place." in waiting.text
        listed = (await world.bob.slash(world.channel, "jobs")).response
        for text in str(listed.components), (await world.alice.slash(world.channel, "usage")).response.content:
            assert text.count(f"{SILENT}what waits keeps its place.") == 1
        (begun,) = direct(owner)
        assert "**Midjourney is not answering**" in begun
        assert "1 job waits for it and keeps its place." in begun
        world.service.faults.clear()
        await world.until(lambda: "done" in running.text and "done" in waiting.text, 120)
        assert await running.picture() != await waiting.picture()
        assert SILENT not in running.text + waiting.text
        (_, over) = direct(owner)
        assert "**Midjourney answers again**" in over
        assert await world.left(world.alice) == await world.left(world.bob) == 48

    @OFTEN
    async def test_a_restart_in_the_middle_changes_nothing_and_repeats_nothing(self, world, owner):
        card = await world.imagine(world.alice)
        await world.until(lambda: "%" in card.text)
        world.service.faults.always("*", DOWN)
        await world.until(lambda: SILENT in card.text and direct(owner))
        await world.restart()
        waiting = await world.imagine(world.bob)
        assert SILENT in waiting.text
        await world.pass_time(3)
        assert len(direct(owner)) == 1
        world.service.faults.clear()
        await world.until(lambda: "done" in card.text and "done" in waiting.text, 120)
        assert len(direct(owner)) == 2


class TestNotReady:
    @pytest.fixture(autouse=True)
    def short_waits(self, monkeypatch):
        monkeypatch.setattr("bot.services.submit.NOT_READY_WAITS", (timedelta(seconds=1), timedelta(seconds=2)))

    async def test_the_third_try_of_a_press_succeeds_and_its_member_notices_nothing(self, world):
        grid = await world.finished(world.alice)
        world.service.faults.next("action", NOT_READY, NOT_READY)
        child = child_of(world, await world.press(world.alice, grid, "V2"))
        seen = set()

        def done():
            seen.add(child.text)
            return "done" in child.text

        await world.until(done)
        assert world.service.faults.pending == 0
        assert not [text for text in seen if "ready" in text or "Not made" in text]
        assert await child.picture()
        assert await world.left(world.alice) == 46

    async def test_after_the_third_refusal_it_says_why_and_refunds(self, world):
        grid = await world.finished(world.alice)
        world.service.faults.next("action", NOT_READY, NOT_READY, NOT_READY)
        child = child_of(world, await world.press(world.alice, grid, "V2"))
        await world.until(lambda: "Not made" in child.text)
        assert "Midjourney says: The task is not ready." in child.text
        assert "Your 2 credits came back." in child.text
        assert await world.left(world.alice) == 48


class TestKeyAndBalance:
    @pytest.mark.parametrize(
        ("fault", "sentence", "told"),
        [
            (Fault.answer(401, "{}"), "refuses my key. Whoever hosts me has to renew it.", "OhMyGPT refuses my key"),
            (
                Fault.answer(402, "{}"),
                "is used up. Whoever hosts me has to top it up.",
                "balance at OhMyGPT is used up",
            ),
            (None, "is used up. Whoever hosts me has to top it up.", "balance at OhMyGPT is used up"),
        ],
        ids=["401", "402", "no balance"],
    )
    async def test_members_read_a_sentence_and_the_operator_the_cure(self, world, owner, fault, sentence, told):
        if fault is None:
            world.service.balance = 0
        for n in range(2):
            if fault is not None:
                world.service.faults.next("imagine", fault)
            card = await world.imagine(world.alice, f"stone {n}")
            await world.until(lambda card=card: "Not made" in card.text)
            assert sentence in card.text
            assert "Your 2 credits came back." in card.text
        await world.pass_time(2)
        (text,) = direct(owner)
        assert told in text
        assert await world.left(world.alice) == 50

    async def test_of_the_image_service_they_hear_too(self, world, owner):
        world.service.balance = 0
        card = await world.ran(world.alice, "dalle", prompt="a fox")
        await world.until(lambda: "Not made" in card.text and direct(owner))
        (text,) = direct(owner)
        assert "The balance at the image service is used up" in text


class TestOwners:
    async def test_one_whose_messages_are_closed_leaves_it_in_the_log(self, world, owner, caplog):
        world.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=10)
        world.service.faults.next("imagine", Fault.answer(401, "{}"))
        await world.imagine(world.alice)
        await world.pass_time(5)
        said = [record.getMessage() for record in caplog.records if "for the operator" in record.getMessage()]
        assert len(said) == 1
        assert "OhMyGPT refuses my key (OHMYGPT_API_KEY), since 2026-" in said[0]

    async def test_without_owners_the_log_says_it_once(self, world, caplog):
        for _ in range(2):
            world.service.faults.next("imagine", Fault.answer(401, "{}"))
            await world.imagine(world.alice)
            await world.pass_time(3)
        said = [record for record in caplog.records if "for the operator" in record.getMessage()]
        assert [record.levelname for record in said] == ["WARNING"]
