"""A world whose process can be killed before or after any effect that outlives it."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any, Literal

from bot.domain.image_models import Generated, ImageOptions
from bot.domain.job import Job, NewJob, Speed
from bot.domain.ports import Picture
from bot.domain.quota import Limits
from bot.domain.task import Task, TaskState
from bot.services.one_job import one_job
from bot.services.quota import Actor
from tests.fakes import FakeCards, FakeClock, FakeFetcher, FakeGenerator, FakeProvider
from tests.services.world import LINK, U1, V1, World
from tests.storage.memory import MemoryStorage, MemoryUnitOfWork, State

Cut = tuple[int, Literal["before", "after"]]
PROMPTS = ("a heron at dawn", "a reed bed", "a quiet pond", "morning fog")


class Killed(BaseException):
    """Ends everything that the process is doing, as SIGKILL does: nothing catches it."""


class Knife:
    """Numbers the effects of a process's life, and kills it at the `cuts`, one after another."""

    def __init__(self, *cuts: Cut) -> None:
        self.cuts = list(cuts)
        self.effects: list[str] = []
        self.fell = False

    @contextmanager
    def effect(self, name: str) -> Iterator[None]:
        self.check()
        self.effects.append(name)
        number = len(self.effects)
        self._fall((number, "before"))
        try:
            yield
        finally:  # a refusal, too, is something after which a process may die
            self._fall((number, "after"))

    def check(self) -> None:
        """What was still under way in a process that is dead does nothing more."""
        if self.fell:
            raise Killed

    def _fall(self, here: Cut) -> None:
        self.check()
        if self.cuts[:1] == [here]:
            self.cuts.pop(0)
            self.fell = True
            raise Killed


class MortalStorage(MemoryStorage):
    """Each commit is an effect."""

    def __init__(self, knife: Knife) -> None:
        super().__init__()
        self._knife = knife

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[MemoryUnitOfWork, None]:
        self._knife.check()
        async with super().read() as uow:
            yield uow

    def _keep(self, state: State) -> None:
        if state == self.state:
            return  # nothing was changed, so there is nothing to be torn apart
        with self._knife.effect("commit"):
            super()._keep(state)


FAILS, LATE = "a hen", "a goose"
"""What the provider is asked for that it fails to make, or makes after everybody has given it up."""


class MortalProvider(FakeProvider):
    """Each order is an effect; half a minute later its task has succeeded, unless it was one of the above."""

    def __init__(self, clock: FakeClock, knife: Knife) -> None:
        super().__init__(clock)
        self._knife = knife

    async def query(self, task_id: int) -> Task:
        self._go_on()
        return await super().query(task_id)

    async def recent(self, page: int) -> list[Task]:
        self._go_on()
        return await super().recent(page)

    async def _create(self, call: tuple[Any, ...], kind: str, prompt: str, speed: Speed) -> int:
        with self._knife.effect(f"order {call[0]}"):
            return await super()._create(call, kind, prompt, speed)

    def _go_on(self) -> None:
        self._knife.check()
        for task in list(self.tasks.values()):
            age = self._clock() - (task.submitted_at or self._clock())
            if age >= timedelta(seconds=30) and task.prompt == FAILS:
                self.change(task.id, state=TaskState.FAILED, failure="no hens today")
            elif age >= (timedelta(minutes=40) if task.prompt == LATE else timedelta(seconds=30)):
                made: dict[str, Any] = {"actions": (U1, V1), "source_url": LINK}
                if task.kind == "DESCRIBE":
                    made = {"suggestions": PROMPTS}
                self.change(task.id, state=TaskState.SUCCEEDED, **made)
            elif age >= timedelta(seconds=10):
                self.change(task.id, state=TaskState.RUNNING, progress=50)


class MortalGenerator(FakeGenerator):
    """Each call is an effect."""

    def __init__(self, knife: Knife) -> None:
        super().__init__()
        self._knife = knife

    async def generate(self, prompt: str, options: ImageOptions) -> Generated:
        with self._knife.effect("generate"):
            return await super().generate(prompt, options)


class MortalCards(FakeCards):
    """Each message and each edit is an effect. `shown` is what each message shows: the job, and how many pictures."""

    def __init__(self, knife: Knife) -> None:
        super().__init__()
        self._knife = knife
        self.shown: dict[int, tuple[Job, int]] = {}

    async def post(self, job: Job) -> int:
        """Send the first card, as the answer to a command or a press."""
        with self._knife.effect("send card"):
            message_id = 5000 + len(self.shown)
            self.shown[message_id] = job, 0
        return message_id

    async def show(self, job: Job, pictures: Sequence[Picture]) -> None:
        with self._knife.effect("edit card"):
            assert job.message_id is not None
            self.shown[job.message_id] = job, len(pictures) or self.shown[job.message_id][1]

    async def announce(self, job: Job, *, has_picture: bool) -> None:
        with self._knife.effect("announce"):
            await super().announce(job, has_picture=has_picture)

    async def find(self, job: Job) -> int | None:
        self._knife.check()
        return next((message_id for message_id, (shown, _) in self.shown.items() if shown.id == job.id), None)


class MortalWorld(World):
    """Lives on after each death: `order` and `live` never raise Killed."""

    cards: MortalCards

    def __init__(self, knife: Knife) -> None:
        self.knife = knife
        clock = FakeClock()
        super().__init__(
            clock,
            MortalStorage(knife),
            MortalProvider(clock, knife),
            MortalCards(knife),
            FakeFetcher(),
            Limits(),
            3,
            generator=MortalGenerator(knife),
        )

    async def order(self, new: NewJob, *, cancelled: bool = False) -> None:
        """What happens when somebody asks for a job, in the order in which the Discord side lets it happen.

        One that is `cancelled` is so before its turn comes.
        """
        try:
            job = (await self.submit.admit(new)).job
            message_id = await self.cards.post(job)
            with one_job(job, "started"):
                await self.submit.card_sent(job.id, message_id)
                if cancelled:
                    await self.under_way.cancel(Actor(new.account, manages_server=False), job.id)
                else:
                    await self.submit.start(job)
        except Killed:
            pass
        await self._rise()

    async def live(self, seconds: int, every: int = 5) -> None:
        for _ in range(0, seconds, every):
            self.clock.advance(seconds=every)
            try:
                await self.tracker.tick()
                await self.draw()
            except Killed:
                pass
            await self._rise()

    async def _rise(self) -> None:
        """Start anew on what is stored, if the process was killed."""
        if not self.knife.fell:
            return
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self.knife.fell = False
        self.restart()
        await self.recovery.begin()
