"""The sea: a sail in the sun's path, a lighthouse, islands in a calm, and great waves."""

import math

from bot.providers.simulated.art.colours import Colour, Gradient, darker, lighter, mix
from bot.providers.simulated.art.dice import Ridge
from bot.providers.simulated.art.geometry import Point, rectangle
from bot.providers.simulated.art.harbour import sailboat, tower
from bot.providers.simulated.art.land import depth_colour, hills
from bot.providers.simulated.art.sky import birds, orb, sky
from bot.providers.simulated.art.stage import Stage
from bot.providers.simulated.art.water import glints, mirror, streaks


def sail(stage: Stage) -> None:
    """One boat, one sun, and the path between them."""
    dice, palette = stage.dice, stage.palette
    horizon = stage.y(dice.number("horizon", 0.56, 0.64))
    sun = stage.x(dice.number("sun/x", 0.35, 0.65)), horizon - stage.small * dice.number("sun/y", 0.06, 0.22)
    sky(stage, horizon)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.09, 0.13))
    hills(
        stage, Ridge(dice, "coast", 0.7, peaked=True), horizon + 0.01, stage.frame.height * 0.09, 0.16, mist_depth=0.01
    )
    boat = sun[0] + dice.pick("boat/side", (-1, 1)) * stage.frame.width * dice.number("boat/x", 0.1, 0.22)
    _swell(stage, horizon)
    glints(stage, "glints", sun[0], horizon + 0.004, stage.floor, palette.light, count=420, spread=0.07)
    sailboat(stage, (boat, horizon + stage.frame.height * 0.07), stage.small * 0.062)
    birds(stage, (stage.x(0.3), stage.y(0.25)), 6, depth_colour(stage, 0.8))


def lighthouse(stage: Stage) -> None:
    """A tower on a rock and its beam over the water."""
    dice, palette = stage.dice, stage.palette
    horizon = stage.y(dice.number("horizon", 0.58, 0.72))
    side = dice.pick("rock/side", (-1, 1))
    sky(stage, horizon, cloudy=0.9)
    sun = stage.x(0.5 - side * dice.number("sun/x", 0.12, 0.36)), stage.y(dice.number("sun/y", 0.16, 0.4))
    orb(stage, sun, stage.small * 0.05, crescent=True)
    _swell(stage, horizon)
    glints(stage, "glints", sun[0], horizon + 0.004, stage.floor, palette.light, count=200, alpha=0.6)
    foot = stage.x(0.5 + side * dice.number("rock/x", 0.14, 0.32)), horizon - stage.frame.height * 0.05
    _rock(stage, foot[0], foot[1], side)
    tower(stage, foot, stage.frame.height * dice.number("tower", 0.28, 0.43))
    _surf(stage, horizon + stage.frame.height * 0.16)
    birds(stage, (stage.x(0.5 - 0.2 * side), stage.y(0.42)), 7, depth_colour(stage, 0.75))


def islands(stage: Stage) -> None:
    """A calm bay with islands that float on their mirror images."""
    dice, palette = stage.dice, stage.palette
    shore = stage.y(dice.number("horizon", 0.5, 0.56))
    sun = stage.x(dice.number("sun/x", 0.3, 0.7)), shore - stage.small * dice.number("sun/y", 0.16, 0.3)
    sky(stage, shore, cloudy=0.8)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.06, 0.09))
    for i in range(3):
        ridge = Ridge(dice, f"isles/{i}", 0.3, rough=0.45)
        _isles(stage, ridge, shore + 0.004, stage.frame.height * (0.2 - 0.03 * i), 0.2 + 0.25 * i)
        stage.canvas.glow(sun, 0.6, palette.light, 0.15)
    mirror(stage, shore, dim=0.22, ripple=0.8)
    glints(stage, "glints", sun[0], shore + 0.004, stage.y(1.0), palette.light, count=160, alpha=0.6)
    streaks(stage, "streaks", shore, lighter(palette.sky[2], 0.4), count=80)
    boat = stage.x(dice.number("boat/x", 0.2, 0.8)), stage.y(dice.number("boat/y", 0.72, 0.82))
    sailboat(stage, boat, stage.small * 0.045)
    stage.canvas.veil(palette.sky[2], [(shore - 0.06, 0.0), (shore, 0.4), (shore + 0.06, 0.0)])


def great_waves(stage: Stage) -> None:
    """Waves in layers, foam on their crests."""
    dice = stage.dice
    horizon = stage.y(0.46)
    sun = stage.x(dice.number("sun/x", 0.3, 0.7)), stage.y(dice.number("sun/y", 0.24, 0.32))
    sky(stage, horizon, cloudy=0.6)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.12, 0.16))
    layers = 7
    for i in range(layers):
        near = i / (layers - 1)
        _wave(stage, i, stage.y(0.5 + 0.085 * i), 0.03 + 0.055 * near, near)
    birds(stage, (stage.x(0.4), stage.y(0.3)), 5, depth_colour(stage, 0.8))


def foreground(stage: Stage) -> None:
    """More waves, when more than the frame is seen."""
    room = stage.canvas.view.bottom - stage.frame.bottom
    if room > 0.03:
        for i in range(4):
            _wave(stage, 20 + i, stage.frame.bottom + room * (0.1 + 0.26 * i), 0.06 + 0.02 * i, 1.0 + 0.1 * i)


def _swell(stage: Stage, horizon: float) -> None:
    """Open water: darker towards the viewer, with quiet lines of swell."""
    palette, canvas = stage.palette, stage.canvas
    canvas.at_depth(0.1)
    shallow, deep = mix(palette.far, palette.sky[2], 0.35), mix(palette.near, palette.sky[0], 0.45)
    water = Gradient([(horizon, shallow), (stage.y(0.86), mix(palette.far, deep, 0.7)), (stage.frame.bottom, deep)])
    canvas.shapes([rectangle(canvas.left - 0.1, horizon, canvas.right + 0.1, stage.floor)], water)
    streaks(stage, "swell/light", horizon, lighter(palette.sky[2], 0.2), count=90, alpha=0.3)
    streaks(stage, "swell/dark", horizon, deep, count=70, alpha=0.3)
    canvas.glow((canvas.view.x(0.5), horizon), 2.5, palette.light, 0.4, squash=0.02)


def _isles(stage: Stage, ridge: Ridge, base: float, height: float, depth: float) -> None:
    """Only the upper part of the noise stands out of the water."""
    canvas = stage.canvas
    canvas.at_depth(0.15 + 0.5 * depth)
    line = [
        (x, base - height * max(level - 0.5, 0.0) * 3)
        for x, level in ridge.line(canvas.left - 0.02, canvas.right + 0.02, 320)
    ]
    rock = depth_colour(stage, depth)
    fill = Gradient([(base - height * 0.7, rock), (base, mix(rock, stage.palette.sky[2], 0.35))])
    canvas.shapes([[*line, (canvas.right + 0.02, base), (canvas.left - 0.02, base)]], fill)


def _rock(stage: Stage, x: float, top: float, side: int) -> None:
    dice, canvas = stage.dice, stage.canvas
    canvas.at_depth(0.6)
    rough = Ridge(dice, "rock", 0.12, octaves=4, peaked=True)
    wide = stage.frame.width
    for name, lift, reach, depth in (("back", 0.015, 0.24, 0.62), ("front", 0.0, 0.16, 0.9)):
        points: list[Point] = []
        for i in range(80):
            t = i / 79
            away = x - side * wide * reach + side * wide * (reach + 0.6) * t
            shoulder = min(max((t * (reach + 0.6) / reach), 0.0), 1.0) ** 0.7
            level = stage.frame.height * (0.2 * (1 - shoulder) + 0.05 * (rough(away) - 0.5) * min(shoulder * 2, 1))
            points.append((away, top + level - lift + (0.05 * stage.frame.height if name == "front" else 0)))
        edge = x + side * wide * 1.6
        body = [*points, (edge, points[-1][1]), (edge, stage.floor), (points[0][0], stage.floor)]
        tint = depth_colour(stage, depth)
        canvas.shapes([body], Gradient([(top, lighter(tint, 0.08)), (top + 0.3, darker(tint, 0.2))]))


def _surf(stage: Stage, base: float) -> None:
    for i in range(3):
        _wave(stage, 10 + i, base + i * stage.frame.height * 0.075, 0.018 + 0.014 * i, 0.55 + 0.2 * i)


def _wave(stage: Stage, index: int, base: float, height: float, near: float) -> None:
    """One row of waves: pointed crests, a line of foam, and lighter water below it."""
    dice, palette, canvas = stage.dice, stage.palette, stage.canvas
    canvas.at_depth(0.2 + 0.7 * near)
    length = 0.16 + 0.2 * near
    start = dice.number(f"wave/{index}/start") + 0.04 * canvas.moment.wave(index * 0.21)
    noise = Ridge(dice, f"wave/{index}", length * 1.7, octaves=3)
    count = 320
    line: list[Point] = []
    for i in range(count):
        x = canvas.left - 0.05 + (canvas.right - canvas.left + 0.1) * i / (count - 1)
        swing = abs(math.sin(math.pi * (x / length + start)))
        line.append((x, base - height * (1 - swing) ** 1.25 * (0.6 + 0.9 * noise(x)) - height * 0.4 * noise(x * 0.6)))
    water = _wave_tint(stage, near)
    body = [*line, (canvas.right + 0.1, stage.floor), (canvas.left - 0.1, stage.floor)]
    canvas.shapes(
        [body],
        Gradient(
            [
                (base - height * 1.8, lighter(water, 0.2)),
                (base + height * 1.4, water),
                (base + height * 4, darker(water, 0.22)),
            ]
        ),
    )
    foam = lighter(mix(palette.light, palette.sky[2], 0.3), 0.3)
    for drop, thick, alpha in ((0.0, 0.1, 0.85), (0.42, 0.045, 0.4), (0.85, 0.03, 0.22)):
        edge = [(x, y + height * (drop + thick * (0.4 + 1.2 * noise(x * 2.3)))) for x, y in line]
        over = [(x, y + height * drop) for x, y in line]
        canvas.shapes([over + edge[::-1]], foam, alpha=alpha)


def _wave_tint(stage: Stage, near: float) -> Colour:
    palette = stage.palette
    return mix(mix(palette.far, palette.sky[2], 0.3), mix(palette.near, palette.sky[0], 0.4), 0.15 + 0.85 * near)
