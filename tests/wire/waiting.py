"""Waiting for what another process does."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

LOOK_EVERY = 0.01

T = TypeVar("T")


async def until(condition: Callable[[], T], what: str, *, within: float = 10) -> T:
    """The first true value of `condition`; a failed test, which names `what`, when there is none `within` seconds."""
    deadline = time.monotonic() + within
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {within:g} seconds"
        await asyncio.sleep(LOOK_EVERY)
    return value
