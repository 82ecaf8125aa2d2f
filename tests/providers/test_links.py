"""Fetching members' links: what is followed, what is refused before a connection is made, and what is told."""

import asyncio
import gzip
import io
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.domain import ports
from bot.domain.errors import UnusablePicture
from bot.providers.links import PublicLinks
from bot.providers.public_transport import PublicTransport

LINK = "https://pictures.test/heron.png?signature=secret"
PUBLIC = "93.184.215.14"
OTHER = "151.101.1.69"
PUBLIC_6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

Reply = Callable[[httpx.Request], httpx.Response] | httpx.Response | Exception


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


def ok(data: bytes | None = None, **headers: str) -> httpx.Response:
    return httpx.Response(200, content=png() if data is None else data, headers=headers)


def to(link: str, status: int = 302) -> httpx.Response:
    return httpx.Response(status, headers={"Location": link})


class Web:
    """Names with their addresses, and what is answered to each name; keeps what was looked up and connected to."""

    def __init__(self, replies: dict[str, Reply], names: dict[str, Sequence[str] | Exception] | None = None) -> None:
        self.replies = replies
        self.names = names or {}
        self.looked_up: list[str] = []
        self.requests: list[httpx.Request] = []

    async def resolve(self, host: str) -> Sequence[str]:
        self.looked_up.append(host)
        answer = self.names.get(host, [PUBLIC])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self.replies[request.headers["Host"] + request.url.path]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, httpx.Response) else reply(request)

    def open(self, **limits: Any) -> PublicLinks:
        transport = PublicTransport(resolve=self.resolve, inner=httpx.MockTransport(self.answer))
        return PublicLinks(transport, **limits)

    async def fetch(self, link: str = LINK, **limits: Any) -> bytes:
        async with self.open(**limits) as links:
            fetcher: ports.LinkFetcher = links
            return await fetcher.fetch(link)

    async def refused(self, link: str = LINK, **limits: Any) -> str:
        with pytest.raises(UnusablePicture) as caught:
            await self.fetch(link, **limits)
        return caught.value.sentence

    @property
    def connected(self) -> list[str]:
        return [request.url.host for request in self.requests]


def site(reply: Reply, *addresses: str) -> Web:
    return Web({"pictures.test/heron.png": reply}, {"pictures.test": addresses or [PUBLIC]})


async def test_the_bytes_behind_a_link_are_fetched() -> None:
    assert await site(ok()).fetch() == png()
    assert await site(ok(**{"Content-Type": "text/html"})).fetch(f"  {LINK}\n") == png()


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("http://pictures.test/heron.png", "begin with `https://`"),
        ("ftp://pictures.test/heron.png", "begin with `https://`"),
        ("file:///etc/passwd", "begin with `https://`"),
        ("data:image/png;base64,iVBORw0KGgo=", "begin with `https://`"),
        ("pictures.test/heron.png", "begin with `https://`"),
        ("", "begin with `https://`"),
        ("https://me:secret@pictures.test/heron.png", "name or password"),
        ("https://pictures.test@evil.test/heron.png", "name or password"),
        ("https://pictures.test:8443/heron.png", "port number"),
        ("https://pictures.test:22/", "port number"),
        ("https:///heron.png", "begin with `https://`"),
        ("https://[::1/heron.png", "cannot read"),
        ("https://093.184.215.14/heron.png", "cannot read"),
        ("https://127.0.0.1/heron.png", "not a public address"),
        ("https://pictures.test/\x00", "cannot read"),
        ("https://pictures.test/\ud800", "cannot read"),
        ("https://" + "a." * 130 + "test/", "cannot read"),
    ],
)
async def test_other_links_are_refused_with_what_to_do(link: str, said: str) -> None:
    web = Web({})
    sentence = await web.refused(link)
    assert said in sentence
    assert "Please" in sentence
    assert "secret" not in sentence
    assert (web.looked_up, web.requests) == ([], [])


async def test_redirects_are_followed_three_times_each_to_an_address_of_its_own() -> None:
    hops: dict[str, Reply] = {
        "pictures.test/heron.png": to("/1"),
        "pictures.test/1": to("https://cdn.test/2", 301),
        "cdn.test/2": to("//images.test/3", 307),
    }
    names = {"cdn.test": [OTHER], "images.test": [PUBLIC_6]}
    web = Web({**hops, "images.test/3": ok()}, names)
    assert await web.fetch() == png()
    assert web.connected == [PUBLIC, PUBLIC, OTHER, PUBLIC_6]
    assert [request.extensions["sni_hostname"] for request in web.requests][2:] == ["cdn.test", "images.test"]
    said = await Web({**hops, "images.test/3": to("/4")}, names).refused()
    assert said == "`pictures.test` redirects more than 3 times. Please use the picture's own address."


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("https://169.254.169.254/latest", "`169.254.169.254` is not a public address"),
        ("https://[::ffff:169.254.169.254]/latest", "is not a public address"),
        ("https://inner.test/", "`inner.test` is not a public address"),
        ("https://mixed.test/", "`mixed.test` is not a public address"),
        ("https://localhost/", "`localhost` is not a public address"),
        ("//127.1/", "`127.1` is not a public address"),
        ("http://pictures.test/heron.png", "begin with `https://`"),
        ("https://pictures.test:6379/", "port number"),
        ("https://a:b@pictures.test/heron.png", "name or password"),
        ("file:///etc/passwd", "begin with `https://`"),
        ("https://[::1", "does not answer"),
    ],
)
@pytest.mark.parametrize("hops", [0, 1, 2])
async def test_no_redirect_leads_to_where_no_link_may_lead(target: str, said: str, hops: int) -> None:
    paths = ["pictures.test/heron.png", "pictures.test/1", "pictures.test/2"]
    replies: dict[str, Reply] = {path: to(f"/{n + 1}") for n, path in enumerate(paths[:hops])}
    names = {"inner.test": ["10.0.0.5"], "mixed.test": [OTHER, "169.254.169.254"]}
    web = Web({**replies, paths[hops]: to(target)}, names)
    sentence = await web.refused()
    assert said in sentence
    assert "10.0.0.5" not in sentence
    assert web.connected == [PUBLIC] * (hops + 1)


async def test_a_redirect_to_the_same_name_is_judged_anew_too() -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])

    async def rebinding(host: str) -> Sequence[str]:
        return next(answers)

    web = site(to("/again"))
    async with PublicLinks(PublicTransport(resolve=rebinding, inner=httpx.MockTransport(web.answer))) as links:
        with pytest.raises(UnusablePicture, match="not a public address"):
            await links.fetch(LINK)
    assert web.connected == [PUBLIC]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (httpx.Response(404), "`pictures.test` answers HTTP 404. Please use a link that anyone can open."),
        (httpx.Response(403), "`pictures.test` answers HTTP 403. Please use a link that anyone can open."),
        (httpx.Response(304), "`pictures.test` answers HTTP 304. Please use a link that anyone can open."),
        (
            httpx.ReadTimeout("slow"),
            "`pictures.test` does not answer. Please try again, or attach the picture.",
        ),
        (
            httpx.RemoteProtocolError("cut off"),
            "`pictures.test` does not answer. Please try again, or attach the picture.",
        ),
        (
            ok(b"<html>a page about a heron</html>", **{"Content-Type": "image/png"}),
            "The link leads to no PNG, JPEG, WebP or GIF picture. Please use the address of the picture itself.",
        ),
        (
            ok(b""),
            "The link leads to no PNG, JPEG, WebP or GIF picture. Please use the address of the picture itself.",
        ),
        (
            ok(gzip.compress(b"\x89PNG" + bytes(9)), **{"Content-Encoding": "gzip"}),
            "`pictures.test` answers in a way that I cannot read. Please attach the picture.",
        ),
    ],
    ids=["gone", "forbidden", "not modified", "silent", "cut off", "a page", "empty", "compressed"],
)
async def test_what_went_wrong_is_told_in_a_sentence(reply: Reply, said: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    assert await site(reply).refused() == said
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("bot")]
    assert not [line for line in logged if "secret" in line]


@pytest.mark.parametrize("problem", [OSError("no such name"), UnicodeError("label too long"), ()])
async def test_a_name_without_an_address_is_told(problem: Any) -> None:
    said = await Web({}, {"pictures.test": problem}).refused()
    assert said == "I cannot find `pictures.test`. Please check the link."


async def test_the_log_names_the_host_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    await site(httpx.Response(404)).refused()
    await site(ok(), "10.0.0.5").refused()
    said = [record.getMessage() for record in caplog.records if record.name.startswith("bot")]
    assert len(said) == 2
    for line in said:
        assert "pictures.test" in line
        assert not any(each in line for each in ("heron", "secret", "10.0.0.5"))


async def test_a_file_without_end_is_left_at_the_cap() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1024
            yield b"\x89PNG\r\n\x1a\n" + bytes(1016)

    web = site(lambda request: httpx.Response(200, content=endless()))
    said = await web.refused(most_bytes=1024**2)
    assert said == "The link leads to more than 1 MB, which is the most I take. Please use a smaller picture."
    assert sent == 1024**2 + 1024


async def test_exactly_as_many_bytes_as_allowed_are_taken() -> None:
    assert await site(ok()).fetch(most_bytes=len(png())) == png()
    assert "more than" in await site(ok()).refused(most_bytes=len(png()) - 1)


async def test_whoever_takes_too_long_is_left() -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield b"\x89PNG"
        await asyncio.Event().wait()

    said = await site(lambda request: httpx.Response(200, content=stalled())).refused(time_limit=0.01)
    assert said == "`pictures.test` took longer than 0.01 seconds. Please attach the picture instead."


async def test_a_name_server_that_takes_too_long_is_left_too() -> None:
    async def silent(host: str) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    transport = PublicTransport(resolve=silent, inner=httpx.MockTransport(site(ok()).answer))
    async with PublicLinks(transport, time_limit=0.01) as links:
        with pytest.raises(UnusablePicture, match="took longer"):
            await links.fetch(LINK)


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert await site(ok()).fetch() == png()
