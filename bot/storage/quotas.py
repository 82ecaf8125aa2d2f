"""What admins decided about credits, the audit of it, and who spent most."""

from datetime import date
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.job import Account
from bot.domain.quota import AuditEntry, Change, Policy, Spender
from bot.storage.tables import AuditRow, LedgerRow, PolicyRow

EVERYONE = 0
"""The member whose row is the server's default."""


class SqlQuotas:
    """Implements the `Quotas` port."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def policy(self, account: Account) -> Policy:
        query = select(PolicyRow).where(
            PolicyRow.server_id == account.server_id, PolicyRow.member_id.in_((account.member_id, EVERYONE))
        )
        rows = {row.member_id: row for row in await self._connection.execute(query)}
        default = rows[EVERYONE].daily_credits if EVERYONE in rows else None
        own = rows.get(account.member_id)
        if own is None or account.member_id == EVERYONE:
            return Policy(default=default)
        return Policy(own.daily_credits, default, own.granted, own.blocked, own.block_reason)

    async def set_daily(self, server_id: int, member_id: int, credits: int | None) -> None:
        await self._put(Account(server_id, member_id), daily_credits=credits)

    async def add_grant(self, account: Account, credits: int) -> None:
        await self._put(account)
        row = (PolicyRow.server_id == account.server_id) & (PolicyRow.member_id == account.member_id)
        await self._connection.execute(update(PolicyRow).where(row).values(granted=PolicyRow.granted + credits))

    async def set_block(self, account: Account, blocked: bool, reason: str | None) -> None:
        await self._put(account, blocked=blocked, block_reason=reason)

    async def _put(self, account: Account, **changes: Any) -> None:
        """Change the account's row, or make it."""
        row = {"server_id": account.server_id, "member_id": account.member_id, "granted": 0, "blocked": False}
        statement = insert(PolicyRow).values(**row | changes)
        made = statement.on_conflict_do_update(set_=changes) if changes else statement.on_conflict_do_nothing()
        await self._connection.execute(made)

    async def audit(self, entry: AuditEntry) -> None:
        await self._connection.execute(
            insert(AuditRow).values(
                created_at=entry.at,
                actor_id=entry.actor_id,
                server_id=entry.server_id,
                member_id=entry.member_id,
                change=entry.change,
                before=entry.before,
                after=entry.after,
                reason=entry.reason,
            )
        )

    async def audited(self, server_id: int, member_id: int, most: int) -> list[AuditEntry]:
        query = (
            select(AuditRow)
            .where(AuditRow.server_id == server_id, AuditRow.member_id == member_id)
            .order_by(AuditRow.id.desc())
            .limit(most)
        )
        return [
            AuditEntry(
                at=row.created_at,
                actor_id=row.actor_id,
                server_id=row.server_id,
                member_id=row.member_id,
                change=Change(row.change),
                before=row.before,
                after=row.after,
                reason=row.reason,
            )
            for row in await self._connection.execute(query)
        ]

    async def spenders(self, server_id: int, since: date, until: date, most: int) -> list[Spender]:
        spent = func.sum(LedgerRow.credits).label("spent")
        query = (
            select(LedgerRow.member_id, spent)
            .where(LedgerRow.server_id == server_id, LedgerRow.period.between(since, until))
            .group_by(LedgerRow.member_id)
            .having(spent > 0)
            .order_by(spent.desc(), LedgerRow.member_id)
            .limit(most)
        )
        return [Spender(row.member_id, int(row.spent)) for row in await self._connection.execute(query)]
