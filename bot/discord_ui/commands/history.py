"""/history: my own pictures, nine a page, for me alone."""

import re
from datetime import date, timedelta
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_ui import place
from bot.discord_ui.browsing import show_page
from bot.discord_ui.failures import answering
from bot.discord_ui.history_buttons import Place
from bot.discord_ui.services import services_of
from bot.discord_ui.texts import tame
from bot.domain.errors import Refusal
from bot.domain.history import Filters
from bot.domain.job import JobKind

KINDS = [
    app_commands.Choice(name="/imagine", value=JobKind.IMAGINE.value),
    app_commands.Choice(name="/blend", value=JobKind.BLEND.value),
    app_commands.Choice(name="/describe", value=JobKind.DESCRIBE.value),
    app_commands.Choice(name="/dalle", value=JobKind.DALLE.value),
    app_commands.Choice(name="buttons: U, V, 🔄 and the rest", value=JobKind.PRESS.value),
]


class ShowMyHistory(commands.Cog):
    """What a member has made."""

    @app_commands.command(
        description="Your pictures so far, with everything that can be done with them; only you see this"
    )
    @app_commands.describe(
        kind="Only what was made this way",
        since="The first day, as year-month-day (UTC)",
        until="The last day, as year-month-day (UTC)",
    )
    @app_commands.choices(kind=KINDS)
    async def history(
        self,
        interaction: discord.Interaction[Any],
        kind: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> None:
        async with answering(interaction):
            place.check_server(interaction, services_of(interaction).allowed_servers)
            filters = _filters(kind, since, until, interaction.created_at.date())
            await interaction.response.defer(ephemeral=True, thinking=True)
            await show_page(interaction, Place(filters))

    @history.autocomplete("since")
    @history.autocomplete("until")
    async def suggest_day(self, interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return [
            app_commands.Choice(name=f"{name} · {day}", value=str(day))
            for name, day in _days(interaction.created_at.date())
            if typed.strip().lower() in f"{name} · {day}".lower()
        ]


def _filters(kind: str | None, since: str | None, until: str | None, today: date) -> Filters:
    """The options, read; a Refusal says what cannot be meant."""
    first, last = (_day(typed, today) if typed else None for typed in (since, until))
    if first is not None and first > today:
        raise Refusal(f"`since` is {first}, and that day is still to come: today is {today} (UTC).")
    if first is not None and last is not None and last < first:
        raise Refusal(f"`until` ({last}) is before `since` ({first}). Please swap them.")
    if last is not None and last >= today:
        last = None  # nothing is newer than now
    return Filters(JobKind(kind) if kind else None, first, last)


def _day(typed: str, today: date) -> date:
    """A day as year-month-day, or in the words of the list."""
    words, shown = typed.strip().lower(), tame(typed).replace("`", "'")[:40]
    for name, day in _days(today):
        if words in (name, f"{name} · {day}"):
            return day
    if not re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", words, re.ASCII):
        raise Refusal(f"I cannot read `{shown}` as a day. Please write it like `2026-05-31`.")
    try:
        return date(*map(int, words.split("-")))
    except ValueError as error:
        raise Refusal(f"There is no day `{shown}`. Please write it like `2026-05-31`.") from error


def _days(today: date) -> list[tuple[str, date]]:
    month = today.replace(day=1)
    return [
        ("today", today),
        ("yesterday", today - timedelta(days=1)),
        ("a week ago", today - timedelta(days=7)),
        ("start of the month", month),
        ("end of last month", month - timedelta(days=1)),
        ("start of last month", (month - timedelta(days=1)).replace(day=1)),
        ("start of the year", today.replace(month=1, day=1)),
    ]


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(ShowMyHistory())
