"""Credits: reservations and refunds as conditional UPDATEs, each with its ledger entry."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from bot.domain.errors import OutOfCredits
from bot.domain.job import Account
from bot.domain.quota import Counter, CounterKind, Draw, counters, period_end
from bot.storage.tables import CounterRow, LedgerRow

RESERVE = "reserve"
REFUND = "refund"

_SUBJECT = {
    CounterKind.ACCOUNT: "you have",
    CounterKind.SERVER: "this server has",
    CounterKind.TOTAL: "all of my servers together have",
}


class SqlLedger:
    """Implements the `Ledger` port."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def reserve(self, job_id: int, account: Account, credits: int, draws: Sequence[Draw], now: datetime) -> None:
        for draw in draws:
            await self._draw(draw, credits)
        await self._connection.execute(
            insert(LedgerRow).values(
                job_id=job_id,
                kind=RESERVE,
                server_id=account.server_id,
                member_id=account.member_id,
                period=draws[0].counter.period,
                credits=credits,
                created_at=now,
            )
        )

    async def _draw(self, draw: Draw, credits: int) -> None:
        """Raise one counter if its limit allows. Condition and change are one statement, so no race can pass."""
        counter = draw.counter
        row = {"kind": counter.kind, "server_id": counter.server_id, "member_id": counter.member_id}
        await self._connection.execute(
            insert(CounterRow).values(**row, period=counter.period, used=0).on_conflict_do_nothing()
        )
        statement = update(CounterRow).where(_is(counter)).values(used=CounterRow.used + credits)
        if draw.limit is not None:
            statement = statement.where(CounterRow.used + credits <= draw.limit)
        if (await self._connection.execute(statement)).rowcount == 0:
            left = max(0, (draw.limit or 0) - await self.used(draw))
            raise OutOfCredits(_SUBJECT[counter.kind], credits, left, period_end(counter.period))

    async def refund(self, job_id: int, now: datetime) -> bool:
        reserved = (
            await self._connection.execute(
                select(LedgerRow).where(LedgerRow.job_id == job_id, LedgerRow.kind == RESERVE)
            )
        ).first()
        if reserved is None:
            return False
        entry = insert(LedgerRow).values(
            job_id=job_id,
            kind=REFUND,
            server_id=reserved.server_id,
            member_id=reserved.member_id,
            period=reserved.period,
            credits=-reserved.credits,
            created_at=now,
        )
        if (await self._connection.execute(entry.on_conflict_do_nothing())).rowcount == 0:
            return False
        for counter in counters(Account(reserved.server_id, reserved.member_id), reserved.period):
            await self._connection.execute(
                update(CounterRow).where(_is(counter)).values(used=CounterRow.used - reserved.credits)
            )
        return True

    async def used(self, draw: Draw) -> int:
        found = await self._connection.scalar(select(CounterRow.used).where(_is(draw.counter)))
        return found or 0

    async def imbalances(self) -> list[tuple[Counter, int, int]]:
        """Every counter that is not the sum of its entries, as (counter, used, sum). Empty is what it must be."""
        owner = (LedgerRow.server_id, LedgerRow.member_id, LedgerRow.period)
        expected: dict[Counter, int] = defaultdict(int)
        for row in await self._connection.execute(select(*owner, func.sum(LedgerRow.credits)).group_by(*owner)):
            server_id, member_id, period, total = row
            for counter in counters(Account(server_id, member_id), period):
                expected[counter] += int(total)
        stored = await self._connection.execute(select(CounterRow))
        actual = {Counter(CounterKind(row.kind), row.server_id, row.member_id, row.period): row.used for row in stored}
        return [
            (counter, actual.get(counter, 0), expected.get(counter, 0))
            for counter in actual.keys() | expected.keys()
            if actual.get(counter, 0) != expected.get(counter, 0)
        ]


def _is(counter: Counter) -> ColumnElement[bool]:
    return (
        (CounterRow.kind == counter.kind)
        & (CounterRow.server_id == counter.server_id)
        & (CounterRow.member_id == counter.member_id)
        & (CounterRow.period == counter.period)
    )
