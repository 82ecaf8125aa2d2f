"""Flowers: a poppy meadow, one great bloom, a lotus on still water, blossom before the moon."""

import math

from bot.providers.simulated.art.blooms import flower_tint, leaves, lotus_flower, pads, rosette
from bot.providers.simulated.art.branches import blossoms, branch
from bot.providers.simulated.art.colours import Colour, Gradient, lighter, mix
from bot.providers.simulated.art.dice import Ridge
from bot.providers.simulated.art.geometry import Point, curve, placed, ribbon
from bot.providers.simulated.art.land import depth_colour, grass, hills
from bot.providers.simulated.art.sky import orb, sky
from bot.providers.simulated.art.stage import Stage
from bot.providers.simulated.art.trees import bokeh, falling
from bot.providers.simulated.art.water import mirror, streaks

MOODS = "spring pink day morning pastel sunset"

_CUP = curve([(-1, -0.25), (-0.75, -0.85), (0, -1.0), (0.75, -0.85), (1, -0.25), (0.6, 0.2), (-0.6, 0.2)])
_LIP_EDGE = [(-1.02, -0.4), (-0.4, -0.62), (0.1, -0.42), (0.5, -0.66), (1.02, -0.4)]
_LIP = curve([*_LIP_EDGE, (0.72, 0.3), (0, 0.5), (-0.72, 0.3)])
_FOLD = curve([(-0.9, -0.36), (-0.4, -0.56), (0.05, -0.4), (0.0, 0.05), (-0.4, 0.2), (-0.75, 0.05)])


def poppies(stage: Stage) -> None:
    """A meadow against the light, blurred lights behind it."""
    dice, palette = stage.dice, stage.palette
    horizon = stage.y(0.56)
    sun = stage.x(dice.number("sun/x", 0.25, 0.75)), stage.y(dice.number("sun/y", 0.24, 0.4))
    sky(stage, horizon, cloudy=0.6)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.1, 0.15))
    hills(stage, Ridge(dice, "far", 0.6), horizon + 0.02, 0.12, 0.15, mist=0.9)
    hills(stage, Ridge(dice, "near", 0.7), stage.y(0.68), 0.1, 0.36, mist=0.8)
    stage.canvas.glow(sun, 0.8, palette.light, 0.35)
    bokeh(stage, "bokeh", lighter(palette.accent, 0.3), 18, 0.05, 0.35)
    for i in range(4):
        near = i / 3
        ground = stage.y(0.74 + 0.1 * i)
        green = mix(depth_colour(stage, 0.4 + 0.55 * near), (60, 110, 70), 0.16)
        grass(stage, f"grass/{i}", ground, stage.frame.height * (0.07 + 0.04 * near), green)
        _field(stage, i, ground, stage.frame.height * (0.13 + 0.14 * near), green)
        if i < 3:
            stage.canvas.veil(palette.sky[2], [(ground - 0.14, 0.0), (ground, 0.16)])


def bloom(stage: Stage) -> None:
    """One flower from close up, petal over petal."""
    dice, palette = stage.dice, stage.palette
    back = Gradient(
        [(stage.y(0), mix(palette.sky[0], palette.near, 0.3)), (stage.y(1), mix(palette.near, palette.sky[1], 0.3))]
    )
    stage.canvas.fill(back)
    stage.canvas.glow((stage.x(0.5), stage.y(0.5)), 0.9, palette.sky[1], 0.7)
    for i, tint in enumerate((palette.sky[2], palette.accent, palette.far)):
        bokeh(stage, f"bokeh/{i}", tint, 12, 0.09, 0.22)
    centre = stage.x(dice.number("bloom/x", 0.44, 0.56)), stage.y(dice.number("bloom/y", 0.44, 0.54))
    size = stage.small * dice.number("bloom/size", 0.4, 0.46)
    stage.canvas.at_depth(0.6)
    leaves(stage, centre, size)
    rosette(stage, centre, size, rings=dice.pick("rings", (6, 7, 8)))


def lotus(stage: Stage) -> None:
    """A lotus and its mirror image, leaves around it."""
    dice, palette = stage.dice, stage.palette
    shore = stage.y(dice.number("shore", 0.6, 0.66))
    sun = stage.x(0.5), shore - stage.small * dice.number("sun/y", 0.22, 0.3)
    sky(stage, shore, cloudy=0.7)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.2, 0.25))
    for i in range(3):
        ridge = Ridge(dice, f"range/{i}", 0.5, peaked=True)
        hills(stage, ridge, shore + 0.01, stage.frame.height * (0.2 - 0.05 * i), 0.08 + 0.16 * i, mist=0.9)
    stage.canvas.veil(palette.sky[2], [(shore - 0.14, 0.0), (shore, 0.5)])
    stage.canvas.at_depth(0.5)
    heart = stage.x(0.5) + dice.number("lotus/x", -0.06, 0.06), shore + 0.012 + 0.003 * stage.canvas.moment.wave()
    lotus_flower(stage, heart, stage.small * dice.number("lotus/size", 0.27, 0.31))
    mirror(stage, shore + 0.012, ripple=0.7, dim=0.2, stretch=1.0)
    streaks(stage, "streaks", shore, lighter(palette.sky[2], 0.4), count=60)
    pads(stage, shore)


def blossom(stage: Stage) -> None:
    """A branch in flower before a great moon."""
    dice, palette = stage.dice, stage.palette
    sky(stage, stage.y(0.95), cloudy=0.7)
    side = dice.pick("branch/side", (-1, 1))
    moon = stage.x(0.5 + side * dice.number("moon/x", 0.02, 0.14)), stage.y(dice.number("moon/y", 0.38, 0.5))
    orb(stage, moon, stage.small * dice.number("moon/size", 0.25, 0.31))
    for i in range(3):
        ridge = Ridge(dice, f"range/{i}", 0.5, peaked=True)
        hills(stage, ridge, stage.y(0.93 + 0.06 * i), stage.frame.height * 0.16, 0.1 + 0.28 * i, mist=0.9)
        stage.canvas.veil(palette.sky[2], [(stage.y(0.75), 0.0), (stage.y(0.95), 0.28), (stage.y(1.1), 0.2)])
    stage.canvas.at_depth(0.8)
    start = stage.x(0.5) - side * stage.frame.width * 0.56, stage.y(dice.number("branch/y", 0.16, 0.28))
    pink = flower_tint(stage)
    low = start[0], start[1] + stage.small * 0.26
    for name, at, scale in (("main", start, 1.0), ("low", low, 0.62)):
        blossoms(stage, name, branch(stage, at, side, scale, name), pink)
    falling(stage, "petals", (pink, lighter(pink, 0.4)), 15, 0.01)


def _field(stage: Stage, index: int, ground: float, height: float, green: Colour) -> None:
    """Poppies on thin stems; nearer ones are larger."""
    canvas = stage.canvas
    gap = height * 0.34
    stems: list[list[Point]] = []
    heads: list[tuple[Point, float, float]] = []
    canvas.at_depth(0.4 + 0.2 * index)
    for i in range(math.floor(canvas.left / gap) - 1, math.ceil(canvas.right / gap) + 2):
        chance = stage.dice.crowd(f"poppy/{index}/{i}", i * gap, gap)
        foot = (i + chance.uniform(-0.4, 0.4)) * gap
        tall = height * chance.uniform(0.45, 1.0)
        sway = tall * (chance.uniform(-0.2, 0.2) + 0.05 * canvas.moment.wave(foot))
        head = foot + sway, ground - tall
        stems.append(
            ribbon(
                curve([(foot, ground + 0.02), (foot + sway * 0.25, ground - tall * 0.5), head], closed=False),
                [height * 0.012],
            )
        )
        heads.append((head, height * chance.uniform(0.11, 0.2), chance.uniform(-0.4, 0.4)))
    canvas.shapes(stems, green)
    _poppy_heads(stage, heads, fade=0.4 * (1 - index / 3))


def _poppy_heads(stage: Stage, heads: list[tuple[Point, float, float]], fade: float) -> None:
    """The cup behind, the lip in front, and a lit fold on it; `fade` is the haze before them."""
    palette, canvas = stage.palette, stage.canvas
    red = flower_tint(stage)
    back, front = mix(mix(red, palette.near, 0.35), palette.sky[2], fade), mix(red, palette.sky[2], fade)
    for outline, tint, alpha in ((_CUP, back, 1.0), (_LIP, front, 1.0), (_FOLD, lighter(front, 0.25), 0.55)):
        canvas.shapes([placed(outline, at, size, turn=turn) for at, size, turn in heads], tint, alpha=alpha)
