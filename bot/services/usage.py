"""What a member has used, what is left, and what is under way."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.job import Account, Job
from bot.domain.ports import Clock, Storage
from bot.domain.quota import CounterKind, Limits, period_end, period_of


@dataclass(frozen=True, slots=True)
class Usage:
    """One account's day. `left` counts every limit; `bound_by` names the ceiling that allows less than the own one."""

    used: int
    limit: int
    left: int
    bound_by: CounterKind | None
    returns_at: datetime
    jobs: tuple[Job, ...]


class ShowUsage:
    """Reads one account's counters and its unfinished jobs."""

    def __init__(self, storage: Storage, limits: Limits, clock: Clock) -> None:
        self._storage = storage
        self._limits = limits
        self._clock = clock

    async def of(self, account: Account) -> Usage:
        period = period_of(self._clock())
        own, *ceilings = self._limits.draws(account, period)
        async with self._storage.read() as uow:
            used = await uow.ledger.used(own)
            limit = own.limit or 0
            left, bound_by = max(0, limit - used), None
            for ceiling in ceilings:
                if ceiling.limit is not None:
                    room = max(0, ceiling.limit - await uow.ledger.used(ceiling))
                    if room < left:
                        left, bound_by = room, ceiling.counter.kind
            jobs = await uow.jobs.unfinished_of(account)
        return Usage(used, limit, left, bound_by, period_end(period), tuple(jobs))
