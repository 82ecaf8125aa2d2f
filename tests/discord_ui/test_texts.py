"""The words on cards: within Discord's limits whatever comes in, and each kind of job by its own name."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import discord
import pytest

from bot.discord_ui import texts
from bot.discord_ui.cards import card
from bot.domain.action import AGAIN, IMAGINE_THIS, Action, suggested
from bot.domain.image_models import ImageOptions
from bot.domain.job import Account, Dimensions, Job, JobKind, JobState, Speed

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
JOB = Job(
    id=1,
    account=Account(10**18, 2 * 10**18),
    kind=JobKind.IMAGINE,
    prompt="a heron",
    speed=Speed.FAST,
    price=2,
    channel_id=3 * 10**18,
    state=JobState.SUCCEEDED,
    created_at=NOON,
    changed_at=NOON,
    parent_message_id=4 * 10**18,
)
WORST = "*_~`|<@>[]()" * 400
DALLE: dict[str, Any] = {"kind": JobKind.DALLE, "image": ImageOptions("dall-e-3", "1792x1024", "hd", "vivid", 1)}
BLEND: dict[str, Any] = {"kind": JobKind.BLEND, "prompt": "--ar 2:3", "dimensions": Dimensions.PORTRAIT}
TITLES = [
    ({}, "a heron"),
    ({"prompt": "a heron --ar 3:2"}, "a heron"),
    ({"kind": JobKind.BLEND, "prompt": "--ar 2:3"}, "A blend of pictures"),
    ({"kind": JobKind.PRESS, "prompt": ""}, "A blend of pictures"),
    ({"kind": JobKind.DESCRIBE, "prompt": ""}, "A picture, described"),
    (DALLE | {"prompt": "a sign --so it is"}, "a sign --so it is"),
]


def shown(job: Job, pictures: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Every component of a card, nested ones included."""
    return parts_of(card(job, lambda _: True, pictures))


def parts_of(view: discord.ui.LayoutView) -> list[dict[str, Any]]:
    found, waiting = list[dict[str, Any]](), view.to_components()
    while waiting:
        part = waiting.pop(0)
        found.append(part)
        waiting[:0] = [*part.get("components", []), *filter(None, [part.get("accessory")])]
    return found


@pytest.mark.parametrize(("facts", "title"), TITLES)
def test_each_kind_has_its_title(facts: dict[str, Any], title: str) -> None:
    assert discord.utils.remove_markdown(texts.title(replace(JOB, **facts), 60)) == title


@pytest.mark.parametrize(
    "facts",
    [
        {"prompt": WORST},
        {"kind": JobKind.DESCRIBE, "prompt": WORST, "suggestions": (WORST,) * 4, "actions": suggested(4)},
        DALLE | {"prompt": WORST, "suggestions": (WORST,), "actions": (AGAIN, IMAGINE_THIS)},
        {"state": JobState.FAILED, "prompt": WORST, "failure": WORST[:900]},
        {"actions": tuple(Action(f"MJ::JOB::tomorrow::{n}", "x" * 200) for n in range(60)), "prompt": WORST},
    ],
    ids=["imagine", "describe", "dalle", "failed", "buttons"],
)
def test_a_card_stays_within_discords_limits(facts: dict[str, Any]) -> None:
    pressed = Action("MJ::JOB::tomorrow::1", "y" * 80)
    for pictures in ((), tuple(f"picture-{n}.png" for n in range(10))):
        parts = shown(replace(JOB, pressed=pressed, source_picture="sources.webp", **facts), pictures)
        assert sum(len(part.get("content", "")) for part in parts) <= 4000
        assert len(parts) <= 40
        assert all(len(part["label"]) <= 80 for part in parts if part.get("label"))
        assert all(len(row["components"]) <= 5 for row in parts if row["type"] == 1)
        items = [item for part in parts if part["type"] == 12 for item in part["items"]]
        assert all(len(item["description"]) <= 256 for item in items)


def test_details_are_the_small_print_of_each_kind() -> None:
    lines = {
        "-# \\--ar 3:2": {"prompt": "a heron --ar 3:2"},
        "-# portrait": {"kind": JobKind.BLEND, "prompt": "--ar 2:3", "dimensions": Dimensions.PORTRAIT},
        "-# 1792 × 1024 · hd · vivid": DALLE,
    }
    for line, facts in lines.items():
        assert texts.heading(replace(JOB, **facts)).splitlines()[1] == line


def test_a_description_without_prompts_says_so() -> None:
    job = replace(JOB, kind=JobKind.DESCRIBE, prompt="")
    assert "sent no description" in (texts.suggestions(job) or "")
    assert texts.status(job, has_pictures=False) is None


@pytest.mark.parametrize(("kind", "word"), [(JobKind.BLEND, "blended"), (JobKind.DESCRIBE, "described")])
def test_sources_are_told_to_those_who_listen(kind: JobKind, word: str) -> None:
    assert word in texts.source_alt_text(replace(JOB, kind=kind))


TURNED = "abc \u202eevil txt\u2066 end\u200f"


def test_signs_that_turn_their_neighbours_around_are_taken_out() -> None:
    job = replace(JOB, prompt=TURNED)
    for shown in (texts.plain(TURNED), texts.label(job, 60), texts.title(job, 60), texts.heading(job)):
        assert "abc evil txt end" in shown
    assert texts.alt_text(job) == "Four pictures: abc evil txt end"
    assert texts.plain("مرحبا") == "مرحبا"


def test_what_a_card_shows_in_part_is_there_in_full() -> None:
    assert texts.whole(JOB) == []
    long = "word " * 200
    described = replace(JOB, kind=JobKind.DESCRIBE, prompt="", suggestions=(long, "short"))
    assert texts.whole(described) == [("**The whole 1**\n", long), ("**The whole 2**\n", "short")]
    painted = replace(JOB, prompt=long, suggestions=(long,), **DALLE)
    assert [title for title, _ in texts.whole(painted)] == [
        "**The whole prompt**\n",
        "**What the model made of your words**\n",
    ]


def test_lists_tell_jobs_without_words_apart() -> None:
    described = replace(JOB, kind=JobKind.DESCRIBE, prompt="", suggestions=("a lotus", "a pond"))
    assert texts.label(described, 60) == "Described: a lotus"
    again = replace(described, kind=JobKind.PRESS, pressed=Action("MJ::Picread::Retry"))
    assert texts.label(again, 60) == "Described: a lotus"
    assert texts.label(replace(JOB, **BLEND), 60) == "A blend of pictures, portrait"


SILENT = "⏸️ Midjourney is not answering; "


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"state": JobState.QUEUED}, SILENT + "your job keeps its place."),
        ({"state": JobState.SUBMITTING}, SILENT + "I keep asking about this one."),
        ({"state": JobState.RUNNING}, SILENT + "I keep asking about this one."),
        (
            {"state": JobState.RUNNING, "progress": 50},
            "▰▰▰▰▰▰▱▱▱▱▱▱ **50 %**\n" + SILENT + "I keep asking about this one.",
        ),
        ({"state": JobState.FAILED, "failure": "no"}, "**Not made.** no\nYour 2 credits came back."),
        (
            {"state": JobState.EXPIRED},
            "**Given up.** Midjourney has not answered for hours. Your 2 credits came back.",
        ),
    ],
)
def test_a_job_that_is_held_up_says_by_whom_until_it_ends(facts: dict[str, Any], words: str) -> None:
    assert texts.status(replace(JOB, held=True, **facts), has_pictures=False) == words
