"""How the history looks: a page, one opened job, the question before deleting. Pure: nothing is sent here."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import discord

from bot.discord_ui import texts
from bot.discord_ui.cards import box
from bot.discord_ui.history_buttons import HistoryButton, HistoryMenu, Place, Verb
from bot.domain.action import Action
from bot.domain.errors import credits
from bot.domain.history import EVERYTHING
from bot.domain.job import PICTURE_RETRIES, REFUNDED, Job, JobKind, JobState
from bot.domain.ports import Picture
from bot.domain.prompt import shorten
from bot.services.history import Opened, Page, Shown

SHEET = "history.webp"
PROMPT_FILE = "prompt.txt"
ACCENT = 0x5865F2
ENTRY_LENGTH = 100
SHEET_WORDS = 24
LABEL_LENGTH = 90
MOST_COMPONENTS = 40
MOST_TEXT = 4000
OWN_COMPONENTS = 15
"""What an opened job has below its card: up to six texts, a file, a menu and five buttons in their rows."""

KINDS = {
    JobKind.IMAGINE: "imagine",
    JobKind.BLEND: "blend",
    JobKind.DESCRIBE: "describe",
    JobKind.DALLE: "DALL·E",
    JobKind.PRESS: "button",
}
ONLY = KINDS | {JobKind.PRESS: "what buttons made"}
_STATES = {
    JobState.QUEUED: "in line",
    JobState.SUBMITTING: "starting",
    JobState.RUNNING: "running",
    JobState.SUCCEEDED: "done",
    JobState.EXPIRED: "given up",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A message: its layout, and the files that the layout names."""

    view: discord.ui.LayoutView
    files: list[discord.File]


def page(found: Page, place: Place, sheet: bytes | None, note: str | None = None) -> Drawn:
    """Nine lines below one picture. `note` says what has just happened."""
    container = discord.ui.Container[discord.ui.LayoutView](accent_colour=ACCENT)
    container.add_item(discord.ui.TextDisplay(_page_heading(found, place, note)))
    if sheet is not None:
        gallery = discord.ui.MediaGallery[discord.ui.LayoutView]()
        gallery.add_item(media=f"attachment://{SHEET}", description=_sheet_alt_text(found.jobs))
        container.add_item(gallery)
    for number, job in enumerate(found.jobs, 1):
        container.add_item(discord.ui.TextDisplay(_entry(number, job)))
    if found.jobs:
        options = [_option(f"{number} · {{}}", job) for number, job in enumerate(found.jobs, 1)]
        container.add_item(_menu(0, place, options, "Open one"))
        container.add_item(_turning(found, place))
    return Drawn(_alone(container), [discord.File(io.BytesIO(sheet), SHEET)] if sheet is not None else [])


def opened(job: Opened, shown: Shown, place: Place, offered: Callable[[Action], bool]) -> Drawn:
    """The card with living buttons, the whole prompt, its relatives, and what may be done with it."""
    drawn = posted(job.job, shown, offered, spare=OWN_COMPONENTS)
    view, files = drawn.view, drawn.files
    whole = [(title, text) for title, text in texts.whole(job.job) if text]
    complete = True
    for title, text in whole:
        room = max(MOST_TEXT - view.content_length() - len(title), 0) // len(whole)
        shown_text, fits = _fitting(text, room)
        complete = complete and fits
        view.add_item(discord.ui.TextDisplay(title + shown_text))
    if not complete:
        text = "\n\n".join(text for _, text in whole)
        files.append(discord.File(io.BytesIO(text.encode()), PROMPT_FILE))
        view.add_item(discord.ui.File(f"attachment://{PROMPT_FILE}"))
    relatives = [_option("From: {}", job.parent)] if job.parent else []
    relatives += [_option("Led to: {}", child) for child in job.children]
    if relatives:
        told = "Its origin, and what it led to" if job.parent and job.children else None
        view.add_item(_menu(job.job.id, place, relatives, told or ("Its origin" if job.parent else "What it led to")))
    view.add_item(_doing(job, place))
    return Drawn(view, files)


def posted(job: Job, shown: Shown, offered: Callable[[Action], bool], *, spare: int = 1) -> Drawn:
    """The card once more with what there is to see of it, leaving room for `spare` components."""
    media = [f"attachment://{each.filename}" for each in shown.results]
    source = f"attachment://{shown.source.filename}" if shown.source else None
    # Nobody tries again for the sake of this message, so it must not say so.
    final = replace(job, picture_tries=PICTURE_RETRIES)
    actions = [action for action in job.actions if offered(action)]
    draw = partial(
        box, final, media=media, source=source, cancellable=False
    )  # a "Cancel" would not change this message
    card = draw(offered)
    while actions and 1 + sum(1 for _ in card.walk_children()) + spare > MOST_COMPONENTS:
        actions.pop()  # the card itself has room for all of them
        card = draw(frozenset(actions).__contains__)
    view = _alone(card)
    if shown.only_small:
        view.add_item(discord.ui.TextDisplay("-# Only this small picture is left: its card and its links are gone."))
    pictures = [*shown.results, *([shown.source] if shown.source else [])]
    return Drawn(view, [_file(picture) for picture in pictures])


def question(job: Job, place: Place) -> Drawn:
    """Asks before anything is deleted."""
    container = discord.ui.Container[discord.ui.LayoutView](accent_colour=0xED4245)
    told = "Its prompt, its pictures and its card go for good. The credits stay spent, and what came of it stays."
    for text in f"### Delete this one?\n> {texts.title(job, texts.PROMPT_LENGTH)}", told:
        container.add_item(discord.ui.TextDisplay(text))
    row = discord.ui.ActionRow[discord.ui.LayoutView]()
    row.add_item(HistoryButton(Verb.DELETE, job.id, str(place), "Delete it", discord.ButtonStyle.danger))
    row.add_item(HistoryButton(Verb.OPEN, job.id, str(place), "Keep it"))
    container.add_item(row)
    return Drawn(_alone(container), [])


def _alone(container: discord.ui.Container[Any]) -> discord.ui.LayoutView:
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(container)
    return view


def _page_heading(found: Page, place: Place, note: str | None) -> str:
    filters = place.filters
    lines = [note] if note else []
    lines.append("### Your history")
    asked = [f"only {ONLY[filters.kind]}"] if filters.kind else []
    if filters.since and filters.since == filters.until:
        asked.append(f"on {filters.since}")
    else:
        asked += [f"since {filters.since}"] if filters.since else []
        asked += [f"until {filters.until}"] if filters.until else []
    if found.jobs and not (filters.since and filters.until):
        newest, oldest = found.jobs[0].created_at, found.jobs[-1].created_at
        days = [texts.stamp(oldest, "d")] if newest.date() != oldest.date() else []
        asked.append(" – ".join([*days, texts.stamp(newest, "d")]))
    if found.jobs:
        return "\n".join([*lines, f"-# {' · '.join(asked)}"])
    if filters != EVERYTHING:
        lines += [f"-# {' · '.join(asked)}", "Nothing of yours fits that. `/history` without options shows everything."]
    else:
        lines.append("Nothing here yet. Begin with `/imagine`: whatever you make is kept here, for you alone.")
    return "\n".join(lines)


def _sheet_alt_text(jobs: Sequence[Job]) -> str:
    told = [f"{number} {texts.label(job, SHEET_WORDS)}" for number, job in enumerate(jobs, 1)]
    return shorten("; ".join(told), texts.ALT_TEXT_LENGTH)


def _entry(number: int, job: Job) -> str:
    details = " · ".join((texts.plain(_kind(job)), texts.stamp(job.created_at), _state(job), _price(job)))
    return f"**{number}** · {texts.title(job, ENTRY_LENGTH)}\n-# {details}"


def _kind(job: Job) -> str:
    """The command, or what the button did."""
    return shorten(job.pressed.title, 40) if job.kind is JobKind.PRESS and job.pressed else KINDS[job.kind]


def _state(job: Job) -> str:
    return _STATES.get(job.state, job.state.value)


def _price(job: Job) -> str:
    return "a gift" if job.gift else credits(job.price) + (" returned" if job.state in REFUNDED else "")


def _option(label: str, job: Job) -> discord.SelectOption:
    room = LABEL_LENGTH - len(label)
    return discord.SelectOption(
        label=label.format(texts.label(job, room)),
        value=str(job.id),
        description=" · ".join((_kind(job), _state(job), _price(job))),
    )


def _menu(
    job_id: int, place: Place, options: list[discord.SelectOption], placeholder: str
) -> discord.ui.ActionRow[Any]:
    row = discord.ui.ActionRow[discord.ui.LayoutView]()
    row.add_item(HistoryMenu(job_id, str(place), options, placeholder))
    return row


def _turning(found: Page, place: Place) -> discord.ui.ActionRow[Any]:
    """To the next pages, by the ids at the ends of this one, so that new jobs shift nothing."""
    newer = Place(place.filters, after=found.jobs[0].id)
    older = Place(place.filters, before=found.jobs[-1].id)
    row = discord.ui.ActionRow[discord.ui.LayoutView]()
    row.add_item(HistoryButton(Verb.LIST, 0, str(newer), "◀ Newer", disabled=not found.newer))
    row.add_item(HistoryButton(Verb.LIST, 0, str(older), "Older ▶", disabled=not found.older))
    return row


def _doing(job: Opened, place: Place) -> discord.ui.ActionRow[Any]:
    row, only = discord.ui.ActionRow[discord.ui.LayoutView](), job.job
    row.add_item(HistoryButton(Verb.LIST, 0, str(place), "◀ Back"))
    if only.state is JobState.SUCCEEDED:
        row.add_item(HistoryButton(Verb.POST, only.id, str(place), "Post here", discord.ButtonStyle.primary))
    if job.again_price is not None:
        row.add_item(HistoryButton(Verb.AGAIN, only.id, str(place), f"Run again · {credits(job.again_price)}"))
    if link := texts.card_url(only):
        row.add_item(discord.ui.Button(label="Its card", url=link))
    if only.state.ended:
        row.add_item(HistoryButton(Verb.ASK, only.id, str(place), "Delete", discord.ButtonStyle.danger))
    return row


def _fitting(text: str, room: int) -> tuple[str, bool]:
    """Foreign text, neutralised, in at most so many characters; False when it had to be shortened."""
    limit = max(room, 0)
    while len(shown := texts.plain(shorten(text, limit))) > room and limit:
        limit = limit * 3 // 4
    return shown, len(text) <= limit


def _file(picture: Picture) -> discord.File:
    return discord.File(io.BytesIO(picture.data), picture.filename)
