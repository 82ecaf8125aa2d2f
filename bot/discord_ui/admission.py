"""From a request to its card: admit, answer, submit, in an order in which nothing is lost."""

import asyncio
import io
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any

import discord

from bot.discord_ui import failures
from bot.discord_ui.answers import PATIENCE
from bot.discord_ui.services import Services, services_of
from bot.domain.errors import BotError, CardError
from bot.domain.job import Job, NewJob
from bot.services.one_job import about, one_job
from bot.services.submit import Admission

log = logging.getLogger(__name__)

REPEATED_AFTER = 1.0
"""Seconds after which discord.py repeats a request whose answer was a 5xx; the first may have had its effect."""

Gather = Callable[[discord.Interaction[Any], NewJob], Awaitable[tuple[NewJob, bytes]]]


async def begin(interaction: discord.Interaction[Any], new: NewJob) -> None:
    """Admit the job and make its card the first answer to a command; then hand the job to the provider."""
    submit = services_of(interaction).submit
    admitting = asyncio.create_task(submit.admit(new), name="admission")
    await asyncio.wait({admitting}, timeout=PATIENCE)
    if not admitting.done():
        await _defer(interaction, admitting)
    await asyncio.wait({admitting})
    if admitting.exception() is not None and interaction.response.is_done():
        await _take_back(interaction)
    await start_with_card(interaction, admitting.result())


async def begin_with_pictures(interaction: discord.Interaction[Any], new: NewJob, gather: Gather) -> None:
    """As `begin`, for a job whose pictures have to be fetched first: `gather` adds them and gives a small view.

    What would be refused in any case is refused before anything is fetched.
    """
    services, member_id = services_of(interaction), interaction.user.id
    services.gathering.check(member_id)
    rehearsing = asyncio.create_task(services.submit.rehearse(new), name="rehearsal")
    await asyncio.wait({rehearsing}, timeout=PATIENCE)
    if rehearsing.done():
        rehearsing.result()  # raises the refusal
    try:
        await interaction.response.defer(thinking=True)
    except failures.UNSENT as error:
        rehearsing.cancel()
        await _take_back_unsure(interaction, error)
        raise
    async with _taken_back_on_failure(interaction):
        await rehearsing
        async with services.gathering.turn(member_id):
            complete, small = await gather(interaction, new)
        admission = await services.submit.admit(complete)
    await start_with_card(interaction, admission, small)


async def start_with_card(
    interaction: discord.Interaction[Any], admission: Admission, small: bytes | None = None
) -> None:
    """Send the card of an admitted job and submit it. Without a card nothing is submitted, and nothing charged."""
    services, job = services_of(interaction), admission.job
    deferred = interaction.type is discord.InteractionType.application_command and interaction.response.is_done()
    began = monotonic()
    try:
        message_id = await _send(interaction, services.cards.draw(job), _files(job, small))
    except failures.UNSENT as error:
        if failures.was_refused(error):
            with one_job(job, "cancelled"):
                await services.submit.abandon(job.id)
            if deferred:
                await _take_back(interaction)
            raise
        message_id = await _find(services, job)
        if message_id is None:  # it may come yet: recovery looks for it later
            raise
    else:
        if monotonic() - began >= REPEATED_AFTER and not job.private:
            message_id = await _find(services, job)
    if message_id is None:
        return
    with one_job(job, "started"):  # the card says that it waits, and so it does: a later tick does what fails here
        await services.submit.card_sent(job.id, message_id)
        await services.submit.start(job)


async def _find(services: Services, job: Job) -> int | None:
    """The card, which may stand although its answer got lost, or twice; None leaves it to recovery."""
    try:
        return await services.cards.find(job)
    except CardError as error:
        log.warning("job %d: its card cannot be looked for yet: %s", job.id, error, extra=about(job))
        return None


async def _defer(interaction: discord.Interaction[Any], admitting: asyncio.Task[Admission]) -> None:
    """Ask Discord for more time. When it has stopped waiting, what the admission reserves goes back."""
    try:
        await interaction.response.defer(thinking=True)
    except failures.UNSENT as error:
        with suppress(BotError):
            await services_of(interaction).submit.abandon((await admitting).job.id)
        await _take_back_unsure(interaction, error)
        raise


async def _send(interaction: discord.Interaction[Any], view: discord.ui.LayoutView, files: list[discord.File]) -> int:
    if interaction.type is discord.InteractionType.component:
        return (await interaction.followup.send(view=view, files=files, wait=True)).id
    if interaction.response.is_done():
        return (await interaction.edit_original_response(view=view, attachments=files)).id
    sent = await interaction.response.send_message(view=view, files=files)
    if sent.message_id is None:
        return (await interaction.original_response()).id
    return sent.message_id


def _files(job: Job, small: bytes | None) -> list[discord.File]:
    return [discord.File(io.BytesIO(small), job.source_picture)] if small and job.source_picture else []


@asynccontextmanager
async def _taken_back_on_failure(interaction: discord.Interaction[Any]) -> AsyncGenerator[None, None]:
    done = False
    try:
        yield
        done = True
    finally:
        if not done:
            await _take_back(interaction)


async def _take_back_unsure(interaction: discord.Interaction[Any], error: Exception) -> None:
    """A defer whose answer got lost may stand, and would seem to think until Discord gives up.

    "Already answered" may be another process's card, though.
    """
    if not failures.was_refused(error) and not failures.is_too_late(error):
        await _take_back(interaction)


async def _take_back(interaction: discord.Interaction[Any]) -> None:
    """Complete a public defer that leads to nothing, and remove it; why is told to the member alone."""
    with suppress(*failures.UNSENT):
        await interaction.edit_original_response(content="This one was not started.")
        await interaction.delete_original_response()
