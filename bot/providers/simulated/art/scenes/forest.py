"""Forests: light between trunks, pines in the mist, one old tree, birches in their season."""

import math

from bot.providers.simulated.art.colours import Colour, Gradient, lighter, mix, shifted
from bot.providers.simulated.art.dice import Ridge
from bot.providers.simulated.art.geometry import Point, ribbon
from bot.providers.simulated.art.land import depth_colour, grass, hills, pines
from bot.providers.simulated.art.sky import birds, orb, sky
from bot.providers.simulated.art.stage import Stage
from bot.providers.simulated.art.trees import bokeh, falling, fireflies, foliage, leafy_tree, shafts, trunks

MOODS = "green autumn mist mystic morning winter"


def clearing(stage: Stage) -> None:
    """Trunks row behind row, and the light that falls between them."""
    dice, palette = stage.dice, stage.palette
    sun = stage.x(dice.number("sun/x", 0.3, 0.7)), stage.y(dice.number("sun/y", 0.12, 0.26))
    bright = mix(palette.sky[2], palette.light, 0.45)
    stage.canvas.fill(Gradient([(stage.y(0), palette.sky[1]), (stage.y(0.5), bright), (stage.y(1), palette.far)]))
    stage.canvas.glow(sun, 1.0, palette.light, 0.75)
    for i in range(4):
        depth = 0.08 + 0.24 * i
        foot = stage.y(0.74 + 0.075 * i)
        trunks(stage, f"trunks/{i}", gap=0.055 + 0.05 * i, width=0.016 + 0.019 * i, depth=depth, foot=foot)
        hills(stage, Ridge(dice, f"ground/{i}", 0.4), foot + 0.02, 0.05, depth, mist=0.7)
        if i < 3:
            stage.canvas.glow(sun, 0.9, bright, 0.4 - 0.08 * i)
            stage.canvas.veil(bright, [(foot - 0.25, 0.0), (foot, 0.3), (foot + 0.2, 0.05)])
        if i == 1:
            shafts(stage, (sun[0], sun[1] - 0.5), lighter(palette.light, 0.3), 0.3)
    shafts(stage, (sun[0] + 0.1, sun[1] - 0.6), lighter(palette.light, 0.3), 0.14)
    grass(stage, "grass", stage.y(1.0), stage.frame.height * 0.09, palette.near)
    if palette.is_night or "green" in palette.tags:
        fireflies(stage, "fireflies", stage.y(0.5), stage.y(0.92), 18)


def taiga(stage: Stage) -> None:
    """Great pines, each row paler than the one before it."""
    dice, palette = stage.dice, stage.palette
    sun = stage.x(dice.number("sun/x", 0.25, 0.75)), stage.y(dice.number("sun/y", 0.2, 0.32))
    sky(stage, stage.y(0.75), cloudy=0.5)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.1, 0.15))
    for i in range(6):
        depth = i / 5.2
        base = stage.y(0.56 + 0.11 * i)
        ridge = Ridge(dice, f"slope/{i}", 0.7, octaves=3)
        hills(stage, ridge, base, 0.12, depth, mist=0.95)
        height = 0.09 + 0.062 * i
        pines(stage, f"pines/{i}", ridge, base, 0.12, height=height, gap=height * 0.2, depth=depth, clumps=0.24)
        if i < 5:
            stage.canvas.glow(sun, 0.7, mix(palette.light, palette.sky[2], 0.4), 0.16)
            stage.canvas.veil(palette.sky[2], [(base - 0.14, 0.0), (base + 0.04, 0.34 - 0.04 * i), (base + 0.16, 0.0)])
    birds(stage, (sun[0], sun[1] + 0.05), 8, depth_colour(stage, 0.9))


def old_tree(stage: Stage) -> None:
    """One broad tree on a meadow, leaves in the wind."""
    dice, palette = stage.dice, stage.palette
    sun = stage.x(dice.number("sun/x", 0.2, 0.8)), stage.y(dice.number("sun/y", 0.42, 0.56))
    sky(stage, stage.y(0.78), cloudy=0.8)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.14, 0.2))
    hills(stage, Ridge(dice, "far", 0.6, peaked=True), stage.y(0.78), stage.frame.height * 0.18, 0.14, mist=0.9)
    hills(stage, Ridge(dice, "middle", 0.7), stage.y(0.86), stage.frame.height * 0.1, 0.4, mist=0.8)
    meadow = Ridge(dice, "meadow", 0.9, octaves=2)
    ground = stage.y(0.93)
    foot = stage.x(dice.number("tree/x", 0.36, 0.64)), ground - 0.05 * meadow(stage.x(0.5)) + 0.02
    stage.canvas.at_depth(0.8)
    leafy_tree(stage, foot, min(stage.frame.height * 0.78, stage.small * 0.82), _leaves(stage))
    hills(stage, meadow, ground, 0.05, 0.92, mist=0.3)
    grass(stage, "grass", ground + 0.02, 0.05, mix(palette.near, depth_colour(stage, 0.8), 0.4), gap=0.005)
    falling(stage, "leaves", _leaves(stage)[1:], 16, 0.009)
    birds(stage, (stage.x(0.2), stage.y(0.2)), 6, depth_colour(stage, 0.8))


def birches(stage: Stage) -> None:
    """White stems with their dark marks before a blur of leaves."""
    dice, palette = stage.dice, stage.palette
    back = Gradient([(stage.y(0), palette.sky[1]), (stage.y(0.55), palette.sky[2]), (stage.y(1), palette.far)])
    stage.canvas.fill(back)
    leaves = _leaves(stage)
    for i, tint in enumerate((*leaves, lighter(palette.sky[2], 0.3))):
        bokeh(stage, f"bokeh/{i}", tint, 26, 0.075, 0.4)
    white = lighter(mix(palette.light, palette.sky[2], 0.2), 0.2)
    for i in range(3):
        depth = 0.3 + 0.3 * i
        foot = stage.y(0.84 + 0.08 * i)
        hills(stage, Ridge(dice, f"ground/{i}", 0.5), foot + 0.03, 0.06, depth, mist=0.8)
        _stems(
            stage,
            f"stems/{i}",
            gap=0.1 + 0.085 * i,
            width=0.014 + 0.022 * i,
            foot=foot,
            tint=mix(palette.sky[2], white, 0.35 + 0.3 * i),
            marks=0.4 + 0.25 * i,
        )
        stage.canvas.veil(palette.sky[2], [(stage.y(0.3), 0.0), (foot, 0.26 - 0.09 * i)])
    grass(stage, "grass", stage.y(1.0), stage.frame.height * 0.07, palette.near)
    foliage(stage, "foliage", leaves, 420, 0.017)
    falling(stage, "leaves", leaves[1:], 20, 0.011)


def _leaves(stage: Stage) -> tuple[Colour, Colour, Colour]:
    """From shadow to light: the palette's spark in autumn and dusk, else the palette's own green."""
    palette = stage.palette
    tags = palette.tags
    if tags & {"green", "spring", "teal", "emerald"}:
        base = shifted(mix(palette.near, palette.far, 0.55), 0.0, 1.25)
    elif tags & {"winter", "storm"}:
        base = mix(palette.far, palette.light, 0.35)
    else:
        base = palette.accent
    return mix(base, palette.near, 0.55), mix(base, palette.near, 0.2), mix(base, palette.light, 0.35)


def _stems(stage: Stage, name: str, *, gap: float, width: float, foot: float, tint: Colour, marks: float) -> None:
    canvas, palette = stage.canvas, stage.palette
    canvas.at_depth(0.3 + marks * 0.6)
    top = min(stage.frame.top, canvas.view.top) - 0.1
    stems: list[list[Point]] = []
    shade: list[list[Point]] = []
    spots: list[list[Point]] = []
    for i in range(math.floor(canvas.left / gap) - 1, math.ceil(canvas.right / gap) + 2):
        chance = stage.dice.crowd(f"{name}/{i}", i * gap, gap)
        x, half, lean = (
            (i + chance.uniform(-0.36, 0.36)) * gap,
            width * chance.uniform(0.5, 1.0) / 2,
            chance.uniform(-0.06, 0.06),
        )
        rise = foot - top
        spine = [
            (x + lean * t * rise + half * 0.3 * math.sin(5 * t + i), foot + 0.03 - rise * t)
            for t in (k / 14 for k in range(15))
        ]
        stems.append(ribbon(spine, [half * 1.25, half, half * 0.9, half * 0.8]))
        shade.append(ribbon([(px + half * 0.55, py) for px, py in spine], [half * 0.6, half * 0.45]))
        for _ in range(int(rise / width * 0.9)):
            px, py = spine[chance.randrange(15)]
            py += chance.uniform(-0.5, 0.5) * rise / 14
            long, thick, side = (
                half * chance.uniform(0.4, 1.1),
                half * chance.uniform(0.08, 0.2),
                chance.choice((-1, 1)),
            )
            edge = px + side * half * 0.95
            spots.append([(edge, py - thick), (edge - side * long, py), (edge, py + thick)])
    canvas.shapes(stems, tint)
    canvas.shapes(shade, mix(palette.far, palette.near, 0.4), alpha=0.3)
    canvas.shapes(spots, palette.near, alpha=marks)
