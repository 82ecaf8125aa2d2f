"""Many at once: one winner, never a credit over the limit, and no lock that outlives its owner."""

import asyncio
import gc
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.errors import OutOfCredits
from bot.domain.job import Account, Job, JobState
from bot.domain.quota import NO_POLICY, Draw, Limits, Policy, grant_counter
from bot.storage.database import Database
from tests.fakes import NOON
from tests.storage.rows import ALICE, BOB, IMAGINE, ROOM, Store, add, reserve, used

MANY = 200
SOME = 80
"""Still more than may pass, where another test has shown the same of many."""


async def admit(database: Database, limits: Limits, account: Account = ALICE, policy: Policy = NO_POLICY) -> bool:
    """What admission does to the storage; whether it was granted."""
    try:
        async with database.write() as uow:
            job = await uow.jobs.add(replace(IMAGINE, account=account), NOON)
            await uow.ledger.reserve(job.id, 1, limits.allowance(account, NOON.date(), policy), NOON)
            await uow.commit()
    except OutOfCredits:
        return False
    return True


async def in_balance(database: Database) -> bool:
    async with database.read() as uow:
        return await uow.ledger.imbalances() == []


class TestReservations:
    async def test_parallel_requests_get_exactly_the_limit(self, database: Database) -> None:
        granted = await asyncio.gather(*(admit(database, Limits(account=50)) for _ in range(MANY)))
        assert sum(granted) == 50
        assert await used(database) == [50, 50, 50]
        async with database.read() as uow:
            assert len(await uow.jobs.unfinished_of(ALICE)) == 50
        assert await in_balance(database)

    @pytest.mark.parametrize("limits", [Limits(server=50), Limits(total=50)])
    async def test_so_do_many_members_under_one_ceiling(self, database: Database, limits: Limits) -> None:
        accounts = [Account(1, member) for member in range(SOME)]
        granted = await asyncio.gather(*(admit(database, limits, account) for account in accounts))
        assert sum(granted) == 50
        assert (await used(database))[1:] == [50, 50]
        assert await in_balance(database)

    async def test_so_do_two_processes(self, database: Database, second: Database) -> None:
        requests = [admit(which, Limits(account=50)) for _ in range(MANY // 2) for which in (database, second)]
        assert sum(await asyncio.gather(*requests)) == 50
        assert await used(second) == [50, 50, 50]
        assert await in_balance(database)

    async def test_so_do_those_that_also_draw_on_what_was_granted(self, database: Database, second: Database) -> None:
        policy = Policy(granted=30)
        await Store(database).quotas.add_grant(ALICE, 30)
        requests = [
            admit(which, Limits(account=20), ALICE, policy) for _ in range(SOME // 2) for which in (database, second)
        ]
        assert sum(await asyncio.gather(*requests)) == 20 + 30
        assert await used(database) == [20, 50, 50]
        assert await Store(database).ledger.used(Draw(grant_counter(ALICE), None)) == 30

    async def test_parallel_grants_all_count(self, database: Database, second: Database) -> None:
        grants = [Store(which).quotas.add_grant(ALICE, 3) for _ in range(20) for which in (database, second)]
        await asyncio.gather(*grants)
        assert (await Store(second).quotas.policy(ALICE)).granted == 120

    async def test_a_job_is_refunded_once(self, database: Database, second: Database) -> None:
        job = await add(database)
        await reserve(database, job, 2, Limits())

        async def refund(which: Database) -> bool:
            return await Store(which).ledger.refund(job.id, NOON)

        returned = await asyncio.gather(*(refund(which) for _ in range(10) for which in (database, second)))
        assert sorted(returned) == [False] * 19 + [True]
        assert await used(database) == [0, 0, 0]
        assert await in_balance(database)


class TestJobs:
    async def test_one_of_many_moves_wins(self, database: Database, second: Database) -> None:
        job = await add(database, card=7)

        async def cancel(which: Database) -> Job | None:
            return await Store(which).jobs.move(job.id, JobState.QUEUED, JobState.CANCELLED, NOON)

        moved = await asyncio.gather(*(cancel(which) for _ in range(10) for which in (database, second)))
        winners = [job for job in moved if job is not None]
        assert [winner.revision for winner in winners] == [1]

    async def test_parallel_claims_fill_the_places_of_each_account_and_no_more(
        self, database: Database, second: Database
    ) -> None:
        jobs = [await add(database, card=n, account=account) for n in range(10) for account in (ALICE, BOB)]

        async def claim(which: Database, job: Job) -> Job | None:
            return await Store(which).queue.claim(job.id, replace(ROOM, per_account=3), NOON)

        claims = [claim(which, job) for job in jobs for which in (database, second)]
        claimed = [job for job in await asyncio.gather(*claims) if job is not None]
        assert sorted(job.account.member_id for job in claimed) == [11, 11, 11, 12, 12, 12]
        assert len({job.id for job in claimed}) == 6

    async def test_parallel_claims_fill_the_service_and_no_more(self, database: Database, second: Database) -> None:
        jobs = [await add(database, card=n, account=Account(1, n)) for n in range(20)]

        async def claim(which: Database, job: Job) -> Job | None:
            return await Store(which).queue.claim(job.id, replace(ROOM, in_all=5), NOON)

        claimed = await asyncio.gather(*(claim(which, job) for job in jobs for which in (database, second)))
        assert sorted(job.turn or 0 for job in claimed if job is not None) == [1, 2, 3, 4, 5]

    async def test_a_claim_and_a_cancellation_have_one_winner(self, database: Database, second: Database) -> None:
        jobs = [await add(database, card=n) for n in range(20)]

        async def claim(which: Database, job: Job) -> Job | None:
            return await Store(which).queue.claim(job.id, ROOM, NOON)

        async def cancel(which: Database, job: Job) -> Job | None:
            return await Store(which).jobs.move(job.id, JobState.QUEUED, JobState.CANCELLED, NOON)

        for job in jobs:
            both = await asyncio.gather(claim(database, job), cancel(second, job))
            assert sum(each is not None for each in both) == 1

    async def test_one_of_many_may_announce(self, database: Database, second: Database) -> None:
        job = await add(database)
        claims = [Store(which).jobs.claim_announcement(job.id) for _ in range(10) for which in (database, second)]
        assert sum(await asyncio.gather(*claims)) == 1

    async def test_readers_do_not_wait_for_a_writer(self, database: Database) -> None:
        job = await add(database)
        async with database.write() as uow:
            await uow.jobs.set_card(job.id, 7)
            async with asyncio.timeout(5), database.read() as reader:
                seen = await reader.jobs.get(job.id)
            assert seen is not None
            assert seen.message_id is None


class TestCancellation:
    """A stale edit is cancelled wherever it is, a shutdown cancels everything: no writer may be left hanging."""

    @pytest.fixture(autouse=True)
    def uncollected(self) -> Iterator[None]:
        """Collecting garbage would hide that a writer left some."""
        gc.disable()
        yield
        gc.enable()

    async def test_a_cancelled_writer_leaves_nothing_and_lets_the_next_one_in(
        self, database: Database, second: Database
    ) -> None:
        job = await add(database)

        async def write() -> None:
            async with database.write() as uow:
                for tries in range(1, 1000):
                    await uow.jobs.postpone_card(job.id, 0, NOON, delivery_tries=tries, picture_tries=0)

        for turns in range(60):  # wherever it is: waiting, beginning, in the middle of a statement
            async with database.write():
                pass  # so that the writer finds a connection and does not spend its turns on opening one
            writer = asyncio.create_task(write(), name=f"writer that has {turns} turns")
            for _ in range(turns):
                await asyncio.sleep(0)
            writer.cancel()
            with pytest.raises(asyncio.CancelledError):
                await writer
            async with asyncio.timeout(5), second.write() as uow:
                stored = await uow.jobs.get(job.id)
                assert stored is not None
                assert stored.delivery_tries == 0
