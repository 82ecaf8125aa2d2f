"""What the tests of the storage put in, and short ways to do it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.domain.action import Action
from bot.domain.job import Account, Job, JobKind, JobState, NewJob, Speed
from bot.domain.line import Room
from bot.domain.quota import NO_POLICY, Draw, Limits, Policy, counters, period_of
from bot.domain.repositories import Storage
from tests.fakes import NOON

ALICE = Account(server_id=1, member_id=11)
BOB = Account(server_id=1, member_id=12)
U1 = Action("MJ::JOB::upsample::1::uuid", "U1", "⏫")
V1 = Action("MJ::JOB::variation::1::uuid", "V1")
IMAGINE = NewJob(
    account=ALICE,
    kind=JobKind.IMAGINE,
    prompt="a heron --ar 3:2",
    speed=Speed.NORMAL,
    price=2,
    channel_id=100,
    token="token",
)


ROOM = Room(images=False, per_account=1000, in_all=1000)
"""Room for everyone."""


def url_of(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


class Store:
    """A storage of which each method of a part may be called as a transaction of its own: `await store.jobs.add(…)`."""

    def __init__(self, storage: Storage) -> None:
        self.read = storage.read
        self.write = storage.write
        self.jobs: Any = _Each(storage, "jobs")
        self.queue: Any = _Each(storage, "queue")
        self.history: Any = _Each(storage, "history")
        self.pictures: Any = _Each(storage, "pictures")
        self.ledger: Any = _Each(storage, "ledger")
        self.quotas: Any = _Each(storage, "quotas")
        self.facts: Any = _Each(storage, "facts")


class _Each:
    def __init__(self, storage: Storage | Store, part: str) -> None:
        self._storage = storage
        self._part = part

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*values: Any, **options: Any) -> Any:
            async with self._storage.write() as uow:
                result = await getattr(getattr(uow, self._part), name)(*values, **options)
                await uow.commit()
            return result

        return call


async def add(storage: Storage | Store, *, card: int | None = None, now: Any = NOON, **changes: Any) -> Job:
    """A stored job as admission leaves it, with a card if an id is given for one."""
    async with storage.write() as uow:
        job = await uow.jobs.add(replace(IMAGINE, **changes), now)
        if card is not None:
            job = await uow.jobs.set_card(job.id, card) or job
        await uow.commit()
    return job


async def run(storage: Storage | Store, job: Job, task_id: int, now: Any = NOON) -> Job:
    """The job, handed to the provider."""
    async with storage.write() as uow:
        await uow.jobs.set_card(job.id, 5000 + job.id)
        await uow.queue.claim(job.id, replace(ROOM, images=job.kind is JobKind.DALLE), now)
        moved = await uow.jobs.move(job.id, JobState.SUBMITTING, JobState.RUNNING, now, task_id=task_id)
        await uow.commit()
    assert moved is not None
    return moved


async def get(storage: Storage | Store, job: Job) -> Job:
    async with storage.read() as uow:
        found = await uow.jobs.get(job.id)
    assert found is not None
    return found


async def reserve(
    storage: Storage | Store, job: Job, credits: int, limits: Limits, now: Any = NOON, policy: Policy = NO_POLICY
) -> None:
    async with storage.write() as uow:
        allowance = limits.allowance(job.account, period_of(now), policy)
        await uow.ledger.reserve(job.id, credits, allowance, now)
        await uow.commit()


async def used(storage: Storage | Store, account: Account = ALICE, now: Any = NOON) -> list[int]:
    """What stands on the account's counter, on its server's and on everyone's."""
    async with storage.read() as uow:
        return [await uow.ledger.used(Draw(counter, None)) for counter in counters(account, period_of(now))]
