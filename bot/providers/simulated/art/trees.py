"""Trees in leaf, bare trunks, shafts of light and fireflies."""

import math
from random import Random

from bot.providers.simulated.art.colours import Colour, Gradient, lighter, mix
from bot.providers.simulated.art.geometry import Point, curve, disc, placed, ribbon
from bot.providers.simulated.art.land import depth_colour
from bot.providers.simulated.art.stage import Stage


def trunks(stage: Stage, name: str, *, gap: float, width: float, depth: float, foot: float, clear: float = 0.0) -> None:
    """Trunks from the ground to beyond the upper edge; none stands within `clear` of the middle."""
    canvas = stage.canvas
    canvas.at_depth(0.15 + 0.75 * depth)
    top = min(stage.frame.top, canvas.view.top) - 0.1
    stems: list[list[Point]] = []
    for i in range(math.floor(canvas.left / gap) - 1, math.ceil(canvas.right / gap) + 2):
        chance = stage.dice.crowd(f"{name}/{i}", i * gap, gap)
        x, half = (i + chance.uniform(-0.38, 0.38)) * gap, width * chance.uniform(0.35, 1.0) / 2
        if abs(x) < clear:
            continue
        lean = chance.uniform(-0.05, 0.05)
        rise = foot - top
        spine = [
            (x + lean * t * rise + half * 0.5 * math.sin(7 * t + i), foot + 0.02 - rise * t)
            for t in (k / 12 for k in range(13))
        ]
        stems.append(ribbon(spine, [half * 1.9, half * 1.1, half, half * 0.92, half * 0.85, half * 0.8]))
        stems += _twigs(spine, half, chance)
    colour = depth_colour(stage, depth)
    haze = mix(colour, stage.palette.sky[2], 0.45 * (1 - depth))
    canvas.shapes(stems, Gradient([(top + 0.2, mix(colour, haze, 0.5)), (stage.y(0.45), haze), (foot, colour)]))


def shafts(stage: Stage, source: Point, tint: Colour, strength: float) -> None:
    """Beams of light that fall from a place above."""
    chance = stage.dice.crowd("shafts")
    stage.canvas.at_depth(0.3)
    for i in range(7):
        angle = chance.uniform(-0.75, 0.75) + 0.015 * stage.canvas.moment.wave(i / 7)
        spread = chance.uniform(0.015, 0.06)
        reach = 2.6
        edges = [
            (source[0] + reach * math.sin(angle + side), source[1] + reach * math.cos(angle + side))
            for side in (-spread, spread)
        ]
        stage.canvas.shapes([[source, *edges]], tint, alpha=strength * chance.uniform(0.4, 1.0), blur=0.012)


def fireflies(stage: Stage, name: str, top: float, bottom: float, count: int) -> None:
    """Warm sparks that come and go."""
    chance = stage.dice.crowd(name)
    moment = stage.canvas.moment
    stage.canvas.at_depth(0.8)
    warm = mix(stage.palette.light, (255, 214, 110), 0.7)
    for _ in range(count):
        x, y = chance.uniform(stage.x(-0.1), stage.x(1.1)), chance.uniform(top, bottom)
        shine = 0.75 + 0.25 * moment.wave(chance.random(), chance.choice((1, 2)))
        at = x + 0.012 * moment.wave(chance.random()), y + 0.01 * moment.wave(chance.random())
        size = chance.uniform(0.006, 0.014)
        stage.canvas.glow(at, size * 2.6, warm, 0.5 * shine)
        stage.canvas.glow(at, size * 0.8, lighter(warm, 0.5), shine)


def leafy_tree(stage: Stage, foot: Point, height: float, leaves: tuple[Colour, Colour, Colour]) -> None:
    """A broad old tree: roots, boughs, and a crown of clusters from shadow to light."""
    chance = stage.dice.crowd("tree")
    canvas = stage.canvas
    sway = 0.008 * height * canvas.moment.wave()
    bark = depth_colour(stage, 0.95)
    fork = foot[0] + height * 0.02, foot[1] - height * 0.38
    limbs = [
        ribbon(
            curve([foot, (foot[0] - height * 0.015, foot[1] - height * 0.18), fork], closed=False),
            [height * 0.075, height * 0.042, height * 0.036, height * 0.034],
        )
    ]
    for i in range(7):
        angle = -math.pi / 2 + (i - 3) * 0.37 + chance.uniform(-0.1, 0.1)
        reach = height * chance.uniform(0.26, 0.36)
        tip = fork[0] + reach * math.cos(angle) * 1.15, fork[1] + reach * math.sin(angle)
        bend = (fork[0] + tip[0]) / 2, (fork[1] + tip[1]) / 2 + height * 0.02
        limbs.append(ribbon(curve([fork, bend, tip], closed=False), [height * 0.022, height * 0.006]))
    canvas.shapes(limbs, bark)
    middle = fork[0], fork[1] - height * 0.2
    for layer, tint in enumerate((leaves[0], mix(leaves[0], leaves[1], 0.6), leaves[1], leaves[2])):
        reach = 1.0 - 0.12 * layer
        clusters: list[list[Point]] = []
        for _ in range(150 - 26 * layer):
            turn, away = chance.uniform(0, math.tau), reach * chance.random() ** 0.42
            at = (
                middle[0] + height * 0.47 * away * math.cos(turn) + sway * (layer + 1),
                middle[1] + height * (0.29 * away * math.sin(turn) - 0.035 * layer),
            )
            clusters.append(_cluster(at, height * chance.uniform(0.034, 0.066) * (1 - 0.14 * layer), chance))
        canvas.shapes(clusters, tint, alpha=0.94)


def foliage(stage: Stage, name: str, tints: tuple[Colour, ...], count: int, size: float) -> None:
    """Leaves that hang into the picture from above, dense at the upper edge."""
    chance = stage.dice.crowd(name)
    stage.canvas.at_depth(0.85)
    moment = stage.canvas.moment
    for tint in tints:
        leaves: list[list[Point]] = []
        for _ in range(count):
            x = stage.x(chance.uniform(-0.6, 1.6))
            y = stage.y(0.52 * chance.random() ** 1.7 * (0.75 + 0.3 * math.sin(9 * x)) - 0.03)
            turn = chance.uniform(0, math.tau) + 0.2 * moment.wave(chance.random())
            leaf = [(-1.0, 0.0), (-0.2, -0.42), (0.5, -0.3), (1.0, 0.0), (0.5, 0.3), (-0.2, 0.42)]
            leaves.append(placed(leaf, (x, y), size * chance.uniform(0.5, 1.0), turn=turn))
        stage.canvas.shapes(leaves, tint, alpha=0.92)


def falling(stage: Stage, name: str, tints: tuple[Colour, ...], count: int, size: float) -> None:
    """Leaves or petals in the air."""
    chance = stage.dice.crowd(name)
    stage.canvas.at_depth(0.9)
    time = stage.canvas.moment.time
    for tint in tints:
        petals: list[list[Point]] = []
        for _ in range(count):
            start, turn = chance.random(), chance.uniform(0, math.tau)
            x = stage.x(chance.uniform(-0.1, 1.1)) + 0.03 * stage.canvas.moment.wave(start)
            y = stage.y(-0.1 + 1.2 * ((start + time) % 1.0))
            half = size * chance.uniform(0.4, 1.0)
            dx, dy = half * math.cos(turn + math.tau * time), half * math.sin(turn + math.tau * time)
            petals.append(
                curve(
                    [(x - dx, y - dy), (x - dy * 0.4, y + dx * 0.4), (x + dx, y + dy), (x + dy * 0.4, y - dx * 0.4)],
                    steps=4,
                )
            )
        stage.canvas.shapes(petals, tint, alpha=0.9)


def _cluster(at: Point, size: float, chance: Random) -> list[Point]:
    start = chance.random()
    bumps = 7
    return [
        (
            at[0] + size * (1 + 0.08 * math.sin(bumps * turn + start * 9)) * math.cos(turn),
            at[1] + size * 0.78 * (1 + 0.08 * math.sin(bumps * turn + start * 9)) * math.sin(turn),
        )
        for turn in (math.tau * i / 42 for i in range(42))
    ]


def _twigs(spine: list[Point], half: float, chance: Random) -> list[list[Point]]:
    twigs: list[list[Point]] = []
    for _ in range(3):
        x, y = spine[chance.randrange(5, 12)]
        side, reach = chance.choice((-1, 1)), half * chance.uniform(4, 9)
        tip = x + side * reach, y - reach * chance.uniform(0.3, 0.8)
        bend = x + side * reach * 0.5, y - reach * 0.12
        twigs.append(ribbon(curve([(x, y), bend, tip], closed=False, steps=5), [half * 0.3, half * 0.05]))
    return twigs


def bokeh(stage: Stage, name: str, tint: Colour, count: int, size: float, alpha: float) -> None:
    """Round blurred lights, as far things look behind near ones."""
    chance = stage.dice.crowd(name)
    stage.canvas.at_depth(0.2)
    for _ in range(count):
        at = stage.x(chance.uniform(-0.7, 1.7)), stage.y(chance.uniform(-0.3, 1.1))
        radius = size * chance.uniform(0.35, 1.0)
        stage.canvas.shapes(
            [disc(at, radius, corners=40)], tint, alpha=alpha * chance.uniform(0.3, 1), blur=radius * 0.07
        )
