"""Boats and lighthouses."""

from itertools import pairwise

from bot.providers.simulated.art.colours import Gradient, lighter, mix
from bot.providers.simulated.art.geometry import Point, curve, placed, rectangle
from bot.providers.simulated.art.land import depth_colour
from bot.providers.simulated.art.stage import Stage

_HULL = [(-1.0, -0.02), (-0.82, 0.2), (0.72, 0.2), (1.12, -0.08)]


_MAIN = [(0.06, -2.5), (0.5, -1.5), (0.86, -0.22), (0.06, -0.22)]


_JIB = [(-0.04, -2.2), (-0.36, -1.2), (-0.92, -0.2), (-0.04, -0.28)]


def sailboat(stage: Stage, at: Point, size: float) -> None:
    palette, moment = stage.palette, stage.canvas.moment
    stage.canvas.at_depth(0.5)
    flip = stage.dice.chance("boat/flip", 0.5)
    bob, roll = (at[0], at[1] + 0.004 * moment.wave(0.2)), 0.05 * moment.wave()
    dark = depth_colour(stage, 0.95)
    sailcloth = Gradient(
        [(at[1] - 2.4 * size, lighter(palette.light, 0.2)), (at[1], mix(palette.light, palette.accent, 0.55))]
    )
    shade = [placed([(x, -y * 0.6 + 0.36) for x, y in part], bob, size, flip=flip) for part in (_HULL, _MAIN, _JIB)]
    stage.canvas.shapes(shade, dark, alpha=0.3, blur=size * 0.1)
    stage.canvas.shapes([placed(part, bob, size, flip=flip, turn=roll) for part in (_MAIN, _JIB)], sailcloth)
    mast = [(-0.01, -2.62), (0.03, -2.62), (0.03, 0.0), (-0.01, 0.0)]
    stage.canvas.shapes([placed(part, bob, size, flip=flip, turn=roll) for part in (_HULL, mast)], dark)


def tower(stage: Stage, foot: Point, height: float) -> None:
    """Red and white, its lamp lit."""
    palette, canvas = stage.palette, stage.canvas
    canvas.at_depth(0.6)
    x, top = foot[0], foot[1] - height
    base, neck = height * 0.1, height * 0.062
    white, red = mix(palette.light, palette.far, 0.2), mix(palette.accent, palette.near, 0.25)
    foot_y = foot[1] + height * 0.2

    def half(y: float) -> float:
        return neck + (base - neck) * (y - top) / height

    edges = [top + (foot_y - top) * i / 6 for i in range(7)]
    for i, (y0, y1) in enumerate(pairwise(edges)):
        band = [(x - half(y0), y0), (x + half(y0), y0), (x + half(y1), y1), (x - half(y1), y1)]
        canvas.shapes([band], red if i % 2 else white)
    shade = [
        (x + half(top) * 0.2, top),
        (x + half(top), top),
        (x + half(foot_y), foot_y),
        (x + half(foot_y) * 0.1, foot_y),
    ]
    canvas.shapes([shade], palette.near, alpha=0.35)
    dark = depth_colour(stage, 0.95)
    lamp = x, top - height * 0.055
    _beams(stage, lamp, height)
    canvas.shapes([rectangle(x - neck * 0.72, top - height * 0.11, x + neck * 0.72, top)], lighter(palette.light, 0.3))
    bars = [
        rectangle(x + neck * k - 0.0012, top - height * 0.11, x + neck * k + 0.0012, top)
        for k in (-0.7, -0.25, 0.25, 0.7)
    ]
    deck = rectangle(x - neck * 1.45, top - height * 0.012, x + neck * 1.45, top + height * 0.012)
    roof = curve(
        [
            (x - neck, top - height * 0.105),
            (x - neck * 0.5, top - height * 0.16),
            (x, top - height * 0.19),
            (x + neck * 0.5, top - height * 0.16),
            (x + neck, top - height * 0.105),
        ],
        closed=False,
    )
    canvas.shapes([*bars, deck, roof], dark)
    canvas.glow(lamp, height * 0.4, lighter(palette.light, 0.3), 0.8)


def _beams(stage: Stage, lamp: Point, height: float) -> None:
    palette = stage.palette
    turn = 0.09 * stage.canvas.moment.wave()
    strength = 0.34 if palette.is_night else 0.24
    for side in (-1, 1):
        for spread, alpha in ((0.09, strength), (0.045, strength)):
            far = 3.0
            beam = [
                lamp,
                (lamp[0] + side * far, lamp[1] - far * (spread - turn)),
                (lamp[0] + side * far, lamp[1] + far * (spread + turn)),
            ]
            stage.canvas.shapes([beam], lighter(palette.light, 0.3), alpha=alpha * 0.5, blur=height * 0.012)
