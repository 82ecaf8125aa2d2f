"""What keeps hundreds of tests on real databases and drawn pictures quick, without changing what they see."""

import asyncio
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import aiosqlite.core
import pytest
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.providers.simulated import drawing, service
from bot.storage import database

_compiled: dict[Any, Any] = {}
_draw_work = lru_cache(maxsize=1000)(service.draw_work)
_draw_papercut = lru_cache(maxsize=1000)(drawing.draw_papercut)


def compile_sql_once(patch: pytest.MonkeyPatch) -> None:
    """Compile each statement once, not once per database: what was compiled serves every dialect that is equal."""
    make = partial(database.create_async_engine, execution_options={"compiled_cache": _compiled})
    patch.setattr(database, "create_async_engine", make)
    patch.setattr(SQLiteDialect_aiosqlite, "__eq__", lambda dialect, other: type(dialect) is type(other))
    patch.setattr(SQLiteDialect_aiosqlite, "__hash__", lambda dialect: hash(type(dialect)))


def draw_each_picture_once(patch: pytest.MonkeyPatch) -> None:
    """Equal orders have equal pixels, and most tests order the same: what one drew serves the next."""
    patch.setattr(service, "draw_work", _draw_work)
    patch.setattr(drawing, "draw_papercut", _draw_papercut)


def answer_sql_in_the_loop(patch: pytest.MonkeyPatch) -> None:
    """Let the driver's calls take their turn in the event loop instead of a thread.

    Half the time of these tests was spent handing over between two threads. Each call that others could notice still
    lets them run before and after it, now in the same order each time. The thread is proven in `tests/storage` and
    `tests/wire`.
    """
    patch.setattr(aiosqlite.core, "SimpleQueue", _Turns)
    # What gives back a connection then waits for nothing, so no task has to guard it from being cancelled half-way.
    patch.setattr(AsyncConnection, "__aexit__", lambda connection, *_: connection.close())
    patch.setattr(aiosqlite.core, "Thread", _NoThread)


_AT_ONCE = frozenset({"close", "cursor", "fetchall", "rollback"})
"""Calls that others cannot notice: a cursor is made, read out and closed between two that they can, and what was not
committed is forgotten. So they cannot when somebody begins to read."""


class _Turns:
    """Stands in for the queue that leads to the driver's thread."""

    def put_nowait(self, order: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        future, call = order
        if future is None:  # nobody waits for it: the loop has ended
            call()
        elif getattr(call, "func", call).__name__ in _AT_ONCE or _begins_to_read(call):
            _fulfil(future, call)
        else:
            future.get_loop().call_soon(_fulfil, future, call)


def _begins_to_read(call: Callable[[], Any]) -> bool:
    return getattr(call, "args", ())[:1] == ("BEGIN",)


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
