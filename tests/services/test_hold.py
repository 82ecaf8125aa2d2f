"""A pause: it grows, it is as long as was asked for, and no clock makes it longer."""

import pytest

from bot.services.hold import Hold
from tests.fakes import FakeClock


@pytest.mark.parametrize("asked", [None, 20, 3600])
def test_a_clock_that_steps_back_ends_a_pause_rather_than_making_it_longer(asked: float | None) -> None:
    clock = FakeClock()
    hold = Hold(clock)
    hold.begin(asked)
    assert hold.is_on
    clock.advance(hours=-1)
    assert not hold.is_on
    hold.begin(asked)
    assert hold.is_on
    clock.advance(minutes=1)
    assert not hold.is_on


def test_a_short_pause_within_a_long_one_shortens_nothing() -> None:
    clock = FakeClock()
    hold = Hold(clock)
    hold.begin(40)
    clock.advance(seconds=10)
    hold.begin(5)
    clock.advance(seconds=29)
    assert hold.is_on
    clock.advance(seconds=1)
    assert not hold.is_on
