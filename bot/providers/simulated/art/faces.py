"""A face from the front: features, hair, a wreath, a halo."""

import math

from bot.providers.simulated.art.colours import Colour, Gradient, darker, lighter, mix
from bot.providers.simulated.art.geometry import Point, curve, disc, path, placed, ribbon
from bot.providers.simulated.art.stage import Stage

_FACE = path("0,-0.6 0.2,-0.56 0.315,-0.34 0.318,-0.08 0.265,0.14 0.17,0.29 0.07,0.37 0,0.385")


_PARTING = path("0,-0.7 0.2,-0.67 0.36,-0.48 0.385,-0.1 0.34,0.14 0.325,-0.14 0.24,-0.36 0.02,-0.56")


def sun_disc(stage: Stage, at: Point, radius: float) -> None:
    palette = stage.palette
    stage.canvas.glow(at, radius * 2.0, palette.light, 0.6)
    turn = 0.05 * stage.canvas.moment.wave()
    rays = [
        [
            (at[0] + radius * r * math.cos(a + w), at[1] + radius * r * math.sin(a + w))
            for r, w in ((1.06, -0.025), (1.42, 0.0), (1.06, 0.025))
        ]
        for a in (turn + math.tau * i / 36 for i in range(36))
    ]
    stage.canvas.shapes(rays, mix(palette.light, palette.accent, 0.3), alpha=0.75)
    gold = Gradient([(at[1] - radius, palette.light), (at[1] + radius, mix(palette.light, palette.accent, 0.65))])
    stage.canvas.shapes([disc(at, radius, corners=120)], gold)
    ring = ribbon([*disc(at, radius * 0.93, corners=120), (at[0] + radius * 0.93, at[1])], [radius * 0.008])
    stage.canvas.shapes([ring], palette.accent, alpha=0.6)


def bust(stage: Stage, at: Point, size: float) -> None:
    """Hair behind, shoulders, neck, face, hair in front, closed eyes, and a wreath."""
    dice, palette, canvas = stage.dice, stage.palette, stage.canvas
    hair = mix(palette.near, dice.pick("hair", ((60, 34, 30), (26, 22, 40), (120, 60, 36))), 0.55)
    skin = dice.pick("skin", ((244, 205, 178), (222, 170, 136), (176, 120, 88), (120, 78, 58)))
    skin = mix(skin, palette.sky[2], 0.18)
    sway = 0.02 * canvas.moment.wave()

    def put(half: list[Point], tint: Colour | Gradient) -> None:
        """A symmetrical shape, given by its right half from top to bottom."""
        whole = half + [(-x, y) for x, y in reversed(half) if x > 0]
        canvas.shapes([placed(curve(whole, steps=7), at, size)], tint)

    tips = [(0.52 + sway, 0.5), (0.62 + sway, 0.95), (0.3, 1.05), (0.0, 1.0)]
    put([*path("0,-0.72 0.3,-0.62 0.47,-0.3 0.46,0.1"), *tips], hair)
    dyed = mix(palette.accent, palette.near, 0.25)
    cloth = Gradient([(at[1] + size * 0.5, dyed), (at[1] + size * 1.9, palette.near)])
    put(path("0,0.6 0.14,0.5 0.3,0.56 0.62,0.68 0.82,0.98 0.9,1.7 0.3,1.75"), cloth)
    shade = mix(skin, palette.near, 0.35)
    put(path("0,0.1 0.13,0.2 0.135,0.45 0.19,0.55 0,0.68"), shade)
    put(_FACE, skin)
    right = [*_FACE, *path("0,0.385 0.03,0.1 0.05,0.02 0,-0.14")]
    canvas.shapes([placed(curve(right, steps=7), at, size)], shade, alpha=0.4)
    _features(stage, at, size, skin, hair)
    _front_hair(stage, at, size, hair, sway)
    _wreath(stage, at, size)


def _front_hair(stage: Stage, at: Point, size: float, hair: Colour, sway: float) -> None:
    """What falls to both sides of the parting, and a few lighter strands in it."""
    strands: list[list[Point]] = []
    for flip in (True, False):
        stage.canvas.shapes([placed(curve(_PARTING, steps=7), at, size, flip=flip)], hair)
        for k in range(3):
            way = [(0.02, -0.62), (0.22 + 0.03 * k, -0.5), (0.35 + 0.025 * k, -0.1), (0.4 + 0.06 * k + sway, 0.5)]
            strand = ribbon(curve(way, closed=False), [0.004, 0.008, 0.002])
            strands.append(placed(strand, at, size, flip=flip))
    stage.canvas.shapes(strands, lighter(hair, 0.22), alpha=0.6)


def _features(stage: Stage, at: Point, size: float, skin: Colour, hair: Colour) -> None:
    canvas = stage.canvas
    ink = mix(hair, (30, 18, 26), 0.5)
    for flip in (True, False):
        lid = ribbon(curve([(0.075, -0.075), (0.14, -0.045), (0.215, -0.085)], closed=False), [0.004, 0.011, 0.004])
        lashes = [
            ribbon([(x, y), (x + dx, y + 0.035)], [0.005, 0.001])
            for x, y, dx in ((0.12, -0.05, -0.004), (0.155, -0.05, 0.01), (0.185, -0.06, 0.02), (0.21, -0.078, 0.03))
        ]
        brow = ribbon(curve([(0.07, -0.185), (0.15, -0.225), (0.235, -0.18)], closed=False), [0.012, 0.013, 0.003])
        canvas.shapes([placed(part, at, size, flip=flip) for part in (lid, brow, *lashes)], ink, alpha=0.85)
        cheek = at[0] + (-1 if flip else 1) * size * 0.19, at[1] + size * 0.06
        canvas.glow(cheek, size * 0.12, mix(stage.palette.accent, (230, 90, 90), 0.8), 0.3)
    nose = ribbon(
        curve([(0.02, -0.12), (0.045, 0.03), (0.035, 0.07), (0.0, 0.08), (-0.03, 0.068)], closed=False),
        [0.002, 0.006, 0.007, 0.005],
    )
    canvas.shapes([placed(nose, at, size)], mix(skin, ink, 0.5), alpha=0.7)
    upper = curve([(-0.085, 0.178), (-0.03, 0.152), (0.0, 0.162), (0.03, 0.152), (0.085, 0.178), (0.0, 0.19)], steps=6)
    lower = curve([(-0.08, 0.182), (0.0, 0.19), (0.08, 0.182), (0.0, 0.228)], steps=8)
    red = mix((186, 60, 66), stage.palette.accent, 0.1)
    canvas.shapes([placed(lower, at, size)], mix(red, skin, 0.2))
    canvas.shapes([placed(upper, at, size)], darker(red, 0.18))


def _wreath(stage: Stage, at: Point, size: float) -> None:
    """Leaves and flowers along the hairline."""
    palette, dice, canvas = stage.palette, stage.dice, stage.canvas
    green = mix(mix(palette.near, palette.far, 0.4), (70, 120, 90), 0.5)
    leaf = curve([(0, 0), (-0.22, -0.5), (0, -1.0), (0.22, -0.5)], steps=5)
    petal = curve([(0, 0), (-0.42, -0.45), (-0.32, -0.95), (0.0, -1.02), (0.32, -0.95), (0.42, -0.45)], steps=4)
    spots = [(math.pi * (1.0 - t), t) for t in (0.08, 0.2, 0.31, 0.42, 0.52, 0.63, 0.74, 0.85, 0.95)]
    for i, (turn, _) in enumerate(spots):
        x, y = 0.36 * math.cos(turn), -0.4 - 0.26 * math.sin(turn)
        for k in range(3):
            angle = math.pi / 2 - turn + (k - 1) * 0.75 + dice.number(f"wreath/{i}/{k}", -0.2, 0.2)
            canvas.shapes(
                [placed(placed(leaf, (0, 0), 0.2, turn=angle), (at[0] + x * size, at[1] + y * size), size)],
                mix(green, palette.near, 0.15 * k),
            )
    tints = (palette.accent, lighter(palette.accent, 0.45), mix(palette.light, palette.accent, 0.2))
    for i, (turn, _) in enumerate(spots):
        middle = at[0] + 0.36 * size * math.cos(turn), at[1] + size * (-0.4 - 0.26 * math.sin(turn))
        big = size * dice.number(f"rose/{i}", 0.065, 0.105)
        for ring, reach in enumerate((1.0, 0.68, 0.4)):
            tint = mix(tints[i % 3], palette.near, 0.24 - 0.12 * ring)
            canvas.shapes(
                [placed(petal, middle, big * reach, turn=math.tau * k / 6 + ring * 0.5) for k in range(6)], tint
            )
        canvas.shapes([disc(middle, big * 0.17, corners=16)], mix(palette.light, (255, 200, 90), 0.6))
