"""Randomness by name: the same name always gives the same number, and relatives differ a little in every number."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from math import floor
from random import Random
from typing import TypeVar

from bot.providers.simulated.art.geometry import Box, Point

T = TypeVar("T")

_BLOCK = blake2b.MAX_DIGEST_SIZE


@dataclass(frozen=True)
class Drift:
    """One step of variation: how far each number is pulled towards that of another seed."""

    seed: int
    strength: float


@dataclass(frozen=True)
class Surroundings:
    """What was seen before a picture grew: inside `core` nothing changes, outside another seed rules."""

    core: Box
    seed: int


def stream(*parts: object) -> Random:
    """A stream of chance that belongs to whatever identifies something."""
    return Random("/".join(map(str, parts)))  # noqa: S311 (it decides pictures, not secrets)


def unit(seed: int, name: str) -> float:
    """A number in [0, 1)."""
    return int.from_bytes(blake2b(f"{seed}/{name}".encode(), digest_size=6).digest(), "big") / 2**48


def _levels(seed: int, name: str, rows: range) -> bytes:
    """The levels of one column of the plane. They are hashed by blocks: pictures have thousands of them."""
    first, last = rows.start // _BLOCK, (rows.stop - 1) // _BLOCK
    blocks = [blake2b(f"{seed}/{name}/{block}".encode()).digest() for block in range(first, last + 1)]
    start = rows.start - first * _BLOCK
    return b"".join(blocks)[start : start + len(rows)]


@dataclass(frozen=True)
class Dice:
    """All chance in one picture."""

    seed: int
    drifts: Sequence[Drift] = ()
    surroundings: Sequence[Surroundings] = field(default=())

    def number(self, name: str, low: float = 0.0, high: float = 1.0) -> float:
        return low + (high - low) * self._drifted(self.seed, name)

    def chance(self, name: str, probability: float) -> bool:
        return self._chosen(name) < probability

    def pick(self, name: str, options: Sequence[T]) -> T:
        return options[int(self._chosen(name) * len(options))]

    def crowd(self, name: str, x: float = 0.0, reach: float = 0.0) -> Random:
        """A stream for many small things of one kind around `x` (stars, windows, petals)."""
        seed = self._seed_at(x, reach)
        for drift in self.drifts:
            if unit(drift.seed, f"{name}/crowd") < drift.strength:
                seed = drift.seed
        return stream(seed, name)

    def lattice(self, name: str, x: float, reach: float) -> float:
        """A number of the endless plane at `x`: unlike the others it changes outside of what was seen before."""
        return self._drifted(self._seed_at(x, reach), name)

    def levels(self, name: str, columns: range, rows: range, cell: float) -> bytes:
        """Numbers of the endless plane at whole places, as levels of 0 to 255, row by row."""
        grid = bytearray(len(columns) * len(rows))
        for i, x in enumerate(columns):
            column = _levels(self._seed_at(x * cell, cell * 2), f"{name}/{x}", rows)
            for drift in self.drifts:
                other = _levels(drift.seed, f"{name}/{x}", rows)
                column = bytes(int(a + (b - a) * drift.strength) for a, b in zip(column, other, strict=True))
            grid[i :: len(columns)] = column
        return bytes(grid)

    def _seed_at(self, x: float, reach: float) -> int:
        seed = self.seed
        for ring in self.surroundings:
            if ring.core.left - reach <= x <= ring.core.right + reach:
                return seed
            seed = ring.seed
        return seed

    def _drifted(self, seed: int, name: str) -> float:
        value = unit(seed, name)
        for drift in self.drifts:
            value += (unit(drift.seed, name) - value) * drift.strength
        return value

    def _chosen(self, name: str) -> float:
        """A choice cannot move a little: it stays, or falls anew."""
        value = unit(self.seed, name)
        for drift in self.drifts:
            if unit(drift.seed, f"{name}/again") < drift.strength * 0.6:
                value = unit(drift.seed, name)
        return value


class Ridge:
    """An endless line of fractal noise in about [0, 1]: round hills, or `peaked` ones of bare rock."""

    def __init__(
        self, dice: Dice, name: str, cell: float, *, octaves: int = 5, rough: float = 0.5, peaked: bool = False
    ) -> None:
        self._peaked = peaked
        self._octaves = [
            (cell / density, share, _Heights(dice, f"{name}/{density}", cell / density))
            for density, share in ((2**i, rough**i) for i in range(octaves))
        ]
        self._total = sum(share for _, share, _ in self._octaves)

    def __call__(self, x: float) -> float:
        height = 0.0
        for cell, share, heights in self._octaves:
            place = x / cell
            index = floor(place)
            t = place - index
            if not self._peaked:
                t = t * t * (3 - 2 * t)
            a, b = heights[index], heights[index + 1]
            height += (a + (b - a) * t) * share
        return height / self._total

    def line(self, left: float, right: float, count: int) -> list[Point]:
        """`count` points of it, from left to right, as (x, height)."""
        step = (right - left) / (count - 1)
        return [(x, self(x)) for x in (left + i * step for i in range(count))]


class _Heights(dict[int, float]):
    """Those of one octave at whole places, each found when it is first asked for."""

    def __init__(self, dice: Dice, name: str, cell: float) -> None:
        super().__init__()
        self._dice = dice
        self._name = name
        self._cell = cell

    def __missing__(self, index: int) -> float:
        self[index] = self._dice.lattice(f"{self._name}/{index}", index * self._cell, self._cell)
        return self[index]
