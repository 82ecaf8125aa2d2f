"""The `Storage` port in dictionaries: what the services are tested on. The contract suite holds it to the real one."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.job import (
    LASTING_LINK_EVERY,
    LATE_LOOK_UP_EVERY,
    LONGEST_CARD_WAIT,
    REFUNDED,
    TRANSITIONS,
    UNFINISHED,
    Account,
    Job,
    JobKind,
    JobState,
    NewJob,
)
from tests.storage.memory_credits import Credits, MemoryLedger, MemoryQuotas
from tests.storage.memory_history import MemoryHistory
from tests.storage.memory_queue import MemoryQueue

TOKEN_LIFE = timedelta(minutes=14)


@dataclass
class State(Credits):
    """Everything that is stored."""

    jobs: dict[int, Job] = field(default_factory=dict)
    deliver_after: dict[int, datetime] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    sources: dict[int, tuple[bytes, ...]] = field(default_factory=dict)
    results: dict[int, tuple[bytes, ...]] = field(default_factory=dict)
    thumbnails: dict[int, bytes] = field(default_factory=dict)
    posts: frozenset[tuple[int, int, int]] = frozenset()

    def copy(self) -> "State":
        return State(**{each.name: copy(getattr(self, each.name)) for each in fields(self)})


class MemoryStorage:
    """Implements the `Storage` port in a dictionary: a transaction works on a copy that only a commit keeps."""

    def __init__(self) -> None:
        self.state = State()
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator["MemoryUnitOfWork", None]:
        yield MemoryUnitOfWork(self.state.copy(), keep=lambda _: None)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator["MemoryUnitOfWork", None]:
        async with self._turn:
            yield MemoryUnitOfWork(self.state.copy(), keep=self._keep)

    def _keep(self, state: State) -> None:
        self.state = state.copy()


class MemoryUnitOfWork:
    """One transaction on a copy."""

    def __init__(self, state: State, keep: Callable[[State], None]) -> None:
        self._state = state
        self._keep = keep
        self.jobs = MemoryJobs(state)
        self.queue = MemoryQueue(state.jobs)
        self.history = MemoryHistory(state)
        self.pictures = MemoryPictures(state)
        self.ledger = MemoryLedger(state)
        self.quotas = MemoryQuotas(state)
        self.facts = MemoryFacts(state)

    async def commit(self) -> None:
        self._keep(self._state)


class MemoryFacts:
    """Implements the `Facts` port."""

    def __init__(self, state: State) -> None:
        self._facts = state.facts

    async def get(self, name: str) -> str | None:
        return self._facts.get(name)

    async def set(self, name: str, value: str) -> None:
        self._facts[name] = value


class MemoryPictures:
    """Implements the `Pictures` port."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def sources(self, job_id: int) -> list[bytes]:
        return list(self._state.sources.get(job_id, ()))

    async def forget_sources(self, job_id: int) -> None:
        self._state.sources.pop(job_id, None)

    async def keep_results(self, job_id: int, pictures: Sequence[bytes]) -> None:
        self._state.results[job_id] = tuple(pictures)

    async def results(self, job_id: int) -> list[bytes]:
        return list(self._state.results.get(job_id, ()))

    async def forget_results(self, job_id: int) -> None:
        self._state.results.pop(job_id, None)

    async def forget_old_results(self, before: datetime) -> None:
        for job in self._state.jobs.values():
            if job.finished_at is not None and job.finished_at < before:
                self._state.results.pop(job.id, None)

    async def forget_thumbnail(self, job_id: int) -> None:
        self._state.thumbnails.pop(job_id, None)

    async def keep_thumbnail(self, job_id: int, data: bytes | None) -> None:
        if self._state.jobs[job_id].deleted:
            return
        if data is not None:
            self._state.thumbnails[job_id] = data
        self._state.jobs[job_id] = replace(self._state.jobs[job_id], thumbnail_due=False)

    async def thumbnails(self, job_ids: Sequence[int]) -> dict[int, bytes]:
        return {job_id: self._state.thumbnails[job_id] for job_id in job_ids if job_id in self._state.thumbnails}


class MemoryJobs:
    """Implements the `Jobs` port."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def add(self, new: NewJob, now: datetime) -> Job:
        values = {name: getattr(new, name) for name in NewJob.__slots__ if name not in ("sources", "thumbnail")}
        times = {"created_at": now, "changed_at": now, "token_expires_at": now + TOKEN_LIFE}
        job = Job(id=max(self._state.jobs, default=0) + 1, state=JobState.QUEUED, **values, **times)
        self._state.jobs[job.id] = job
        if new.sources:
            self._state.sources[job.id] = new.sources
        if new.thumbnail is not None:
            self._state.thumbnails[job.id] = new.thumbnail
        return job

    async def get(self, job_id: int) -> Job | None:
        return self._state.jobs.get(job_id)

    async def move(
        self, job_id: int, old: JobState, new: JobState, now: datetime, *, visible: bool = True, **changes: Any
    ) -> Job | None:
        if new not in TRANSITIONS[old]:
            raise ValueError(f"a job cannot go from {old} to {new}")
        job = self._state.jobs.get(job_id)
        if job is None or job.state is not old:
            return None
        self._state.deliver_after.pop(job_id, None)
        changes |= {"state": new, "changed_at": now, "revision": job.revision + visible}
        changes |= {"delivery_tries": 0, "picture_tries": 0}
        changes |= {"turn": None} if new is JobState.QUEUED else {"place": None}
        return self._change(job_id, **changes)

    async def note(self, job_id: int, state: JobState, *, visible: bool, **changes: Any) -> Job | None:
        job = self._state.jobs.get(job_id)
        if job is None or job.state is not state:
            return None
        return self._change(job_id, revision=job.revision + visible, **changes)

    async def set_card(self, job_id: int, message_id: int) -> Job | None:
        return self._change(job_id, message_id=message_id, shown=0)

    async def replace_card(
        self, job_id: int, old: int | None, new: int, channel_id: int, token: str, now: datetime
    ) -> bool:
        job = self._state.jobs.get(job_id)
        if job is None or job.message_id != old:
            return False
        fresh = {"pictures": (), "picture_tries": 0, "source_picture": None, "unseen": False}
        fresh |= {"token": token, "token_expires_at": now + TOKEN_LIFE}
        parent = job.parent_message_id if job.channel_id == channel_id else None
        moved = {"message_id": new, "channel_id": channel_id, "parent_message_id": parent}
        return self._change(job_id, revision=job.revision + 1, **moved, **fresh) is not None

    async def drop_card(self, job_id: int, message_id: int | None, *, unseen: bool = False) -> None:
        job = self._state.jobs.get(job_id)
        if job is not None and job.message_id == message_id:
            self._change(job_id, message_id=None, pictures=(), unseen=unseen)

    async def mark_shown(self, job_id: int, message_id: int | None, revision: int, pictures: Sequence[str]) -> None:
        job = self._state.jobs.get(job_id)
        if job is not None and job.message_id == message_id and job.shown < revision:
            self._change(job_id, shown=revision, delivery_tries=0, pictures=tuple(pictures) or job.pictures)
            self._state.deliver_after.pop(job_id, None)

    async def postpone_card(
        self, job_id: int, revision: int, until: datetime, *, delivery_tries: int, picture_tries: int
    ) -> None:
        job = self._state.jobs.get(job_id)
        if job is not None and job.revision == revision:
            self._change(job_id, delivery_tries=delivery_tries, picture_tries=picture_tries)
            self._state.deliver_after[job_id] = until

    async def claim_announcement(self, job_id: int) -> bool:
        job = self._state.jobs.get(job_id)
        return job is not None and not job.announced and self._change(job_id, announced=True) is not None

    async def unfinished(self) -> list[Job]:
        return self._where(lambda job: job.state in UNFINISHED)

    async def unfinished_of(self, account: Account) -> list[Job]:
        return self._where(lambda job: job.account == account and job.state in UNFINISHED)

    async def pressed_by(self, parent_id: int, custom_id: str, account: Account, since: datetime) -> Job | None:
        found = self._pressed(parent_id, custom_id)
        return next((job for job in found if job.account == account and job.created_at >= since), None)

    async def picked(self, parent_id: int, custom_id: str, account: Account, channel_id: int) -> Job | None:
        found = self._pressed(parent_id, custom_id)
        here = [job for job in found if job.channel_id == channel_id and not job.private]
        return next((job for job in found if job.account == account or job in here), None)

    def _pressed(self, parent_id: int, custom_id: str) -> list[Job]:
        def fits(job: Job) -> bool:
            pressed = job.pressed is not None and job.pressed.custom_id == custom_id
            return pressed and job.parent_id == parent_id and job.state not in REFUNDED

        return self._where(fits)[::-1]

    async def hold(self, held: bool) -> int:
        def fits(job: Job) -> bool:
            return job.state in UNFINISHED and job.kind is not JobKind.DALLE and job.held is not held

        found = self._where(fits)
        for job in found:
            self._change(job.id, held=held, revision=job.revision + 1)
        return len(found)

    async def in_state(self, state: JobState) -> list[Job]:
        return self._where(lambda job: job.state is state)

    async def cardless(self) -> list[Job]:
        return self._where(
            lambda job: (
                job.message_id is None and (job.state is JobState.QUEUED or (job.state in UNFINISHED and job.shown < 0))
            )
        )

    async def to_look_up(self, now: datetime) -> list[Job]:
        def came(job: Job, at: datetime) -> bool:
            every = LASTING_LINK_EVERY if job.state is JobState.SUCCEEDED else LATE_LOOK_UP_EVERY
            return at <= now or at > now + every

        found = [(job.look_up_at, job) for job in self._state.jobs.values() if job.look_up_at]
        return [job for at, job in sorted(found, key=lambda pair: pair[0]) if came(job, at)][:20]

    async def owed(self, now: datetime) -> list[Job]:
        after = self._state.deliver_after
        behind = self._where(lambda job: job.shown < job.revision and job.message_id is not None)
        unseen = self._where(lambda job: job.thumbnail_due and job.message_id is None)
        waiting = {job_id for job_id, at in after.items() if now < at <= now + LONGEST_CARD_WAIT}
        return [job for job in behind + unseen if job.id not in waiting]

    async def owners_of(self, task_ids: Sequence[int]) -> set[int]:
        held = {job.task_id for job in self._state.jobs.values()}
        return {task_id for task_id in task_ids if task_id in held}

    async def count_from_now(self, now: datetime) -> None:
        for job in self._where(lambda job: job.state in UNFINISHED and job.changed_at > now):
            times = {"created_at": min(job.created_at, now), "changed_at": now}
            attempted_at = None if job.attempted_at is None else min(job.attempted_at, now)
            self._change(job.id, **times, attempted_at=attempted_at)

    async def forget_tokens(self, now: datetime) -> None:
        for job in self._where(lambda job: job.token_expires_at is not None and job.token_expires_at <= now):
            self._change(job.id, token=None, token_expires_at=None)

    async def note_post(self, job_id: int, channel_id: int, message_id: int) -> None:
        self._state.posts |= {(job_id, channel_id, message_id)}

    async def is_posted_in(self, job_id: int, channel_id: int) -> bool:
        return (job_id, channel_id) in {post[:2] for post in self._state.posts}

    def _where(self, fits: Callable[[Job], bool]) -> list[Job]:
        return [job for _, job in sorted(self._state.jobs.items()) if fits(job)]

    def _change(self, job_id: int, **changes: Any) -> Job | None:
        if job_id not in self._state.jobs or self._state.jobs[job_id].deleted:
            return None
        if "deliver_after" in changes:  # a column, and none of the job's own facts
            changes.pop("deliver_after")
            self._state.deliver_after.pop(job_id, None)
        changed = replace(self._state.jobs[job_id], **changes)
        others = (job.task_id for job in self._state.jobs.values() if job.id != job_id)
        if changed.task_id is not None and changed.task_id in others:
            raise ValueError(f"task {changed.task_id} is held by another job")
        self._state.jobs[job_id] = changed
        return changed
