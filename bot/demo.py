"""The bot in a local browser page: SimCord's Discord, the simulated service, and everything between them real."""

import asyncio
import logging
import signal
import sys
import tempfile
import webbrowser
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import discord
import simcord
from pydantic import SecretStr

from bot import app, logs
from bot.demo_history import Past, draw_thumbnails, seed
from bot.domain.job import Account
from bot.live_preview import follow_clock
from bot.providers.simulated import SimulatedService, SimulatedTransport
from bot.settings import Settings
from bot.storage.database import open_database

TOPIC = (
    "/imagine, /blend, /describe and /dalle make pictures · /history has those of the past weeks · /help tells the rest"
)
SLOWEST_POLL, QUICKEST_POLL = 3.0, 0.5
PICTURE_SCALE = 0.6
"""Still larger than the page shows them, and the page, which keeps 128 MB of media, shows more of them."""

SETTLE_TIME = 60.0
"""Seconds that SimCord gives the bot for one action: several pictures at once take a busy machine a while."""


def main(*, port: int | None, speed: float, open_browser: bool) -> int:
    """Serve the page until Ctrl-C."""
    logs.set_up("WARNING", "text", ())
    logging.captureWarnings(True)
    with tempfile.TemporaryDirectory(prefix="easel-demo-") as folder:
        asyncio.run(_serve(Path(folder), port, speed, open_browser))
    return 0


async def _serve(folder: Path, port: int | None, speed: float, open_browser: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_demo(folder, port=port, speed=speed) as (env, preview):
        _say(f"Easel's demo is at {preview.url}\nType /imagine there. Ctrl-C ends it.")
        if open_browser:
            webbrowser.open(preview.url)
        await follow_clock(env, preview, stop)


@asynccontextmanager
async def open_demo(folder: Path, *, port: int | None, speed: float) -> AsyncGenerator[tuple[Any, Any], None]:
    """SimCord's environment and its preview page, with the bot running in them and its database in `folder`."""
    runner: Any = None
    clock = Past(lambda: runner._env.now())

    async def pause(seconds: float) -> None:
        if clock.held is None:  # what is over took its time long ago
            await runner._env.external_wait(asyncio.sleep(seconds), reason="the image service paints")

    settings = demo_settings(f"sqlite+aiosqlite:///{folder / 'easel.db'}", speed)
    service = SimulatedService(clock, speed=speed, picture_scale=PICTURE_SCALE, pause=pause)
    async with (
        open_database(settings.database_url) as database,
        app.open_bot(settings, clock=clock, transport=SimulatedTransport(service)) as bot,
    ):
        runner = simcord.run(bot, check_errors=False, settle_timeout=SETTLE_TIME)
        _set_the_stage(runner._env.backend)
        async with runner as env:
            guild = env.create_guild("Easel Studio")
            gallery = guild.create_text_channel("gallery", topic=TOPIC)
            member = guild.add_member(env.create_user("mira", global_name="Mira"))
            keepers = guild.create_role("Keepers", permissions=discord.Permissions(manage_guild=True))
            admin = guild.add_member(env.create_user("ada", global_name="Ada (admin)"), roles=[keepers])
            mira = Account(guild.id, member.id)
            jobs = await seed(bot.services, database, service, clock, mira, gallery.id)
            thumbnails = asyncio.create_task(draw_thumbnails(bot.services, database, service, jobs), name="thumbnails")
            try:
                async with env.preview(gallery, viewers=[member, admin], layout="channel", port=port) as preview:
                    yield env, preview
            finally:
                thumbnails.cancel()
                await asyncio.gather(thumbnails, return_exceptions=True)


def demo_settings(database_url: str, speed: float) -> Settings:
    """Settings that owe nothing to this machine's environment."""
    return Settings.model_construct(
        database_url=database_url,
        discord_token=SecretStr("demo"),
        ohmygpt_api_key=SecretStr("demo"),
        ohmygpt_base_url="https://simulated.invalid",
        wsrv_url="https://simulated.invalid/wsrv",
        poll_interval=min(SLOWEST_POLL, max(QUICKEST_POLL, SLOWEST_POLL / speed)),
        daily_credits=200,
    )


def _set_the_stage(backend: Any) -> None:
    """Give the bot its name and the world today's date: both are fixed once SimCord has started."""
    backend.bot_user.name = "Easel"
    backend.advance_clock((datetime.now(UTC) - backend.clock.now()).total_seconds())


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
