"""Room for members' pictures: one request of each member, a few of all, and nobody waits for ever."""

import asyncio

import pytest

from bot.discord_ui import gathering
from bot.discord_ui.gathering import MOST_AT_ONCE, Gathering
from bot.domain.errors import Refusal


async def test_a_member_has_one_turn_at_a_time() -> None:
    room = Gathering()
    async with room.turn(1):
        with pytest.raises(Refusal, match="still fetching your other pictures"):
            room.check(1)
        room.check(2)
    room.check(1)


async def test_a_turn_that_fails_is_over() -> None:
    room = Gathering()
    with pytest.raises(LookupError):
        async with room.turn(1):
            raise LookupError
    async with room.turn(1):
        pass


async def test_more_than_there_is_room_for_wait_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    room, done, most = Gathering(), asyncio.Event(), 0

    async def gather(member_id: int) -> None:
        nonlocal most
        async with room.turn(member_id):
            most += 1
            await done.wait()

    others = [asyncio.create_task(gather(n)) for n in range(MOST_AT_ONCE)]
    await asyncio.sleep(0)
    monkeypatch.setattr(gathering, "LONGEST_WAIT", 0.01)
    with pytest.raises(Refusal, match="Please try again in a minute"):
        async with room.turn(99):
            raise AssertionError("there is no room")
    assert most == MOST_AT_ONCE
    done.set()
    await asyncio.gather(*others)
    async with room.turn(99):
        pass
