"""Waiting: who may start, and where everyone else stands."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.job import NOT_READY_WAITS, Account, Job, JobKind

BEHIND_OWN = 0
"""The place of a job that waits for its owner's other pictures, whoever else waits."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many jobs may be at a service at once, in all and of one account, whose jobs at other services count too."""

    images: bool
    """The image models; else Midjourney."""
    per_account: int
    in_all: int

    def serves(self, kind: JobKind) -> bool:
        return (kind is JobKind.DALLE) == self.images


@dataclass(frozen=True, slots=True)
class Line:
    """One moment: who waits for a service, in the order in which they start, and whose jobs are at any service."""

    waiting: tuple[Job, ...]
    at_services: tuple[tuple[Account, JobKind], ...]

    def startable(self, room: Room, now: datetime) -> list[Job]:
        """Those that may start now. Who is not ready is passed over: no card yet, or told to come back later."""
        ready = [job for job in self.waiting if job.message_id is not None and is_due(job, now)]
        return list(self._within_own_limit(ready, room))[: self._free(room)]

    def places(self, room: Room) -> dict[int, int]:
        """Where each job stands, counted from 1; BEHIND_OWN where its owner's own limit holds it back."""
        numbered = {job.id: place for place, job in enumerate(self._within_own_limit(self.waiting, room), 1)}
        return {job.id: numbered.get(job.id, BEHIND_OWN) for job in self.waiting}

    def place_of_newcomer(self, job_id: int, room: Room) -> int | None:
        """Where a job stands that has just come; None if it starts at once."""
        place = self.places(room)[job_id]
        return None if BEHIND_OWN < place <= self._free(room) else place

    def _free(self, room: Room) -> int:
        return max(0, room.in_all - sum(room.serves(kind) for _, kind in self.at_services))

    def _within_own_limit(self, jobs: list[Job] | tuple[Job, ...], room: Room) -> Iterator[Job]:
        """Those that could start if nobody else were there."""
        of_account = Counter(account for account, _ in self.at_services)
        for job in jobs:
            if of_account[job.account] < room.per_account:
                of_account[job.account] += 1
                yield job


NOBODY = Line((), ())
"""Nobody waits; who is at the services does not matter then."""


def is_due(job: Job, now: datetime) -> bool:
    """Whether a job's time has come; it has too when it is further away than any wait, since the clock stepped back."""
    after = job.start_after
    return after is None or not now < after <= now + max(NOT_READY_WAITS)
