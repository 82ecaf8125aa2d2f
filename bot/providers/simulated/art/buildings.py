"""Buildings: skylines with lit windows, and the gables of an old town."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from bot.providers.simulated.art.colours import Colour, Gradient, lighter, mix
from bot.providers.simulated.art.dice import Ridge
from bot.providers.simulated.art.geometry import Box, Point, rectangle
from bot.providers.simulated.art.land import depth_colour
from bot.providers.simulated.art.stage import Stage


@dataclass(frozen=True)
class Row:
    """One row of houses: where it stands, how tall and wide they are, how near, how many windows are lit."""

    name: str
    base: float
    height: float
    width: float
    depth: float
    lit: float = 0.35


def skyline(stage: Stage, row: Row, swell: Ridge) -> None:
    """High-rises; `swell` raises some quarters above others."""
    canvas, palette = stage.canvas, stage.palette
    canvas.at_depth(0.15 + 0.75 * row.depth)
    bodies: list[list[Point]] = []
    windows: list[list[Point]] = []
    signs: list[list[Point]] = []
    for x, chance in _plots(stage, row):
        wide = row.width * chance.uniform(0.55, 1.15)
        tall = row.height * (0.25 + 0.75 * swell(x) ** 1.3) * chance.uniform(0.6, 1.15)
        body = Box(x - wide / 2, row.base - tall, wide, tall)
        bodies += _high_rise(body, chance, max(stage.floor, row.base))
        if row.depth > 0.2:
            windows += _windows(body, row, chance)
        if chance.random() < 0.12 and row.depth > 0.4:
            signs.append(rectangle(body.x(0.78), body.y(0.16), body.x(0.9), body.y(0.16) + wide * 1.1))
    tint = depth_colour(stage, row.depth)
    foot = mix(tint, mix(palette.far, palette.sky[2], 0.6), 0.5 * (1 - row.depth))
    canvas.shapes(bodies, Gradient([(row.base - row.height * 0.8, tint), (row.base, foot)]))
    glass = mix(palette.light, palette.accent, 0.3)
    canvas.shapes(windows, mix(glass, tint, 0.55 * (1 - row.depth)), alpha=0.9 if palette.is_night else 0.55)
    canvas.shapes(signs, palette.accent, blur=row.width * 0.05)
    canvas.shapes(signs, lighter(palette.accent, 0.35), alpha=0.9)


def gables(stage: Stage, row: Row, hill: Ridge) -> None:
    """Small houses on a hill: plaster in the light, roofs, chimneys, and lamps behind the windows."""
    canvas = stage.canvas
    canvas.at_depth(0.15 + 0.75 * row.depth)
    for x, chance in _plots(stage, row):
        wide = row.width * chance.uniform(0.7, 1.05)
        tall = row.height * chance.uniform(0.55, 1.0)
        foot = row.base - row.height * 0.9 * hill(x)
        _house(stage, Box(x - wide / 2, foot - tall, wide, tall), row, chance)


def smoke(stage: Stage, at: Point, size: float, tint: Colour) -> None:
    """A thin plume."""
    drift = 0.25 * stage.canvas.moment.wave(at[0])
    for i in range(5):
        away = size * (0.2 + i * 0.3)
        stage.canvas.glow((at[0] + away * (0.35 + drift * i * 0.1), at[1] - away), size * (0.22 + 0.12 * i), tint, 0.34)


def _plots(stage: Stage, row: Row) -> Iterator[tuple[float, Random]]:
    canvas = stage.canvas
    for i in range(math.floor(canvas.left / row.width) - 1, math.ceil(canvas.right / row.width) + 2):
        chance = stage.dice.crowd(f"{row.name}/{i}", i * row.width, row.width)
        yield (i + chance.uniform(-0.25, 0.25)) * row.width, chance


def _high_rise(body: Box, chance: Random, foot: float) -> list[list[Point]]:
    parts = [rectangle(body.left, body.top, body.right, foot)]
    style = chance.random()
    wide, top = body.width, body.top
    if style < 0.22:
        parts.append(rectangle(body.x(0.18), top - wide * 0.4, body.x(0.82), top + 0.01))
        parts.append(rectangle(body.x(0.34), top - wide * 0.75, body.x(0.66), top))
        parts.append(
            [(body.x(0.47), top - wide * 0.7), (body.x(0.5), top - wide * 1.7), (body.x(0.53), top - wide * 0.7)]
        )
    elif style < 0.4:
        slope = chance.choice((0.0, 1.0))
        parts.append([(body.left, top + 0.001), (body.x(slope), top - wide * 0.45), (body.right, top + 0.001)])
    elif style < 0.52:
        parts.append([(body.left, top + 0.001), (body.x(0.5), top - wide * 0.9), (body.right, top + 0.001)])
    elif style < 0.75:
        parts.append(rectangle(body.x(0.2), top - wide * 0.12, body.x(0.55), top))
        mast = body.x(chance.uniform(0.25, 0.75))
        parts.append(rectangle(mast - wide * 0.012, top - wide * chance.uniform(0.4, 0.9), mast + wide * 0.012, top))
    return parts


def _windows(body: Box, row: Row, chance: Random) -> list[list[Point]]:
    columns = max(int(body.width / row.width * (7 + 3 * row.depth)), 3)
    step = body.width / (columns + 1)
    rows = min(int(body.height / (step * 1.25)), 60)
    lit = row.lit * chance.uniform(0.3, 1.4)
    panes: list[list[Point]] = []
    for j in range(1, rows):
        whole_floor = chance.random() < 0.06
        for i in range(columns):
            if whole_floor or chance.random() < lit:
                x, y = body.left + step * (i + 0.7), body.top + step * 1.25 * j
                panes.append(rectangle(x, y, x + step * 0.58, y + step * 0.62))
    return panes


def _house(stage: Stage, body: Box, row: Row, chance: Random) -> None:
    canvas, palette = stage.canvas, stage.palette
    shade = depth_colour(stage, 0.15 + 0.75 * row.depth)
    wall = mix(mix(palette.light, palette.far, 0.35), shade, 0.5 + 0.3 * row.depth + chance.uniform(-0.08, 0.08))
    tile = mix(mix(palette.accent, palette.near, 0.35 + 0.3 * row.depth), shade, 0.35 + chance.uniform(0, 0.3))
    eave, wide = body.y(0.02), body.width
    ridge = eave - wide * chance.uniform(0.42, 0.7)
    foot = body.bottom + stage.frame.height
    canvas.shapes([rectangle(body.left, eave, body.right, foot)], Gradient([(eave, wall), (body.bottom + 0.1, shade)]))
    canvas.shapes([rectangle(body.x(0.62), eave, body.right, foot)], shade, alpha=0.4)
    if chance.random() < 0.5:
        stack = body.x(chance.uniform(0.15, 0.3))
        canvas.shapes([rectangle(stack, ridge + wide * 0.05, stack + wide * 0.1, eave)], shade)
        if chance.random() < 0.35:
            smoke(stage, (stack + wide * 0.05, ridge), wide * 0.9, lighter(palette.sky[2], 0.3))
    roof = [(body.left - wide * 0.08, eave), (body.x(0.5), ridge), (body.right + wide * 0.08, eave)]
    canvas.shapes([roof], tile)
    canvas.shapes([[(body.x(0.5), ridge), (body.right + wide * 0.08, eave), (body.x(0.62), eave)]], shade, alpha=0.3)
    lamps: list[list[Point]] = []
    darks: list[list[Point]] = []
    for j in range(2):
        for i in (0.2, 0.5, 0.78):
            x, y = body.x(i), eave + wide * (0.16 + 0.4 * j)
            pane = rectangle(x - wide * 0.055, y, x + wide * 0.055, y + wide * 0.19)
            (lamps if chance.random() < row.lit else darks).append(pane)
    canvas.shapes(darks, mix(shade, palette.near, 0.5), alpha=0.75)
    canvas.shapes(lamps, mix(palette.light, (255, 196, 92), 0.6))
    for pane in lamps:
        canvas.glow((pane[0][0] + wide * 0.05, pane[0][1] + wide * 0.1), wide * 0.24, (255, 206, 120), 0.35)
