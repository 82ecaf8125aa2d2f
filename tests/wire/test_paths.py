"""The real bot process against a loopback Discord and the simulated service: its main paths, and its ends."""

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from bot.app import utc_now
from bot.providers.simulated import SimulatedService
from bot.providers.simulated.server import serve
from tests.wire import conformance
from tests.wire.installation import KEY, TOKEN, Installation
from tests.wire.loopback_discord import LoopbackDiscord
from tests.wire.people import Card, Member
from tests.wire.processes import Easel
from tests.wire.rest import Recorded
from tests.wire.steps import finish, paint, press
from tests.wire.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

GRID = {"U1", "U2", "U3", "U4", "🔄", "V1", "V2", "V3", "V4"}


async def begin(installation: Installation, card: Card) -> None:
    """Wait until the job of the card runs at the service."""
    await until(lambda: installation.states(card.id) == ["running"], "a running job")


def syncs(requests: list[Recorded]) -> list[Recorded]:
    return [request for request in requests if request.method == "PUT" and request.path.endswith("/commands")]


@pytest.fixture(scope="module")
def mira(discord: LoopbackDiscord) -> Member:
    return discord.join("mira")


@dataclass(frozen=True, slots=True)
class Painted:
    """A finished card of four pictures, and what Discord saw while it was made."""

    card: Card
    messages: int
    requests: list[Recorded]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def painted(installation: Installation, discord: LoopbackDiscord, mira: Member) -> Painted:
    await installation.run()
    messages, requests = len(mira.messages()), len(discord.rest.requests)
    card = await paint(mira, "a heron at dawn", aspect="3:2")
    assert "a heron at dawn" in card.text
    assert not card.buttons
    await finish(card)
    return Painted(card, len(mira.messages()) - messages, discord.rest.requests[requests:])


@pytest.fixture(scope="module")
def old_card(painted: Painted) -> Card:
    """A finished card, which an earlier run of the bot may have made."""
    return painted.card


async def test_it_logs_in_and_tells_discord_its_commands(installation: Installation, discord: LoopbackDiscord) -> None:
    await installation.run()
    assert discord.gateway.intents is not None
    assert [name for name, asked in discord.gateway.intents if asked] == ["guilds"]
    (sync,) = syncs(discord.rest.requests)
    assert {"imagine", "usage", "help"} <= {command["name"] for command in sync.body}


async def test_imagine_becomes_a_finished_picture(installation: Installation, painted: Painted) -> None:
    assert set(painted.card.buttons) == GRID
    assert painted.messages == 1
    *progress, final = [each for each in painted.requests if each.method == "PATCH"]
    assert progress
    assert not any(edit.multipart for edit in progress)
    assert final.multipart
    assert len(final.uploads) == 1
    assert {edit.path.rpartition("/")[2] for edit in (*progress, final)} == {str(painted.card.id)}


async def test_a_press_makes_a_card_of_its_own(installation: Installation, mira: Member, old_card: Card) -> None:
    await installation.run()
    before = old_card.message.edited_timestamp
    child = await press(mira, old_card, "U2")
    assert child.id != old_card.id
    assert "Picture 2" in child.text
    await finish(child)
    assert child.buttons
    assert "U2" not in child.buttons
    assert old_card.message.edited_timestamp == before


async def test_a_dropped_gateway_is_taken_up_again(
    installation: Installation, discord: LoopbackDiscord, mira: Member, old_card: Card
) -> None:
    await installation.run()
    resumed = discord.gateway.resumed
    card = await paint(mira, "a bridge in the rain")
    await begin(installation, card)
    await discord.gateway.close_all()
    await until(lambda: discord.gateway.resumed == resumed + 1, "a resumed session after a close")
    discord.gateway.cut_all()
    child = await press(mira, old_card, "U3")  # the bot hears of it when it is back
    assert discord.gateway.resumed == resumed + 2
    await finish(card)
    await finish(child)


async def test_sigterm_ends_it_in_time_and_the_job_goes_on(installation: Installation, mira: Member) -> None:
    await installation.run()
    messages = len(mira.messages())
    card = await paint(mira, "a clock tower in the evening")
    await begin(installation, card)
    assert await installation.stop(signal.SIGTERM) == 0
    assert installation.states(card.id) == ["running"]
    assert not card.pictures
    await installation.run()
    await finish(card)
    assert installation.states(card.id) == ["succeeded"]
    assert len(mira.messages()) == messages + 1


async def test_sigkill_loses_neither_a_running_job_nor_a_card_that_was_not_noted(
    installation: Installation, discord: LoopbackDiscord, mira: Member
) -> None:
    bot = await installation.run()
    messages = len(mira.messages())
    running = await paint(mira, "a fox in the snow")
    await begin(installation, running)
    # Discord has the second card, and the process dies before it can hear so.
    discord.rest.before_answer = lambda request: bot.kill() if request.path.endswith("/callback") else None
    try:
        unnoted = await paint(mira, "a fox between two moments")
    finally:
        discord.rest.before_answer = None
    assert (await bot.finished()).code == -signal.SIGKILL
    assert installation.states(running.id) == ["running"]
    assert installation.states(None) == ["queued"]
    await installation.run()
    for card in (running, unnoted):
        await finish(card)
        assert installation.states(card.id) == ["succeeded"]
    assert len(mira.messages()) == messages + 2


async def test_after_a_restart_commands_and_buttons_are_the_same(
    installation: Installation, discord: LoopbackDiscord, mira: Member, old_card: Card
) -> None:
    await installation.run()
    assert await installation.stop(signal.SIGINT) == 0
    requests = len(discord.rest.requests)
    await installation.run()
    assert not syncs(discord.rest.requests[requests:])
    await finish(await press(mira, old_card, "U4"))


async def test_commands_are_synced_on_request(installation: Installation, discord: LoopbackDiscord) -> None:
    await installation.run()
    await installation.stop()
    requests = len(discord.rest.requests)
    await installation.run("--sync")
    assert len(syncs(discord.rest.requests[requests:])) == 1


async def test_every_request_fits_discords_own_document(
    installation: Installation, discord: LoopbackDiscord, old_card: Card
) -> None:
    if conformance.specification() is None:
        pytest.skip(conformance.MISSING)
    assert not conformance.breaches(discord.rest.requests)
    message = f"/channels/{old_card.channel_id}/messages"
    wrong = Recorded("POST", message, 200, {"content": ["no", "text"]}, multipart=False, authorization=None)
    assert conformance.breaches([wrong]), "the document is read, and says no to this"


async def test_check_finds_all_well(installation: Installation, old_card: Card) -> None:
    report = await (await Easel.start("check", folder=installation.folder, settings=installation.settings)).finished()
    assert report.code == 0, report.out
    assert "✗" not in report.out
    assert "ledger is in balance" in report.out
    assert report.err == ""


async def test_check_asks_an_image_service_of_its_own(installation: Installation, old_card: Card) -> None:
    own = {"OPENAI_API_KEY": "sk-images"}
    answers, nobody = await asyncio.gather(
        installation.command("check", **own),
        installation.command("check", **own, OPENAI_BASE_URL="http://127.0.0.1:9/v1"),
    )
    assert answers.code == 0
    assert "✓ The image service answers (HTTP 404)" in answers.out
    assert nobody.code == 1
    assert "✗ The image service cannot be asked" in nobody.out
    assert "sk-images" not in answers.out + nobody.out


async def test_check_names_what_is_wrong_and_its_cure(
    installation: Installation, old_card: Card, tmp_path: Path
) -> None:
    missing = f"sqlite+aiosqlite:///{tmp_path / 'missing.db'}"
    async with serve(SimulatedService(utc_now, api_key="another key"), 0) as port:
        token, key, database = await asyncio.gather(
            installation.command("check", DISCORD_TOKEN="a.wrong.token"),
            installation.command("check", OHMYGPT_BASE_URL=f"http://127.0.0.1:{port}"),
            installation.command("check", DATABASE_URL=missing),
        )
    for report, fault, cure in (
        (token, "Discord refuses the token", "Developer Portal"),
        (key, "OhMyGPT", "OHMYGPT_API_KEY"),
        (database, "database", "easel db upgrade"),
    ):
        assert (report.code, report.err) == (1, "")
        lines = report.out.splitlines()
        (wrong,) = [number for number, line in enumerate(lines) if line.startswith("✗")]
        assert fault in lines[wrong]
        assert cure in lines[wrong + 1]
        assert not [secret for secret in (TOKEN, KEY, "a.wrong.token") if secret in report.out]
