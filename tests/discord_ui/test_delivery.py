"""How a card reaches Discord: by token or channel, and what happens when neither works."""

from datetime import timedelta

import pytest

from tests.discord_ui.conftest import OFTEN


def edits(world):
    return [request.path.split("/")[1] for request in world.env.http_requests if request.method == "PATCH"]


async def test_a_young_card_is_edited_by_its_token(world):
    await world.finished(world.alice)
    assert set(edits(world)) == {"webhooks"}


async def test_an_old_card_is_edited_through_its_channel(world):
    card = await world.imagine(world.alice)
    async with world.bot._storage.write() as uow:
        await uow.jobs.forget_tokens(world.now() + timedelta(minutes=15))
        await uow.commit()
    before = len(edits(world))
    await world.until(lambda: "done" in card.text)
    assert set(edits(world)[before:]) == {"channels"}
    assert await card.picture()


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015)])
async def test_a_token_that_dies_early_is_not_the_end(world, status, code):
    world.env.inject_error("PATCH", "/webhooks/*", status=status, code=code, times=None)
    card = await world.imagine(world.alice)
    await world.until(lambda: "done" in card.text)
    assert await card.picture()
    assert edits(world).count("webhooks") == 1, "a dead token is tried once"


@pytest.mark.parametrize("code", [50001, 50013, 50083, 10003])
async def test_a_card_that_cannot_be_edited_any_more_comes_by_direct_message(world, code):
    status = 404 if code == 10003 else 400 if code == 50083 else 403
    await world.imagine(world.alice, "a red barn")
    world.env.inject_error("PATCH", "*", status=status, code=code, times=None)
    inbox = world.alice.user.dm_channel
    await world.until(lambda: inbox.history())
    (message,) = inbox.history()
    assert len(message.attachments) == 1
    stored = str(world.env.backend.get_message(inbox.id, message.id).components)
    assert "a red barn" in stored
    assert "custom_id" not in stored, "its buttons would lead nowhere"
    await world.pass_time(10)
    assert len(inbox.history()) == 1


async def test_closed_direct_messages_end_the_attempt_in_silence(world):
    card = await world.imagine(world.alice)
    world.env.inject_error("PATCH", "*", status=403, code=50001, times=None)
    world.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=None)
    await world.pass_time(10)
    before = len(world.env.http_requests)
    await world.pass_time(10)
    assert len(world.env.http_requests) == before
    assert "done" not in card.text


@OFTEN
async def test_a_picture_that_discord_finds_too_large_is_sent_smaller(world):
    card = await world.imagine(world.alice)
    await world.until(lambda: "%" in card.text)
    world.env.inject_error("PATCH", "/webhooks/*", status=413, code=40005, times=1)
    await world.until(lambda: "done" in card.text)
    assert card.message.attachments[0].filename == "picture.webp"


async def test_the_upload_limit_is_that_of_the_server(world):
    async with world.bot._storage.read() as uow:
        assert await uow.jobs.get(1) is None
    await world.finished(world.alice)
    async with world.bot._storage.read() as uow:
        job = await uow.jobs.get(1)
    assert world.bot.services.cards.upload_limit(job) == world.bot.get_guild(world.guild.id).filesize_limit


async def test_of_a_card_that_was_sent_twice_only_the_first_stays(world):
    card = await world.imagine(world.alice)
    async with world.bot._storage.read() as uow:
        job = await uow.jobs.get(1)
    cards = world.bot.services.cards
    again = await world.bot.get_channel(card.message.channel.id).send(view=cards.draw(job))
    assert await cards.find(job) == card.id != again.id
    assert [message.id for message in world.channel.history()] == [card.id]
