"""Fine noise: it hides the steps of soft gradients, which eight bits cannot show smoothly."""

from functools import cache

from PIL import Image, ImageChops

from bot.providers.simulated.art.dice import stream
from bot.providers.simulated.art.pixels import relevelled

GRAIN = 4  # levels; more would be seen, and would double the size of a PNG
_HALVED = [value // 2 for value in range(256)]


def dithered(mask: Image.Image) -> Image.Image:
    """A mask whose levels are no longer the same along a whole contour."""
    return ImageChops.add(mask, relevelled(grain(mask.size), _HALVED), 1, -GRAIN // 4)


@cache
def _tile() -> Image.Image:
    chance = stream("grain")
    levels = bytes(chance.choices(range(GRAIN + 1), weights=(1, 3, 4, 3, 1), k=512 * 512))
    return Image.frombytes("L", (512, 512), levels)


def grain(size: tuple[int, int]) -> Image.Image:
    """Noise of a few levels, to be added with an offset of minus half of `GRAIN`."""
    return tiled(_tile(), size)


def tiled(tile: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A larger picture made of copies of a grey tile."""
    whole = Image.new("L", size)
    for x in range(0, size[0], tile.width):
        for y in range(0, size[1], tile.height):
            whole.paste(tile, (x, y))
    return whole
