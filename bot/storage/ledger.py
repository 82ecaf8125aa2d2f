"""Credits: reservations and refunds as conditional UPDATEs, each with its ledger entry."""

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from bot.domain.errors import OutOfCredits
from bot.domain.job import Account
from bot.domain.quota import Allowance, Counter, CounterKind, Draw, counters, grant_counter, period_end
from bot.storage import balance
from bot.storage.tables import CounterRow, LedgerRow

RESERVE = "reserve"
REFUND = "refund"

_SUBJECT = {
    CounterKind.SERVER: "this server has",
    CounterKind.TOTAL: "all of my servers together have",
}


class SqlLedger:
    """Implements the `Ledger` port."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def reserve(self, job_id: int, credits: int, allowance: Allowance, now: datetime) -> None:
        # Writers begin with the lock, so what is read here still holds below; the conditions prove it.
        used = await self.used(allowance.day)
        of_day, granted = allowance.split(credits, used)
        returns_at = period_end(allowance.period)
        if not (await self._draw(allowance.day, of_day) and await self._draw(allowance.grant, granted)):
            on_top = max(0, allowance.granted - await self.used(allowance.grant))
            left = max(0, allowance.daily - used) + on_top
            most = allowance.daily + on_top
            raise OutOfCredits("you have", credits, left, returns_at if allowance.daily else None, most)
        for ceiling in allowance.ceilings:
            if not await self._draw(ceiling, credits):
                left = max(0, (ceiling.limit or 0) - await self.used(ceiling))
                raise OutOfCredits(_SUBJECT[ceiling.counter.kind], credits, left, returns_at, ceiling.limit)
        await self._connection.execute(
            insert(LedgerRow).values(
                job_id=job_id,
                kind=RESERVE,
                server_id=allowance.account.server_id,
                member_id=allowance.account.member_id,
                period=allowance.period,
                credits=credits,
                granted=granted,
                resets=await self._resets(allowance.day.counter),
                created_at=now,
            )
        )

    async def _draw(self, draw: Draw, credits: int) -> bool:
        """Raise one counter if its limit allows. Condition and change are one statement, so no race can pass."""
        if credits == 0:
            return True
        counter = draw.counter
        row = {"kind": counter.kind, "server_id": counter.server_id, "member_id": counter.member_id}
        await self._connection.execute(
            insert(CounterRow).values(**row, period=counter.period, used=0, resets=0).on_conflict_do_nothing()
        )
        statement = update(CounterRow).where(_is(counter)).values(used=CounterRow.used + credits)
        if draw.limit is not None:
            statement = statement.where(CounterRow.used + credits <= draw.limit)
        return (await self._connection.execute(statement)).rowcount == 1

    async def refund(self, job_id: int, now: datetime, credits: int | None = None) -> bool:
        reserved = (
            await self._connection.execute(
                select(LedgerRow).where(LedgerRow.job_id == job_id, LedgerRow.kind == RESERVE)
            )
        ).first()
        if reserved is None:
            return False
        back = reserved.credits if credits is None else min(credits, reserved.credits)
        granted = min(back, reserved.granted)
        entry = insert(LedgerRow).values(
            job_id=job_id,
            kind=REFUND,
            server_id=reserved.server_id,
            member_id=reserved.member_id,
            period=reserved.period,
            credits=-back,
            granted=-granted,
            resets=reserved.resets,
            created_at=now,
        )
        if (await self._connection.execute(entry.on_conflict_do_nothing())).rowcount == 0:
            return False
        account = Account(reserved.server_id, reserved.member_id)
        day, *ceilings = counters(account, reserved.period)
        same_day = CounterRow.resets == reserved.resets
        await self._lower(_is(day) & same_day, back - granted)
        await self._lower(_is(grant_counter(account)), granted)
        for counter in ceilings:
            await self._lower(_is(counter), back)
        return True

    async def _lower(self, which: ColumnElement[bool], credits: int) -> None:
        await self._connection.execute(update(CounterRow).where(which).values(used=CounterRow.used - credits))

    async def reset(self, account: Account, period: date) -> int:
        day = counters(account, period)[0]
        used = await self.used(Draw(day, None))
        await self._connection.execute(update(CounterRow).where(_is(day)).values(used=0, resets=CounterRow.resets + 1))
        return used

    async def used(self, draw: Draw) -> int:
        found = await self._connection.scalar(select(CounterRow.used).where(_is(draw.counter)))
        return found or 0

    async def _resets(self, counter: Counter) -> int:
        found = await self._connection.scalar(select(CounterRow.resets).where(_is(counter)))
        return found or 0

    async def imbalances(self) -> list[balance.Imbalance]:
        """Everything in which counters, entries, grants and their audit disagree. Empty is what it must be."""
        return await balance.imbalances(self._connection)


def _is(counter: Counter) -> ColumnElement[bool]:
    return (
        (CounterRow.kind == counter.kind)
        & (CounterRow.server_id == counter.server_id)
        & (CounterRow.member_id == counter.member_id)
        & (CounterRow.period == counter.period)
    )
