"""Pictures on their way to the card: what they must fit into."""

from bot.domain.errors import CardForbidden, CardTooLarge
from bot.services.deliver import DIRECT_LIMIT
from tests.services.steps import draws, finish, owes, say
from tests.services.world import LASTING, World

MIB = 1024 * 1024


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
