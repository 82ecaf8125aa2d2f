"""An owl on its stump."""

from bot.providers.simulated.art.geometry import curve, disc, path, placed
from bot.providers.simulated.art.paper import Part


def owl(swing: float) -> list[Part]:
    """On its stump, awake."""
    stump = [(-0.34, 0.1), (-0.27, -0.22), (-0.3, -0.3), (0.3, -0.3), (0.26, -0.2), (0.36, 0.1)]
    body = curve(
        path("-0.16,-0.27 -0.29,-0.5 -0.29,-0.78 -0.2,-0.98 0,-1.04 0.2,-0.98 0.29,-0.78 0.29,-0.5 0.16,-0.27")
    )
    tufts = [[(-0.24, -0.9), (-0.27, -1.14), (-0.08, -1.01)], [(0.24, -0.9), (0.27, -1.14), (0.08, -1.01)]]
    belly = curve(
        [(-0.14, -0.34), (-0.19, -0.52), (-0.12, -0.7), (0.0, -0.74), (0.12, -0.7), (0.19, -0.52), (0.14, -0.34)]
    )
    flecks = [
        placed([(-0.03, 0), (0, 0.022), (0.03, 0), (0, 0.008)], (x, y), 1.0)
        for y, row in ((-0.62, (-0.06, 0.06)), (-0.54, (-0.11, 0.0, 0.11)), (-0.46, (-0.07, 0.07)))
        for x in row
    ]
    wings = [
        curve([(side * 0.29, -0.72), (side * 0.33, -0.5), (side * 0.2, -0.28), (side * 0.2, -0.55)], steps=6)
        for side in (-1, 1)
    ]
    eyes: list[Part] = []
    for side in (-1, 1):
        at = side * 0.105, -0.86
        eyes += [
            Part(disc(at, 0.098), "pale"),
            Part(disc(at, 0.07), "shine"),
            Part(disc((at[0] + 0.012 * swing, at[1]), 0.036), "dark"),
        ]
    beak = [(-0.03, -0.8), (0.0, -0.71), (0.03, -0.8)]
    return [
        Part(stump, "dark"),
        Part(body),
        *(Part(t) for t in tufts),
        Part(belly, "pale"),
        *(Part(f, "dark") for f in flecks),
        *(Part(w, "dark") for w in wings),
        *eyes,
        Part(beak, "shine"),
    ]
