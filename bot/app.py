"""The composition root: opens everything from the database up, and closes it in reverse."""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import aiohttp
import discord
import httpx
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.discord_ui.client import GRACE, EaselBot
from bot.discord_ui.delivery import DiscordCards
from bot.discord_ui.operator import DiscordOperator
from bot.discord_ui.services import Services
from bot.domain.errors import StorageUnavailable
from bot.domain.line import Room
from bot.domain.ports import Clock
from bot.domain.quota import Limits
from bot.providers.generated_pictures import GeneratedPictures
from bot.providers.imaging import PictureWork
from bot.providers.links import PublicLinks
from bot.providers.ohmygpt import OhMyGPT
from bot.providers.openai_images import OpenAIImages
from bot.providers.pictures import PictureFetcher
from bot.providers.public_transport import PublicTransport
from bot.providers.threads import PictureThreads
from bot.services.alarm import Alarm
from bot.services.breaker import Breaker
from bot.services.deliver import Deliverer
from bot.services.generate import Generate
from bot.services.history import History
from bot.services.press import Press, offered_by
from bot.services.quota import Quota
from bot.services.recover import Recovery
from bot.services.results import Results
from bot.services.submit import Submit
from bot.services.track import Tracker
from bot.services.under_way import UnderWay
from bot.services.usage import ShowUsage
from bot.services.watched import WatchedGenerator, WatchedProvider
from bot.settings import Settings
from bot.storage.database import hold_lease, open_database
from bot.storage.lease import InUse, Lease, LeaseLost

log = logging.getLogger(__name__)

SHUTDOWN_TIME = 8.0
"""Seconds for closing; who stops a container usually kills it after ten."""

GATEWAY_AUTHENTICATION_FAILED = 4004


class CannotStart(Exception):
    """Discord, or another process, does not let the bot in; the text is one readable line with the cure."""


def utc_now() -> datetime:
    """The real time."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_bot(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    transport: httpx.AsyncBaseTransport | None = None,
    link_transport: httpx.AsyncBaseTransport | None = None,
    lease: Lease | None = None,
    always_sync: bool = False,
) -> AsyncGenerator[EaselBot, None]:
    """The whole bot, ready to be started; only the clock and what carries HTTP can be other than real.

    `transport` leads to the provider, `link_transport` to what members link to.
    """
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings.database_url, lease))
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport))
        links = await stack.enter_async_context(PublicLinks(PublicTransport(inner=link_transport)))
        provider = OhMyGPT(http, settings.ohmygpt_api_key.get_secret_value(), settings.ohmygpt_base_url)
        openai = OpenAIImages(
            http,
            (settings.openai_api_key or settings.ohmygpt_api_key).get_secret_value(),
            settings.openai_base_url or settings.ohmygpt_base_url,
        )
        limits = _limits(settings)
        bot = EaselBot(database, poll_interval=settings.poll_interval, always_sync=always_sync)
        threads = PictureThreads()
        picture_work = PictureWork(threads)
        results = Results(database, PictureFetcher(http, proxy=settings.wsrv_url, threads=threads), picture_work)
        # Its links die soon and belong to the key: no third party needs to see them.
        drawn = GeneratedPictures(openai, PictureFetcher(http, threads=threads))
        breaker = Breaker(database, clock)
        alarm = Alarm(database, DiscordOperator(bot, settings.owner_ids), breaker, clock)
        watched, images = WatchedProvider(provider, breaker, alarm), WatchedGenerator(drawn, alarm)
        cards = DiscordCards(bot, offered_by(provider), clock)
        most_running = settings.max_running_per_member
        generate = Generate(database, images, clock, most_running=most_running, most_calls=settings.image_concurrency)
        room = Room(images=False, per_account=most_running, in_all=settings.max_running_total)
        submit = Submit(database, watched, generate, limits, room, settings.max_queued_per_member, breaker, clock)
        recovery = Recovery(database, watched, cards, submit, clock)
        bot.services = Services(
            submit=submit,
            generate=generate,
            press=Press(database, provider, settings.image_models, submit),
            usage=ShowUsage(database, limits, clock),
            history=History(database, provider, cards, results, settings.image_models, submit, clock),
            under_way=UnderWay(database, settings.owner_ids, clock),
            quota=Quota(database, limits, settings.owner_ids, clock),
            recovery=recovery,
            tracker=Tracker(database, watched, submit, generate, recovery, breaker, alarm, clock),
            deliverer=Deliverer(database, cards, results, clock),
            cards=cards,
            picture_work=picture_work,
            links=links,
            image_models=settings.image_models,
            allowed_servers=settings.allowed_servers,
        )
        stack.push_async_callback(bot.close)
        yield bot


def _limits(settings: Settings) -> Limits:
    return Limits(
        account=settings.daily_credits,
        direct=settings.dm_daily_credits,
        server=settings.server_daily_credits,
        total=settings.total_daily_credits,
    )


def point_at(settings: Settings) -> None:
    """Let discord.py talk to the configured addresses; it keeps them in class attributes."""
    Route.BASE = settings.discord_api_url
    DiscordWebSocket.DEFAULT_GATEWAY = URL(settings.discord_gateway_url)
    # A bot without a voice need not warn at each start that it has none.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


async def run(settings: Settings, *, always_sync: bool) -> None:
    """Run until SIGTERM or SIGINT.

    Raises CannotStart when Discord refuses the token or another process works on the database, and LeaseLost, which
    has been logged, when another process has taken it over.
    """
    point_at(settings)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopped = asyncio.create_task(stop.wait(), name="wait for a signal")
    async with AsyncExitStack() as stack:
        lease = await _take_lease(stack, settings.database_url, stopped)
        if lease is not None:
            bot = await stack.enter_async_context(open_bot(settings, lease=lease, always_sync=always_sync))
            await _serve(bot, settings, lease, stopped)
    stopped.cancel()
    log.info("stopped")


async def _take_lease(stack: AsyncExitStack, url: str, stopped: asyncio.Task[bool]) -> Lease | None:
    """None when the bot was told to stop while it waited to see whether another process lives."""
    taking = asyncio.create_task(stack.enter_async_context(hold_lease(url, utc_now)), name="take the lease")
    await asyncio.wait({taking, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not taking.done():
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        return None
    try:
        return taking.result()
    except InUse as error:
        raise CannotStart(str(error)) from error


async def _serve(bot: EaselBot, settings: Settings, lease: Lease, stopped: asyncio.Task[bool]) -> None:
    """Be in Discord until that ends, the lease is lost or somebody asks to stop."""
    running = asyncio.create_task(bot.start(settings.discord_token.get_secret_value()), name="Discord client")
    keeping = asyncio.create_task(lease.keep(), name="keep the lease")
    await asyncio.wait({running, stopped, keeping}, return_when=asyncio.FIRST_COMPLETED)
    lost = keeping.exception() if keeping.done() else None
    if lost is not None:
        log.critical("%s", lost.detail if isinstance(lost, LeaseLost) else "the lease is not kept any more")
    elif running.done():  # nobody asked for that
        keeping.cancel()
        raise _why(running, settings)
    log.info("stopping")
    try:
        async with asyncio.timeout(SHUTDOWN_TIME):
            await bot.close(grace=0 if lost else GRACE)
    except TimeoutError:
        log.warning("Discord took too long to say goodbye")
    for task in (running, keeping):
        task.cancel()  # the client may be waiting to connect again
    await asyncio.gather(running, keeping, return_exceptions=True)
    if lost is not None:
        raise lost


def _why(running: asyncio.Task[None], settings: Settings) -> Exception:
    """What ended the client, as a line for the operator where we know its cure."""
    error = running.exception()
    refused = isinstance(error, discord.ConnectionClosed) and error.code == GATEWAY_AUTHENTICATION_FAILED
    if refused or isinstance(error, discord.LoginFailure):
        return CannotStart("DISCORD_TOKEN is refused by Discord. Copy it anew from the Developer Portal.")
    # Out of reach at the very first connect, the gateway makes discord.py stumble over itself; what happened is behind.
    for each in (error, error.__context__ if error else None):
        if isinstance(each, aiohttp.ClientConnectionError | TimeoutError):
            where = f"{settings.discord_api_url} and {settings.discord_gateway_url}"
            return CannotStart(f"Discord cannot be reached at {where} ({type(each).__name__}). Is the network up?")
    if isinstance(error, StorageUnavailable):
        return CannotStart(f"The bot cannot start: {error.detail}.")
    if isinstance(error, discord.HTTPException | discord.GatewayNotFound | discord.ConnectionClosed):
        return CannotStart(f"Discord does not let the bot in: {error}")
    return error if isinstance(error, Exception) else CannotStart("The connection to Discord has ended.")
