"""Palettes: harmonies that were chosen by eye, and the choice of four for the words of a prompt."""

from collections.abc import Iterable, Set
from dataclasses import dataclass

from bot.providers.simulated.art.colours import Colour, colour, shifted
from bot.providers.simulated.art.dice import Dice, unit


@dataclass(frozen=True)
class Palette:
    """The colours of one light: three of the sky from the zenith down, distance, closeness, light, and a spark."""

    name: str
    sky: tuple[Colour, Colour, Colour]
    far: Colour
    near: Colour
    light: Colour
    accent: Colour
    tags: frozenset[str]

    @property
    def is_night(self) -> bool:
        return "night" in self.tags

    def tuned(self, dice: Dice) -> "Palette":
        """The same harmony in a slightly different mood, as the numbers of one picture have it."""
        hue = dice.number("palette/hue", -0.022, 0.022)
        saturation = dice.number("palette/saturation", 0.9, 1.1)
        light = dice.number("palette/light", 0.94, 1.06)

        def tune(one: Colour) -> Colour:
            return shifted(one, hue, saturation, light)

        top, middle, low = (tune(one) for one in self.sky)
        return Palette(
            self.name, (top, middle, low), tune(self.far), tune(self.near), self.light, tune(self.accent), self.tags
        )


# name | zenith, middle, horizon | far, near | light, accent | tags
_TABLE = """
rose dawn    | 3d4c86 b67c9f ffd2b4 | d59ba9 2b2649 | fff3dc ff8f70 | dawn morning pink soft dreamy pastel
peach mist   | 7aa0c6 f0c3b2 ffeeda | cdb4ba 3b4263 | fffbea e8685a | dawn morning mist day soft pastel calm
ember        | 2b1b4d a23560 ff9d58 | bb5068 1b1031 | ffe6ac ff6a55 | sunset evening dusk red fire warm dramatic
golden hour  | 5a4168 d97f52 ffdc8a | cf8f66 2e1d2e | fff4c2 ffb347 | sunset evening golden gold yellow warm orange
apricot      | 4d6a94 e8a27c ffe3b0 | d3a48c 3c3048 | fff6d8 f2785c | sunset day orange warm summer desert
coral        | 33507f e07a80 ffc9a6 | c9808a 2c2344 | fff0d8 ffd166 | sunset evening pink red coral summer tropical
clear day    | 2f7fc4 86c3e8 eef8f6 | 94bdd2 1e4659 | ffffff f5a25d | day blue clear summer bright sunny noon
spring       | 5fb0d6 b4dfdc f9f6da | a3cbb2 2b594d | fffee6 f28ca0 | day spring green fresh morning bright meadow
turquoise    | 0f6f8f 58bcc0 f2f3d5 | 84bdb6 0f3c49 | fffbe0 ff8a5b | day teal turquoise tropical summer blue
sage         | 7d9a92 bccbb4 f3eed6 | a9bba2 33473f | fffbe8 d9775f | day green mist calm soft muted vintage
ice          | 5f86b4 aecbe2 f5f8fa | b3c8dd 2c425f | ffffff e86a6a | winter snow ice cold day white christmas
lilac frost  | 6a6fa8 b9aad6 f9e6ee | b5a7cf 37315c | fff7fb f7a072 | winter snow dawn purple violet lavender pastel
slate        | 2b3542 667683 ccd2cc | 84929a 161e29 | f4f3e6 e0b050 | storm rain grey gray gloomy dramatic fog dark
russet       | 6d5a6b c78f6c f6dcae | b98d6c 38222a | fff1cf d9532f | autumn fall brown warm vintage cozy orange
moonlit      | 070d2b 1c3266 5b82b8 | 3d5b90 060b1f | f1f6ff ffd58a | night moon midnight dark blue stars
violet night | 10082b 43246b a35f9d | 694487 0c061d | fdeaff ffae84 | night purple violet dark mystic magic stars
emerald      | 04141f 0e434b 46947c | 22665f 030f15 | e9fff4 ffd98a | night green emerald aurora northern lights dark
lagoon       | 06182c 12506f 66b3b5 | 2f7f90 04141f | f0fffb ff9b73 | night teal turquoise blue mystic
plum dusk    | 1e1740 6b3f77 f09a86 | 8c5a82 150f2b | ffe9d0 ffc857 | dusk twilight evening night purple magic
neon         | 150330 6a1680 ff5fa8 | 8a2f98 0c0420 | ffd0f4 2de2e6 | neon cyberpunk night pink futuristic retro
cyan neon    | 041026 0d3f7a 35c3d8 | 1c6a99 030a18 | d8fbff ff4fa3 | neon cyberpunk night blue futuristic robot digital
synthwave    | 0b0a2e 3c1a78 ff7a9c | 5a2a8a 080720 | ffe9a8 ff9a3d | neon cyberpunk night synthwave futuristic
acid         | 07121c 10414a 8fe3b0 | 1f6a68 04101a | f2ffd8 ff4f9a | neon cyberpunk night green futuristic matrix
crimson      | 1a0714 6b1430 f0684a | 85293f 14060f | ffd9a8 ff4d4d | night red blood dramatic fire dragon war
"""


def _read(line: str) -> Palette:
    name, sky, depth, light, tags = (part.strip() for part in line.split("|"))
    top, middle, low = (colour(code) for code in sky.split())
    far, near = (colour(code) for code in depth.split())
    ray, accent = (colour(code) for code in light.split())
    return Palette(name, (top, middle, low), far, near, ray, accent, frozenset(tags.split()))


PALETTES = tuple(_read(line) for line in _TABLE.strip().splitlines())


def choose(words: Set[str], moods: Iterable[str], seed: int) -> list[Palette]:
    """All palettes, the fitting ones first: what the prompt names, then what the subject likes, then chance."""
    liked = frozenset(moods)

    def rank(palette: Palette) -> float:
        named, fitting = len(palette.tags & words), len(palette.tags & liked)
        return -(3 * named + min(fitting, 1) + 0.9 * unit(seed, f"palette/{palette.name}"))

    return sorted(PALETTES, key=rank)
