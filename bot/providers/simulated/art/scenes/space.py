"""Space: a ringed world, a rise over bare rock, two moons, a galaxy."""

import math

from bot.providers.simulated.art.colours import Gradient, darker, lighter, mix
from bot.providers.simulated.art.dice import Ridge
from bot.providers.simulated.art.geometry import Point, curve, disc, path, placed, ribbon
from bot.providers.simulated.art.land import depth_colour, hills
from bot.providers.simulated.art.sky import orb, stars
from bot.providers.simulated.art.stage import Stage
from bot.providers.simulated.art.textures import clouds

MOODS = "night"

_ROCKET = path(
    "0,-1 0.16,-0.72 0.2,-0.4 0.18,0.1 0.36,0.42 0.14,0.3 -0.14,0.3 -0.36,0.42 -0.18,0.1 -0.2,-0.4 -0.16,-0.72"
)


def ringed(stage: Stage) -> None:
    """A banded giant within its rings, and a small moon."""
    dice, palette = stage.dice, stage.palette
    _deep(stage)
    centre = stage.x(dice.number("planet/x", 0.42, 0.58)), stage.y(dice.number("planet/y", 0.42, 0.56))
    radius, tilt = stage.small * dice.number("planet/size", 0.2, 0.25), dice.number("tilt", -0.45, 0.45)
    stage.canvas.at_depth(0.25)
    stage.canvas.glow(centre, radius * 3.4, palette.sky[2], 0.4)
    _rings(stage, centre, radius, tilt, back=True)
    _planet(stage, centre, radius, tilt)
    _rings(stage, centre, radius, tilt, back=False)
    moon = (
        centre[0] - radius * dice.pick("moon/side", (-1.9, 1.9)),
        centre[1] - radius * dice.number("moon/y", 0.8, 1.4),
    )
    stage.canvas.at_depth(0.5)
    _ball(stage, moon, radius * 0.16)


def earthrise(stage: Stage) -> None:
    """A bright world comes up behind dark rock."""
    dice, palette = stage.dice, stage.palette
    _deep(stage)
    stage.canvas.at_depth(0.15)
    radius = stage.small * dice.number("planet/size", 0.3, 0.38)
    centre = stage.x(dice.number("planet/x", 0.34, 0.66)), stage.y(dice.number("planet/y", 0.5, 0.58))
    stage.canvas.glow(centre, radius * 2.2, palette.sky[2], 0.55)
    _planet(stage, centre, radius, dice.number("tilt", -0.4, 0.4))
    for i in range(4):
        ridge = Ridge(dice, f"rock/{i}", 0.34 - 0.03 * i, peaked=True, rough=0.55)
        hills(stage, ridge, stage.y(0.8 + 0.08 * i), stage.frame.height * 0.16, 0.3 + 0.23 * i, mist=0.35)
    _dome(stage, (stage.x(dice.number("dome", 0.2, 0.8)), stage.y(0.9)), stage.small * 0.06)


def two_moons(stage: Stage) -> None:
    """Another world's evening, and somebody leaving it."""
    dice, palette = stage.dice, stage.palette
    _deep(stage)
    horizon = stage.y(0.74)
    stage.canvas.veil(palette.sky[2], [(stage.y(0.3), 0.0), (horizon, 0.85)])
    big = stage.x(dice.number("moon/x", 0.25, 0.75)), stage.y(dice.number("moon/y", 0.28, 0.4))
    orb(stage, big, stage.small * dice.number("moon/size", 0.13, 0.18))
    stage.canvas.at_depth(0.1)
    small = big[0] + stage.small * dice.pick("moon/side", (-0.3, 0.3)), big[1] - stage.small * 0.14
    _ball(stage, small, stage.small * 0.045)
    for i in range(5):
        ridge = Ridge(dice, f"land/{i}", 0.5 - 0.04 * i, peaked=i < 3, rough=0.55)
        hills(stage, ridge, stage.y(0.72 + 0.075 * i), stage.frame.height * (0.22 - 0.03 * i), i / 4.2, mist=0.8)
        stage.canvas.veil(palette.sky[2], [(horizon - 0.1, 0.0), (horizon + 0.05, 0.2 - 0.04 * i), (stage.y(1), 0.0)])
    away = -1 if big[0] > 0 else 1
    _flight(stage, (stage.x(0.5 + away * 0.12), stage.y(0.86)), (stage.x(0.5 + away * 0.3), stage.y(0.28)))


def galaxy(stage: Stage) -> None:
    """A spiral of a thousand suns."""
    dice, palette = stage.dice, stage.palette
    _deep(stage)
    centre = stage.x(dice.number("core/x", 0.42, 0.58)), stage.y(dice.number("core/y", 0.42, 0.56))
    size, squash = stage.small * dice.number("size", 0.42, 0.5), dice.number("squash", 0.42, 0.62)
    lean, spin = dice.number("lean", -0.6, 0.6), 0.16 * stage.canvas.moment.wave()
    stage.canvas.at_depth(0.2)
    for tint, reach, strength in ((palette.sky[1], 1.5, 0.6), (palette.sky[2], 0.95, 0.5), (palette.light, 0.4, 0.9)):
        stage.canvas.glow(centre, size * reach, tint, strength, squash=0.8)
    for arm in (0.0, math.pi):
        for reach, wide, alpha in ((1.0, 0.11, 0.3), (0.85, 0.05, 0.35)):
            spine = [_spiral(centre, size * reach, squash, lean, arm + spin, k / 30) for k in range(31)]
            stage.canvas.shapes(
                [ribbon(spine, [wide * size * 2, wide * size, 0.0])], palette.sky[2], alpha=alpha, blur=size * 0.05
            )
    chance = dice.crowd("spiral")
    tints = (palette.sky[2], mix(palette.light, palette.sky[2], 0.4), lighter(palette.light, 0.4), palette.accent)
    for layer, tint in enumerate(tints):
        dots: list[tuple[float, float, float, float]] = []
        for k in range((1600, 1300, 700, 120)[layer]):
            along = chance.random() ** 0.75
            turn = math.pi * (k % 2) + spin + chance.gauss(0, 0.4 - 0.12 * along)
            at = _spiral(centre, size * (1 + chance.gauss(0, 0.07)), squash, lean, turn, along)
            dots.append((*at, chance.uniform(0.0006, 0.0019), chance.uniform(0.3, 0.95)))
        stage.canvas.dots(dots, tint)
    stage.canvas.glow(centre, size * 0.24, lighter(palette.light, 0.6), 1.0, squash=squash)


def _spiral(centre: Point, size: float, squash: float, lean: float, start: float, along: float) -> Point:
    turn, away = start + 4.6 * along, size * along
    x, y = away * math.cos(turn), away * math.sin(turn) * squash
    return centre[0] + x * math.cos(lean) - y * math.sin(lean), centre[1] + x * math.sin(lean) + y * math.cos(lean)


def _deep(stage: Stage) -> None:
    """Black space with two coloured nebulae and many stars."""
    palette, dice, canvas = stage.palette, stage.dice, stage.canvas
    dark = darker(palette.sky[0], 0.35)
    canvas.fill(Gradient([(stage.y(0), dark), (stage.y(0.6), palette.sky[0]), (stage.y(1), dark)]))
    canvas.at_depth(0.04)
    for name, tint, level, alpha in (
        ("nebula/a", palette.sky[1], 0.46, 0.85),
        ("nebula/b", palette.sky[2], 0.56, 0.42),
        ("nebula/c", palette.accent, 0.62, 0.3),
        ("dust", dark, 0.54, 0.6),
    ):
        canvas.wash(clouds(canvas, dice, name, (0.55, 0.5), octaves=5, threshold=level), tint, alpha)
    stars(stage, stage.floor + stage.frame.height, density=1.7)


def _planet(stage: Stage, centre: Point, radius: float, tilt: float) -> None:
    """Bands across a disc, a dark limb, a thin bright edge."""
    palette, dice, canvas = stage.palette, stage.dice, stage.canvas
    tints = (palette.sky[2], palette.accent, palette.far, mix(palette.light, palette.sky[2], 0.5), palette.sky[1])
    canvas.shapes([disc(centre, radius, corners=120)], mix(palette.sky[2], palette.light, 0.3))
    shift = 0.03 * canvas.moment.wave()
    edges = [-1 + 2 * (i + 0.5 * dice.number(f"band/{i}")) / 9 for i in range(10)]
    for i in range(9):
        if i % 2 == 0:
            band = _band(radius, edges[i], edges[i + 1], dice.number(f"wave/{i}", 0, 6) + shift * 9)
            canvas.shapes(
                [placed(band, centre, 1.0, turn=tilt)], tints[i // 2 % len(tints)], alpha=0.75, blur=radius * 0.012
            )
    light = dice.pick("light/side", (-1, 1))
    dark = darker(palette.sky[0], 0.5)
    for inner in (-0.15, 0.2, 0.5, 0.75):
        canvas.shapes([_sickle(centre, radius, light, inner)], dark, alpha=0.42, blur=radius * 0.07)
    rim = _sickle(centre, radius * 1.012, -light, 0.93)
    canvas.shapes([rim], lighter(palette.light, 0.2), alpha=0.6, blur=radius * 0.012)


def _band(radius: float, low: float, high: float, start: float) -> list[Point]:
    low, high = max(low, -0.98), min(high, 0.98)
    over: list[Point] = []
    under: list[Point] = []
    for i in range(41):
        across = -1 + i / 20
        for line, level in ((over, low), (under, high)):
            y = level + 0.02 * math.sin(across * 7 + start)
            half = math.sqrt(max(1 - min(abs(y), 1.0) ** 2, 0.0))
            line.append((radius * across * half, radius * (y + 0.1 * (1 - across * across) * half)))
    return [_inside(point, radius) for point in over + under[::-1]]


def _inside(point: Point, radius: float) -> Point:
    away = math.hypot(*point)
    return point if away <= radius else (point[0] * radius / away, point[1] * radius / away)


def _sickle(centre: Point, radius: float, side: int, inner: float) -> list[Point]:
    """One side of a disc, from its rim to an ellipse of width `inner`."""
    outer = [(math.cos(a), math.sin(a)) for a in (-math.pi / 2 + math.pi * i / 40 for i in range(41))]
    return [
        (centre[0] - side * radius * x, centre[1] + radius * y)
        for x, y in outer + [(x * inner, y) for x, y in outer[::-1]]
    ]


def _rings(stage: Stage, centre: Point, radius: float, tilt: float, *, back: bool) -> None:
    palette, dice = stage.palette, stage.dice
    squash = dice.number("ring/squash", 0.2, 0.34)
    start = math.pi if back else 0.0
    turns = [start + math.pi * i / 60 for i in range(61)]
    bands = ((1.42, 1.6, 0.55), (1.64, 1.86, 0.85), (1.9, 1.97, 0.5), (2.02, 2.2, 0.35))
    for i, (inner, outer, alpha) in enumerate(bands):
        arc = [(radius * outer * math.cos(t), radius * outer * squash * math.sin(t)) for t in turns]
        arc += [(radius * inner * math.cos(t), radius * inner * squash * math.sin(t)) for t in reversed(turns)]
        tint = mix(palette.light, palette.accent if i % 2 else palette.sky[2], 0.4)
        stage.canvas.shapes([placed(arc, centre, 1.0, turn=tilt)], tint, alpha=alpha)


def _ball(stage: Stage, centre: Point, radius: float) -> None:
    palette = stage.palette
    bright = mix(palette.light, palette.accent, 0.25)
    stage.canvas.shapes(
        [disc(centre, radius)], Gradient([(centre[1] - radius, bright), (centre[1] + radius, palette.sky[1])])
    )
    stage.canvas.shapes([_sickle(centre, radius, 1, -0.3)], darker(palette.sky[0], 0.4), alpha=0.55)


def _dome(stage: Stage, foot: Point, size: float) -> None:
    """A lit station under glass."""
    palette, canvas = stage.palette, stage.canvas
    canvas.at_depth(0.75)
    arch = [(math.cos(math.pi * (1 - i / 24)), -0.85 * math.sin(math.pi * i / 24)) for i in range(25)]
    warm = mix(palette.light, palette.accent, 0.35)
    canvas.glow((foot[0], foot[1] - size * 0.4), size * 2.4, warm, 0.6)
    canvas.shapes(
        [placed(arch, foot, size)],
        Gradient([(foot[1] - size, mix(warm, palette.sky[1], 0.45)), (foot[1], warm)]),
        alpha=0.85,
    )
    ribs = [ribbon([(x * k, y) for x, y in arch], [0.012]) for k in (1.0, 0.5, 0.0)]
    dark = depth_colour(stage, 0.95)
    canvas.shapes([placed(rib, foot, size) for rib in ribs], dark, alpha=0.6)
    base = [(-1.25, 0.5), (-1.12, -0.06), (1.12, -0.06), (1.25, 0.5)]
    mast = [(1.3, -1.3), (1.33, -1.3), (1.35, 0.3), (1.28, 0.3)]
    canvas.shapes([placed(base, foot, size), placed(mast, foot, size)], dark)


def _flight(stage: Stage, start: Point, end: Point) -> None:
    """A rocket at the end of its curved trail."""
    palette, canvas = stage.palette, stage.canvas
    canvas.at_depth(0.4)
    bend = start[0] + (end[0] - start[0]) * 0.12, start[1] + (end[1] - start[1]) * 0.55
    spine = curve([start, bend, end], closed=False, steps=20)
    trail = lighter(palette.light, 0.3)
    canvas.glow(start, 0.13, trail, 0.8, squash=0.5)
    canvas.shapes([ribbon(spine, [0.016, 0.009, 0.004])], trail, alpha=0.3, blur=0.008)
    canvas.shapes([ribbon(spine, [0.005, 0.004, 0.002])], trail, alpha=0.8)
    dx, dy = spine[-1][0] - spine[-3][0], spine[-1][1] - spine[-3][1]
    size = stage.small * 0.028
    canvas.glow(end, size * 4, palette.accent, 0.8)
    canvas.shapes([placed(curve(_ROCKET, steps=4), end, size, turn=math.atan2(dx, -dy))], lighter(palette.light, 0.3))
