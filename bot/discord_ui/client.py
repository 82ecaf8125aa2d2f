"""The Discord client: set-up, command loading and syncing, and the two loops."""

import asyncio
import hashlib
import importlib
import json
import logging
import pkgutil
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands, tasks

from bot.discord_ui import browsing, presses, under_way
from bot.discord_ui import commands as command_files
from bot.discord_ui.buttons import ActionButton, CancelButton
from bot.discord_ui.failures import tell
from bot.discord_ui.history_buttons import HistoryButton, HistoryMenu, Verb
from bot.discord_ui.quota_list import TopButton
from bot.discord_ui.services import Services
from bot.domain.repositories import Storage
from bot.services.one_job import about
from bot.services.pauses import goes_on

log = logging.getLogger(__name__)

DELIVERY_INTERVAL = 1.0
LONGEST_RATE_LIMIT = 30.0
GRACE = 4.0
"""Seconds that a closing bot waits for answers of the provider."""


class EaselBot(commands.Bot):
    """Loads commands and runs the loops. The composition root sets `services`, which need the client, before start."""

    services: Services

    def __init__(self, storage: Storage, *, poll_interval: float, always_sync: bool = False) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,  # there are no text commands; the class insists on one
            help_command=None,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False),
            max_ratelimit_timeout=LONGEST_RATE_LIMIT,
        )
        self._storage = storage
        self._always_sync = always_sync
        self._ticking = asyncio.Lock()
        self._interval = timedelta(seconds=poll_interval)
        self._ticked_at = datetime.min.replace(tzinfo=UTC)
        self._track.change_interval(seconds=poll_interval)
        self.tree.error(_on_tree_error)

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Tell listeners, while there are any: what ends later finds a closed client, which has no event loop."""
        if not self.is_closed():
            super().dispatch(event_name, *args, **kwargs)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(ActionButton, CancelButton, HistoryButton, HistoryMenu, TopButton)
        # Not as discord.py's extensions, which are read and run anew for each client: nothing is reloaded here.
        for found in pkgutil.iter_modules(command_files.__path__, f"{command_files.__name__}."):
            if not found.name.rpartition(".")[2].startswith("_"):
                await importlib.import_module(found.name).setup(self)
        await self.services.recovery.begin()
        await self.services.tracker.begin()
        await self._sync_commands()
        self._track.start()
        self._deliver.start()

    async def close(self, grace: float = GRACE) -> None:
        """Let what is on its way to the provider arrive, then stop the loops before the connections that they use.

        Without `grace` nothing is waited for.
        """
        if self.is_closed():
            return
        try:
            async with asyncio.timeout(grace), self._ticking:
                await self.services.submit.drain()
        except TimeoutError:
            for job in self.services.submit.on_their_way:
                text = "job %d is still on its way to the provider; it is looked for at the next start"
                log.warning(text, job.id, extra=about(job))
        self._track.cancel()
        self._deliver.cancel()
        await self.services.tracker.close()
        await self.services.generate.close()
        await self.services.deliverer.close()
        await super().close()

    async def on_app_command_completion(self, interaction: discord.Interaction[Any], _: object) -> None:
        """A command was answered, whatever it was: discord.py calls this."""
        await browsing.tell_unseen(interaction)

    async def pressed(self, interaction: discord.Interaction[Any], job_id: int, index: int) -> None:
        """A button on a card was pressed."""
        await presses.press(interaction, job_id, index)

    async def cancelled(self, interaction: discord.Interaction[Any], job_id: int, *, in_list: bool) -> None:
        """A "Cancel" was pressed, on a card or in its owner's list."""
        await (under_way.cancel_in_list if in_list else under_way.cancel)(interaction, job_id)

    async def browsed(self, interaction: discord.Interaction[Any], verb: Verb, job_id: int, place: str) -> None:
        """A button or the menu of a history was used."""
        await browsing.browse(interaction, verb, job_id, place)

    async def _sync_commands(self) -> None:
        """Tell Discord our commands, but only when they changed: it limits how often that may be done."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        fact = f"commands:{self.application_id}"
        async with self._storage.read() as uow:
            known = await uow.facts.get(fact)
        if known == digest and not self._always_sync:
            log.info("the commands are unchanged; not synced")
            return
        try:
            synced = await self.tree.sync()
        except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as error:
            if self._always_sync:
                raise
            # Those that Discord knows still work; and a container that restarts at once would run into its limit.
            log.error("the commands could not be synced, the next start tries again: %s", error)
            return
        async with self._storage.write() as uow:
            await uow.facts.set(fact, digest)
            await uow.commit()
        log.info("synced %d commands", len(synced))

    @tasks.loop()
    async def _track(self) -> None:
        if _has_lost_its_time(self._track):
            self._track.restart()
            return
        # After a stall the loop would make up for each missed round at once; one is enough.
        if goes_on(self._ticked_at, self._interval / 2, discord.utils.utcnow()):
            return
        async with self._ticking:
            await self.services.tracker.tick()
        self._ticked_at = discord.utils.utcnow()

    @tasks.loop(seconds=DELIVERY_INTERVAL)
    async def _deliver(self) -> None:
        if _has_lost_its_time(self._deliver):
            self._deliver.restart()
            return
        await self.services.deliverer.step()


def _has_lost_its_time(loop: tasks.Loop[Any]) -> bool:
    """discord.py plans rounds by the wall clock: once that is set back by an hour, the next round is an hour away."""
    planned, round_time = loop.next_iteration, timedelta(seconds=loop.seconds or 0)
    return planned is not None and planned - discord.utils.utcnow() > 2 * round_time


async def _on_tree_error(interaction: discord.Interaction[Any], error: app_commands.AppCommandError) -> None:
    """What fails before a command's own guard: an unknown command, an option of the wrong kind."""
    log.error("a command could not be called: %s", error, exc_info=error)
    await tell(interaction, "I could not read that command. Please try it again; if it persists, reload Discord.")
