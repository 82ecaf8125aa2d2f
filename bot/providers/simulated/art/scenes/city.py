"""Cities: a skyline over its river, towers in the haze, an old town on its hill, a bridge."""

from bot.providers.simulated.art.buildings import Row, gables, skyline
from bot.providers.simulated.art.colours import lighter, mix
from bot.providers.simulated.art.dice import Ridge
from bot.providers.simulated.art.geometry import Point, curve, rectangle, ribbon
from bot.providers.simulated.art.land import depth_colour, hills
from bot.providers.simulated.art.sky import birds, orb, sky
from bot.providers.simulated.art.stage import Stage
from bot.providers.simulated.art.water import glints, mirror, streaks

MOODS = "night dusk neon sunset dawn"


def riverside(stage: Stage) -> None:
    """Three rows of towers and all their lights once more in the river."""
    dice, palette = stage.dice, stage.palette
    shore, tall = stage.y(dice.number("shore", 0.64, 0.72)), stage.frame.height
    moon = stage.x(dice.number("moon/x", 0.2, 0.8)), stage.y(dice.number("moon/y", 0.16, 0.28))
    sky(stage, shore, cloudy=0.6)
    orb(stage, moon, stage.small * dice.number("moon/size", 0.06, 0.1), crescent=dice.chance("crescent", 0.4))
    for i, (high, wide, depth) in enumerate(((0.5, 0.075, 0.12), (0.42, 0.085, 0.45), (0.27, 0.1, 0.85))):
        swell = Ridge(dice, f"quarter/{i}", 0.3, octaves=3)
        skyline(stage, Row(f"row/{i}", shore, tall * high, wide, depth), swell)
        stage.canvas.veil(palette.sky[2], [(shore - 0.3, 0.0), (shore, 0.34 - 0.12 * i)])
    mirror(stage, shore, stretch=0.75, ripple=0.9, dim=0.28)
    glints(stage, "glints", moon[0], shore + 0.004, stage.floor, palette.light, count=200, alpha=0.5)
    streaks(stage, "streaks", shore, mix(palette.accent, palette.light, 0.5), count=40, alpha=0.3)


def towers(stage: Stage) -> None:
    """Between high-rises that fade, row by row, into a glowing haze."""
    dice, palette = stage.dice, stage.palette
    middle = stage.x(dice.number("gap", 0.42, 0.58))
    sky(stage, stage.y(0.8), cloudy=0.3)
    glow = middle, stage.y(dice.number("glow/y", 0.5, 0.62))
    orb(stage, (middle, stage.y(dice.number("orb/y", 0.3, 0.42))), stage.small * dice.number("orb/size", 0.13, 0.18))
    layers = 5
    for i in range(layers):
        depth = i / (layers - 1)
        swell = _Canyon(middle, stage.frame.width * (0.1 + 0.3 * depth), Ridge(dice, f"quarter/{i}", 0.3, octaves=3))
        height = stage.frame.height * (0.55 + 0.75 * depth)
        skyline(stage, Row(f"row/{i}", stage.y(1.02), height, 0.07 + 0.075 * depth, 0.1 + 0.85 * depth, 0.28), swell)
        if i < layers - 1:
            stage.canvas.glow(glow, 0.8, mix(palette.sky[2], palette.light, 0.3), 0.34)
            stage.canvas.veil(palette.sky[2], [(stage.y(0.45), 0.0), (stage.y(1.0), 0.36)])
    birds(stage, (middle, stage.y(0.3)), 6, depth_colour(stage, 0.9), 0.018)


def old_town(stage: Stage) -> None:
    """Roofs above roofs, lamps behind the windows, and a tower that everybody can see."""
    dice, palette = stage.dice, stage.palette
    sun = stage.x(dice.number("sun/x", 0.2, 0.8)), stage.y(dice.number("sun/y", 0.16, 0.26))
    sky(stage, stage.y(0.62), cloudy=0.7)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.06, 0.09), crescent=True)
    hills(stage, Ridge(dice, "back", 0.6, peaked=True), stage.y(0.6), stage.frame.height * 0.25, 0.1, mist=0.8)
    tower = stage.x(dice.number("tower", 0.3, 0.7))
    lit = 0.6 if palette.is_night else 0.3
    for i in range(5):
        near = i / 4
        if i == 1:
            _belfry(stage, tower, stage.y(0.62), stage.frame.height * 0.36)
        base = stage.y(0.58 + 0.125 * i)
        row = Row(f"row/{i}", base, 0.11 + 0.07 * near, 0.1 + 0.085 * near, 0.18 + 0.72 * near, lit)
        gables(stage, row, Ridge(dice, f"hill/{i}", 0.7, octaves=2))
        if i < 4:
            stage.canvas.veil(palette.sky[2], [(base - 0.2, 0.0), (base + 0.1, 0.2 - 0.03 * i)])
    birds(stage, (tower + 0.1, stage.y(0.22)), 8, depth_colour(stage, 0.8))


def bridge(stage: Stage) -> None:
    """A suspension bridge from bank to bank, the city small behind it."""
    dice, palette = stage.dice, stage.palette
    shore = stage.y(dice.number("shore", 0.68, 0.74))
    sun = stage.x(dice.number("sun/x", 0.3, 0.7)), shore - stage.small * dice.number("sun/y", 0.1, 0.3)
    sky(stage, shore, cloudy=0.9)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.08, 0.12))
    hills(stage, Ridge(dice, "back", 0.7, peaked=True), shore, stage.frame.height * 0.2, 0.08, mist=0.9)
    swell = Ridge(dice, "quarter", 0.25, octaves=3)
    skyline(stage, Row("row", shore, stage.frame.height * 0.2, 0.04, 0.35), swell)
    stage.canvas.veil(palette.sky[2], [(shore - 0.16, 0.0), (shore, 0.5)])
    _suspension(stage, shore)
    mirror(stage, shore, stretch=0.7, ripple=1.2, dim=0.24)
    glints(stage, "glints", sun[0], shore + 0.004, stage.floor, palette.light, count=260, alpha=0.6)
    streaks(stage, "streaks", shore, lighter(palette.sky[2], 0.3))
    birds(stage, (stage.x(0.3), stage.y(0.2)), 6, depth_colour(stage, 0.85))


class _Canyon(Ridge):
    """High at both sides, low in the middle, so that the street stays open."""

    def __init__(self, middle: float, half: float, noise: Ridge) -> None:
        self._middle = middle
        self._half = half
        self._noise = noise

    def __call__(self, x: float) -> float:
        away = min(abs(x - self._middle) / self._half, 1.6)
        return min(0.12 + 0.55 * away**1.6, 0.95) * (0.7 + 0.5 * self._noise(x))


def _belfry(stage: Stage, x: float, base: float, height: float) -> None:
    canvas, palette = stage.canvas, stage.palette
    canvas.at_depth(0.35)
    half, top = height * 0.085, base - height
    wall, shade = mix(palette.light, depth_colour(stage, 0.4), 0.6), depth_colour(stage, 0.55)
    canvas.shapes([rectangle(x - half, top, x + half, stage.floor)], wall)
    canvas.shapes([rectangle(x + half * 0.25, top, x + half, stage.floor)], shade, alpha=0.5)
    roof = curve(
        [
            (x - half * 1.25, top),
            (x - half * 0.75, top - height * 0.1),
            (x, top - height * 0.42),
            (x + half * 0.75, top - height * 0.1),
            (x + half * 1.25, top),
        ],
        closed=False,
    )
    canvas.shapes([roof], mix(palette.accent, palette.near, 0.45))
    canvas.shapes(
        [
            rectangle(x - half * 1.25, top - height * 0.004, x + half * 1.25, top + height * 0.02),
            rectangle(x - half * 0.03, top - height * 0.5, x + half * 0.03, top - height * 0.4),
        ],
        shade,
    )
    lamp = [rectangle(x - half * 0.3, top + height * 0.08, x + half * 0.3, top + height * 0.2)]
    canvas.shapes(lamp, (255, 214, 130))
    canvas.glow((x, top + height * 0.14), half * 2, (255, 214, 130), 0.5)


def _suspension(stage: Stage, shore: float) -> None:
    canvas, dice = stage.canvas, stage.dice
    canvas.at_depth(0.45)
    tint = mix(depth_colour(stage, 0.8), stage.palette.accent, 0.12)
    deck, top = shore - stage.frame.height * 0.075, shore - stage.frame.height * dice.number("pylon", 0.36, 0.44)
    span = max(stage.frame.width * 0.72, 0.5)
    first = stage.x(0.5) - span / 2 + stage.frame.width * dice.number("bridge/x", -0.08, 0.08)
    pylons = [first + span * i for i in range(-2, 4)]
    parts: list[list[Point]] = [rectangle(canvas.left - 0.1, deck, canvas.right + 0.1, deck + 0.012)]
    for x in pylons:
        parts += [
            rectangle(x - 0.017, top, x - 0.008, shore + 0.02),
            rectangle(x + 0.008, top, x + 0.017, shore + 0.02),
        ]
        parts += [
            rectangle(x - 0.017, top + (deck - top) * k, x + 0.017, top + (deck - top) * k + 0.008)
            for k in (0.0, 0.3, 0.6)
        ]
        parts.append(rectangle(x - 0.026, shore - 0.016, x + 0.026, shore + 0.02))
    for x in pylons[:-1]:
        cable = [
            (x + span * t, top + (deck - top - 0.012) * (1 - (2 * t - 1) ** 2)) for t in (i / 40 for i in range(41))
        ]
        parts.append(ribbon(cable, [0.0022]))
        parts += [rectangle(cx - 0.0007, cy, cx + 0.0007, deck) for cx, cy in cable[1:-1]]
    canvas.shapes(parts, tint)
    lamps = [(x + span * i / 12, deck - 0.006, 0.0028, 0.95) for x in pylons for i in range(12)]
    canvas.dots(lamps, (255, 226, 160))
