"""Pictures that a member gives to a command: read, prepared, and put into the job that is to be made from them."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import aiohttp
import discord

from bot.discord_ui.admission import Gather
from bot.discord_ui.services import Services, services_of
from bot.domain.errors import UnusablePicture
from bot.domain.job import JobKind, NewJob

MOST_BYTES = 20 * 1024 * 1024
READ_TIME = 20.0
"""Seconds for all attachments together."""

NAME = "sources.webp"
"""The file under which a card carries the small view of its sources."""


def check_sizes(given: Mapping[str, discord.Attachment]) -> None:
    """Refuse by what Discord says of a file, before anything is fetched. Keys are the options' names."""
    for name, attachment in given.items():
        if attachment.size > MOST_BYTES:
            raise UnusablePicture(f"`{name}` is larger than {MOST_BYTES // 2**20} MB. Please attach a smaller picture.")


def attachments(given: Mapping[str, discord.Attachment]) -> Gather:
    """Gathers these pictures as the job's sources; the keys are the options' names. Raises UnusablePicture."""

    async def gather(interaction: discord.Interaction[Any], new: NewJob) -> tuple[NewJob, bytes]:
        try:
            async with asyncio.timeout(READ_TIME):
                files = await asyncio.gather(*(attachment.read() for attachment in given.values()))
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            names = " and ".join(f"`{name}`" for name in given)
            raise UnusablePicture(f"Discord did not give me {names}. Please attach it once more.") from error
        return await _with_sources(services_of(interaction), new, dict(zip(given, files, strict=True)))

    check_sizes(given)
    return gather


def link(address: str) -> Gather:
    """Gathers the picture that the link leads to. Raises UnusablePicture."""

    async def gather(interaction: discord.Interaction[Any], new: NewJob) -> tuple[NewJob, bytes]:
        services = services_of(interaction)
        return await _with_sources(services, new, {"The linked picture": await services.links.fetch(address)})

    return gather


async def _with_sources(services: Services, new: NewJob, files: Mapping[str, bytes]) -> tuple[NewJob, bytes]:
    work = services.picture_work
    sources = [await work.prepare(data, name) for name, data in files.items()]
    small = await work.small(sources)
    # A description has no picture of its own: in the history the described one stands for it.
    thumbnail = await work.thumbnail(small) if new.kind is JobKind.DESCRIBE else None
    return replace(new, sources=tuple(sources), source_picture=NAME, thumbnail=thumbnail), small
