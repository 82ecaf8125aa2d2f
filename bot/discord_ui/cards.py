"""Cards: a job as a Discord layout (Components V2). Pure: nothing is sent here, and the words are in `texts`."""

from collections.abc import Callable, Sequence
from typing import Any

import discord

from bot.discord_ui import texts
from bot.discord_ui.buttons import ActionButton, CancelButton
from bot.domain.action import ROW_LENGTH, Action, rows
from bot.domain.job import Job, JobKind, JobState

_ACCENT = {
    JobState.QUEUED: 0x80848E,
    JobState.SUBMITTING: 0x80848E,
    JobState.RUNNING: 0x5865F2,
    JobState.SUCCEEDED: 0x3BA55D,
    JobState.FAILED: 0xED4245,
    JobState.CANCELLED: 0x80848E,
    JobState.EXPIRED: 0xF0B232,
}


def card(
    job: Job, offered: Callable[[Action], bool], pictures: Sequence[str] = (), *, in_place: bool = True
) -> discord.ui.LayoutView:
    """The whole card of a job.

    `pictures` are file names of attachments that go with this edit, else those that the card already has are shown.
    Where the card is not in its own channel (`in_place` False) it carries no action buttons, which would lead nowhere,
    and says where they are.
    """
    media = [f"attachment://{name}" for name in pictures or job.pictures]
    source = f"attachment://{job.source_picture}" if job.source_picture and in_place else None
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(box(job, offered if in_place else lambda _: False, media, source))
    if not in_place and any(map(offered, job.actions)):
        view.add_item(discord.ui.TextDisplay("-# Its buttons are in `/history`, where you asked for it."))
    return view


def plain_card(job: Job) -> discord.ui.LayoutView:
    """How an ended job stands, without anything that somebody else wrote or made."""
    view = discord.ui.LayoutView(timeout=None)
    container = discord.ui.Container[discord.ui.LayoutView](accent_colour=_ACCENT[job.state], id=job.id)
    container.add_item(discord.ui.TextDisplay(texts.plain_end(job)))
    container.add_item(discord.ui.TextDisplay(texts.footer(job)))
    view.add_item(container)
    return view


def box(
    job: Job,
    offered: Callable[[Action], bool],
    media: Sequence[str],
    source: str | None = None,
    *,
    cancellable: bool = True,
) -> discord.ui.Container[Any]:
    """What a card consists of. `media` are addresses of the result's pictures, `source` of what it is made from.

    `cancellable` is whether one that waits in line can be cancelled here.
    """
    # The component's id names the job, so that a card which was sent but not noted can be told from others.
    box = discord.ui.Container[discord.ui.LayoutView](accent_colour=_ACCENT[job.state], id=job.id)
    heading = discord.ui.TextDisplay[discord.ui.LayoutView](texts.heading(job))
    if source is not None and job.kind is JobKind.IMAGINE:
        small = discord.ui.Thumbnail[discord.ui.LayoutView](source, description=texts.source_alt_text(job))
        box.add_item(discord.ui.Section(heading, accessory=small))
    else:
        box.add_item(heading)
        if source is not None:
            box.add_item(_gallery([source], [texts.source_alt_text(job)]))
    for text in texts.status(job, has_pictures=bool(media)), texts.suggestions(job):
        if text:
            box.add_item(discord.ui.TextDisplay(text))
    if media:
        box.add_item(_gallery(media, [texts.alt_text(job, n, len(media)) for n in range(len(media))]))
    if cancellable and job.state is JobState.QUEUED and job.place is not None:
        box.add_item(discord.ui.ActionRow[Any](CancelButton(job.id)))
    for row in _button_rows(job, offered, has_pictures=bool(media)):
        box.add_item(row)
    box.add_item(discord.ui.TextDisplay(texts.footer(job)))
    return box


def _gallery(media: Sequence[str], descriptions: Sequence[str]) -> discord.ui.MediaGallery[Any]:
    gallery = discord.ui.MediaGallery[discord.ui.LayoutView]()
    for address, description in zip(media, descriptions, strict=True):
        gallery.add_item(media=address, description=description)
    return gallery


def _button_rows(job: Job, offered: Callable[[Action], bool], *, has_pictures: bool) -> list[discord.ui.ActionRow[Any]]:
    found: list[discord.ui.ActionRow[Any]] = []
    for row in rows(job.actions, offered):
        buttons: discord.ui.ActionRow[Any] = discord.ui.ActionRow()
        for index, action in row:
            buttons.add_item(ActionButton(job.id, index, action))
        found.append(buttons)
    link = texts.picture_link(job)
    lasts = link == job.lasting_url
    if job.state is JobState.SUCCEEDED and link is not None and (lasts or not has_pictures):
        if not found or len(found[-1].children) == ROW_LENGTH:
            found.append(discord.ui.ActionRow())
        found[-1].add_item(discord.ui.Button(label="Full size" if lasts else "Picture", url=link))
    return found
