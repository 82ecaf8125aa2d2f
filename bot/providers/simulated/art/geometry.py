"""Plane geometry in world units: y grows downwards, a picture's original frame has area 1 and its centre at (0, 0)."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Outline = Sequence[Point]


@dataclass(frozen=True)
class Box:
    """A rectangle: the frame of a scene, or the window through which it is seen."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of_aspect(cls, aspect: float) -> "Box":
        """The frame of area 1 around the origin."""
        width = math.sqrt(aspect)
        return cls(-width / 2, -1 / width / 2, width, 1 / width)

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def aspect(self) -> float:
        return self.width / self.height

    def x(self, fraction: float) -> float:
        return self.left + self.width * fraction

    def y(self, fraction: float) -> float:
        return self.top + self.height * fraction

    def grown(self, left: float = 0.0, top: float = 0.0, right: float = 0.0, bottom: float = 0.0) -> "Box":
        """Each side moved outwards by that fraction of the box's own width or height."""
        width, height = self.width * (1 + left + right), self.height * (1 + top + bottom)
        return Box(self.left - self.width * left, self.top - self.height * top, width, height)


def disc(centre: Point, radius: float, squash: float = 1.0, corners: int = 0) -> list[Point]:
    """A circle, or with `squash` an ellipse of that height ratio."""
    count = corners or 72
    turns = (math.tau * i / count for i in range(count))
    return [(centre[0] + radius * math.cos(turn), centre[1] + radius * squash * math.sin(turn)) for turn in turns]


def rectangle(left: float, top: float, right: float, bottom: float) -> list[Point]:
    """The four corners."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def placed(outline: Iterable[Point], at: Point, size: float, *, flip: bool = False, turn: float = 0.0) -> list[Point]:
    """An outline drawn around the origin, scaled, turned (radians) and set down at a point."""
    cos, sin = math.cos(turn) * size, math.sin(turn) * size
    side = -1.0 if flip else 1.0
    return [(at[0] + side * (x * cos - y * sin), at[1] + x * sin + y * cos) for x, y in outline]


def curve(points: Outline, *, closed: bool = True, steps: int = 8) -> list[Point]:
    """A smooth line through the points (Catmull-Rom)."""
    count = len(points)
    line: list[Point] = []
    for i in range(count if closed else count - 1):
        if closed:
            a, b, c, d = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        else:
            a, b, c, d = (points[min(max(i + k, 0), count - 1)] for k in (-1, 0, 1, 2))
        line.extend(_between(a, b, c, d, step / steps) for step in range(steps))
    if not closed:
        line.append(points[-1])
    return line


def ribbon(spine: Outline, widths: Sequence[float]) -> list[Point]:
    """A band along a line; its half width runs through `widths` from the first point to the last."""
    over: list[Point] = []
    under: list[Point] = []
    for i, (x, y) in enumerate(spine):
        before, after = spine[max(i - 1, 0)], spine[min(i + 1, len(spine) - 1)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        length = math.hypot(dx, dy) or 1.0
        place = i / max(len(spine) - 1, 1) * (len(widths) - 1)
        k = min(int(place), len(widths) - 2) if len(widths) > 1 else 0
        half = widths[k] if len(widths) == 1 else widths[k] + (widths[k + 1] - widths[k]) * (place - k)
        over.append((x - dy / length * half, y + dx / length * half))
        under.append((x + dy / length * half, y - dx / length * half))
    return over + under[::-1]


def _between(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    def one(p: float, q: float, r: float, s: float) -> float:
        return 0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t + (3 * q - p - 3 * r + s) * t**3)

    return one(a[0], b[0], c[0], d[0]), one(a[1], b[1], c[1], d[1])


def path(text: str) -> list[Point]:
    """Points from text, as SVG has them: `"0,0 1,0.5"`."""
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x), float(y)) for x, y in pairs]
