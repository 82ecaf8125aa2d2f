"""What commands and buttons may ask for; the bot carries it."""

from dataclasses import dataclass, field
from typing import Any

import discord

from bot.discord_ui.delivery import DiscordCards
from bot.discord_ui.gathering import Gathering
from bot.domain.ports import LinkFetcher, PictureWork
from bot.services.deliver import Deliverer
from bot.services.generate import Generate
from bot.services.history import History
from bot.services.press import Press
from bot.services.quota import Quota
from bot.services.recover import Recovery
from bot.services.submit import Submit
from bot.services.track import Tracker
from bot.services.under_way import UnderWay
from bot.services.usage import ShowUsage


@dataclass(frozen=True, slots=True)
class Services:
    """Every use case, and the cards that show what came of it. An empty `allowed_servers` allows all.

    `image_models` are those that `/dalle` offers, the default first.
    """

    submit: Submit
    generate: Generate
    press: Press
    usage: ShowUsage
    under_way: UnderWay
    history: History
    picture_work: PictureWork
    quota: Quota
    recovery: Recovery
    tracker: Tracker
    deliverer: Deliverer
    cards: DiscordCards
    links: LinkFetcher
    image_models: tuple[str, ...]
    allowed_servers: frozenset[int]
    gathering: Gathering = field(default_factory=Gathering)


def services_of(interaction: discord.Interaction[Any]) -> Services:
    """The services of the bot that got this interaction."""
    services: Services = interaction.client.services
    return services
