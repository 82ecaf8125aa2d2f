"""Direct messages to whoever hosts the bot: what comes of each thing that Discord may say."""

from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest

from bot.discord_ui.operator import DiscordOperator

TEXT = "**The key** is refused, since <t:1777636800:t>."
OLGA, OTTO = 1, 2


def http(kind: type[discord.HTTPException], status: int, code: int = 0) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=status, reason="")
    return kind(response, {"code": code, "message": ""})


CLOSED = http(discord.Forbidden, 403, 50007)
UNKNOWN = http(discord.NotFound, 404, 10013)
NOT_A_PERSON = http(discord.HTTPException, 400, 50033)
NOT_NOW = [
    http(discord.DiscordServerError, 503),
    http(discord.HTTPException, 429),
    discord.RateLimited(60.0),
    aiohttp.ClientConnectionError(),
    TimeoutError(),
]


class Client:
    """Opens direct messages; `refuses` holds what is raised for an owner."""

    def __init__(self, **refuses: Exception) -> None:
        self.refuses = {{"olga": OLGA, "otto": OTTO}[name]: error for name, error in refuses.items()}
        self.sent: list[tuple[int, str]] = []

    async def create_dm(self, owner: discord.Object) -> Any:
        async def send(text: str) -> None:
            if owner.id in self.refuses:
                raise self.refuses[owner.id]
            self.sent.append((owner.id, text))

        return SimpleNamespace(send=send)


def operator(client: Client, *owners: int) -> DiscordOperator:
    return DiscordOperator(client, owners)  # type: ignore[arg-type]


async def test_each_owner_reads_it() -> None:
    client = Client()
    assert await operator(client, OLGA, OTTO).tell(TEXT)
    assert client.sent == [(OLGA, TEXT), (OTTO, TEXT)]


@pytest.mark.parametrize("error", [CLOSED, UNKNOWN, NOT_A_PERSON], ids=["closed", "unknown", "not a person"])
async def test_what_will_never_be_taken_is_logged_and_done(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    assert await operator(Client(olga=error), OLGA).tell(TEXT)
    assert "The key is refused, since 2026-05-01 12:00+00:00." in caplog.text


@pytest.mark.parametrize("error", NOT_NOW, ids=lambda error: type(error).__name__)
async def test_what_may_be_taken_later_is_told_later(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    assert not await operator(Client(olga=error), OLGA).tell(TEXT)
    assert "The key" not in caplog.text


@pytest.mark.parametrize("error", [CLOSED, *NOT_NOW], ids=lambda error: type(error).__name__)
async def test_one_who_can_be_reached_is_enough(error: Exception) -> None:
    client = Client(olga=error)
    assert await operator(client, OLGA, OTTO).tell(TEXT)
    assert client.sent == [(OTTO, TEXT)]


async def test_a_closed_door_does_not_hide_that_another_may_open() -> None:
    assert not await operator(Client(olga=CLOSED, otto=NOT_NOW[0]), OLGA, OTTO).tell(TEXT)


async def test_without_owners_the_log_says_it(caplog: pytest.LogCaptureFixture) -> None:
    assert await operator(Client()).tell(TEXT)
    assert "The key is refused" in caplog.text
