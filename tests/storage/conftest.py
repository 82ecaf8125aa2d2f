"""SQLite files that the migrations built: one is migrated, each test gets a copy."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.database import Database, make_engine
from tests.fakes import MemoryStorage
from tests.quickly import answer_sql_in_the_loop, compile_sql_once
from tests.storage.rows import Store, url_of


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_sql_once(monkeypatch)


@pytest.fixture
def in_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what asks what is answered, and not how: the driver's thread is met by all others."""
    answer_sql_in_the_loop(monkeypatch)


@pytest.fixture
def file(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated, tmp_path / "easel.db"))


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    engine = make_engine(url_of(file))
    yield Database(engine)
    await engine.dispose()


@pytest.fixture
async def second(file: Path) -> AsyncIterator[Database]:
    """Another engine on the same file, as a second process would have."""
    engine = make_engine(url_of(file))
    yield Database(engine)
    await engine.dispose()


@pytest.fixture(params=["memory", "database"])
def store(request: pytest.FixtureRequest, in_the_loop: None) -> Store:
    """Each kind of storage in turn."""
    return Store(MemoryStorage() if request.param == "memory" else request.getfixturevalue("database"))
