"""Whatever members, admins and the clock do: nobody passes a limit and everything adds up, by an independent model."""

import asyncio
from collections import Counter as Sums
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.domain.errors import Blocked, OutOfCredits
from bot.domain.job import Account, JobState
from bot.domain.quota import Draw, Limits, counters, grant_counter, period_of
from bot.domain.repositories import Storage
from bot.services.breaker import Breaker
from bot.services.generate import Generate
from bot.services.quota import Actor, Quota
from bot.services.submit import Submit
from bot.services.usage import ShowUsage
from bot.storage.database import Database, make_engine
from tests.fakes import FakeClock, FakeGenerator, FakeProvider, MemoryStorage
from tests.storage.rows import ALICE, BOB, IMAGINE, ROOM, url_of

MEMBERS = (ALICE, BOB, Account(2, 11))
ACCOUNTS = (*MEMBERS, Account(0, 11))
LIMITS = Limits(account=10, direct=6, server=24, total=34)

WHO = st.sampled_from(MEMBERS)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.sampled_from(ACCOUNTS), st.integers(1, 9)),
        st.tuples(st.just("reserve"), st.just(ALICE), st.integers(1, 9)),
        st.tuples(st.just("fail"), st.none(), st.integers(0, 9)),
        st.tuples(st.just("finish"), st.none(), st.integers(0, 9)),
        st.tuples(st.just("finish_in_part"), st.none(), st.integers(0, 9)),
        st.tuples(st.just("grant"), WHO, st.integers(-8, 12).filter(bool)),
        st.tuples(st.just("set"), WHO, st.none() | st.integers(0, 20)),
        st.tuples(st.just("set_default"), WHO, st.none() | st.integers(0, 20)),
        st.tuples(st.just("reset"), WHO, st.none()),
        st.tuples(st.sampled_from(["block", "unblock"]), WHO, st.none()),
        st.tuples(st.just("wait"), st.none(), st.integers(1, 30)),
    ),
    min_size=6,
    max_size=30,
)


@dataclass
class Taken:
    """An admitted job: what it cost, where that came from, and whether the day was reset since then."""

    job_id: int
    account: Account
    day: int
    of_day: int
    granted: int
    forgotten: bool = False
    ended: bool = False
    returned: bool = False


@dataclass
class Model:
    """What must be true, by adding up what happened."""

    hour: int = 12
    own: dict[Account, int] = field(default_factory=dict)
    default: dict[int, int] = field(default_factory=dict)
    grants: Sums[Account] = field(default_factory=Sums)
    blocked: set[Account] = field(default_factory=set)
    taken: list[Taken] = field(default_factory=list)

    @property
    def today(self) -> int:
        return self.hour // 24

    @property
    def kept(self) -> list[Taken]:
        return [each for each in self.taken if not each.returned]

    def used(self, account: Account) -> int:
        own = [each for each in self.kept if (each.account, each.day) == (account, self.today)]
        return sum(each.of_day for each in own if not each.forgotten)

    def granted_used(self, account: Account) -> int:
        return sum(each.granted for each in self.kept if each.account == account)

    def spent(self, server_id: int | None) -> int:
        """Today, in one server or (None) in all."""
        today = [each for each in self.kept if each.day == self.today]
        return sum(each.of_day + each.granted for each in today if server_id in (None, each.account.server_id))

    def of_day(self, account: Account) -> int:
        base = LIMITS.direct if account.is_direct else self.default.get(account.server_id, LIMITS.account)
        return max(0, self.own.get(account, base) - self.used(account))

    def left(self, account: Account) -> int:
        own = self.of_day(account) + self.grants[account] - self.granted_used(account)
        return min(own, LIMITS.server - self.spent(account.server_id), LIMITS.total - self.spent(None))


class Run:
    """The services on a storage, beside the model."""

    def __init__(self, storage: Storage) -> None:
        self.storage, self.clock, self.model = storage, FakeClock(), Model()
        generate = Generate(storage, FakeGenerator(), self.clock, most_running=3, most_calls=4)
        breaker = Breaker(storage, self.clock)
        self.submit = Submit(storage, FakeProvider(self.clock), generate, LIMITS, ROOM, 1000, breaker, self.clock)
        self.quota = Quota(storage, LIMITS, frozenset(), self.clock)
        self.usage = ShowUsage(storage, LIMITS, self.clock)

    async def take(self, what: str, account: Account, number: int) -> None:
        await getattr(self, what)(account, number)

    async def reserve(self, account: Account, credits: int) -> None:
        model, outcome = self.model, "admitted"
        expected = "blocked" if account in model.blocked else "admitted" if credits <= model.left(account) else "out"
        try:
            job = (await self.submit.admit(replace(IMAGINE, account=account, price=credits))).job
            of_day = min(credits, model.of_day(account))
            model.taken.append(Taken(job.id, account, model.today, of_day, credits - of_day))
        except Blocked:
            outcome = "blocked"
        except OutOfCredits:
            outcome = "out"
        assert outcome == expected

    async def fail(self, _: None, number: int) -> None:
        for each in self.model.taken[number : number + 1]:
            await self.submit.abandon(each.job_id)
            if not each.ended:
                each.ended = each.returned = True
            if each.returned:
                async with self.storage.write() as uow:
                    assert not await uow.ledger.refund(each.job_id, self.clock())
                    await uow.commit()

    async def finish(self, _: None, number: int) -> None:
        for each in self.model.taken[number : number + 1]:
            async with self.storage.write() as uow:
                await uow.jobs.move(each.job_id, JobState.QUEUED, JobState.SUBMITTING, self.clock())
                await uow.jobs.move(each.job_id, JobState.SUBMITTING, JobState.SUCCEEDED, self.clock())
                await uow.commit()
            each.ended = True

    async def finish_in_part(self, _: None, number: int) -> None:
        """A third of the credits comes back, granted ones first."""
        for each in self.model.taken[number : number + 1]:
            back = (each.of_day + each.granted) // 3
            if each.ended or not back:
                continue
            await self.finish(None, number)
            async with self.storage.write() as uow:
                assert await uow.ledger.refund(each.job_id, self.clock(), back)
                assert not await uow.ledger.refund(each.job_id, self.clock())
                await uow.commit()
            of_grant = min(back, each.granted)
            each.granted -= of_grant
            each.of_day -= back - of_grant

    async def grant(self, account: Account, amount: int) -> None:
        await self.quota.grant(admin(account), account.member_id, amount)
        self.model.grants[account] = max(self.model.granted_used(account), self.model.grants[account] + amount)

    async def set(self, account: Account, credits: int | None) -> None:
        await self.quota.set(admin(account), credits, account.member_id)
        self.put(self.model.own, account, credits)

    async def set_default(self, account: Account, credits: int | None) -> None:
        await self.quota.set(admin(account), credits)
        self.put(self.model.default, account.server_id, credits)

    @staticmethod
    def put(limits: dict[Any, int], key: Any, credits: int | None) -> None:
        limits.pop(key, None)
        if credits is not None:
            limits[key] = credits

    async def reset(self, account: Account, _: None) -> None:
        outcome = await self.quota.reset(admin(account), account.member_id)
        assert outcome.before == self.model.used(account)
        for each in self.model.taken:
            each.forgotten |= (each.account, each.day) == (account, self.model.today)

    async def block(self, account: Account, _: None) -> None:
        await self.quota.block(admin(account), account.member_id)
        self.model.blocked.add(account)

    async def unblock(self, account: Account, _: None) -> None:
        await self.quota.unblock(admin(account), account.member_id)
        self.model.blocked.discard(account)

    async def wait(self, _: None, hours: int) -> None:
        self.clock.advance(hours=hours)
        self.model.hour += hours

    async def check(self) -> None:
        model = self.model
        async with self.storage.read() as uow:
            for account in ACCOUNTS:
                own = (*counters(account, period_of(self.clock())), grant_counter(account))
                found = [await uow.ledger.used(Draw(counter, None)) for counter in own]
                spent = (model.spent(account.server_id), model.spent(None))
                assert found == [model.used(account), *spent, model.granted_used(account)]
                assert model.granted_used(account) <= model.grants[account]
        for account in ACCOUNTS:
            assert (await self.usage.of(account)).left == model.left(account) >= 0


def admin(account: Account) -> Actor:
    return Actor(Account(account.server_id, 99), manages_server=True)


async def live(storage: Storage, steps: list[tuple[str, Account, int]]) -> None:
    run = Run(storage)
    for step in steps:
        await run.take(*step)
    await run.check()


async def live_on(file: Path, steps: list[tuple[str, Account, int]]) -> None:
    engine = make_engine(url_of(file))
    try:
        await live(Database(engine), steps)
        async with Database(engine).read() as uow:
            assert await uow.ledger.imbalances() == []
    finally:
        await engine.dispose()


# Explaining a failure traces every line, and takes minutes over a database.
PHASES = set(Phase) - {Phase.explain}


@pytest.mark.usefixtures("in_the_loop")
@settings(max_examples=40, deadline=None, report_multiple_bugs=False, phases=PHASES)
@given(steps=STEPS)
def test_no_sequence_of_steps_breaks_the_ledger(migrated: Path, steps: list[tuple[str, Account, int]]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "easel.db"
        file.write_bytes(migrated.read_bytes())
        asyncio.run(live_on(file, steps))


@settings(max_examples=150, deadline=None, report_multiple_bugs=False, phases=PHASES)
@given(steps=STEPS)
def test_nor_that_of_the_dictionaries(steps: list[tuple[str, Account, int]]) -> None:
    asyncio.run(live(MemoryStorage(), steps))


EVERY_RULE = [
    ("grant", ALICE, 6),
    ("reserve", ALICE, 9),
    ("reserve", ALICE, 4),
    ("set", ALICE, 3),
    ("reserve", ALICE, 3),
    ("reset", ALICE, 0),
    ("fail", ALICE, 1),
    ("reserve", ALICE, 5),
    ("block", ALICE, 0),
    ("reserve", ALICE, 1),
    ("fail", ALICE, 0),
    ("wait", ALICE, 13),
    ("unblock", ALICE, 0),
    ("reserve", ALICE, 4),
    ("fail", ALICE, 2),
    ("fail", ALICE, 3),
    ("set_default", BOB, 20),
    ("reserve", BOB, 9),
]


@pytest.mark.parametrize("kind", ["memory", "database"])
def test_a_day_that_uses_every_rule(file: Path, kind: str) -> None:
    """What random steps seldom reach in one run: limits raised and lowered, a grant over midnight, late refunds."""
    asyncio.run(live(MemoryStorage(), EVERY_RULE) if kind == "memory" else live_on(file, EVERY_RULE))
