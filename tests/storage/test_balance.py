"""The ledger's invariant: every counter is the sum of its entries, whatever was reserved, refused and given back."""

import asyncio
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.domain.errors import OutOfCredits
from bot.domain.job import Account, Job
from bot.domain.quota import AuditEntry, Change, Counter, Draw, Limits, Policy, counters
from bot.storage.balance import Imbalance
from bot.storage.database import Database, make_engine
from tests.fakes import NOON
from tests.storage.rows import ALICE, IMAGINE, Store, add, reserve, url_of

ACCOUNTS = (ALICE, Account(1, 12), Account(2, 11), Account(0, 11))
LIMITS = Limits(account=10, direct=6, server=14, total=20)


@dataclass(frozen=True)
class Step:
    """Reserve for an account on a day, or refund the n-th reservation; a crash comes before the commit."""

    account: Account
    day: int
    credits: int
    refund: int | None
    crash: bool


STEPS = st.lists(
    st.builds(
        Step,
        account=st.sampled_from(ACCOUNTS),
        day=st.integers(0, 1),
        credits=st.integers(0, 8),
        refund=st.none() | st.integers(0, 9),
        crash=st.integers(0, 5).map(lambda n: n == 0),
    ),
    max_size=25,
)


class Model:
    """What must have been used, by adding up what was granted."""

    def __init__(self) -> None:
        self.granted: list[tuple[int, Step]] = []
        self.refunded: set[int] = set()

    def used(self, counter: Counter) -> int:
        return sum(
            step.credits
            for job_id, step in self.granted
            if job_id not in self.refunded and counter in counters(step.account, self.period(step))
        )

    def fits(self, step: Step) -> bool:
        allowance = LIMITS.allowance(step.account, self.period(step))
        draws = (allowance.day, *allowance.ceilings)
        return all(draw.limit is None or self.used(draw.counter) + step.credits <= draw.limit for draw in draws)

    @staticmethod
    def period(step: Step) -> date:
        return (NOON + timedelta(days=step.day)).date()


async def take(database: Database, model: Model, step: Step) -> None:
    now = NOON + timedelta(days=step.day)
    if step.refund is not None:
        if step.refund < len(model.granted):
            await give_back(database, model, step, model.granted[step.refund][0])
        return
    fits = model.fits(step)
    with suppress(OutOfCredits):
        async with database.write() as uow:
            job = await uow.jobs.add(IMAGINE, now)
            allowance = LIMITS.allowance(step.account, model.period(step))
            await uow.ledger.reserve(job.id, step.credits, allowance, now)
            assert fits, "granted over a limit"
            if not step.crash:
                await uow.commit()
                model.granted.append((job.id, step))
            return
    assert not fits, "refused below every limit"


async def give_back(database: Database, model: Model, step: Step, job_id: int) -> None:
    async with database.write() as uow:
        returned = await uow.ledger.refund(job_id, NOON + timedelta(days=step.day))
        assert returned is (job_id not in model.refunded)
        if not step.crash:
            await uow.commit()
            model.refunded.add(job_id)


async def live(file: Path, steps: list[Step]) -> None:
    engine = make_engine(url_of(file))
    try:
        database, model = Database(engine), Model()
        for step in steps:
            await take(database, model, step)
        async with database.read() as uow:
            assert await uow.ledger.imbalances() == []
            for account in ACCOUNTS:
                for day in range(2):
                    for counter in counters(account, (NOON + timedelta(days=day)).date()):
                        assert await uow.ledger.used(Draw(counter, None)) == model.used(counter)
    finally:
        await engine.dispose()


# Explaining a failure traces every line, and takes minutes over a database.
@pytest.mark.usefixtures("in_the_loop")
@settings(max_examples=40, deadline=None, report_multiple_bugs=False, phases=set(Phase) - {Phase.explain})
@given(steps=STEPS)
def test_counters_are_the_sum_of_what_was_granted_and_not_given_back(migrated: Path, steps: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "easel.db"
        file.write_bytes(migrated.read_bytes())
        asyncio.run(live(file, steps))


async def imbalances(database: Database) -> list[Imbalance]:
    async with database.read() as uow:
        return await uow.ledger.imbalances()


def tamper(file: Path, statement: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.fixture
async def spent(database: Database) -> Job:
    """A job of seven credits, five of them granted ones, after three that were forgotten by a reset."""
    store, policy = Store(database), Policy(own=2, granted=8)
    before = AuditEntry(NOON, 99, ALICE.server_id, ALICE.member_id, Change.GRANT, "0", "8")
    await store.quotas.add_grant(ALICE, 8)
    await store.quotas.audit(before)
    await reserve(database, await add(database), 3, Limits())
    await store.ledger.reset(ALICE, NOON.date())
    job = await add(database)
    await reserve(database, job, 7, Limits(), policy=policy)
    assert await imbalances(database) == []
    return job


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        (
            "UPDATE counters SET used = used + 5 WHERE kind = 'account'",
            [Imbalance("account 1/11 on 2026-05-01", 7, 2)],
        ),
        ("UPDATE counters SET used = used + 1 WHERE kind = 'grant'", [Imbalance("grant 1/11", 6, 5)]),
        ("UPDATE counters SET used = used - 5 WHERE kind = 'server'", [Imbalance("server 1/0 on 2026-05-01", 5, 10)]),
        ("UPDATE counters SET used = 0 WHERE kind = 'total'", [Imbalance("total 0/0 on 2026-05-01", 0, 10)]),
        (
            "UPDATE counters SET resets = 0 WHERE kind = 'account'",
            [Imbalance("account 1/11 on 2026-05-01", 2, 3)],
        ),
        ("DELETE FROM counters WHERE kind = 'server'", [Imbalance("server 1/0 on 2026-05-01", 0, 10)]),
        ("UPDATE policies SET granted = 9", [Imbalance("what grant 1/11 may use", 9, 8)]),
        ("DELETE FROM audit_entries", [Imbalance("what grant 1/11 may use", 8, 0)]),
        (
            "UPDATE policies SET granted = 4",
            [
                Imbalance("what grant 1/11 may use", 4, 8),
                Imbalance("grant 1/11, of which there are fewer,", 5, 4),
            ],
        ),
    ],
)
async def test_what_was_tampered_with_is_found(
    database: Database, file: Path, spent: Job, statement: str, found: list[Imbalance]
) -> None:
    tamper(file, statement)
    assert await imbalances(database) == found


async def test_a_counter_without_an_entry_is_found(database: Database, file: Path, spent: Job) -> None:
    await Store(database).ledger.refund(spent.id, NOON)
    assert await imbalances(database) == []
    tamper(file, "DELETE FROM ledger_entries WHERE kind = 'refund'")
    assert sorted(says - should for _, says, should in await imbalances(database)) == [-7, -7, -5, -2]
