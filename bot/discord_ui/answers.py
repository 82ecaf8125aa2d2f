"""Answers that only one person reads, in time whatever the database is waiting for."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import discord

from bot.discord_ui import failures
from bot.domain.errors import BotError

PATIENCE = 1.0
"""Seconds before an answer is deferred: Discord waits three."""

T = TypeVar("T")


async def answer_privately(
    interaction: discord.Interaction[Any], doing: Coroutine[Any, Any, T], told: Callable[[T], str]
) -> None:
    """Do it, and tell the person what came of it. Whoever got no answer might do the same once more."""
    task = asyncio.create_task(doing, name=f"interaction {interaction.id}")
    await asyncio.wait({task}, timeout=PATIENCE)
    if not task.done():
        try:
            await interaction.response.defer(ephemeral=True, thinking=True)
        except failures.UNSENT:
            with suppress(BotError):
                await task
            raise
    text = told(await task)
    if interaction.response.is_done():
        await interaction.followup.send(text, ephemeral=True)
    else:
        await interaction.response.send_message(text, ephemeral=True)
