"""Paper cuts: a painted picture made again of coloured sheets, each with a shadow on the ones behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from bot.providers.simulated.art.colours import Colour, lighter
from bot.providers.simulated.art.dice import stream
from bot.providers.simulated.art.grain import tiled
from bot.providers.simulated.art.pixels import Resampling, relevelled, resized

PATTERN_SIDE = 448
"""Pixels of the picture that is cut after; more would only bring back details that scissors do not cut."""

_CREAM: Colour = (247, 241, 228)
_SHADOW: Colour = (24, 18, 34)
_FIBRE = 14  # levels


@dataclass(frozen=True)
class Craft:
    """How a picture is cut: the number of colours, the width of the scissors in pattern pixels, how bright the dyes."""

    sheets: int
    scissors: int
    dye: float


@dataclass(frozen=True)
class _Sheet:
    """One colour of paper, and where the pattern has it."""

    colour: Colour
    shape: Image.Image
    depth: float


def cut(pattern: Image.Image, size: tuple[int, int], craft: Craft) -> Image.Image:
    """The picture in paper, in a frame of paper. Shapes are those of the pattern, which has the same aspect."""
    unit = max(size) / 1024
    picture = Image.new("RGB", size, _CREAM)
    sheets = _sheets(pattern, craft)
    for sheet, shape in zip(sheets, _stacked([sheet.shape for sheet in sheets]), strict=True):
        _lay(picture, _smooth(shape, size), sheet.colour, unit)
    _lay(picture, _frame(size, unit), _CREAM, unit * 1.6)
    return ImageChops.add(picture, _fibre(size), 1, -_FIBRE // 2)


def _sheets(pattern: Image.Image, craft: Craft) -> list[_Sheet]:
    """The colours of the pattern, the farthest first: in a picture what is higher up lies further away."""
    coarse = max(pattern.size) / PATTERN_SIDE
    calm = pattern.filter(ImageFilter.MedianFilter(_odd(5 * coarse)))
    dyed = ImageEnhance.Color(calm).enhance(craft.dye)
    few = dyed.quantize(craft.sheets, Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE)
    colours = few.getpalette() or []
    indexes = Image.frombytes("L", few.size, few.tobytes()).filter(
        ImageFilter.ModeFilter(_odd(craft.scissors * coarse))
    )
    found: list[_Sheet] = []
    for index in range(craft.sheets):
        shape = relevelled(indexes, [255 if value == index else 0 for value in range(256)])
        if shape.getbbox():
            red, green, blue = colours[index * 3 : index * 3 + 3]
            found.append(_Sheet((red, green, blue), shape, _depth(shape)))
    return sorted(found, key=lambda sheet: sheet.depth)


def _odd(pixels: float) -> int:
    """The nearest width that a filter can have."""
    return max(round((pixels - 1) / 2) * 2 + 1, 1)


def _depth(shape: Image.Image) -> float:
    """How far down the middle of a shape lies."""
    rows = resized(shape, (1, shape.height), Resampling.BOX).tobytes()
    return sum(row * level for row, level in enumerate(rows)) / max(sum(rows), 1)


def _stacked(shapes: Sequence[Image.Image]) -> list[Image.Image]:
    """Each sheet runs on below all that lie on it, so that nothing gapes between two of them."""
    return list(accumulate(reversed(shapes), ImageChops.lighter))[::-1]


def _smooth(shape: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A coarse shape with clean edges at full size."""
    soft = resized(shape.filter(ImageFilter.GaussianBlur(1.6 * max(shape.size) / PATTERN_SIDE)), size)
    return relevelled(soft, _edge(max(size) / max(shape.size)))


def _edge(enlarged: float) -> list[int]:
    steep = max(3.2 * enlarged, 2.0)
    return [round(min(max(127.5 + (value - 127.5) * steep, 0.0), 255.0)) for value in range(256)]


def _lay(picture: Image.Image, shape: Image.Image, colour: Colour, unit: float) -> None:
    """A sheet with its shadow below it and its pale cut edge on the side of the light."""
    shadow = ImageChops.offset(shape, round(3 * unit), round(6 * unit)).filter(ImageFilter.GaussianBlur(7 * unit))
    picture.paste(_SHADOW, (0, 0), relevelled(shadow, [round(value * 0.42) for value in range(256)]))
    picture.paste(lighter(colour, 0.35), (0, 0), shape)
    inner = ImageChops.darker(shape, ImageChops.offset(shape, round(2 * unit), round(2 * unit)))
    picture.paste(colour, (0, 0), inner)


def _frame(size: tuple[int, int], unit: float) -> Image.Image:
    """The mat round the picture."""
    frame = Image.new("L", size, 255)
    rim = 34 * unit
    ImageDraw.Draw(frame).rounded_rectangle((rim, rim, size[0] - rim, size[1] - rim), 10 * unit, fill=0)
    return frame.filter(ImageFilter.GaussianBlur(0.8))


@cache
def _tile() -> Image.Image:
    chance = stream("fibre")
    return Image.frombytes("L", (256, 256), bytes(chance.choices(range(256), k=65536)))


def _fibre(size: tuple[int, int]) -> Image.Image:
    """The tooth of the paper."""
    soft = tiled(_tile(), size).filter(ImageFilter.BoxBlur((2, 0.6)))
    levels = [round(min(max(_FIBRE / 2 + (value - 127.5) * 0.22, 0.0), _FIBRE)) for value in range(256)]
    noise = relevelled(soft, levels)
    return Image.merge("RGB", (noise, noise, noise))
