"""Finished pictures between their stores and the card: what a member sees when one does not come, or not as it is."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.domain.job import PICTURE_RETRIES, JobState
from bot.providers.pictures import PictureFetcher
from bot.providers.simulated import Fault
from tests.discord_ui.conftest import OFTEN, World
from tests.discord_ui.test_history import history

NOT_YET = "**Finished.** I could not fetch the picture yet and keep trying for an hour; the button leads to it."
NO_MORE = "**Finished**, but I could not fetch the picture. The button leads to it while its link lives."
MIB = 1024 * 1024
LIMIT = 10 * MIB

Answer = Callable[[], httpx.Response]


def heavy(side: int) -> bytes:
    """A PNG of three bytes a pixel: nothing was compressed, though all of it could be."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), "tan").save(out, "PNG", compress_level=0)
    return out.getvalue()


async def stream(first: bytes, chunks: int) -> AsyncIterator[bytes]:
    yield first
    for _ in range(chunks):
        yield bytes(256 * 1024)


def slow() -> httpx.Response:
    raise httpx.ReadTimeout("simulated: not a byte came")


PICTURE = heavy(64)
FAULTS: dict[str, Answer] = {
    "403": lambda: httpx.Response(403, text="This content is no longer available."),
    "404": lambda: httpx.Response(404),
    "slow": slow,
    "endless": lambda: httpx.Response(200, content=stream(PICTURE, 10**9)),
    "HTML": lambda: httpx.Response(200, html="<html>Just a moment…</html>"),
    "too large": lambda: httpx.Response(200, content=stream(PICTURE, 4 * 65)),
    "truncated": lambda: httpx.Response(200, content=PICTURE[: len(PICTURE) // 2]),
}


class Stores:
    """Between the bot and the picture stores: `answers` go before the real ones, `asked` has who was asked."""

    def __init__(self, world: World) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Answer] = {}
        self._real = world.transport.handle_async_request

    def fail(self, answer: Answer) -> None:
        self.answers = dict.fromkeys(("dc", "s3", "wsrv"), answer)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        store = request.url.path.split("/")[1]
        if request.method == "GET":
            self.asked.append(store)
            if store in self.answers:
                return self.answers[store]()
        return await self._real(request)


@pytest.fixture
def stores(world: World, monkeypatch: pytest.MonkeyPatch) -> Stores:
    made = Stores(world)
    monkeypatch.setattr(world.transport, "handle_async_request", made.handle)
    return made


async def job_of(world: World) -> Any:
    async with world.bot._storage.read() as uow:
        return await uow.jobs.get(1)


async def note(world: World, **changes: Any) -> None:
    async with world.bot._storage.write() as uow:
        await uow.jobs.note(1, JobState.SUCCEEDED, visible=False, **changes)
        await uow.commit()


async def hasten(world: World, **changes: Any) -> None:
    """The next try is due now; how long it waits by itself is proven with the services."""
    await note(world, deliver_after=None, **changes)


async def look_up(world: World) -> None:
    """The next look for a lasting link is due now."""
    await note(world, look_up_at=world.now())


class TestFaults:
    @pytest.mark.parametrize("fault", FAULTS)
    async def test_the_card_is_done_says_so_leads_to_the_source_and_gets_its_picture_later(
        self, world: World, stores: Stores, fault: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        stores.fail(FAULTS[fault])
        card = await world.finished(world.alice)
        assert NOT_YET in card.text
        assert stores.asked[:2] == ["dc", "wsrv"]
        assert card.links["Picture"].startswith("https://simulated.invalid/dc/")
        assert "U1" in card.buttons
        assert (card.gallery, card.files) == ([], [])
        stores.answers = {}
        await world.until(lambda: card.gallery)
        assert "could not fetch" not in card.text
        assert card.files == ["picture.png"]
        assert await world.left(world.alice) == 48
        assert "hm=" not in caplog.text
        assert "planet" not in "".join(each.getMessage() for each in caplog.records if each.name.startswith("bot"))

    @pytest.mark.parametrize("fault", FAULTS)
    async def test_what_the_stores_do_not_give_comes_through_the_proxy(
        self, world: World, stores: Stores, fault: str
    ) -> None:
        stores.answers = {"dc": FAULTS[fault]}
        card = await world.finished(world.alice)
        assert card.files[0].startswith("picture.")
        assert "could not fetch" not in card.text
        assert stores.asked[:2] == ["dc", "wsrv"]

    async def test_the_fifth_try_brings_the_picture_and_its_thumbnail(self, world: World, stores: Stores) -> None:
        stores.fail(FAULTS["404"])
        card = await world.finished(world.alice)
        for tries in range(2, 5):
            await hasten(world)
            await world.until(lambda tries=tries: stores.asked.count("dc") == tries, 3)
        assert NOT_YET in card.text
        stores.answers = {}
        await hasten(world)
        await world.until(lambda: card.gallery, 3)
        assert "could not fetch" not in card.text
        assert "Picture" not in card.links
        assert await card.picture()
        async with world.bot._storage.read() as uow:
            assert list(await uow.pictures.thumbnails([1])) == [1]

    async def test_tries_go_on_after_a_restart(self, world: World, stores: Stores) -> None:
        stores.fail(FAULTS["404"])
        card = await world.finished(world.alice)
        await world.restart()
        assert NOT_YET in card.text
        stores.answers = {}
        await world.until(lambda: card.gallery)
        assert "could not fetch" not in card.text

    async def test_after_the_last_try_the_card_says_so_and_no_more_are_made(self, world: World, stores: Stores) -> None:
        stores.fail(FAULTS["404"])
        card = await world.finished(world.alice)
        await world.pass_time(2)
        await look_up(world)
        await world.until(lambda: "Full size" in card.links)
        await hasten(world, picture_tries=PICTURE_RETRIES)
        await world.until(lambda: NO_MORE in card.text)
        stores.asked.clear()
        await world.pass_time(10)
        assert stores.asked == []
        assert card.links["Full size"].startswith("https://simulated.invalid/s3/")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.app.PictureFetcher", partial(PictureFetcher, time_limit=0.3, total_time=0.9))


@pytest.mark.usefixtures("impatient")
class TestTime:
    async def test_a_store_that_drips_gives_way_and_is_said(self, world: World, stores: Stores) -> None:
        async def drip() -> AsyncIterator[bytes]:
            yield PICTURE[:40]
            await world.env.external_wait(asyncio.Event().wait(), reason="a store that never ends")

        stores.fail(lambda: httpx.Response(200, content=drip()))
        card = await world.finished(world.alice)
        assert NOT_YET in card.text
        assert stores.asked[:2] == ["dc", "wsrv"]


class TestLastingLinks:
    async def test_one_that_appears_while_retries_are_under_way_brings_the_picture_at_once(
        self, world: World, stores: Stores
    ) -> None:
        stores.answers = dict.fromkeys(("dc", "wsrv"), FAULTS["403"])
        card = await world.finished(world.alice)
        assert NOT_YET in card.text
        await world.pass_time(1)
        await look_up(world)
        await world.until(lambda: card.gallery, 3)
        assert "could not fetch" not in card.text
        assert list(card.links) == ["Full size"]

    async def test_one_that_appears_after_a_restart_becomes_the_button(self, world: World, stores: Stores) -> None:
        card = await world.finished(world.alice)
        assert card.links == {}
        await world.restart()
        await world.pass_time(1)
        await look_up(world)
        await world.until(lambda: "Full size" in card.links, 3)
        assert len(card.gallery) == 1
        assert stores.asked == ["dc"], "the card has its picture already"


class TestSize:
    """A server without boosts takes ten MiB."""

    async def upload(self, world: World, stores: Stores) -> tuple[str, bytes]:
        stores.answers["dc"] = lambda: httpx.Response(200, content=heavy(1920))
        card = await world.finished(world.alice)
        assert world.bot.services.cards.upload_limit(await job_of(world)) == LIMIT
        (name,) = card.files
        data = await card.picture()
        assert len(data) <= LIMIT
        assert "could not fetch" not in card.text
        return name, data

    async def test_a_file_over_the_limit_comes_compressed_by_the_proxy(self, world: World, stores: Stores) -> None:
        name, data = await self.upload(world, stores)
        assert name == "picture.webp"
        assert Image.open(io.BytesIO(data)).width != 1920, "it is the proxy's, which found another one at the store"
        assert stores.asked == ["dc", "wsrv"]

    @pytest.mark.parametrize("settings", [{}, {"wsrv_url": None}], ids=["proxy fails", "no proxy"])
    async def test_or_else_it_is_shrunk_here_and_downloaded_once(
        self, world: World, stores: Stores, settings: dict[str, Any]
    ) -> None:
        stores.answers["wsrv"] = FAULTS["HTML"]
        name, data = await self.upload(world, stores)
        assert name == "picture.webp"
        assert Image.open(io.BytesIO(data)).size == (1920, 1920)
        assert stores.asked == (["dc"] if settings else ["dc", "wsrv"])

    @OFTEN
    async def test_what_discord_finds_too_large_after_all_is_shrunk_without_another_download(
        self, world: World, stores: Stores
    ) -> None:
        card = await world.imagine(world.alice)
        await world.until(lambda: "%" in card.text)
        world.env.inject_error("PATCH", "/webhooks/*", status=413, code=40005, times=1)
        await world.until(lambda: "done" in card.text)
        assert card.files == ["picture.webp"]
        assert stores.asked == ["dc"]


async def test_the_proxy_never_sees_pictures_of_dalle(world: World, stores: Stores) -> None:
    world.service.faults.next("picture", *[Fault.answer(403)] * 10)
    card = await world.ran(world.alice, "dalle", prompt="a fox")
    await world.until(lambda: "Not made" in card.text)
    assert set(stores.asked) == {"images"}


async def test_the_history_asks_the_same_places(world: World, stores: Stores) -> None:
    grid = await world.finished(world.alice)
    world.env.backend.delete_message(grid.channel_id, grid.id)
    stores.answers = {"dc": FAULTS["403"], "s3": FAULTS["403"]}
    page = await history(world, world.alice)
    await page.pick(1)
    assert list(page.files) == ["picture.png"]
    assert stores.asked[-2:] == ["dc", "wsrv"]


async def test_a_link_that_is_too_long_for_a_button_is_not_promised(world: World, stores: Stores) -> None:
    stores.fail(FAULTS["404"])
    card = await world.imagine(world.alice)
    service, real = world.service, world.service._links
    service._links = lambda *given: tuple(link and f"{link}{'#' * 500}" for link in real(*given))  # type: ignore[method-assign]
    await world.until(lambda: "done" in card.text)
    assert "**Finished.** I could not fetch the picture yet and keep trying for an hour." in card.text
    assert card.links == {}
