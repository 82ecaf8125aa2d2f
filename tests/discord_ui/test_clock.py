"""The wall clock is set back by an hour under the running bot: discord.py's own loops must not wait for it."""

from datetime import timedelta
from typing import Any

import pytest

HOUR = timedelta(hours=1)


@pytest.fixture
def speed() -> float:
    return 10.0


async def test_a_picture_that_is_under_way_is_finished_as_soon_as_ever(world: Any) -> None:
    card = await world.imagine(world.alice)
    await world.until(lambda: "%" in card.text)
    world.env.backend.clock._epoch -= HOUR  # the wall clock alone: what waits for seconds waits as before
    world.service._clock = lambda: world.now() + HOUR  # the service's own is right
    await world.until(lambda: "done" in card.text, seconds=40)
    assert card.gallery
