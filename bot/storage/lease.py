"""The lease on a database: one process at a time may write to it, and the others are told which one.

Clocks and process ids are only believed where they cannot mislead: what cannot be dead for sure is watched, and taken
over when it has stood still for long enough. Whoever wrongly passed for dead learns it from its next transaction.
"""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.errors import StorageUnavailable
from bot.domain.ports import Clock
from bot.storage.tables import LeaseRow
from bot.storage.trouble import translated

log = logging.getLogger(__name__)

NAME = "bot"
RENEW_EVERY = 10.0
STALE_AFTER = 30.0
"""Seconds without a renewal after which a process is taken to be gone, wherever it was."""

REBORN_AFTER = 12.0
"""The same for one of our own name and number: most likely ourselves, before a container was started again."""

LOOK_EVERY = 1.0

_COLUMNS = LeaseRow.__table__.c
_THE_LEASE = LeaseRow.name == NAME


class InUse(Exception):
    """Another process works on this database; the text is one readable line that names it and the cure."""


class LeaseLost(StorageUnavailable):
    """Another process has taken the database over: this one must not go on."""

    def __init__(self) -> None:
        super().__init__(
            "this process stood still for too long, so another one has taken its database over; this one stops"
        )


@dataclass(frozen=True, slots=True)
class Process:
    """Who holds a lease, as far as others can tell."""

    host: str
    pid: int

    @classmethod
    def current(cls) -> "Process":
        return cls(socket.gethostname(), os.getpid())

    def outlived(self, other: "Process") -> bool:
        """Whether the other one is surely gone."""
        return self.host == other.host and not _lives(other.pid)


class Lease:
    """This process's right to write. `pause` is what lets time pass while another process is watched."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        process: Process | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._process = process or Process.current()
        self._pause = pause
        self._token = secrets.token_hex(16)
        self._lost = asyncio.Event()

    async def take(self) -> None:
        """Take it, at once where its holder is surely gone, else once that has not moved for long enough.

        Raises InUse as soon as the holder does move.
        """
        first = held = await self._attempt(None)
        watched = 0.0
        patience = STALE_AFTER
        if held is not None:
            # In containers every process has the same number, and where they share a host's name both would be "gone".
            patience = REBORN_AFTER if self._process == Process(held.host, held.pid) else STALE_AFTER
            log.info("watching for %g s whether process %d on %s still lives", patience, held.pid, held.host)
        while held is not None:
            if held != first:
                raise InUse(
                    f"Easel already works on this database: process {held.pid} on {held.host}, "
                    f"since {held.taken_at:%Y-%m-%d %H:%M} UTC. Stop that one first: only one may run."
                )
            await self._pause(LOOK_EVERY)
            watched += LOOK_EVERY
            held = await self._attempt(first if watched >= patience else None)

    async def keep(self) -> None:
        """Renew it for ever. Raises LeaseLost, also when a transaction finds it lost."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(RENEW_EVERY):
                    await self._lost.wait()
            try:
                await self._renew()
            except LeaseLost:
                raise
            except StorageUnavailable as error:
                log.warning("the lease could not be renewed: %s", error.detail)

    async def check(self, connection: AsyncConnection) -> None:
        """Raise LeaseLost unless it is still held. Inside a transaction that writes, it then stays held to its end."""
        if await connection.scalar(select(LeaseRow.token).where(_THE_LEASE)) != self._token:
            self._lost.set()
            raise LeaseLost

    async def release(self) -> None:
        """Let the next process have it at once. What cannot be released is found to be left behind."""
        with suppress(StorageUnavailable):
            async with self._transaction() as connection:
                await connection.execute(delete(LeaseRow).where(_THE_LEASE, LeaseRow.token == self._token))

    async def _attempt(self, stale: Row[Any] | None) -> Row[Any] | None:
        """Take it if nobody living has it, or if it still is as it was when it was found `stale`; else who has it."""
        async with self._transaction() as connection:
            held = (await connection.execute(select(*_COLUMNS).where(_THE_LEASE))).first()
            if held is not None and held != stale and not self._is_left(held):
                return held
            if held is not None:
                log.warning("taking over from process %d on %s, which did not say goodbye", held.pid, held.host)
            now = self._clock()
            values = {"token": self._token, "host": self._process.host, "pid": self._process.pid}
            values |= {"taken_at": now, "renewed_at": now}
            await connection.execute(insert(LeaseRow).values(name=NAME, **values).on_conflict_do_update(set_=values))
        return None

    def _is_left(self, held: Row[Any]) -> bool:
        old = self._clock() - held.renewed_at > timedelta(seconds=STALE_AFTER)
        return old or self._process.outlived(Process(held.host, held.pid))

    async def _renew(self) -> None:
        async with self._transaction() as connection:
            await self.check(connection)
            await connection.execute(update(LeaseRow).where(_THE_LEASE).values(renewed_at=self._clock()))

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[AsyncConnection, None]:
        with translated():
            async with self._engine.begin() as connection:
                yield connection


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, and is somebody else's
        return True
    return True
