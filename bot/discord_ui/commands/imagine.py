"""/imagine: a picture from words."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_ui import place
from bot.discord_ui.admission import begin
from bot.discord_ui.failures import answering
from bot.discord_ui.services import services_of
from bot.domain import prompt as prompts
from bot.domain.action import Price
from bot.domain.job import JobKind, NewJob, Speed
from bot.domain.quota import price_of

SPEEDS = [
    app_commands.Choice(name="fast · 2 credits", value=Speed.FAST.value),
    app_commands.Choice(name="normal · 1 credit, takes longer", value=Speed.NORMAL.value),
]


class Imagine(commands.Cog):
    """Pictures from words."""

    @app_commands.command(description="Let Midjourney paint four pictures from your words")
    @app_commands.describe(
        prompt="What to paint. Midjourney's parameters such as --s 250 may follow at the end",
        aspect="The shape as width:height; square when left out",
        speed="Fast is quicker and dearer",
    )
    @app_commands.choices(speed=SPEEDS)
    async def imagine(
        self,
        interaction: discord.Interaction[Any],
        prompt: app_commands.Range[str, 1, 4000],
        aspect: str | None = None,
        speed: str = Speed.FAST.value,
    ) -> None:
        async with answering(interaction):
            place.check_server(interaction, services_of(interaction).allowed_servers)
            place.check_permissions(interaction)
            built = prompts.build(prompt, aspect)
            pool = Speed(speed)
            await begin(
                interaction,
                NewJob(
                    account=place.account_of(interaction),
                    kind=JobKind.IMAGINE,
                    prompt=built.render(),
                    speed=pool,
                    price=price_of(Price.PICTURE, pool),
                    channel_id=place.channel_of(interaction),
                    token=interaction.token,
                ),
            )

    @imagine.autocomplete("aspect")
    async def suggest_aspect(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=aspect, value=aspect) for aspect in prompts.suggest_aspects(typed)]


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(Imagine())
