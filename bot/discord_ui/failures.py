"""The one guard round commands, buttons and forms: exception in, a kind ephemeral sentence out."""

import logging
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord

from bot.discord_ui import quota_texts
from bot.discord_ui.codes import EXPIRED, Code
from bot.domain.errors import Blocked, BotError, StorageUnavailable

log = logging.getLogger(__name__)

UNSENT = (discord.DiscordException, aiohttp.ClientError, OSError, RuntimeError)
"""What sending anything to Discord may raise: its refusals, the network's, time-outs, a session that is closing."""

UNHEARD = (
    "Discord did not take my answer. What you asked for may be done all the same, so please look before you ask again; "
    "credits of what did not start come back by themselves."
)
NOT_HERE = (
    "Discord does not let me post here: a permission is missing, or this place is closed. What could not be posted was "
    "not started, and nothing was charged for it."
)
CLOSED = "The message that this belongs to is gone. Please call the command again."
TOO_MUCH = (
    "Discord finds that too large to show here. What is finished is still in `/history`; what was not started cost "
    "nothing."
)


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
        if isinstance(error, UNSENT) and interaction.client.is_closed():
            log.warning("interaction %d was cut off by the end of this process: %s", interaction.id, error)
            return
        trouble = _discords_own(error)
        if trouble is not None:
            log.warning("interaction %d: Discord did not take the answer: %s", interaction.id, error)
            await tell(interaction, trouble)
            return
        reference = secrets.token_hex(3)
        log.exception("interaction %d failed (reference %s)", interaction.id, reference)
        await tell(
            interaction,
            "Something went wrong on my side. `/usage` shows what is under way; credits of what did not start "
            f"come back by themselves. If it happens again, tell whoever hosts me: reference `{reference}`.",
        )


def is_too_late(error: Exception) -> bool:
    """Whether Discord had stopped waiting for the answer, or someone else gave it."""
    return isinstance(error, discord.HTTPException) and error.code in EXPIRED | {Code.ALREADY_ANSWERED}


def _discords_own(error: Exception) -> str | None:
    """What the person reads where Discord, and not we, made an answer fail; None where it may be our fault."""
    match error:
        case discord.HTTPException(code=Code.UNKNOWN_MESSAGE):
            return CLOSED
        case discord.HTTPException(code=Code.TOO_LARGE) | discord.HTTPException(status=413):
            return TOO_MUCH
        case discord.HTTPException(code=Code.UNKNOWN_CHANNEL | Code.ARCHIVED) | discord.Forbidden():
            return NOT_HERE
        case discord.HTTPException(status=status) if status >= 500 or status == 429:
            return UNHEARD
        case discord.RateLimited() | aiohttp.ClientError() | ConnectionError() | TimeoutError():
            return UNHEARD
        case _:
            return None


def was_refused(error: Exception) -> bool:
    """Whether Discord surely did not act on a request. A 5xx or a lost answer says nothing about that.

    Nor does "already answered": discord.py repeats a request whose answer was a 5xx.
    """
    if isinstance(error, discord.RateLimited):  # held back before it was sent
        return True
    return (
        isinstance(error, discord.HTTPException) and 400 <= error.status < 500 and error.code != Code.ALREADY_ANSWERED
    )


async def tell(interaction: discord.Interaction[Any], sentence: str) -> None:
    """Say it to the person alone, as the first answer or as a follow-up."""
    try:
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except UNSENT as error:
        log.warning("interaction %d could not be answered: %s", interaction.id, error)
