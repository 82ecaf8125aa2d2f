"""Fetching finished pictures: sources in order, capped, proven by decoding, shrunk to what may be attached."""

import logging
from collections.abc import Iterator, Sequence

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
from bot.providers.download import NotDownloaded, download, place_of
from bot.providers.threads import PictureThreads

log = logging.getLogger(__name__)

TIME_LIMIT = 30.0
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
    """Gets finished pictures over the caller's client. Sizes are in bytes and pixels, the time limit in seconds."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        most_downloaded: int = MOST_DOWNLOADED,
        most_pixels: int = MOST_PIXELS,
        time_limit: float = TIME_LIMIT,
        threads: PictureThreads | None = None,
    ) -> None:
        self._client = client
        self._most_downloaded = most_downloaded
        self._most_pixels = most_pixels
        self._time_limit = time_limit
        self._threads = threads or PictureThreads()

    async def fetch(self, sources: Sequence[str], most_bytes: int) -> Picture:
        """The first source that gives a whole picture, shrunk to `most_bytes`; else PictureUnavailable."""
        said: list[str] = []
        for source in sources:
            try:
                data = await download(
                    self._client, source, most_bytes=self._most_downloaded, time_limit=self._time_limit
                )
                return await self._threads.run(_fit, data, most_bytes, self._most_pixels)
            except (NotDownloaded, Undecodable, _Unshrinkable) as problem:
                host, path = place_of(source)
                log.info("No picture from %s%s: %s", host, path, problem)
                said.append(f"{host}: {problem}")
        if not said:
            raise PictureUnavailable("The picture service gave no link to the picture.")
        raise PictureUnavailable(f"The picture could not be fetched ({'; '.join(said)}).")

    async def fit(self, data: bytes, most_bytes: int) -> Picture:
        """A picture that is here already, shrunk to `most_bytes`; else PictureUnavailable."""
        try:
            return await self._threads.run(_fit, data, most_bytes, self._most_pixels)
        except (Undecodable, _Unshrinkable) as problem:
            raise PictureUnavailable(f"The picture cannot be used: {problem}.") from problem


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
