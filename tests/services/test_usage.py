"""What `/usage` knows: the own limit, and a ceiling where it allows less."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.domain.job import Account
from bot.domain.quota import CounterKind, Limits
from tests.services.world import ALICE, BOB, World


@pytest.mark.parametrize(
    ("limits", "left", "bound_by"),
    [
        (Limits(account=50), 46, None),
        (Limits(account=4), 0, None),
        (Limits(account=3), 0, None),
        (Limits(account=50, server=20), 13, CounterKind.SERVER),
        (Limits(account=50, total=20), 11, CounterKind.TOTAL),
        (Limits(account=50, server=20, total=20), 11, CounterKind.TOTAL),
        (Limits(account=50, server=8, total=30), 1, CounterKind.SERVER),
        (Limits(account=50, server=53, total=55), 46, None),
        (Limits(account=50, server=5), 0, CounterKind.SERVER),
        (Limits(account=0, server=5), 0, None),
    ],
)
async def test_what_is_left_counts_every_limit_and_names_the_narrowest(
    make_world: Callable[..., World], limits: Limits, left: int, bound_by: CounterKind | None
) -> None:
    """Of 9 credits used today 4 are the account's own, and 7 its server's."""
    world = make_world(Limits())
    for account, price in ((ALICE, 4), (BOB, 3), (Account(2, 11), 2)):
        await world.admitted(account=account, price=price)
    world.limits = limits
    world.restart()
    usage = await world.usage.of(ALICE)
    assert (usage.used, usage.limit, usage.left, usage.bound_by) == (4, limits.account, left, bound_by)


async def test_it_names_the_unfinished_jobs_of_the_account_alone(world: World) -> None:
    first, running = await world.finished(), await world.running()
    await world.running(account=BOB)
    queued = await world.admitted()
    usage = await world.usage.of(ALICE)
    assert [job.id for job in usage.jobs] == [running.id, queued.id]
    assert first.id not in [job.id for job in usage.jobs]


async def test_credits_return_at_the_next_midnight_in_utc(world: World) -> None:
    await world.admitted()
    assert (await world.usage.of(ALICE)).returns_at == datetime(2026, 5, 2, tzinfo=UTC)
    world.clock.advance(hours=12)
    usage = await world.usage.of(ALICE)
    assert (usage.used, usage.left, usage.returns_at) == (0, 50, datetime(2026, 5, 3, tzinfo=UTC))


async def test_a_refund_gives_back_what_is_left(world: World) -> None:
    job = await world.admitted()
    await world.submit.abandon(job.id)
    assert (await world.usage.of(ALICE)).left == 50


async def test_direct_messages_have_their_own_limit(make_world: Callable[..., World]) -> None:
    world = make_world(Limits(account=50, direct=6))
    direct = Account(0, ALICE.member_id)
    await world.admitted(account=direct)
    await world.admitted(account=ALICE)
    usage = await world.usage.of(direct)
    assert (usage.used, usage.limit, usage.left) == (2, 6, 4)
