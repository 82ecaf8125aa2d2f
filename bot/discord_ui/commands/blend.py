"""/blend: a picture from two to five others."""

from dataclasses import replace
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_ui import sources
from bot.discord_ui.admission import begin_with_pictures
from bot.discord_ui.commands._options import PRIVATE, check_place, order, speeds
from bot.discord_ui.failures import answering
from bot.domain.action import Price
from bot.domain.job import Dimensions, JobKind, Speed
from bot.domain.quota import price_of

SHAPES = [
    app_commands.Choice(name="portrait · 2:3", value=Dimensions.PORTRAIT.value),
    app_commands.Choice(name="square · 1:1", value=Dimensions.SQUARE.value),
    app_commands.Choice(name="landscape · 3:2", value=Dimensions.LANDSCAPE.value),
]


class Blend(commands.Cog):
    """Pictures from pictures."""

    @app_commands.command(description="Let Midjourney blend two to five of your pictures into four new ones")
    @app_commands.describe(
        image1="The first picture, as PNG, JPEG, WebP or GIF",
        image2="The second picture",
        image3="One more, if you like",
        image4="One more, if you like",
        image5="One more, if you like",
        dimensions="The shape; square when left out",
        speed="Fast is quicker and dearer",
        private=PRIVATE,
    )
    @app_commands.choices(dimensions=SHAPES, speed=speeds(Price.PICTURE))
    async def blend(
        self,
        interaction: discord.Interaction[Any],
        image1: discord.Attachment,
        image2: discord.Attachment,
        image3: discord.Attachment | None = None,
        image4: discord.Attachment | None = None,
        image5: discord.Attachment | None = None,
        dimensions: str = Dimensions.SQUARE.value,
        speed: str = Speed.FAST.value,
        private: bool = False,
    ) -> None:
        async with answering(interaction):
            check_place(interaction, private=private)
            given = {f"image{n}": image for n, image in enumerate((image1, image2, image3, image4, image5), 1) if image}
            pool, shape = Speed(speed), Dimensions(dimensions)
            price = price_of(Price.PICTURE, pool)
            new = order(interaction, JobKind.BLEND, shape.prompt, pool, price, private=private)
            await begin_with_pictures(interaction, replace(new, dimensions=shape), sources.attachments(given))


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(Blend())
