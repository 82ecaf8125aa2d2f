"""What a press on a card's button does."""

from typing import Any

import discord

from bot.discord_ui import place
from bot.discord_ui.admission import start_with_card
from bot.discord_ui.failures import answering, tell
from bot.discord_ui.services import services_of
from bot.discord_ui.texts import jump_url
from bot.domain.job import Job, JobState


async def press(interaction: discord.Interaction[Any], job_id: int, index: int) -> None:
    """Make a child job of the `index`-th action of a finished job; the presser pays."""
    services = services_of(interaction)
    async with answering(interaction):
        place.check_server(interaction, services.allowed_servers)
        place.check_permissions(interaction)
        account, channel_id = place.account_of(interaction), place.channel_of(interaction)
        parent, action = await services.press.look(job_id, index, account, channel_id)
        await interaction.response.defer()
        admission = await services.press.admit(parent, action, account, channel_id, interaction.token)
        if admission.fresh:
            await start_with_card(interaction, admission)
        else:
            await _show_again(interaction, admission.job)


async def _show_again(interaction: discord.Interaction[Any], job: Job) -> None:
    """Lead to the card that an earlier press made; if someone deleted it, post the stored result again, free."""
    services = services_of(interaction)
    if job.message_id is None and not job.state.ended:
        await tell(interaction, "That press is already on its way.")
    elif job.message_id is not None and await services.cards.exists(job):
        link = jump_url(job.account.server_id, job.channel_id, job.message_id)
        where = "was made before" if job.state is JobState.SUCCEEDED else "is already on its way"
        await tell(interaction, f"[That picture]({link}) {where}. Nothing was charged.")
    else:
        message = await interaction.followup.send(view=services.cards.draw(job, pictures_lost=True), wait=True)
        here = place.channel_of(interaction)
        if not await services.submit.card_replaced(job, here, message.id, interaction.token):
            await message.delete()  # another press at the same moment has posted it
