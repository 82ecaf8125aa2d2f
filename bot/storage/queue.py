"""Waiting jobs: their order, who may leave the line, and what is at the services."""

from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, case, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement

from bot.domain.job import NOT_READY_WAITS, UNFINISHED, Account, Job, JobKind, JobState
from bot.domain.line import NOBODY, Line, Room
from bot.storage.jobs import to_job
from bot.storage.tables import JobRow

AT_SERVICES = (JobState.SUBMITTING, JobState.RUNNING)

_COLUMNS = (JobRow.__table__,)
_OTHER = aliased(JobRow)
_DALLE: ColumnElement[str] = literal_column(f"'{JobKind.DALLE}'")
"""Literally in the query, or SQLite does not see that a partial index holds what is asked for."""


class SqlQueue:
    """Implements the `Queue` port."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def line(self, room: Room) -> Line:
        account = (JobRow.server_id, JobRow.member_id)
        position = func.row_number().over(partition_by=account, order_by=JobRow.id)
        waiting = await self._connection.execute(
            select(*_COLUMNS)
            .where(JobRow.state == JobState.QUEUED, _served(JobRow.kind, room))
            .order_by(position, func.coalesce(_latest_turn(room), 0), JobRow.id)
        )
        jobs = tuple(to_job(row) for row in waiting)
        if not jobs:
            return NOBODY
        at_services = await self._connection.execute(
            select(*account, JobRow.kind).where(JobRow.state.in_(AT_SERVICES)).order_by(JobRow.id)
        )
        there = ((Account(server_id, member_id), JobKind(kind)) for server_id, member_id, kind in at_services)
        return Line(jobs, tuple(there))

    async def claim(self, job_id: int, room: Room, now: datetime) -> Job | None:
        highest_task = select(func.coalesce(func.max(JobRow.task_id), 0)).scalar_subquery()
        latest_turn = select(func.coalesce(func.max(_OTHER.turn), 0)).scalar_subquery()
        first_try = case((JobRow.attempts == 0, 1), else_=0)
        claimed = await self._connection.execute(
            update(JobRow)
            .where(
                JobRow.id == job_id,
                JobRow.state == JobState.QUEUED,
                JobRow.message_id.is_not(None),
                _is_due(now),
                ~JobRow.deleted,
                _of_account_at_services() < room.per_account,
                _at_service(room) < room.in_all,
            )
            .values(
                state=JobState.SUBMITTING,
                turn=latest_turn + 1,
                attempted_at=now,
                changed_at=now,
                task_floor=highest_task,
                revision=JobRow.revision + (first_try if room.images else 0),
            )
            .returning(*_COLUMNS)
        )
        row = claimed.first()
        return None if row is None else to_job(row)

    async def waiting_of(self, account: Account) -> int:
        query = select(func.count()).where(
            JobRow.server_id == account.server_id,
            JobRow.member_id == account.member_id,
            JobRow.state == JobState.QUEUED,
        )
        return await self._connection.scalar(query) or 0

    async def under_way(self, viewer: Account) -> list[Job]:
        # The sum keeps SQLite off the index by member, which leads to all that they ever made.
        mine = JobRow.member_id + 0 == viewer.member_id
        if not viewer.is_direct:
            mine = (JobRow.server_id == viewer.server_id) & (JobRow.member_id == viewer.member_id)
        query = select(*_COLUMNS).where(JobRow.state.in_(sorted(UNFINISHED)), mine).order_by(JobRow.id)
        return [to_job(row) for row in await self._connection.execute(query)]


def _served(kind: Any, room: Room) -> ColumnElement[bool]:
    return kind == _DALLE if room.images else kind != _DALLE


def _is_due(now: datetime) -> ColumnElement[bool]:
    """As `bot.domain.line.is_due`."""
    after = JobRow.start_after
    return after.is_(None) | (after <= now) | (after > now + max(NOT_READY_WAITS))


def _latest_turn(room: Room) -> ScalarSelect[int | None]:
    """When the row's account had its turn at the service last."""
    theirs = (_OTHER.server_id == JobRow.server_id) & (_OTHER.member_id == JobRow.member_id)
    return select(func.max(_OTHER.turn)).where(theirs, _served(_OTHER.kind, room)).correlate(JobRow).scalar_subquery()


def _of_account_at_services() -> ScalarSelect[int]:
    theirs = (_OTHER.server_id == JobRow.server_id) & (_OTHER.member_id == JobRow.member_id)
    counted = select(func.count()).where(theirs, _OTHER.state.in_(AT_SERVICES))
    return counted.correlate(JobRow).scalar_subquery()


def _at_service(room: Room) -> ScalarSelect[int]:
    counted = select(func.count()).where(_OTHER.state.in_(AT_SERVICES), _served(_OTHER.kind, room))
    return counted.scalar_subquery()
