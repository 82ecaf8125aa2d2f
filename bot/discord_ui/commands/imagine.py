"""/imagine: a picture from words."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_ui import sources
from bot.discord_ui.admission import begin, begin_with_pictures
from bot.discord_ui.commands._options import PRIVATE, check_place, order, speeds
from bot.discord_ui.failures import answering
from bot.domain import prompt as prompts
from bot.domain.action import Price
from bot.domain.job import JobKind, Speed
from bot.domain.quota import price_of


class Imagine(commands.Cog):
    """Pictures from words."""

    @app_commands.command(description="Let Midjourney paint four pictures from your words")
    @app_commands.describe(
        prompt="What to paint. Midjourney's parameters such as --s 250 may follow at the end",
        aspect="The shape as width:height; square when left out",
        speed="Fast is quicker and dearer",
        image="A picture for Midjourney to take up, as PNG, JPEG, WebP or GIF",
        private=PRIVATE,
    )
    @app_commands.choices(speed=speeds(Price.PICTURE))
    async def imagine(
        self,
        interaction: discord.Interaction[Any],
        prompt: app_commands.Range[str, 1, 4000],
        aspect: str | None = None,
        speed: str = Speed.FAST.value,
        image: discord.Attachment | None = None,
        private: bool = False,
    ) -> None:
        async with answering(interaction):
            check_place(interaction, private=private)
            pool = Speed(speed)
            words = prompts.build(prompt, aspect).render()
            new = order(interaction, JobKind.IMAGINE, words, pool, price_of(Price.PICTURE, pool), private=private)
            if image is None:
                await begin(interaction, new)
            else:
                await begin_with_pictures(interaction, new, sources.attachments({"image": image}))

    @imagine.autocomplete("aspect")
    async def suggest_aspect(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=aspect, value=aspect) for aspect in prompts.suggest_aspects(typed)]


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(Imagine())
