"""Where an interaction happens: whose account it draws on, and whether the bot can work there."""

from typing import Any

import discord

from bot.domain.errors import MissingPermissions, ServerNotAllowed
from bot.domain.job import Account
from bot.services.quota import Actor


def account_of(interaction: discord.Interaction[Any]) -> Account:
    """The account that pays: the member in this server; direct messages are server 0."""
    return Account(interaction.guild_id or 0, interaction.user.id)


def actor_of(interaction: discord.Interaction[Any]) -> Actor:
    """Who asks, and whether Discord says that they may manage this server."""
    return Actor(account_of(interaction), interaction.permissions.manage_guild)


def channel_of(interaction: discord.Interaction[Any]) -> int:
    """The channel's id. Commands and buttons always have one."""
    if interaction.channel_id is None:
        raise ValueError(f"interaction {interaction.id} has no channel")
    return interaction.channel_id


def check_server(interaction: discord.Interaction[Any], allowed: frozenset[int]) -> None:
    """Raise ServerNotAllowed outside of the operator's list; an empty list allows all."""
    if allowed and interaction.guild_id is not None and interaction.guild_id not in allowed:
        raise ServerNotAllowed


def check_permissions(interaction: discord.Interaction[Any], *, private: bool = False) -> None:
    """Raise MissingPermissions if a card could be answered but not kept up to date here.

    An interaction may always be answered, so without this check a first card appears and never changes. A private one
    stays such an answer to its end, so that it needs leave for its picture alone.
    """
    if interaction.guild_id is None:
        return
    has = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    needed = {
        "View Channel": private or has.view_channel,
        "Send Messages in Threads" if in_thread else "Send Messages": (
            private or (has.send_messages_in_threads if in_thread else has.send_messages)
        ),
        "Attach Files": has.attach_files,
        "Read Message History": private or has.read_message_history,
    }
    missing = [name for name, granted in needed.items() if not granted]
    if missing and not has.administrator:
        raise MissingPermissions(missing, f"<#{channel_of(interaction)}>")
