"""Credits in dictionaries: the ledger and the quotas of the storage in `memory`."""

from collections import Counter as Sums
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from bot.domain.errors import OutOfCredits
from bot.domain.job import Account
from bot.domain.quota import (
    Allowance,
    AuditEntry,
    Counter,
    CounterKind,
    Draw,
    Policy,
    Spender,
    counters,
    grant_counter,
    period_end,
)

SUBJECT = {
    CounterKind.SERVER: "this server has",
    CounterKind.TOTAL: "all of my servers together have",
}


@dataclass
class Credits:
    """What is stored about credits. `splits` are how many of a reservation were granted ones, and its reset number."""

    used: dict[Counter, int] = field(default_factory=dict)
    resets: dict[Counter, int] = field(default_factory=dict)
    reserved: dict[int, tuple[Account, date, int]] = field(default_factory=dict)
    splits: dict[int, tuple[int, int]] = field(default_factory=dict)
    refunded: dict[int, int] = field(default_factory=dict)
    policies: dict[Account, Policy] = field(default_factory=dict)
    audit: tuple[AuditEntry, ...] = ()


class MemoryLedger:
    """Implements the `Ledger` port."""

    def __init__(self, state: Credits) -> None:
        self._state = state

    async def reserve(self, job_id: int, credits: int, allowance: Allowance, now: datetime) -> None:
        used = await self.used(allowance.day)
        of_day, granted = allowance.split(credits, used)
        grants_left = allowance.granted - await self.used(allowance.grant)
        ends = period_end(allowance.period)
        if granted > grants_left:
            left = max(0, allowance.daily - used) + max(0, grants_left)
            most = allowance.daily + max(0, grants_left)
            raise OutOfCredits("you have", credits, left, ends if allowance.daily else None, most)
        for draw in allowance.ceilings:
            used = await self.used(draw)
            if draw.limit is not None and used + credits > draw.limit:
                raise OutOfCredits(SUBJECT[draw.counter.kind], credits, max(0, draw.limit - used), ends, draw.limit)
        parts = ((allowance.day, of_day), (allowance.grant, granted), *((each, credits) for each in allowance.ceilings))
        for draw, part in parts:
            self._state.used[draw.counter] = await self.used(draw) + part
        self._state.reserved[job_id] = (allowance.account, allowance.period, credits)
        self._state.splits[job_id] = (granted, self._state.resets.get(allowance.day.counter, 0))

    async def refund(self, job_id: int, now: datetime, credits: int | None = None) -> bool:
        if job_id not in self._state.reserved or job_id in self._state.refunded:
            return False
        account, period, reserved = self._state.reserved[job_id]
        of_grant, resets = self._state.splits[job_id]
        back = reserved if credits is None else min(credits, reserved)
        granted = min(back, of_grant)
        day, *ceilings = counters(account, period)
        if resets == self._state.resets.get(day, 0):
            self._state.used[day] -= back - granted
        self._state.used[grant_counter(account)] -= granted
        for counter in ceilings:
            self._state.used[counter] -= back
        self._state.refunded[job_id] = back
        return True

    async def reset(self, account: Account, period: date) -> int:
        day = counters(account, period)[0]
        self._state.resets[day] = self._state.resets.get(day, 0) + 1
        used, self._state.used[day] = self._state.used.get(day, 0), 0
        return used

    async def used(self, draw: Draw) -> int:
        return self._state.used.get(draw.counter, 0)


class MemoryQuotas:
    """Implements the `Quotas` port."""

    def __init__(self, state: Credits) -> None:
        self._state = state

    async def policy(self, account: Account) -> Policy:
        default = self._of(Account(account.server_id, 0)).own
        own = self._of(account) if account.member_id else Policy()
        return replace(own, default=default)

    async def set_daily(self, server_id: int, member_id: int, credits: int | None) -> None:
        account = Account(server_id, member_id)
        self._state.policies[account] = replace(self._of(account), own=credits)

    async def add_grant(self, account: Account, credits: int) -> None:
        known = self._of(account)
        self._state.policies[account] = replace(known, granted=known.granted + credits)

    async def set_block(self, account: Account, blocked: bool, reason: str | None) -> None:
        self._state.policies[account] = replace(self._of(account), blocked=blocked, block_reason=reason)

    async def audit(self, entry: AuditEntry) -> None:
        self._state.audit += (entry,)

    async def audited(self, server_id: int, member_id: int, most: int) -> list[AuditEntry]:
        owner = (server_id, member_id)
        found = [entry for entry in self._state.audit if (entry.server_id, entry.member_id) == owner]
        return found[::-1][:most]

    async def spenders(self, server_id: int, since: date, until: date, most: int) -> list[Spender]:
        spent = Sums[int]()
        for job_id, (account, period, credits) in self._state.reserved.items():
            if account.server_id == server_id and since <= period <= until:
                spent[account.member_id] += credits - self._state.refunded.get(job_id, 0)
        most_first = sorted(spent.items(), key=lambda item: (-item[1], item[0]))
        return [Spender(member_id, sum) for member_id, sum in most_first if sum > 0][:most]

    def _of(self, account: Account) -> Policy:
        return self._state.policies.get(account, Policy())
