"""Water: mirrors with ripples, glints, and waves."""

import math

from PIL import Image

from bot.providers.simulated.art.colours import Colour, mix
from bot.providers.simulated.art.geometry import Point
from bot.providers.simulated.art.pixels import Resampling, resized
from bot.providers.simulated.art.stage import Stage


def mirror(stage: Stage, shore: float, *, stretch: float = 0.8, ripple: float = 1.0, dim: float = 0.3) -> None:
    """Below `shore` everything above it upside down, broken by ripples that grow towards the viewer."""
    canvas = stage.canvas
    width, height = canvas.size
    line = round((shore - canvas.view.top) * canvas.scale)
    if line <= 2 or line >= height:
        return
    rows = height - line
    source = canvas.image.crop((0, 0, width, line)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    source = resized(source, (width, max(round(line / stretch), 1)), Resampling.BILINEAR)
    if source.height < rows:
        # More water than there is picture above it: the sky goes on as it was at the top.
        longer = Image.new("RGB", (width, rows))
        longer.paste(resized(source.crop((0, source.height - 1, width, source.height)), (width, rows)))
        longer.paste(source)
        source = longer
    canvas.image.paste(_rippled(stage, source, rows, ripple), (0, line))
    palette = stage.palette
    deep = mix(palette.sky[0], palette.near, 0.55)
    canvas.veil(deep, [(shore - 0.0001, 0.0), (shore, dim * 0.35), (stage.frame.bottom, min(dim * 2.2, 0.9))])
    canvas.glow((0, shore), 2.5, mix(palette.sky[2], palette.light, 0.4), 0.35, squash=0.012)


def _rippled(stage: Stage, source: Image.Image, rows: int, strength: float) -> Image.Image:
    canvas = stage.canvas
    water = Image.new("RGB", (source.width, rows))
    time = canvas.moment.time
    for row in range(rows):
        near = row / canvas.scale
        wave = math.sin(near * 420 / (0.25 + near * 3) + math.tau * time * 2)
        wave += 0.6 * math.sin(near * 173 / (0.2 + near * 2) - math.tau * time + 1.3)
        shift = round(wave * strength * (0.0012 + 0.010 * near) * canvas.scale)
        pick = min(max(row + round(wave * 0.002 * canvas.scale), 0), source.height - 1)
        line = source.crop((0, pick, source.width, pick + 1))
        water.paste(line, (0, row))
        water.paste(line, (shift, row))
    return water


def glints(
    stage: Stage,
    name: str,
    centre: float,
    top: float,
    bottom: float,
    tint: Colour,
    *,
    spread: float = 0.05,
    count: int = 240,
    alpha: float = 0.8,
) -> None:
    """The path of light that a low sun or a moon lays over the water."""
    chance = stage.dice.crowd(name)
    moment = stage.canvas.moment
    stage.canvas.at_depth(0.1)
    sparks: list[list[Point]] = []
    for _ in range(count):
        near = chance.random() ** 1.4
        y = top + (bottom - top) * near
        x = centre + chance.gauss(0, 1) * spread * (0.35 + 1.9 * near)
        shine = 1 + 0.6 * moment.wave(chance.random(), 2)
        length = (0.004 + 0.03 * near * chance.random()) * shine
        thick = (0.0006 + 0.0016 * near) * (0.5 + 0.5 * shine)
        sparks.append([(x - length, y), (x, y - thick), (x + length, y), (x, y + thick)])
    stage.canvas.shapes(sparks, tint, alpha=alpha)


def streaks(stage: Stage, name: str, top: float, tint: Colour, *, count: int = 60, alpha: float = 0.22) -> None:
    """Long quiet lines of light on the water."""
    canvas = stage.canvas
    canvas.at_depth(0.4)
    lines: list[list[Point]] = []
    cell = 0.8
    for i in range(math.floor(canvas.left / cell), math.ceil(canvas.right / cell)):
        chance = stage.dice.crowd(f"{name}/{i}", i * cell, cell)
        for _ in range(count):
            near = chance.random() ** 1.7
            y = top + (stage.floor - top) * near
            x = (i + chance.random()) * cell + 0.012 * canvas.moment.wave(chance.random())
            length, thick = (0.03 + 0.13 * near) * chance.uniform(0.3, 1.0), 0.0006 + 0.0022 * near
            lines.append([(x - length, y), (x, y - thick), (x + length, y), (x, y + thick)])
    canvas.shapes(lines, tint, alpha=alpha)
