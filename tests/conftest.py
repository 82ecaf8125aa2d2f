"""What tests of several parts share."""

import asyncio
import gc
import os
from collections.abc import Generator
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import Phase, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from bot.storage.database import migrate


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="hours of chaos and a hundred thousand odd answers, not seconds"
    )


def pytest_configure(config: pytest.Config) -> None:
    """How many odd things are made up for tests that do not say so themselves."""
    phases = set(Phase) - {Phase.explain}
    settings.register_profile("gate", max_examples=200, deadline=None, phases=phases)
    settings.register_profile("long", settings.get_profile("gate"), max_examples=100_000)
    settings.load_profile("long" if config.getoption("long") else "gate")


PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
"""The number of this process among those that share the tests, and how many there are."""

FORKING = (("test_chaos", "test_lease", "test_lost_tasks", "test_cli"), ("test_paths", "test_trouble"))
"""Files that run in one process after each other: what they fork is loaded once then, which takes as long as a fork."""

LONGEST_FIRST = ("wire", "demo")
"""Folders whose modules mostly wait, for processes and for a browser: begun last, one alone would hold up the end."""


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Let each process begin to read elsewhere: what one has compiled, the others need not."""
    report = yield
    if isinstance(collector, pytest.Directory):
        found = report.result
        first = len(found) * PROCESS // PROCESSES
        report.result = found[first:] + found[:first]
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> tuple[int, Path]:
        folder = item.path.parent.name
        return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST), item.path

    items.sort(key=rank)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the garbage collector what stays to the end: it would look through thousands of tests again and again."""
    gc.disable()
    found = yield
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 50)  # the usual ones, but the whole heap five times less often
    gc.enable()
    return found


class Scheduling(LoadFileScheduling):
    """Each file in one process, so that its fixtures and caches are made once; some files together."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return next((group[0] for group in FORKING if PurePosixPath(file).stem in group), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that the migrations built, to be copied: building one takes as long as many a test."""
    file = tmp_path_factory.mktemp("template") / "easel.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{file}"))
    return file
