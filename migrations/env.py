"""Runs the migrations: on the connection that `bot.storage.database.migrate` hands over, or for alembic's command."""

import asyncio
from typing import Literal

from alembic import context
from sqlalchemy import Connection

from bot.settings import DatabaseSettings
from bot.storage.database import make_engine
from bot.storage.tables import Base, UtcDateTime


def render_item(kind: str, item: object, _: object) -> str | Literal[False]:
    """Keep the application's own column type out of the revisions: they must run when it has changed or gone."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, UtcDateTime) else False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=True, render_item=render_item
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_alone() -> None:
    engine = make_engine(DatabaseSettings().database_url, foreign_keys=False)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_alone())
