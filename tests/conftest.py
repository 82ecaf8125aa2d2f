"""What tests of several parts share."""

import asyncio
from pathlib import Path

import pytest

from bot.storage.database import migrate


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file that the migrations built, to be copied: building one takes as long as many a test."""
    file = tmp_path_factory.mktemp("template") / "easel.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{file}"))
    return file
