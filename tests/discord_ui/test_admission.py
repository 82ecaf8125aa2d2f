"""An admission that takes too long for Discord: the answer is deferred first, and the truth follows."""

import asyncio
from datetime import timedelta

import pytest

from bot.discord_ui import admission, delivery
from bot.domain.job import JobState
from bot.services import recover
from tests.discord_ui.conftest import Card
from tests.discord_ui.trouble import struck


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


async def test_a_defer_whose_answer_got_lost_is_taken_back(world, slow_database):
    with struck("POST", "/interactions/*/callback", 500, times=1, after=True):
        await world.alice.slash(world.channel, "imagine", prompt="a cat")
    assert world.channel.history() == []
    assert await world.left(world.alice) == 50
    async with world.bot._storage.read() as uow:
        assert (await uow.jobs.get(1)).state is JobState.CANCELLED


@pytest.fixture
def lost_answers(world, monkeypatch):
    """Discord posts each card, but its answer never arrives."""
    send = admission._send

    async def lose(*arguments):
        await send(*arguments)
        raise ConnectionResetError

    monkeypatch.setattr(admission, "_send", lose)
    monkeypatch.setattr(recover, "CARD_OVERDUE", timedelta(seconds=2))


async def test_a_card_whose_answer_got_lost_is_found_again(world, lost_answers):
    await world.alice.slash(world.channel, "imagine", prompt="a cat")
    (message, *_) = world.channel.history()
    card = Card(world, message.channel.id, message.id)
    await world.until(lambda: "done" in card.text)
    assert await world.left(world.alice) == 48


async def test_so_is_the_card_of_a_press(world, request):
    grid = await world.finished(world.alice)
    request.getfixturevalue("lost_answers")
    before = {message.id for message in world.channel.history()}
    await world.press(world.alice, grid, "U2")
    (message,) = [message for message in world.channel.history() if message.id not in before and message.components]
    child = Card(world, message.channel.id, message.id)
    assert "Picture 2" in child.text
    await world.until(lambda: "done" in child.text)
    assert "done" in grid.text


async def test_a_card_that_was_never_posted_costs_nothing(world, monkeypatch):
    monkeypatch.setattr(recover, "CARD_OVERDUE", timedelta(seconds=2))
    world.env.inject_error("POST", "/interactions/*/callback", status=500)
    await world.alice.slash(world.channel, "imagine", prompt="a cat")
    await world.pass_time(4)
    async with world.bot._storage.read() as uow:
        assert (await uow.jobs.get(1)).state is JobState.CANCELLED
    assert await world.left(world.alice) == 50


async def test_a_slow_answer_is_enough_where_the_clock_hides_the_card(world, monkeypatch):
    monkeypatch.setattr(admission, "REPEATED_AFTER", 0.0)
    monkeypatch.setattr(delivery, "CLOCK_SLACK", timedelta(hours=-1))  # as if our clock were an hour ahead
    card = await world.imagine(world.alice)
    await world.until(lambda: "done" in card.text)
    assert len(world.channel.history()) == 1
