"""Pictures on their way to the card: links that come later, limits that change, and what was shown already."""

import asyncio

import pytest

from bot.domain.errors import CardForbidden, CardTooLarge, CardUndelivered, PictureUnavailable
from bot.domain.job import PICTURE_RETRIES, Job
from bot.domain.ports import Picture
from bot.domain.task import TaskState
from bot.services.deliver import DIRECT_LIMIT
from tests.fakes import FakeFetcher
from tests.services.steps import draws, finish, owes, say
from tests.services.world import LASTING, LINK, World, settle

MIB = 1024 * 1024
GONE = PictureUnavailable("404")


async def without_picture(world: World, tries: int) -> Job:
    """A finished job whose picture could not be fetched so many times."""
    job = await world.running()
    say(world, job, state=TaskState.SUCCEEDED, source_url=LINK)
    await world.tracker.tick()
    world.pictures.failures = [GONE] * tries
    while world.pictures.failures:
        await world.draw()
        world.clock.advance(seconds=1)
    return await world.job(job.id)


class TestLinks:
    async def test_a_lasting_link_is_used_at_once_and_not_at_the_next_try(self, world: World) -> None:
        job = await without_picture(world, 5)
        say(world, job, lasting_url=LASTING)
        world.clock.advance(seconds=30)
        await world.tracker.tick()
        await world.draw()
        assert world.pictures.asked[-1][0] == (LASTING, LINK)
        assert (await world.job(job.id)).pictures == ("picture.png",)
        assert not await owes(world, job)

    async def test_with_a_lasting_link_the_hour_begins_anew(self, world: World) -> None:
        job = await without_picture(world, 7)
        world.pictures.failures = [GONE] * 99
        say(world, job, lasting_url=LASTING)
        world.clock.advance(seconds=30)
        await world.tracker.tick()
        world.pictures.asked.clear()
        drawn = await draws(world, 3 * 3600, every=5)
        assert [sources for sources, _ in world.pictures.asked] == [(LASTING, LINK)] * (PICTURE_RETRIES + 1)
        assert drawn[-1][0] > 3600
        assert not await owes(world, job)

    async def test_a_link_that_comes_while_the_other_one_is_tried_is_not_overlooked(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = await without_picture(world, 1)
        answer = asyncio.Event()
        fetch = FakeFetcher.fetch

        async def slow(fetcher: FakeFetcher, sources: tuple[str, ...], most_bytes: int) -> Picture:
            if LASTING not in sources:
                await answer.wait()
                raise GONE
            return await fetch(fetcher, sources, most_bytes)

        monkeypatch.setattr(FakeFetcher, "fetch", slow)
        world.clock.advance(seconds=30)
        await world.draw()
        say(world, job, lasting_url=LASTING)
        await world.tracker.tick()
        answer.set()
        await settle()
        await world.draw()
        assert (await world.job(job.id)).pictures == ("picture.png",)

    async def test_tries_go_on_where_they_were_after_a_restart(self, world: World) -> None:
        job = await without_picture(world, 3)
        world.restart()
        assert (await world.job(job.id)).picture_tries == 3
        [(_, drawn)] = await draws(world, 30)
        assert drawn == job.id
        assert (await world.job(job.id)).pictures == ("picture.png",)
        assert not (await world.job(job.id)).thumbnail_due, "its thumbnail came with it"


class TestDiscordToo:
    async def test_what_discord_did_not_take_takes_nothing_of_the_hour(self, world: World) -> None:
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardUndelivered("503", 60.0)] * PICTURE_RETRIES
        world.pictures.failures = [GONE] * 99
        drawn = await draws(world, 3 * 3600, every=5)
        assert len(drawn) == PICTURE_RETRIES + 1
        assert drawn[-1][0] - drawn[0][0] > 3600
        assert not await owes(world, job)

    async def test_a_picture_that_was_tried_for_long_does_not_delay_the_card(self, world: World) -> None:
        job = await without_picture(world, 8)
        world.clock.advance(minutes=10)
        world.cards.failures["show"] = [CardUndelivered("503")]
        assert await draws(world, 60) == [(5, job.id)]
        assert (await world.job(job.id)).pictures == ("picture.png",)


class TestLimits:
    async def test_a_server_that_lost_its_boosts_gets_what_every_place_takes(self, world: World) -> None:
        world.cards.limit, world.pictures.size = 50 * MIB, 40 * MIB
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardTooLarge("40005")]
        await world.draw()
        [(_, _, picture)] = world.cards.done
        assert picture is not None
        assert len(picture.data) == DIRECT_LIMIT
        assert len(world.pictures.asked) == 1
        assert not await owes(world, job)

    async def test_what_a_server_takes_and_a_direct_message_does_not_is_shrunk_for_it(self, world: World) -> None:
        world.cards.limit, world.pictures.size = 50 * MIB, 12 * MIB
        job = await finish(world, await world.running())
        world.cards.failures["show"] = [CardForbidden("50001")]
        await world.draw()
        [(what, _, picture)] = world.cards.done
        assert what == "send_directly"
        assert picture is not None
        assert len(picture.data) == DIRECT_LIMIT
        assert (len(world.pictures.asked), world.pictures.fitted) == (1, [DIRECT_LIMIT])
        assert not await owes(world, job)


async def test_a_card_that_has_its_picture_is_not_sent_again_for_the_sake_of_a_link(world: World) -> None:
    job = await world.finished()
    await world.draw()
    world.cards.done.clear()
    world.cards.failures["show"] = [CardForbidden("50001")]
    say(world, job, lasting_url=LASTING)
    world.clock.advance(seconds=30)
    await world.tracker.tick()
    assert await draws(world, 60) == []
    assert world.cards.done == []
    assert not await owes(world, job)
    assert (await world.job(job.id)).message_id is not None
