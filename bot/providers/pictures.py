"""Fetching finished pictures: sources in order, capped, proven by decoding, shrunk to what may be attached."""

import asyncio
import logging
import struct
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO

import httpx
from PIL import Image

from bot.domain.errors import PictureUnavailable
from bot.domain.ports import Picture

log = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(30, connect=5, pool=5)
TIME_LIMIT = 30.0
MOST_REDIRECTS = 3
MOST_DOWNLOADED = 64 * 1024 * 1024
MOST_PIXELS = 64_000_000
ANIMATED_FACTOR = 8
"""An animation may have this many times the pixels of a still picture, all frames together."""
DECODED_AT_ONCE = 2
"""Each may take some hundred megabytes."""

WEBP_SIDE = 16383
QUALITIES = (90, 80, 70)
ANIMATED_QUALITIES = (75, 55)
SCALE_STEP = 0.8
SMALLEST_SIDE = 16

_EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif"}
# Pillow's decoders raise nearly anything at a damaged file.
_DAMAGED = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    MemoryError,
    struct.error,
    zlib.error,
)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class _Unusable(Exception):
    """What one source gave instead of a picture, in a few words."""


class PictureFetcher:
    """Gets finished pictures over the caller's client. Sizes are in bytes and pixels, the time limit in seconds."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        most_downloaded: int = MOST_DOWNLOADED,
        most_pixels: int = MOST_PIXELS,
        time_limit: float = TIME_LIMIT,
    ) -> None:
        self._client = client
        self._most_downloaded = most_downloaded
        self._most_pixels = most_pixels
        self._time_limit = time_limit
        self._decoding = asyncio.Semaphore(DECODED_AT_ONCE)

    async def fetch(self, sources: Sequence[str], most_bytes: int) -> Picture:
        """The first source that gives a whole picture, shrunk to `most_bytes`; else PictureUnavailable."""
        said: list[str] = []
        for source in sources:
            try:
                data = await self._download(source)
                async with self._decoding:
                    return await asyncio.to_thread(_fit, data, most_bytes, self._most_pixels)
            except _Unusable as problem:
                host, path = _place(source)
                # Never the query: it is what signs a link.
                log.info("No picture from %s%s: %s", host, path, problem)
                said.append(f"{host}: {problem}")
        if not said:
            raise PictureUnavailable("The picture service gave no link to the picture.")
        raise PictureUnavailable(f"The picture could not be fetched ({'; '.join(said)}).")

    async def _download(self, source: str) -> bytes:
        try:
            async with asyncio.timeout(self._time_limit):
                return await self._follow(source)
        except TimeoutError as error:
            raise _Unusable(f"not complete after {self._time_limit:g} seconds") from error
        except httpx.InvalidURL as error:
            raise _Unusable("the link is broken") from error
        except httpx.RequestError as error:
            raise _Unusable(f"the connection failed, {type(error).__name__}") from error

    async def _follow(self, source: str) -> bytes:
        # Compressed transfer gains nothing with pictures, and could unpack to far more than what was counted.
        request = self._client.build_request("GET", source, headers={"Accept-Encoding": "identity"}, timeout=TIMEOUT)
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                if response.next_request is None:
                    return await self._read(response)
                request = response.next_request
            finally:
                await response.aclose()
        raise _Unusable("too many redirects")

    async def _read(self, response: httpx.Response) -> bytes:
        if response.status_code != 200:
            raise _Unusable(f"HTTP {response.status_code}")
        data = bytearray()
        async for chunk in response.aiter_bytes():
            data += chunk
            if len(data) > self._most_downloaded:
                raise _Unusable("the file is too large")
        return bytes(data)


def _place(source: str) -> tuple[str, str]:
    """Host and path of a link: what may be logged of it."""
    try:
        url = httpx.URL(source)
    except httpx.InvalidURL:
        return "a broken link", ""
    return url.host or "a link without a host", url.path


def _kind(data: bytes) -> str | None:
    """The picture's real type by its first bytes, in Pillow's words."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    return "GIF" if data.startswith((b"GIF87a", b"GIF89a")) else None


def _fit(data: bytes, most_bytes: int, most_pixels: int) -> Picture:
    """The downloaded bytes as a picture that decodes and fits; slow, so never on the event loop."""
    kind = _kind(data)
    if kind is None:
        raise _Unusable("the answer is no picture")
    try:
        image = Image.open(BytesIO(data), formats=(kind,))
        durations = _decode(image, kind, most_pixels)
    except _BOMBS as error:
        raise _Unusable("the picture has too many pixels") from error
    except _DAMAGED as error:
        raise _Unusable("the picture is damaged") from error
    if len(data) <= most_bytes:
        return Picture(data, f"picture.{_EXTENSIONS[kind]}", *image.size)
    try:
        for smaller, size in _shrunk(image, durations):
            if len(smaller) <= most_bytes:
                return Picture(smaller, "picture.webp", *size)
    except (OSError, ValueError, MemoryError) as error:
        raise _Unusable("the picture cannot be encoded anew") from error
    raise _Unusable("the picture cannot be made small enough")


def _decode(image: Image.Image, kind: str, most_pixels: int) -> list[int]:
    """Decode every frame, which is what proves that the file is whole; their durations in milliseconds."""
    # A JPEG's further frames are other views of a stereo camera, not an animation.
    frames = 1 if kind == "JPEG" else getattr(image, "n_frames", 1)
    pixels = image.width * image.height
    if pixels > most_pixels or pixels * frames > most_pixels * ANIMATED_FACTOR:
        raise _Unusable("the picture has too many pixels")
    durations: list[int] = []
    for frame in range(frames):
        image.seek(frame)
        image.load()
        durations.append(max(1, int(image.info.get("duration") or 0)))
    return durations


def _shrunk(image: Image.Image, durations: list[int]) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Ever smaller WebP versions: lower quality first, then fewer pixels; an animation ends as its first frame."""
    if len(durations) > 1 and max(image.size) <= WEBP_SIDE:
        for quality in ANIMATED_QUALITIES:
            yield _webp(image, quality, save_all=True, duration=durations, loop=image.info.get("loop", 0)), image.size
    image.seek(0)
    still = image.convert("RGBA" if image.has_transparency_data else "RGB")
    still.thumbnail((WEBP_SIDE, WEBP_SIDE))
    for quality in QUALITIES:
        yield _webp(still, quality), still.size
    side = max(still.size) * SCALE_STEP
    while side >= SMALLEST_SIDE:
        smaller = still.copy()
        smaller.thumbnail((side, side))
        yield _webp(smaller, QUALITIES[-1]), smaller.size
        side *= SCALE_STEP


def _webp(image: Image.Image, quality: int, **options: object) -> bytes:
    encoded = BytesIO()
    image.save(encoded, "WEBP", quality=quality, method=4, background=(0, 0, 0, 0), **options)
    return encoded.getvalue()
