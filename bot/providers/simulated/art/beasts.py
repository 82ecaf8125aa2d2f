"""Animals on their feet: outlines around (0, 0), about one unit tall, in profile looking to the left."""

from bot.providers.simulated.art.geometry import Point, curve, disc, path, placed, ribbon
from bot.providers.simulated.art.paper import Part


def cat(swing: float) -> list[Part]:
    """Seen from behind, looking at whatever there is."""
    body = curve(
        path("-0.27,0.02 -0.35,-0.16 -0.3,-0.38 -0.17,-0.58 0,-0.66 0.17,-0.58 0.3,-0.38 0.35,-0.16 0.27,0.02")
    )
    tail = ribbon(
        curve(
            [
                (0.2, -0.04),
                (0.5, 0.0),
                (0.66 + 0.05 * swing, -0.14),
                (0.6 + 0.12 * swing, -0.34),
                (0.68 + 0.16 * swing, -0.46),
            ],
            closed=False,
        ),
        [0.06, 0.055, 0.05, 0.045, 0.02],
    )
    tilt = 0.06 * swing
    ears = [[(-0.19, -0.76), (-0.18, -1.04), (-0.02, -0.92)], [(0.19, -0.76), (0.18, -1.04), (0.02, -0.92)]]
    head = [disc((0.0, -0.77), 0.205, 0.86), *ears]
    return [
        Part(tail),
        Part(body),
        *(Part(placed([(x, y + 0.6) for x, y in p], (0, -0.6), 1.0, turn=tilt)) for p in head),
    ]


def fox(swing: float) -> list[Part]:
    """Sitting, in profile, the tail around its feet."""
    body = curve(
        path(
            "-0.12,0 -0.16,-0.3 -0.2,-0.5 -0.2,-0.62 -0.3,-0.64 -0.49,-0.67 -0.5,-0.71 -0.34,-0.82 "
            "-0.25,-0.9 -0.08,-0.88 0.02,-0.74 0.12,-0.54 0.25,-0.32 0.3,-0.12 0.26,0"
        ),
        steps=6,
    )
    ears = [[(-0.27, -0.86), (-0.26, -1.1), (-0.12, -0.9)], [(-0.17, -0.88), (-0.09, -1.1), (-0.02, -0.84)]]
    legs = [
        curve([(-0.2, -0.45), (-0.21, -0.2), (-0.24, -0.02), (-0.15, 0.01), (-0.09, -0.02), (-0.08, -0.3)], steps=5),
        curve([(0.02, -0.28), (-0.06, -0.1), (-0.1, 0.0), (0.1, 0.01), (0.3, 0.0), (0.28, -0.2)], steps=5),
    ]
    spine = curve(
        [(0.2, -0.05), (0.42, 0.0), (0.62, -0.08), (0.72, -0.26 - 0.05 * swing), (0.66, -0.42 - 0.08 * swing)],
        closed=False,
    )
    tail = ribbon(spine, [0.04, 0.09, 0.12, 0.1, 0.0])
    tip = ribbon(spine[-12:], [0.115, 0.08, 0.0])
    chest = curve([(-0.22, -0.6), (-0.26, -0.46), (-0.21, -0.26), (-0.1, -0.36), (-0.1, -0.56)], steps=5)
    cheek = curve([(-0.49, -0.69), (-0.34, -0.7), (-0.16, -0.68), (-0.22, -0.6), (-0.34, -0.635)], steps=5)
    return [
        Part(tail),
        Part(tip, "pale"),
        Part(body),
        *(Part(leg) for leg in legs),
        *(Part(ear) for ear in ears),
        Part(chest, "pale"),
        Part(cheek, "pale"),
        Part(disc((-0.485, -0.69), 0.022), "dark"),
        Part(disc((-0.29, -0.77), 0.018), "dark"),
    ]


def deer(swing: float) -> list[Part]:
    """Standing, its antlers against the light."""
    body = curve(
        path(
            "-0.58,-0.88 -0.47,-0.99 -0.38,-0.98 -0.3,-0.86 -0.22,-0.72 -0.08,-0.64 0.14,-0.61 0.34,-0.63 "
            "0.45,-0.55 0.44,-0.4 0.3,-0.34 0.1,-0.33 -0.12,-0.34 -0.27,-0.44 -0.36,-0.62 -0.42,-0.78 "
            "-0.56,-0.82"
        ),
        steps=6,
    )
    legs = [
        ribbon(curve(line, closed=False), [0.06, 0.035, 0.02, 0.022, 0.024])
        for line in (
            [(-0.2, -0.42), (-0.21, -0.22), (-0.2, -0.1), (-0.22, 0.0)],
            [(-0.12, -0.4), (-0.1, -0.22), (-0.12, -0.1), (-0.11, 0.0)],
            [(0.36, -0.46), (0.37, -0.28), (0.42, -0.2), (0.39, 0.0)],
            [(0.28, -0.42), (0.27, -0.26), (0.32, -0.18), (0.29, 0.0)],
        )
    ]
    ear = curve([(-0.37, -0.96), (-0.28, -1.04 - 0.02 * swing), (-0.24, -1.0), (-0.31, -0.92)], steps=4)
    tail = curve([(0.42, -0.58), (0.49, -0.5), (0.45, -0.44)], steps=4)
    beams: list[list[Point]] = []
    for out, up in ((1.0, 1.0), (0.55, 0.96)):
        base = -0.42, -0.97
        main = curve(
            [
                base,
                (base[0] + 0.1 * out, base[1] - 0.14 * up),
                (base[0] + 0.27 * out, base[1] - 0.26 * up),
                (base[0] + 0.24 * out, base[1] - 0.44 * up),
            ],
            closed=False,
        )
        beams.append(ribbon(main, [0.016, 0.013, 0.004]))
        for k, (dx, dy) in ((7, (-0.1, -0.1)), (12, (-0.09, -0.13)), (18, (0.08, -0.1))):
            at = main[k]
            beams.append(ribbon([at, (at[0] + dx * 0.6, at[1] + dy * 0.45), (at[0] + dx, at[1] + dy)], [0.011, 0.003]))
    return [*(Part(beam) for beam in beams), *(Part(leg) for leg in legs), Part(tail, "pale"), Part(body), Part(ear)]


def rabbit(swing: float) -> list[Part]:
    """Upright, one ear listening."""
    body = curve(path("-0.2,0 -0.29,-0.16 -0.24,-0.38 -0.12,-0.52 0.08,-0.52 0.22,-0.38 0.29,-0.16 0.22,0"))
    head = curve(
        [(-0.24, -0.56), (-0.2, -0.68), (-0.04, -0.74), (0.12, -0.68), (0.15, -0.54), (0.0, -0.45), (-0.18, -0.48)]
    )
    ears = [
        placed(
            curve([(-0.05, 0.05), (-0.085, -0.22), (0.0, -0.46), (0.075, -0.22), (0.05, 0.05)]),
            (x, -0.68),
            1.0,
            turn=turn,
        )
        for x, turn in ((-0.02, -0.12 + 0.05 * swing), (0.08, 0.3 + 0.12 * swing))
    ]
    inner = [
        placed(
            curve([(-0.02, 0.0), (-0.04, -0.2), (0.0, -0.37), (0.035, -0.2), (0.02, 0.0)]), (x, -0.68), 1.0, turn=turn
        )
        for x, turn in ((-0.02, -0.12 + 0.05 * swing), (0.08, 0.3 + 0.12 * swing))
    ]
    return [
        Part(disc((0.29, -0.1), 0.085), "pale"),
        *(Part(e) for e in ears),
        *(Part(e, "pale") for e in inner),
        Part(body),
        Part(head),
        Part(curve([(-0.2, -0.4), (-0.22, -0.22), (-0.1, -0.12), (0.0, -0.26), (-0.06, -0.42)]), "pale"),
        Part(disc((-0.1, -0.62), 0.022), "dark"),
    ]
