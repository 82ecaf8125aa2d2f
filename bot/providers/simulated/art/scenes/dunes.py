"""Deserts: dunes, a caravan, table mountains, an oasis."""

import math

from bot.providers.simulated.art.colours import Gradient, darker, lighter, mix
from bot.providers.simulated.art.dice import Ridge
from bot.providers.simulated.art.geometry import Point, curve, path, placed, rectangle
from bot.providers.simulated.art.land import depth_colour, hills
from bot.providers.simulated.art.oases import CAMEL, cactus, palm, walker
from bot.providers.simulated.art.sand import dune, level
from bot.providers.simulated.art.sky import birds, orb, sky
from bot.providers.simulated.art.stage import Stage
from bot.providers.simulated.art.water import glints, mirror, streaks

MOODS = "sunset warm golden desert night"


def sweep(stage: Stage) -> None:
    """Great dunes with knife-sharp crests: one side in the light, one in the shade."""
    _desert(stage, sun_size=0.12)
    for i in range(5):
        dune(stage, i, 5)
    birds(stage, (stage.x(0.5), stage.y(0.24)), 5, depth_colour(stage, 0.8))


def caravan(stage: Stage) -> None:
    """Camels on a crest, small under a large sun."""
    dice = stage.dice
    _desert(stage, sun_size=0.2)
    for i in range(5):
        crest = dune(stage, i, 5)
        if i == 2:
            start, gap = stage.x(dice.number("caravan/x", 0.16, 0.3)), stage.small * 0.115
            walkers = [start + gap * k for k in range(5)]
            size = stage.small * 0.075
            step = 0.01 * stage.canvas.moment.wave()
            bodies = [placed(curve(CAMEL, steps=3), (x, level(crest, x) + 0.004), size) for x in walkers[1:]]
            bodies.append(walker((walkers[0] + gap * 0.25, level(crest, walkers[0]) + 0.004), size * 0.72, step))
            loads = [placed(rectangle(-0.2, -1.0, 0.14, -0.56), (x, level(crest, x)), size) for x in walkers[2::2]]
            stage.canvas.shapes(bodies, depth_colour(stage, 0.96))
            stage.canvas.shapes(loads, mix(stage.palette.accent, stage.palette.near, 0.35))


def mesas(stage: Stage) -> None:
    """Table mountains and cactuses."""
    dice, palette = stage.dice, stage.palette
    _desert(stage, sun_size=0.13)
    for i in range(3):
        _tables(stage, i)
    for i in range(2):
        base = stage.y(0.86 + 0.1 * i)
        ridge = Ridge(dice, f"ground/{i}", 0.6, octaves=4)
        hills(stage, ridge, base, 0.07, 0.6 + 0.36 * i, mist=0.6)
        chance = dice.crowd(f"cactus/{i}")
        size = stage.frame.height * (0.09 + 0.15 * i)
        plants = [stage.x(chance.uniform(0, 0.36) + 0.62 * (k % 2)) for k in range(3 + 2 * (1 - i))]
        outlines = [
            part for x in plants for part in cactus((x, base - 0.07 * ridge(x) + 0.01), size * chance.uniform(0.6, 1.0))
        ]
        stage.canvas.shapes(outlines, depth_colour(stage, 0.66 + 0.34 * i))
    birds(stage, (stage.x(0.6), stage.y(0.26)), 4, darker(palette.near, 0.1), 0.028)


def oasis(stage: Stage) -> None:
    """Palms by a still pool, the dunes behind them."""
    dice, palette = stage.dice, stage.palette
    _desert(stage, sun_size=0.11)
    for i in range(3):
        dune(stage, i, 5)
    shore = stage.y(0.72)
    sand = depth_colour(stage, 0.62)
    stage.canvas.at_depth(0.6)
    bank = Ridge(dice, "bank", 0.5)
    hills(stage, bank, shore + 0.005, 0.05, 0.62, mist=0.2)
    side = dice.pick("palms/side", (-1, 1))
    places = ((0.3, 1.0), (0.38, 0.72), (0.2, 0.84), (-0.36, 0.6), (-0.3, 0.46))
    for k, (away, size) in enumerate(places):
        foot = stage.x(0.5 + side * away) + dice.number(f"palm/{k}", -0.03, 0.03), shore - 0.005
        palm(stage, foot, min(stage.frame.height * 0.46, stage.small * 0.5) * size, k)
    mirror(stage, shore, stretch=0.85, ripple=0.6, dim=0.3)
    glints(stage, "glints", stage.x(0.5), shore + 0.01, stage.y(1.0), palette.light, count=110, alpha=0.5)
    streaks(stage, "streaks", shore, lighter(palette.sky[2], 0.3), count=40)
    stage.canvas.glow((stage.x(0.5), shore), 1.4, sand, 0.5, squash=0.02)


def _desert(stage: Stage, sun_size: float) -> None:
    dice = stage.dice
    horizon = stage.y(0.56)
    sky(stage, horizon, cloudy=0.7)
    sun = stage.x(dice.number("sun/x", 0.28, 0.72)), stage.y(dice.number("sun/y", 0.26, 0.4))
    orb(stage, sun, stage.small * sun_size * dice.number("sun/size", 0.85, 1.15))
    hills(stage, Ridge(dice, "far", 0.5, peaked=True), horizon + 0.02, stage.frame.height * 0.1, 0.06, mist=0.9)


def _tables(stage: Stage, index: int) -> None:
    """Rocks with flat tops, steep walls and a skirt of rubble."""
    canvas = stage.canvas
    depth = 0.16 + 0.24 * index
    canvas.at_depth(0.15 + 0.6 * depth)
    gap, base = 0.62 - 0.05 * index, stage.y(0.7 + 0.06 * index)
    outlines: list[list[Point]] = []
    for i in range(math.floor(canvas.left / gap) - 1, math.ceil(canvas.right / gap) + 2):
        chance = stage.dice.crowd(f"mesa/{index}/{i}", i * gap, gap)
        if chance.random() < 0.25:
            continue
        x, tall = (
            (i + chance.uniform(-0.25, 0.25)) * gap,
            stage.frame.height * chance.uniform(0.14, 0.34) * (1 - 0.16 * index),
        )
        half = gap * chance.uniform(0.1, 0.26)
        profile = path("1,1 1.04,0.8 1.12,0.78 1.15,0.5 1.3,0.46 1.45,0.26 2.1,0.08 3,0")
        right = [(x + half * out * chance.uniform(0.95, 1.05), base - tall * up) for out, up in profile]
        left = [(x - half * out * chance.uniform(0.95, 1.05), base - tall * up) for out, up in profile]
        outlines.append(left[::-1] + right)
    rock = mix(depth_colour(stage, depth), stage.palette.accent, 0.16)
    outlines.append(rectangle(canvas.left - 0.1, base - 0.001, canvas.right + 0.1, stage.floor))
    canvas.shapes(outlines, Gradient([(base - 0.3, rock), (base + 0.02, mix(rock, stage.palette.sky[2], 0.4))]))
    stage.canvas.veil(stage.palette.sky[2], [(base - 0.12, 0.0), (base + 0.02, 0.3)])
