"""Direct messages to whoever hosts the bot."""

import logging
import re
from collections.abc import Collection
from datetime import UTC, datetime

import aiohttp
import discord

log = logging.getLogger(__name__)

_TIME = re.compile(r"<t:(\d+):\w>")


class DiscordOperator:
    """Implements the `Operator` port. Without anybody to write to, or whose door is open, the log says it."""

    def __init__(self, client: discord.Client, owner_ids: Collection[int]) -> None:
        self._client = client
        self._owner_ids = sorted(owner_ids)

    async def tell(self, text: str) -> bool:
        outcomes = [await self._sent(owner_id, text) for owner_id in self._owner_ids]
        if True in outcomes:
            return True  # for one who could not be reached the others would read it again and again
        if None in outcomes:
            return False
        log.warning("for the operator, of whom OWNER_IDS names nobody that I can write to: %s", _for_the_log(text))
        return True

    async def _sent(self, owner_id: int, text: str) -> bool | None:
        """False where it will never be taken, None where it may be later."""
        try:
            channel = await self._client.create_dm(discord.Object(owner_id))
            await channel.send(text)
        except (discord.RateLimited, discord.DiscordServerError, aiohttp.ClientError, OSError) as error:
            log.warning("owner %d cannot be written to yet: %s", owner_id, type(error).__name__)
            return None
        except discord.HTTPException as error:
            log.warning("owner %d cannot be written to: %s (code %s)", owner_id, error.status, error.code)
            return None if error.status in (401, 429) else False
        return True


def _for_the_log(text: str) -> str:
    plain = _TIME.sub(lambda time: datetime.fromtimestamp(int(time[1]), UTC).isoformat(" ", "minutes"), text)
    return plain.replace("**", "").replace("`", "")
