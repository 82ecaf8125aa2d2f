"""Randomness by name: the same name always gives the same number, and relatives differ a little in every number."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from math import floor
from random import Random
from typing import TypeVar

from bot.providers.simulated.art.geometry import Box, Point

T = TypeVar("T")


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
            seed = self._seed_at(x * cell, cell * 2)
            if self.drifts:
                column = bytes(int(256 * self._drifted(seed, f"{name}/{x}/{y}")) for y in rows)
            else:  # the same, a thousand times as often: the first byte of `unit` is its level
                start = f"{seed}/{name}/{x}/".encode()
                column = bytes(blake2b(b"%b%d" % (start, y), digest_size=6).digest()[0] for y in rows)
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
        self._dice = dice
        self._name = name
        self._cell = cell
        self._peaked = peaked
        self._octaves = [(2**i, rough**i) for i in range(octaves)]
        self._total = sum(share for _, share in self._octaves)
        self._known: dict[tuple[int, int], float] = {}

    def __call__(self, x: float) -> float:
        height = 0.0
        for density, share in self._octaves:
            place = x / self._cell * density
            index = floor(place)
            t = place - index
            if not self._peaked:
                t = t * t * (3 - 2 * t)
            a, b = self._at(density, index), self._at(density, index + 1)
            height += (a + (b - a) * t) * share
        return height / self._total

    def line(self, left: float, right: float, count: int) -> list[Point]:
        """`count` points of it, from left to right, as (x, height)."""
        step = (right - left) / (count - 1)
        return [(left + i * step, self(left + i * step)) for i in range(count)]

    def _at(self, density: int, index: int) -> float:
        found = self._known.get((density, index))
        if found is None:
            cell = self._cell / density
            found = self._dice.lattice(f"{self._name}/{density}/{index}", index * cell, cell)
            self._known[density, index] = found
        return found
