"""custom_ids come from outside: each means one button or none, and leads only to what its presser may see."""

import asyncio
import re
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord_ui.buttons import ActionButton
from bot.discord_ui.history_buttons import PLACE, HistoryButton, HistoryMenu, Place
from bot.discord_ui.quota_list import TopButton
from bot.domain.errors import NotOffered, Refusal
from bot.domain.history import Filters
from bot.domain.job import Account
from bot.domain.quota import Limits
from tests.fakes import FakeCards, FakeClock, FakeFetcher, FakeProvider, MemoryStorage
from tests.foreign.nasty import TEXT
from tests.services.world import ALICE, BOB, CHANNEL, World

ITEMS: tuple[Any, ...] = (ActionButton, HistoryButton, HistoryMenu, TopButton)
TEMPLATES = [item.__discord_ui_compiled_template__.pattern for item in ITEMS]
PIECES = st.sampled_from(
    ("j", "h", "q", ":", "list", "pick", "delete", "top", "day", ".", "-", "n0", "b", "a7", "20260101", "0", "99999999")
)
IDS = st.one_of(
    *(st.from_regex(template, fullmatch=True) for template in TEMPLATES),
    st.lists(PIECES | st.text(max_size=3), max_size=9).map("".join),
    TEXT,
)
DAYS = st.none() | st.dates()
JOB_IDS = st.integers(0, 6) | st.integers(0, 10**15 - 1)


async def item_of(kind: Any, match: re.Match[str]) -> Any:
    return await kind.from_custom_id(SimpleNamespace(), discord.ui.Button(), match)


def check(error: Refusal, words: str) -> None:
    assert words in error.sentence


@given(IDS)
async def test_a_custom_id_means_one_button_or_none(custom_id: str) -> None:
    matches = [(kind, kind.__discord_ui_compiled_template__.fullmatch(custom_id)) for kind in ITEMS]
    meant = [(kind, match) for kind, match in matches if match]
    assert len(meant) <= 1
    for kind, match in meant:
        item = await item_of(kind, match)
        number = getattr(item, "job_id", 0)
        assert 0 <= number < 2**63
        again = kind.__discord_ui_compiled_template__.fullmatch(item.custom_id)
        assert again is not None, "what it sends again is its own"
        assert len(item.custom_id) <= 100
        twin = await item_of(kind, again)
        for name in ("job_id", "index", "verb", "place", "span"):
            assert getattr(twin, name, None) == getattr(item, name, None)


@given(st.from_regex(PLACE, fullmatch=True))
def test_a_place_is_read_or_not_offered_any_more(text: str) -> None:
    try:
        place = Place.read(text)
    except NotOffered as error:
        check(error, "Please call `/history` again.")
    else:
        assert Place.read(str(place)) == place
        assert re.fullmatch(PLACE, str(place))


@given(st.none() | st.sampled_from(("imagine", "press", "describe")), DAYS, DAYS, JOB_IDS, st.sampled_from("abn"))
def test_every_place_survives_its_button(kind: Any, since: Any, until: Any, number: int, way: str) -> None:
    place = Place(Filters(kind, since, until), number if way == "b" else None, number if way == "a" else None)
    assert re.fullmatch(PLACE, str(place))
    try:
        assert Place.read(str(place)) == place
    except NotOffered:
        assert str(until) == "9999-12-31", "there is no day after the last one"


@pytest.fixture(scope="module")
def world() -> World:
    """Alice has a picture here, one in another channel, and one in private; she has deleted a fourth."""
    clock = FakeClock()
    parts = (clock, MemoryStorage(), FakeProvider(clock), FakeCards(), FakeFetcher())
    made = World(*parts, Limits(account=10**9, direct=10**9), 10**6)

    async def fill() -> None:
        await made.finished()
        await made.finished(channel_id=CHANNEL + 1)
        await made.finished(account=Account(0, ALICE.member_id), channel_id=CHANNEL + 2)
        gone = await made.finished()
        await made.history.delete(ALICE, gone.id)

    asyncio.run(fill())
    return made


@given(JOB_IDS, st.integers(0, 999), st.sampled_from((ALICE, BOB)), st.integers(CHANNEL, CHANNEL + 2))
async def test_a_press_leads_to_what_is_shown_there_or_to_the_presser(
    world: World, job_id: int, index: int, account: Account, channel_id: int
) -> None:
    try:
        parent, action = await world.press.look(job_id, index, account, channel_id)
    except NotOffered as error:
        check(error, ".")
        return
    assert parent.id == job_id
    assert parent.account == ALICE
    assert action == parent.actions[index]
    assert account == ALICE or parent.channel_id == channel_id


@given(JOB_IDS, st.sampled_from((ALICE, BOB, Account(0, ALICE.member_id), Account(0, BOB.member_id))))
async def test_a_button_of_the_history_leads_to_its_owner_s_jobs_alone(
    world: World, job_id: int, account: Account
) -> None:
    for asked in (world.history.open, world.history.check_deletable):
        try:
            await asked(account, job_id)
        except Refusal as error:
            check(error, "I do not find this one in your history")
        else:
            assert account.member_id == ALICE.member_id
            assert job_id in ((1, 2) if account == ALICE else (1, 2, 3))


@given(JOB_IDS, JOB_IDS, st.none() | st.sampled_from(("imagine", "press")), DAYS)
async def test_a_page_shows_its_owner_s_jobs_alone(world: World, before: int, after: int, kind: Any, day: Any) -> None:
    for way in ({"before": before}, {"after": after}, {}):
        page = await world.history.page(ALICE, Filters(kind, day, None), **way)
        assert {job.id for job in page.jobs} <= {1, 2}
        assert (await world.history.page(BOB, Filters(kind, day, None), **way)).jobs == ()
