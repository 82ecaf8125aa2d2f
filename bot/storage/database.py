"""The engine, its PRAGMAs and the migrations."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.domain.errors import StorageUnavailable
from bot.domain.ports import Clock
from bot.storage.lease import Lease
from bot.storage.tables import LeaseRow
from bot.storage.trouble import translated
from bot.storage.unit_of_work import SqlUnitOfWork

BUSY_TIMEOUT = 10_000
"""Milliseconds that a statement waits for another process's write."""

_READ_ONLY = "easel_read_only"


def make_engine(url: str, *, foreign_keys: bool = True) -> AsyncEngine:
    """An engine whose transactions begin as writers unless they say that they only read.

    In WAL mode a transaction that reads first and writes later can fail with SQLITE_BUSY whatever the time-out is, so
    writers take the lock at once. The driver's own, implicit transactions are switched off for that.
    """
    engine = create_async_engine(url, hide_parameters=True)  # errors would repeat prompts and interaction tokens

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get(_READ_ONLY)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    @event.listens_for(engine.sync_engine, "invalidate")
    def let_go(connection: Any, _: object, __: object) -> None:
        # A cancelled statement is still open when its connection is closed. SQLite then keeps the connection, with its
        # lock, until the garbage collector finds the statement; a transaction that is rolled back first has no lock.
        with suppress(sqlite3.Error, ValueError):
            connection.rollback()

    return engine


class CannotOpen(Exception):
    """The database file is out of reach or no database; the text says why."""


class Database:
    """Opens transactions on one engine; implements the `Storage` port. With a `lease`, writes only while that holds."""

    def __init__(self, engine: AsyncEngine, lease: Lease | None = None) -> None:
        self._lease = lease
        self._writer = engine
        self._reader = engine.execution_options(**{_READ_ONLY: True})
        # SQLite's own waiting polls, and is not fair. Within one process a lock is both quicker and fair.
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[SqlUnitOfWork, None]:
        with translated():
            async with self._reader.connect() as connection:
                yield SqlUnitOfWork(connection)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[SqlUnitOfWork, None]:
        with translated():
            async with self._turn, self._writer.connect() as connection:
                await connection.begin()
                if self._lease is not None:
                    await self._lease.check(connection)
                yield SqlUnitOfWork(connection)


@asynccontextmanager
async def open_database(url: str, lease: Lease | None = None) -> AsyncGenerator[Database, None]:
    """A migrated database, closed on leaving."""
    await migrate(url)
    engine = make_engine(url)
    try:
        yield Database(engine, lease)
    finally:
        await engine.dispose()


@asynccontextmanager
async def hold_lease(url: str, clock: Clock) -> AsyncGenerator[Lease, None]:
    """The lease on a database, taken before anything is done to it. Raises InUse where another process has it.

    A database that knows no leases yet is migrated first; whoever works on it does not know them either.
    """
    if not _has_leases(url):
        await migrate(url)
    engine = make_engine(url)
    try:
        lease = Lease(engine, clock)
        try:
            await lease.take()
        except StorageUnavailable as error:
            raise CannotOpen(error.detail) from error
        try:
            yield lease
        finally:
            await lease.release()
    finally:
        await engine.dispose()


def migrations_folder() -> Path:
    """Where the migrations are: in a wheel they lie inside the package, in a checkout beside it."""
    inside = Path(__file__).parent.parent / "_migrations"
    return inside if inside.is_dir() else inside.parent.parent / "migrations"


async def migrate(url: str) -> None:
    """Bring the database to the newest revision; creates it when it is not there."""
    found, newest = revisions(url)
    if found == newest:
        return
    from bot.storage.migrating import upgrade  # takes a while to load, and is rarely needed

    # Foreign keys stay off: a batch migration rebuilds tables, and the switch has no effect inside a transaction.
    engine = make_engine(url, foreign_keys=False)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    except SQLAlchemyError as error:
        raise CannotOpen(str(error).split("\n", 1)[0]) from error
    finally:
        await engine.dispose()


def revisions(url: str) -> tuple[str | None, str]:
    """The database's revision (None without one) and the newest; equal when nothing is left to migrate."""
    newest = max(file.stem for file in (migrations_folder() / "versions").glob("*.py"))
    return _revision(url), newest.partition("_")[0]


def _revision(url: str) -> str | None:
    with _looked_into(url) as connection:
        if connection is None or not _has_table(connection, "alembic_version"):
            return None
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return found[0] if found else None


def _has_leases(url: str) -> bool:
    with _looked_into(url) as connection:
        return connection is not None and _has_table(connection, LeaseRow.__tablename__)


def _has_table(connection: sqlite3.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None


@contextmanager
def _looked_into(url: str) -> Generator[sqlite3.Connection | None, None, None]:
    """The database file, None without one: it is not made by looking. Raises CannotOpen for one that is of no use.

    The driver works in a thread, where a file that cannot be opened may end in a traceback that nobody asked for.
    """
    path = Path(make_url(url).database or "")
    if not path.parent.is_dir():
        raise CannotOpen(f"there is no folder {path.parent}")
    if not path.exists():
        yield None
        return
    try:
        with closing(sqlite3.connect(path)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise CannotOpen(str(error)) from error
