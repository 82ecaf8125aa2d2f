"""What tests of several parts share."""

import asyncio
from pathlib import Path

import pytest

from bot.storage.database import migrate


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="hours of chaos and a hundred thousand odd answers, not seconds"
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that the migrations built, to be copied: building one takes as long as many a test."""
    file = tmp_path_factory.mktemp("template") / "easel.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{file}"))
    return file
