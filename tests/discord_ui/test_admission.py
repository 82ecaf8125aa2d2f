"""An admission that takes too long for Discord: the answer is deferred first, and the truth follows."""

import asyncio

import pytest

from bot.discord_ui import admission
from bot.domain.job import JobState
from tests.discord_ui.conftest import Card


@pytest.fixture
def slow_database(world, monkeypatch):
    """Every admission takes longer than the bot's patience."""
    submit = world.bot.services.submit
    admit = submit.admit

    async def slowly(new):
        await asyncio.sleep(0.05)
        return await admit(new)

    monkeypatch.setattr(admission, "PATIENCE", 0.01)
    monkeypatch.setattr(submit, "admit", slowly)


def was_deferred(world):
    return any(r.path.endswith("/callback") and r.json["type"] == 5 for r in world.env.http_requests)


async def test_the_card_replaces_the_deferred_answer(world, slow_database):
    result = await world.alice.slash(world.channel, "imagine", prompt="a cat")
    assert was_deferred(world)
    assert not result.ephemeral
    card = Card(world, result.response.channel_id, result.response.id)
    await world.until(lambda: "done" in card.text)
    assert len(world.channel.history()) == 1


@pytest.mark.parametrize("settings", [{"daily_credits": 1}])
async def test_a_late_refusal_is_told_to_the_member_and_leaves_nothing_behind(world, slow_database):
    result = await world.alice.slash(world.channel, "imagine", prompt="a cat")
    assert was_deferred(world)
    (told,) = result.followups
    assert told.ephemeral
    assert "you have only 1 credit left" in told.content
    assert result.response is None
    assert await world.left(world.alice) == 1


async def test_an_interaction_that_expired_before_the_defer_costs_nothing(world, slow_database):
    world.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    result = await world.alice.slash(world.channel, "imagine", prompt="a cat")
    assert not result.acknowledged
    assert await world.left(world.alice) == 50
    async with world.bot._storage.read() as uow:
        assert (await uow.jobs.get(1)).state is JobState.CANCELLED
