"""A face from the side."""

import math

from bot.providers.simulated.art.colours import lighter, mix
from bot.providers.simulated.art.geometry import Point, curve, path, placed, ribbon
from bot.providers.simulated.art.stage import Stage

PROFILE = path(
    "0.1,-0.94 0.26,-0.85 0.335,-0.71 0.335,-0.585 0.315,-0.525 0.36,-0.44 0.425,-0.345 0.4,-0.31 "
    "0.35,-0.297 0.378,-0.25 0.384,-0.222 0.352,-0.205 0.376,-0.178 0.365,-0.135 0.335,-0.115 "
    "0.345,-0.05 0.31,0.01 0.22,0.03 0.1,0 0.04,0.08 0.05,0.26 0.2,0.38 0.46,0.5 0.62,0.8 "
    "0.66,1.3 -0.78,1.3 -0.74,0.8 -0.58,0.5 -0.36,0.34 -0.3,0.12 -0.36,-0.12 -0.48,-0.34 "
    "-0.5,-0.62 -0.38,-0.83 -0.16,-0.94"
)


def closed_eye(stage: Stage, at: Point, size: float, flip: bool) -> None:
    lid = ribbon(curve([(0.17, -0.475), (0.225, -0.455), (0.28, -0.475)], closed=False), [0.003, 0.009, 0.003])
    lash = [ribbon([(x, -0.462), (x + 0.03, -0.43)], [0.005, 0.001]) for x in (0.225, 0.25, 0.27)]
    brow = ribbon(curve([(0.15, -0.59), (0.23, -0.615), (0.3, -0.58)], closed=False), [0.005, 0.011, 0.004])
    parts = [placed(part, at, size, flip=flip) for part in (lid, brow, *lash)]
    stage.canvas.shapes(parts, lighter(mix(stage.palette.near, stage.palette.accent, 0.5), 0.15), alpha=0.8)


def hair(stage: Stage, at: Point, size: float, flip: bool) -> None:
    """Locks that start at the brow and end in the wind behind."""
    palette, dice = stage.palette, stage.dice
    wave = stage.canvas.moment.wave()
    cap = curve(
        path(
            "0.27,-0.84 0.3,-0.95 0.12,-1.1 -0.2,-1.12 -0.5,-0.94 -0.66,-0.6 -0.6,-0.2 -0.42,0.06 "
            "-0.3,0.02 -0.12,-0.2 -0.04,-0.5 0.1,-0.74"
        ),
        steps=6,
    )
    stage.canvas.shapes([placed(cap, at, size, flip=flip)], palette.near)
    gleams: list[list[Point]] = []
    for i in range(16):
        share = i / 15
        lift = dice.number(f"lock/{i}", -0.08, 0.08) + 0.03 * wave * (0.4 + share)
        start = 0.2 - 0.6 * share, -1.0 + 0.24 * share**2
        way = [
            start,
            (-0.32 - 0.2 * share, -0.92 + 0.44 * share),
            (-0.72 - 0.1 * share, -0.5 + 0.62 * share + lift),
            (-1.0 - 0.12 * math.sin(i), -0.38 + 0.72 * share + lift * 2),
            (-1.3 + 0.14 * math.cos(i * 2.1), -0.5 + 0.8 * share + lift * 3),
        ]
        lock = ribbon(curve(way, closed=False), [0.0, 0.06, 0.07, 0.035, 0.0])
        tint = mix(palette.near, palette.accent, 0.1 + 0.3 * dice.number(f"shine/{i}"))
        stage.canvas.shapes([placed(lock, at, size, flip=flip)], tint)
        if i % 3 == 1:
            gleams.append(placed(ribbon(curve(way[1:], closed=False), [0.0, 0.008, 0.006, 0.0]), at, size, flip=flip))
    stage.canvas.shapes(gleams, mix(palette.accent, palette.light, 0.5), alpha=0.45)
