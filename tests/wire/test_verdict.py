"""The verdict on a chaos run sees each kind of violation."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.job import Account, Job, JobKind, JobState, Speed
from tests.wire import verdict

NOW = datetime(2026, 1, 2, tzinfo=UTC)
JOB = Job(
    id=7,
    account=Account(1, 2),
    kind=JobKind.IMAGINE,
    prompt="a fox",
    speed=Speed.FAST,
    price=2,
    channel_id=3,
    state=JobState.SUCCEEDED,
    created_at=NOW,
    changed_at=NOW,
    message_id=9,
    revision=4,
    shown=4,
    pictures=("picture.png",),
    task_id=5,
    attempted_at=NOW,
)
ORDER = {"call": "imagine", "taskId": 5, "fields": {"prompt": "a fox"}}


class Shown:
    """A card that shows what it is told."""

    def __init__(self, *components: object, id: int = 9) -> None:
        self.id = id
        self.text = ""
        self.message = self
        self.components = components
        self.pictures = (b"",)


class Painter:
    """Every card should say "done"."""

    def draw(self, job: Job) -> "Painter":
        return self

    def to_components(self) -> list[object]:
        return [text("done")]


def text(content: str) -> dict[str, object]:
    return {"type": 17, "components": [{"type": 10, "content": content}]}


@pytest.mark.parametrize(
    ("job", "cards", "wrong"),
    [
        (replace(JOB, state=JobState.RUNNING), [Shown(text("done"))], "still running"),
        (JOB, [Shown(text("done")), Shown(text("done"), id=10)], "2 cards"),
        (JOB, [], "not there"),
        (replace(JOB, shown=3), [Shown(text("done"))], "owed"),
        (JOB, [Shown(text("46 %"))], "46 %"),
        (replace(JOB, message_id=None), [], "knows no card"),
        (replace(JOB, message_id=None, state=JobState.CANCELLED), [Shown(text("in line"))], "there is one"),
        (replace(JOB, pictures=()), [Shown(text("done"))], "without a picture"),
        (replace(JOB, pictures=("a", "b")), [Shown(text("done"))], "1 of 2 pictures"),
    ],
)
def test_a_card_that_is_not_true_is_seen(
    monkeypatch: pytest.MonkeyPatch, job: Job, cards: list[Shown], wrong: str
) -> None:
    monkeypatch.setattr(verdict, "_unreadable", lambda _: False)
    assert any(wrong in fault for fault in verdict._card_faults(job, cards, Painter()))
    assert not [*verdict._card_faults(JOB, [Shown(text("done"))], Painter())]


def test_credits_that_are_not_right_are_seen() -> None:
    failed = replace(JOB, state=JobState.FAILED)
    assert not [*verdict._credit_faults(JOB, Counter(reserve=2))]
    assert not [*verdict._credit_faults(failed, Counter(reserve=2, refund=-2))]
    assert [*verdict._credit_faults(failed, Counter(reserve=2))]
    assert [*verdict._credit_faults(JOB, Counter(reserve=2, refund=-2))]
    assert [*verdict._credit_faults(JOB, Counter())]


def test_what_was_made_twice_is_seen() -> None:
    jobs = {JOB.id: JOB}
    assert not [*verdict._order_faults(jobs, [ORDER])]
    assert [*verdict._order_faults(jobs, [ORDER, ORDER | {"taskId": 6}])]
    twin = replace(JOB, id=8, task_id=None, state=JobState.CANCELLED, attempted_at=None)
    assert [*verdict._order_faults(jobs | {twin.id: twin}, [ORDER, ORDER | {"taskId": 6}])], "it was never sent"
    assert [*verdict._order_faults(jobs, [])], "a task that was never made"
    describe = {"call": "describe", "taskId": 5, "fields": {"base64": "0123"}}
    assert [*verdict._order_faults(jobs, [describe, describe | {"taskId": 6}])]


@pytest.mark.parametrize(
    "line", [verdict.TOKEN, verdict.KEY, "/webhooks/1/simcord_interaction_5", "?ex=1&hm=2", *verdict.UNHANDLED]
)
def test_what_no_log_may_hold_is_seen(line: str) -> None:
    assert not [*verdict._log_faults("all is well\n")]
    assert [*verdict._log_faults(f"all is well\nbut {line}\n")]
