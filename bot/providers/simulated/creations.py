"""The four calls that make a task: what they take, what they refuse, and what comes of them."""

from dataclasses import dataclass
from datetime import datetime

from bot.providers.simulated import works
from bot.providers.simulated.actions import press
from bot.providers.simulated.art.lineage import seed_of
from bot.providers.simulated.bodies import Fields, Refused
from bot.providers.simulated.describing import suggestions
from bot.providers.simulated.prompts import BadParameter, Prompt, Wish, read_prompt
from bot.providers.simulated.tasks import Task, TaskList, Timeline
from bot.providers.simulated.works import Work

_POOLS = ("FAST", "NORMAL")
_DIMENSIONS = {"PORTRAIT": (2 / 3, "--ar 2:3"), "SQUARE": (1.0, ""), "LANDSCAPE": (3 / 2, "--ar 3:2")}
_NEWEST = "7"


@dataclass(frozen=True)
class _Plan:
    """What will become a task once it has an id."""

    action: str
    work: Work
    pool: str
    prompt: str
    description: str
    version: str = _NEWEST
    wish: Wish = Wish.NONE
    is_quick: bool = False


class Creations:
    """Makes tasks. The n-th task of a service always gets the same chance, so a run can be repeated."""

    def __init__(self, tasks: TaskList, speed: float) -> None:
        self._tasks = tasks
        self._speed = speed

    def create(self, call: str, fields: Fields, now: datetime) -> Task:
        """The new task of `imagine`, `blend`, `describe` or `action`; Refused for bad input."""
        match call:
            case "imagine":
                plan = self._imagine(fields)
            case "blend":
                plan = self._blend(fields)
            case "describe":
                plan = self._describe(fields)
            case _:
                plan = self._press(fields, now)
        return self._accept(plan, fields.text("webhook"), now)

    def _imagine(self, fields: Fields) -> _Plan:
        prompt = fields.text("prompt")
        if prompt is None:
            raise Refused("prompt is required")
        read = _read(prompt)
        seed = read.seed if read.seed is not None else self._chance()
        work = works.imagine(read.words, read.aspect, seed_of(seed, *fields.pictures("base64Array")))
        return _Plan("IMAGINE", work, _pool(fields), prompt, f"/imagine {prompt}", read.version, read.wish)

    def _blend(self, fields: Fields) -> _Plan:
        pictures = fields.pictures("base64Array")
        if not 2 <= len(pictures) <= 5:
            raise Refused("base64Array must hold 2 to 5 pictures")
        shape = _DIMENSIONS.get(fields.text("dimensions") or "SQUARE")
        if shape is None:
            raise Refused(f"dimensions must be one of {', '.join(_DIMENSIONS)}")
        aspect, prompt = shape
        work = works.imagine("", aspect, seed_of(self._chance(), *pictures), pictures)
        return _Plan("BLEND", work, _pool(fields), prompt, f"/blend {prompt}".strip())

    def _describe(self, fields: Fields) -> _Plan:
        picture = fields.picture("base64")
        if picture is None:
            raise Refused("base64 is required")
        work = works.described(suggestions(picture), lambda seed: suggestions(picture, seed))
        return _Plan("DESCRIBE", work, _pool(fields), "", "/describe", is_quick=True)

    def _press(self, fields: Fields, now: datetime) -> _Plan:
        parent = self._tasks.get(fields.number("taskId"))
        custom_id = fields.text("customId")
        if parent is None:
            raise Refused("Task not found")
        if custom_id is None:
            raise Refused("customId is required")
        if not parent.standing(now, self._speed).has_succeeded:
            raise Refused("the task has not succeeded yet")
        offer = next((offer for offer in parent.offers() if offer.custom_id == custom_id), None)
        if offer is None:
            raise Refused("this action is not available for this task")
        if _pool(fields, parent.pool) != parent.pool:
            raise Refused(f"type must be {parent.pool}, as that of the task acted on")
        made = press(parent.work, parent.prompt, custom_id, self._chance(), fields.picture("base64Mask"))
        description = f"/{made.action.lower()} {offer.label or offer.emoji} {made.prompt}".strip()
        version = _read(made.prompt).version
        return _Plan(made.action, made.work, parent.pool, made.prompt, description, version, parent.wish, made.is_quick)

    def _chance(self) -> int:
        return seed_of("task", len(self._tasks))

    def _accept(self, plan: _Plan, webhook: str | None, now: datetime) -> Task:
        id = self._tasks.next_id(now)
        task = Task(
            id=id,
            action=plan.action,
            pool=plan.pool,
            prompt=plan.prompt,
            description=plan.description,
            version=plan.version,
            wish=plan.wish,
            work=plan.work,
            submitted=now,
            webhook=webhook,
            timeline=Timeline.of(id, is_quick=plan.is_quick),
        )
        self._tasks.add(task)
        return task


def _pool(fields: Fields, default: str = "FAST") -> str:
    pool = fields.text("type") or default
    if pool not in _POOLS:
        raise Refused(f"type must be one of {', '.join(_POOLS)}")
    return pool


def _read(prompt: str) -> Prompt:
    """The prompt, unless Midjourney would not take it."""
    try:
        read = read_prompt(prompt)
    except BadParameter as problem:
        raise Refused(str(problem)) from problem
    if read.wish is Wish.BANNED:
        raise Refused('Banned prompt detected: "banned word"')
    return read
