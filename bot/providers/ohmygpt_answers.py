"""What OhMyGPT's answers mean: JSON that may hold anything, read into tasks, ids and balances."""

import logging
import math
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import cast

from bot.domain.action import Action
from bot.domain.errors import NonsenseAnswer
from bot.domain.job import Speed
from bot.domain.prompt import LONGEST, shorten
from bot.domain.task import Balance, Task, TaskState
from bot.providers.wording import as_mapping, is_link, tidy

log = logging.getLogger(__name__)

SPEED_WORDS = {Speed.FAST: "FAST", Speed.NORMAL: "NORMAL"}
STATES = {
    "NOT_START": TaskState.WAITING,
    "SUBMITTED": TaskState.WAITING,
    "IN_PROGRESS": TaskState.RUNNING,
    "SUCCESS": TaskState.SUCCEEDED,
    "FAILURE": TaskState.FAILED,
}
MOST_SUGGESTIONS = 4
MOST_ACTIONS = 100
"""Real tasks have about twenty; each is stored, and told from the others by its number."""
NO_REASON = "Midjourney could not finish this, and did not say why."

_SPEEDS = {word: speed for speed, word in SPEED_WORDS.items()}
_PERCENT = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?)\s*%?\s*")
_KEYCAP = re.compile(r"(?:^|\n)\s*[1-9]\ufe0f?\u20e3")
_MARKDOWN_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_LARGEST_ID = 2**63 - 1
"""What a database column holds; real ids have 16 digits."""


class TaskReader:
    """Reads tasks, and remembers which oddities it has reported already."""

    def __init__(self) -> None:
        self._reported: set[str] = set()

    def task(self, data: object) -> Task:
        """One task; whatever else is missing or odd in it, only the lack of an id is a NonsenseAnswer."""
        fields = as_mapping(data)
        if fields is None:
            raise NonsenseAnswer(f"a task was expected, not {type(data).__name__}")
        id = read_id(fields.get("taskId"))
        if id is None:
            raise NonsenseAnswer(f"a task without a usable taskId: {sorted(fields)[:12]}"[:200])
        state = self._state(fields.get("status"))
        kind = _text(fields.get("action")).strip()
        source_url = _link(fields.get("imageDcUrl"))
        lasting_url = _link(fields.get("imageS3Url"))
        # A description has no picture; whoever asks for another one by its button gets a task of kind ACTION.
        describes = kind.upper() == "DESCRIBE" or not (source_url or lasting_url)
        return Task(
            id=id,
            state=state,
            kind=kind,
            speed=_SPEEDS.get(_text(fields.get("taskType")).strip().upper()),
            prompt=_text(fields.get("prompt")),
            progress=read_progress(fields.get("progress")),
            failure=(tidy(_text(fields.get("failReason"))) or NO_REASON) if state is TaskState.FAILED else None,
            submitted_at=read_time(fields.get("submitTime")),
            source_url=source_url,
            lasting_url=lasting_url,
            actions=read_actions(fields.get("actions")),
            suggestions=read_suggestions(fields.get("prompt")) if describes and state is TaskState.SUCCEEDED else (),
        )

    def tasks(self, data: object) -> list[Task]:
        """The readable tasks of one page of the list."""
        fields = as_mapping(data)
        entries = fields.get("tasks") if fields else None
        if fields and "tasks" in fields and entries is None:
            return []
        if not isinstance(entries, list):
            raise NonsenseAnswer("the list of tasks holds no tasks")
        found: list[Task] = []
        for entry in cast("list[object]", entries):
            try:
                found.append(self.task(entry))
            except NonsenseAnswer as error:
                self._report_once("no id", "Skipped an entry of the task list: %s", error.detail)
        return found

    def _state(self, word: object) -> TaskState:
        text = _text(word).strip().upper()
        if text in STATES:
            return STATES[text]
        shown = text[:40] if isinstance(word, str) else type(word).__name__
        self._report_once(f"status {shown}", "Unknown task status %r counts as running", shown)
        return TaskState.RUNNING

    def _report_once(self, oddity: str, message: str, shown: str) -> None:
        if oddity not in self._reported:
            self._reported.add(oddity)
            log.warning(message, shown)


def read_id(value: object) -> int | None:
    """A task id given as a number or as its digits; None for anything else."""
    if isinstance(value, str) and len(value) < 20 and value.isascii() and value.isdecimal():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_ID:
        return value
    return None


def read_progress(value: object) -> int | None:
    """Percent, 0 to 100, from `"46%"` or a number; None for anything else."""
    if isinstance(value, str):
        match = _PERCENT.fullmatch(value)
        value = float(match[1]) if match else None
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or (isinstance(value, float) and math.isnan(value))
    ):
        return None
    return int(max(0, min(100, value)))


def read_time(value: object) -> datetime | None:
    """ISO 8601 as aware UTC, which a time without a zone is taken for; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def read_actions(value: object) -> tuple[Action, ...]:
    """The buttons in the order given; entries that could not be pressed are left out."""
    entries = cast("list[object]", value)[:MOST_ACTIONS] if isinstance(value, list) else []
    buttons = [fields for fields in map(as_mapping, entries) if fields is not None]
    return tuple(
        Action(custom_id, _text(button.get("label")), _text(button.get("emoji")))
        for button in buttons
        if (custom_id := _text(button.get("customId"))).strip()
    )


def read_suggestions(value: object) -> tuple[str, ...]:
    """The prompts of a description: numbered paragraphs that begin with keycap emoji; Midjourney links some words."""
    parts = _KEYCAP.split(_MARKDOWN_LINK.sub(r"\1", _text(value)))[1:]
    return tuple(text for part in parts if (text := shorten(" ".join(part.split()), LONGEST)))[:MOST_SUGGESTIONS]


def read_balance(data: object) -> Balance:
    """Decimal strings into a balance; a missing free one counts as nothing."""
    fields = as_mapping(data) or {}
    paid, free = _amount(fields.get("balance")), _amount(fields.get("free_balance"))
    if paid is None:
        raise NonsenseAnswer(f"a balance without an amount: {sorted(fields)[:12]}"[:200])
    return Balance(paid, free or Decimal(0))


def _amount(value: object) -> Decimal | None:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        return None
    return amount if amount.is_finite() and abs(amount.adjusted()) < 30 else None


def _text(value: object) -> str:
    """A string that can be stored and sent: JSON may hold halves of a surrogate pair."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _link(value: object) -> str | None:
    text = _text(value).strip()
    return text if is_link(text) else None
