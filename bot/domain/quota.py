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
    """The counters that one reservation draws on: the day's and the granted credits, under the stacked ceilings."""

    ACCOUNT = "account"
    GRANT = "grant"
    SERVER = "server"
    TOTAL = "total"


KEPT = date.min
"""The period of what does not end with a day."""


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


class Rule(StrEnum):
    """Whose word an account's daily limit is: an admin's for it alone, for its whole server, or the operator's."""

    OWN = "own"
    SERVER = "server"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Policy:
    """What admins decided for an account. `own` and `default` are credits a day, None where nobody said any.

    `default` is the whole server's, `granted` all credits that were ever granted on top, used ones included.
    """

    own: int | None = None
    default: int | None = None
    granted: int = 0
    blocked: bool = False
    block_reason: str | None = None


NO_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an account may draw on: `daily` credits in this period, then `granted` ones, all under the ceilings."""

    account: Account
    period: date
    daily: int
    rule: Rule
    granted: int
    ceilings: tuple[Draw, ...]

    @property
    def day(self) -> Draw:
        return Draw(counters(self.account, self.period)[0], self.daily)

    @property
    def grant(self) -> Draw:
        return Draw(grant_counter(self.account), self.granted)

    def split(self, credits: int, used_today: int) -> tuple[int, int]:
        """How many of the credits the day covers, and how many have to come out of what was granted."""
        of_day = min(credits, max(0, self.daily - used_today))
        return of_day, credits - of_day


@dataclass(frozen=True, slots=True)
class Limits:
    """The operator's daily limits in credits. A ceiling of 0 means none; an account's 0 means nothing at all."""

    account: int = 50
    direct: int = 0
    server: int = 0
    total: int = 0

    def daily(self, account: Account, policy: Policy = NO_POLICY) -> tuple[int, Rule]:
        """The account's daily limit, and whose word it is: the nearest one's."""
        if policy.own is not None:
            return policy.own, Rule.OWN
        if policy.default is not None:
            return policy.default, Rule.SERVER
        return self.direct if account.is_direct else self.account, Rule.BOT

    def allowance(self, account: Account, period: date, policy: Policy = NO_POLICY) -> Allowance:
        """Everything that a reservation of `account` draws on, with its limits; the server's ceiling first."""
        _, server, total = counters(account, period)
        ceilings = (Draw(server, self.server or None), Draw(total, self.total or None))
        return Allowance(account, period, *self.daily(account, policy), policy.granted, ceilings)

    def ceiling_below(self, credits: int) -> tuple[CounterKind, int] | None:
        """The lower one of the ceilings, if it allows less than so many credits a day."""
        ceilings = ((self.server, CounterKind.SERVER), (self.total, CounterKind.TOTAL))
        lowest, kind = min(((most, kind) for most, kind in ceilings if most), default=(credits, CounterKind.SERVER))
        return (kind, lowest) if lowest < credits else None


class Change(StrEnum):
    """What an admin can do about credits."""

    SET = "set"
    GRANT = "grant"
    RESET = "reset"
    BLOCK = "block"
    UNBLOCK = "unblock"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A change that an admin made, of a member or (0) of the server's default.

    `before` and `after` are numbers: the daily limit ("" where there was none), all that was ever granted, or what was
    used today. For a block they are 0 and 1.
    """

    at: datetime
    actor_id: int
    server_id: int
    member_id: int
    change: Change
    before: str
    after: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Spender:
    """A member, and the credits of theirs that were spent and not given back."""

    member_id: int
    spent: int


def counters(account: Account, period: date) -> tuple[Counter, Counter, Counter]:
    """The counters that credits of `account` are summed in: its own, its server's, everyone's."""
    return (
        Counter(CounterKind.ACCOUNT, account.server_id, account.member_id, period),
        Counter(CounterKind.SERVER, account.server_id, 0, period),
        Counter(CounterKind.TOTAL, 0, 0, period),
    )


def grant_counter(account: Account) -> Counter:
    """What an account has used of the credits that were granted to it."""
    return Counter(CounterKind.GRANT, account.server_id, account.member_id, KEPT)


def period_of(now: datetime) -> date:
    """The UTC day that credits spent at `now` belong to."""
    return now.astimezone(UTC).date()


def period_start(period: date) -> datetime:
    """The first moment of a period, in UTC."""
    return datetime.combine(period, time(), UTC)


def period_end(period: date) -> datetime:
    """When the credits of `period` return: the next midnight, UTC."""
    return period_start(period + timedelta(days=1))
