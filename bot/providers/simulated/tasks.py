"""Tasks and their progress, which is a function of the time that passed since the submission and of nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from bot.providers.simulated.art.dice import stream
from bot.providers.simulated.offers import KEYCAPS, Offer, offers_for
from bot.providers.simulated.prompts import Wish
from bot.providers.simulated.works import Work

STEPS = ("0%", "15%", "31%", "46%", "62%", "78%", "93%")
LATE_STEP = STEPS.index("46%")
LATE_REASON = "The job was stopped by Midjourney: request cancelled due to output filters"
S3_DELAY = 20.0  # seconds at speed 1 from success to the copy in the object storage

_FIRST_ID = 10**15  # 16 digits


@dataclass(frozen=True)
class Standing:
    """How a task stands at one moment."""

    status: str
    progress: str
    started: datetime | None = None
    finished: datetime | None = None

    @property
    def has_succeeded(self) -> bool:
        return self.status == "SUCCESS"


@dataclass(frozen=True)
class Timeline:
    """Seconds after the submission, at speed 1: when the work begins, and when each of its steps ends."""

    accepted: float
    begins: float
    ends: tuple[float, ...]

    @classmethod
    def of(cls, task_id: int, *, is_quick: bool) -> "Timeline":
        """Two to four seconds of waiting and seven steps of six to eight; a quick task takes six to eight in all."""
        chance = stream("timeline", task_id)
        begins = chance.uniform(2.0, 4.0)
        ends = [begins]
        for _ in STEPS:
            ends.append(ends[-1] + chance.uniform(6.0, 8.0))
        scale = chance.uniform(6.0, 8.0) / ends[-1] if is_quick else 1.0
        return cls(begins * 0.4 * scale, begins * scale, tuple(end * scale for end in ends[1:]))


@dataclass(frozen=True)
class Task:
    """One accepted task."""

    id: int
    action: str
    pool: str
    prompt: str
    description: str
    version: str
    wish: Wish
    work: Work
    submitted: datetime
    webhook: str | None
    timeline: Timeline

    @property
    def job(self) -> str:
        """The uuid that its buttons carry."""
        return str(uuid5(NAMESPACE_URL, f"easel-simulated-job/{self.id}"))

    def standing(self, now: datetime, speed: float) -> Standing:
        elapsed = (now - self.submitted).total_seconds() * speed
        line = self.timeline
        if elapsed < line.accepted:
            return Standing("NOT_START", "")
        if elapsed < line.begins or self.wish is Wish.SILENT:
            return Standing("SUBMITTED", "0%")
        started = self._at(line.begins, speed)
        step = sum(elapsed >= end for end in line.ends)
        if self.wish is Wish.LATE and step > LATE_STEP:
            return Standing("FAILURE", STEPS[LATE_STEP], started, self._at(line.ends[LATE_STEP], speed))
        if step == len(STEPS):
            return Standing("SUCCESS", "100%", started, self._at(line.ends[-1], speed))
        return Standing("IN_PROGRESS", STEPS[step], started)

    def offers(self) -> list[Offer]:
        return offers_for(self.work, self.version, self.job)

    def _at(self, seconds: float, speed: float) -> datetime:
        return self.submitted + timedelta(seconds=seconds / speed)


def task_json(task: Task, standing: Standing, links: tuple[str | None, str | None]) -> dict[str, object]:
    """The task as a query answers it."""
    done = standing.has_succeeded
    return {
        "taskId": task.id,
        "taskType": task.pool,
        "status": standing.status,
        "action": task.action,
        "progress": standing.progress,
        "description": task.description,
        "prompt": suggestion_text(task.work.suggestions) if done and task.work.suggestions else task.prompt,
        "failReason": LATE_REASON if standing.status == "FAILURE" else None,
        "submitTime": iso(task.submitted),
        "startTime": iso(standing.started),
        "finishTime": iso(standing.finished),
        "webhookUrl": task.webhook,
        "imageDcUrl": links[0],
        "imageS3Url": links[1],
        "actions": [offer.as_json() for offer in task.offers()] if done else [],
    }


def suggestion_text(suggestions: tuple[str, ...]) -> str:
    return "\n\n".join(f"{keycap} {text}" for keycap, text in zip(KEYCAPS, suggestions, strict=True))


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


class TaskList:
    """All tasks of the account."""

    def __init__(self) -> None:
        self._tasks: dict[int, Task] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def next_id(self, now: datetime) -> int:
        """Microseconds since 1970, which have 16 digits; always above all before, also when the clock stands."""
        microseconds = int(now.timestamp() * 1_000_000)
        return max(microseconds, _FIRST_ID, next(reversed(self._tasks), 0) + 1)

    def add(self, task: Task) -> None:
        self._tasks[task.id] = task

    def get(self, task_id: int | None) -> Task | None:
        return self._tasks.get(task_id) if task_id is not None else None

    def newest_first(self) -> Iterator[Task]:
        return reversed(self._tasks.values())
