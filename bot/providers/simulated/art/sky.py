"""Skies: gradients, suns and moons, stars, clouds, birds."""

import math
from collections.abc import Iterator
from random import Random

from bot.providers.simulated.art.colours import WHITE, Colour, Gradient, darker, lighter, mix
from bot.providers.simulated.art.geometry import Point, curve, disc
from bot.providers.simulated.art.stage import Stage
from bot.providers.simulated.art.textures import clouds

_STAR_CELL = 0.5


def sky(stage: Stage, horizon: float, *, cloudy: float = 0.5) -> None:
    """The sky down to a height, with stars in dark ones and soft clouds in the others."""
    palette, frame = stage.palette, stage.frame
    top, middle, low = palette.sky
    depth = horizon - frame.top
    stage.canvas.at_depth(0)
    stops = [
        (frame.top - depth, darker(top, 0.35)),
        (frame.top, top),
        (frame.top + depth * 0.55, middle),
        (horizon - depth * 0.04, low),
        (horizon + depth * 0.3, lighter(low, 0.1)),
    ]
    stage.canvas.fill(Gradient(stops))
    if palette.is_night:
        stars(stage, horizon)
    if cloudy:
        cloud_bands(stage, horizon, cloudy)


def orb(stage: Stage, at: Point, radius: float, *, crescent: bool = False) -> None:
    """The sun, or the moon of a night."""
    canvas, palette = stage.canvas, stage.palette
    canvas.at_depth(0.05)
    halo = mix(palette.light, palette.accent, 0.25)
    canvas.glow(at, radius * 9, halo, 0.4)
    canvas.glow(at, radius * 3.4, palette.light, 0.6)
    if crescent and palette.is_night:
        turns = [math.tau * (0.1 + 0.62 * i / 40) for i in range(41)]
        outer = [(at[0] + radius * math.cos(t), at[1] + radius * math.sin(t)) for t in turns]
        lens = curve([outer[-1], (at[0] - radius * 0.32, at[1] + radius * 0.2), outer[0]], closed=False, steps=16)
        canvas.shapes([outer + lens[1:-1]], palette.light)
        return
    rim = mix(palette.light, palette.accent, 0.22 if palette.is_night else 0.4)
    canvas.shapes([disc(at, radius)], Gradient([(at[1] - radius, palette.light), (at[1] + radius, rim)]))
    if palette.is_night:
        _craters(stage, at, radius)


def stars(stage: Stage, horizon: float, *, density: float = 1.0, depth: float = 0.02) -> None:
    """Stars that fade towards the horizon and twinkle in moving pictures."""
    stage.canvas.at_depth(depth)
    bright: list[Point] = []
    dots: list[tuple[float, float, float, float]] = []
    for x, y, chance in _star_places(stage, density):
        height = (horizon - y) / (horizon - stage.frame.top)
        if height <= 0.04:
            continue
        shine = chance.random() ** 3
        twinkle = 1 + 0.35 * stage.canvas.moment.wave(chance.random(), chance.choice((1, 2, 3)))
        alpha = min((0.25 + 0.75 * shine) * min(height * 1.6, 1.0) * twinkle, 1.0)
        dots.append((x, y, 0.0008 + 0.0019 * shine, max(alpha, 0.0)))
        if shine > 0.9 and height > 0.3:
            bright.append((x, y))
    stage.canvas.dots(dots, lighter(stage.palette.light, 0.4))
    for place in bright:
        stage.canvas.glow(place, 0.012, WHITE, 0.4)


def cloud_bands(stage: Stage, horizon: float, amount: float) -> None:
    """Long clouds, lit from the horizon."""
    palette, dice = stage.palette, stage.dice
    stage.canvas.at_depth(0.06)
    threshold = dice.number("clouds/threshold", 0.5, 0.58) - 0.08 * amount
    night = 0.45 if palette.is_night else 1.0
    fade = [(stage.frame.top - 0.4, 0.3), (stage.frame.top, 0.55), (horizon - 0.1, 1.0)]
    for name, cell, tint, alpha in (
        ("clouds/high", (1.1, 0.1), mix(palette.sky[2], palette.light, 0.4), 0.55),
        ("clouds/low", (0.8, 0.05), mix(palette.sky[1], palette.sky[2], 0.6), 0.6),
    ):
        mask = clouds(stage.canvas, dice, name, cell, threshold=threshold)
        stage.canvas.wash(mask, tint, alpha * amount * night, fade)
    stage.canvas.veil(palette.sky[2], [(horizon - 0.3, 0.0), (horizon, 0.45), (horizon + 0.2, 0.6)])


def birds(stage: Stage, around: Point, count: int, tint: Colour, size: float = 0.022) -> None:
    """A loose flock."""
    chance = stage.dice.crowd("birds")
    stage.canvas.at_depth(0.3)
    flock: list[list[Point]] = []
    for i in range(count):
        at = around[0] + chance.uniform(-0.16, 0.16), around[1] + chance.uniform(-0.07, 0.07)
        flap = stage.canvas.moment.wave(i * 0.37, 3)
        flock.append(_bird(at, size * chance.uniform(0.45, 1.0), 0.5 + 0.25 * flap, chance.uniform(-0.25, 0.25)))
    stage.canvas.shapes(flock, tint, alpha=0.85)


def _bird(at: Point, size: float, lift: float, tilt: float) -> list[Point]:
    over = [(-1.0, -lift), (-0.5, -lift * 0.9 - 0.08), (0.0, 0.0), (0.5, -lift * 0.9 - 0.08), (1.0, -lift)]
    under = [(0.5, -lift * 0.72 + 0.1), (0.0, 0.2), (-0.5, -lift * 0.72 + 0.1)]
    return [(at[0] + size * (x - tilt * y), at[1] + size * (y + tilt * x)) for x, y in over + under]


def _star_places(stage: Stage, density: float) -> Iterator[tuple[float, float, Random]]:
    view = stage.canvas.view
    for i in range(math.floor(stage.canvas.left / _STAR_CELL), math.ceil(stage.canvas.right / _STAR_CELL)):
        for j in range(math.floor(view.top / _STAR_CELL), math.ceil(view.bottom / _STAR_CELL)):
            chance = stage.dice.crowd(f"stars/{i}/{j}", (i + 0.5) * _STAR_CELL, _STAR_CELL)
            for _ in range(int(70 * density)):
                yield (i + chance.random()) * _STAR_CELL, (j + chance.random()) * _STAR_CELL, chance


def _craters(stage: Stage, at: Point, radius: float) -> None:
    chance = stage.dice.crowd("craters")
    spots: list[list[Point]] = []
    for _ in range(7):
        turn, away = chance.uniform(0, math.tau), radius * chance.uniform(0.1, 0.62)
        size = radius * chance.uniform(0.08, 0.24)
        spots.append(disc((at[0] + away * math.cos(turn), at[1] + away * math.sin(turn)), size, corners=28))
    shade = mix(stage.palette.light, stage.palette.sky[1], 0.5)
    stage.canvas.shapes(spots, shade, alpha=0.28, blur=radius * 0.05)
