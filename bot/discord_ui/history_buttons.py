"""The buttons and the menu of `/history`, and their custom_id scheme. All that a page depends on is in the ids.

`h:<verb>:<job id>:<place>`; the menu's verb is `pick`, and 0 stands for no job. A place is the page that was looked at:
`<kind>.<first day>.<last day>.<cursor>`, with `-` for what is not asked for.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Self

import discord

from bot.domain.errors import NotOffered
from bot.domain.history import EVERYTHING, Filters
from bot.domain.job import JobKind

PLACE = r"[a-z-]{1,8}\.[0-9-]{1,8}\.[0-9-]{1,8}\.[abn][0-9]{1,15}"


class Verb(StrEnum):
    """What a button of the history does."""

    LIST = "list"
    OPEN = "open"
    POST = "post"
    AGAIN = "again"
    ASK = "ask"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Place:
    """A page: what it was asked for, and the id below or above which its jobs are; without either the newest."""

    filters: Filters = field(default=EVERYTHING)
    before: int | None = None
    after: int | None = None

    def __str__(self) -> str:
        days = (self.filters.since, self.filters.until)
        since, until = (day.isoformat().replace("-", "") if day else "-" for day in days)
        cursor = f"b{self.before}" if self.before is not None else f"a{self.after}" if self.after is not None else "n0"
        return f"{self.filters.kind or '-'}.{since}.{until}.{cursor}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The place in a custom_id, which comes from outside; NotOffered when it makes no sense."""
        kind, since, until, cursor = text.split(".")
        try:
            days = [None if day == "-" else date.fromisoformat(day) for day in (since, until)]
            filters = Filters(None if kind == "-" else JobKind(kind), *days)
            _ = filters.ends_at  # there is no day after the last one
        except (ValueError, OverflowError) as error:
            raise NotOffered("I do not understand this button any more. Please call `/history` again.") from error
        number = int(cursor[1:])
        return cls(filters, number if cursor[0] == "b" else None, number if cursor[0] == "a" else None)


class HistoryButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"h:(?P<verb>{'|'.join(Verb)}):(?P<job>[0-9]{{1,15}}):(?P<place>{PLACE})",
):
    """One button: `h:<verb>:<job id>:<place>`; the id is 0 where no job is meant."""

    def __init__(
        self,
        verb: Verb,
        job_id: int,
        place: str,
        label: str = "…",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        *,
        disabled: bool = False,
    ) -> None:
        self.verb = verb
        self.job_id = job_id
        self.place = place
        custom_id = f"h:{verb}:{job_id}:{place}"
        super().__init__(discord.ui.Button(custom_id=custom_id, label=label, style=style, disabled=disabled))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(Verb(match["verb"]), int(match["job"]), match["place"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.client.browsed(interaction, self.verb, self.job_id, self.place)


class HistoryMenu(
    discord.ui.DynamicItem[discord.ui.Select[Any]], template=rf"h:pick:(?P<job>[0-9]{{1,15}}):(?P<place>{PLACE})"
):
    """The menu that opens one job; its values are job ids.

    `h:pick:<job id>:<place>` names the job that is open: Discord remembers by the id what was chosen in a menu.
    """

    def __init__(self, job_id: int, place: str, options: list[discord.SelectOption], placeholder: str) -> None:
        self.job_id = job_id
        self.place = place
        super().__init__(
            discord.ui.Select(custom_id=f"h:pick:{job_id}:{place}", options=options, placeholder=placeholder)
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(int(match["job"]), match["place"], [], "")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        value = next(iter(self.item.values), "")
        job_id = int(value) if re.fullmatch(r"[0-9]{1,15}", value) else 0
        await interaction.client.browsed(interaction, Verb.OPEN, job_id, self.place)
