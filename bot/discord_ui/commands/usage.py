"""/usage: my credits and what is under way."""

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_ui import place
from bot.discord_ui.failures import answering
from bot.discord_ui.quota_texts import BOUND, left, their_reason
from bot.discord_ui.services import services_of
from bot.discord_ui.texts import linked, silence, stamp, standing
from bot.domain.job import Job
from bot.domain.quota import Rule
from bot.services.usage import Usage

PROMPT_LENGTH = 60
MOST_TEXT = 1900
"""Discord takes 2000 characters; the line that counts the rest needs some."""

_RULE = {
    Rule.OWN: "{} a day is your own limit, set by an admin of this server.",
    Rule.SERVER: "{} a day is this server's default.",
    Rule.BOT: "{} a day is my default.",
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
    lines = [left(usage) if usage.limit or usage.granted else "There are no credits to spend here."]
    if usage.policy.blocked:
        lines.append("**You are blocked** from making pictures here, by someone who manages this server.")
        lines += filter(None, [their_reason(usage.policy.block_reason)])
    if usage.bound_by is not None:
        lines.append(BOUND[usage.bound_by])
    if usage.limit or usage.rule is not Rule.BOT:
        lines.append(_RULE[usage.rule].format(usage.limit))
    if usage.limit:
        lines.append(f"All {usage.limit} return {stamp(usage.returns_at)}, at {stamp(usage.returns_at, 't')}.")
    if usage.jobs:
        lines += ["", "**Under way**", *filter(None, [silence(usage.jobs)])]
    for number, line in enumerate(map(_line, usage.jobs)):
        if len("\n".join([*lines, line])) > MOST_TEXT:
            lines.append(f"and {len(usage.jobs) - number} more")
            break
        lines.append(line)
    return "\n".join(lines)


def _line(job: Job) -> str:
    return f"- {linked(job, PROMPT_LENGTH)} · {standing(job)}"


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(ShowMyUsage())
