"""Fetching finished pictures: sources in order, capped, proven by decoding, shrunk to what may be attached."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import httpx
from PIL import Image

from bot.domain.errors import PictureUnavailable
from bot.domain.ports import Picture
from bot.providers.codec import (
    EXTENSIONS,
    MOST_PIXELS,
    TooManyPixels,
    Undecodable,
    check_pixels,
    coloured,
    kind_of,
    opened,
    reading,
    webp,
)
from bot.providers.download import NotDownloaded, TooLarge, download, host_of
from bot.providers.threads import PictureThreads

log = logging.getLogger(__name__)

TIME_LIMIT = 30.0
TOTAL_TIME = 90.0
COMPRESSED = "&output=webp&q=80"
"""What the proxy makes smaller keeps its size in pixels."""

MOST_DOWNLOADED = 64 * 1024 * 1024
ANIMATED_FACTOR = 8
"""An animation may have this many times the pixels of a still picture, all frames together."""

WEBP_SIDE = 16383
QUALITIES = (90, 80, 70)
ANIMATED_QUALITIES = (75, 55)
SCALE_STEP = 0.8
SMALLEST_SIDE = 16


class _Unshrinkable(Exception):
    """Why a whole picture does not fit, in a few words."""


class PictureFetcher:
    """Gets finished pictures over the caller's client. Sizes are in bytes and pixels, time limits in seconds.

    `proxy` is the address of a WSRV, which reaches some places better than this machine does; it gets to see the links.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        proxy: str | None = None,
        most_downloaded: int = MOST_DOWNLOADED,
        most_pixels: int = MOST_PIXELS,
        time_limit: float = TIME_LIMIT,
        total_time: float = TOTAL_TIME,
        threads: PictureThreads | None = None,
    ) -> None:
        self._client = client
        self._proxy = proxy
        self._most_downloaded = most_downloaded
        self._most_pixels = most_pixels
        self._time_limit = time_limit
        self._total_time = total_time
        self._threads = threads or PictureThreads()

    async def fetch(self, sources: Sequence[str], most_bytes: int) -> Picture:
        """The first whole picture, directly or through the proxy, compressed to `most_bytes` there or else here."""
        until = asyncio.get_running_loop().time() + self._total_time
        problems: list[tuple[str, Exception]] = []
        links = [each for source in sources for each in (source, *self._proxied(source))]
        whole = await self._first(links, self._most_downloaded, until, problems)
        if whole is not None and len(whole.data) <= most_bytes:
            return whole
        if whole is not None or any(isinstance(problem, TooLarge) for _, problem in problems):
            links = [each for source in sources for each in self._proxied(source, COMPRESSED)]
            smaller = await self._first(links, most_bytes, until, problems)
            if smaller is not None:
                return smaller
        if whole is not None:
            return await self.fit(whole.data, most_bytes)
        if not problems:
            raise PictureUnavailable("The picture service gave no link to the picture.")
        said = "; ".join(f"{host}: {problem}" for host, problem in problems)
        raise PictureUnavailable(f"The picture could not be fetched ({said}).")

    async def fit(self, data: bytes, most_bytes: int) -> Picture:
        """A picture that is here already, shrunk to `most_bytes`; else PictureUnavailable."""
        try:
            return await self._threads.run(_fit, data, most_bytes, self._most_pixels)
        except (Undecodable, _Unshrinkable) as problem:
            raise PictureUnavailable(f"The picture cannot be used: {problem}.") from problem

    def _proxied(self, link: str, options: str = "") -> list[str]:
        """The link by way of the proxy, if there is one; n=-1 asks for all frames of an animation."""
        if self._proxy is None:
            return []
        return [f"{self._proxy}/?url={quote(link, safe='', errors='replace')}&n=-1{options}"]

    async def _first(
        self, links: Sequence[str], most_bytes: int, until: float, problems: list[tuple[str, Exception]]
    ) -> Picture | None:
        """The first of them that gives a whole picture of at most so many bytes; notes what is wrong with others."""
        for link in links:
            time_left = until - asyncio.get_running_loop().time()
            if time_left <= 0:
                break
            time_limit = min(self._time_limit, time_left)
            try:
                data = await download(self._client, link, most_bytes=most_bytes, time_limit=time_limit)
                return await self._threads.run(_fit, data, len(data), self._most_pixels)
            except (NotDownloaded, Undecodable) as problem:
                log.info("No picture from %s: %s", host_of(link), problem)
                problems.append((host_of(link), problem))
        return None


def _fit(data: bytes, most_bytes: int, most_pixels: int) -> Picture:
    """The downloaded bytes as a picture that decodes and fits; slow, so never on the event loop."""
    image = opened(data, most_pixels)
    kind = kind_of(data) or ""
    durations = _decode(image, kind, most_pixels)
    if len(data) <= most_bytes:
        return Picture(data, f"picture.{EXTENSIONS[kind]}", *image.size)
    try:
        for smaller, size in _shrunk(image, durations):
            if len(smaller) <= most_bytes:
                return Picture(smaller, "picture.webp", *size)
    except (OSError, ValueError, MemoryError) as error:
        raise _Unshrinkable("the picture cannot be encoded anew") from error
    raise _Unshrinkable("the picture cannot be made small enough")


def _decode(image: Image.Image, kind: str, most_pixels: int) -> list[int]:
    """Decode every frame, which is what proves that the file is whole; their durations in milliseconds."""
    durations: list[int] = []
    with reading():
        # A JPEG's further frames are other views of a stereo camera, not an animation.
        frames = 1 if kind == "JPEG" else getattr(image, "n_frames", 1)
        if image.width * image.height * frames > most_pixels * ANIMATED_FACTOR:
            raise TooManyPixels("the picture has too many pixels")
        for frame in range(frames):
            image.seek(frame)
            check_pixels(image, most_pixels)  # a GIF's later frame may enlarge it
            image.load()
            durations.append(max(1, int(image.info.get("duration") or 0)))
    return durations


def _shrunk(image: Image.Image, durations: list[int]) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Ever smaller WebP versions: lower quality first, then fewer pixels; an animation ends as its first frame."""
    if len(durations) > 1 and max(image.size) <= WEBP_SIDE:
        for quality in ANIMATED_QUALITIES:
            yield webp(image, quality, save_all=True, duration=durations, loop=image.info.get("loop", 0)), image.size
    image.seek(0)
    still = coloured(image)
    still.thumbnail((WEBP_SIDE, WEBP_SIDE))
    for quality in QUALITIES:
        yield webp(still, quality), still.size
    side = max(still.size) * SCALE_STEP
    while side >= SMALLEST_SIDE:
        smaller = still.copy()
        smaller.thumbnail((side, side))
        yield webp(smaller, QUALITIES[-1]), smaller.size
        side *= SCALE_STEP
