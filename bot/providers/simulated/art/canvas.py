"""A canvas that is painted in world units through a window, anti-aliased at any size."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bot.providers.simulated.art.colours import Colour, Gradient, Paint
from bot.providers.simulated.art.geometry import Box, Outline, Point
from bot.providers.simulated.art.grain import dithered
from bot.providers.simulated.art.pixels import Resampling, relevelled, resized

_LARGE = 500_000  # pixels from which coarser supersampling is fine enough
_Pixels = tuple[int, int, int, int]


@dataclass(frozen=True)
class Moment:
    """A moment of a moving picture: `time` runs from 0 to 1 and closes the loop, `sway` is how far the viewer moved."""

    time: float = 0.0
    sway: float = 0.0

    def wave(self, start: float = 0.0, rounds: int = 1) -> float:
        """A swing between -1 and 1 that closes with the loop."""
        return math.sin(math.tau * (self.time * rounds + start))


class Canvas:
    """The pixels of one picture, painted from the back to the front."""

    def __init__(self, size: tuple[int, int], view: Box, moment: Moment | None = None) -> None:
        self.image = Image.new("RGB", size)
        self.size = size
        self.view = view
        self.moment = moment or Moment()
        self.scale = size[0] / view.width
        self._slide = 0.0

    def at_depth(self, depth: float) -> None:
        """What follows lies at that depth: 0 the sky, 1 right in front. Near things move more."""
        self._slide = self.moment.sway * depth

    @property
    def left(self) -> float:
        return self.view.left - self._slide

    @property
    def right(self) -> float:
        return self.view.right - self._slide

    def pixel(self, point: Point) -> Point:
        return (point[0] - self.left) * self.scale, (point[1] - self.view.top) * self.scale

    def fill(self, paint: Paint) -> None:
        """The whole canvas in one paint."""
        self._paste(paint, (0, 0, *self.size), None)

    def shapes(self, outlines: Iterable[Outline], paint: Paint, *, alpha: float = 1.0, blur: float = 0.0) -> None:
        """Filled outlines in one paint; `blur` is a radius in world units."""
        outlines = list(outlines)
        soft = blur * self.scale
        box = self._bounds(outlines, margin=soft * 2.5 + 1)
        if box is None:
            return
        mask = self._mask(outlines, box)
        if soft > 0.3:
            mask = mask.filter(ImageFilter.GaussianBlur(soft))
        self._paste(paint, box, _faded(mask, alpha))

    def inlay(self, outline: Outline, other: "Canvas") -> None:
        """What another canvas of this size shows, cut out along an outline."""
        box = self._bounds([outline], margin=1)
        if box is not None:
            self.image.paste(other.image.crop(box), box, self._mask([outline], box))

    def dots(self, dots: Iterable[tuple[float, float, float, float]], paint: Paint) -> None:
        """Many round dots (x, y, radius, alpha) of one paint, as stars and sparks."""
        mask = Image.new("L", (self.size[0] * 3, self.size[1] * 3))
        draw = ImageDraw.Draw(mask)
        for x, y, radius, alpha in dots:
            px, py = self.pixel((x, y))
            r = radius * self.scale * 3
            draw.ellipse((px * 3 - r, py * 3 - r, px * 3 + r, py * 3 + r), fill=round(255 * alpha))
        self._paste(paint, (0, 0, *self.size), mask.reduce(3))

    def glow(self, centre: Point, radius: float, tint: Colour, strength: float, squash: float = 1.0) -> None:
        """Light that fades out towards `radius`."""
        x, y = self.pixel(centre)
        wide, high = radius * self.scale, radius * self.scale * squash
        box = self._clipped(x - wide, y - high, x + wide, y + high)
        if box is None or min(wide, high) < 1:
            return
        source = (
            max((box[0] - x + wide) / wide * 128, 0.0),
            max((box[1] - y + high) / high * 128, 0.0),
            min((box[2] - x + wide) / wide * 128, 256.0),
            min((box[3] - y + high) / high * 128, 256.0),
        )
        size = box[2] - box[0], box[3] - box[1]
        mask = resized(_halo(), size, Resampling.BILINEAR, box=source)
        self._paste(tint, box, dithered(_faded(mask, strength)))

    def veil(self, tint: Colour, stops: Sequence[tuple[float, float]], alpha: float = 1.0) -> None:
        """Mist: a colour over everything, its opacity (0 to 1) given at heights."""
        self.image.paste(tint, (0, 0, *self.size), self._fade(stops, alpha))

    def wash(
        self, mask: Image.Image, tint: Colour, alpha: float = 1.0, band: Sequence[tuple[float, float]] | None = None
    ) -> None:
        """A colour through a (usually coarse) mask of the whole view; `band` gives its opacity at heights."""
        full = resized(mask, self.size)
        if band is not None:
            full = ImageChops.multiply(full, self._fade(band))
        self.image.paste(tint, (0, 0, *self.size), _faded(full, alpha))

    def _fade(self, stops: Sequence[tuple[float, float]], alpha: float = 1.0) -> Image.Image:
        fade = Gradient([(y, _grey(share * alpha)) for y, share in stops])
        column = bytes(fade.at(self._height(row))[0] for row in range(self.size[1]))
        return resized(Image.frombytes("L", (1, self.size[1]), column), self.size, Resampling.NEAREST)

    def _height(self, row: int) -> float:
        return self.view.top + (row + 0.5) / self.scale

    def _bounds(self, outlines: Sequence[Outline], margin: float) -> _Pixels | None:
        xs = [x for outline in outlines for x, _ in outline]
        ys = [y for outline in outlines for _, y in outline]
        if not xs:
            return None
        left, top = self.pixel((min(xs), min(ys)))
        right, bottom = self.pixel((max(xs), max(ys)))
        return self._clipped(left - margin, top - margin, right + margin, bottom + margin)

    def _mask(self, outlines: Sequence[Outline], box: _Pixels) -> Image.Image:
        width, height = box[2] - box[0], box[3] - box[1]
        fine = 3 if width * height > _LARGE else 4
        mask = Image.new("L", (width * fine, height * fine))
        draw = ImageDraw.Draw(mask)
        scale = self.scale * fine  # as `pixel` does, a million times
        left, top = self.left * scale + box[0] * fine, self.view.top * scale + box[1] * fine
        for outline in outlines:
            draw.polygon([(x * scale - left, y * scale - top) for x, y in outline], fill=255)
        return mask.reduce(fine)

    def _clipped(self, left: float, top: float, right: float, bottom: float) -> _Pixels | None:
        box = (
            max(0, math.floor(left)),
            max(0, math.floor(top)),
            min(self.size[0], math.ceil(right)),
            min(self.size[1], math.ceil(bottom)),
        )
        return box if box[2] > box[0] and box[3] > box[1] else None

    def _paste(self, paint: Paint, box: _Pixels, mask: Image.Image | None) -> None:
        if not isinstance(paint, Gradient):
            self.image.paste(paint, box, mask)
            return
        rows = range(box[1], box[3])
        column = bytes(channel for row in rows for channel in paint.at(self._height(row)))
        strip = Image.frombytes("RGB", (1, len(rows)), column)
        self.image.paste(resized(strip, (box[2] - box[0], len(rows)), Resampling.NEAREST), box, mask)


def _faded(mask: Image.Image, alpha: float) -> Image.Image:
    return mask if alpha >= 1 else relevelled(mask, _shares(alpha))


@lru_cache(maxsize=1024)
def _shares(alpha: float) -> list[int]:
    return [round(value * alpha) for value in range(256)]


def _grey(share: float) -> Colour:
    level = round(255 * min(max(share, 0.0), 1.0))
    return level, level, level


@cache
def _halo() -> Image.Image:
    """A round light, 256 × 256: bright in the middle, soft at the edge."""
    # Pillow's gradient reaches 255 in the corners, so 180 at the rim of the circle.
    fall = [round(255 * max(1 - value / 179, 0.0) ** 1.8) for value in range(256)]
    return relevelled(Image.radial_gradient("L"), fall)
