"""Coarse noise for clouds and nebulae, and the finish that every picture gets."""

from math import ceil, floor

from PIL import Image, ImageChops

from bot.providers.simulated.art.canvas import Canvas
from bot.providers.simulated.art.dice import Dice
from bot.providers.simulated.art.grain import GRAIN, grain
from bot.providers.simulated.art.pixels import Resampling, relevelled, resized


def clouds(
    canvas: Canvas, dice: Dice, name: str, cell: tuple[float, float], *, octaves: int = 4, threshold: float = 0.5
) -> Image.Image:
    """Soft noise over the view as a coarse mask: black below the threshold, then rising to white."""
    size = max(canvas.size[0] // 4, 8), max(canvas.size[1] // 4, 8)
    noise = _octave(canvas, dice, f"{name}/0", cell, size)
    weight = total = 1.0
    for octave in range(1, octaves):
        finer = cell[0] / 2**octave, cell[1] / 2**octave
        weight *= 0.6
        total += weight
        noise = Image.blend(noise, _octave(canvas, dice, f"{name}/{octave}", finer, size), weight / total)
    floor_level = threshold * 255
    reach = (255 - floor_level) * 0.6
    curve = [min(max((value - floor_level) / reach, 0.0), 1.0) for value in range(256)]
    return relevelled(noise, [round(255 * share * share * (3 - 2 * share)) for share in curve])


def _octave(canvas: Canvas, dice: Dice, name: str, cell: tuple[float, float], size: tuple[int, int]) -> Image.Image:
    left, top = canvas.left / cell[0], canvas.view.top / cell[1]
    right, bottom = canvas.right / cell[0], canvas.view.bottom / cell[1]
    x0, y0 = floor(left) - 2, floor(top) - 2
    columns, rows = ceil(right) + 3 - x0, ceil(bottom) + 3 - y0
    values = dice.levels(name, range(x0, x0 + columns), range(y0, y0 + rows), cell[0])
    lattice = Image.frombytes("L", (columns, rows), values)
    return resized(lattice, size, box=(left - x0, top - y0, right - x0, bottom - y0))


def finish(image: Image.Image, vignette: float = 0.24) -> Image.Image:
    """Slightly darker corners, and grain so fine that it only hides the steps of gradients."""
    edge = [round(255 * (1 - vignette * max(0.0, value / 255 - 0.4) ** 1.5 / 0.46)) for value in range(256)]
    shade = resized(relevelled(Image.radial_gradient("L"), edge), image.size, Resampling.BILINEAR)
    shaded = ImageChops.multiply(image, Image.merge("RGB", (shade, shade, shade)))
    noise = grain(image.size)
    return ImageChops.add(shaded, Image.merge("RGB", (noise, noise, noise)), 1, -GRAIN // 2)
