"""Migrations: they build what the code maps, from nothing, backwards, and from an installed wheel."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from bot.domain.quota import Limits
from bot.storage.database import Database, make_engine, migrate, revisions
from bot.storage.migrating import alembic_config
from bot.storage.tables import Base
from tests.fakes import NOON
from tests.storage.rows import add, get, reserve, run, url_of, used

CHECKOUT = Path(__file__).parents[2]


async def on_connection(file: Path, call: Callable[[Connection], Any]) -> Any:
    engine = make_engine(url_of(file), foreign_keys=False)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(call)
    finally:
        await engine.dispose()


def steps() -> list[str]:
    scripts = ScriptDirectory.from_config(alembic_config())
    return [script.revision for script in scripts.walk_revisions()]


def config_on(connection: Connection) -> Config:
    config = alembic_config()
    config.attributes["connection"] = connection
    return config


async def test_the_migrations_build_what_is_mapped(file: Path) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, Base.metadata)

    assert await on_connection(file, differences) == []


async def test_checks_and_partial_indexes_are_those_that_are_mapped(file: Path, tmp_path: Path) -> None:
    """What alembic's comparison does not look at."""

    def definitions(connection: Connection) -> set[str]:
        indexes = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        look = inspect(connection)
        checks = {
            f"{table}: {check['sqltext']}"
            for table in look.get_table_names()
            for check in look.get_check_constraints(table)
        }
        return checks | {" ".join(sql.replace('"', "").split()) for (sql,) in indexes}

    fresh = tmp_path / "mapped.db"
    await on_connection(fresh, Base.metadata.create_all)
    found = await on_connection(file, definitions)
    assert found == await on_connection(fresh, definitions)
    assert "counters: used >= 0" in found


async def test_each_step_goes_back_and_forth(file: Path) -> None:
    def tables(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}

    full = await on_connection(file, tables)
    for _ in steps():
        await on_connection(file, lambda connection: command.downgrade(config_on(connection), "-1"))
    assert await on_connection(file, tables) == set()
    await migrate(url_of(file))
    assert await on_connection(file, tables) == full == set(Base.metadata.tables)


async def test_migrating_twice_keeps_what_is_stored(file: Path, database: Database) -> None:
    job = await add(database)
    await migrate(url_of(file))
    assert await get(database, job) == job


async def test_what_was_spent_before_there_were_quotas_stays_in_balance(file: Path, database: Database) -> None:
    job = await add(database)
    await reserve(database, job, 2, Limits())
    await on_connection(file, lambda connection: command.downgrade(config_on(connection), "0002"))
    await migrate(url_of(file))
    assert await used(database) == [2, 2, 2]
    async with database.write() as uow:
        assert await uow.ledger.imbalances() == []
        assert await uow.ledger.refund(job.id, NOON)
        assert await uow.ledger.imbalances() == []


async def test_jobs_of_the_first_release_keep_their_pictures(file: Path, database: Database) -> None:
    def downgrade(connection: Connection) -> None:
        command.downgrade(config_on(connection), "0001")

    shown, plain = [await run(database, await add(database), task_id=n) for n in (8, 9)]
    async with database.write() as uow:
        await uow.jobs.mark_shown(shown.id, shown.message_id, shown.revision, ["picture.png"])
        await uow.commit()
    await on_connection(file, downgrade)
    stored = "SELECT id, picture FROM jobs ORDER BY id"
    rows = await on_connection(file, lambda connection: connection.exec_driver_sql(stored).all())
    assert [tuple(row) for row in rows] == [(shown.id, "picture.png"), (plain.id, None)]
    await migrate(url_of(file))
    migrated = [await get(database, job) for job in (shown, plain)]
    assert [job.pictures for job in migrated] == [("picture.png",), ()]
    assert [(job.suggestions, job.thumbnail_due, job.deleted) for job in migrated] == [((), False, False)] * 2


def test_revisions_tell_what_is_left_to_migrate(file: Path, tmp_path: Path) -> None:
    newest = steps()[0]
    assert revisions(url_of(file)) == (newest, newest)
    assert revisions(url_of(tmp_path / "none.db")) == (None, newest)
    (tmp_path / "empty.db").touch()
    assert revisions(url_of(tmp_path / "empty.db")) == (None, newest)


async def test_a_database_that_is_up_to_date_takes_no_alembic(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bot.storage.migrating", None)  # which makes its import fail
    await migrate(url_of(file))


def test_there_is_one_newest_revision() -> None:
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1


IN_WHEEL = """
import sys
place, file = sys.argv[1:]
sys.path[:] = [place] + [each for each in sys.path if "site-packages" in each or "python3" in each]
import asyncio, pathlib, bot
assert pathlib.Path(bot.__file__).is_relative_to(place), bot.__file__
from bot.storage import database
url = f"sqlite+aiosqlite:///{file}"
asyncio.run(database.migrate(url))
found, newest = database.revisions(url)
assert found == newest, (found, newest)
assert database.migrations_folder().is_relative_to(place), database.migrations_folder()
print(found)
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel is built from, elsewhere: building must not leave anything in the checkout."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(CHECKOUT / name, copy / name)
    for name in ("bot", "migrations"):
        shutil.copytree(CHECKOUT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture(scope="module")
def wheel(copy: Path) -> Path:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "built"]
    subprocess.run(build, cwd=copy, check=True, capture_output=True)
    return next((copy / "built").glob("*.whl"))


def test_an_installed_wheel_migrates_an_empty_database(wheel: Path, tmp_path: Path) -> None:
    place, file = tmp_path / "installed", tmp_path / "easel.db"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    command = [sys.executable, "-I", "-W", "error", "-c", IN_WHEEL, str(place), str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == steps()[0]
    assert revisions(url_of(file)) == (steps()[0], steps()[0])


def test_a_wheel_holds_the_whole_package_and_nothing_else(wheel: Path, copy: Path) -> None:
    def files(folder: str) -> set[str]:
        return {path.relative_to(copy / folder).as_posix() for path in (copy / folder).rglob("*") if path.is_file()}

    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == {f"bot/{name}" for name in files("bot")} | {
        f"bot/_migrations/{name}" for name in files("migrations")
    }


def test_alembic_s_own_command_works_in_a_checkout(copy: Path, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": url_of(tmp_path / "easel.db"), "PYTHONPATH": str(copy)}
    for arguments in (["upgrade", "head"], ["check"]):
        alembic = [sys.executable, "-m", "alembic", *arguments]
        done = subprocess.run(alembic, cwd=copy, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert "No new upgrade operations detected" in done.stdout
