"""Describing a picture: four prompts, decided by its bytes and its shape."""

import io
from fractions import Fraction

from PIL import Image

from bot.providers.simulated.art.dice import stream
from bot.providers.simulated.art.lineage import seed_of

_SUBJECTS = (
    "a still mountain lake with pines on the far bank",
    "a lighthouse on a rock above slow waves",
    "a small sailboat in the path of the sun",
    "layered hills that fade into the morning",
    "an old town of red roofs around a bell tower",
    "a skyline and its lights in the river",
    "tall trunks with light falling between them",
    "one broad old tree on a meadow",
    "great dunes with knife-sharp crests",
    "a lotus opening on still water",
    "a branch of cherry blossom before a full moon",
    "a ringed planet among coloured nebulae",
    "northern lights over a lonely hut in the snow",
    "a fox resting at the edge of the wood",
    "a hooded wanderer above a sea of clouds",
)
_LIGHTS = (
    "at dawn",
    "at dusk",
    "in golden evening light",
    "under a clear night sky",
    "in soft morning mist",
    "in cold winter light",
    "after the rain",
    "in the blue hour",
)
_STYLES = (
    "flat vector illustration",
    "paper-cut layers",
    "minimalist travel poster",
    "soft gouache",
    "screen print with fine grain",
    "storybook illustration",
    "matte painting",
    "risograph in three colours",
)
_PALETTES = (
    "rose and apricot",
    "deep teal and coral",
    "muted sage",
    "indigo and silver",
    "amber and plum",
    "pale lilac",
    "turquoise and sand",
    "slate and ochre",
)


def suggestions(picture: bytes, seed: int = 0) -> tuple[str, ...]:
    """Four prompts; the same picture gets the same ones, and other ones from another seed."""
    chance = stream("describe", seed_of(picture), seed)
    ratio = _ratio(picture)
    subjects = chance.sample(_SUBJECTS, 4)
    styles, palettes = chance.sample(_STYLES, 4), chance.sample(_PALETTES, 4)
    return tuple(
        f"{subject} {chance.choice(_LIGHTS)}, {style}, {palette} palette{ratio}"
        for subject, style, palette in zip(subjects, styles, palettes, strict=True)
    )


_TALLEST = Fraction(1, 8)


def _ratio(picture: bytes) -> str:
    """The picture's shape as --ar; only its header is read."""
    try:
        with Image.open(io.BytesIO(picture)) as image:
            width, height = image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return ""
    ratio = min(max(Fraction(width, height).limit_denominator(16), _TALLEST), 1 / _TALLEST)
    return f" --ar {ratio.numerator}:{ratio.denominator}" if ratio.numerator and ratio != 1 else ""
