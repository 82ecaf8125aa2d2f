"""From a request to its card: admit, answer, submit, in an order in which nothing is lost."""

import asyncio
import io
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any

import discord

from bot.discord_ui import failures, place
from bot.discord_ui.answers import PATIENCE
from bot.discord_ui.services import Services, services_of
from bot.domain.errors import BotError, CardError
from bot.domain.job import Job, NewJob
from bot.services.one_job import about, name_from_now_on, one_job
from bot.services.submit import Admission

log = logging.getLogger(__name__)

REPEATED_AFTER = 1.0
"""Seconds after which discord.py repeats a request whose answer was a 5xx; the first may have had its effect."""

Gather = Callable[[discord.Interaction[Any], NewJob], Awaitable[tuple[NewJob, bytes]]]


async def begin(interaction: discord.Interaction[Any], new: NewJob) -> None:
    """Admit the job and make its card the first answer to a command; then hand the job to the provider."""
    admission = await _in_time(interaction, services_of(interaction).submit.admit(new), private=new.private)
    await start_with_card(interaction, admission)


async def admitted(
    interaction: discord.Interaction[Any], admit: Callable[[], Coroutine[Any, Any, Admission]], *, private: bool
) -> Admission:
    """Admit what a button asks for.

    A public card follows an empty answer. A private one is to be the answer itself: as such the token finds it, and
    nothing else does, when nobody noted its id.
    """
    if private:
        return await _in_time(interaction, admit(), private=True)
    await interaction.response.defer()
    return await admit()


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
        await interaction.response.defer(ephemeral=new.private, thinking=True)
    except failures.UNSENT as error:
        rehearsing.cancel()
        await _take_back_unsure(interaction, error, private=new.private)
        raise
    async with _taken_back_on_failure(interaction, private=new.private):
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
    name_from_now_on(job)
    deferred = interaction.response.type is discord.InteractionResponseType.deferred_channel_message
    began = monotonic()
    try:
        message_id = await _send(interaction, services.cards.draw(job), _files(job, small), job.private)
    except failures.UNSENT as error:
        if failures.was_refused(error):
            with one_job(job, "cancelled"):
                await services.submit.abandon(job.id)
            if deferred:
                await _take_back(interaction, private=job.private)
            raise
        message_id = await _find(services, job)
        if message_id is None:  # it may come yet: recovery looks for it later
            raise
    else:
        if monotonic() - began >= REPEATED_AFTER and not job.private:
            message_id = await _find(services, job, sent=message_id)
    if message_id is None:
        return
    with one_job(job, "started"):  # the card says that it waits, and so it does: a later tick does what fails here
        await services.submit.card_sent(job.id, message_id)
        await services.submit.start(job)


async def _find(services: Services, job: Job, sent: int | None = None) -> int | None:
    """The card, which may stand although its answer got lost, or twice; None leaves it to recovery.

    One that was `sent` stands even where nothing is found: our clock may be ahead of Discord's.
    """
    try:
        return await services.cards.find(job) or sent
    except CardError as error:
        log.warning("job %d: its card cannot be looked for yet: %s", job.id, error, extra=about(job))
        return None


async def send_again(interaction: discord.Interaction[Any], job: Job) -> None:
    """Send the card of an admitted job anew, since the one that it had is out of reach; this one is kept up to date."""
    services = services_of(interaction)
    message_id = await _send(interaction, services.cards.draw(job, pictures_lost=True), [], job.private)
    if not await services.submit.card_replaced(job, place.channel_of(interaction), message_id, interaction.token):
        await interaction.followup.delete_message(message_id)  # another press at the same moment has sent it


async def _in_time(
    interaction: discord.Interaction[Any], admitting: Coroutine[Any, Any, Admission], *, private: bool
) -> Admission:
    """What comes of the admission; when it takes too long, the answer is deferred first."""
    task = asyncio.create_task(admitting, name="admission")
    await asyncio.wait({task}, timeout=PATIENCE)
    if not task.done():
        await _defer(interaction, task, private=private)
    await asyncio.wait({task})
    if task.exception() is not None and interaction.response.is_done():
        await _take_back(interaction, private=private)
    return task.result()


async def _defer(interaction: discord.Interaction[Any], admitting: asyncio.Task[Admission], *, private: bool) -> None:
    """Ask Discord for more time. When it has stopped waiting, what the admission reserves goes back."""
    try:
        await interaction.response.defer(ephemeral=private, thinking=True)
    except failures.UNSENT as error:
        with suppress(BotError):
            admission = await admitting
            if admission.fresh:
                await services_of(interaction).submit.abandon(admission.job.id)
        await _take_back_unsure(interaction, error, private=private)
        raise


async def _send(
    interaction: discord.Interaction[Any], view: discord.ui.LayoutView, files: list[discord.File], private: bool
) -> int:
    """As the answer, or in place of one that was deferred; as one more message where a button's own card stays."""
    match interaction.response.type:
        case None:
            sent = await interaction.response.send_message(view=view, files=files, ephemeral=private)
            return sent.message_id or (await interaction.original_response()).id
        case discord.InteractionResponseType.deferred_channel_message:
            return (await interaction.edit_original_response(view=view, attachments=files)).id
        case _:
            return (await interaction.followup.send(view=view, files=files, ephemeral=private, wait=True)).id


def _files(job: Job, small: bytes | None) -> list[discord.File]:
    return [discord.File(io.BytesIO(small), job.source_picture)] if small and job.source_picture else []


@asynccontextmanager
async def _taken_back_on_failure(interaction: discord.Interaction[Any], *, private: bool) -> AsyncGenerator[None, None]:
    done = False
    try:
        yield
        done = True
    finally:
        if not done:
            await _take_back(interaction, private=private)


async def _take_back_unsure(interaction: discord.Interaction[Any], error: Exception, *, private: bool) -> None:
    """A defer whose answer got lost may stand, and would seem to think until Discord gives up.

    "Already answered" may be another process's card, though.
    """
    if not failures.was_refused(error) and not failures.is_too_late(error):
        await _take_back(interaction, private=private)


async def _take_back(interaction: discord.Interaction[Any], *, private: bool) -> None:
    """Complete a defer that leads to nothing, and remove it; why is told to the member alone.

    A private one is completed by what is told.
    """
    if private:
        return
    with suppress(*failures.UNSENT):
        await interaction.edit_original_response(content="This one was not started.")
        await interaction.delete_original_response()
