"""Fetching pictures: which source, how much, how proven, how small."""

import asyncio
import gzip
import io
import logging
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from PIL import Image

from bot.domain.errors import PictureUnavailable
from bot.domain.ports import ImageFetcher, Picture
from bot.providers.pictures import PictureFetcher

FIRST = "https://s3.test/heron.png"
SECOND = "https://cdn.test/heron.png?ex=1&hm=secret"
PLENTY = 10 * 1024 * 1024

Reply = Callable[[httpx.Request], httpx.Response] | httpx.Response | Exception


def encode(kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    """A picture that does not compress well, so that its size follows its pixels."""
    noise = Image.effect_noise(size, 80).convert(mode)
    out = io.BytesIO()
    noise.save(out, kind, **options)
    return out.getvalue()


def animation(kind: str, size: tuple[int, int] = (64, 48), frames: int = 3) -> bytes:
    pictures = [Image.effect_noise(size, 80).convert("RGB") for _ in range(frames)]
    out = io.BytesIO()
    pictures[0].save(
        out, kind, save_all=True, append_images=pictures[1:], duration=[100 * n for n in range(1, frames + 1)]
    )
    return out.getvalue()


class Web:
    """Pictures by address; keeps the order in which they were asked for."""

    def __init__(self, replies: dict[str, Reply]) -> None:
        self.replies = replies
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        reply = self.replies[str(request.url)]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, httpx.Response) else reply(request)

    async def fetch(self, *sources: str, most_bytes: int = PLENTY, **limits: Any) -> Picture:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self)) as client:
            fetcher: ImageFetcher = PictureFetcher(client, **limits)
            return await fetcher.fetch(sources, most_bytes)


def ok(data: bytes) -> httpx.Response:
    return httpx.Response(200, content=data)


async def fit(data: bytes, most_bytes: int = PLENTY, **limits: Any) -> Picture:
    return await Web({FIRST: ok(data)}).fetch(FIRST, most_bytes=most_bytes, **limits)


async def refused(reply: Reply, **limits: Any) -> str:
    with pytest.raises(PictureUnavailable) as caught:
        await Web({FIRST: reply}).fetch(FIRST, **limits)
    return caught.value.sentence


@pytest.mark.parametrize(
    ("kind", "filename"),
    [("PNG", "picture.png"), ("JPEG", "picture.jpg"), ("WEBP", "picture.webp"), ("GIF", "picture.gif")],
)
async def test_a_picture_that_fits_stays_as_it_is(kind: str, filename: str) -> None:
    data = encode(kind)
    assert await fit(data, len(data)) == Picture(data, filename, 64, 48)


async def test_the_first_source_that_answers_is_taken() -> None:
    png = encode("PNG")
    web = Web({FIRST: ok(png), SECOND: httpx.Response(500)})
    assert (await web.fetch(FIRST, SECOND)).data == png
    assert web.asked == [FIRST]


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(404),
        httpx.Response(403, content=b"signature expired"),
        httpx.Response(301),
        ok(b"<html>sign in</html>"),
        ok(b""),
        httpx.Response(200, content=gzip.compress(encode("PNG")), headers={"Content-Encoding": "gzip"}),
        ok(encode("PNG")[:900]),
        ok(encode("JPEG", (200, 200))[:2000]),
        ok(animation("WEBP")[:-9]),
        ok(animation("GIF")[:-900]),
        ok(b"\x89PNG\r\n\x1a\n" + b"rubbish" * 40),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut off"),
    ],
)
async def test_a_source_without_a_whole_picture_gives_way_to_the_next(
    reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    web = Web({SECOND: reply, FIRST: ok(encode("PNG"))})
    assert (await web.fetch(SECOND, FIRST)).filename == "picture.png"
    (record,) = (record for record in caplog.records if record.name.startswith("bot"))
    assert "cdn.test" in record.getMessage()
    assert "heron" not in record.getMessage(), "a path may hold the words of a private prompt"
    assert "secret" not in record.getMessage()


async def test_what_each_source_said_is_told_without_signatures() -> None:
    web = Web({FIRST: httpx.Response(404), SECOND: ok(b"<html>")})
    with pytest.raises(PictureUnavailable) as caught:
        await web.fetch(FIRST, SECOND)
    assert caught.value.sentence == (
        "The picture could not be fetched (s3.test: HTTP 404; cdn.test: the answer is no picture)."
    )


async def test_without_sources_there_is_no_picture() -> None:
    with pytest.raises(PictureUnavailable, match="no link"):
        await Web({}).fetch()


@pytest.mark.parametrize(
    "link",
    ["", "heron.png", "ftp://s3.test/a.png", "https://", "https://[::1", "http://a\x00b/", "https://s3.test/\ud800"],
)
async def test_a_link_that_is_none_gives_way_too(link: str) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(PictureUnavailable):
            await PictureFetcher(client).fetch([link], PLENTY)


async def test_redirects_are_followed_three_times() -> None:
    def hop(number: int) -> httpx.Response:
        return httpx.Response(302, headers={"Location": f"https://s3.test/{number}"})

    hops: dict[str, Reply] = {FIRST: hop(1), "https://s3.test/1": hop(2), "https://s3.test/2": hop(3)}
    web = Web({**hops, "https://s3.test/3": ok(encode("PNG"))})
    assert (await web.fetch(FIRST)).filename == "picture.png"
    with pytest.raises(PictureUnavailable, match="too many redirects"):
        await Web({**hops, "https://s3.test/3": hop(4)}).fetch(FIRST)


async def test_the_byte_cap_ends_the_download() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1000
            yield b"x" * 1000

    said = await refused(lambda request: httpx.Response(200, content=endless()), most_downloaded=10_000)
    assert "too large" in said
    assert sent == 11_000


async def test_the_time_limit_ends_the_download() -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield b"\x89PNG"
        await asyncio.Event().wait()

    assert "not complete" in await refused(lambda request: httpx.Response(200, content=stalled()), time_limit=0.01)


def bomb(side: int) -> bytes:
    """A small file that claims to be a huge picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_100, 9_800, 60_000])
async def test_a_picture_of_too_many_pixels_is_not_decoded(side: int) -> None:
    assert "too many pixels" in await refused(ok(bomb(side)))


async def test_all_frames_together_have_a_cap_too() -> None:
    assert "too many pixels" in await refused(ok(animation("GIF", frames=9)), most_pixels=64 * 48)
    assert (await fit(animation("GIF", frames=8), most_pixels=64 * 48)).filename == "picture.gif"


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "I;16"])
async def test_a_large_picture_loses_quality_before_pixels(mode: str) -> None:
    data = encode("PNG", (256, 256), mode)
    picture = await fit(data, len(encode("WEBP", (256, 256), quality=90)) + 2000)
    assert (picture.filename, picture.width, picture.height) == ("picture.webp", 256, 256)
    with Image.open(io.BytesIO(picture.data)) as image:
        assert (image.format, image.size) == ("WEBP", (256, 256))


async def test_sixteen_bits_of_grey_stay_grey() -> None:
    deep = Image.linear_gradient("L").convert("I").point(lambda grey: grey * 257)
    out = io.BytesIO()
    deep.convert("I;16").save(out, "PNG", compress_level=0)
    with Image.open(io.BytesIO((await fit(out.getvalue(), 60_000)).data)) as image:
        assert [abs(image.convert("L").getpixel((128, y)) - y) < 9 for y in (0, 64, 128, 255)] == [True] * 4


@pytest.mark.parametrize("most_bytes", [20_000, 5_000, 700])
async def test_a_larger_one_loses_pixels_until_it_fits(most_bytes: int) -> None:
    picture = await fit(encode("PNG", (400, 200)), most_bytes)
    assert len(picture.data) <= most_bytes
    assert picture.width < 400
    assert abs(picture.width - 2 * picture.height) <= 2
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.size == (picture.width, picture.height)


async def test_a_picture_longer_than_webp_can_be_is_scaled() -> None:
    data = encode("PNG", (20_000, 4))
    picture = await fit(data, len(data) - 1)
    assert picture.width == 16_383


async def test_nothing_fits_into_nothing() -> None:
    with pytest.raises(PictureUnavailable, match="small enough"):
        await fit(encode("PNG"), 10)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_an_animation_keeps_its_frames_if_they_fit(kind: str) -> None:
    data = animation(kind, (128, 96))
    if kind == "WEBP":
        out = io.BytesIO()
        with Image.open(io.BytesIO(data)) as image:
            image.save(out, "WEBP", save_all=True, lossless=True, duration=[100, 200, 300])
        data = out.getvalue()
    picture = await fit(data, len(data) * 2 // 3)
    assert (picture.filename, picture.width, picture.height) == ("picture.webp", 128, 96)
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.n_frames == 3
        durations = []
        for frame in range(3):
            image.seek(frame)
            image.load()
            durations.append(image.info["duration"])
        assert durations == [100, 200, 300]


async def test_an_animation_that_does_not_fit_ends_as_its_first_frame() -> None:
    data = animation("GIF", (128, 96))
    picture = await fit(data, len(encode("WEBP", (128, 96), quality=90)))
    with Image.open(io.BytesIO(picture.data)) as image:
        assert (image.n_frames, image.size) == (1, (picture.width, picture.height))


async def test_the_event_loop_runs_on_while_a_picture_shrinks() -> None:
    data = encode("PNG", (900, 900))
    shrinking = asyncio.create_task(fit(data, 60_000))
    turns = 0
    while not shrinking.done():
        turns += 1
        await asyncio.sleep(0.001)
    assert turns > 20
    assert len((await shrinking).data) <= 60_000
