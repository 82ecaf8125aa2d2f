"""Cards: a job as a Discord layout (Components V2). Pure: nothing is sent here."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import discord

from bot.discord_ui.buttons import ActionButton
from bot.domain.action import ROW_LENGTH, Action, rows
from bot.domain.errors import credits
from bot.domain.job import PICTURE_RETRIES, REFUNDED, Job, JobState
from bot.domain.prompt import shorten

PROMPT_LENGTH = 300
PARAMETERS_LENGTH = 120
BOLD_LENGTH = 100
"""A longer prompt in bold would shout."""

ALT_TEXT_LENGTH = 256
LINK_LENGTH = 512
BAR_LENGTH = 12

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
    job: Job, offered: Callable[[Action], bool], picture: str | None = None, *, in_place: bool = True
) -> discord.ui.LayoutView:
    """The whole card of a job.

    `picture` is the file name of an attachment that goes with this edit, else the one that the card already has. Where
    the card is not in its own channel (`in_place` False) it carries no action buttons: they would lead nowhere.
    """
    name = picture or job.picture
    # The component's id names the job, so that a card which was sent but not noted can be told from others.
    box = discord.ui.Container[discord.ui.LayoutView](accent_colour=_ACCENT[job.state], id=job.id)
    box.add_item(discord.ui.TextDisplay(_heading(job)))
    if status := _status(job, has_picture=name is not None):
        box.add_item(discord.ui.TextDisplay(status))
    if name is not None:
        gallery = discord.ui.MediaGallery[discord.ui.LayoutView]()
        gallery.add_item(media=f"attachment://{name}", description=alt_text(job))
        box.add_item(gallery)
    for row in _button_rows(job, offered if in_place else lambda _: False, has_picture=name is not None):
        box.add_item(row)
    box.add_item(discord.ui.TextDisplay(_footer(job)))
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(box)
    return view


def plain(text: str) -> str:
    """Foreign text letter by letter: on one line, no markup, no mention, no time, no emoji name, and no link.

    A link would swallow the markup that follows it, and whoever writes a prompt could make the bot post any.
    """
    flat = " ".join(text.split()).replace("://", ":\u200b//")
    return discord.utils.escape_markdown(flat, ignore_links=False).replace("<", "\\<").replace("@", "@\u200b")


def alt_text(job: Job) -> str:
    """What a screen reader says of the picture."""
    what = job.pressed.title if job.pressed else "Four pictures"
    return shorten(f"{what}: {' '.join(job.prompt.split())}", ALT_TEXT_LENGTH)


def jump_url(server_id: int, channel_id: int, message_id: int) -> str:
    """The link that opens a message."""
    return f"https://discord.com/channels/{server_id or '@me'}/{channel_id}/{message_id}"


def stamp(time: datetime, style: str = "R") -> str:
    """A time that Discord shows in each reader's own zone; `R` counts by itself."""
    return f"<t:{int(time.timestamp())}:{style}>"


def _heading(job: Job) -> str:
    """What was asked for: words, shortened, and below them the parameters, which stand at the end of a prompt."""
    words, _, parameters = " ".join(job.prompt.split()).partition(" --")
    prompt = plain(shorten(words, PROMPT_LENGTH))
    lines = [f"**{prompt}**" if len(words) <= BOLD_LENGTH else prompt]
    if parameters:
        lines.append(f"-# {plain(shorten(f'--{parameters}', PARAMETERS_LENGTH))}")
    if job.pressed is not None:
        made = plain(job.pressed.title)
        if job.parent_message_id is not None:
            made += f" · from [this card]({jump_url(job.account.server_id, job.channel_id, job.parent_message_id)})"
        lines.insert(0, f"-# {made}")
    return "\n".join(lines)


def _status(job: Job, *, has_picture: bool) -> str | None:
    match job.state:
        case JobState.QUEUED:
            return "⏳ In line: it starts as soon as there is room."
        case JobState.SUBMITTING:
            return "⏳ Waiting to start"
        case JobState.RUNNING:
            return "⏳ Waiting to start" if job.progress is None else f"{_bar(job.progress)} **{job.progress} %**"
        case JobState.SUCCEEDED:
            return None if has_picture else _no_picture(job)
        case JobState.FAILED:
            return f"**Not made.** {plain(job.failure or '')}\nYour {credits(job.price)} came back."
        case JobState.CANCELLED:
            return f"**Cancelled.** Your {credits(job.price)} came back."
        case JobState.EXPIRED if job.task_id is None:
            return f"**Given up.** No place became free for this one. Your {credits(job.price)} came back."
        case JobState.EXPIRED:
            return (
                f"**Given up.** Midjourney has gone silent about this one. Your {credits(job.price)} came back.\n"
                "Should the picture still arrive within a day, you will find it here, as a gift."
            )


def _no_picture(job: Job) -> str:
    if not job.sources:
        return "**Finished**, but Midjourney sent no picture along."
    if job.delivery_tries >= PICTURE_RETRIES:
        return "**Finished**, but I could not fetch the picture. The button leads to it while its link lives."
    return "**Finished.** I could not fetch the picture yet and keep trying for an hour; the button leads to it."


def _bar(progress: int) -> str:
    full = round(progress * BAR_LENGTH / 100)
    return "▰" * full + "▱" * (BAR_LENGTH - full)


def _button_rows(job: Job, offered: Callable[[Action], bool], *, has_picture: bool) -> list[discord.ui.ActionRow[Any]]:
    if job.state is not JobState.SUCCEEDED:
        return []
    found: list[discord.ui.ActionRow[Any]] = []
    for row in rows(job.actions, offered):
        buttons: discord.ui.ActionRow[Any] = discord.ui.ActionRow()
        for index, action in row:
            buttons.add_item(ActionButton(job.id, index, action))
        found.append(buttons)
    link = job.lasting_url or (None if has_picture else job.source_url)
    if link is not None and len(link) <= LINK_LENGTH:
        if not found or len(found[-1].children) == ROW_LENGTH:
            found.append(discord.ui.ActionRow())
        found[-1].add_item(discord.ui.Button(label="Full size" if job.lasting_url else "Picture", url=link))
    return found


def _footer(job: Job) -> str:
    price = "a gift" if job.gift else credits(job.price) + (" returned" if job.state in REFUNDED else "")
    parts = [f"<@{job.account.member_id}>", job.speed.value, price, _state_and_time(job)]
    return "-# " + " · ".join(parts)


def _state_and_time(job: Job) -> str:
    match job.state:
        case JobState.RUNNING if job.progress is not None:
            return f"running, asked {stamp(job.created_at)}"
        case JobState.QUEUED:
            return f"in line, asked {stamp(job.created_at)}"
        case JobState.SUBMITTING | JobState.RUNNING:
            return f"starting, asked {stamp(job.created_at)}"
        case _:
            word = {JobState.SUCCEEDED: "done", JobState.EXPIRED: "given up"}.get(job.state, job.state.value)
            return f"{word} {stamp(job.finished_at or job.changed_at)}"
