"""Room for fetching members' pictures: a few requests at once, and one of each member."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from bot.domain.errors import Refusal

MOST_AT_ONCE = 4
"""Each may hold a hundred megabytes."""

LONGEST_WAIT = 60.0
"""Seconds for a free place; longer would be no answer."""


class Gathering:
    """Who gathers holds a turn; whoever has one already is refused, so that nobody keeps all the others waiting."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        self._members: set[int] = set()

    def check(self, member_id: int) -> None:
        """Refuse a second request of a member while the first one's pictures are fetched."""
        if member_id in self._members:
            raise Refusal("I am still fetching your other pictures. Please try again in a moment; nothing was charged.")

    @asynccontextmanager
    async def turn(self, member_id: int) -> AsyncGenerator[None, None]:
        """Wait for room, and hold it inside the block."""
        self.check(member_id)
        self._members.add(member_id)
        try:
            await self._enter()
            try:
                yield
            finally:
                self._room.release()
        finally:
            self._members.discard(member_id)

    async def _enter(self) -> None:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await self._room.acquire()
        except TimeoutError:
            busy = "Too many pictures are being fetched just now. Please try again in a minute; nothing was charged."
            raise Refusal(busy) from None
