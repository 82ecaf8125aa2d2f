"""/jobs: what I have under way, and what of it I no longer want."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_ui import place
from bot.discord_ui.failures import answering
from bot.discord_ui.services import services_of
from bot.discord_ui.under_way import listed


class ShowMyJobs(commands.Cog):
    """What a member has under way."""

    @app_commands.command(
        description="Your pictures in the making and in line, to look at or cancel; only you see this"
    )
    async def jobs(self, interaction: discord.Interaction[Any]) -> None:
        async with answering(interaction):
            services = services_of(interaction)
            place.check_server(interaction, services.allowed_servers)
            jobs = await services.under_way.of(place.account_of(interaction))
            await interaction.response.send_message(view=listed(jobs), ephemeral=True)


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(ShowMyJobs())
