"""/usage: my credits and what is under way."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_ui import place
from bot.discord_ui.failures import answering
from bot.discord_ui.services import services_of
from bot.discord_ui.texts import jump_url, plain, stamp
from bot.domain.errors import credits
from bot.domain.job import Job, JobState
from bot.domain.prompt import shorten
from bot.domain.quota import CounterKind
from bot.services.usage import Usage

PROMPT_LENGTH = 60
MOST_TEXT = 1900
"""Discord takes 2000 characters; the line that counts the rest needs some."""

_BOUND = {
    CounterKind.SERVER: "This server's own daily limit allows no more than that.",
    CounterKind.TOTAL: "All of my servers share a daily limit, which allows no more than that.",
}


class ShowMyUsage(commands.Cog):
    """What a member has used."""

    @app_commands.command(description="Your credits, and your pictures that are under way; only you see this")
    async def usage(self, interaction: discord.Interaction[Any]) -> None:
        async with answering(interaction):
            place.check_server(interaction, services_of(interaction).allowed_servers)
            usage = await services_of(interaction).usage.of(place.account_of(interaction))
            await interaction.response.send_message(_text(usage), ephemeral=True)


def _text(usage: Usage) -> str:
    if usage.limit == 0:
        return "There are no credits to spend here."
    lines = [f"**{credits(usage.left)} left** today; {usage.used} of {usage.limit} used."]
    if usage.bound_by is not None:
        lines.append(_BOUND[usage.bound_by])
    lines.append(f"All {usage.limit} return {stamp(usage.returns_at)}, at {stamp(usage.returns_at, 't')}.")
    if usage.jobs:
        lines += ["", "**Under way**"]
    for number, line in enumerate(map(_line, usage.jobs)):
        if len("\n".join([*lines, line])) > MOST_TEXT:
            lines.append(f"and {len(usage.jobs) - number} more")
            break
        lines.append(line)
    return "\n".join(lines)


def _line(job: Job) -> str:
    state = "in line" if job.state is JobState.QUEUED else f"{job.progress} %" if job.progress else "starting"
    what = plain(shorten(" ".join(job.prompt.split()), PROMPT_LENGTH))
    if job.message_id is None:
        return f"- {what} · {state}"
    return f"- [{what}]({jump_url(job.account.server_id, job.channel_id, job.message_id)}) · {state}"


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(ShowMyUsage())
