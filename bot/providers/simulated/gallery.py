"""Drawn pictures: made off the event loop when they are first looked at, then kept for a while."""

import asyncio
import io
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence

from PIL import Image

from bot.providers.simulated import drawing
from bot.providers.simulated.works import Shape, Work

Drawn = tuple[bytes, str]
"""Encoded picture, content type."""

_MOST_BYTES = 64 * 1024 * 1024
_PNG_LEVEL = 4  # more takes twice as long for a tenth less
_FRAME_TIME = 90  # milliseconds


class Gallery:
    """A cache of encoded pictures; when it grows too large, what was not looked at for longest goes first."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[Hashable, Drawn] = OrderedDict()
        self._drawing = asyncio.Lock()

    async def get(self, key: Hashable, draw: Callable[[], Drawn]) -> Drawn:
        """The picture of that key, drawn now if need be; one at a time, so that other work keeps a processor."""
        async with self._drawing:
            if key not in self._drawn:
                self._drawn[key] = await asyncio.to_thread(draw)
                self._make_room()
            self._drawn.move_to_end(key)
            return self._drawn[key]

    def _make_room(self) -> None:
        total = sum(len(data) for data, _ in self._drawn.values())
        while total > _MOST_BYTES and len(self._drawn) > 1:
            _, (data, _) = self._drawn.popitem(last=False)
            total -= len(data)


def extension_of(work: Work) -> str:
    return "webp" if work.shape in (Shape.FILM, Shape.FILMS) else "png"


def draw_work(work: Work, scale: float) -> Drawn:
    """A task's picture; `scale` is for tests, to which size does not matter."""

    def side(pixels: int) -> int:
        return max(round(pixels * scale), 16)

    match work.shape:
        case Shape.GRID:
            return encode_still(drawing.draw_grid(work.pictures, side(drawing.GRID_SIDE)))
        case Shape.FILM | Shape.FILMS:
            longest = side(drawing.FILM_SIDE if work.shape is Shape.FILM else drawing.FILMS_SIDE)
            return encode_film(drawing.draw_film(work.pictures, work.takes, longest, lively=work.lively))
        case _:
            longest = side(drawing.LARGE_SIDE if work.shape is Shape.LARGE else drawing.SOLO_SIDE)
            return encode_still(drawing.draw_variant(work.pictures[0], longest))


def encode_still(image: Image.Image) -> Drawn:
    encoded = io.BytesIO()
    image.save(encoded, "PNG", compress_level=_PNG_LEVEL)
    return encoded.getvalue(), "image/png"


def encode_film(frames: Sequence[Image.Image]) -> Drawn:
    encoded = io.BytesIO()
    rest = list(frames[1:])
    frames[0].save(
        encoded, "WEBP", save_all=True, append_images=rest, duration=_FRAME_TIME, loop=0, quality=72, method=2
    )
    return encoded.getvalue(), "image/webp"
