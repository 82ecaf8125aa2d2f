"""Options that several commands share, and the first steps that all generating commands take."""

from typing import Any

import discord
from discord import app_commands

from bot.discord_ui import place
from bot.discord_ui.services import services_of
from bot.domain.action import Price
from bot.domain.errors import credits
from bot.domain.job import JobKind, NewJob, Speed
from bot.domain.quota import price_of

PRIVATE = "Only you see the card, and what its buttons make"


def speeds(price: Price) -> list[app_commands.Choice[str]]:
    """The two pools, each with what it costs."""
    fast, normal = (credits(price_of(price, speed)) for speed in (Speed.FAST, Speed.NORMAL))
    return [
        app_commands.Choice(name=f"fast · {fast}", value=Speed.FAST.value),
        app_commands.Choice(name=f"normal · {normal}, takes longer", value=Speed.NORMAL.value),
    ]


def order(
    interaction: discord.Interaction[Any], kind: JobKind, prompt: str, speed: Speed, price: int, *, private: bool
) -> NewJob:
    """What this person asks for here, not admitted yet."""
    return NewJob(
        account=place.account_of(interaction),
        kind=kind,
        prompt=prompt,
        speed=speed,
        price=price,
        channel_id=place.channel_of(interaction),
        token=interaction.token,
        private=private,
    )


def check_place(interaction: discord.Interaction[Any], *, private: bool) -> None:
    """Refuse where the bot may not be used, or could not keep a card up to date."""
    place.check_server(interaction, services_of(interaction).allowed_servers)
    place.check_permissions(interaction, private=private)
