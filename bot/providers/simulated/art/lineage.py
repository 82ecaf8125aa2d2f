"""What decides a picture: its prompt, its seed, and everything that happened to it since."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from bot.providers.simulated.art.dice import Drift, Surroundings
from bot.providers.simulated.art.geometry import Box

_WIDEST = 3.0  # the aspect from which a pan moves the window instead of stretching it
_LARGEST = 9.0  # the area, in original frames, from which growing shows the picture on a wall


@dataclass(frozen=True)
class Region:
    """A part that was painted anew: a mask (image bytes, white is new) over what was seen then."""

    mask: bytes
    box: Box
    drift: Drift


@dataclass(frozen=True)
class Picture:
    """One picture, as data. Equal pictures have equal pixels at equal sizes."""

    prompt: str
    seed: int
    slot: int
    frame: Box
    view: Box
    drifts: tuple[Drift, ...] = ()
    surroundings: tuple[Surroundings, ...] = ()
    region: Region | None = None
    sources: tuple[bytes, ...] = ()
    inner: "Picture | None" = None

    @property
    def aspect(self) -> float:
        return self.view.aspect

    def size(self, longest: int) -> tuple[int, int]:
        """Pixels for a longest side."""
        scale = longest / max(self.view.width, self.view.height)
        return max(round(self.view.width * scale), 1), max(round(self.view.height * scale), 1)

    def varied(self, seed: int, strength: float) -> "Picture":
        """A relative: every number pulled towards another seed's by that share."""
        return replace(self, drifts=(*self.drifts, Drift(seed, strength)))

    def repainted(self, mask: bytes, seed: int) -> "Picture":
        """The same with a strongly varied part."""
        return replace(self, region=Region(mask, self.view, Drift(seed, 0.85)))

    def zoomed(self, factor: float, seed: int) -> "Picture":
        """Seen from further away."""
        grow = (factor - 1) / 2
        return self._seen(self.view.grown(grow, grow, grow, grow), seed)

    def panned(self, direction: str, seed: int) -> "Picture":
        """Half a picture more on one side (`left`, `right`, `up`, `down`)."""
        sides = {
            "left": (0.5, 0.0, 0.0, 0.0),
            "up": (0.0, 0.5, 0.0, 0.0),
            "right": (0.0, 0.0, 0.5, 0.0),
            "down": (0.0, 0.0, 0.0, 0.5),
        }
        left, top, right, bottom = sides[direction]
        grown = self.view.grown(left, top, right, bottom)
        if 1 / _WIDEST <= grown.aspect <= _WIDEST:
            return self._seen(grown, seed)
        return self._seen(self.view.grown(left - right, top - bottom, right - left, bottom - top), seed)

    def squared(self, seed: int) -> "Picture":
        """Grown on the shorter sides until it is a square."""
        more = (max(self.aspect, 1 / self.aspect) - 1) / 2
        if self.aspect > 1:
            return self._seen(self.view.grown(top=more, bottom=more), seed)
        return self._seen(self.view.grown(left=more, right=more), seed)

    def _seen(self, view: Box, seed: int) -> "Picture":
        too_large = view.width * view.height > _LARGEST * self.frame.width * self.frame.height
        if too_large or self.sources:
            # A world has no end, but painting all of it takes time; and of a photograph nobody knows what lies beyond.
            frame = Box.of_aspect(view.aspect)
            return Picture(self.prompt, seed, self.slot, frame, frame, inner=self)
        return replace(self, view=view, surroundings=(*self.surroundings, Surroundings(self.view, seed)))


Grid = tuple[Picture, Picture, Picture, Picture]


def imagined(prompt: str, seed: int, aspect: float, sources: Sequence[bytes] = ()) -> Grid:
    """The four pictures of a prompt (or of a blend of `sources`)."""
    frame = Box.of_aspect(aspect)

    def one(slot: int) -> Picture:
        return Picture(prompt, seed_of(prompt, seed), slot, frame, frame, sources=tuple(sources))

    return one(0), one(1), one(2), one(3)


def seed_of(*parts: object) -> int:
    """A seed from whatever identifies something."""
    text = "\x1f".join(part.hex() if isinstance(part, bytes) else str(part) for part in parts)
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest(), "big")
