"""/help: what Easel does, what it costs, how to press, what it keeps."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_ui import place
from bot.discord_ui.failures import answering
from bot.discord_ui.services import services_of
from bot.domain.image_models import suggest_models
from bot.domain.prompt import shorten

PRICES_LENGTH = 180

TEXT = """\
### Easel paints with Midjourney and DALL·E
**`/imagine`** turns your words into four pictures. `aspect` sets the shape, `image` is a picture to take up; \
Midjourney's own parameters (`--s 250`, `--no trees`, `--seed 7`) go at the end of the prompt.
**`/blend`** makes four pictures out of two to five of yours · **`/describe`** finds four prompts for a picture
**`/dalle`** asks DALL·E or a successor; the lists show what each model takes and costs
**`/history`** has everything that you made: open it, post it, run it again, delete it
**`/jobs`** has what is under way, and can cancel what waits
**`/usage`** has your credits · **`/quota`** is for whoever manages the server: limits, extra credits, blocks
With **`private`**, only you see what is made.

**On a finished card** everyone here may press, and whoever presses pays.
**U1–U4** pick one picture · **V1–V4** make four relatives of one · **🔄** tries again
A picked one has **Upscale**, **Vary**, **Zoom Out**, **Make Square**, **arrows** to widen to one side, **Animate**
**1️⃣–4️⃣** imagine a description's prompt · **Imagine this** gives DALL·E's words to Midjourney

**Prices in credits**
Midjourney: **2** fast, **1** normal · U1–U4 and `/describe`: **1** · Animate: **8**
`/dalle`, for each picture: {prices}
What fails or is cancelled costs nothing: the credits come back by themselves.

**Privacy.** I keep your prompts, small pictures, links to the large ones (those that no card shows, for a \
week) and what you spent, tied to your Discord \
id. Pictures that you give me are erased when the job ends; a small view stays on the card, \
and of a description in your history. Words and pictures go to the service that paints from \
them; an image proxy may fetch finished Midjourney pictures for me, and sees their links. \
`/history` deletes what you choose."""


def text(models: Sequence[str]) -> str:
    """The manual, with the prices of the models that are offered here."""
    by_price: dict[str, list[str]] = defaultdict(list)
    for each in suggest_models(models, ""):
        _, _, price = each.label.removesuffix(" each").partition(" · ")
        by_price[price].append(each.value)
    prices = "; ".join(f"{', '.join(names)}: {price}" for price, names in by_price.items())
    return TEXT.format(prices=shorten(prices, PRICES_LENGTH) or "not offered here")


class Help(commands.Cog):
    """The manual."""

    @app_commands.command(description="What I can do, what it costs and how to use the buttons")
    async def help(self, interaction: discord.Interaction[Any]) -> None:
        async with answering(interaction):
            services = services_of(interaction)
            place.check_server(interaction, services.allowed_servers)
            await interaction.response.send_message(text(services.image_models), ephemeral=True)


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(Help())
