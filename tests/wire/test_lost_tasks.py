"""The process dies between the service's acceptance and our note: a task is adopted when exactly one fits."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

import pytest
import pytest_asyncio

from bot.app import utc_now
from bot.providers.simulated import SimulatedService
from bot.providers.simulated.responses import Response
from bot.providers.simulated.server import serve
from tests.wire.installation import HURRIED, Installation
from tests.wire.loopback_discord import LoopbackDiscord
from tests.wire.people import Card
from tests.wire.steps import finish, paint
from tests.wire.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEVER_ARRIVES = "a letter that never arrives"
GIVEN_UP = "I cannot tell whether it started."


class SilentService(SimulatedService):
    """Takes orders of pictures, but for one, and answers none of them while `silent`."""

    silent = True
    heard = 0

    async def handle(self, method: str, path_with_query: str, headers: Mapping[str, str], body: bytes) -> Response:
        if not (self.silent and path_with_query.endswith("/imagine")):
            return await super().handle(method, path_with_query, headers, body)
        if NEVER_ARRIVES.encode() not in body:
            await super().handle(method, path_with_query, headers, body)
        self.heard += 1
        await asyncio.Event().wait()
        raise AssertionError("nobody ends this silence")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def installation(
    discord: LoopbackDiscord, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Installation]:
    yield Installation(tmp_path_factory.mktemp("installation"), discord, "http://127.0.0.1:9", HURRIED)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cards(installation: Installation, discord: LoopbackDiscord) -> AsyncGenerator[dict[str, Card]]:
    """The cards of four jobs whose service had said nothing when the process was killed, after the next start."""
    service = SilentService(utc_now, speed=50, picture_scale=0.25)
    mira, ben = discord.join("mira"), discord.join("ben")
    async with serve(service, 0) as port:
        with installation.with_settings(OHMYGPT_BASE_URL=f"http://127.0.0.1:{port}"):
            bot = await installation.run()
            asked = {
                "alone": await paint(mira, "a clock that stands still"),
                "never": await paint(mira, NEVER_ARRIVES),
                "twin": await paint(mira, "two drops of water"),
                "other twin": await paint(ben, "two drops of water"),
            }
            await until(lambda: service.heard == len(asked), "four orders")
            bot.kill()
            await bot.finished()
            assert {state for card in asked.values() for state in installation.states(card.id)} == {"submitting"}
            service.silent = False
            await installation.run()
            yield asked
            assert len(service.orders) == 3, "nothing was ordered again"
            assert await installation.stop() == 0


async def test_the_only_task_that_fits_is_adopted(installation: Installation, cards: dict[str, Card]) -> None:
    await finish(cards["alone"])
    assert installation.states(cards["alone"].id) == ["succeeded"]


@pytest.mark.parametrize("which", ["never", "twin", "other twin"])
async def test_where_none_or_two_fit_the_credits_come_back(
    installation: Installation, cards: dict[str, Card], which: str
) -> None:
    card = cards[which]
    await until(lambda: GIVEN_UP in card.text, "a card that tells the end")
    assert installation.states(card.id) == ["failed"]
    assert "Your 2 credits came back." in card.text
    assert not card.pictures


async def test_the_ledger_is_in_balance(installation: Installation, cards: dict[str, Card]) -> None:
    assert "✓ ledger is in balance" in (await installation.command("check")).out
