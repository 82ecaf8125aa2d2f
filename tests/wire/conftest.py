"""A loopback Discord, the simulated picture service and an installation of Easel, shared by the tests of a module."""

from collections.abc import AsyncGenerator, Iterator
from itertools import chain, repeat

import pytest
import pytest_asyncio

from tests.wire import conformance
from tests.wire.installation import KEY, TOKEN, Installation
from tests.wire.loopback_discord import LoopbackDiscord
from tests.wire.processes import Easel
from tests.wire.service import Service

SPEED = 40.0
"""A picture takes more than a second then, so the bot, which draws cards once a second, shows it unfinished once."""

UNWANTED_IN_LOGS = (TOKEN, KEY, "simcord_interaction_", "&hm=", "Traceback", " ERROR ", " CRITICAL ")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def discord() -> AsyncGenerator[LoopbackDiscord]:
    async with LoopbackDiscord(TOKEN) as loopback:
        yield loopback


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    """The address of `easel simulate`, a process of its own."""
    service = await Service.start(tmp_path_factory.mktemp("simulate"), speed=SPEED, scale=0.25)
    yield service.url
    assert await service.process.end() == 0
    assert service.process.err == ""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def installation(
    discord: LoopbackDiscord, provider: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Installation]:
    as_an_operator_first_then_sooner = chain([Easel.start], repeat(Easel.fork))
    folder = tmp_path_factory.mktemp("installation")
    place = Installation(folder, discord, provider, as_an_operator_first_then_sooner)
    yield place
    await place.stop()


@pytest.fixture(autouse=True)
def nothing_wrong(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test on an installation: nothing that Discord would refuse, and no secret or error in the log."""
    yield
    if "installation" not in request.fixturenames:
        return
    place: Installation = request.getfixturevalue("installation")
    print(place.log)  # shown if the test failed
    own = (None, f"Bot {TOKEN}")  # what comes by another token should be refused
    seen = place.discord.rest.requests
    suffered = {each.path for each in seen if each.fault}  # where a request may be repeated after its effect
    refused = [
        each
        for each in seen
        if each.status >= 400 and each.authorization in own and each.path not in suffered and not each.token_died
    ]
    assert not refused, [*map(str, refused)]
    assert not conformance.breaches(place.discord.rest.requests)
    assert not [text for text in UNWANTED_IN_LOGS if text in place.log]
