"""Dunes: crests, slopes in the shade, ripples."""

import math

from bot.providers.simulated.art.colours import Gradient, mix
from bot.providers.simulated.art.dice import Ridge
from bot.providers.simulated.art.geometry import Point, ribbon
from bot.providers.simulated.art.land import depth_colour
from bot.providers.simulated.art.stage import Stage


def dune(stage: Stage, index: int, count: int) -> list[Point]:
    """One dune; the crest line is returned, for whoever walks on it."""
    dice, palette, canvas = stage.dice, stage.palette, stage.canvas
    near = index / (count - 1)
    canvas.at_depth(0.2 + 0.7 * near)
    base, height = stage.y(0.6 + 0.105 * index), stage.frame.height * (0.12 + 0.06 * near)
    soft = Ridge(dice, f"dune/{index}", 0.42 + 0.3 * near, octaves=2, rough=0.3)
    crest = [(x, base - height * level) for x, level in soft.line(canvas.left - 0.05, canvas.right + 0.05, 220)]
    body = depth_colour(stage, 0.08 + 0.5 * near)
    lit = mix(mix(body, palette.accent, 0.22), palette.light, 0.3 - 0.12 * near)
    shade = depth_colour(stage, 0.24 + 0.68 * near)
    ground = [*crest, (canvas.right + 0.05, stage.floor), (canvas.left - 0.05, stage.floor)]
    canvas.shapes([ground], Gradient([(base - height, lit), (base + height * 1.4, mix(lit, shade, 0.45))]))
    lee = Gradient([(base - height, shade), (base + height * 1.2, mix(lit, shade, 0.5))])
    canvas.shapes(_lee_sides(stage, soft, base, height, near), lee)
    stage.canvas.veil(palette.sky[2], [(base - height - 0.05, 0.0), (base, 0.16 * (1 - near)), (base + 0.2, 0.0)])
    _ripples(stage, soft, base, height, near)
    return crest


def _lee_sides(stage: Stage, crest: Ridge, base: float, height: float, near: float) -> list[list[Point]]:
    """The slopes in the shade: from a point of the crest a winding edge runs down, and right of it no light falls."""
    canvas = stage.canvas
    gap = 0.62 + 0.45 * near
    sides: list[list[Point]] = []
    for i in range(math.floor(canvas.left / gap) - 2, math.ceil(canvas.right / gap) + 2):
        chance = stage.dice.crowd(f"lee/{near}/{i}", i * gap, gap)
        x0, length = (i + chance.uniform(-0.25, 0.25)) * gap, gap * chance.uniform(0.6, 1.0)
        fall, swing = height * 3.2, gap * chance.uniform(0.07, 0.16)
        foot = x0 + length * chance.uniform(0.1, 0.4), base + fall
        top = base - height * crest(x0)
        over = [(x0 + length * k / 40, base - height * crest(x0 + length * k / 40)) for k in range(41)]
        edge = [
            (x0 + (foot[0] - x0) * t - swing * math.sin(math.tau * t * 0.85), top + (foot[1] - top) * t)
            for t in (k / 40 for k in range(41))
        ]
        end = over[-1]
        bend = x0 + length * 0.42, end[1] + height * 0.45
        back = [
            (
                (1 - t) ** 2 * end[0] + 2 * t * (1 - t) * bend[0] + t * t * foot[0],
                (1 - t) ** 2 * end[1] + 2 * t * (1 - t) * bend[1] + t * t * foot[1],
            )
            for t in (k / 30 for k in range(31))
        ]
        sides.append([*over, *back, *edge[::-1]])
    return sides


def _ripples(stage: Stage, crest: Ridge, base: float, height: float, near: float) -> None:
    if near < 0.7:
        return
    canvas = stage.canvas
    lines: list[list[Point]] = []
    for k in range(9):
        drop = height * (0.5 + 0.33 * k)
        spine = [
            (x, base - height * level * (1 - 0.08 * k) + drop + 0.006 * math.sin(x * 21 + k))
            for x, level in crest.line(canvas.left - 0.05, canvas.right + 0.05, 60)
        ]
        lines.append(ribbon(spine, [0.0004, 0.0016, 0.0005, 0.0014, 0.0004]))
    canvas.shapes(lines, stage.palette.near, alpha=0.2)


def level(crest: list[Point], x: float) -> float:
    return min(crest, key=lambda point: abs(point[0] - x))[1]
