"""Land: layered hills, pines, grass."""

import math

from bot.providers.simulated.art.colours import Colour, Gradient, mix
from bot.providers.simulated.art.dice import Ridge
from bot.providers.simulated.art.geometry import Point
from bot.providers.simulated.art.stage import Stage


def depth_colour(stage: Stage, depth: float) -> Colour:
    """What a thing at that depth (0 far, 1 near) looks like through the air."""
    return mix(stage.palette.far, stage.palette.near, depth)


def hills(
    stage: Stage, ridge: Ridge, base: float, height: float, depth: float, *, mist: float = 0.55, mist_depth: float = 0.0
) -> None:
    """One layer of land: its crest stands up to `height` above `base`, its foot fades into the mist."""
    canvas = stage.canvas
    canvas.at_depth(0.15 + 0.75 * depth)
    crest = depth_colour(stage, depth)
    foot = mix(crest, mix(stage.palette.far, stage.palette.sky[2], 0.6), mist * (1 - 0.7 * depth))
    line = [(x, base - height * level) for x, level in ridge.line(canvas.left - 0.02, canvas.right + 0.02, 260)]
    ground = [*line, (canvas.right + 0.02, stage.floor), (canvas.left - 0.02, stage.floor)]
    canvas.shapes([ground], Gradient([(base - height * 0.6, crest), (base + (mist_depth or height * 0.6), foot)]))


def pine(at: Point, height: float, lean: float = 0.0, fullness: float = 0.3) -> list[Point]:
    """A pine: layers of branches, wider towards the ground."""
    layers = 7
    left: list[Point] = []
    right: list[Point] = []
    for i in range(layers):
        out = fullness * ((i + 1) / layers) ** 0.85
        y = -1 + 0.93 * ((i + 1) / layers)
        inside = out * 0.46
        left += [(-out, y), (-inside, y - 0.025)]
        right += [(out * 0.94, y + 0.02), (inside, y - 0.01)]
    trunk = [(0.025, -0.08), (0.03, 0.06), (-0.03, 0.06), (-0.025, -0.08)]
    outline = [(0.0, -1.06), *right[:-1], *trunk, *reversed(left[:-1])]
    return [(at[0] + height * (x + lean * -y), at[1] + height * y) for x, y in outline]


def pines(
    stage: Stage,
    name: str,
    ridge: Ridge,
    base: float,
    rise: float,
    *,
    height: float,
    gap: float,
    depth: float,
    tint: Colour | None = None,
    clumps: float = 0.35,
) -> None:
    """Pines along the crest of a layer of land, in clumps."""
    canvas = stage.canvas
    canvas.at_depth(0.15 + 0.75 * depth)
    trees: list[list[Point]] = []
    stand = Ridge(stage.dice, f"{name}/stand", gap * 9, octaves=2)
    for i in range(math.floor((canvas.left - height) / gap), math.ceil((canvas.right + height) / gap) + 1):
        chance = stage.dice.crowd(f"{name}/{i}", i * gap, height)
        x = (i + chance.uniform(-0.4, 0.4)) * gap
        tall = height * chance.uniform(0.55, 1.0) * (0.6 + 0.6 * stand(x))
        sway = 0.015 * canvas.moment.wave(chance.random())
        if stand(x) > clumps:
            trees.append(pine((x, base - rise * ridge(x) + height * 0.07), tall, sway, chance.uniform(0.2, 0.3)))
    canvas.shapes(trees, tint or depth_colour(stage, depth))


def grass(stage: Stage, name: str, base: float, height: float, tint: Colour, *, gap: float = 0.006) -> None:
    """Blades in front of everything."""
    canvas = stage.canvas
    canvas.at_depth(1)
    blades: list[list[Point]] = []
    for i in range(math.floor(canvas.left / gap) - 4, math.ceil(canvas.right / gap) + 4):
        chance = stage.dice.crowd(f"{name}/{i}", i * gap, 0.05)
        x, tall = (i + chance.random()) * gap, height * chance.uniform(0.3, 1.0)
        bend = tall * (chance.uniform(-0.5, 0.5) + 0.12 * canvas.moment.wave(x * 0.8))
        thick = 0.0016 + 0.0022 * chance.random()
        blades.append(
            [
                (x - thick, base),
                (x + bend * 0.35 - thick * 0.6, base - tall * 0.6),
                (x + bend, base - tall),
                (x + bend * 0.35 + thick * 0.6, base - tall * 0.6),
                (x + thick, base),
            ]
        )
    canvas.shapes(blades, tint)
    canvas.shapes(
        [[(canvas.left, base), (canvas.right, base), (canvas.right, stage.floor), (canvas.left, stage.floor)]], tint
    )
