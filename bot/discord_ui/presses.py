"""What a press on a card's button does."""

from functools import partial
from typing import Any

import discord

from bot.discord_ui import place
from bot.discord_ui.admission import admitted, send_again, start_with_card
from bot.discord_ui.failures import answering, tell
from bot.discord_ui.services import services_of
from bot.discord_ui.texts import card_url
from bot.domain.job import Job, JobState


async def press(interaction: discord.Interaction[Any], job_id: int, index: int) -> None:
    """Make a child job of the `index`-th action of a finished job; the presser pays."""
    services = services_of(interaction)
    async with answering(interaction):
        place.check_server(interaction, services.allowed_servers)
        account, channel_id = place.account_of(interaction), place.channel_of(interaction)
        parent, action = await services.press.look(job_id, index, account, channel_id)
        # What its owner posted for all to see makes more of what all see.
        private = parent.private and interaction.message is not None and interaction.message.flags.ephemeral
        place.check_permissions(interaction, private=private)
        admit = partial(services.press.admit, parent, action, account, channel_id, interaction.token, private=private)
        admission = await admitted(interaction, admit, private=private)
        if admission.fresh:
            await start_with_card(interaction, admission)
        else:
            await _show_again(interaction, admission.job)


async def _show_again(interaction: discord.Interaction[Any], job: Job) -> None:
    """Lead to the card that an earlier press made, or show it again, free, where that is out of reach.

    No link leads to a private one, so what it came to is shown at once.
    """
    there = job.message_id is not None and await services_of(interaction).cards.exists(job)
    where = "was made before" if job.state is JobState.SUCCEEDED else "is already on its way"
    if job.message_id is None and not job.state.ended:
        await tell(interaction, "That press is already on its way.")
    elif there and (link := card_url(job)):
        await tell(interaction, f"[That picture]({link}) {where}. Nothing was charged.")
    elif there and not job.state.ended:
        await tell(interaction, f"That picture {where}. Nothing was charged.")
    else:
        await send_again(interaction, job)
