"""A line of waiting jobs: whoever is first in it and has room is started, and all others are told their place."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, KeysView
from datetime import datetime, timedelta

from bot.domain.job import NOT_READY_WAITS, Job, JobState
from bot.domain.line import Room
from bot.domain.ports import Clock
from bot.domain.repositories import Storage, UnitOfWork
from bot.services.hold import EVER
from bot.services.one_job import one_job

PLACE_GAP = timedelta(seconds=15)
"""The least time between two places that a card shows."""


class Starter:
    """Starts the jobs of one line, each in a supervised task that claims it and then does `carry_out`.

    While `is_open` says no, nobody starts, and everyone keeps their place.
    """

    def __init__(
        self,
        storage: Storage,
        room: Room,
        clock: Clock,
        *,
        carry_out: Callable[[Job], Awaitable[None]],
        is_open: Callable[[], bool],
        most_calls: int,
    ) -> None:
        self._storage = storage
        self._room = room
        self._clock = clock
        self._carry_out = carry_out
        self._is_open = is_open
        self._most_calls = most_calls
        self._placed: dict[int, datetime] = {}
        self.calls: dict[int, asyncio.Task[None]] = {}
        self._begun: dict[int, Job] = {}

    @property
    def in_flight(self) -> KeysView[int]:
        """The ids of the jobs that are on their way in this process."""
        return self.calls.keys()

    @property
    def on_their_way(self) -> Collection[Job]:
        """The same jobs, as they were when they were begun."""
        return self._begun.values()

    async def start(self) -> set[int]:
        """Begin what there is room for, in the order of the line; gives the ids of what was begun."""
        if not self._is_open():
            return set()
        async with self._storage.read() as uow:
            line = await uow.queue.line(self._room)
        waiting = [job for job in line.startable(self._room, self._clock()) if job.id not in self.calls]
        begun = waiting[: max(0, self._most_calls - len(self.calls))]
        for job in begun:
            self._begin(job)
        return {job.id for job in begun}

    async def drain(self) -> None:
        """Wait until nothing is on its way."""
        while self.calls:
            await asyncio.wait(self.calls.values())

    async def place_of_newcomer(self, uow: UnitOfWork, job: Job) -> int | None:
        """What the first card of a job says that has just been stored; None if it starts at once."""
        line = await uow.queue.line(self._room)
        return line.place_of_newcomer(job.id, self._room) if self._is_open() else line.places(self._room)[job.id]

    async def recount(self) -> None:
        """Note the places that have changed, those of one card not too often."""
        async with self._storage.read() as uow:
            line = await uow.queue.line(self._room)
        now, places = self._clock(), line.places(self._room)
        self._placed = {job_id: at for job_id, at in self._placed.items() if job_id in places}
        moved = [job for job in line.waiting if places[job.id] != job.place and self._may_redraw(job, now)]
        if not moved:
            return
        async with self._storage.write() as uow:
            for job in moved:
                await uow.jobs.note(job.id, JobState.QUEUED, visible=True, place=places[job.id])
            await uow.commit()
        self._placed |= {job.id: now for job in moved}

    def _may_redraw(self, job: Job, now: datetime) -> bool:
        if job.message_id is None or job.id in self.calls:
            return False  # its card is still to come, or to go
        if job.start_after is not None and abs(now - job.start_after) <= max(NOT_READY_WAITS):
            return False  # it is about to be tried again, of which nobody needs to know
        shown_at = self._placed.get(job.id, job.created_at if job.place is not None else EVER)
        return not timedelta() <= now - shown_at < PLACE_GAP  # a clock that stepped back must not stop it

    def _begin(self, job: Job) -> None:
        # It counts as on its way before it is claimed, so that recovery never takes it for lost.
        call = asyncio.create_task(self._claim(job), name=f"start job {job.id}")
        self.calls[job.id], self._begun[job.id] = call, job

        def ended(_: object) -> None:
            del self.calls[job.id], self._begun[job.id]

        call.add_done_callback(ended)

    async def _claim(self, job: Job) -> None:
        with one_job(job, "started"):
            async with self._storage.write() as uow:
                claimed = await uow.queue.claim(job.id, self._room, self._clock())
                await uow.commit()
            if claimed is not None:
                await self._carry_out(claimed)
