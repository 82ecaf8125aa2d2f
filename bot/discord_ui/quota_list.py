"""The list of top spenders, and the two buttons that choose its time."""

import re
from typing import Any, Self

import discord

from bot.discord_ui import place, quota_texts
from bot.discord_ui.failures import answering
from bot.discord_ui.services import services_of
from bot.services.quota import Span

LABEL = {Span.DAY: "Today", Span.MONTH: "This month"}


class TopButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"q:top:(?P<span>day|month)"):
    """Shows the spenders of another time: `q:top:<span>`. Who presses is checked like who asks by command."""

    def __init__(self, span: Span, *, chosen: bool = False) -> None:
        self.span = span
        style = discord.ButtonStyle.primary if chosen else discord.ButtonStyle.secondary
        super().__init__(discord.ui.Button(custom_id=f"q:top:{span}", label=LABEL[span], style=style))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(Span(match["span"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        async with answering(interaction):
            text = await text_of(interaction, self.span)
            await interaction.response.edit_message(content=text, view=buttons(self.span))


async def text_of(interaction: discord.Interaction[Any], span: Span) -> str:
    """The list for whoever asks; NotAdmin if it is not for them."""
    services = services_of(interaction)
    place.check_server(interaction, services.allowed_servers)
    return quota_texts.top(await services.quota.top(place.actor_of(interaction), span))


def buttons(chosen: Span) -> discord.ui.View:
    """Both times, the one that is shown in colour."""
    view = discord.ui.View(timeout=None)
    for span in Span:
        view.add_item(TopButton(span, chosen=span is chosen))
    return view
