"""Faults at random, by a seed."""

import pytest

from bot.providers.simulated import Fault
from bot.providers.simulated.trouble import Trouble

from .helpers import Account

CALLS = ["imagine", "query", "picture", "query-mj-tasks"] * 500


def test_the_same_seed_makes_the_same_trouble() -> None:
    first, again, other = Trouble(5, 0.3), Trouble(5, 0.3), Trouble(6, 0.3)
    faults = [first.draw(call) for call in CALLS]
    assert faults == [again.draw(call) for call in CALLS]
    assert faults != [other.draw(call) for call in CALLS]
    assert sum(fault is not None for fault in faults) == pytest.approx(0.3 * len(CALLS), rel=0.15)
    assert first.struck.total() == sum(fault is not None for fault in faults)
    assert set(first.struck) >= {"late", "HTTP 500", "HTML for an answer", "lost after acceptance", "busy", "HTTP 404"}


def test_without_a_share_nothing_suffers() -> None:
    calm = Trouble(1, 0)
    assert not any(calm.draw(call) for call in CALLS)


async def test_what_was_ordered_comes_before_trouble(account: Account) -> None:
    account.service.faults.trouble = Trouble(1, 1)
    account.service.faults.next("imagine", Fault.answer(418))
    assert (await account.post("imagine", prompt="a fox")).status_code == 418
