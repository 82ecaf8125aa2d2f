"""Discord in trouble: what SimCord's own `inject_error` cannot say, and each code under its status."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from fnmatch import fnmatch
from typing import Any

import aiohttp
import discord
from simcord.http import router

STATUS = {
    10003: 404,
    10008: 404,
    10015: 404,
    10062: 404,
    30046: 429,
    40005: 413,
    40060: 400,
    50001: 403,
    50007: 403,
    50013: 403,
    50027: 401,
    50035: 400,
    50083: 400,
}
DISCONNECTED = aiohttp.ServerDisconnectedError()
RATE_LIMITED = discord.RateLimited(1.0)
"""What discord.py raises instead of waiting for longer than it may."""

Trouble = int | Exception
"""A code of Discord, a bare HTTP status, or what discord.py raises when there is no answer."""


class Struck:
    """How often a fault has struck."""

    count = 0


def strike(world: Any, method: str, path: str, trouble: Trouble) -> None:
    """The next such request fails."""
    if isinstance(trouble, int):
        world.env.inject_error(method, path, status=STATUS.get(trouble, trouble), code=trouble if trouble > 999 else 0)
        return
    faults = struck(method, path, trouble, times=1)
    faults.__enter__()
    world._stack.callback(faults.__exit__, None, None, None)


@contextmanager
def struck(
    method: str,
    path: str,
    trouble: Trouble,
    *,
    times: int = 10**6,
    when: Callable[[Any], bool] = lambda _: True,
    after: bool = False,
) -> Generator[Struck, None, None]:
    """Requests fail whose body is `when`; `after` they took effect, and only their answer is lost."""
    dispatch, found = router.dispatch, Struck()

    def failing(backend: Any, asked: str, where: str, **parts: Any) -> Any:
        if found.count >= times or asked != method or not fnmatch(where, path) or not when(parts.get("json")):
            return dispatch(backend, asked, where, **parts)
        found.count += 1
        if after:
            dispatch(backend, asked, where, **parts)
        if isinstance(trouble, int):
            raise router.BackendError(STATUS.get(trouble, trouble), trouble if trouble > 999 else 0, "in trouble")
        raise trouble

    router.dispatch = failing
    try:
        yield found
    finally:
        router.dispatch = dispatch


async def hang(world: Any) -> None:
    """Wait for an answer that never comes."""
    await world.env.external_wait(asyncio.Event().wait(), reason="Discord says nothing")
