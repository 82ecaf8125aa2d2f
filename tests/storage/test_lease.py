"""The lease: who may write, who is refused, who is taken over, and that whoever lost it writes nothing more."""

import asyncio
import logging
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage import lease as leases
from bot.storage.database import Database, hold_lease, make_engine, revisions
from bot.storage.lease import LOOK_EVERY, REBORN_AFTER, RENEW_EVERY, STALE_AFTER, InUse, Lease, LeaseLost, Process
from tests.fakes import FakeClock
from tests.storage.rows import Store, add, url_of

HERE = socket.gethostname()
ELSEWHERE = Process("another-host", 7)
LIVING = Process(HERE, os.getppid())
OURS = Process(HERE, os.getpid())

Pause = Callable[[float], Awaitable[None]]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def engine(database: Database) -> AsyncEngine:
    return database._writer


async def held(engine: AsyncEngine, clock: FakeClock, process: Process) -> Lease:
    lease = Lease(engine, clock, process, no_time)
    await lease.take()
    return lease


async def no_time(_: float) -> None:
    """Watch another process for as long as is due, without the wait."""


def gone() -> Process:
    """A process of this machine that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return Process(HERE, ended.pid)


async def until(happened: Callable[[], bool]) -> None:
    for _ in range(100_000):
        if happened():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not happen")


async def never(_: float) -> None:
    raise AssertionError("there is nothing to wait for")


class TestTaking:
    async def test_a_free_one_is_taken_at_once(self, engine: AsyncEngine, clock: FakeClock) -> None:
        await Lease(engine, clock, OURS, never).take()

    async def test_so_is_one_that_was_released(self, engine: AsyncEngine, clock: FakeClock) -> None:
        await (await held(engine, clock, ELSEWHERE)).release()
        await Lease(engine, clock, OURS, never).take()

    async def test_so_is_that_of_a_process_which_is_surely_gone(self, engine: AsyncEngine, clock: FakeClock) -> None:
        await held(engine, clock, gone())
        await Lease(engine, clock, OURS, never).take()

    async def test_that_of_a_container_which_always_has_our_number_is_watched_for_one_renewal(
        self, engine: AsyncEngine, clock: FakeClock
    ) -> None:
        await held(engine, clock, OURS)
        watched: list[float] = []

        async def wait(seconds: float) -> None:
            watched.append(seconds)

        await Lease(engine, clock, OURS, wait).take()
        assert RENEW_EVERY < sum(watched) == REBORN_AFTER < STALE_AFTER

    async def test_so_is_one_that_is_old_by_the_clock(self, engine: AsyncEngine, clock: FakeClock) -> None:
        await held(engine, clock, LIVING)
        clock.advance(seconds=STALE_AFTER + 1)
        await Lease(engine, clock, OURS, never).take()

    @pytest.mark.parametrize("holder", [LIVING, ELSEWHERE, OURS])
    async def test_whoever_finds_it_renewed_is_refused_and_told_by_whom(
        self, engine: AsyncEngine, clock: FakeClock, holder: Process
    ) -> None:
        first = await held(engine, clock, holder)

        async def renewed(seconds: float) -> None:
            clock.advance(seconds=seconds)
            await first._renew()

        with pytest.raises(InUse) as refused:
            await Lease(engine, clock, OURS, renewed).take()
        assert str(refused.value) == (
            f"Easel already works on this database: process {holder.pid} on {holder.host}, "
            "since 2026-05-01 12:00 UTC. Stop that one first: only one may run."
        )

    @pytest.mark.parametrize("clock_goes", [1, 0, -60], ids=["on", "not", "back"])
    async def test_one_that_stands_still_is_taken_over_whatever_the_clock_says(
        self, engine: AsyncEngine, clock: FakeClock, clock_goes: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        await held(engine, clock, LIVING)
        waited: list[float] = []

        async def pause(seconds: float) -> None:
            waited.append(seconds)
            clock.advance(seconds=seconds * clock_goes)

        await Lease(engine, clock, OURS, pause).take()
        assert sum(waited) == STALE_AFTER
        assert f"taking over from process {LIVING.pid} on {HERE}" in caplog.text

    async def test_one_that_is_released_while_it_is_watched_is_taken(
        self, engine: AsyncEngine, clock: FakeClock
    ) -> None:
        first = await held(engine, clock, LIVING)
        waited: list[float] = []

        async def pause(seconds: float) -> None:
            waited.append(seconds)
            await first.release()

        await Lease(engine, clock, OURS, pause).take()
        assert waited == [LOOK_EVERY]

    async def test_of_two_that_watch_the_same_one_alone_takes_it_over(
        self, engine: AsyncEngine, clock: FakeClock
    ) -> None:
        await held(engine, clock, ELSEWHERE)
        watching, both_watch = set[Process](), asyncio.Event()

        def watcher(process: Process) -> Lease:
            async def pause(_: float) -> None:
                watching.add(process)
                if len(watching) == 2:
                    both_watch.set()
                await both_watch.wait()

            return Lease(engine, clock, process, pause)

        both = [watcher(process) for process in (OURS, LIVING)]
        ends = await asyncio.gather(*(lease.take() for lease in both), return_exceptions=True)
        assert sorted(map(type, ends), key=str) == sorted([type(None), InUse], key=str)


class TestHolding:
    async def test_whoever_lost_it_can_neither_renew_nor_write(self, database: Database, clock: FakeClock) -> None:
        first = await held(database._writer, clock, OURS)
        old = Database(database._writer, first)
        job = await add(old)
        await held(database._writer, clock, OURS)
        with pytest.raises(LeaseLost, match="cannot write anything down"):
            await Store(old).jobs.set_card(job.id, 7)
        with pytest.raises(LeaseLost):
            await first._renew()
        assert (await Store(database).jobs.get(job.id)).message_id is None

    async def test_whoever_lost_it_hears_of_it_at_the_next_write(self, database: Database, clock: FakeClock) -> None:
        """It does not go on until the next renewal is due."""
        first = await held(database._writer, clock, OURS)
        keeping = asyncio.create_task(first.keep())
        await asyncio.sleep(0)
        await held(database._writer, clock, OURS)
        with pytest.raises(LeaseLost):
            await add(Database(database._writer, first))
        with pytest.raises(LeaseLost):
            await keeping

    async def test_it_is_renewed_and_outlives_a_locked_database(
        self, file: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(leases, "RENEW_EVERY", 0)
        monkeypatch.setattr("bot.storage.database.BUSY_TIMEOUT", 1)
        engine = make_engine(url_of(file))
        lease = await held(engine, clock, OURS)
        clock.advance(seconds=5)
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            keeping = asyncio.create_task(lease.keep())
            await until(lambda: "could not be renewed" in caplog.text)
            other.rollback()
            await until(lambda: other.execute("SELECT renewed_at > taken_at FROM leases").fetchone() == (1,))
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await engine.dispose()
        assert {record.levelno for record in caplog.records} == {logging.WARNING}

    async def test_releasing_what_another_one_has_takes_it_from_nobody(
        self, engine: AsyncEngine, clock: FakeClock
    ) -> None:
        first = await held(engine, clock, OURS)
        second = await held(engine, clock, OURS)
        await first.release()
        await second._renew()


class TestDatabase:
    async def test_a_new_database_is_made_first(self, tmp_path: Path, clock: FakeClock) -> None:
        url = url_of(tmp_path / "new.db")
        async with hold_lease(url, clock):
            found, newest = revisions(url)
            assert found == newest

    async def test_an_end_by_an_error_releases_it_too(self, file: Path, database: Database, clock: FakeClock) -> None:
        with pytest.raises(RuntimeError):
            async with hold_lease(url_of(file), clock):
                raise RuntimeError
        await Lease(database._writer, clock, ELSEWHERE, never).take()
