"""Jobs: rows to domain and back, and every query about them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, case, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from bot.domain.action import Action
from bot.domain.image_models import ImageOptions
from bot.domain.job import (
    LASTING_LINK_EVERY,
    LATE_LOOK_UP_EVERY,
    LONGEST_CARD_WAIT,
    REFUNDED,
    TRANSITIONS,
    UNFINISHED,
    Account,
    Dimensions,
    Job,
    JobKind,
    JobState,
    NewJob,
    Speed,
)
from bot.storage.tables import JobRow, PostRow, SourceRow, ThumbnailRow

TOKEN_LIFE = timedelta(minutes=14)
"""Discord lets an interaction's token live for 15 minutes; the last one is not worth a failed call."""

_COLUMNS = (JobRow.__table__,)
"""All of them, as one element: fifty take longer to put together at each query than SQLite takes to answer it."""

_NOW: BindParameter[datetime] = bindparam("now")
_LATEST: BindParameter[datetime] = bindparam("latest")

# What is asked in each round is put together once: that takes as long as SQLite's answer.
_IN_STATE = select(*_COLUMNS).where(JobRow.state == bindparam("state")).order_by(JobRow.id)
_UNFINISHED = select(*_COLUMNS).where(JobRow.state.in_(sorted(UNFINISHED))).order_by(JobRow.id)
_TO_LOOK_UP = (
    select(*_COLUMNS)
    .where(
        (JobRow.look_up_at <= _NOW)
        | (JobRow.look_up_at > _LATEST)
        | ((JobRow.look_up_at > bindparam("latest_link")) & (JobRow.state == JobState.SUCCEEDED))
    )
    .order_by(JobRow.look_up_at)
    .limit(20)
)
# Two queries, so that each has its partial index.
_WAITS = (JobRow.deliver_after > _NOW) & (JobRow.deliver_after <= _LATEST)
_DUE = select(*_COLUMNS).where(JobRow.deliver_after.is_(None) | ~_WAITS).order_by(JobRow.id)
_BEHIND = _DUE.where(JobRow.shown < JobRow.revision, JobRow.message_id.is_not(None))
_UNSEEN = _DUE.where(JobRow.thumbnail_due, JobRow.message_id.is_(None))


class SqlJobs:
    """Implements the `Jobs` port."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, new: NewJob, now: datetime) -> Job:
        values = {
            "server_id": new.account.server_id,
            "member_id": new.account.member_id,
            "kind": new.kind,
            "prompt": new.prompt,
            "speed": new.speed,
            "price": new.price,
            "channel_id": new.channel_id,
            "state": JobState.QUEUED,
            "created_at": now,
            "changed_at": now,
            "parent_id": new.parent_id,
            "parent_message_id": new.parent_message_id,
            "token": new.token,
            "token_expires_at": now + TOKEN_LIFE,
            "dimensions": new.dimensions,
            "image": asdict(new.image) if new.image else None,
            "source_picture": new.source_picture,
            "private": new.private,
        }
        if new.pressed is not None:
            values["pressed_custom_id"] = new.pressed.custom_id
            values["pressed_label"] = new.pressed.label
            values["pressed_emoji"] = new.pressed.emoji
        added = await self._connection.execute(insert(JobRow).values(values).returning(*_COLUMNS))
        job = to_job(added.one())
        if new.sources:
            rows = [{"job_id": job.id, "position": n, "data": data} for n, data in enumerate(new.sources)]
            await self._connection.execute(insert(SourceRow), rows)
        if new.thumbnail is not None:
            await self._connection.execute(insert(ThumbnailRow).values(job_id=job.id, data=new.thumbnail))
        return job

    async def get(self, job_id: int) -> Job | None:
        return await self._first(select(*_COLUMNS).where(JobRow.id == job_id))

    async def move(
        self, job_id: int, old: JobState, new: JobState, now: datetime, *, visible: bool = True, **changes: Any
    ) -> Job | None:
        if new not in TRANSITIONS[old]:
            raise ValueError(f"a job cannot go from {old} to {new}")
        changes |= {"state": new, "changed_at": now, "deliver_after": None}
        changes |= {"delivery_tries": 0, "picture_tries": 0}
        # Who comes back was not served after all, and keeps place and turn.
        changes |= {"turn": None} if new is JobState.QUEUED else {"place": None}
        return await self._note(job_id, old, visible, changes)

    async def note(self, job_id: int, state: JobState, *, visible: bool, **changes: Any) -> Job | None:
        return await self._note(job_id, state, visible, changes)

    async def set_card(self, job_id: int, message_id: int) -> Job | None:
        return await self._change(JobRow.id == job_id, {"message_id": message_id, "shown": 0})

    async def replace_card(
        self, job_id: int, old: int | None, new: int, channel_id: int, token: str, now: datetime
    ) -> bool:
        changes: dict[str, Any] = {
            "message_id": new,
            "pictures": [],
            "picture_tries": 0,
            "source_picture": None,
            "unseen": False,
            "token": token,
            "token_expires_at": now + TOKEN_LIFE,
            "channel_id": channel_id,
            # A link to the parent holds only in the channel that both are in.
            "parent_message_id": case((JobRow.channel_id == channel_id, JobRow.parent_message_id)),
        }
        this_card = (JobRow.id == job_id) & JobRow.message_id.is_not_distinct_from(old)
        return await self._change(this_card, changes | {"revision": JobRow.revision + 1}) is not None

    async def drop_card(self, job_id: int, message_id: int | None, *, unseen: bool = False) -> None:
        this_card = (JobRow.id == job_id) & (JobRow.message_id == message_id)
        # `source_picture` stays: it tells for ever that the job was made from pictures, which are not kept.
        await self._change(this_card, {"message_id": None, "pictures": [], "unseen": unseen})

    async def mark_shown(self, job_id: int, message_id: int | None, revision: int, pictures: Sequence[str]) -> None:
        changes: dict[str, Any] = {"shown": revision, "delivery_tries": 0, "deliver_after": None}
        if pictures:
            changes["pictures"] = list(pictures)
        this_card = (JobRow.id == job_id) & (JobRow.message_id == message_id)
        await self._change(this_card & (JobRow.shown < revision), changes)

    async def postpone_card(
        self, job_id: int, revision: int, until: datetime, *, delivery_tries: int, picture_tries: int
    ) -> None:
        changes = {"deliver_after": until, "delivery_tries": delivery_tries, "picture_tries": picture_tries}
        await self._change((JobRow.id == job_id) & (JobRow.revision == revision), changes)

    async def claim_announcement(self, job_id: int) -> bool:
        claimed = await self._change((JobRow.id == job_id) & ~JobRow.announced, {"announced": True})
        return claimed is not None

    async def unfinished(self) -> list[Job]:
        return await self._all(_UNFINISHED)

    async def unfinished_of(self, account: Account) -> list[Job]:
        return await self._all(
            _UNFINISHED.where(JobRow.server_id == account.server_id, JobRow.member_id == account.member_id)
        )

    async def pressed_by(self, parent_id: int, custom_id: str, account: Account, since: datetime) -> Job | None:
        pressed = _pressed(parent_id, custom_id).where(_of(account), JobRow.created_at >= since)
        return await self._first(pressed.limit(1))

    async def picked(self, parent_id: int, custom_id: str, account: Account, channel_id: int) -> Job | None:
        seen = _of(account) | ((JobRow.channel_id == channel_id) & ~JobRow.private)
        return await self._first(_pressed(parent_id, custom_id).where(seen).limit(1))

    async def hold(self, held: bool) -> int:
        changed = await self._connection.execute(
            update(JobRow)
            .where(JobRow.state.in_(sorted(UNFINISHED)), JobRow.kind != JobKind.DALLE, JobRow.held.is_(not held))
            .values(held=held, revision=JobRow.revision + 1)
        )
        return changed.rowcount

    async def in_state(self, state: JobState) -> list[Job]:
        return await self._all(_IN_STATE, state=state)

    async def cardless(self) -> list[Job]:
        # A running job whose card was deleted goes on; a queued one could not be started without a card.
        lost = (JobRow.shown < 0) | (JobRow.state == JobState.QUEUED)
        return await self._all(_UNFINISHED.where(JobRow.message_id.is_(None), lost))

    async def to_look_up(self, now: datetime) -> list[Job]:
        latest = {"latest": now + LATE_LOOK_UP_EVERY, "latest_link": now + LASTING_LINK_EVERY}
        return await self._all(_TO_LOOK_UP, now=now, **latest)

    async def owed(self, now: datetime) -> list[Job]:
        times = {"now": now, "latest": now + LONGEST_CARD_WAIT}
        return await self._all(_BEHIND, **times) + await self._all(_UNSEEN, **times)

    async def owners_of(self, task_ids: Sequence[int]) -> set[int]:
        found = await self._connection.scalars(select(JobRow.task_id).where(JobRow.task_id.in_(task_ids)))
        return {task_id for task_id in found if task_id is not None}

    async def count_from_now(self, now: datetime) -> None:
        ahead = JobRow.state.in_(sorted(UNFINISHED)) & (JobRow.changed_at > now)
        times = (JobRow.created_at, JobRow.changed_at, JobRow.attempted_at)
        values = {time.key: case((time > now, now), else_=time) for time in times}
        await self._connection.execute(update(JobRow).where(ahead).values(values))

    async def forget_tokens(self, now: datetime) -> None:
        await self._connection.execute(
            update(JobRow)
            .where(JobRow.token.is_not(None), JobRow.token_expires_at <= now)
            .values(token=None, token_expires_at=None)
        )

    async def note_post(self, job_id: int, channel_id: int, message_id: int) -> None:
        values = {"job_id": job_id, "channel_id": channel_id, "message_id": message_id}
        await self._connection.execute(insert(PostRow).values(values).prefix_with("OR IGNORE"))

    async def is_posted_in(self, job_id: int, channel_id: int) -> bool:
        query = select(PostRow.job_id).where(PostRow.job_id == job_id, PostRow.channel_id == channel_id)
        return await self._connection.scalar(query.limit(1)) is not None

    async def _note(self, job_id: int, state: JobState, visible: bool, changes: dict[str, Any]) -> Job | None:
        if visible:
            changes["revision"] = JobRow.revision + 1
        if "actions" in changes:
            changes["actions"] = [_action_to_json(action) for action in changes["actions"]]
        return await self._change((JobRow.id == job_id) & (JobRow.state == state), changes)

    async def _change(self, condition: ColumnElement[bool], changes: dict[str, Any]) -> Job | None:
        # What was under way when its owner deleted a job must not bring content back.
        living = update(JobRow).where(condition, ~JobRow.deleted)
        changed = await self._connection.execute(living.values(changes).returning(*_COLUMNS))
        row = changed.first()
        return None if row is None else to_job(row)

    async def _first(self, query: Select[Any]) -> Job | None:
        row = (await self._connection.execute(query)).first()
        return None if row is None else to_job(row)

    async def _all(self, query: Select[Any], **values: object) -> list[Job]:
        return [to_job(row) for row in await self._connection.execute(query, values)]


def _pressed(parent_id: int, custom_id: str) -> Select[Any]:
    """Jobs of this button that were not given up, the newest first."""
    query = select(*_COLUMNS).where(JobRow.parent_id == parent_id, JobRow.pressed_custom_id == custom_id)
    return query.where(JobRow.state.not_in(REFUNDED)).order_by(JobRow.id.desc())


def _of(account: Account) -> ColumnElement[bool]:
    # The sums keep SQLite on the index by parent and button, which leads to fewer rows.
    return (JobRow.server_id + 0 == account.server_id) & (JobRow.member_id + 0 == account.member_id)


def _action_to_json(action: Action) -> dict[str, str]:
    return {"custom_id": action.custom_id, "label": action.label, "emoji": action.emoji}


def to_job(row: Row[Any]) -> Job:
    """A row of all columns as the domain knows it."""
    pressed = None
    if row.pressed_custom_id is not None:
        pressed = Action(row.pressed_custom_id, row.pressed_label or "", row.pressed_emoji or "")
    return Job(
        id=row.id,
        account=Account(row.server_id, row.member_id),
        kind=JobKind(row.kind),
        prompt=row.prompt,
        speed=Speed(row.speed),
        price=row.price,
        channel_id=row.channel_id,
        state=JobState(row.state),
        created_at=row.created_at,
        changed_at=row.changed_at,
        parent_id=row.parent_id,
        parent_message_id=row.parent_message_id,
        pressed=pressed,
        dimensions=Dimensions(row.dimensions) if row.dimensions else None,
        image=ImageOptions(**row.image) if row.image else None,
        source_picture=row.source_picture,
        message_id=row.message_id,
        token=row.token,
        token_expires_at=row.token_expires_at,
        task_id=row.task_id,
        task_floor=row.task_floor,
        progress=row.progress,
        attempted_at=row.attempted_at,
        finished_at=row.finished_at,
        failure=row.failure,
        actions=tuple(Action(**action) for action in row.actions),
        source_url=row.source_url,
        lasting_url=row.lasting_url,
        suggestions=tuple(row.suggestions),
        pictures=tuple(row.pictures),
        thumbnail_due=row.thumbnail_due,
        look_up_at=row.look_up_at,
        revision=row.revision,
        shown=row.shown,
        delivery_tries=row.delivery_tries,
        picture_tries=row.picture_tries,
        announced=row.announced,
        gift=row.gift,
        deleted=row.deleted,
        private=row.private,
        place=row.place,
        turn=row.turn,
        attempts=row.attempts,
        start_after=row.start_after,
        held=row.held,
        unseen=row.unseen,
    )
