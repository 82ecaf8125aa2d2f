"""A whale."""

from bot.providers.simulated.art.geometry import Point, curve, disc, path, ribbon
from bot.providers.simulated.art.paper import Part

_BACK = path("-0.98,-0.5 -0.86,-0.7 -0.5,-0.83 0,-0.8 0.45,-0.64")
_FRONT = path("0.42,-0.36 0,-0.24 -0.5,-0.25 -0.86,-0.36")
_BELLY = curve(path("-0.96,-0.47 -0.6,-0.45 -0.1,-0.4 0.4,-0.38 0,-0.25 -0.5,-0.26 -0.86,-0.37"), steps=7)


def whale(swing: float) -> list[Part]:
    """Swimming, in water or in the sky; its middle is at (0, -0.5)."""
    tail = 0.07 * swing
    flukes = path("0.96,-0.7 1.16,-0.74 1.04,-0.54 1.14,-0.34 0.94,-0.42")
    behind = [(0.78, -0.54 + tail), *((x, y + 2 * tail) for x, y in flukes), (0.76, -0.44 + tail)]
    body = curve([*_BACK, *behind, *_FRONT], steps=7)
    fin = curve([(-0.42, -0.36), (-0.3, -0.08 + tail), (-0.12, 0.02 + tail), (-0.14, -0.16), (-0.2, -0.36)], steps=6)
    return [
        Part(body),
        Part(_BELLY, "pale"),
        *(Part(_groove(i), "dark") for i in range(4)),
        Part(fin, "dark"),
        Part(disc((-0.7, -0.5), 0.022), "dark"),
    ]


def _groove(index: int) -> list[Point]:
    """One of the lines along the throat."""
    drop = 0.035 * index
    line = [(-0.9 + 0.06 * index, -0.43 + drop), (-0.4, -0.4 + drop), (0.12 - 0.08 * index, -0.37 + 0.03 * index)]
    return ribbon(curve(line, closed=False), [0.004])
