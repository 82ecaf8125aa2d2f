"""The scenes, and which words of a prompt call for which."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from bot.providers.simulated.art import beyond, figures
from bot.providers.simulated.art.dice import stream
from bot.providers.simulated.art.scenes import (
    animals,
    aurora,
    city,
    dunes,
    flowers,
    forest,
    mountains,
    people,
    sea,
    space,
)
from bot.providers.simulated.art.stage import Scene


@dataclass(frozen=True)
class Family:
    """Scenes of one kind. `words` call for the family; a scene's own words call for that scene alone."""

    words: frozenset[str]
    moods: str
    scenes: Sequence[tuple[Scene, str]]
    foreground: Scene = beyond.woods


def _family(words: str, moods: str, *scenes: tuple[Scene, str], foreground: Scene = beyond.woods) -> Family:
    own = " ".join(extra for _, extra in scenes)
    return Family(frozenset(f"{words} {own}".split()), moods, scenes, foreground)


_ANIMALS = Family(
    figures.WORDS,
    animals.MOODS,
    ((animals.moonlit, ""), (animals.at_the_water, ""), (animals.in_the_wood, ""), (animals.on_the_hill, "")),
)
_PEOPLE = _family(
    "portrait person woman man girl boy face lady queen king princess prince elf goddess angel character human selfie",
    people.MOODS,
    (people.halo, "madonna saint"),
    (people.profile, "silhouette"),
    (people.inner_landscape, "dream mind exposure thought"),
    (people.wanderer, "wizard witch knight samurai warrior monk wanderer traveler traveller hero pilgrim hiker cloak"),
    foreground=beyond.meadow,
)
_PLACES = (
    _family(
        "mountain alpine landscape nature scenery dragon highland fjord waterfall river",
        "",
        (mountains.lake, "lake pond"),
        (mountains.valley, "valley hill countryside"),
        (mountains.summit, "summit peak volcano fuji everest matterhorn alps himalaya"),
        (mountains.above_clouds, "cloud cliff"),
    ),
    _family(
        "sea ocean beach coast shore seaside water underwater fish",
        "",
        (sea.sail, "boat ship sail sailboat sailing yacht pirate"),
        (sea.lighthouse, "lighthouse beacon"),
        (sea.islands, "island bay lagoon harbor harbour"),
        (sea.great_waves, "wave surf surfer tsunami kanagawa"),
        foreground=sea.foreground,
    ),
    _family(
        "city cityscape urban london paris robot car train",
        city.MOODS,
        (city.riverside, "skyline tokyo york cyberpunk neon metropolis downtown"),
        (city.towers, "street skyscraper tower alley tokyo york cyberpunk neon metropolis downtown"),
        (city.old_town, "town village roof rooftop house castle cafe shop market street library home medieval"),
        (city.bridge, "bridge"),
    ),
    _family(
        "forest wood woodland jungle grove tree leaf leaves mushroom fairy elven",
        forest.MOODS,
        (forest.clearing, "path clearing enchanted"),
        (forest.taiga, "pine taiga spruce fir"),
        (forest.old_tree, "oak maple bonsai treehouse"),
        (forest.birches, "birch aspen"),
    ),
    _family(
        "desert dune sand sahara egypt western",
        dunes.MOODS,
        (dunes.sweep, ""),
        (dunes.caravan, "camel caravan pyramid"),
        (dunes.mesas, "mesa canyon cactus arizona"),
        (dunes.oasis, "oasis palm tropical"),
        foreground=beyond.meadow,
    ),
    _family(
        "flower floral garden bouquet botanical petal spring",
        flowers.MOODS,
        (flowers.poppies, "poppy tulip meadow field lavender"),
        (flowers.bloom, "rose dahlia sunflower daisy bloom chrysanthemum peony mandala"),
        (flowers.lotus, "lotus lily"),
        (flowers.blossom, "blossom cherry sakura branch"),
        foreground=beyond.meadow,
    ),
    _family(
        "space cosmos cosmic universe scifi alien planetary star",
        space.MOODS,
        (space.ringed, "saturn planet ring"),
        (space.earthrise, "earth colony station"),
        (space.two_moons, "rocket spaceship astronaut mars spacecraft"),
        (space.galaxy, "galaxy nebula"),
    ),
    _family(
        "aurora northern borealis arctic iceland antarctica",
        aurora.MOODS,
        (aurora.over_lake, ""),
        (aurora.over_hut, "cabin hut igloo cottage"),
        (aurora.over_summit, "glacier iceberg"),
        (aurora.over_sea, ""),
    ),
)
_ENDLESS = frozenset[Scene](
    {sea.sail, sea.islands, flowers.bloom, flowers.lotus, space.ringed, space.galaxy, aurora.over_lake}
)  # scenes that go on by themselves in every direction
_ANY = (_PLACES[0], _PLACES[1], _PLACES[3], _PLACES[7])  # for prompts that name nothing of the above


def words_of(prompt: str) -> list[str]:
    """The words of a prompt in order, each also in a simpler form: `foxes` is a fox, and `misty` calls for mist."""
    found: list[str] = []
    for word in re.findall(r"[a-z]+", prompt.lower()):
        found.append(word)
        if len(word) > 3 and word[-1] in "sy":
            found += [word[:-1], word[:-2], word[:-3] + "y"]
    return found


def family_for(words: Sequence[str], seed: int) -> Family:
    """Animals and people first, then the place that is named first, else one by chance."""
    for family in (_ANIMALS, _PEOPLE):
        if not family.words.isdisjoint(words):
            return family
    for word in words:
        for family in _PLACES:
            if word in family.words:
                return family
    return stream("family", seed).choice(_ANY)


def foreground_of(family: Family, scene: Scene) -> Scene | None:
    """What is painted in front of a scene when more of the world is seen than its frame."""
    return None if scene in _ENDLESS else family.foreground


def four_scenes(family: Family, words: Set[str], seed: int) -> list[Scene]:
    """A scene for each quadrant: those that the prompt asks for, else all of the family, in an order by chance."""
    wanted = [scene for scene, own in family.scenes if not words.isdisjoint(own.split())]
    scenes = wanted or [scene for scene, _ in family.scenes]
    stream("scenes", seed).shuffle(scenes)
    return [scenes[slot % len(scenes)] for slot in range(4)]
