"""What is logged while a job is made, fails, expires or is lost: each line carries the job, and none a secret."""

import io
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot import logs
from bot.providers.simulated.faults import Fault
from tests.discord_ui.conftest import OFTEN
from tests.discord_ui.trouble import struck

SECRETS = ("token-of-the-test", "key-of-the-test", "simcord_interaction_", "hm=")
GENERAL = ("synced", "the commands are unchanged", "asking the provider again")
"""Beginnings of lines that are about no job."""


class Lines:
    """All that is logged, in the bot's own form."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    def __call__(self) -> list[str]:
        text = self._stream.getvalue()
        assert not [secret for secret in SECRETS if secret in text]
        return text.splitlines()

    def about(self, job_id: int, who: Any) -> list[str]:
        """Every line, all of which have to be about that job, without what says so."""
        said = [line.partition(": ")[2] for line in self() if not line.partition(": ")[2].startswith(GENERAL)]
        end = f" (job {job_id}, account {who.guild.id}/{who.id})"
        assert [line for line in said if not line.endswith(end)] == []
        return [line.removesuffix(end) for line in said]


@pytest.fixture
def lines() -> Iterator[Lines]:
    stream, root = io.StringIO(), logging.getLogger()
    level = root.level
    handler = logging.StreamHandler(stream)
    handler.addFilter(logs.JobFilter())
    handler.setFormatter(logs.TextFormatter(logs.Redactor()))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    quiet = [logging.getLogger(name) for name in ("discord", "httpx", "simcord", "alembic")]
    levels = [each.level for each in quiet]
    for each in quiet:
        each.setLevel(logging.WARNING)
    yield Lines(stream)
    root.removeHandler(handler)
    root.setLevel(level)
    for each, before in zip(quiet, levels, strict=True):
        each.setLevel(before)


async def test_success(world: Any, lines: Lines) -> None:
    await world.finished(world.alice)
    admitted, runs = lines.about(1, world.alice)
    assert admitted == "job 1 admitted: imagine for 2 credits"
    assert runs.startswith("job 1 runs as task ")


async def test_a_picture_that_cannot_be_fetched(world: Any, lines: Lines) -> None:
    world.service.faults.always("picture", Fault.answer(403))
    world.service.faults.always("wsrv", Fault.answer(403))
    card = await world.imagine(world.alice)
    await world.until(lambda: "could not fetch" in card.text)
    said = lines.about(1, world.alice)
    assert [line for line in said if line.startswith("No picture from ")], "the provider's lines are about it, too"
    assert [line for line in said if line.startswith("job 1: ")]


async def test_failure(world: Any, lines: Lines) -> None:
    world.service.faults.next("imagine", Fault.answer(400, '{"statusCode": 400, "error": "Banned prompt"}'))
    card = await world.imagine(world.alice)
    await world.until(lambda: "came back" in card.text)
    assert [line for line in lines.about(1, world.alice) if line.startswith("job 1 was not started: ")]


@OFTEN
async def test_an_expired_one(world: Any, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.domain.job.FAST_TIMEOUT", timedelta(seconds=2))
    card = await world.imagine(world.alice)
    await world.until(lambda: "%" in card.text)
    stopped = world.now()
    monkeypatch.setattr(world.service, "_clock", lambda: stopped)
    await world.until(lambda: any("job 1 expired" in line for line in lines()))
    assert "job 1 expired" in lines.about(1, world.alice)


async def test_a_dead_token(world: Any, lines: Lines) -> None:
    world.env.inject_error("PATCH", "/webhooks/*", status=401, code=50027, times=None)
    await world.finished(world.alice)
    died = "job 1: its token died early"
    assert lines.about(1, world.alice).count(died) == 1


async def test_a_card_that_discord_does_not_take(world: Any, lines: Lines) -> None:
    world.env.inject_error("PATCH", "*", status=503, times=3)
    await world.finished(world.alice)
    assert [line for line in lines.about(1, world.alice) if line.startswith("the card of job 1 waits: ")]


async def test_a_lost_answer(world: Any, lines: Lines) -> None:
    world.service.faults.next("imagine", Fault.lost())
    card = await world.imagine(world.alice)
    await world.until(lambda: "done" in card.text)
    said = lines.about(1, world.alice)
    assert [line for line in said if line.startswith("job 1: adopted task ")]


async def test_one_that_is_on_its_way_when_the_process_ends(world: Any, lines: Lines) -> None:
    world.service.faults.next("imagine", Fault.late(60))
    await world.imagine(world.alice)
    await world.bot.close(grace=0.01)
    still = "job 1 is still on its way to the provider; it is looked for at the next start"
    assert still in lines.about(1, world.alice)


async def test_a_command_that_the_end_of_the_process_cuts_off(
    world: Any, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    admit = world.bot.services.submit.admit

    async def close_and_admit(new: Any) -> Any:
        await world.bot.close(grace=0)
        return await admit(new)

    monkeypatch.setattr(world.bot.services.submit, "admit", close_and_admit)
    with struck("POST", "/interactions/*/callback", RuntimeError("Session is closed")):
        await world.alice.slash(world.channel, "imagine", prompt="a heron")
    (cut_off,) = [line for line in lines() if "interaction" in line]
    assert "was cut off by the end of this process: Session is closed" in cut_off


async def test_dalle(world: Any, lines: Lines) -> None:
    world.service.faults.next("generations", Fault.answer(500, "{}"))
    card = await world.ran(world.alice, "dalle", prompt="a heron")
    await world.until(lambda: "came back" in card.text)
    assert [line for line in lines.about(1, world.alice) if line.startswith("job 1 was not made: ")]


async def test_a_press_whose_first_answer_fails(world: Any, lines: Lines) -> None:
    card = await world.finished(world.alice)
    world.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    before = len(lines())
    await world.bob.click(card.message, custom_id=card.buttons["V1"])
    late = [line for line in lines()[before:] if "was answered too late" in line]
    assert [line.endswith(f"(job 1, account {world.guild.id}/{world.alice.id})") for line in late] == [True]
