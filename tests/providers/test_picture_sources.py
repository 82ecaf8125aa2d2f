"""Where a finished picture is fetched from: each link directly and through the proxy, then the compressed forms."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from PIL import Image

from bot.domain.errors import PictureUnavailable
from bot.providers.pictures import PictureFetcher
from bot.providers.simulated import Fault
from tests.providers.simulated.helpers import Account
from tests.providers.test_pictures import FIRST, SECOND, Reply, Web, animation, encode, ok

PROXY = "https://wsrv.test"
FIRST_PROXIED = "https://wsrv.test/?url=https%3A%2F%2Fs3.test%2Fheron.png&n=-1"
SECOND_PROXIED = "https://wsrv.test/?url=https%3A%2F%2Fcdn.test%2Fheron.png%3Fex%3D1%26hm%3Dsecret&n=-1"
FIRST_COMPRESSED = FIRST_PROXIED + "&output=webp&q=80"
SECOND_COMPRESSED = SECOND_PROXIED + "&output=webp&q=80"
IN_ORDER = [FIRST, FIRST_PROXIED, SECOND, SECOND_PROXIED]
COMPRESSED = [FIRST_COMPRESSED, SECOND_COMPRESSED]

PNG = encode("PNG")
LARGE = encode("PNG", (256, 256))
SMALL = encode("WEBP", (256, 256), quality=20)
LIMIT = len(SMALL) + 100
CAP = 1_000_000


async def drip() -> AsyncIterator[bytes]:
    """A picture that begins well and never ends."""
    yield PNG[:40]
    await asyncio.Event().wait()


async def flood() -> AsyncIterator[bytes]:
    yield PNG
    while True:
        yield bytes(64 * 1024)


def bitmap() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "BMP")
    return out.getvalue()


FAULTS: dict[str, Reply] = {
    "403": httpx.Response(403),
    "404": httpx.Response(404),
    "500": httpx.Response(500),
    "refused": httpx.ConnectError("refused"),
    "slow": httpx.ReadTimeout("no byte came"),
    "drip": lambda _: httpx.Response(200, content=drip()),
    "endless": lambda _: httpx.Response(200, content=flood()),
    "too large": ok(PNG + bytes(CAP)),
    "HTML": httpx.Response(200, html="<html>Sign in to see this</html>"),
    "HTML that calls itself a picture": httpx.Response(200, content=b"<html>", headers={"Content-Type": "image/png"}),
    "truncated": ok(PNG[: len(PNG) // 2]),
    "wrong type": httpx.Response(200, content=bitmap(), headers={"Content-Type": "image/png"}),
    "empty": ok(b""),
    "redirect loop": lambda request: httpx.Response(302, headers={"Location": str(request.url)}),
}
LIMITS: dict[str, Any] = {"proxy": PROXY, "time_limit": 0.02, "most_downloaded": CAP}
"""A short time, which is enough for what is there at once."""


class TestOrder:
    @pytest.mark.parametrize("place", range(4))
    async def test_each_link_is_asked_directly_and_then_through_the_proxy(self, place: int) -> None:
        replies: dict[str, Reply] = dict.fromkeys(IN_ORDER, httpx.Response(404))
        web = Web(replies | {IN_ORDER[place]: ok(PNG)})
        assert (await web.fetch(FIRST, SECOND, proxy=PROXY)).data == PNG
        assert web.asked == IN_ORDER[: place + 1]

    @pytest.mark.parametrize("place", range(3))
    @pytest.mark.parametrize("fault", FAULTS)
    async def test_whatever_fails_in_whichever_way_gives_way_to_the_next(self, place: int, fault: str) -> None:
        replies: dict[str, Reply] = dict.fromkeys(IN_ORDER, httpx.Response(404))
        web = Web(replies | {IN_ORDER[place]: FAULTS[fault], IN_ORDER[place + 1]: ok(PNG)})
        assert (await web.fetch(FIRST, SECOND, **LIMITS)).data == PNG
        assert list(dict.fromkeys(web.asked)) == IN_ORDER[: place + 2]

    @pytest.mark.parametrize("fault", FAULTS)
    async def test_what_fails_everywhere_is_told_with_hosts_alone(
        self, fault: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "bot")
        web = Web(dict.fromkeys([*IN_ORDER, *COMPRESSED], FAULTS[fault]))
        with pytest.raises(PictureUnavailable) as caught:
            await web.fetch(FIRST, SECOND, most_bytes=LIMIT, **LIMITS)
        told = caught.value.sentence + caplog.text
        assert all(host in caught.value.sentence for host in ("s3.test", "cdn.test", "wsrv.test"))
        assert not [secret for secret in ("heron", "secret", "url=", "%3A", "://") if secret in told]

    async def test_without_a_proxy_none_is_asked(self) -> None:
        web = Web({FIRST: httpx.Response(404), SECOND: ok(LARGE)})
        picture = await web.fetch(FIRST, SECOND, most_bytes=LIMIT)
        assert len(picture.data) <= LIMIT
        assert web.asked == [FIRST, SECOND]


class TestTime:
    async def test_one_that_never_ends_leaves_time_for_the_others(self) -> None:
        drips: dict[str, Reply] = dict.fromkeys(IN_ORDER[:3], FAULTS["drip"])
        web = Web(drips | {SECOND_PROXIED: ok(PNG)})
        assert (await web.fetch(FIRST, SECOND, **LIMITS)).data == PNG

    async def test_all_together_have_a_limit(self) -> None:
        web = Web(dict.fromkeys(IN_ORDER, FAULTS["drip"]))
        with pytest.raises(PictureUnavailable, match=r"s3\.test: not complete after 0\."):
            await web.fetch(FIRST, SECOND, proxy=PROXY, time_limit=60, total_time=0.02)
        assert web.asked == [FIRST]

    async def test_when_time_is_over_what_is_here_is_shrunk_here(self) -> None:
        web = Web({FIRST: ok(LARGE), FIRST_COMPRESSED: FAULTS["drip"], SECOND_COMPRESSED: ok(SMALL)})
        picture = await web.fetch(FIRST, SECOND, most_bytes=LIMIT, proxy=PROXY, time_limit=60, total_time=0.2)
        assert len(picture.data) <= LIMIT
        assert web.asked == [FIRST, FIRST_COMPRESSED]


class TestSize:
    async def test_what_fits_is_not_compressed(self) -> None:
        web = Web({FIRST: ok(LARGE)})
        assert (await web.fetch(FIRST, SECOND, most_bytes=len(LARGE), proxy=PROXY)).data == LARGE

    @pytest.mark.parametrize("place", range(4))
    async def test_what_is_too_large_to_attach_comes_compressed(self, place: int) -> None:
        """Wherever the original came from, the lasting link is asked for its compressed form first."""
        replies: dict[str, Reply] = dict.fromkeys(IN_ORDER, httpx.Response(404))
        web = Web(replies | {IN_ORDER[place]: ok(LARGE), FIRST_COMPRESSED: ok(SMALL)})
        picture = await web.fetch(FIRST, SECOND, most_bytes=LIMIT, proxy=PROXY)
        assert (picture.data, picture.filename, picture.width) == (SMALL, "picture.webp", 256)
        assert web.asked == [*IN_ORDER[: place + 1], FIRST_COMPRESSED]

    @pytest.mark.parametrize("fault", [*FAULTS, "still larger than the limit"])
    async def test_a_compressed_form_is_checked_as_strictly(self, fault: str) -> None:
        reply = FAULTS.get(fault, ok(encode("WEBP", (256, 256), quality=95)))
        web = Web({FIRST: ok(LARGE), FIRST_COMPRESSED: reply, SECOND_COMPRESSED: ok(SMALL)})
        assert (await web.fetch(FIRST, SECOND, most_bytes=LIMIT, **LIMITS)).data == SMALL
        assert list(dict.fromkeys(web.asked)) == [FIRST, *COMPRESSED]

    @pytest.mark.parametrize("fault", FAULTS)
    async def test_without_one_it_is_shrunk_here_and_never_fetched_twice(self, fault: str) -> None:
        web = Web({FIRST: ok(LARGE), **dict.fromkeys(COMPRESSED, FAULTS[fault])})
        picture = await web.fetch(FIRST, SECOND, most_bytes=LIMIT, **LIMITS)
        assert len(picture.data) <= LIMIT
        assert picture.filename == "picture.webp"
        assert web.asked.count(FIRST) == 1
        assert list(dict.fromkeys(web.asked)) == [FIRST, *COMPRESSED]

    async def test_an_original_that_is_never_taken_whole_comes_compressed(self) -> None:
        replies: dict[str, Reply] = dict.fromkeys(IN_ORDER, FAULTS["too large"])
        web = Web(replies | {FIRST_COMPRESSED: httpx.Response(500), SECOND_COMPRESSED: ok(SMALL)})
        assert (await web.fetch(FIRST, SECOND, most_bytes=LIMIT, **LIMITS)).data == SMALL
        assert web.asked == [*IN_ORDER, *COMPRESSED]


class TestAddress:
    @pytest.mark.parametrize(
        "link",
        [
            "https://cdn.test/a.png?ex=1&is=2&hm=3&",
            "https://cdn.test/a%20b%2Fc.png?name=%26amp",
            "https://cdn.test/reiher_über_ñandú_鷺.png?q=鷺&r=a+b",
            "https://cdn.test/a.png?next=https://b.test/?c=d#part",
        ],
    )
    async def test_the_link_arrives_at_the_proxy_letter_by_letter(self, link: str) -> None:
        def reply(request: httpx.Request) -> httpx.Response:
            if request.url.host != "wsrv.test":
                return httpx.Response(404)
            assert parse_qs(request.url.query.decode("ascii"), strict_parsing=True) == {"url": [link], "n": ["-1"]}
            return ok(PNG)

        async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
            assert (await PictureFetcher(client, proxy=PROXY).fetch([link], CAP)).data == PNG

    async def test_a_link_that_cannot_be_encoded_does_no_harm(self) -> None:
        web = Web({"https://wsrv.test/?url=https%3A%2F%2Fs3.test%2F%3F&n=-1": httpx.Response(404), SECOND: ok(PNG)})
        assert (await web.fetch("https://s3.test/\ud800", SECOND, proxy=PROXY)).data == PNG


class TestSimulated:
    """The real fetcher and the simulated proxy."""

    @pytest.fixture
    async def links(self, account: Account) -> list[str]:
        task = await account.finished(prompt="a heron, ñandú & friends --ar 3:2")
        return [task["imageS3Url"], task["imageDcUrl"]]

    @pytest.fixture
    def fetcher(self, account: Account) -> PictureFetcher:
        return PictureFetcher(account.client, proxy="https://simulated.invalid/wsrv")

    async def test_the_proxy_gives_what_the_stores_do_not(
        self, account: Account, links: list[str], fetcher: PictureFetcher
    ) -> None:
        account.service.faults.next("picture", Fault.answer(403))
        picture = await fetcher.fetch(links, CAP)
        whole = await PictureFetcher(account.client).fetch(links, CAP)
        assert (picture.filename, picture.width, picture.height) == (whole.filename, whole.width, whole.height)
        assert account.service.faults.pending == 0

    @pytest.mark.parametrize(
        "fault", [None, Fault.answer(503), Fault.lost(), Fault.refused(), Fault.answer(200, "<p>")]
    )
    async def test_what_is_too_large_is_made_smaller_there_or_here(
        self, account: Account, links: list[str], fetcher: PictureFetcher, fault: Fault | None
    ) -> None:
        whole = await fetcher.fetch(links, CAP)
        account.service.faults.next("wsrv", *([fault] * 2 if fault else []))
        picture = await fetcher.fetch(links, len(whole.data) - 1)
        assert picture.filename == "picture.webp"
        assert len(picture.data) < len(whole.data)
        assert account.service.faults.pending == 0


async def test_an_animation_that_only_the_proxy_makes_small_enough_keeps_its_frames() -> None:
    large, small = animation("GIF", (128, 96)), animation("WEBP", (128, 96))
    web = Web({FIRST: ok(large), FIRST_COMPRESSED: ok(small)})
    assert (await web.fetch(FIRST, most_bytes=len(small), proxy=PROXY)).data == small
