"""Who may start, and where everyone else stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.job import Account, Job, JobKind, JobState, Speed
from bot.domain.line import BEHIND_OWN, Line, Room

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
A, B = Account(1, 11), Account(1, 12)
PICTURE, IMAGE = JobKind.IMAGINE, JobKind.DALLE
JOB = Job(0, A, PICTURE, "a heron", Speed.FAST, 2, 100, JobState.QUEUED, NOON, NOON, message_id=7)
ROOM = Room(images=False, per_account=3, in_all=4)


def line(waiting: list[Account], there: list[tuple[Account, JobKind]] | None = None) -> Line:
    """Jobs numbered from 1 in the order of the line."""
    jobs = tuple(replace(JOB, id=n, account=account) for n, account in enumerate(waiting, 1))
    return Line(jobs, tuple(there or []))


def changed(found: Line, job_id: int, **facts: object) -> Line:
    jobs = tuple(replace(job, **facts) if job.id == job_id else job for job in found.waiting)  # type: ignore[arg-type]
    return replace(found, waiting=jobs)


@pytest.mark.parametrize(
    ("waiting", "there", "starting", "places"),
    [
        ([], [], [], []),
        ([A, B, A], [], [1, 2, 3], [1, 2, 3]),
        ([A, B, A, B, A], [], [1, 2, 3, 4], [1, 2, 3, 4, 5]),
        ([A, A, A, A], [], [1, 2, 3], [1, 2, 3, BEHIND_OWN]),
        ([A, B, A], [(A, PICTURE)] * 3, [2], [BEHIND_OWN, 1, BEHIND_OWN]),
        ([A, B], [(A, IMAGE)] * 3, [2], [BEHIND_OWN, 1]),
        ([A, B, A], [(B, PICTURE)] * 3, [1], [1, BEHIND_OWN, 2]),
        ([A, A], [(Account(9, n), PICTURE) for n in range(4)], [], [1, 2]),
        ([A, A], [(Account(9, n), PICTURE) for n in range(9)], [], [1, 2]),
        ([A, A], [(Account(9, n), IMAGE) for n in range(9)], [1, 2], [1, 2]),
    ],
    ids=[
        "nobody",
        "room for all",
        "the service fills up",
        "the account fills up",
        "its own are running",
        "its own are being painted",
        "the other's are running",
        "the service is full",
        "it is more than full",
        "the other service is full",
    ],
)
def test_who_is_first_and_has_room_starts_and_the_others_stand_in_line(
    waiting: list[Account], there: list[tuple[Account, JobKind]], starting: list[int], places: list[int]
) -> None:
    found = line(waiting, there)
    assert [job.id for job in found.startable(ROOM, NOON)] == starting
    assert list(found.places(ROOM).values()) == places
    for job in found.waiting:
        expected = None if job.id in starting else places[job.id - 1]
        assert found.place_of_newcomer(job.id, ROOM) == expected


@pytest.mark.parametrize("facts", [{"message_id": None}, {"start_after": NOON + timedelta(seconds=1)}])
def test_who_is_not_ready_is_passed_over_and_keeps_the_place(facts: dict[str, object]) -> None:
    found = changed(line([A, B, A], [(B, PICTURE)] * 2), 1, **facts)
    assert [job.id for job in found.startable(ROOM, NOON)] == [2, 3]
    assert list(found.places(ROOM).values()) == [1, 2, 3]
    assert [job.id for job in found.startable(ROOM, NOON + timedelta(seconds=1))][:1] == [
        1 if "start_after" in facts else 2
    ]


def test_who_is_not_ready_takes_no_room_from_its_owners_next() -> None:
    found = changed(line([A, A], [(A, PICTURE)] * 2), 1, message_id=None)
    assert [job.id for job in found.startable(ROOM, NOON)] == [2]
