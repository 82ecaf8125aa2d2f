"""From a request to its card: admit, answer, submit, in an order in which nothing is lost."""

import asyncio
from typing import Any

import aiohttp
import discord

from bot.discord_ui import failures
from bot.discord_ui.services import services_of
from bot.domain.errors import Refusal
from bot.domain.job import Job, NewJob
from bot.services.submit import Admission

PATIENCE = 1.0
"""Seconds for the admission before the answer is deferred: Discord waits three."""

UNSENT = (discord.DiscordException, aiohttp.ClientError, OSError)
"""What sending anything to Discord may raise, time-outs included."""


async def begin(interaction: discord.Interaction[Any], new: NewJob) -> None:
    """Admit the job and make its card the first answer to a command; then hand the job to the provider."""
    submit = services_of(interaction).submit
    admitting = asyncio.create_task(submit.admit(new), name="admission")
    await asyncio.wait({admitting}, timeout=PATIENCE)
    try:
        if not admitting.done():
            await interaction.response.defer(thinking=True)
    except UNSENT:
        await _undo(interaction, admitting)
        raise
    try:
        admission = await admitting
    except Refusal as refusal:
        if not interaction.response.is_done():
            raise
        await _take_back(interaction, refusal)
        return
    await start_with_card(interaction, admission)


async def start_with_card(interaction: discord.Interaction[Any], admission: Admission) -> None:
    """Send the card of an admitted job and submit it. Without a card nothing is submitted, and nothing charged."""
    services, job = services_of(interaction), admission.job
    try:
        message_id = await _send(interaction, services.cards.draw(job), job)
    except UNSENT:
        await services.submit.abandon(job.id)
        raise
    await services.submit.card_sent(job.id, message_id)
    await services.submit.start(job.id)


async def _undo(interaction: discord.Interaction[Any], admitting: asyncio.Task[Admission]) -> None:
    """Nobody can be answered any more: what the admission has reserved, or still will, goes back."""
    try:
        admission = await admitting
    except Refusal:
        return
    await services_of(interaction).submit.abandon(admission.job.id)


async def _send(interaction: discord.Interaction[Any], view: discord.ui.LayoutView, job: Job) -> int:
    if job.pressed is not None:
        return (await interaction.followup.send(view=view, wait=True)).id
    if interaction.response.is_done():
        return (await interaction.edit_original_response(view=view)).id
    sent = await interaction.response.send_message(view=view)
    if sent.message_id is None:
        return (await interaction.original_response()).id
    return sent.message_id


async def _take_back(interaction: discord.Interaction[Any], refusal: Refusal) -> None:
    """Refuse after a public defer: who asked reads why, and the public message goes away."""
    await interaction.edit_original_response(content="This one was not started.")
    await failures.tell(interaction, refusal.sentence)
    await interaction.delete_original_response()
