"""A database that another program keeps locked: what a member reads, and that nothing is lost or sent twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

SORRY = "I cannot write anything down just now, so nothing was started or charged. Please try again in a minute."


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr("bot.storage.database.BUSY_TIMEOUT", 20)  # before the world's database is opened
    return {}


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    with closing(sqlite3.connect(folder / "easel.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def jobs(folder: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "easel.db")) as database:
        return database.execute("SELECT state, message_id FROM jobs").fetchall()


async def test_a_command_is_refused_and_charges_nothing(world: Any, tmp_path: Path) -> None:
    with locked(tmp_path):
        result = await world.alice.slash(world.channel, "imagine", prompt="a heron")
    assert (result.response.content, result.response.ephemeral) == (SORRY, True)
    assert jobs(tmp_path) == []
    assert await world.left(world.alice) == 50
    card = await world.imagine(world.alice)
    await world.until(lambda: "done" in card.text)


async def test_so_is_a_press(world: Any, tmp_path: Path) -> None:
    card = await world.finished(world.alice)
    before = await world.left(world.bob)
    with locked(tmp_path):
        result = await world.press(world.bob, card, "V1")
    assert [message.content for message in result.followups] == [SORRY]
    assert await world.left(world.bob) == before
    assert len(jobs(tmp_path)) == 1


async def test_a_card_that_could_not_be_noted_says_that_it_waits_and_is_found_again(
    world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = world.bot.services.submit
    note = submit.card_sent

    async def lock_and_note(*arguments: Any) -> None:
        with locked(tmp_path):
            await note(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(submit, "card_sent", lock_and_note)
        result = await world.alice.slash(world.channel, "imagine", prompt="a heron")
    card_id = result.response.id
    assert result.followups == [], "nobody is told that it was not started"
    assert jobs(tmp_path) == [("queued", None)]
    monkeypatch.setattr("bot.services.recover.CARD_OVERDUE", timedelta(seconds=2))
    await world.until(lambda: jobs(tmp_path)[0][0] == "succeeded")
    assert jobs(tmp_path) == [("succeeded", card_id)]
    assert len(list(world.channel.history())) == 1
