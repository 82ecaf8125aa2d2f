"""/help: what Easel does, what it costs, how to press, what it keeps."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_ui import place
from bot.discord_ui.failures import answering
from bot.discord_ui.services import services_of

TEXT = """\
### Easel paints with Midjourney
`/imagine` takes your words and fills one card with four pictures. `aspect` sets the shape, `speed` the price; \
Midjourney's own parameters (`--s 250`, `--no trees`, `--seed 7`) go at the end of the prompt.
`/usage` shows your credits and what is under way; only you see it.

**On a finished card** everyone here may press, and whoever presses pays.
**U1–U4** pick one picture and open more steps · **V1–V4** make four relatives of one · **🔄** tries again
then **Upscale**, **Vary**, **Zoom Out**, **Make Square**, **arrows** to widen to one side, **Animate**

**Prices in credits**
Picture, variations, another try, upscale, vary, zoom, square, widen: **2** fast, **1** normal
U1–U4: **1** · Animate: **8** · What fails costs nothing: the credits come back by themselves.

**Privacy.** I keep your prompts, the links to your pictures and what you spent, tied to your Discord id, so that \
cards and buttons keep working. Your words go to the picture service that paints them, and to nobody else."""


class Help(commands.Cog):
    """The manual."""

    @app_commands.command(description="What I can do, what it costs and how to use the buttons")
    async def help(self, interaction: discord.Interaction[Any]) -> None:
        async with answering(interaction):
            place.check_server(interaction, services_of(interaction).allowed_servers)
            await interaction.response.send_message(TEXT, ephemeral=True)


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(Help())
