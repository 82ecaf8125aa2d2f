"""The one guard round commands, buttons and forms: exception in, a kind ephemeral sentence out."""

import logging
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord

from bot.discord_ui import quota_texts
from bot.domain.errors import Blocked, BotError, StorageUnavailable

log = logging.getLogger(__name__)

UNSENT = (discord.DiscordException, aiohttp.ClientError, OSError, RuntimeError)
"""What sending anything to Discord may raise: its refusals, the network's, time-outs, a session that is closing."""

UNKNOWN_INTERACTION = 10062
ALREADY_ANSWERED = 40060


@asynccontextmanager
async def answering(interaction: discord.Interaction[Any]) -> AsyncGenerator[None, None]:
    """Answer whatever is raised inside. Nothing leaves this guard, since discord.py would only log it."""
    try:
        yield
    except Blocked as error:
        await tell(interaction, quota_texts.blocked(error))
    except BotError as error:
        if isinstance(error, StorageUnavailable):
            log.warning("interaction %d came to nothing: %s", interaction.id, error.detail)
        await tell(interaction, error.sentence)
    except Exception as error:
        if is_too_late(error):
            log.info("interaction %d was answered too late", interaction.id)
            return
        reference = secrets.token_hex(3)
        log.exception("interaction %d failed (reference %s)", interaction.id, reference)
        await tell(
            interaction,
            "Something went wrong on my side. `/usage` shows what is under way; credits of what did not start "
            f"come back by themselves. If it happens again, tell whoever hosts me: reference `{reference}`.",
        )


def is_too_late(error: Exception) -> bool:
    """Whether Discord had stopped waiting for the first answer, or someone else gave it."""
    return isinstance(error, discord.HTTPException) and error.code in (UNKNOWN_INTERACTION, ALREADY_ANSWERED)


def was_refused(error: Exception) -> bool:
    """Whether Discord surely did not act on a request. A 5xx or a lost answer says nothing about that.

    Nor does "already answered": discord.py repeats a request whose answer was a 5xx.
    """
    return isinstance(error, discord.HTTPException) and 400 <= error.status < 500 and error.code != ALREADY_ANSWERED


async def tell(interaction: discord.Interaction[Any], sentence: str) -> None:
    """Say it to the person alone, as the first answer or as a follow-up."""
    try:
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except UNSENT as error:
        log.warning("interaction %d could not be answered: %s", interaction.id, error)
