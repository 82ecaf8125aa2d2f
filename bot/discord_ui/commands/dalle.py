"""/dalle: pictures from DALL·E and its successors."""

from dataclasses import replace
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_ui.admission import begin
from bot.discord_ui.commands._options import PRIVATE, check_place, order
from bot.discord_ui.failures import answering
from bot.discord_ui.services import services_of
from bot.domain import image_models as models
from bot.domain.job import JobKind, Speed

LONGEST = 6000
"""What Discord lets a command's option hold; models take their own lengths."""


class Dalle(commands.Cog):
    """Pictures from models that answer at once."""

    @app_commands.command(description="Let DALL·E or one of its successors paint your words")
    @app_commands.describe(
        prompt="What to paint, in your own words",
        model="Who paints; prices differ",
        size="Width x height; square when left out",
        quality="Better is dearer",
        style="Vivid or natural, where the model has styles",
        count="How many pictures; each has its price",
        private=PRIVATE,
    )
    async def dalle(
        self,
        interaction: discord.Interaction[Any],
        prompt: app_commands.Range[str, 1, LONGEST],
        model: str | None = None,
        size: str | None = None,
        quality: str | None = None,
        style: str | None = None,
        count: app_commands.Range[int, 1, 10] = 1,
        private: bool = False,
    ) -> None:
        async with answering(interaction):
            check_place(interaction, private=private)
            offered = services_of(interaction).image_models
            options = models.choose(offered, prompt, model=model, size=size, quality=quality, style=style, count=count)
            words, price = models.tidy_prompt(prompt), models.price_of(options)
            # These models have no pools.
            new = order(interaction, JobKind.DALLE, words, Speed.FAST, price, private=private)
            await begin(interaction, replace(new, image=options))

    @dalle.autocomplete("model")
    async def suggest_model(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return _choices(models.suggest_models(services_of(interaction).image_models, typed))

    @dalle.autocomplete("size")
    async def suggest_size(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return _choices(models.suggest_sizes(_model(interaction), typed))

    @dalle.autocomplete("quality")
    async def suggest_quality(
        self, interaction: discord.Interaction[Any], typed: str
    ) -> list[app_commands.Choice[str]]:
        return _choices(models.suggest_qualities(_model(interaction), typed))

    @dalle.autocomplete("style")
    async def suggest_style(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return _choices(models.suggest_styles(_model(interaction), typed))


def _model(interaction: discord.Interaction[Any]) -> str:
    """The model that is chosen so far: what the other options' lists depend on."""
    return interaction.namespace.model or next(iter(services_of(interaction).image_models), "")


def _choices(suggestions: list[models.Suggestion]) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=each.label, value=each.value) for each in suggestions]


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(Dalle())
