"""The proof that credits are in balance: what the counters and policies say, against the entries they come from."""

from collections import defaultdict
from typing import NamedTuple

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.job import Account
from bot.domain.quota import KEPT, Change, Counter, CounterKind, counters, grant_counter
from bot.storage.tables import AuditRow, CounterRow, LedgerRow, PolicyRow


class Imbalance(NamedTuple):
    """A sum that is not what it must be; `what` names it for the log."""

    what: str
    says: int
    should: int


async def imbalances(connection: AsyncConnection) -> list[Imbalance]:
    """Counters that are not the sum of their entries, grants that no admin made, and more used than was granted."""
    used, resets = await _counters(connection)
    expected = await _entries(connection, resets)
    granted, audited = await _grants(connection)
    spent = {counter: value for counter, value in used.items() if counter.kind is CounterKind.GRANT}
    off = [
        Imbalance(_name(counter), used.get(counter, 0), expected.get(counter, 0))
        for counter in used.keys() | expected.keys()
        if used.get(counter, 0) != expected.get(counter, 0)
    ]
    off += [
        Imbalance(f"what {_name(counter)} may use", granted.get(counter, 0), audited.get(counter, 0))
        for counter in granted.keys() | audited.keys()
        if granted.get(counter, 0) != audited.get(counter, 0)
    ]
    off += [
        Imbalance(f"{_name(counter)}, of which there are fewer,", value, granted.get(counter, 0))
        for counter, value in spent.items()
        if value > granted.get(counter, 0)
    ]
    return off


async def _counters(connection: AsyncConnection) -> tuple[dict[Counter, int], dict[Counter, int]]:
    """What each counter says, and how often it was reset."""
    rows = {
        Counter(CounterKind(row.kind), row.server_id, row.member_id, row.period): row
        for row in await connection.execute(select(CounterRow))
    }
    return {key: row.used for key, row in rows.items()}, {key: row.resets for key, row in rows.items()}


async def _entries(connection: AsyncConnection, resets: dict[Counter, int]) -> dict[Counter, int]:
    """The sums of the entries; an account's day counts those alone that came after its last reset."""
    owner = (LedgerRow.server_id, LedgerRow.member_id, LedgerRow.period, LedgerRow.resets)
    sums = select(*owner, func.sum(LedgerRow.credits), func.sum(LedgerRow.granted)).group_by(*owner)
    expected: dict[Counter, int] = defaultdict(int)
    for server_id, member_id, period, reset, credits, granted in await connection.execute(sums):
        account = Account(server_id, member_id)
        day, server, total = counters(account, period)
        if reset == resets.get(day, 0):
            expected[day] += int(credits) - int(granted)
        expected[grant_counter(account)] += int(granted)
        expected[server] += int(credits)
        expected[total] += int(credits)
    return expected


async def _grants(connection: AsyncConnection) -> tuple[dict[Counter, int], dict[Counter, int]]:
    """What each account was granted by its policy, and by the audit."""
    policies = await connection.execute(select(PolicyRow.server_id, PolicyRow.member_id, PolicyRow.granted))
    owner = (AuditRow.server_id, AuditRow.member_id)
    amount = func.sum(cast(AuditRow.after, Integer) - cast(AuditRow.before, Integer))
    audits = await connection.execute(select(*owner, amount).where(AuditRow.change == Change.GRANT).group_by(*owner))
    return (
        {grant_counter(Account(server, member)): granted for server, member, granted in policies},
        {grant_counter(Account(server, member)): int(granted) for server, member, granted in audits},
    )


def _name(counter: Counter) -> str:
    period = "" if counter.period == KEPT else f" on {counter.period}"
    return f"{counter.kind} {counter.server_id}/{counter.member_id}{period}"
