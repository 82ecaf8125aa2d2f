"""/quota: what admins do about credits. The service decides who is one; Discord's permission only hides the command."""

from functools import partial
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_ui import place, quota_list, quota_texts
from bot.discord_ui.answers import answer_privately
from bot.discord_ui.failures import answering
from bot.discord_ui.services import services_of
from bot.domain.errors import NotAPerson
from bot.services.quota import Actor, Quota, Span

MOST_CREDITS = 1_000_000
REASON_LENGTH = 500

Person = discord.Member | discord.User
"""Somebody who has left the server can still be looked at and blocked."""

Reason = app_commands.Range[str, 1, REASON_LENGTH]


# Not `guild_only()`: that adds servers to the client's contexts, and leaves direct messages among them.
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.default_permissions(manage_guild=True)
class ManageQuota(commands.GroupCog, group_name="quota", group_description="Credits of this server's members"):
    """Quotas by command. All answers are for the admin's eyes alone."""

    @app_commands.command(description="What a member, or the whole server, has used and may use")
    @app_commands.describe(member="Whose credits; left out: this server's default and ceilings")
    async def show(self, interaction: discord.Interaction[Any], member: Person | None = None) -> None:
        async with answering(interaction):
            quota, actor = _asked(interaction, member)
            if member is None:
                await answer_privately(interaction, quota.show_server(actor), quota_texts.server)
            else:
                told = partial(quota_texts.member, member.id)
                await answer_privately(interaction, quota.show(actor, member.id), told)

    @app_commands.command(description="Set how many credits a member, or everyone, may spend a day")
    @app_commands.describe(
        credits="Per day; 0 for none; left out: back to the default",
        member="Whose limit; left out: this server's default",
    )
    async def set(
        self,
        interaction: discord.Interaction[Any],
        credits: app_commands.Range[int, 0, MOST_CREDITS] | None = None,
        member: Person | None = None,
    ) -> None:
        async with answering(interaction):
            quota, actor = _asked(interaction, member)
            member_id = None if member is None else member.id
            told = partial(quota_texts.was_set, member_id)
            await answer_privately(interaction, quota.set(actor, credits, member_id), told)

    @app_commands.command(description="Give a member credits on top: spent last, kept until used")
    @app_commands.describe(
        member="Who gets them", amount="How many credits; below zero takes unused ones back", reason="For the record"
    )
    async def grant(
        self,
        interaction: discord.Interaction[Any],
        member: Person,
        amount: app_commands.Range[int, -MOST_CREDITS, MOST_CREDITS],
        reason: Reason | None = None,
    ) -> None:
        async with answering(interaction):
            quota, actor = _asked(interaction, member)
            told = partial(quota_texts.granted, member.id)
            await answer_privately(interaction, quota.grant(actor, member.id, amount, reason), told)

    @app_commands.command(description="Give a member the whole of today's credits again")
    @app_commands.describe(member="Whose day starts anew")
    async def reset(self, interaction: discord.Interaction[Any], member: Person) -> None:
        async with answering(interaction):
            quota, actor = _asked(interaction, member)
            told = partial(quota_texts.was_reset, member.id)
            await answer_privately(interaction, quota.reset(actor, member.id), told)

    @app_commands.command(description="Let a member look, but not make anything; what is under way goes on")
    @app_commands.describe(member="Who", reason="The member reads it")
    async def block(self, interaction: discord.Interaction[Any], member: Person, reason: Reason | None = None) -> None:
        async with answering(interaction):
            quota, actor = _asked(interaction, member)
            told = partial(quota_texts.was_blocked, member.id)
            await answer_privately(interaction, quota.block(actor, member.id, reason), told)

    @app_commands.command(description="Let a blocked member make pictures again")
    @app_commands.describe(member="Who")
    async def unblock(self, interaction: discord.Interaction[Any], member: Person) -> None:
        async with answering(interaction):
            quota, actor = _asked(interaction, member)
            told = partial(quota_texts.was_unblocked, member.id)
            await answer_privately(interaction, quota.unblock(actor, member.id), told)

    @app_commands.command(name="list", description="Who spent most, today and this month")
    async def top(self, interaction: discord.Interaction[Any]) -> None:
        async with answering(interaction):
            text = await quota_list.text_of(interaction, Span.DAY)
            view = quota_list.buttons(Span.DAY)
            await interaction.response.send_message(text, view=view, ephemeral=True)


def _asked(interaction: discord.Interaction[Any], member: Person | None) -> tuple[Quota, Actor]:
    """What to ask, and as whom, if the server is served and the member is a person."""
    services = services_of(interaction)
    place.check_server(interaction, services.allowed_servers)
    if member is not None and member.bot:
        raise NotAPerson
    return services.quota, place.actor_of(interaction)


async def setup(bot: commands.Bot) -> None:
    await bot.add_cog(ManageQuota())
