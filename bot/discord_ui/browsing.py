"""What `/history` and its buttons do: every one of them edits the one message that only its owner sees."""

import logging
from dataclasses import replace
from functools import partial
from typing import Any

import discord

from bot.discord_ui import history_views as views
from bot.discord_ui import place as places
from bot.discord_ui import texts
from bot.discord_ui.admission import admitted, start_with_card
from bot.discord_ui.failures import answering, tell
from bot.discord_ui.history_buttons import Place, Verb
from bot.discord_ui.services import services_of
from bot.domain.errors import Refusal, StorageUnavailable, UnusablePicture
from bot.services.history import Page

log = logging.getLogger(__name__)


async def browse(interaction: discord.Interaction[Any], verb: Verb, job_id: int, place: str) -> None:
    """A button was pressed, or a job chosen from the menu."""
    async with answering(interaction):
        places.check_server(interaction, services_of(interaction).allowed_servers)
        at = Place.read(place)
        if verb is Verb.AGAIN:
            await _again(interaction, job_id)
            return
        if verb is Verb.POST:
            places.check_permissions(interaction)
        await interaction.response.defer()
        match verb:
            case Verb.LIST:
                await show_page(interaction, at)
            case Verb.OPEN:
                await _open(interaction, job_id, at)
            case Verb.POST:
                await _post(interaction, job_id)
            case Verb.ASK:
                await _ask(interaction, job_id, at)
            case Verb.DELETE:
                await _delete(interaction, job_id, at)


async def tell_unseen(interaction: discord.Interaction[Any]) -> None:
    """Below the answer to a command, tell its member what ended and could be shown nowhere: rather never than twice."""
    if not interaction.response.is_done():
        return
    try:
        unseen = await services_of(interaction).history.claim_unseen(places.account_of(interaction))
    except StorageUnavailable as error:
        log.warning("what a member has not seen stays for their next command: %s", error.detail)
        return
    if unseen:
        await tell(interaction, texts.unseen(unseen))


async def show_page(interaction: discord.Interaction[Any], place: Place, note: str | None = None) -> None:
    """Edit the answer so that it shows the page."""
    history = services_of(interaction).history
    viewer = places.account_of(interaction)
    found = await history.page(viewer, place.filters, before=place.before, after=place.after)
    if not found.jobs and (place.before is not None or place.after is not None):
        place = Place(place.filters)  # all that was on this page has been deleted
        found = await history.page(viewer, place.filters)
    await _show(interaction, views.page(found, place, await _sheet(interaction, found), note))


async def _sheet(interaction: discord.Interaction[Any], found: Page) -> bytes | None:
    if not found.thumbnails:
        return None
    try:
        cells = [found.thumbnails.get(job.id) for job in found.jobs]
        return await services_of(interaction).picture_work.contact_sheet(cells)
    except UnusablePicture as error:
        log.warning("a page of the history has no pictures: %s", error.sentence)
        return None


async def _open(interaction: discord.Interaction[Any], job_id: int, place: Place) -> None:
    services = services_of(interaction)
    viewer = places.account_of(interaction)
    opened = await services.history.open(viewer, job_id)
    shown = await services.history.pictures(viewer, opened.job, interaction.filesize_limit)
    await _show(interaction, views.opened(opened, shown, place, services.cards.offered))


async def _post(interaction: discord.Interaction[Any], job_id: int) -> None:
    """Show the result to everyone here, by a message of its own whose buttons work as the card's do."""
    services = services_of(interaction)
    viewer = places.account_of(interaction)
    channel_id = places.channel_of(interaction)
    async with services.history.posting(viewer, job_id, channel_id) as job:
        shown = await services.history.pictures(viewer, job, interaction.filesize_limit)
        if not shown.results and not job.is_description:
            raise Refusal("There is nothing to post: no picture of this one is left.")
        # The copy is for all to see, and must not say anything else.
        drawn = views.posted(replace(job, private=False), shown, services.cards.offered)
        message = await interaction.followup.send(view=drawn.view, files=drawn.files, wait=True)
        if not await services.history.posted(viewer, job, channel_id, message.id):
            await message.delete()


async def _again(interaction: discord.Interaction[Any], job_id: int) -> None:
    history, viewer = services_of(interaction).history, places.account_of(interaction)
    private = (await history.find(viewer, job_id)).private
    places.check_permissions(interaction, private=private)
    again = partial(history.again, viewer, job_id, places.channel_of(interaction), interaction.token)
    admission = await admitted(interaction, again, private=private)
    if admission.fresh:
        await start_with_card(interaction, admission)
    else:
        await tell(interaction, "That one is already on its way.")


async def _ask(interaction: discord.Interaction[Any], job_id: int, place: Place) -> None:
    job = await services_of(interaction).history.check_deletable(places.account_of(interaction), job_id)
    await _show(interaction, views.question(job, place))


async def _delete(interaction: discord.Interaction[Any], job_id: int, place: Place) -> None:
    left = await services_of(interaction).history.delete(places.account_of(interaction), job_id)
    note = "**Deleted.** Nothing of it is left but what it cost."
    if left.channels:
        where = ", ".join(f"<#{channel_id}>" for channel_id in left.channels)
        note = f"**Deleted** here, but Discord does not let me remove its card in {where}. Someone there has to."
    if left.own_card:
        note += " Should you still see its card, dismiss it: nobody else sees it, and I cannot reach it any more."
    await show_page(interaction, place, note)


async def _show(interaction: discord.Interaction[Any], drawn: views.Drawn) -> None:
    await interaction.edit_original_response(view=drawn.view, attachments=drawn.files)
