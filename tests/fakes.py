"""Stand-ins for the ports: they keep what they were told, say what they are told to say, and never wait."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.domain.action import Action
from bot.domain.errors import CardGone, RequestRefused
from bot.domain.image_models import Generated, ImageOptions
from bot.domain.job import Dimensions, Job, JobState, Speed
from bot.domain.ports import Picture
from bot.domain.task import Balance, Task, TaskState
from tests.storage.memory import MemoryStorage as MemoryStorage

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


class FakeClock:
    """A time that stands still until it is told to pass."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **units: float) -> None:
        self.now += timedelta(**units)


class FakeProvider:
    """Implements `ImageProvider`. Its tasks change when a test says so; `calls` are in the order in which they came.

    `refusals` are raised by the next create calls; after `lost_answers` the task exists nevertheless. `down` is raised
    by every question, `bad_tasks` by questions about one task, `bad_list` by those about the list. `during` runs while
    a create call is under way: the task, if one comes of it, is there already.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.calls: list[tuple[Any, ...]] = []
        self.tasks: dict[int, Task] = {}
        self.refusals: list[Exception] = []
        self.lost_answers: list[Exception] = []
        self.down: Exception | None = None
        self.bad_list: Exception | None = None
        self.bad_tasks: dict[int, Exception] = {}
        self.unsupported: set[str] = set()
        self.during: Callable[[], Awaitable[object]] | None = None
        self.on_list: Callable[[], Awaitable[object]] | None = None
        self.page_size = 10

    def supports(self, action: Action) -> bool:
        return action.custom_id not in self.unsupported

    async def imagine(self, prompt: str, speed: Speed, references: Sequence[bytes] = ()) -> int:
        call = ("imagine", prompt, speed, *([tuple(references)] if references else []))
        return await self._create(call, "IMAGINE", prompt, speed)

    async def blend(self, pictures: Sequence[bytes], dimensions: Dimensions, speed: Speed) -> int:
        return await self._create(("blend", tuple(pictures), dimensions, speed), "BLEND", dimensions.prompt, speed)

    async def describe(self, picture: bytes, speed: Speed) -> int:
        return await self._create(("describe", picture, speed), "DESCRIBE", "", speed)

    async def press(self, task_id: int, custom_id: str, speed: Speed) -> int:
        parent = self.tasks.get(task_id)
        return await self._create(
            ("press", task_id, custom_id, speed), "ACTION", parent.prompt if parent else "", speed
        )

    async def query(self, task_id: int) -> Task:
        self.calls.append(("query", task_id))
        self._raise_if_set(self.down, self.bad_tasks.get(task_id))
        if task_id not in self.tasks:
            raise RequestRefused("There is no such task.")
        return self.tasks[task_id]

    async def recent(self, page: int) -> list[Task]:
        self.calls.append(("recent", page))
        self._raise_if_set(self.down, self.bad_list)
        if self.on_list:
            await self.on_list()
        newest = sorted(self.tasks.values(), key=lambda task: -task.id)
        return newest[(page - 1) * self.page_size : page * self.page_size]

    async def balance(self) -> Balance:
        self._raise_if_set(self.down)
        return Balance(Decimal(100), Decimal(0))

    def made(self, **changes: Any) -> Task:
        """A task that someone made, as it is listed."""
        task_id = max(self.tasks, default=1000) + 1
        known: dict[str, Any] = {"kind": "IMAGINE", "prompt": "a heron", "speed": Speed.FAST}
        known |= {"submitted_at": self._clock(), **changes}
        task = Task(**{"id": task_id, "state": TaskState.WAITING, **known})
        self.tasks[task.id] = task
        return task

    def change(self, task_id: int, **changes: Any) -> None:
        self.tasks[task_id] = replace(self.tasks[task_id], **changes)

    def asked(self, *names: str) -> list[tuple[Any, ...]]:
        return [call for call in self.calls if call[0] in names]

    async def _create(self, call: tuple[Any, ...], kind: str, prompt: str, speed: Speed) -> int:
        self.calls.append(call)
        if self.refusals:
            await self._answer(self.refusals.pop(0))
        task = self.made(kind=kind, prompt=prompt, speed=speed)
        await self._answer(self.lost_answers.pop(0) if self.lost_answers else None)
        return task.id

    async def _answer(self, error: Exception | None) -> None:
        if self.during:
            await self.during()
        self._raise_if_set(error)

    @staticmethod
    def _raise_if_set(*errors: Exception | None) -> None:
        for error in errors:
            if error is not None:
                raise error


class FakeGenerator:
    """Implements `ImageGenerator` with one small picture for each that is asked for.

    `failures` are raised by the next calls; while `busy` is set and not yet given free, calls wait for it.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, ImageOptions]] = []
        self.failures: list[Exception] = []
        self.busy: asyncio.Event | None = None
        self.revised_prompt: str | None = "a heron, revised"
        self.count = 0
        """How many pictures come; 0 for as many as are asked for."""

    async def generate(self, prompt: str, options: ImageOptions) -> Generated:
        self.calls.append((prompt, options))
        failure = self.failures.pop(0) if self.failures else None
        if self.busy:
            await self.busy.wait()
        if failure is not None:
            raise failure
        pictures = tuple(f"image {n}".encode() for n in range(self.count or options.count))
        return Generated(pictures, self.revised_prompt)


class FakeFetcher:
    """Implements `ImageFetcher` with one picture that shrinks to any limit.

    `failures` are raised by the next calls of either method, `unfit` by the next that fit what is here.
    """

    def __init__(self, size: int = 3000) -> None:
        self.size = size
        self.asked: list[tuple[tuple[str, ...], int]] = []
        self.fitted: list[int] = []
        self.failures: list[Exception] = []
        self.unfit: list[Exception] = []

    async def fetch(self, sources: Sequence[str], most_bytes: int) -> Picture:
        self.asked.append((tuple(sources), most_bytes))
        if self.failures:
            raise self.failures.pop(0)
        return Picture(b"p" * min(self.size, most_bytes), "picture.png", 64, 48)

    async def fit(self, data: bytes, most_bytes: int) -> Picture:
        self.fitted.append(most_bytes)
        for failures in (self.failures, self.unfit):
            if failures:
                raise failures.pop(0)
        return Picture(data[:most_bytes], "picture.png", 64, 48)


class FakeWork:
    """Implements `PictureWork` with bytes that tell where they come from; `failures` are raised by the next calls."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []

    async def prepare(self, data: bytes, name: str) -> bytes:
        return self._made(b"prepared " + data)

    async def small(self, pictures: Sequence[bytes]) -> bytes:
        return self._made(b"small " + b"+".join(pictures))

    async def thumbnail(self, picture: bytes) -> bytes:
        return self._made(b"thumbnail " + picture[:8])

    async def contact_sheet(self, cells: Sequence[bytes | None]) -> bytes:
        return self._made(b"sheet " + b"|".join(cell or b"-" for cell in cells))

    def _made(self, data: bytes) -> bytes:
        if self.failures:
            raise self.failures.pop(0)
        return data


class FakeCards:
    """Implements `CardDelivery`. What was shown is in `done`, with the first of its pictures; `albums` has all.

    `failures` are raised by the next calls of each method. `busy` holds events by job id that drawing that job's card
    waits for. `messages` are those that can be read and removed, by channel and message id, with what they carry.
    """

    def __init__(self) -> None:
        self.done: list[tuple[str, Job, Picture | None]] = []
        self.failures: defaultdict[str, list[Exception]] = defaultdict(list)
        self.albums: list[list[str]] = []
        self.found: dict[int, int] = {}
        self.messages: dict[tuple[int, int], list[Picture]] = {}
        self.busy: dict[int, asyncio.Event] = {}
        self.limit = 10_000

    def upload_limit(self, job: Job) -> int:
        return self.limit

    async def show(self, job: Job, pictures: Sequence[Picture]) -> None:
        if job.id in self.busy:
            await self.busy[job.id].wait()
        self._do("show", job, pictures[0] if pictures else None)
        self.albums.append([picture.filename for picture in pictures])

    async def show_plainly(self, job: Job) -> None:
        self._do("show_plainly", job, None)

    async def send_directly(self, job: Job, pictures: Sequence[Picture]) -> tuple[int, int]:
        self._do("send_directly", job, pictures[0] if pictures else None)
        return 900, 90_000 + len(self.done)

    async def announce(self, job: Job, *, has_picture: bool) -> None:
        self._do("announce" if has_picture or job.state is not JobState.SUCCEEDED else "announce without", job, None)

    async def find(self, job: Job) -> int | None:
        self._do("find", job, None)
        return self.found.get(job.id)

    async def attached(self, job: Job, channel_id: int, message_id: int) -> list[Picture]:
        self._do("attached", job, None)
        return self._there(channel_id, message_id)

    async def remove(self, job: Job, channel_id: int, message_id: int) -> None:
        self._do("remove", job, None)
        self._there(channel_id, message_id)
        del self.messages[channel_id, message_id]

    def _there(self, channel_id: int, message_id: int) -> list[Picture]:
        if (channel_id, message_id) not in self.messages:
            raise CardGone("unknown message")
        return self.messages[channel_id, message_id]

    def jobs(self, what: str = "show") -> list[int]:
        """The ids of the jobs for which that was done, in order."""
        return [job.id for name, job, _ in self.done if name == what]

    def _do(self, what: str, job: Job, picture: Picture | None) -> None:
        if self.failures[what]:
            raise self.failures[what].pop(0)
        self.done.append((what, job, picture))


class FakeOperator:
    """Implements `Operator`: `told` is what they read; while `away` nothing reaches them."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.tries = 0
        self.away = False

    async def tell(self, text: str) -> bool:
        self.tries += 1
        if not self.away:
            self.told.append(text)
        return not self.away
