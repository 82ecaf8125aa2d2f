"""What a task makes, as data, and how one work grows out of another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from bot.providers.simulated.art.lineage import Picture, imagined, seed_of


class Shape(Enum):
    """The kinds of results; each offers other buttons."""

    GRID = "four pictures"
    SOLO = "one picture"
    LARGE = "one large picture"
    FILMS = "four films"
    FILM = "one film"
    TEXT = "four suggestions"


@dataclass(frozen=True)
class Work:
    """One result. `again` makes its like from another seed: that is what 🔄 does."""

    shape: Shape
    pictures: tuple[Picture, ...] = ()
    takes: tuple[int, ...] = ()
    lively: bool = False
    suggestions: tuple[str, ...] = ()
    again: "Callable[[int], Work] | None" = field(default=None, compare=False, repr=False)

    @property
    def aspect(self) -> float:
        return self.pictures[0].aspect if self.pictures else 1.0


def imagine(words: str, aspect: float, seed: int, sources: Sequence[bytes] = ()) -> Work:
    """A grid from words, or a blend of pictures."""
    grid = imagined(words, seed, aspect, sources)
    return Work(Shape.GRID, grid, again=lambda other: imagine(words, aspect, other, sources))


def grid_of(picture: Picture, change: Callable[[Picture, int], Picture], seed: int) -> Work:
    """A grid of four pictures that each changed in another way."""
    pictures = tuple(change(picture, seed_of(seed, slot)) for slot in range(4))
    return Work(Shape.GRID, pictures, again=lambda other: grid_of(picture, change, other))


def films_of(picture: Picture, *, lively: bool, seed: int) -> Work:
    """Four takes of one picture in motion."""
    first = seed % 4
    takes = tuple((first + slot) % 4 for slot in range(4))
    return Work(
        Shape.FILMS, (picture,) * 4, takes, lively, again=lambda other: films_of(picture, lively=lively, seed=other)
    )


def described(suggestions: Sequence[str], others: Callable[[int], Sequence[str]]) -> Work:
    """Four suggestions, and where to get four others."""
    return Work(Shape.TEXT, suggestions=tuple(suggestions), again=lambda seed: described(others(seed), others))
