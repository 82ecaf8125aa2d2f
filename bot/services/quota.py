"""What admins do about credits: look, set limits, grant, reset, block. Every change is audited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.errors import NotAdmin, Refusal
from bot.domain.job import Account
from bot.domain.ports import Clock
from bot.domain.quota import (
    AuditEntry,
    Change,
    CounterKind,
    Draw,
    Limits,
    Rule,
    Spender,
    counters,
    grant_counter,
    period_of,
)
from bot.domain.repositories import Storage, UnitOfWork
from bot.services.usage import Usage, usage_of

EVERYONE = 0
"""The member that stands for a server's default."""

MOST_CHANGES = 5
MOST_SPENDERS = 10


class Span(StrEnum):
    """The time over which the spenders are compared."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, in which server, and whether Discord says that they may manage it."""

    account: Account
    manages_server: bool


@dataclass(frozen=True, slots=True)
class MemberReport:
    """A member's day, and the newest changes to it, the newest first."""

    usage: Usage
    changes: Sequence[AuditEntry]


@dataclass(frozen=True, slots=True)
class ServerReport:
    """A server's default, what its members used today, and the operator's ceilings (0: none).

    `total_left` is what all servers together may still use today, None without a ceiling.
    """

    daily: int
    rule: Rule
    used: int
    ceiling: int
    total_ceiling: int
    total_left: int | None
    changes: Sequence[AuditEntry]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A change that was made, or not `changed` since it was so before.

    `before` and `after` are the limits that count, `rule` and `rule_now` whose word they are; for all other changes
    they are what `AuditEntry` says. `bound_by` is the operator's ceiling that allows less a day than the change does.
    `usage` is the member's afterwards, None for the server's default.
    """

    changed: bool
    before: int
    after: int
    rule: Rule
    bound_by: tuple[CounterKind, int] | None = None
    usage: Usage | None = None
    reason: str | None = None
    rule_now: Rule = Rule.OWN


@dataclass(frozen=True, slots=True)
class Top:
    """Who spent most, net of refunds, since the first of these UTC days."""

    span: Span
    since: date
    spenders: Sequence[Spender]


class Quota:
    """What `/quota` does. Every method refuses whoever neither manages the server nor hosts the bot, with NotAdmin."""

    def __init__(self, storage: Storage, limits: Limits, owners: frozenset[int], clock: Clock) -> None:
        self._storage = storage
        self._limits = limits
        self._owners = owners
        self._clock = clock

    async def show(self, actor: Actor, member_id: int) -> MemberReport:
        member = self._subject(actor, member_id)
        async with self._storage.read() as uow:
            changes = await uow.quotas.audited(member.server_id, member_id, MOST_CHANGES)
            return MemberReport(await self._usage(uow, member), changes)

    async def show_server(self, actor: Actor) -> ServerReport:
        everyone = self._subject(actor, EVERYONE)
        _, server, total = counters(everyone, period_of(self._clock()))
        limits = self._limits
        async with self._storage.read() as uow:
            daily, rule = limits.daily(everyone, await uow.quotas.policy(everyone))
            used = await uow.ledger.used(Draw(server, None))
            left = max(0, limits.total - await uow.ledger.used(Draw(total, None))) if limits.total else None
            changes = await uow.quotas.audited(everyone.server_id, EVERYONE, MOST_CHANGES)
        return ServerReport(daily, rule, used, limits.server, limits.total, left, changes)

    async def set(self, actor: Actor, credits: int | None, member_id: int | None = None) -> Outcome:
        """The daily limit of a member, or the server's default; None for what counts without one."""
        subject = self._subject(actor, member_id or EVERYONE)
        async with self._storage.write() as uow:
            policy = await uow.quotas.policy(subject)
            before, rule = self._limits.daily(subject, policy)
            known = policy.default if member_id is None else policy.own
            changed = known != credits
            if changed:
                await uow.quotas.set_daily(subject.server_id, subject.member_id, credits)
                limits = ("" if each is None else str(each) for each in (known, credits))
                await self._audit(uow, actor, subject, Change.SET, *limits)
            after, now = self._limits.daily(subject, await uow.quotas.policy(subject))
            usage = None if member_id is None else await self._usage(uow, subject)
            await uow.commit()
        return Outcome(changed, before, after, rule, self._limits.ceiling_below(after), usage, rule_now=now)

    async def grant(self, actor: Actor, member_id: int, amount: int, reason: str | None = None) -> Outcome:
        """Credits on top of every day's, kept until they are used; a negative amount takes back unused ones."""
        member = self._subject(actor, member_id)
        if amount == 0:
            raise Refusal("An amount of 0 changes nothing. Please give how many credits they get.")
        async with self._storage.write() as uow:
            before = (await uow.quotas.policy(member)).granted
            after = max(await uow.ledger.used(Draw(grant_counter(member), None)), before + amount)
            if after != before:
                await uow.quotas.add_grant(member, after - before)
                await self._audit(uow, actor, member, Change.GRANT, before, after, reason)
            usage = await self._usage(uow, member)
            await uow.commit()
        bound_by = self._limits.ceiling_below(usage.limit + usage.granted)
        return Outcome(after != before, before, after, usage.rule, bound_by, usage, reason)

    async def reset(self, actor: Actor, member_id: int) -> Outcome:
        """Give a member today's credits anew. The server's and the operator's sums stay: those were spent."""
        member = self._subject(actor, member_id)
        async with self._storage.write() as uow:
            before = await uow.ledger.reset(member, period_of(self._clock()))
            if before:
                await self._audit(uow, actor, member, Change.RESET, before, 0)
            usage = await self._usage(uow, member)
            await uow.commit()
        return Outcome(before > 0, before, 0, usage.rule, None, usage)

    async def block(self, actor: Actor, member_id: int, reason: str | None = None) -> Outcome:
        """Let a member look, but not make anything; what is under way goes on. Once more changes the reason."""
        return await self._set_block(actor, member_id, Change.BLOCK, reason)

    async def unblock(self, actor: Actor, member_id: int) -> Outcome:
        return await self._set_block(actor, member_id, Change.UNBLOCK, None)

    async def top(self, actor: Actor, span: Span) -> Top:
        server_id = self._subject(actor, EVERYONE).server_id
        today = period_of(self._clock())
        since = today if span is Span.DAY else today.replace(day=1)
        async with self._storage.read() as uow:
            return Top(span, since, await uow.quotas.spenders(server_id, since, today, MOST_SPENDERS))

    async def _set_block(self, actor: Actor, member_id: int, change: Change, reason: str | None) -> Outcome:
        member = self._subject(actor, member_id)
        blocked = change is Change.BLOCK
        async with self._storage.write() as uow:
            policy = await uow.quotas.policy(member)
            changed = policy.blocked != blocked or reason not in (None, policy.block_reason)
            if changed:
                await uow.quotas.set_block(member, blocked, reason)
                await self._audit(uow, actor, member, change, int(policy.blocked), int(blocked), reason)
            usage = await self._usage(uow, member)
            await uow.commit()
        return Outcome(changed, int(policy.blocked), int(blocked), usage.rule, None, usage, reason)

    def _subject(self, actor: Actor, member_id: int) -> Account:
        """The account in the actor's own server. Direct messages have no admins."""
        allowed = actor.manages_server or actor.account.member_id in self._owners
        if not allowed or actor.account.is_direct:
            raise NotAdmin
        return Account(actor.account.server_id, member_id)

    async def _usage(self, uow: UnitOfWork, member: Account) -> Usage:
        return await usage_of(uow, self._limits, member, self._clock())

    async def _audit(
        self,
        uow: UnitOfWork,
        actor: Actor,
        subject: Account,
        change: Change,
        before: int | str,
        after: int | str,
        reason: str | None = None,
    ) -> None:
        entry = AuditEntry(
            at=self._clock(),
            actor_id=actor.account.member_id,
            server_id=subject.server_id,
            member_id=subject.member_id,
            change=change,
            before=str(before),
            after=str(after),
            reason=reason,
        )
        await uow.quotas.audit(entry)
