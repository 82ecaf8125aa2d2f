"""What OhMyGPT's answers mean, and what is made of those that mean nothing."""

import logging
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.action import Action
from bot.domain.errors import NonsenseAnswer
from bot.domain.job import Speed
from bot.domain.task import Task, TaskState
from bot.providers.ohmygpt_answers import (
    NO_REASON,
    TaskReader,
    read_balance,
    read_progress,
    read_suggestions,
    read_time,
)

UUID = "01234567-89ab-cdef-0123-456789abcdef"

FINISHED: dict[str, Any] = {
    "taskId": 1714000000000001,
    "taskType": "FAST",
    "status": "SUCCESS",
    "action": "IMAGINE",
    "progress": "100%",
    "description": "/imagine a heron --ar 3:2",
    "prompt": "a heron --ar 3:2",
    "failReason": None,
    "submitTime": "2026-05-01T12:00:00.000Z",
    "startTime": "2026-05-01T12:00:02.000Z",
    "finishTime": "2026-05-01T12:00:40.000Z",
    "webhookUrl": None,
    "imageDcUrl": "https://cdn.discordapp.com/attachments/1/2/heron.png?ex=1&is=2&hm=3",
    "imageS3Url": "https://s3.test/heron.png",
    "actions": [
        {"customId": f"MJ::JOB::upsample::1::{UUID}", "emoji": "", "label": "U1"},
        {"customId": f"MJ::JOB::reroll::0::{UUID}::SOLO", "emoji": "🔄", "label": ""},
    ],
}


def read(**changes: object) -> Task:
    return TaskReader().task({**FINISHED, **changes})


def test_a_finished_task_is_read_whole() -> None:
    assert read() == Task(
        id=1714000000000001,
        state=TaskState.SUCCEEDED,
        kind="IMAGINE",
        speed=Speed.FAST,
        prompt="a heron --ar 3:2",
        progress=100,
        submitted_at=datetime(2026, 5, 1, 12, 0, tzinfo=UTC),
        source_url="https://cdn.discordapp.com/attachments/1/2/heron.png?ex=1&is=2&hm=3",
        lasting_url="https://s3.test/heron.png",
        actions=(
            Action(f"MJ::JOB::upsample::1::{UUID}", "U1", ""),
            Action(f"MJ::JOB::reroll::0::{UUID}::SOLO", "", "🔄"),
        ),
    )


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("NOT_START", TaskState.WAITING),
        ("SUBMITTED", TaskState.WAITING),
        ("IN_PROGRESS", TaskState.RUNNING),
        ("SUCCESS", TaskState.SUCCEEDED),
        ("FAILURE", TaskState.FAILED),
        ("success ", TaskState.SUCCEEDED),
        ("MODAL", TaskState.RUNNING),
        ("", TaskState.RUNNING),
        (None, TaskState.RUNNING),
        (7, TaskState.RUNNING),
    ],
)
def test_status_words(word: object, state: TaskState) -> None:
    assert read(status=word).state is state


def test_an_unknown_status_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    reader = TaskReader()
    for word in ("MODAL", "MODAL", "PAUSED", "SUCCESS", "MODAL"):
        reader.task({**FINISHED, "status": word})
    assert [(record.levelno, record.args) for record in caplog.records] == [
        (logging.WARNING, ("MODAL",)),
        (logging.WARNING, ("PAUSED",)),
    ]


@pytest.mark.parametrize(
    ("given", "percent"),
    [
        ("46%", 46), ("0%", 0), ("100%", 100), (" 46 % ", 46), ("46.9%", 46), ("46", 46), (46, 46), (46.5, 46),
        ("250%", 100), (-3, 0), (10**400, 100), (float("inf"), 100), ("9" * 5000, 100), (float("nan"), None),
        ("", None), (None, None), ("abc", None), ("%", None), (True, None), ([46], None), ("٤٦%", None),
    ],
)  # fmt: skip
def test_progress(given: object, percent: int | None) -> None:
    assert read_progress(given) == percent


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2026-05-01T12:00:00Z", datetime(2026, 5, 1, 12, tzinfo=UTC)),
        ("2026-05-01T14:00:00.000+02:00", datetime(2026, 5, 1, 12, tzinfo=UTC)),
        ("2026-05-01T12:00:00", datetime(2026, 5, 1, 12, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1714000000, None),
    ],
)
def test_times(given: object, moment: datetime | None) -> None:
    assert read_time(given) == moment


@pytest.mark.parametrize("given", [None, [], {}, "none", [None, 5, "x", {}, {"customId": None}, {"customId": " "}]])
def test_missing_or_unusable_actions_are_none(given: object) -> None:
    assert read(actions=given).actions == ()
    assert TaskReader().task({"taskId": 5}).actions == ()


@pytest.mark.parametrize(
    "given",
    [
        None,
        5,
        "",
        "javascript:x",
        "https://",
        "https://x.test:0/a",
        "https://x.test/a b",
        "https://x.test/" + "a" * 4000,
    ],
)
def test_a_link_that_leads_nowhere_is_none(given: object) -> None:
    task = read(imageS3Url=given)
    assert (task.lasting_url, task.source_url) == (None, FINISHED["imageDcUrl"])


def test_actions_without_label_or_emoji_stay() -> None:
    assert read(actions=[{"customId": "a", "label": None}, {"nothing": 1}, {"customId": "b", "emoji": 3}]).actions == (
        Action("a"),
        Action("b"),
    )


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("Banned prompt", "Banned prompt"),
        ('{"code": 1, "message": "Image denied"}', "Image denied"),
        (None, NO_REASON),
        ("", NO_REASON),
        (5, NO_REASON),
    ],
)
def test_a_failure_always_has_a_sentence(reason: object, failure: str) -> None:
    assert read(status="FAILURE", failReason=reason).failure == failure
    assert read(status="IN_PROGRESS", failReason=reason).failure is None


def test_odd_fields_are_left_out() -> None:
    task = read(imageDcUrl="", imageS3Url="javascript:x", prompt=None, taskType="TURBO", action=4, submitTime=[])
    assert task == Task(FINISHED["taskId"], TaskState.SUCCEEDED, progress=100, actions=task.actions)
    assert read(prompt="half \ud83d").prompt == "half ?"


@pytest.mark.parametrize("id", [None, "", "x", 0, -1, 2**63, True, 1.5, [1], "9" * 30, "٣"])
def test_a_task_needs_an_id(id: object) -> None:
    with pytest.raises(NonsenseAnswer):
        read(taskId=id)
    assert read(taskId="42").id == 42


@pytest.mark.parametrize(
    "data", [None, 5, {}, {"balance": None}, {"balance": "NaN"}, {"balance": "1e999"}, {"balance": "x"}]
)
def test_a_balance_without_an_amount_is_nonsense(data: object) -> None:
    with pytest.raises(NonsenseAnswer):
        read_balance(data)


def test_a_balance_may_come_as_numbers_and_without_a_free_part() -> None:
    balance = read_balance({"balance": 12.5})
    assert (balance.paid, balance.free) == (Decimal("12.5"), Decimal(0))


DESCRIPTION = (
    "1️⃣ a heron, [Hokusai](https://www.google.com/search?q=Hokusai) --ar 3:2\n\n2️⃣ reeds\nat dawn\n\n"
    "3️⃣ a pond with 4 ducks\n\n4️⃣ fog"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (DESCRIPTION, ("a heron, Hokusai --ar 3:2", "reeds at dawn", "a pond with 4 ducks", "fog")),
        ("1⃣ without a selector\n2⃣ nor here", ("without a selector", "nor here")),
        ("1️⃣ one\n\n2️⃣ \n\n3️⃣ three", ("one", "three")),
        ("".join(f"\n{n}️⃣ x{n}" for n in range(1, 8)), ("x1", "x2", "x3", "x4")),
        ("a heron 1️⃣ in the middle of a line", ()),
        ("a heron", ()),
        ("", ()),
        (None, ()),
        (7, ()),
    ],
)
def test_suggestions_are_numbered_paragraphs(text: object, found: tuple[str, ...]) -> None:
    assert read_suggestions(text) == found


@pytest.mark.parametrize(
    ("facts", "has_some"),
    [
        ({"action": "DESCRIBE"}, True),
        ({"action": "ACTION"}, True),
        ({"action": "describe", "imageDcUrl": "https://cdn.test/a.png"}, True),
        ({"action": "IMAGINE", "imageDcUrl": "https://cdn.test/a.png"}, False),
        ({"action": "DESCRIBE", "status": "IN_PROGRESS"}, False),
    ],
)
def test_only_a_description_has_suggestions(facts: dict[str, object], has_some: bool) -> None:
    task = TaskReader().task({"taskId": 1, "status": "SUCCESS", "prompt": DESCRIPTION} | facts)
    assert bool(task.suggestions) is has_some
