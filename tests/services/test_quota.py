"""What admins do about credits: who may, what it changes, and that each change leaves its trace."""

from collections.abc import Awaitable, Callable

import pytest

from bot.domain.errors import Blocked, NotAdmin, OutOfCredits
from bot.domain.job import Account, JobKind, JobState
from bot.domain.quota import AuditEntry, Change, CounterKind, Limits, Policy, Rule, Spender
from bot.services.quota import Actor, Outcome, Quota, Span
from tests.services.world import ALICE, BOB, OPERATOR, U1, World

MakeWorld = Callable[..., World]
ADMIN_ID = 77
ADMIN = Actor(Account(1, ADMIN_ID), manages_server=True)
NOBODY = Actor(BOB, manages_server=False)

EVERY_WAY: dict[str, Callable[[Quota, Actor], Awaitable[object]]] = {
    "show": lambda quota, actor: quota.show(actor, ALICE.member_id),
    "show_server": lambda quota, actor: quota.show_server(actor),
    "set": lambda quota, actor: quota.set(actor, 60, ALICE.member_id),
    "set_default": lambda quota, actor: quota.set(actor, 60),
    "grant": lambda quota, actor: quota.grant(actor, ALICE.member_id, 5),
    "reset": lambda quota, actor: quota.reset(actor, ALICE.member_id),
    "block": lambda quota, actor: quota.block(actor, ALICE.member_id),
    "unblock": lambda quota, actor: quota.unblock(actor, ALICE.member_id),
    "top": lambda quota, actor: quota.top(actor, Span.DAY),
}


async def audited(world: World, member_id: int = ALICE.member_id) -> list[tuple[Change, str, str, str | None]]:
    async with world.storage.read() as uow:
        found = await uow.quotas.audited(1, member_id, 99)
    return [(each.change, each.before, each.after, each.reason) for each in found]


async def policy(world: World, account: Account = ALICE) -> Policy:
    async with world.storage.read() as uow:
        return await uow.quotas.policy(account)


class TestWhoMay:
    def test_every_way_in_is_tried(self) -> None:
        assert {name for name in vars(Quota) if not name.startswith("_")} == EVERY_WAY.keys() - {"set_default"}

    @pytest.mark.parametrize("way", EVERY_WAY)
    @pytest.mark.parametrize(
        "actor",
        [NOBODY, Actor(Account(0, ADMIN_ID), manages_server=True), Actor(Account(0, OPERATOR), manages_server=False)],
        ids=["a member", "someone in direct messages", "the operator in direct messages"],
    )
    async def test_who_does_not_manage_the_server_is_refused_and_changes_nothing(
        self, world: World, way: str, actor: Actor
    ) -> None:
        await world.admitted(price=4)
        before = world.storage.state.copy()
        with pytest.raises(NotAdmin, match="Manage Server"):
            await EVERY_WAY[way](world.quota, actor)
        assert world.storage.state == before

    @pytest.mark.parametrize("way", EVERY_WAY)
    @pytest.mark.parametrize("actor", [ADMIN, Actor(Account(1, OPERATOR), manages_server=False)])
    async def test_admins_and_the_operator_may(self, world: World, way: str, actor: Actor) -> None:
        await world.admitted(price=4)
        assert await EVERY_WAY[way](world.quota, actor)

    async def test_an_admin_reaches_no_other_server(self, world: World) -> None:
        await world.quota.set(Actor(Account(2, ADMIN_ID), manages_server=True), 5, ALICE.member_id)
        await world.quota.grant(Actor(Account(2, ADMIN_ID), manages_server=True), ALICE.member_id, 5)
        assert await policy(world) == Policy()


class TestSet:
    async def test_a_member_s_limit_stands_above_the_default(self, world: World) -> None:
        outcome = await world.quota.set(ADMIN, 20)
        assert (outcome.before, outcome.after, outcome.rule, outcome.usage) == (50, 20, Rule.BOT, None)
        outcome = await world.quota.set(ADMIN, 60, ALICE.member_id)
        assert (outcome.before, outcome.after, outcome.rule) == (20, 60, Rule.SERVER)
        assert outcome.usage is not None
        assert outcome.usage.left == 60
        outcome = await world.quota.set(ADMIN, 70, ALICE.member_id)
        assert (outcome.before, outcome.after, outcome.rule) == (60, 70, Rule.OWN)
        usage = await world.usage.of(BOB)
        assert (usage.limit, usage.rule) == (20, Rule.SERVER)
        assert await audited(world) == [(Change.SET, "60", "70", None), (Change.SET, "", "60", None)]
        assert await audited(world, 0) == [(Change.SET, "", "20", None)]

    async def test_what_is_so_already_is_no_change(self, world: World) -> None:
        for member_id in (ALICE.member_id, None):
            assert (await world.quota.set(ADMIN, 50, member_id)).changed  # it stays when the default changes
            assert not (await world.quota.set(ADMIN, 50, member_id)).changed
            assert len(await audited(world, member_id or 0)) == 1

    async def test_a_limit_of_zero_takes_what_is_left_of_the_day_but_no_grant(self, world: World) -> None:
        await world.admitted(price=4)
        await world.quota.grant(ADMIN, ALICE.member_id, 3)
        await world.quota.set(ADMIN, 0, ALICE.member_id)
        usage = await world.usage.of(ALICE)
        assert (usage.used, usage.limit, usage.granted, usage.left) == (4, 0, 3, 3)
        await world.admitted(price=3)
        with pytest.raises(OutOfCredits, match="The daily limit here is 0"):
            await world.admitted(price=1)

    @pytest.mark.parametrize(
        ("limits", "bound_by"),
        [
            (Limits(), None),
            (Limits(server=60), None),
            (Limits(server=40), (CounterKind.SERVER, 40)),
            (Limits(total=59, server=60), (CounterKind.TOTAL, 59)),
        ],
    )
    async def test_a_ceiling_that_binds_first_is_named(
        self, make_world: MakeWorld, limits: Limits, bound_by: tuple[CounterKind, int] | None
    ) -> None:
        world = make_world(limits)
        for member_id in (ALICE.member_id, None):
            assert (await world.quota.set(ADMIN, 60, member_id)).bound_by == bound_by


class TestGrant:
    async def test_it_is_spent_last_and_survives_midnight(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(account=10))
        outcome = await world.quota.grant(ADMIN, ALICE.member_id, 5, "for the poster")
        assert (outcome.before, outcome.after) == (0, 5)
        await world.admitted(price=8)
        assert (await world.usage.of(ALICE)).granted == 5
        await world.admitted(price=4)
        usage = await world.usage.of(ALICE)
        assert (usage.used, usage.granted, usage.left) == (10, 3, 3)
        world.clock.advance(hours=12)
        usage = await world.usage.of(ALICE)
        assert (usage.used, usage.granted, usage.left) == (0, 3, 13)
        await world.admitted(price=13)
        with pytest.raises(OutOfCredits):
            await world.admitted(price=1)
        world.clock.advance(hours=24)
        assert (await world.usage.of(ALICE)).left == 10
        assert await audited(world) == [(Change.GRANT, "0", "5", "for the poster")]

    async def test_what_comes_back_after_midnight_goes_where_it_came_from(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(account=10))
        await world.quota.grant(ADMIN, ALICE.member_id, 5)
        job = await world.admitted(price=12)
        world.clock.advance(hours=12)
        await world.admitted(price=3)
        await world.submit.abandon(job.id)
        usage = await world.usage.of(ALICE)
        assert (usage.used, usage.granted, usage.left) == (3, 5, 12)

    async def test_a_ceiling_below_the_day_and_the_grant_together_is_named(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(account=10, server=14))
        assert (await world.quota.grant(ADMIN, ALICE.member_id, 4)).bound_by is None
        outcome = await world.quota.grant(ADMIN, ALICE.member_id, 1)
        assert outcome.bound_by == (CounterKind.SERVER, 14)
        assert outcome.usage is not None
        assert (outcome.usage.left, outcome.usage.bound_by) == (14, CounterKind.SERVER)


class TestReset:
    async def test_the_day_begins_anew_but_ceilings_remember(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(account=10, server=25))
        job = await world.admitted(price=9)
        outcome = await world.quota.reset(ADMIN, ALICE.member_id)
        assert (outcome.changed, outcome.before) == (True, 9)
        assert await world.used() == (0, 9, 9)
        assert await audited(world) == [(Change.RESET, "9", "0", None)]
        await world.admitted(price=10)
        await world.submit.abandon(job.id)
        assert await world.used() == (10, 10, 10)

    async def test_nothing_used_is_no_change(self, world: World) -> None:
        assert not (await world.quota.reset(ADMIN, ALICE.member_id)).changed
        assert await audited(world) == []


class TestBlock:
    async def test_a_blocked_member_looks_but_makes_nothing_and_jobs_go_on(self, world: World) -> None:
        grid, waiting = await world.finished(), await world.admitted()
        await world.quota.block(ADMIN, ALICE.member_id, "too many cats")
        before = world.storage.state.copy()
        for ask in (
            lambda: world.admitted(),
            lambda: world.admitted(kind=JobKind.PRESS, parent_id=grid.id, pressed=U1, price=1),
        ):
            with pytest.raises(Blocked) as refusal:
                await ask()
            assert refusal.value.reason == "too many cats"
        assert world.storage.state == before
        usage = await world.usage.of(ALICE)
        assert (usage.policy.blocked, usage.policy.block_reason) == (True, "too many cats")
        await world.submit.start_waiting()
        assert await world.state(waiting) is JobState.RUNNING
        await world.admitted(account=BOB)
        await world.admitted(account=Account(2, ALICE.member_id))

    async def test_to_unblock_undoes_it(self, world: World) -> None:
        await world.quota.block(ADMIN, ALICE.member_id, "cats")
        assert (await world.quota.unblock(ADMIN, ALICE.member_id)).changed
        assert await policy(world) == Policy()
        await world.admitted()
        assert await audited(world) == [(Change.UNBLOCK, "1", "0", None), (Change.BLOCK, "0", "1", "cats")]

    async def test_a_second_block_can_only_change_the_reason(self, world: World) -> None:
        changed = [
            (await world.quota.block(ADMIN, ALICE.member_id, reason)).changed
            for reason in (None, None, "cats", None, "cats", "dogs")
        ]
        assert changed == [True, False, True, False, False, True]
        assert (await policy(world)).block_reason == "dogs"
        assert len(await audited(world)) == 3

    async def test_to_unblock_who_is_not_blocked_is_no_change(self, world: World) -> None:
        assert not (await world.quota.unblock(ADMIN, ALICE.member_id)).changed
        assert await audited(world) == []


class TestShow:
    async def test_a_member_s_report_holds_the_day_the_policy_and_the_newest_changes(self, world: World) -> None:
        await world.admitted(price=4)
        for credits in range(60, 67):
            await world.quota.set(ADMIN, credits, ALICE.member_id)
        report = await world.quota.show(ADMIN, ALICE.member_id)
        assert (report.usage.used, report.usage.limit, report.usage.left) == (4, 66, 62)
        assert (report.usage.rule, len(report.usage.jobs)) == (Rule.OWN, 1)
        newest = AuditEntry(world.clock.now, ADMIN_ID, 1, ALICE.member_id, Change.SET, "65", "66")
        assert (report.changes[0], len(report.changes)) == (newest, 5)

    async def test_a_server_s_report_holds_its_default_its_day_and_the_ceilings(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(server=200, total=300))
        for account, price in ((ALICE, 4), (BOB, 3), (Account(2, 11), 5)):
            await world.admitted(account=account, price=price)
        report = await world.quota.show_server(ADMIN)
        assert (report.daily, report.rule, report.used) == (50, Rule.BOT, 7)
        assert (report.ceiling, report.total_ceiling, report.total_left, list(report.changes)) == (200, 300, 288, [])
        await world.quota.set(ADMIN, 20)
        report = await world.quota.show_server(ADMIN)
        assert (report.daily, report.rule, len(report.changes)) == (20, Rule.SERVER, 1)

    async def test_without_ceilings_nothing_is_left_to_tell(self, world: World) -> None:
        report = await world.quota.show_server(ADMIN)
        assert (report.ceiling, report.total_ceiling, report.total_left) == (0, 0, None)


class TestTop:
    async def test_the_day_begins_at_midnight_and_the_month_on_its_first(self, world: World) -> None:
        world.clock.advance(days=1)  # the second of May
        await world.admitted(price=4)
        world.clock.advance(days=1)
        await world.admitted(price=1)
        await world.admitted(account=BOB, price=3)
        await world.admitted(account=Account(2, 11), price=9)
        day, month = [await world.quota.top(ADMIN, span) for span in Span]
        assert (list(day.spenders), day.since.isoformat()) == ([Spender(12, 3), Spender(11, 1)], "2026-05-03")
        assert (list(month.spenders), month.since.isoformat()) == ([Spender(11, 5), Spender(12, 3)], "2026-05-01")
        world.clock.advance(days=29)  # the first of June
        assert [list((await world.quota.top(ADMIN, span)).spenders) for span in Span] == [[], []]


async def test_no_change_is_kept_without_its_audit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are one transaction: what cannot be audited is not done."""

    async def full(*_: object) -> None:
        raise OSError("disk full")

    await world.admitted(price=4)
    before = world.storage.state.copy()
    monkeypatch.setattr("tests.storage.memory_credits.MemoryQuotas.audit", full)
    changes: list[Callable[[], Awaitable[Outcome]]] = [
        lambda: world.quota.set(ADMIN, 5),
        lambda: world.quota.grant(ADMIN, ALICE.member_id, 5),
        lambda: world.quota.reset(ADMIN, ALICE.member_id),
        lambda: world.quota.block(ADMIN, ALICE.member_id),
    ]
    for change in changes:
        with pytest.raises(OSError, match="disk full"):
            await change()
    assert world.storage.state == before


class TestTakingBack:
    async def test_a_limit_may_be_left_to_the_default_again(self, world: World) -> None:
        await world.quota.set(ADMIN, 30)
        await world.quota.set(ADMIN, 5, BOB.member_id)
        outcome = await world.quota.set(ADMIN, None, BOB.member_id)
        assert (outcome.changed, outcome.before, outcome.after, outcome.rule_now) == (True, 5, 30, Rule.SERVER)
        outcome = await world.quota.set(ADMIN, None)
        assert (outcome.before, outcome.after, outcome.rule_now) == (30, 50, Rule.BOT)
        assert not (await world.quota.set(ADMIN, None)).changed
        [newest, *_] = (await world.quota.show(ADMIN, BOB.member_id)).changes
        assert (newest.before, newest.after) == ("5", "")

    async def test_of_a_grant_what_is_not_used_yet_may_be_taken_back(self, world: World) -> None:
        await world.quota.set(ADMIN, 2, BOB.member_id)
        await world.quota.grant(ADMIN, BOB.member_id, 10)
        await world.admitted(account=BOB, price=5)
        outcome = await world.quota.grant(ADMIN, BOB.member_id, -1_000_000)
        assert (outcome.changed, outcome.before, outcome.after) == (True, 10, 3)
        assert not (await world.quota.grant(ADMIN, BOB.member_id, -1)).changed
        assert outcome.usage is not None
        assert outcome.usage.granted == 0
