"""A database that is locked or has no room: nothing is half done, and all ends well once it is over."""

import resource
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import StorageUnavailable
from bot.domain.image_models import ImageOptions
from bot.domain.job import Job, JobKind, JobState, NewJob, Speed
from bot.domain.quota import Limits
from bot.domain.task import TaskState
from bot.services.generate import INTERRUPTED
from bot.services.recover import CARD_OVERDUE
from bot.storage.database import Database, make_engine
from tests.fakes import FakeCards, FakeClock, FakeFetcher, FakeProvider
from tests.services.steps import owes, say
from tests.services.world import ALICE, CHANNEL, LINK, World, settle
from tests.storage.rows import Store, add, url_of

NEW = NewJob(ALICE, JobKind.IMAGINE, "a heron", Speed.FAST, 2, CHANNEL, "token")


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another program keeps the lock."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def no_room(_: Path) -> Iterator[None]:
    """The system lets this process put nothing more into any file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Trouble:
    """Begins and ends when a test says so."""

    def __init__(self, kind: Callable[[Path], Any], file: Path) -> None:
        self._kind = kind
        self._file = file
        self._on = ExitStack()

    async def begin(self) -> None:
        self._on.enter_context(self._kind(self._file))

    def end(self) -> None:
        self._on.close()


@pytest.fixture
async def database(file: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr("bot.storage.database.BUSY_TIMEOUT", 5)
    engine = make_engine(url_of(file))
    yield Database(engine)
    await engine.dispose()


@pytest.fixture
def world(database: Any) -> World:
    clock = FakeClock()
    return World(clock, database, FakeProvider(clock), FakeCards(), FakeFetcher(), Limits(), 3)


@pytest.fixture(params=[locked, no_room], ids=["locked", "no room"])
def trouble(request: pytest.FixtureRequest, file: Path) -> Iterator[Trouble]:
    made = Trouble(request.param, file)
    yield made
    made.end()


@pytest.fixture(autouse=True)
def short_lines(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No traceback for what is nobody's mistake."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.exc_info] == []


async def finished(world: World, job: Job) -> Job:
    """What becomes of a job whose task succeeds, and that its card says so."""
    say(world, await world.job(job.id), state=TaskState.SUCCEEDED, source_url=LINK)
    await world.tracker.tick()
    await drawn(world)
    job = await world.job(job.id)
    assert (job.state, await owes(world, job)) == (JobState.SUCCEEDED, False)
    return job


async def in_balance(world: World) -> bool:
    async with world.storage.read() as uow:
        return await uow.ledger.imbalances() == []  # type: ignore[attr-defined]


async def test_an_admission_is_refused_with_nothing_stored_or_charged(world: World, trouble: Trouble) -> None:
    await trouble.begin()
    with pytest.raises(StorageUnavailable, match="nothing was started or charged"):
        await world.submit.admit(NEW)
    trouble.end()
    async with world.storage.read() as uow:
        assert await uow.jobs.unfinished_of(ALICE) == []
    assert await world.used() == (0, 0, 0)
    assert (await world.submit.admit(NEW)).fresh
    assert await in_balance(world)


async def test_a_card_that_was_sent_but_not_noted_is_found_and_not_sent_again(world: World, trouble: Trouble) -> None:
    job = await world.admitted(card=False)
    world.cards.found = {job.id: 77}
    await trouble.begin()
    with pytest.raises(StorageUnavailable):
        await world.submit.card_sent(job.id, 77)
    world.clock.now += CARD_OVERDUE
    await world.tracker.tick()
    assert (await world.job(job.id)).message_id is None
    trouble.end()
    await world.tracker.tick()
    await world.submit.drain()
    assert (await finished(world, job)).message_id == 77
    assert await world.used() == (2, 2, 2)
    assert await in_balance(world)


async def test_a_task_that_could_not_be_noted_is_adopted_and_not_ordered_again(world: World, trouble: Trouble) -> None:
    job = await world.admitted()
    world.provider.during = trouble.begin
    await world.submit.start(job)
    world.provider.during = None
    assert await world.state(job) is JobState.SUBMITTING
    await world.tracker.tick()
    assert await world.state(job) is JobState.SUBMITTING
    trouble.end()
    await world.tracker.tick()
    assert await world.state(job) is JobState.RUNNING
    await finished(world, job)
    assert len(world.provider.asked("imagine")) == 1
    assert await in_balance(world)


async def test_an_end_that_could_not_be_noted_is_noted_by_the_next_tick(
    world: World, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    job = await world.running()
    say(world, job, state=TaskState.FAILED, failure="no")
    await trouble.begin()
    await world.tracker.tick()
    assert await world.state(job) is JobState.RUNNING
    assert ": the database cannot be used (" in caplog.messages[-1]
    trouble.end()
    await world.tracker.tick()
    assert await world.state(job) is JobState.FAILED
    assert await world.used() == (0, 0, 0)
    assert await in_balance(world)


async def test_a_card_whose_note_fails_is_not_drawn_again_before_notes_can_be_taken(
    world: World, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await world.running()
    say(world, job, state=TaskState.SUCCEEDED, source_url=LINK)
    await world.tracker.tick()
    show = world.cards.show

    async def show_and_fail(*arguments: Any) -> None:
        await show(*arguments)
        await trouble.begin()

    monkeypatch.setattr(world.cards, "show", show_and_fail)
    await drawn(world)
    monkeypatch.undo()
    for _ in range(5):
        world.clock.advance(seconds=60)
        await drawn(world)
    assert world.cards.jobs() == [job.id]
    trouble.end()
    await drawn(world)
    assert world.cards.jobs() == [job.id, job.id]
    assert not await owes(world, await world.job(job.id))


async def test_pictures_that_could_not_be_kept_are_not_paid_for(world: World, trouble: Trouble) -> None:
    options = ImageOptions("dall-e-3", "1024x1024", "standard", "vivid", 1)
    job = await world.admitted(kind=JobKind.DALLE, image=options, price=4)
    generate = world.generator.generate

    async def generate_and_fail(*arguments: Any) -> Any:
        made = await generate(*arguments)
        await trouble.begin()
        return made

    world.generator.generate = generate_and_fail  # type: ignore[method-assign]
    await world.submit.start(job)
    await world.generate.drain()
    assert await world.state(job) is JobState.SUBMITTING
    trouble.end()
    await world.tracker.tick()
    job = await world.job(job.id)
    assert (job.state, job.failure) == (JobState.FAILED, INTERRUPTED)
    assert await world.used() == (0, 0, 0)
    assert await in_balance(world)


async def drawn(world: World) -> None:
    """One step of the deliverer and all that it began: the real storage works in a thread."""
    await world.deliverer.step()
    for task in [task for task, _ in world.deliverer._drawing.values()]:
        await task
    await settle()


class TestErrors:
    async def test_a_full_database_is_one(self, database: Database) -> None:
        async with database.write() as uow:
            await uow._connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(StorageUnavailable) as refused:
            await Store(database).facts.set("long", "x" * 1_000_000)
        assert refused.value.detail == ("the database cannot be used (database or disk is full): make room on its disk")
        await Store(database).facts.set("short", "y")

    async def test_so_is_a_locked_one(self, database: Database, file: Path) -> None:
        with locked(file), pytest.raises(StorageUnavailable) as refused:
            await add(database)
        assert "(database is locked): another program keeps it locked" in refused.value.detail

    async def test_reading_goes_on_beside_a_lock(self, database: Database, file: Path) -> None:
        job = await add(database)
        with locked(file):
            async with database.read() as uow:
                assert await uow.jobs.get(job.id) == job

    async def test_so_is_one_that_must_not_be_written(self, database: Database, file: Path) -> None:
        async with database.write() as uow:
            await uow._connection.exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(StorageUnavailable) as refused:
            await add(database)
        assert "give Easel the right to write" in refused.value.detail

    async def test_a_mistake_of_ours_is_none(self, database: Database) -> None:
        with pytest.raises(Exception, match="no such table") as mistake:
            async with database.read() as uow:
                await uow._connection.exec_driver_sql("SELECT * FROM nowhere")
        assert not isinstance(mistake.value, StorageUnavailable)
