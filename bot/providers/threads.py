"""Threads for pictures: room for two pieces of work off the event loop."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 2
"""A decoded picture may take some hundred megabytes."""


class PictureThreads:
    """Runs work on pictures; whoever shares one shares its room."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        async with self._room:
            return await asyncio.to_thread(work, *args, **kwargs)
