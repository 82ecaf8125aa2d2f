"""/describe: four prompts from a picture."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_ui import sources
from bot.discord_ui.admission import begin_with_pictures
from bot.discord_ui.commands._options import PRIVATE, check_place, order, speeds
from bot.discord_ui.failures import answering
from bot.domain.action import Price
from bot.domain.errors import UnusablePicture
from bot.domain.job import JobKind, Speed
from bot.domain.quota import price_of


class Describe(commands.Cog):
    """Prompts from pictures."""

    @app_commands.command(description="Let Midjourney find four prompts for a picture")
    @app_commands.describe(
        image="The picture, as PNG, JPEG, WebP or GIF",
        link="Instead: a public https address of the picture",
        speed="Fast is quicker",
        private=PRIVATE,
    )
    @app_commands.choices(speed=speeds(Price.PICK))
    async def describe(
        self,
        interaction: discord.Interaction[Any],
        image: discord.Attachment | None = None,
        link: str | None = None,
        speed: str = Speed.FAST.value,
        private: bool = False,
    ) -> None:
        async with answering(interaction):
            check_place(interaction, private=private)
            pool = Speed(speed)
            new = order(interaction, JobKind.DESCRIBE, "", pool, price_of(Price.PICK, pool), private=private)
            if (image is None) is (link is None):
                raise UnusablePicture("Please give me either `image` or `link`: one picture at a time is described.")
            gather = sources.link(link or "") if image is None else sources.attachments({"image": image})
            await begin_with_pictures(interaction, new, gather)


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(Describe())
