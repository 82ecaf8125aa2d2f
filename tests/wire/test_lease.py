"""Two processes on one database: the second is refused, unless the first is dead or stands still."""

import asyncio
import signal
import socket
import sqlite3
import time
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest_asyncio

from bot.app import utc_now
from bot.providers.simulated import SimulatedService
from bot.providers.simulated.server import serve
from tests.wire.forked import Prepare, nothing
from tests.wire.hurried import hurry_the_lease
from tests.wire.installation import KEY, TOKEN, Installation
from tests.wire.loopback_discord import LoopbackDiscord
from tests.wire.processes import Easel
from tests.wire.waiting import until

NOWHERE = "http://127.0.0.1:9"


class Site(Installation):
    """An installation in which somebody starts more than one bot."""

    running: list[Easel]

    async def begin(self, prepare: Prepare) -> Easel:
        started = await Easel.fork("run", folder=self.folder, settings=self.settings, prepare=prepare)
        self.running.append(started)
        return started

    async def arrived(self, prepare: Prepare = hurry_the_lease) -> Easel:
        """A bot that has come so far as to be in Discord."""
        before = self.discord.gateway.identified
        started = await self.begin(prepare)
        await until(lambda: self.discord.gateway.identified > before or started.code is not None, "it", within=20)
        assert started.code is None, started.err
        return started

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / "easel.db")) as database, database:
            return database.execute(query).fetchall()

    def stop_still(self, easel: Easel) -> None:
        """Stop it where it holds no lock on the database, or nobody else could do anything there."""
        with closing(sqlite3.connect(self.folder / "easel.db", isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            easel.send(signal.SIGSTOP)
            database.execute("ROLLBACK")

    def holder(self) -> object:
        return self.ask("SELECT pid FROM leases")[0][0]


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncGenerator[Site]:
    async with LoopbackDiscord(TOKEN) as discord:
        place = Site(tmp_path, discord, NOWHERE)
        place.running = []
        yield place
        for easel in place.running:
            if easel.code is None:
                easel.kill()
                await easel.finished()
            print(easel.err)
            assert not [secret for secret in (TOKEN, KEY) if secret in easel.err]


async def test_the_second_one_is_refused_and_told_who_is_the_first(site: Site) -> None:
    first = await site.arrived()
    second = await (await site.begin(hurry_the_lease)).finished()
    assert second.code == 1
    last = second.err.splitlines()[-1]
    assert f"process {first.pid} on {socket.gethostname()}, since 20" in last
    assert "Stop that one first" in last
    assert "Traceback" not in second.err
    assert (first.code, site.holder()) == (None, first.pid)


async def test_other_commands_work_beside_it_but_nothing_is_migrated_under_its_feet(site: Site) -> None:
    first = await site.arrived()
    async with serve(SimulatedService(utc_now), 0) as port:
        check, current, upgrade = await asyncio.gather(
            site.command("check", OHMYGPT_BASE_URL=f"http://127.0.0.1:{port}"),
            site.command("db", "current"),
            site.command("db", "upgrade"),
        )
    assert (check.code, current.code, upgrade.code) == (0, 0, 0), check.out + upgrade.err
    (newest,) = site.ask("SELECT version_num FROM alembic_version")[0]
    site.ask("UPDATE alembic_version SET version_num = '0003'")
    refused = await site.command("db", "upgrade")
    site.ask(f"UPDATE alembic_version SET version_num = '{newest}'")
    assert refused.code == 1
    assert f"process {first.pid}" in refused.err


async def test_after_an_orderly_end_and_after_a_sudden_one_the_next_starts_at_once(site: Site) -> None:
    first = await site.arrived(nothing)
    assert await first.end(signal.SIGTERM) == 0
    assert site.ask("SELECT * FROM leases") == []
    second = await site.arrived(nothing)
    second.kill()
    await second.finished()
    assert site.holder() == second.pid
    begun = time.monotonic()
    third = await site.arrived(nothing)
    assert time.monotonic() - begun < 15
    assert site.holder() == third.pid


async def test_one_that_stands_still_is_taken_over_and_writes_nothing_when_it_wakes(site: Site) -> None:
    mira = site.discord.join("mira")
    first = await site.arrived()
    site.stop_still(first)
    second = await site.arrived()
    assert site.holder() == second.pid
    assert f"taking over from process {first.pid}" in second.err
    await mira.slash("imagine", prompt="a heron", aspect="4:1")  # both hear of it
    await until(lambda: site.ask("SELECT count(*) FROM jobs") == [(1,)], "the second one's note of it")
    first.send(signal.SIGCONT)
    ended = await first.finished()
    assert ended.code == 1
    assert "CRITICAL bot.app: this process stood still for too long" in ended.err
    assert "Traceback" not in ended.err
    assert site.ask("SELECT count(*) FROM jobs") == [(1,)]
    assert (second.code, site.holder()) == (None, second.pid)


async def test_whoever_watches_another_one_can_be_stopped(site: Site) -> None:
    site.stop_still(await site.arrived(nothing))
    second = await site.begin(nothing)
    await until(lambda: "watching for 30 s" in second.err, "the second one watching the first")
    assert await second.end(signal.SIGTERM) == 0
    assert "taking over" not in second.err
