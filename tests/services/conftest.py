"""A world for each test, and the rule that no test logs an error that it did not expect."""

import logging
from collections.abc import Callable, Iterator

import pytest

from bot.domain.quota import Limits
from tests.fakes import FakeCards, FakeClock, FakeFetcher, FakeProvider, MemoryStorage
from tests.services.world import World


@pytest.fixture
def make_world() -> Callable[..., World]:
    def make(limits: Limits | None = None, most_running: int = 3, **settings: int) -> World:
        clock = FakeClock()
        provider = FakeProvider(clock)
        parts = (clock, MemoryStorage(), provider, FakeCards(), FakeFetcher())
        return World(*parts, limits or Limits(), most_running, **settings)

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


class Errors:
    """ERROR lines of the log; a test that expects one takes it, any other one fails the test."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def take(self) -> list[logging.LogRecord]:
        found = [record for record in self._caplog.get_records("call") if record.levelno >= logging.ERROR]
        self._caplog.clear()
        return found


@pytest.fixture(autouse=True)
def errors(caplog: pytest.LogCaptureFixture) -> Iterator[Errors]:
    found = Errors(caplog)
    yield found
    assert [record.getMessage() for record in found.take()] == []
