"""Policies, grants, resets and the audit, held to both kinds of storage like the rest of its contract."""

from datetime import timedelta

import pytest

from bot.domain.errors import OutOfCredits
from bot.domain.job import Account
from bot.domain.quota import NO_POLICY, AuditEntry, Change, Draw, Limits, Policy, Spender, grant_counter
from tests.fakes import NOON
from tests.storage.rows import ALICE, BOB, Store, add, reserve, used

TODAY = NOON.date()
DAY = timedelta(days=1)
TOMORROW = NOON + DAY
ELSEWHERE = Account(2, ALICE.member_id)
TEN_AND_FIVE = Policy(own=10, granted=5)


async def granted_used(store: Store, account: Account = ALICE) -> int:
    return await store.ledger.used(Draw(grant_counter(account), None))


class TestPolicies:
    async def test_nobody_has_one_at_first(self, store: Store) -> None:
        assert await store.quotas.policy(ALICE) == NO_POLICY

    async def test_a_member_s_limit_and_the_server_s_default_are_kept_apart(self, store: Store) -> None:
        await store.quotas.set_daily(1, 0, 20)
        await store.quotas.set_daily(1, ALICE.member_id, 60)
        assert await store.quotas.policy(ALICE) == Policy(own=60, default=20)
        assert await store.quotas.policy(BOB) == Policy(default=20)
        assert await store.quotas.policy(Account(1, 0)) == Policy(default=20)
        assert await store.quotas.policy(ELSEWHERE) == NO_POLICY
        await store.quotas.set_daily(1, ALICE.member_id, 0)
        assert await store.quotas.policy(ALICE) == Policy(own=0, default=20)

    async def test_grants_add_up(self, store: Store) -> None:
        for credits in (5, 7):
            await store.quotas.add_grant(ALICE, credits)
        assert await store.quotas.policy(ALICE) == Policy(granted=12)
        assert await store.quotas.policy(BOB) == NO_POLICY

    async def test_a_block_has_a_reason_and_can_be_undone(self, store: Store) -> None:
        await store.quotas.set_block(ALICE, True, "spam")
        assert await store.quotas.policy(ALICE) == Policy(blocked=True, block_reason="spam")
        await store.quotas.set_block(ALICE, False, None)
        assert await store.quotas.policy(ALICE) == NO_POLICY

    async def test_no_decision_touches_another(self, store: Store) -> None:
        await store.quotas.add_grant(ALICE, 5)
        await store.quotas.set_daily(1, ALICE.member_id, 60)
        await store.quotas.set_block(ALICE, True, "spam")
        await store.quotas.add_grant(ALICE, 1)
        assert await store.quotas.policy(ALICE) == Policy(60, None, 6, True, "spam")


class TestGrants:
    async def test_they_are_spent_after_the_day_and_count_for_every_ceiling(self, store: Store) -> None:
        for credits, day, granted in ((8, 8, 0), (5, 10, 3), (2, 10, 5)):
            await reserve(store, await add(store), credits, Limits(), policy=TEN_AND_FIVE)
            assert (await used(store), await granted_used(store)) == ([day, day + granted, day + granted], granted)

    async def test_no_more_is_spent_than_was_granted(self, store: Store) -> None:
        await reserve(store, await add(store), 13, Limits(), policy=TEN_AND_FIVE)
        job = await add(store)
        with pytest.raises(OutOfCredits, match="costs 3 credits, but you have only 2 credits left") as refusal:
            await reserve(store, job, 3, Limits(), policy=TEN_AND_FIVE)
        assert refusal.value.left == 2
        assert (await used(store), await granted_used(store)) == ([10, 13, 13], 3)

    async def test_what_is_left_of_the_day_and_of_the_grant_is_said_as_one(self, store: Store) -> None:
        await reserve(store, await add(store), 4, Limits(), policy=TEN_AND_FIVE)
        with pytest.raises(OutOfCredits) as refusal:
            await reserve(store, await add(store), 12, Limits(), policy=TEN_AND_FIVE)
        assert refusal.value.left == 11

    async def test_a_ceiling_refuses_granted_credits_too(self, store: Store) -> None:
        with pytest.raises(OutOfCredits, match="this server has only 12 credits left"):
            await reserve(store, await add(store), 13, Limits(server=12), policy=TEN_AND_FIVE)
        assert (await used(store), await granted_used(store)) == ([0, 0, 0], 0)

    async def test_they_survive_midnight_until_they_are_used(self, store: Store) -> None:
        await reserve(store, await add(store), 13, Limits(), policy=TEN_AND_FIVE)
        await reserve(store, await add(store), 12, Limits(), TOMORROW, TEN_AND_FIVE)
        assert (await used(store, now=TOMORROW), await granted_used(store)) == ([10, 12, 12], 5)
        with pytest.raises(OutOfCredits, match="no credits left"):
            await reserve(store, await add(store), 1, Limits(), TOMORROW, TEN_AND_FIVE)

    async def test_a_refund_splits_as_the_reservation_did(self, store: Store) -> None:
        job = await add(store)
        await reserve(store, job, 13, Limits(), policy=TEN_AND_FIVE)
        assert await store.ledger.refund(job.id, TOMORROW) is True
        assert await store.ledger.refund(job.id, TOMORROW) is False
        assert (await used(store), await granted_used(store)) == ([0, 0, 0], 0)

    async def test_a_limit_that_was_lowered_below_what_was_used_leaves_the_grant(self, store: Store) -> None:
        await reserve(store, await add(store), 8, Limits())
        lowered = Policy(own=3, granted=5)
        await reserve(store, await add(store), 5, Limits(), policy=lowered)
        assert (await used(store), await granted_used(store)) == ([8, 13, 13], 5)

    async def test_without_a_daily_limit_no_new_credits_are_promised(self, store: Store) -> None:
        with pytest.raises(OutOfCredits) as refusal:
            await reserve(store, await add(store), 2, Limits(), policy=Policy(own=0, granted=1))
        assert (refusal.value.left, refusal.value.returns_at) == (1, None)


class TestResets:
    async def test_a_reset_forgets_the_account_s_day_alone(self, store: Store) -> None:
        await reserve(store, await add(store), 13, Limits(), policy=TEN_AND_FIVE)
        await reserve(store, await add(store, account=BOB), 2, Limits())
        assert await store.ledger.reset(ALICE, TODAY) == 10
        assert (await used(store), await granted_used(store)) == ([0, 15, 15], 3)
        assert await used(store, BOB) == [2, 15, 15]

    async def test_a_refund_of_what_was_forgotten_does_not_count_twice(self, store: Store) -> None:
        before, after = await add(store), await add(store)
        await reserve(store, before, 13, Limits(), policy=TEN_AND_FIVE)
        await store.ledger.reset(ALICE, TODAY)
        await reserve(store, after, 4, Limits(), policy=TEN_AND_FIVE)
        assert await store.ledger.refund(before.id, NOON) is True
        assert (await used(store), await granted_used(store)) == ([4, 4, 4], 0)
        assert await store.ledger.refund(after.id, NOON) is True
        assert await used(store) == [0, 0, 0]

    async def test_another_day_is_not_touched(self, store: Store) -> None:
        job = await add(store)
        await reserve(store, job, 4, Limits())
        assert await store.ledger.reset(ALICE, TOMORROW.date()) == 0
        assert await used(store) == [4, 4, 4]
        assert await store.ledger.refund(job.id, TOMORROW) is True
        assert await used(store) == [0, 0, 0]

    async def test_nothing_used_is_nothing_forgotten(self, store: Store) -> None:
        assert await store.ledger.reset(ALICE, TODAY) == 0
        job = await add(store)
        await reserve(store, job, 4, Limits())
        await store.ledger.refund(job.id, NOON)
        assert await used(store) == [0, 0, 0]


def entry(member_id: int, after: str, server_id: int = 1) -> AuditEntry:
    return AuditEntry(NOON, 99, server_id, member_id, Change.SET, "", after, "why *not*")


class TestAudit:
    async def test_a_change_comes_back_as_it_was_noted_the_newest_first(self, store: Store) -> None:
        noted = [entry(11, str(n)) for n in range(4)]
        for each in (*noted, entry(12, "9"), entry(0, "9"), entry(11, "9", server_id=2)):
            await store.quotas.audit(each)
        assert await store.quotas.audited(1, 11, 3) == noted[:0:-1]
        assert await store.quotas.audited(1, 0, 3) == [entry(0, "9")]
        assert await store.quotas.audited(3, 11, 3) == []

    async def test_it_is_not_kept_without_a_commit(self, store: Store) -> None:
        async with store.write() as uow:
            await uow.quotas.audit(entry(11, "1"))
            await uow.quotas.add_grant(ALICE, 5)
        assert await store.quotas.audited(1, 11, 3) == []
        assert await store.quotas.policy(ALICE) == NO_POLICY


class TestSpenders:
    async def test_those_who_spent_most_come_first_without_what_was_given_back(self, store: Store) -> None:
        for account, credits in ((ALICE, 3), (BOB, 5), (ALICE, 4), (Account(1, 13), 5), (ELSEWHERE, 9)):
            await reserve(store, await add(store, account=account), credits, Limits())
        returned = await add(store, account=Account(1, 14))
        await reserve(store, returned, 9, Limits())
        await store.ledger.refund(returned.id, NOON)
        spenders = [Spender(11, 7), Spender(12, 5), Spender(13, 5)]
        assert await store.quotas.spenders(1, TODAY, TODAY, 9) == spenders
        assert await store.quotas.spenders(1, TODAY, TODAY, 2) == spenders[:2]

    async def test_granted_credits_and_those_of_before_a_reset_were_spent_too(self, store: Store) -> None:
        await reserve(store, await add(store), 13, Limits(), policy=TEN_AND_FIVE)
        await store.ledger.reset(ALICE, TODAY)
        assert await store.quotas.spenders(1, TODAY, TODAY, 9) == [Spender(11, 13)]

    @pytest.mark.parametrize(
        ("since", "until", "spent"), [(-1, -1, []), (-1, 0, [1]), (0, 0, [1]), (0, 1, [3]), (1, 1, [2]), (2, 9, [])]
    )
    async def test_both_ends_of_the_time_belong_to_it(
        self, store: Store, since: int, until: int, spent: list[int]
    ) -> None:
        for n in range(2):
            await reserve(store, await add(store), n + 1, Limits(), NOON + n * DAY)
        found = await store.quotas.spenders(1, TODAY + since * DAY, TODAY + until * DAY, 9)
        assert [each.spent for each in found] == spent


class TestPartsGivenBack:
    async def test_a_part_comes_back_once_the_granted_credits_first(self, store: Store) -> None:
        job = await add(store)
        await reserve(store, job, 13, Limits(), policy=TEN_AND_FIVE)
        assert await store.ledger.refund(job.id, NOON, 4)
        assert (await used(store), await granted_used(store)) == ([9, 9, 9], 0)
        assert not await store.ledger.refund(job.id, NOON)
        assert await store.quotas.spenders(1, TODAY, TODAY, 5) == [Spender(ALICE.member_id, 9)]

    async def test_no_more_comes_back_than_was_taken(self, store: Store) -> None:
        job = await add(store)
        await reserve(store, job, 3, Limits())
        assert await store.ledger.refund(job.id, NOON, 99)
        assert await used(store) == [0, 0, 0]


@pytest.mark.parametrize(("limits", "price"), [(Limits(account=50), 60), (Limits(account=500, server=50), 60)])
async def test_a_price_that_no_day_covers_promises_nothing(store: Store, limits: Limits, price: int) -> None:
    with pytest.raises(OutOfCredits, match="A whole day allows 50 credits, so please ask for something smaller"):
        await reserve(store, await add(store), price, limits)
