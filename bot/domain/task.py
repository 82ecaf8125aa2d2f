"""Tasks: the provider's side of a job, as its answers describe it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.domain.action import Action
from bot.domain.job import Speed


class TaskState(StrEnum):
    """Where a task stands at the provider."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Task:
    """One answer about one task. `kind` is the provider's open set of words, `progress` in percent, times aware UTC."""

    id: int
    state: TaskState
    kind: str = ""
    speed: Speed | None = None
    prompt: str = ""
    progress: int | None = None
    failure: str | None = None
    submitted_at: datetime | None = None
    source_url: str | None = None
    lasting_url: str | None = None
    actions: tuple[Action, ...] = ()
    suggestions: tuple[str, ...] = ()
    """The prompts of a description."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What the key may still spend, in the provider's units."""

    paid: Decimal
    free: Decimal
