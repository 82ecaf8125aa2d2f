"""Jobs: the states, the ways between them, and what a job knows about itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.job import (
    REFUNDED,
    TRANSITIONS,
    UNFINISHED,
    Account,
    Job,
    JobKind,
    JobState,
    Speed,
)

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
JOB = Job(
    id=1,
    account=Account(1, 11),
    kind=JobKind.IMAGINE,
    prompt="a heron",
    speed=Speed.FAST,
    price=2,
    channel_id=100,
    state=JobState.SUCCEEDED,
    created_at=NOON,
    changed_at=NOON,
)
WAYS = {
    "queued": "submitting cancelled expired",
    "submitting": "running succeeded failed queued expired",
    "running": "succeeded failed expired",
    "expired": "succeeded",
    "succeeded": "",
    "failed": "",
    "cancelled": "",
}


class TestStates:
    def test_the_ways_are_those_of_the_design(self) -> None:
        assert {old.value: set(new) for old, new in TRANSITIONS.items()} == {
            old: set(new.split()) for old, new in WAYS.items()
        }

    def test_every_state_can_be_reached_and_left_or_is_an_end(self) -> None:
        reached, todo = set[JobState](), {JobState.QUEUED}
        while todo:
            reached |= todo
            todo = {new for old in todo for new in TRANSITIONS[old]} - reached
        assert reached == set(JobState)
        assert {state for state in JobState if not TRANSITIONS[state]} <= {s for s in JobState if s.ended}

    def test_unfinished_and_ended_are_opposites(self) -> None:
        assert {state for state in JobState if not state.ended} == UNFINISHED

    def test_only_ends_give_credits_back_and_success_never_does(self) -> None:
        assert all(state.ended for state in REFUNDED)
        assert {state for state in JobState if state.ended} - REFUNDED == {JobState.SUCCEEDED}

    def test_nothing_that_was_refunded_is_charged_again(self) -> None:
        assert {new for old in REFUNDED for new in TRANSITIONS[old]} <= {JobState.SUCCEEDED}


class TestJob:
    def test_direct_messages_are_server_zero(self) -> None:
        assert Account(0, 11).is_direct
        assert not Account(1, 11).is_direct

    @pytest.mark.parametrize(("speed", "minutes"), [(Speed.FAST, 15), (Speed.NORMAL, 60)])
    def test_patience_depends_on_the_speed(self, speed: Speed, minutes: int) -> None:
        assert replace(JOB, speed=speed).patience == timedelta(minutes=minutes)

    @pytest.mark.parametrize(("seconds", "slow"), [(None, False), (0, False), (60, False), (60.001, True)])
    def test_slow_is_what_took_more_than_a_minute(self, seconds: float | None, slow: bool) -> None:
        finished = None if seconds is None else NOON + timedelta(seconds=seconds)
        assert replace(JOB, finished_at=finished).was_slow is slow

    @pytest.mark.parametrize(
        ("lasting", "source", "sources"),
        [
            ("https://s3", "https://cdn", ("https://s3", "https://cdn")),
            (None, "https://cdn", ("https://cdn",)),
            ("https://s3", None, ("https://s3",)),
            (None, None, ()),
            ("", "", ()),
        ],
    )
    def test_the_lasting_picture_is_the_first_source(
        self, lasting: str | None, source: str | None, sources: tuple[str, ...]
    ) -> None:
        assert replace(JOB, lasting_url=lasting, source_url=source).links == sources
