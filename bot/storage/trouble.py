"""What SQLite refuses for want of a lock, of room or of rights, as the one error that the services know."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from bot.domain.errors import StorageUnavailable

_CURES = {
    sqlite3.SQLITE_BUSY: "another program keeps it locked; end that",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked; end that",
    sqlite3.SQLITE_FULL: "make room on its disk",
    sqlite3.SQLITE_IOERR: "make room on its disk, or see what is wrong with it",
    sqlite3.SQLITE_READONLY: "give Easel the right to write to its file and folder",
    sqlite3.SQLITE_CANTOPEN: "give Easel the right to read and write its file and folder",
}
"""What an operator does about it, by SQLite's primary result code."""


@contextmanager
def translated() -> Generator[None, None, None]:
    """Raise StorageUnavailable for what is nobody's mistake and may pass; everything else is left as it is."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        cure = _CURES.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
        if cure is None:
            raise
        raise StorageUnavailable(f"the database cannot be used ({cause}): {cure}") from error
