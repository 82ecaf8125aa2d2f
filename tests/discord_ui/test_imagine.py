"""/imagine, as a member sees it."""

import io
import re

import discord
import pytest
from PIL import Image

from bot.domain.job import JobState

HOSTILE = "**bold** `code` <@1> @everyone ||spoiler|| [x](https://a.b) <:e:1> # heading\n> quote\n-# small ~~no~~"


@pytest.mark.parametrize("speed", [3.0])
async def test_from_the_command_to_the_picture(world):
    card = await world.imagine(world.alice, "a ringed planet", aspect="16:9")
    assert "**a ringed planet**\n-# \\--ar 16:9" in card.text
    assert f"<@{world.alice.id}> · fast · 2 credits" in card.text
    seen = set()

    def done():
        seen.update(line for line in card.text.split("\n") if "%" in line)
        return "done" in card.text

    await world.until(done)
    assert len(seen) >= 3, f"progress was hardly shown: {seen}"
    picture = Image.open(io.BytesIO(await card.picture()))
    assert picture.width / picture.height == pytest.approx(16 / 9, rel=0.02)
    (shown,) = card.gallery
    assert shown["description"] == "Four pictures: a ringed planet --ar 16:9"
    assert list(card.buttons) == ["U1", "U2", "U3", "U4", "🔄", "V1", "V2", "V3", "V4"]
    assert "%" not in card.text
    assert len(world.channel.history()) == 1


@pytest.mark.parametrize("speed", [6.0])
async def test_the_card_goes_through_its_colours(world):
    card = await world.imagine(world.alice)
    accents = [card.accent]

    def done():
        if card.accent != accents[-1]:
            accents.append(card.accent)
        return "done" in card.text

    await world.until(done)
    assert len(set(accents)) == len(accents) == 3  # in line, running, done


async def test_a_lasting_link_becomes_a_button(world):
    card = await world.finished(world.alice)
    await world.until(lambda: "Full size" in card.links, 120)
    assert card.links["Full size"].startswith("https://simulated.invalid/s3/")
    assert len(card.gallery) == 1
    assert await card.picture()


async def test_two_members_at_once(world):
    one = await world.imagine(world.alice, "a red barn")
    two = await world.imagine(world.bob, "a blue boat")
    await world.until(lambda: "done" in one.text and "done" in two.text)
    assert "a red barn" in one.text
    assert f"<@{world.alice.id}>" in one.text
    assert "a blue boat" in two.text
    assert f"<@{world.bob.id}>" in two.text
    assert await one.picture() != await two.picture()


async def test_a_normal_job_costs_less(world):
    card = await world.imagine(world.alice, speed="normal")
    assert "normal · 1 credit ·" in card.text
    assert await world.left(world.alice) == 49


async def test_more_jobs_than_may_run_wait_in_line_and_all_finish(world):
    cards = [await world.imagine(world.alice, f"stone number {n}") for n in range(4)]
    await world.pass_time(2)
    assert "In line" in cards[3].text
    await world.until(lambda: all("done" in card.text for card in cards), 120)


@pytest.mark.parametrize(
    ("prompt", "options", "named"),
    [
        ("   ", {}, "prompt"),
        ("a cat --aspekt 3:2", {}, "--aspekt"),
        ("a cat --chaos 900", {}, "--chaos"),
        ("a cat --ar 3:2", {"aspect": "1:1"}, "--ar"),
        ("a cat", {"aspect": "wide"}, "wide"),
        ("a cat --v 7 --niji 6", {}, "--niji"),
    ],
)
async def test_a_bad_prompt_is_refused_by_name_and_costs_nothing(world, prompt, options, named):
    result = await world.alice.slash(world.channel, "imagine", prompt=prompt, **options)
    assert result.ephemeral
    assert named in result.response.content
    assert await world.left(world.alice) == 50
    assert world.channel.history() == []


async def test_a_hostile_prompt_neither_pings_nor_breaks_the_card(world):
    card = await world.finished(world.alice, HOSTILE)
    heading = card.text.split("\n")[0]
    assert heading.startswith("**")
    assert heading.endswith("**")
    assert re.findall(r"(?<!\\)[*_~`|<\[]", heading[2:-2]) == []
    assert "@everyone" not in heading
    assert len(card.text.split("\n")) == 2
    assert "://" not in heading
    assert [user.id for user in card.message.mentions] == [world.alice.id]  # in the footer, and without a ping
    assert not card.message.mention_everyone


async def test_a_long_prompt_is_shortened_visibly(world):
    card = await world.finished(world.alice, "word " * 700 + "--ar 3:2")
    assert "word…\n-# \\--ar 3:2" in card.text
    assert len(card.text) < 500
    (shown,) = card.gallery
    assert len(shown["description"]) <= 256


@pytest.mark.parametrize("settings", [{"daily_credits": 3}])
async def test_out_of_credits(world):
    await world.imagine(world.alice)
    result = await world.alice.slash(world.channel, "imagine", prompt="one more")
    assert result.ephemeral
    assert "costs 2 credits, but you have only 1 credit left" in result.response.content
    assert "Nothing was charged" in result.response.content
    other = await world.imagine(world.bob)
    assert "2 credits" in other.text


@pytest.mark.parametrize("settings", [{"server_daily_credits": 3}, {"total_daily_credits": 3}])
async def test_a_ceiling_above_the_member_binds_too(world, settings):
    await world.imagine(world.alice)
    result = await world.bob.slash(world.channel, "imagine", prompt="one more")
    whose = "this server has" if "server_daily_credits" in settings else "all of my servers together have"
    assert f"{whose} only 1 credit left" in result.response.content
    usage = (await world.bob.slash(world.channel, "usage")).response.content
    assert usage.startswith("**1 credit left**")
    assert "ceiling" in usage


async def test_a_rejected_prompt_says_why_and_refunds(world):
    card = await world.imagine(world.alice, "fail: banned word")
    await world.until(lambda: "Not made" in card.text)
    assert "Midjourney says: Banned prompt" in card.text
    assert "Your 2 credits came back" in card.text
    assert "2 credits returned" in card.text
    assert card.buttons == {}
    assert await world.left(world.alice) == 50


@pytest.mark.parametrize("speed", [3.0])
async def test_a_job_that_fails_late_refunds(world):
    card = await world.imagine(world.alice, "fail: late")
    await world.until(lambda: "46" in card.text)
    await world.until(lambda: "Not made" in card.text)
    assert "Midjourney says: " in card.text
    assert await world.left(world.alice) == 50


async def test_a_picture_that_cannot_be_fetched_is_said_and_linked(world, caplog):
    card = await world.imagine(world.alice, "fail: no picture")
    await world.until(lambda: "done" in card.text)
    assert "could not fetch the picture" in card.text
    assert card.gallery == []
    assert card.links
    assert "U1" in card.buttons


@pytest.mark.parametrize("speed", [0.75])
async def test_a_long_job_ends_with_one_reply_that_mentions_its_owner_alone(world):
    card = await world.imagine(world.alice)
    await world.until(lambda: "done" in card.text, 200)
    await world.pass_time(5)
    (reply,) = [message for message in world.channel.history() if message.id != card.id]
    assert reply.content == f"<@{world.alice.id}> your picture is ready."
    assert reply.reference.message_id == card.id
    (sent,) = [
        request.json
        for request in world.env.http_requests
        if isinstance(request.json, dict) and request.json.get("content") == reply.content
    ]
    assert sent["allowed_mentions"] == {"parse": [], "users": [world.alice.id]}  # nobody else


async def test_missing_permissions_are_named_before_anything_is_charged(world):
    everyone = world.guild.default_role
    denied = discord.PermissionOverwrite(attach_files=False, read_message_history=False)
    muted = world.guild.create_text_channel("muted", overwrites={everyone: denied})
    result = await world.alice.slash(muted, "imagine", prompt="a cat")
    assert result.ephemeral
    assert "**Attach Files**, **Read Message History**" in result.response.content
    assert "Send Messages" not in result.response.content
    assert await world.left(world.alice) == 50


@pytest.mark.parametrize("settings", [{"allowed_servers": frozenset({1})}])
async def test_a_server_that_is_not_on_the_list(world):
    for command, options in (("imagine", {"prompt": "a cat"}), ("usage", {}), ("help", {})):
        result = await world.alice.slash(world.channel, command, **options)
        assert result.ephemeral
        assert "not opened me for this server" in result.response.content


async def test_direct_messages_are_closed_by_default(world):
    result = await world.alice.user.slash("imagine", prompt="a cat")
    assert "In direct messages you can look" in result.response.content


@pytest.mark.parametrize("settings", [{"dm_daily_credits": 10}])
async def test_direct_messages_have_an_account_of_their_own(world):
    result = await world.alice.user.slash("imagine", prompt="a cat")
    card_id = result.response.id
    stored = lambda: str(world.env.backend.get_message(result.response.channel_id, card_id).components)  # noqa: E731
    await world.until(lambda: "done" in stored())
    assert (await world.alice.user.slash("usage")).response.content.startswith("**8 credits left**")
    assert await world.left(world.alice) == 50


async def test_a_card_that_discord_does_not_take_costs_nothing(world, caplog):
    world.env.inject_error("POST", "/interactions/*/callback", status=400, code=50035)
    await world.alice.slash(world.channel, "imagine", prompt="a cat")
    async with world.bot._storage.read() as uow:
        job = await uow.jobs.get(1)
    assert job.state is JobState.CANCELLED
    assert await world.left(world.alice) == 50
    assert world.channel.history() == []
    caplog.clear()  # the failure itself is logged as an error, rightly
    world.env.errors  # noqa: B018 reading acknowledges


async def test_progress_survives_errors_of_discord(world):
    card = await world.imagine(world.alice)
    world.env.inject_error("PATCH", "*", status=500, times=3)
    await world.until(lambda: "done" in card.text, 90)
    assert await card.picture()


async def test_a_deleted_card_is_not_posted_again(world):
    card = await world.imagine(world.alice)
    world.env.backend.delete_message(card.channel_id, card.id)
    await world.pass_time(15)
    assert world.channel.history() == []
    async with world.bot._storage.read() as uow:
        job = await uow.jobs.get(1)
    assert job.state is JobState.SUCCEEDED


async def test_aspect_is_suggested(world):
    first = await world.alice.autocomplete(world.channel, "imagine", "aspect", "16")
    assert [choice["value"] for choice in first][:1] == ["16:9"]
