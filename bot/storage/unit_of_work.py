"""One transaction and what can be done in it; rolls back unless committed."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.facts import SqlFacts
from bot.storage.history import SqlHistory
from bot.storage.jobs import SqlJobs
from bot.storage.ledger import SqlLedger
from bot.storage.pictures import SqlPictures
from bot.storage.queue import SqlQueue
from bot.storage.quotas import SqlQuotas


class SqlUnitOfWork:
    """The repositories on one connection. Closing the connection without `commit` undoes everything."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.jobs = SqlJobs(connection)
        self.queue = SqlQueue(connection)
        self.history = SqlHistory(connection)
        self.pictures = SqlPictures(connection)
        self.ledger = SqlLedger(connection)
        self.quotas = SqlQuotas(connection)
        self.facts = SqlFacts(connection)

    async def commit(self) -> None:
        await self._connection.commit()
