"""Accounts, prices, limits and periods: the arithmetic of credits."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from bot.domain.action import Price
from bot.domain.job import Account, Speed


def price_of(price: Price, speed: Speed) -> int:
    """Credits for one job, fixed when it is admitted."""
    if price is Price.VIDEO:
        return 8
    if price is Price.PICK:
        return 1
    return 2 if speed is Speed.FAST else 1


class CounterKind(StrEnum):
    """The stacked counters that one reservation draws on."""

    ACCOUNT = "account"
    SERVER = "server"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Counter:
    """One running sum of credits. Ids that a kind does not use are 0."""

    kind: CounterKind
    server_id: int
    member_id: int
    period: date


@dataclass(frozen=True, slots=True)
class Draw:
    """A counter and the most it may reach; `limit` None means that it only counts."""

    counter: Counter
    limit: int | None


@dataclass(frozen=True, slots=True)
class Limits:
    """The operator's daily limits in credits. A ceiling of 0 means none; an account's 0 means nothing at all."""

    account: int = 50
    direct: int = 0
    server: int = 0
    total: int = 0

    def draws(self, account: Account, period: date) -> tuple[Draw, ...]:
        """Every counter that a reservation of `account` draws on, with its limit, the narrowest first."""
        own = self.direct if account.is_direct else self.account
        limits = (own, self.server or None, self.total or None)
        return tuple(Draw(*pair) for pair in zip(counters(account, period), limits, strict=True))


def counters(account: Account, period: date) -> tuple[Counter, Counter, Counter]:
    """The counters that credits of `account` are summed in: its own, its server's, everyone's."""
    return (
        Counter(CounterKind.ACCOUNT, account.server_id, account.member_id, period),
        Counter(CounterKind.SERVER, account.server_id, 0, period),
        Counter(CounterKind.TOTAL, 0, 0, period),
    )


def period_of(now: datetime) -> date:
    """The UTC day that credits spent at `now` belong to."""
    return now.astimezone(UTC).date()


def period_end(period: date) -> datetime:
    """When the credits of `period` return: the next midnight, UTC."""
    return datetime.combine(period + timedelta(days=1), time(), UTC)
