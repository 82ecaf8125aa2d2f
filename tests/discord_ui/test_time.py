"""Time-outs as members see them: given up with the credits back, and a picture that comes after all."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.job import JobState
from tests.discord_ui.conftest import OFTEN
from tests.discord_ui.test_history import stored


@OFTEN
async def test_what_stands_still_is_given_up_and_comes_late_as_a_gift(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.domain.job.FAST_TIMEOUT", timedelta(seconds=2))
    monkeypatch.setattr("bot.domain.job.SLOW_AFTER", timedelta(0))
    monkeypatch.setattr("bot.services.track.LATE_LOOK_UP_EVERY", timedelta(seconds=5))
    card = await world.imagine(world.alice)
    await world.until(lambda: "%" in card.text)
    with monkeypatch.context() as standstill:
        stopped = world.now()
        standstill.setattr(world.service, "_clock", lambda: stopped)
        await world.until(lambda: "**Given up.** Midjourney has gone silent about this one." in card.text)
        assert "Your 2 credits came back.\nShould the picture still arrive within a day" in card.text
        assert card.buttons == {}
        assert await world.left(world.alice) == 50
        await world.pass_time(7)
        assert "Given up" in card.text
    await world.until(lambda: "done" in card.text)
    assert "a gift" in card.text
    assert await card.picture()
    assert "U1" in card.buttons
    assert await world.left(world.alice) == 50
    await world.pass_time(2)
    said = sorted(message.content for message in world.channel.history() if message.content)
    assert said == [
        f"<@{world.alice.id}> this one did not work out; your 2 credits came back.",
        f"<@{world.alice.id}> your picture is ready.",
    ]


@pytest.mark.parametrize("settings", [{"max_running_total": 1}])
async def test_who_waits_in_line_for_too_long_gets_the_credits_back(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.track.QUEUED_TIMEOUT", timedelta(seconds=2))
    await world.imagine(world.bob)
    card = await world.imagine(world.alice)
    await world.until(lambda: "Given up" in card.text, 10)
    assert "**Given up.** No place became free for this one. Your 2 credits came back." in card.text
    assert card.buttons == {}
    assert (await stored(world, 2)).state is JobState.EXPIRED
    assert await world.left(world.alice) == 50
