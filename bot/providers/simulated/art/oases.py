"""What lives in a desert: camels, walkers, cactuses, palms."""

import math

from bot.providers.simulated.art.geometry import Point, curve, path, placed, ribbon
from bot.providers.simulated.art.land import depth_colour
from bot.providers.simulated.art.stage import Stage

CAMEL = path(
    "-0.98,-0.74 -0.9,-0.86 -0.74,-0.88 -0.66,-0.8 -0.64,-0.66 -0.58,-0.5 -0.5,-0.48 -0.4,-0.62 "
    "-0.28,-0.7 -0.16,-0.86 -0.04,-0.94 0.08,-0.86 0.2,-0.7 0.36,-0.66 0.46,-0.56 0.52,-0.4 "
    "0.55,-0.2 0.51,-0.2 0.46,-0.36 0.42,-0.3 0.44,-0.16 0.4,0 0.33,0 0.35,-0.16 0.3,-0.34 "
    "0.1,-0.32 -0.1,-0.3 -0.2,-0.32 -0.22,-0.16 -0.18,0 -0.25,0 -0.3,-0.16 -0.34,-0.32 -0.46,-0.3 "
    "-0.6,-0.34 -0.7,-0.48 -0.76,-0.66 -0.84,-0.7"
)


def walker(at: Point, size: float, step: float) -> list[Point]:
    robe = [
        (-0.12, -0.78),
        (-0.15, -0.92),
        (0.0, -1.06),
        (0.15, -0.92),
        (0.12, -0.78),
        (0.24, -0.3),
        (0.3 + step, 0.0),
        (-0.26 - step, 0.0),
        (-0.2, -0.4),
    ]
    return placed(curve(robe, steps=4), at, size)


def cactus(foot: Point, height: float) -> list[list[Point]]:
    def arm(points: list[Point], half: float) -> list[Point]:
        return placed(ribbon(curve(points, closed=False), [half, half * 1.1, half, half * 0.55]), foot, height)

    return [
        arm([(0.0, 0.05), (0.0, -0.5), (0.0, -1.0)], 0.075),
        arm([(0.0, -0.42), (0.2, -0.42), (0.25, -0.56), (0.25, -0.78)], 0.05),
        arm([(0.0, -0.3), (-0.2, -0.3), (-0.25, -0.44), (-0.25, -0.62)], 0.05),
    ]


def palm(stage: Stage, foot: Point, height: float, index: int) -> None:
    dice, canvas = stage.dice, stage.canvas
    canvas.at_depth(0.7)
    lean = dice.number(f"palm/lean/{index}", -0.2, 0.2)
    sway = 0.05 * canvas.moment.wave(index * 0.2)
    top = foot[0] + height * (lean + sway * 0.2), foot[1] - height
    bend = foot[0] + height * lean * 0.3, foot[1] - height * 0.5
    parts = [ribbon(curve([foot, bend, top], closed=False), [height * 0.032, height * 0.02, height * 0.015])]
    for k in range(10):
        fan = 1 - (k + 0.5) / 5
        angle = (
            math.pi * (0.5 + 0.62 * math.copysign(abs(fan) ** 0.6, fan))
            + dice.number(f"palm/{index}/{k}", -0.1, 0.1)
            + sway
        )
        reach = height * dice.number(f"frond/{index}/{k}", 0.34, 0.46)
        tip = top[0] + reach * math.cos(angle), top[1] - reach * math.sin(angle) * 0.3 + reach * 0.36
        arch = top[0] + reach * 0.55 * math.cos(angle), top[1] - reach * 0.34 * math.sin(angle) - reach * 0.08
        spine = curve([top, arch, tip], closed=False, steps=9)
        parts.append(_frond(spine, reach * 0.16))
    canvas.shapes(parts, depth_colour(stage, 0.92))


def _frond(spine: list[Point], width: float) -> list[Point]:
    """A palm leaf: a rib with a fringe below it."""
    fringe: list[Point] = []
    count = len(spine)
    for i, (x, y) in enumerate(spine[1:], start=1):
        long = width * math.sin(math.pi * (0.12 + 0.86 * i / count))
        fringe += [(x - width * 0.12, y + long * 0.3), (x, y + long * 1.5)]
    return spine + fringe[::-1]
