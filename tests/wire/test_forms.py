"""Forms over the loopback, with a bot of the test's own: Easel has none yet, and its Discord must be ready for them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import discord
import pytest
import pytest_asyncio
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from tests.wire import conformance
from tests.wire.installation import TOKEN
from tests.wire.loopback_discord import LoopbackDiscord
from tests.wire.waiting import until


class Words(discord.ui.Modal, title="Change the words"):
    """A form as commands show them: one input, with its label."""

    def __init__(self) -> None:
        super().__init__(custom_id="remix:7")
        self.words = discord.ui.TextInput[Any](custom_id="words")
        self.add_item(discord.ui.Label[Any](text="New words", component=self.words))

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"You wrote: {self.words.value}", ephemeral=True)


async def remix(interaction: discord.Interaction[Any]) -> None:
    """Ask for other words."""
    await interaction.response.send_modal(Words())


@pytest_asyncio.fixture
async def loopback(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[LoopbackDiscord]:
    """A Discord in which a bot with that one command is logged in."""
    async with LoopbackDiscord(TOKEN) as loopback:
        monkeypatch.setattr(Route, "BASE", loopback.api_url)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", URL(loopback.gateway_url))
        async with discord.Client(intents=discord.Intents(guilds=True)) as client:
            tree = app_commands.CommandTree(client)
            tree.command()(remix)
            running = asyncio.create_task(client.start(TOKEN))
            await until(lambda: loopback.gateway.identified, "the bot at the gateway")
            await tree.sync()
            yield loopback
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def test_what_is_filled_in_comes_back(loopback: LoopbackDiscord) -> None:
    mira = loopback.join("mira")
    shown = await mira.slash("remix")
    await mira.submit(shown, words="a heron at dawn")
    (answer,) = mira.messages()
    assert answer.message.content == "You wrote: a heron at dawn"
    assert not conformance.breaches(loopback.rest.requests)
