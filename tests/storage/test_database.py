"""The engine: its PRAGMAs, its times, and that no frequent query reads a whole table."""

import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.history import EVERYTHING, Filters
from bot.domain.job import Account, JobKind, JobState, NewJob, Speed
from bot.domain.quota import Limits
from bot.storage.database import BUSY_TIMEOUT, Database, make_engine, open_database
from bot.storage.unit_of_work import SqlUnitOfWork
from tests.fakes import NOON
from tests.storage.rows import ALICE, ROOM, U1, Store, add, get, reserve, run, url_of

IMAGES = replace(ROOM, images=True)
NAIVE = datetime(2026, 5, 1, 12, 0)

HOT: dict[str, Callable[[SqlUnitOfWork], Awaitable[Any]]] = {
    "get": lambda uow: uow.jobs.get(1),
    "move": lambda uow: uow.jobs.move(1, JobState.QUEUED, JobState.CANCELLED, NOON),
    "claim": lambda uow: uow.queue.claim(1, ROOM, NOON),
    "claim of an image": lambda uow: uow.queue.claim(1, IMAGES, NOON),
    "line": lambda uow: uow.queue.line(ROOM),
    "line of images": lambda uow: uow.queue.line(IMAGES),
    "waiting_of": lambda uow: uow.queue.waiting_of(ALICE),
    "under_way": lambda uow: uow.queue.under_way(ALICE),
    "under_way in direct messages": lambda uow: uow.queue.under_way(Account(0, 11)),
    "note": lambda uow: uow.jobs.note(1, JobState.RUNNING, visible=True, progress=5),
    "mark_shown": lambda uow: uow.jobs.mark_shown(1, 7, 1, ["a.png"]),
    "claim_announcement": lambda uow: uow.jobs.claim_announcement(1),
    "unfinished": lambda uow: uow.jobs.unfinished(),
    "unfinished_of": lambda uow: uow.jobs.unfinished_of(ALICE),
    "pressed_by": lambda uow: uow.jobs.pressed_by(1, U1.custom_id, ALICE, NOON),
    "picked": lambda uow: uow.jobs.picked(1, U1.custom_id, ALICE, 100),
    "forget_thumbnail": lambda uow: uow.pictures.forget_thumbnail(1),
    "in_state": lambda uow: uow.jobs.in_state(JobState.RUNNING),
    "hold": lambda uow: uow.jobs.hold(True),
    "cardless": lambda uow: uow.jobs.cardless(),
    "to_look_up": lambda uow: uow.jobs.to_look_up(NOON),
    "owed": lambda uow: uow.jobs.owed(NOON),
    "owners_of": lambda uow: uow.jobs.owners_of([1, 2, 3]),
    "count_from_now": lambda uow: uow.jobs.count_from_now(NOON),
    "forget_tokens": lambda uow: uow.jobs.forget_tokens(NOON),
    "is_posted_in": lambda uow: uow.jobs.is_posted_in(1, 100),
    "sources": lambda uow: uow.pictures.sources(1),
    "forget_sources": lambda uow: uow.pictures.forget_sources(1),
    "results": lambda uow: uow.pictures.results(1),
    "forget_results": lambda uow: uow.pictures.forget_results(1),
    "keep_thumbnail": lambda uow: uow.pictures.keep_thumbnail(1, None),
    "thumbnails": lambda uow: uow.pictures.thumbnails([1, 2, 3]),
    "newest page": lambda uow: uow.history.page(ALICE, EVERYTHING, 9),
    "older page": lambda uow: uow.history.page(ALICE, Filters(JobKind.IMAGINE, NOON.date()), 9, before=500),
    "newer page": lambda uow: uow.history.page(ALICE, Filters(until=NOON.date()), 9, after=5),
    "claim_unseen": lambda uow: uow.history.claim_unseen(ALICE),
    "unseen in direct messages": lambda uow: uow.history.claim_unseen(Account(0, 11)),
    "page in direct messages": lambda uow: uow.history.page(Account(0, 11), EVERYTHING, 9),
    "one": lambda uow: uow.history.one(ALICE, 1),
    "children": lambda uow: uow.history.children(ALICE, 1, 24),
    "posts": lambda uow: uow.history.posts(ALICE, 1),
    "erase": lambda uow: uow.history.erase(ALICE, 1),
    "reserve": lambda uow: uow.ledger.reserve(1, 1, Limits().allowance(ALICE, NOON.date()), NOON),
    "refund": lambda uow: uow.ledger.refund(1, NOON),
    "reset": lambda uow: uow.ledger.reset(ALICE, NOON.date()),
    "used": lambda uow: uow.ledger.used(Limits().allowance(ALICE, NOON.date()).day),
    "policy": lambda uow: uow.quotas.policy(ALICE),
    "add_grant": lambda uow: uow.quotas.add_grant(ALICE, 5),
    "audited": lambda uow: uow.quotas.audited(1, 11, 5),
    "spenders": lambda uow: uow.quotas.spenders(1, NOON.date().replace(day=1), NOON.date(), 10),
    "fact": lambda uow: uow.facts.get("a"),
}
FULL_SCAN = re.compile(r"SCAN \w+(?! USING)\b")


@pytest.fixture
async def engine(file: Path) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(url_of(file))
    yield engine
    await engine.dispose()


class TestPlans:
    @pytest.mark.parametrize("name", HOT)
    async def test_a_frequent_query_uses_an_index(self, file: Path, engine: AsyncEngine, name: str) -> None:
        database = Database(engine)
        await add(database)
        sent: list[tuple[str, Any]] = []

        @event.listens_for(engine.sync_engine, "before_cursor_execute")
        def note(_: object, __: object, statement: str, parameters: Any, ___: object, ____: object) -> None:
            sent.append((statement, parameters))

        async with database.write() as uow:
            await HOT[name](uow)
        plans = [step for statement, parameters in sent for step in self.plan(file, statement, parameters)]
        assert [step for step in plans if FULL_SCAN.search(step)] == []
        assert any("USING" in step for step in plans)

    @pytest.mark.parametrize("name", [name for name in HOT if "page" in name])
    async def test_a_page_of_the_history_is_read_in_its_order(self, file: Path, engine: AsyncEngine, name: str) -> None:
        """Sorting would read all that a member ever made for nine lines."""
        sent: list[tuple[str, Any]] = []

        @event.listens_for(engine.sync_engine, "before_cursor_execute")
        def note(_: object, __: object, statement: str, parameters: Any, ___: object, ____: object) -> None:
            sent.append((statement, parameters))

        async with Database(engine).read() as uow:
            await HOT[name](uow)
        plans = [step for statement, parameters in sent for step in self.plan(file, statement, parameters)]
        assert [step for step in plans if "ix_jobs_member" in step]
        assert [step for step in plans if "TEMP B-TREE" in step] == []

    def test_a_query_that_reads_all_jobs_would_be_noticed(self, file: Path) -> None:
        steps = self.plan(file, "SELECT * FROM jobs WHERE prompt = 'a'", ())
        assert FULL_SCAN.search(steps[0])

    @staticmethod
    def plan(file: Path, statement: str, parameters: Any) -> list[str]:
        if statement.startswith("BEGIN"):
            return []
        connection = sqlite3.connect(file)
        try:
            return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        finally:
            connection.close()


class TestEngine:
    @pytest.mark.parametrize("reading", [True, False])
    async def test_every_connection_is_set_up(self, database: Database, reading: bool) -> None:
        async with database.read() if reading else database.write() as uow:
            connection = uow._connection
            found = {
                name: await connection.scalar(text(f"PRAGMA {name}"))
                for name in ("journal_mode", "foreign_keys", "busy_timeout")
            }
        assert found == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": BUSY_TIMEOUT}

    async def test_a_job_of_no_parent_is_refused(self, database: Database) -> None:
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            await add(database, parent_id=999)

    async def test_a_writer_has_the_lock_from_its_beginning(self, database: Database, file: Path) -> None:
        other = sqlite3.connect(file, timeout=0)
        async with database.write():
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")
        other.close()

    async def test_a_reader_takes_no_lock(self, database: Database, file: Path) -> None:
        other = sqlite3.connect(file, timeout=0)
        async with database.read() as uow:
            await uow.jobs.get(1)
            other.execute("BEGIN IMMEDIATE")
        other.close()

    async def test_a_reader_sees_one_moment(self, database: Database) -> None:
        job = await add(database)
        async with database.read() as uow:
            before = await uow.jobs.get(job.id)
            await Store(database).jobs.set_card(job.id, 7)
            assert await uow.jobs.get(job.id) == before

    async def test_what_was_kept_is_there_at_the_next_start(self, tmp_path: Path) -> None:
        url = url_of(tmp_path / "new.db")
        async with open_database(url) as first:
            job = await run(first, await add(first), task_id=9)
        async with open_database(url) as again:
            assert await get(again, job) == job


class TestTimes:
    async def test_a_naive_time_is_refused(self, database: Database) -> None:
        with pytest.raises(StatementError, match="a naive time cannot be stored"):
            await add(database, now=NAIVE)
        job = await add(database)
        with pytest.raises(StatementError, match="a naive time cannot be stored"):
            await Store(database).jobs.note(job.id, JobState.QUEUED, visible=False, look_up_at=NAIVE)
        with pytest.raises(StatementError, match="a naive time cannot be stored"):
            await Store(database).jobs.owed(NAIVE)

    async def test_a_time_of_any_zone_comes_back_in_utc(self, database: Database) -> None:
        there = NOON.astimezone(timezone(timedelta(hours=-7))) + timedelta(microseconds=1)
        job = await add(database, now=there)
        assert job.created_at == there
        assert (await get(database, job)).created_at.utcoffset() == timedelta(0)

    async def test_times_are_compared_as_times(self, database: Database) -> None:
        """As text, a time without and one with fractions of a second would be in the wrong order."""
        job = await add(database)
        await Store(database).jobs.note(job.id, JobState.QUEUED, visible=False, look_up_at=NOON)
        assert await Store(database).jobs.to_look_up(NOON - timedelta(microseconds=1)) == []
        assert len(await Store(database).jobs.to_look_up(NOON + timedelta(microseconds=1))) == 1


class TestText:
    @pytest.mark.parametrize("prompt", ["ein Fischreiher 鷺 🪶", "a\nb", "x" * 4000, "'; DROP TABLE jobs; --"])
    async def test_a_prompt_comes_back_as_it_was(self, database: Database, prompt: str) -> None:
        assert (await get(database, await add(database, prompt=prompt))).prompt == prompt

    async def test_large_ids_fit(self, database: Database) -> None:
        largest = 2**63 - 1
        job = await run(database, await add(database, channel_id=largest), task_id=largest)
        assert ((await get(database, job)).channel_id, job.task_id) == (largest, largest)


class TestLedger:
    async def test_a_counter_never_falls_below_zero(self, database: Database, file: Path) -> None:
        job = await add(database)
        await reserve(database, job, 2, Limits())
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE counters SET used = 1 WHERE kind = 'server'")
        connection.close()
        with pytest.raises(IntegrityError, match="not_negative"):
            await Store(database).ledger.refund(job.id, NOON)


async def test_an_error_repeats_neither_prompt_nor_token(database: Database) -> None:
    """Errors end in the log, with whatever they carry."""
    async with database.write() as uow:
        await uow._connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
        new = NewJob(Account(1, 2), JobKind.IMAGINE, "a private wish", Speed.FAST, 2, 3, "interaction-token")
        with pytest.raises(IntegrityError, match="disk full") as caught:
            await uow.jobs.add(new, NOON)
    assert "a private wish" not in str(caught.value)
    assert "interaction-token" not in str(caught.value)
