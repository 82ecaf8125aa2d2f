"""Colours and vertical gradients."""

import colorsys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


def colour(code: str) -> Colour:
    """`"ffd3b0"` as three bytes."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """From `one` (share 0) to `other` (share 1)."""
    share = min(max(share, 0.0), 1.0)
    (r, g, b), (red, green, blue) = one, other
    return round(r + (red - r) * share), round(g + (green - g) * share), round(b + (blue - b) * share)


def lighter(base: Colour, share: float) -> Colour:
    return mix(base, WHITE, share)


def darker(base: Colour, share: float) -> Colour:
    return mix(base, BLACK, share)


def shifted(base: Colour, hue: float, saturation: float = 1.0, light: float = 1.0) -> Colour:
    """Another hue (in turns), with saturation and lightness multiplied."""
    h, lightness, s = colorsys.rgb_to_hls(base[0] / 255, base[1] / 255, base[2] / 255)
    r, g, b = colorsys.hls_to_rgb((h + hue) % 1.0, min(lightness * light, 1.0), min(s * saturation, 1.0))
    return round(r * 255), round(g * 255), round(b * 255)


@dataclass(frozen=True)
class Gradient:
    """Colours at heights (world y, ascending), blended softly in between and constant beyond."""

    stops: Sequence[tuple[float, Colour]]

    def at(self, y: float) -> Colour:
        i = bisect_right(self.stops, y, key=itemgetter(0))
        if i == 0:
            return self.stops[0][1]
        if i == len(self.stops):
            return self.stops[-1][1]
        (y0, one), (y1, other) = self.stops[i - 1], self.stops[i]
        return mix(one, other, (y - y0) / (y1 - y0))


Paint = Colour | Gradient
