"""What lets a hundred worlds be opened in a minute, with everything in them as it is in the real bot."""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import aiosqlite.core
import pytest

from bot.providers.simulated import drawing, service

_draw_work = lru_cache(maxsize=1000)(service.draw_work)
_draw_papercut = lru_cache(maxsize=1000)(drawing.draw_papercut)


def draw_each_picture_once(patch: pytest.MonkeyPatch) -> None:
    """Equal orders have equal pixels, and most tests order the same: what one drew serves the next."""
    patch.setattr(service, "draw_work", _draw_work)
    patch.setattr(drawing, "draw_papercut", _draw_papercut)


def answer_sql_in_the_loop(patch: pytest.MonkeyPatch) -> None:
    """Let the driver's calls take their turn in the event loop instead of a thread.

    Half the time of these tests was spent handing over between two threads. Each call still lets others run before and
    after it, now in the same order each time. The thread is proven in `tests/storage` and `tests/wire`.
    """
    patch.setattr(aiosqlite.core, "SimpleQueue", _Turns)
    patch.setattr(aiosqlite.core, "Thread", _NoThread)


class _Turns:
    """Stands in for the queue that leads to the driver's thread."""

    def put_nowait(self, order: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        future, call = order
        if future is None:  # nobody waits for it: the loop has ended
            call()
        else:
            future.get_loop().call_soon(_fulfil, future, call)


def _fulfil(future: asyncio.Future[Any], call: Callable[[], Any]) -> None:
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 (as the driver's thread does)
        if not future.done():
            future.set_exception(error)
    else:
        if not future.done():
            future.set_result(result)


class _NoThread:
    """Stands in for the thread; the database dialect sets its `daemon`."""

    daemon = False

    def __init__(self, **_: object) -> None: ...

    def start(self) -> None: ...
