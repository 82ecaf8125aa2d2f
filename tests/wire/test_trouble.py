"""Discord's bad moments on the way from a request to its finished card, many at once."""

import asyncio

import pytest
import pytest_asyncio

from tests.wire.faults import Fault
from tests.wire.installation import Installation
from tests.wire.loopback_discord import LoopbackDiscord
from tests.wire.people import Card, Member
from tests.wire.steps import finish, paint, press

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANSWER, FOLLOW_UP, EDIT = "POST /interactions/*/callback", "POST /webhooks/*", "PATCH /webhooks/*"
FAULTS = (
    Fault.limited(0.4),
    Fault.limited(0.4, everywhere=True),
    Fault.failed(),
    Fault.failed_after(),
    Fault.failed_after(503),
    Fault.slow(1.5),
)


@pytest.fixture(scope="module")
def members(discord: LoopbackDiscord) -> list[Member]:
    return [discord.join(f"member-{n}") for n in range(len(FAULTS))]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def old_card(installation: Installation, members: list[Member]) -> Card:
    await installation.run()
    card = await paint(members[0], "a heron at dawn")
    await finish(card)
    return card


async def all_finish_once(member: Member, cards: list[Card]) -> None:
    """Each card gets its picture, and its job has no other one."""
    await asyncio.gather(*map(finish, cards))
    jobs = [each.job_id for each in member.messages()]
    assert [jobs.count(card.job_id) for card in cards] == [1] * len(cards)


@pytest.mark.parametrize("where", [ANSWER, EDIT])
async def test_each_command_leads_to_one_finished_card(
    installation: Installation, discord: LoopbackDiscord, members: list[Member], old_card: Card, where: str
) -> None:
    cards: list[Card] = []
    for fault, member in zip(FAULTS, members, strict=True):
        discord.rest.faults.next(where, fault)
        cards.append(await paint(member, f"a bridge by member {member.id}"))
    await all_finish_once(members[0], cards)
    assert discord.rest.faults.pending == 0


async def test_each_press_leads_to_one_finished_card(
    installation: Installation, discord: LoopbackDiscord, members: list[Member], old_card: Card
) -> None:
    cards: list[Card] = []
    for fault, member in zip(FAULTS, members, strict=True):
        discord.rest.faults.next(FOLLOW_UP, fault)
        cards.append(await press(member, old_card, "V1"))
    await all_finish_once(members[0], cards)
    assert discord.rest.faults.pending == 0


async def test_a_card_goes_on_when_its_token_has_died(
    installation: Installation, discord: LoopbackDiscord, members: list[Member], old_card: Card
) -> None:
    card = await paint(members[0], "a candle that burns for an hour")
    seen = len(discord.rest.requests)
    discord.kill_tokens()
    await finish(card)
    edits = [each for each in discord.rest.requests[seen:] if each.method == "PATCH" and str(card.id) in each.path]
    refused, *rest = [each.status for each in edits if each.path.startswith("/webhooks/")]
    assert (refused, rest) == (401, []), "a dead token is tried once"
    assert [each for each in edits if each.path.startswith("/channels/")]
