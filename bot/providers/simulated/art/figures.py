"""Animals and people as paper cuts: outlines around (0, 0) with the feet on y = 0, about one unit tall."""

from collections.abc import Set

from bot.providers.simulated.art.beasts import cat, deer, fox, rabbit
from bot.providers.simulated.art.owl import owl
from bot.providers.simulated.art.paper import Figure
from bot.providers.simulated.art.whale import whale

_KINDS: tuple[tuple[frozenset[str], Figure, str], ...] = (
    (frozenset({"cat", "cats", "kitten", "kitty", "panther"}), cat, "dark"),
    (frozenset({"fox", "foxes"}), fox, "orange"),
    (frozenset({"wolf", "wolves", "dog", "puppy", "husky", "coyote"}), fox, "grey"),
    (frozenset({"deer", "stag", "elk", "reindeer", "moose"}), deer, "dark"),
    (frozenset({"owl", "owls"}), owl, "brown"),
    (frozenset({"rabbit", "bunny", "hare"}), rabbit, "brown"),
    (frozenset({"whale", "whales", "dolphin"}), whale, "grey"),
)

WORDS = frozenset[str]().union(*(words for words, _, _ in _KINDS))


def figure_for(words: Set[str]) -> tuple[Figure, str]:
    """The animal that a prompt names, with its coat."""
    return next(((figure, coat) for names, figure, coat in _KINDS if names & words), (cat, "dark"))
