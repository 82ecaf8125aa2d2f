"""What a member has used, what is left, and what is under way."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.job import Account, Job
from bot.domain.ports import Clock
from bot.domain.quota import CounterKind, Limits, Policy, Rule, period_end, period_of
from bot.domain.repositories import Storage, UnitOfWork


@dataclass(frozen=True, slots=True)
class Usage:
    """One account's day.

    `limit` is what `rule` says, `granted` what is left of the credits that were granted on top. `left` counts both, and
    every ceiling; `bound_by` names the ceiling that allows less than they do.
    """

    used: int
    limit: int
    rule: Rule
    granted: int
    left: int
    bound_by: CounterKind | None
    policy: Policy
    returns_at: datetime
    jobs: tuple[Job, ...]


class ShowUsage:
    """Reads one account's counters and its unfinished jobs."""

    def __init__(self, storage: Storage, limits: Limits, clock: Clock) -> None:
        self._storage = storage
        self._limits = limits
        self._clock = clock

    async def of(self, account: Account) -> Usage:
        async with self._storage.read() as uow:
            return await usage_of(uow, self._limits, account, self._clock())


async def usage_of(uow: UnitOfWork, limits: Limits, account: Account, now: datetime) -> Usage:
    """The account's day as this transaction sees it."""
    period = period_of(now)
    policy = await uow.quotas.policy(account)
    allowance = limits.allowance(account, period, policy)
    used = await uow.ledger.used(allowance.day)
    granted = max(0, allowance.granted - await uow.ledger.used(allowance.grant))
    left, bound_by = max(0, allowance.daily - used) + granted, None
    for ceiling in allowance.ceilings:
        if ceiling.limit is not None:
            room = max(0, ceiling.limit - await uow.ledger.used(ceiling))
            if room < left:
                left, bound_by = room, ceiling.counter.kind
    jobs = await uow.jobs.unfinished_of(account)
    return Usage(
        used, allowance.daily, allowance.rule, granted, left, bound_by, policy, period_end(period), tuple(jobs)
    )
