"""The services on fakes of every port: one world in which a test lets time pass."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from bot.domain.action import Action
from bot.domain.errors import ProviderUnreachable
from bot.domain.job import Account, Job, JobKind, JobState, NewJob, Speed
from bot.domain.line import Room
from bot.domain.quota import Draw, Limits, counters, period_of
from bot.domain.task import TaskState
from bot.services.alarm import Alarm
from bot.services.breaker import Breaker
from bot.services.deliver import Deliverer
from bot.services.generate import Generate
from bot.services.history import History
from bot.services.press import Press
from bot.services.quota import Quota
from bot.services.recover import Recovery
from bot.services.results import Results
from bot.services.submit import Submit
from bot.services.track import Tracker
from bot.services.under_way import UnderWay
from bot.services.usage import ShowUsage
from bot.services.watched import WatchedGenerator, WatchedProvider
from tests.fakes import (
    FakeCards,
    FakeClock,
    FakeFetcher,
    FakeGenerator,
    FakeOperator,
    FakeProvider,
    FakeWork,
    MemoryStorage,
)

ALICE = Account(server_id=1, member_id=11)
BOB = Account(server_id=1, member_id=12)
OPERATOR = 99
CHANNEL = 100
U1 = Action("MJ::JOB::upsample::1::uuid", "U1")
V1 = Action("MJ::JOB::variation::1::uuid", "V1")
LINK = "https://cdn.test/heron.png"
LASTING = "https://s3.test/heron.png"


@dataclass
class World:
    """Everything that a running bot has, but for Discord; `restart` makes the services anew on the same storage."""

    clock: FakeClock
    storage: MemoryStorage
    provider: FakeProvider
    cards: FakeCards
    pictures: FakeFetcher
    limits: Limits
    most_running: int
    most_calls: int = 4
    most_in_all: int = 12
    most_queued: int = 10
    image_models: tuple[str, ...] = ("dall-e-3", "dall-e-2")
    generator: FakeGenerator = field(default_factory=FakeGenerator)
    operator: FakeOperator = field(default_factory=FakeOperator)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.breaker = Breaker(self.storage, self.clock)
        self.alarm = Alarm(self.storage, self.operator, self.breaker, self.clock)
        shared = (self.storage, WatchedProvider(self.provider, self.breaker, self.alarm))
        generator = WatchedGenerator(self.generator, self.alarm)
        self.generate = Generate(
            self.storage, generator, self.clock, most_running=self.most_running, most_calls=self.most_calls
        )
        room = Room(images=False, per_account=self.most_running, in_all=self.most_in_all)
        self.submit = Submit(*shared, self.generate, self.limits, room, self.most_queued, self.breaker, self.clock)
        self.press = Press(*shared, self.image_models, self.submit)
        self.usage = ShowUsage(self.storage, self.limits, self.clock)
        self.under_way = UnderWay(self.storage, frozenset({OPERATOR}), self.clock)
        self.quota = Quota(self.storage, self.limits, frozenset({OPERATOR}), self.clock)
        self.recovery = Recovery(*shared, self.cards, self.submit, self.clock)
        self.tracker = Tracker(*shared, self.submit, self.generate, self.recovery, self.breaker, self.alarm, self.clock)
        self.work = FakeWork()
        results = Results(self.storage, self.pictures, self.work)
        self.history = History(*shared, self.cards, results, self.image_models, self.submit, self.clock)
        self.deliverer = Deliverer(self.storage, self.cards, results, self.clock)

    async def admitted(self, prompt: str = "a heron", account: Account = ALICE, **changes: Any) -> Job:
        """A job that was admitted and got its card; `card=False` for one without."""
        card = changes.pop("card", True)
        known: dict[str, Any] = {"kind": JobKind.IMAGINE, "speed": Speed.FAST, "price": 2, "channel_id": CHANNEL}
        new = NewJob(account=account, prompt=prompt, token="token", **known | changes)
        job = (await self.submit.admit(new)).job
        if card:
            await self.submit.card_sent(job.id, 5000 + job.id)
        return job

    async def running(self, prompt: str = "a heron", account: Account = ALICE, **changes: Any) -> Job:
        job = await self.admitted(prompt, account, **changes)
        await self.submit.start(job)
        return await self.job(job.id)

    async def finished(self, prompt: str = "a heron", account: Account = ALICE, **changes: Any) -> Job:
        """A job whose task ended well, with one button to pick and one to vary."""
        job = await self.running(prompt, account, **changes)
        assert job.task_id is not None
        self.provider.change(job.task_id, state=TaskState.SUCCEEDED, actions=(U1, V1), source_url=LINK)
        await self.tracker.tick()
        return await self.job(job.id)

    async def lost(self, prompt: str = "a heron", account: Account = ALICE, **changes: Any) -> Job:
        """A job whose submission got no answer and left no task."""
        self.provider.refusals.append(ProviderUnreachable("no answer"))
        return await self.running(prompt, account, **changes)

    async def job(self, job_id: int) -> Job:
        async with self.storage.read() as uow:
            job = await uow.jobs.get(job_id)
        assert job is not None
        return job

    async def state(self, job: Job) -> JobState:
        return (await self.job(job.id)).state

    async def used(self, account: Account = ALICE) -> tuple[int, ...]:
        """What stands on the account's own counter, its server's and everyone's today."""
        async with self.storage.read() as uow:
            return tuple(
                [await uow.ledger.used(Draw(counter, None)) for counter in counters(account, period_of(self.clock()))]
            )

    async def draw(self) -> None:
        """One step of the deliverer, and all that it began except for cards that Discord keeps busy."""
        await self.deliverer.step()
        await settle()


async def settle() -> None:
    """Let every task go as far as it can; with fakes nothing waits for time."""
    for _ in range(50):
        await asyncio.sleep(0)
