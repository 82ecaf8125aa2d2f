"""Branches in blossom."""

import math
from random import Random

from bot.providers.simulated.art.colours import Colour, lighter, mix, shifted
from bot.providers.simulated.art.geometry import Point, curve, disc, placed, ribbon
from bot.providers.simulated.art.stage import Stage


def branch(stage: Stage, start: Point, side: int, scale: float, name: str) -> list[Point]:
    """A gnarled branch that grows inwards; the places of its flowers are returned."""
    chance = stage.dice.crowd(f"branch/{name}")
    length = max(stage.frame.width * 0.75, 0.6) * scale
    bark = mix(stage.palette.near, (40, 26, 30), 0.4)
    points = [
        (
            start[0] + side * length * t,
            start[1] + stage.small * (0.14 * t - 0.1 * math.sin(3.4 * t) + chance.uniform(-0.025, 0.025)),
        )
        for t in (i / 7 for i in range(8))
    ]
    main = curve(points, closed=False, steps=6)
    limbs = [ribbon(main, [0.026 * scale, 0.017 * scale, 0.011 * scale, 0.004 * scale])]
    tips = main[10:]
    for k in range(9):
        at = main[6 + k * 4]
        lift, reach = chance.choice((-1, 1, 1)), stage.small * chance.uniform(0.08, 0.19) * scale
        tip = at[0] + side * reach * 0.8, at[1] - lift * reach * 0.75
        twig = curve([at, (at[0] + side * reach * 0.3, at[1] - lift * reach * 0.5), tip], closed=False)
        limbs.append(ribbon(twig, [0.007 * scale, 0.002]))
        tips += twig[4:]
    stage.canvas.shapes(limbs, bark)
    return tips


def blossoms(stage: Stage, name: str, places: list[Point], pink: Colour) -> None:
    chance = stage.dice.crowd(f"blossoms/{name}")
    petal = curve(
        [(0, 0), (-0.4, -0.4), (-0.42, -0.85), (-0.1, -0.98), (0.0, -0.88), (0.1, -0.98), (0.42, -0.85), (0.4, -0.4)],
        steps=3,
    )
    petals: dict[Colour, list[list[Point]]] = {
        mix(pink, stage.palette.near, 0.2): [],
        pink: [],
        lighter(pink, 0.35): [],
        lighter(pink, 0.6): [],
    }
    hearts: list[list[Point]] = []
    for tint, outlines in petals.items():
        for place in places:
            for _ in range(chance.choice((0, 0, 0, 0, 1))):
                at = place[0] + chance.gauss(0, 0.02), place[1] + chance.gauss(0, 0.02)
                outlines += _five(petal, at, chance.uniform(0.014, 0.026), chance)
                hearts.append(disc(at, 0.0032, corners=10))
        stage.canvas.shapes(outlines, tint, alpha=0.96)
    stage.canvas.shapes(hearts[-len(hearts) // 4 :], shifted(pink, 0.0, 1.0, 0.6), alpha=0.8)


def _five(petal: list[Point], at: Point, size: float, chance: Random) -> list[list[Point]]:
    start = chance.uniform(0, math.tau)
    return [placed(petal, at, size, turn=start + math.tau * i / 5) for i in range(5)]
