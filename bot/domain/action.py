"""Actions: the buttons that a finished task offers, told apart by family.

The customIds are Midjourney's; they are echoed, never made up. A family knows how to show and price an id that came.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import groupby

ROW_LENGTH = 5
MOST_BUTTONS = 20
"""Discord takes 40 components in a message, and each row is one of them too."""

LABEL_LENGTH = 80

KNOWN_EMOJI = frozenset(("🔄", "🪄", "🖌️", "🔍", "↔️", "⬅️", "➡️", "⬆️", "⬇️", "🎞️", "1️⃣", "2️⃣", "3️⃣", "4️⃣", "🎉"))
"""Discord refuses a button whose emoji it does not know, and custom emoji arrive as plain names (`upscale_1`)."""


class Price(StrEnum):
    """What a generation is charged as; `quota.price_of` has the amounts."""

    PICTURE = "picture"
    PICK = "pick"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of button.

    `row` orders the rows of a card. `title` says on the child's card what was done; `{0}` is the picture's number.
    `single` allows one live child per (parent, action). `task_kinds` are the words by which the provider's task list
    may call such a task; where that is not known, a lost task cannot be told apart and is never adopted. An `own`
    family is carried out by us, as a new job of its own kind, and never sent to the provider as a press.
    """

    name: str
    pattern: str
    row: int
    title: str
    label: str = ""
    emoji: str = ""
    price: Price = Price.PICTURE
    single: bool = False
    needs_form: bool = False
    own: bool = False
    task_kinds: frozenset[str] = frozenset()


def _kinds(*words: str) -> frozenset[str]:
    return frozenset({"ACTION", *words})


FAMILIES = (
    Family(
        "upscale",
        r"MJ::JOB::upsample::(\d)::",
        0,
        "Picture {0}",
        label="U{0}",
        price=Price.PICK,
        single=True,
        task_kinds=_kinds("UPSCALE"),
    ),
    Family(
        "pick_video",
        r"MJ::JOB::video_virtual_upscale::(\d)::",
        0,
        "Video {0}",
        label="U{0}",
        price=Price.PICK,
        single=True,
        task_kinds=_kinds("UPSCALE"),
    ),
    Family("reroll", r"MJ::JOB::reroll::", 0, "Another try", emoji="🔄", task_kinds=_kinds("REROLL", "IMAGINE")),
    Family(
        "variation",
        r"MJ::JOB::variation::(\d)::",
        1,
        "Variations of picture {0}",
        label="V{0}",
        task_kinds=_kinds("VARIATION"),
    ),
    Family(
        "hd_upscale",
        r"MJ::JOB::upsample_",
        2,
        "Upscaled",
        emoji="⏫",
        single=True,
        task_kinds=_kinds("UPSCALE", "UPSCALE_HD"),
    ),
    Family("vary", r"MJ::JOB::(?:low|high)_variation::", 3, "Varied", emoji="🪄", task_kinds=_kinds("VARIATION")),
    Family("region", r"MJ::Inpaint::", 3, "Region varied", emoji="🖌️", needs_form=True),
    Family(
        "square", r"MJ::Outpaint::100::", 4, "Made square", label="Make Square", emoji="↔️", task_kinds=_kinds("ZOOM")
    ),
    Family("zoom", r"MJ::Outpaint::", 4, "Zoomed out", emoji="🔍", task_kinds=_kinds("ZOOM")),
    Family("custom_zoom", r"MJ::CustomZoom::", 4, "Zoomed out", emoji="🔍", needs_form=True),
    Family("pan_left", r"MJ::JOB::pan_left::", 5, "Panned left", emoji="⬅️", task_kinds=_kinds("PAN")),
    Family("pan_right", r"MJ::JOB::pan_right::", 5, "Panned right", emoji="➡️", task_kinds=_kinds("PAN")),
    Family("pan_up", r"MJ::JOB::pan_up::", 5, "Panned up", emoji="⬆️", task_kinds=_kinds("PAN")),
    Family("pan_down", r"MJ::JOB::pan_down::", 5, "Panned down", emoji="⬇️", task_kinds=_kinds("PAN")),
    Family(
        "extend",
        r"MJ::JOB::animate_(?:high|low)_extend::",
        6,
        "Extended",
        emoji="🎞️",
        price=Price.VIDEO,
        task_kinds=_kinds("VIDEO"),
    ),
    Family("animate", r"MJ::JOB::animate_", 6, "Animated", emoji="🎞️", price=Price.VIDEO, task_kinds=_kinds("VIDEO")),
    Family("manual_video", r"MJ::JOB::video::.*::manual", 6, "Animated", emoji="🎞️", price=Price.VIDEO, needs_form=True),
    Family("suggestion", r"EASEL::SUGGESTION::(\d)", 0, "Prompt {0}", own=True),
    Family("imagine_this", r"EASEL::IMAGINE", 0, "Imagined with Midjourney", own=True),
    Family("again", r"EASEL::AGAIN", 0, "Another try", emoji="🔄", own=True),
    # A press of these needs a form that the provider does not have; our own suggestions stand for them.
    Family("describe_pick", r"MJ::JOB::PicReader::", 7, "Imagined", needs_form=True),
    Family("describe_retry", r"MJ::Picread::Retry", 0, "Described again", emoji="🔄", price=Price.PICK),
    Family("shorten", r"MJ::JOB::PromptAnalyzer::", 7, "Shortened", needs_form=True),
    Family("favourite", r"MJ::BOOKMARK::", 9, "Liked", emoji="❤️"),
    Family("cancel", r"MJ::CancelJob::", 9, "Cancelled"),
)
UNKNOWN = Family("unknown", r"", 8, "Pressed")


@lru_cache(maxsize=1024)
def _recognise(custom_id: str) -> tuple[Family, tuple[str, ...]]:
    """The family of an id and what its pattern captured; spelling differs between vendors in case alone."""
    for family in FAMILIES:
        if match := re.match(family.pattern, custom_id, re.IGNORECASE):
            return family, match.groups()
    return UNKNOWN, ()


@dataclass(frozen=True, slots=True)
class Action:
    """One offered button as the provider named it, or one of our own; label or emoji may be empty."""

    custom_id: str
    label: str = ""
    emoji: str = ""

    @property
    def family(self) -> Family:
        return _recognise(self.custom_id)[0]

    @property
    def number(self) -> int | None:
        """Which of several it means, counted from 1; None where there is but one."""
        captured = _recognise(self.custom_id)[1]
        return int(captured[0]) if captured else None

    @property
    def title(self) -> str:
        """What the card of a job made by this action is called."""
        family, captured = _recognise(self.custom_id)
        label = self.label.strip()
        if family is UNKNOWN:
            return label or "Another step"
        if not captured and label and family.name in ("hd_upscale", "vary", "zoom", "animate", "extend"):
            return label
        return family.title.format(*captured)

    @property
    def shown_emoji(self) -> str | None:
        return self.family.emoji or (self.emoji if self.emoji in KNOWN_EMOJI else None)

    @property
    def shown_label(self) -> str | None:
        """The text on the button; None where the emoji says it all."""
        family, captured = _recognise(self.custom_id)
        label = (family.label.format(*captured) or self.label.strip())[:LABEL_LENGTH]
        return label or (None if self.shown_emoji else "More")


AGAIN = Action("EASEL::AGAIN")
TRY_AGAIN = Action("EASEL::AGAIN", "Try again")
IMAGINE_THIS = Action("EASEL::IMAGINE", "Imagine this")


def suggested(count: int) -> tuple[Action, ...]:
    """A button for each of a description's prompts, up to four."""
    return tuple(Action(f"EASEL::SUGGESTION::{n}", "", f"{n}\ufe0f\u20e3") for n in range(1, min(count, 4) + 1))


def rows(actions: Iterable[Action], offered: Callable[[Action], bool]) -> Iterator[list[tuple[int, Action]]]:
    """Rows of (index in `actions`, action) as Midjourney lays them out, at most five buttons each.

    The index, not the place, is what a button's custom_id carries, so it stays right when `offered` changes.
    """
    numbered = [(n, action) for n, action in enumerate(actions) if not action.family.needs_form and offered(action)]
    ordered = sorted(numbered[:MOST_BUTTONS], key=lambda pair: pair[1].family.row)
    for _, members in groupby(ordered, key=lambda pair: pair[1].family.row):
        row = list(members)
        for start in range(0, len(row), ROW_LENGTH):
            yield row[start : start + ROW_LENGTH]
