"""`easel check`: can this installation work, and what cures each thing that cannot."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import aiohttp
import discord
import httpx
from pydantic import SecretStr

from bot import app
from bot.domain.errors import ProviderError
from bot.providers.ohmygpt import OhMyGPT
from bot.settings import Settings
from bot.storage.database import CannotOpen, Database, make_engine, revisions

DATABASE_CURE = "Correct DATABASE_URL, or the folder's rights."


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `cure` says what to do when it is not `good`."""

    good: bool
    what: str
    cure: str = ""

    def __str__(self) -> str:
        return f"✓ {self.what}" if self.good else f"✗ {self.what}\n  {self.cure}"


async def findings(settings: Settings) -> AsyncGenerator[Finding, None]:
    """Everything that has to hold, in the order in which the bot needs it."""
    yield Finding(True, "settings are complete")
    migrated = await _migrated(settings.database_url)
    yield migrated
    if migrated.good:
        yield await _balanced(settings.database_url)
    yield await _discord(settings)
    yield await _provider(settings)
    if settings.openai_api_key is not None or settings.openai_base_url is not None:
        key = settings.openai_api_key or settings.ohmygpt_api_key
        yield await _images(settings.openai_base_url or settings.ohmygpt_base_url, key)


async def _migrated(url: str) -> Finding:
    try:
        found, newest = revisions(url)
    except CannotOpen as error:
        return Finding(False, f"database cannot be opened: {error}", DATABASE_CURE)
    if found != newest:
        what = f"database is at revision {found or 'none'}, not at {newest}"
        return Finding(False, what, "Run `easel db upgrade` (`easel run` does it by itself).")
    return Finding(True, f"database is reachable and migrated (revision {found})")


async def _balanced(url: str) -> Finding:
    engine = make_engine(url)
    try:
        async with Database(engine).read() as uow:
            off = await uow.ledger.imbalances()
    finally:
        await engine.dispose()
    if off:
        where, says, should = off[0]
        what = f"ledger is out of balance in {len(off)} places; {where} says {says}, its entries {should}"
        return Finding(False, what, "Please report this with the bot's log: it must never happen.")
    return Finding(True, "ledger is in balance")


async def _discord(settings: Settings) -> Finding:
    app.point_at(settings)
    client = discord.Client(intents=discord.Intents.none())
    try:
        await client.login(settings.discord_token.get_secret_value())
        return Finding(True, f"Discord knows the token: {client.user}")
    except discord.LoginFailure:
        return Finding(False, "Discord refuses the token", "Copy DISCORD_TOKEN anew from the Developer Portal.")
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        return Finding(False, f"Discord cannot be asked: {_reason(error)}", "Check the network and DISCORD_API_URL.")
    finally:
        await client.close()


async def _provider(settings: Settings) -> Finding:
    cure = "Check OHMYGPT_API_KEY (it needs the `midjourney` permission) and OHMYGPT_BASE_URL."
    async with httpx.AsyncClient() as http:
        try:
            provider = OhMyGPT(http, settings.ohmygpt_api_key.get_secret_value(), settings.ohmygpt_base_url)
            await provider.recent(1)
        except ProviderError as error:
            return Finding(False, f"OhMyGPT: {error.detail}", cure)
        except (ValueError, httpx.InvalidURL) as error:
            return Finding(False, f"OhMyGPT: {error}", cure)
        try:
            balance = await provider.balance()
        except ProviderError:
            return Finding(True, "OhMyGPT takes the key (its balance needs a key with admin rights)")
    return Finding(True, f"OhMyGPT takes the key; balance {balance.paid} and {balance.free} free units")


async def _images(base_url: str, key: SecretStr) -> Finding:
    """The list of models costs nothing, and most services that speak OpenAI's calls have it."""
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"}
    try:
        async with httpx.AsyncClient() as http:
            status = (await http.get(f"{base_url}/v1/models", headers=headers)).status_code
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return Finding(False, f"The image service cannot be asked: {_reason(error)}", "Check OPENAI_BASE_URL.")
    if status >= 500:
        return Finding(False, f"The image service answers HTTP {status}", "Try again later, or check OPENAI_BASE_URL.")
    if status in (401, 403):
        return Finding(False, "The image service refuses the key", "Check OPENAI_API_KEY.")
    told = (
        "takes the key" if status == 200 else f"answers (HTTP {status}); only /dalle will tell whether the key is good"
    )
    return Finding(True, f"The image service {told}")


def _reason(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0].rstrip(".") or type(error).__name__
