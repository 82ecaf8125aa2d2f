"""Small facts that the bot remembers between runs."""

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import FactRow


class SqlFacts:
    """Named strings."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, name: str) -> str | None:
        return await self._connection.scalar(select(FactRow.value).where(FactRow.name == name))

    async def set(self, name: str, value: str) -> None:
        statement = insert(FactRow).values(name=name, value=value)
        await self._connection.execute(statement.on_conflict_do_update(set_={"value": value}))
