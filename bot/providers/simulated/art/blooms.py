"""Single flowers from close up."""

import math

from bot.providers.simulated.art.colours import Colour, Gradient, darker, lighter, mix, shifted
from bot.providers.simulated.art.geometry import Point, curve, disc, path, placed, ribbon
from bot.providers.simulated.art.stage import Stage

_PETAL = [(0.0, 0.05), (-0.2, -0.25), (-0.3, -0.6), (-0.2, -0.9), (0.0, -1.04), (0.2, -0.9), (0.3, -0.6), (0.2, -0.25)]


_SPIKED = path("0,0.05 -0.15,-0.2 -0.24,-0.55 -0.13,-0.88 0,-1.1 0.13,-0.88 0.24,-0.55 0.15,-0.2")


def rosette(stage: Stage, centre: Point, size: float, rings: int) -> None:
    """Rings of petals from the outside in; each petal is dark at its foot and light at its rim."""
    dice, palette, canvas = stage.dice, stage.palette, stage.canvas
    outer, inner = flower_tint(stage), mix(flower_tint(stage), palette.light, 0.7)
    shape = curve(_SPIKED if dice.chance("spiked", 0.5) else _PETAL, steps=5)
    count = dice.pick("petals", (11, 13, 16))
    for ring in range(rings):
        share = ring / (rings - 1)
        reach = size * (1 - 0.82 * share)
        tint = mix(outer, inner, share)
        start = ring * math.pi / count + 0.04 * canvas.moment.wave(share)
        turns = [start + math.tau * i / count + dice.number(f"petal/{ring}/{i}", -0.05, 0.05) for i in range(count)]
        for turn in turns[::2] + turns[1::2]:
            petal = placed(shape, centre, reach, turn=turn)
            canvas.shapes(
                [placed(shape, (centre[0], centre[1] + reach * 0.02), reach * 1.03, turn=turn)],
                darker(outer, 0.7),
                alpha=0.3,
                blur=reach * 0.035,
            )
            canvas.shapes([petal], mix(tint, darker(outer, 0.45), 0.2 + 0.12 * math.sin(turn * 2 + 1)))
            canvas.shapes([placed(shape, centre, reach * 0.96, turn=turn + 0.035)], tint, alpha=0.75)
            vein = [(0.0, 0.0), (-0.045, -0.45), (0.0, -0.85), (0.045, -0.45)]
            canvas.shapes([placed(vein, centre, reach, turn=turn)], darker(outer, 0.4), alpha=0.25, blur=reach * 0.02)
    canvas.glow(centre, size * 0.5, darker(outer, 0.4), 0.35)
    gold = [
        placed(disc((0, -size * 0.16 * math.sqrt(i / 60)), size * 0.011, corners=10), centre, 1.0, turn=i * 2.39996)
        for i in range(60)
    ]
    canvas.shapes(gold, mix(palette.light, (255, 196, 80), 0.55))


def leaves(stage: Stage, centre: Point, size: float) -> None:
    palette = stage.palette
    green = mix(mix(palette.near, palette.far, 0.35), (50, 110, 80), 0.35)
    leaf = curve([(0, 0), (-0.25, -0.5), (-0.18, -1.0), (0, -1.3), (0.18, -1.0), (0.25, -0.5)], steps=6)
    for i in range(7):
        turn = stage.dice.number(f"leaf/{i}", -0.25, 0.25) + math.tau * i / 7
        stage.canvas.shapes([placed(leaf, centre, size, turn=turn)], mix(green, palette.near, 0.25 + 0.3 * (i % 2)))
        rib = ribbon([(0, -0.3), (0, -1.25)], [0.012, 0.002])
        stage.canvas.shapes([placed(rib, centre, size, turn=turn)], lighter(green, 0.25), alpha=0.5)


def lotus_flower(stage: Stage, foot: Point, size: float) -> None:
    """Pointed petals in three rows, the rear ones first."""
    canvas, palette = stage.canvas, stage.palette
    pink = flower_tint(stage)
    shape = curve([(0, 0.02), (-0.24, -0.35), (-0.2, -0.75), (0, -1.12), (0.2, -0.75), (0.24, -0.35)], steps=7)
    rows = (
        ((-0.9, -0.45, 0.0, 0.45, 0.9), 0.82, 0.5),
        ((-1.25, -0.68, 0.68, 1.25), 0.86, 0.28),
        ((-0.32, 0.32), 0.84, 0.2),
        ((-1.5, 1.5), 0.84, 0.1),
        ((-1.0, 1.0), 0.76, 0.06),
        ((-0.55, 0.55), 0.7, 0.0),
        ((0.0,), 0.7, 0.0),
    )
    for turns, reach, pale in rows:
        for turn in turns:
            high = size * reach * (1.0 - 0.16 * abs(turn))
            tip, root = foot[1] - high * math.cos(turn), foot[1]
            tint = mix(lighter(pink, 0.42), pink, pale)
            fill = Gradient([(tip, pink), (root, lighter(tint, 0.35))]) if root - tip > 0.01 else tint
            petal = placed(shape, foot, high, turn=turn)
            canvas.shapes([petal], darker(pink, 0.5), alpha=0.3, blur=size * 0.02)
            canvas.shapes([petal], fill)
            vein = [(0.0, -0.1), (-0.02, -0.5), (0.0, -0.95), (0.02, -0.5)]
            canvas.shapes([placed(vein, foot, high, turn=turn)], darker(pink, 0.25), alpha=0.22)
    canvas.glow((foot[0], foot[1] - size * 0.3), size * 0.7, palette.light, 0.35)


def pads(stage: Stage, shore: float) -> None:
    """Leaves on the water, flat in the distance."""
    palette = stage.palette
    green = mix(mix(palette.near, palette.far, 0.3), (60, 120, 90), 0.3)
    chance = stage.dice.crowd("pads")
    places = sorted((chance.random() ** 0.8, chance.uniform(-0.1, 1.1)) for _ in range(16))
    stage.canvas.at_depth(0.8)
    for near, across in places:
        at = stage.x(across), shore + 0.05 + (stage.frame.bottom - shore) * near
        radius = 0.035 + 0.075 * near
        cut = chance.uniform(0, math.tau)
        round_ = [
            (radius * math.cos(cut + 0.25 + t), radius * 0.3 * math.sin(cut + 0.25 + t))
            for t in ((math.tau - 0.5) * i / 40 for i in range(41))
        ]
        pad = [at, *((at[0] + x, at[1] + y) for x, y in round_)]
        stage.canvas.shapes([[(x, y + radius * 0.06) for x, y in pad]], darker(green, 0.5), alpha=0.6)
        stage.canvas.shapes(
            [pad], Gradient([(at[1] - radius * 0.3, mix(green, palette.sky[2], 0.35)), (at[1] + radius * 0.3, green)])
        )


def flower_tint(stage: Stage) -> Colour:
    """What the flowers of one picture are like: named in the prompt, or the palette's spark."""
    named = {
        "red": (214, 52, 56),
        "pink": (240, 130, 165),
        "purple": (150, 96, 200),
        "blue": (92, 130, 220),
        "white": (238, 232, 226),
        "yellow": (246, 196, 72),
        "orange": (242, 132, 58),
        "rose": (224, 78, 110),
        "sunflower": (248, 190, 48),
        "lavender": (160, 132, 212),
        "cherry": (246, 168, 190),
        "sakura": (246, 168, 190),
        "poppy": (220, 62, 54),
        "tulip": (232, 84, 96),
    }
    for word, tint in named.items():
        if word in stage.words:
            return shifted(tint, stage.dice.number("flower/hue", -0.03, 0.03))
    return mix(stage.palette.accent, (240, 110, 140), stage.dice.number("flower/pink", 0.0, 0.6))
