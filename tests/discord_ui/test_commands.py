"""The command tree as a whole, and the commands that only tell."""

import discord
import pytest

LIMIT = 2000


async def test_help_tells_what_it_does_and_fits(world):
    result = await world.alice.slash(world.channel, "help")
    assert result.ephemeral
    text = result.response.content
    assert len(text) <= LIMIT
    commands = [f"/{command.name}" for command in world.bot.tree.get_commands() if command.name != "help"]
    for word in (*commands, "U1–U4", "Privacy", "image proxy", "gpt-image-2: 1 to 6 credits\n"):
        assert word in text


@pytest.mark.parametrize("settings", [{"image_models": tuple(f"gpt-image-{n}" for n in range(90))}])
async def test_help_fits_however_many_models_there_are(world):
    assert len((await world.alice.slash(world.channel, "help")).response.content) <= LIMIT


async def test_usage_lists_what_is_under_way_with_links(world):
    card = await world.imagine(world.alice, "a <@1> *tower*")
    result = await world.alice.slash(world.channel, "usage")
    assert result.ephemeral
    text = result.response.content
    assert text.startswith("**48 credits left** today; 2 of 50 used.\n50 a day is my default.\nAll 50 return <t:")
    assert "<t:" in text
    assert f"/{world.channel.id}/{card.id})" in text
    assert "<@1>" not in text
    await world.until(lambda: "done" in card.text)
    assert "Under way" not in (await world.alice.slash(world.channel, "usage")).response.content


@pytest.mark.parametrize("settings", [{"daily_credits": 100, "max_queued_per_member": 20}])
async def test_usage_fits_into_one_message_whatever_is_under_way(world):
    for number in range(20):
        await world.imagine(world.alice, f"number {number}: " + "a very long wish " * 9)
    text = (await world.alice.slash(world.channel, "usage")).response.content
    assert len(text) <= LIMIT
    assert text.split("\n")[-1].startswith("and ")
    listed = text.count("\n- ")
    assert text.endswith(f"and {20 - listed} more")


async def test_a_sync_that_fails_is_made_up_for_at_the_next_start(world, caplog, tmp_path):
    async with world.bot._storage.write() as uow:
        await uow.facts.set(f"commands:{world.bot.application_id}", "others")
        await uow.commit()
    world.env.inject_error("PUT", "/applications/*/commands", status=503)
    await world.restart()
    assert "could not be synced" in caplog.text
    caplog.clear()
    assert (await world.alice.slash(world.channel, "help")).acknowledged
    before = len([r for r in world.env.http_requests if r.method == "PUT"])
    await world.restart()
    assert len([r for r in world.env.http_requests if r.method == "PUT"]) == before + 1


async def test_commands_are_for_servers_and_the_bots_own_direct_messages(world):
    for command in world.bot.tree.get_commands():
        payload = command.to_dict(world.bot.tree)
        assert payload["integration_types"] == [0]
        assert sorted(payload["contexts"]) == ([0] if command.name == "quota" else [0, 1])
        assert 1 <= len(payload["description"]) <= 100


async def test_commands_are_synced_only_when_they_changed(world):
    def synced():
        return [r for r in world.env.http_requests if r.method == "PUT" and r.path.endswith("/commands")]

    assert len(synced()) == 1
    await world.restart()
    assert len(synced()) == 1


async def test_the_client_asks_for_guilds_only_and_pings_nobody(world):
    assert world.bot.intents == discord.Intents(guilds=True)
    assert world.bot.allowed_mentions.to_dict() == discord.AllowedMentions.none().to_dict()


def test_conformance_is_checked(spec):
    """Every test of this folder checks each request body against Discord's document as it ends."""
    if spec is None:
        pytest.skip("Discord's API document is not beside this checkout, so request bodies were not checked")
    assert spec.check("POST", "/channels/1/messages", {"content": 5})
    assert not spec.check("POST", "/channels/1/messages", {"content": "hi"})
