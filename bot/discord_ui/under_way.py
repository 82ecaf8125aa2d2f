"""The list of `/jobs`, and what a "Cancel" does, there and on a card."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import discord

from bot.discord_ui import place, texts
from bot.discord_ui.answers import answer_privately
from bot.discord_ui.buttons import CancelButton
from bot.discord_ui.failures import UNSENT, answering
from bot.discord_ui.services import services_of
from bot.domain.errors import BotError, Refusal, credits
from bot.domain.job import Job, JobState
from bot.services.one_job import about
from bot.services.under_way import Cancelled

log = logging.getLogger(__name__)

ACCENT = 0x5865F2
PROMPT_LENGTH = 60
MOST_TEXT = 3900
MOST_COMPONENTS = 39
"""Discord takes 40 components and 4000 characters; the line that counts the rest needs some of both."""


async def cancel(interaction: discord.Interaction[Any], job_id: int) -> None:
    """Take a job out of line, from its card, which is then drawn like any other that has changed: by its own token."""
    async with answering(interaction):
        services, message = services_of(interaction), interaction.message
        place.check_server(interaction, services.allowed_servers)
        actor, card = place.actor_of(interaction), message.id if message else None
        if message is None or not message.flags.ephemeral:
            await answer_privately(interaction, services.under_way.cancel(actor, job_id, card), _told)
            return
        # A private card: once its own token is over, nobody but this press can draw it.
        try:
            await interaction.response.defer()
        except UNSENT:
            with suppress(BotError):
                await services.under_way.cancel(actor, job_id, card)
            raise
        cancelled = await services.under_way.cancel(actor, job_id, card)
        await interaction.followup.send(_told(cancelled), ephemeral=True)
        if cancelled.job.message_id == card:
            try:
                await interaction.edit_original_response(view=services.cards.draw(cancelled.job))
            except UNSENT as error:  # with luck its own token still does it
                log.info("job %d: a press could not draw its card: %s", job_id, error, extra=about(cancelled.job))


async def cancel_in_list(interaction: discord.Interaction[Any], job_id: int) -> None:
    """The same from the list, which is drawn anew whatever came of it."""
    async with answering(interaction):
        services = services_of(interaction)
        place.check_server(interaction, services.allowed_servers)
        await interaction.response.defer()
        try:
            cancelled = await services.under_way.cancel(place.actor_of(interaction), job_id)
            note, meant = _told(cancelled), cancelled.job
        except Refusal as error:
            note, meant = error.sentence, None
        jobs = await services.under_way.of(place.account_of(interaction))
        meant = meant or next((job for job in jobs if job.id == job_id), None)
        if meant is not None:  # of many; the button that said which is gone
            note += f"\n-# {texts.title(meant, PROMPT_LENGTH)}"
        await interaction.edit_original_response(view=listed(jobs, note))


def listed(jobs: Sequence[Job], note: str | None = None) -> discord.ui.LayoutView:
    """A member's unfinished jobs, those that wait with a button each. `note` says what has just happened."""
    waiting = [job for job in jobs if job.state is JobState.QUEUED]
    ordered = [job for job in jobs if job.state is not JobState.QUEUED] + waiting
    view = discord.ui.LayoutView(timeout=None)
    box = discord.ui.Container[discord.ui.LayoutView](accent_colour=ACCENT)
    view.add_item(box.add_item(discord.ui.TextDisplay(_heading(jobs, len(waiting), note))))
    for number, job in enumerate(ordered):
        text, waits = _entry(job), job.state is JobState.QUEUED
        parts = 1 + sum(1 for _ in box.walk_children()) + (3 if waits else 1)
        if parts > MOST_COMPONENTS or view.content_length() + len(text) > MOST_TEXT:
            box.add_item(discord.ui.TextDisplay(f"-# and {len(ordered) - number} more"))
            break
        button = CancelButton(job.id, in_list=True)
        box.add_item(discord.ui.Section[Any](text, accessory=button) if waits else discord.ui.TextDisplay(text))
    return view


def _heading(jobs: Sequence[Job], waiting: int, note: str | None) -> str:
    lines = [note] if note else []
    running = len(jobs) - waiting
    if jobs:
        counts = [f"{running} in the making"] if running else []
        counts += [f"{waiting} in line"] if waiting else []
        lines += ["### Your jobs", f"-# {', '.join(counts)}"]
        lines += filter(None, [texts.silence(jobs)])
    else:
        lines.append("Nothing of yours is under way. `/imagine` begins something, `/history` has what is done.")
    return "\n".join(lines)


def _entry(job: Job) -> str:
    details = " · ".join((texts.standing(job), credits(job.price), f"asked {texts.stamp(job.created_at)}"))
    return f"{texts.linked(job, PROMPT_LENGTH)}\n-# {details}"


def _told(cancelled: Cancelled) -> str:
    job = cancelled.job
    whose = "Your" if cancelled.own else f"<@{job.account.member_id}>'s"
    came = "is" if job.price == 1 else "are"
    return f"**Cancelled.** {whose} {credits(job.price)} {came} back."
