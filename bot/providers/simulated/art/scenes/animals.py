"""Animals: before a great moon, at the water, between trees, on a hill under the open sky."""

from bot.providers.simulated.art import figures, paper
from bot.providers.simulated.art.colours import Gradient, lighter, mix
from bot.providers.simulated.art.dice import Ridge
from bot.providers.simulated.art.geometry import Point
from bot.providers.simulated.art.land import depth_colour, grass, hills, pines
from bot.providers.simulated.art.sky import birds, orb, sky
from bot.providers.simulated.art.stage import Stage
from bot.providers.simulated.art.textures import clouds
from bot.providers.simulated.art.trees import fireflies, leafy_tree, shafts, trunks
from bot.providers.simulated.art.water import glints, mirror, streaks

MOODS = "night sunset dusk magic mystic"


def moonlit(stage: Stage) -> None:
    """A large moon close to the ground, and somebody before it."""
    dice, palette = stage.dice, stage.palette
    ground = stage.y(0.84)
    sky(stage, ground, cloudy=0.7)
    moon = stage.x(dice.number("moon/x", 0.42, 0.58)), stage.y(dice.number("moon/y", 0.42, 0.48))
    orb(stage, moon, stage.small * dice.number("moon/size", 0.3, 0.35))
    hills(stage, Ridge(dice, "far", 0.5, peaked=True), stage.y(0.86), stage.frame.height * 0.16, 0.14, mist=0.9)
    wood = Ridge(dice, "wood", 0.6)
    hills(stage, wood, stage.y(0.9), 0.08, 0.45, mist=0.7)
    pines(stage, "wood", wood, stage.y(0.9), 0.08, height=0.1, gap=0.016, depth=0.45)
    stage.canvas.veil(palette.sky[2], [(stage.y(0.7), 0.0), (ground, 0.3), (stage.y(1.0), 0.0)])
    knoll = Ridge(dice, "knoll", 0.9, octaves=2)
    x = moon[0] + dice.number("figure/x", -0.06, 0.06)
    top = stage.y(0.86) - 0.06 * knoll(x)
    _animal(stage, (x, top + 0.012), stage.small * 0.36, moon)
    hills(stage, knoll, stage.y(0.86), 0.06, 1.0, mist=0.0)
    grass(stage, "grass", stage.y(0.88), 0.055, palette.near)


def at_the_water(stage: Stage) -> None:
    """On the bank, doubled in the lake."""
    dice, palette = stage.dice, stage.palette
    shore = stage.y(0.7)
    sun = stage.x(dice.number("sun/x", 0.2, 0.8)), stage.y(dice.number("sun/y", 0.24, 0.36))
    sky(stage, shore, cloudy=0.8)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.08, 0.12))
    for i in range(3):
        ridge = Ridge(dice, f"range/{i}", 0.55, peaked=True)
        hills(stage, ridge, shore + 0.01, stage.frame.height * (0.32 - 0.08 * i), 0.1 + 0.2 * i, mist=0.9)
        stage.canvas.glow(sun, 0.6, palette.light, 0.14)
    bank = Ridge(dice, "bank", 0.5)
    pines(stage, "bank", bank, shore + 0.01, 0.02, height=0.12, gap=0.016, depth=0.55, clumps=0.5)
    stage.canvas.veil(palette.sky[2], [(shore - 0.12, 0.0), (shore, 0.4)])
    side = 0.5 + 0.16 * (1 if sun[0] < 0 else -1)
    hills(stage, Ridge(dice, "near", 0.5), shore + 0.012, 0.024, 0.9, mist=0.0)
    grass(stage, "reeds", shore + 0.004, 0.03, depth_colour(stage, 0.92))
    _animal(stage, (stage.x(side), shore + 0.004), stage.small * 0.34, sun)
    mirror(stage, shore + 0.006, ripple=0.8, dim=0.26, stretch=1.0)
    glints(stage, "glints", sun[0], shore + 0.01, stage.y(1.0), palette.light, count=180, alpha=0.55)
    streaks(stage, "streaks", shore, lighter(palette.sky[2], 0.3), count=50)


def in_the_wood(stage: Stage) -> None:
    """In a clearing, where the light comes down."""
    dice, palette = stage.dice, stage.palette
    sun = stage.x(dice.number("sun/x", 0.35, 0.65)), stage.y(0.16)
    bright = mix(palette.sky[2], palette.light, 0.4)
    back = Gradient([(stage.y(0), palette.sky[1]), (stage.y(0.5), bright), (stage.y(1), palette.far)])
    stage.canvas.fill(back)
    stage.canvas.glow((sun[0], stage.y(0.5)), 0.7, palette.light, 0.8)
    for i in range(3):
        foot = stage.y(0.72 + 0.07 * i)
        trunks(stage, f"trunks/{i}", gap=0.07 + 0.05 * i, width=0.02 + 0.016 * i, depth=0.1 + 0.2 * i, foot=foot)
        hills(stage, Ridge(dice, f"ground/{i}", 0.4), foot + 0.02, 0.05, 0.12 + 0.22 * i, mist=0.7)
        stage.canvas.veil(bright, [(foot - 0.3, 0.0), (foot, 0.3), (foot + 0.15, 0.1)])
    shafts(stage, (sun[0], sun[1] - 0.5), lighter(palette.light, 0.3), 0.26)
    _animal(stage, (stage.x(dice.number("figure/x", 0.42, 0.58)), stage.y(0.9)), stage.small * 0.36, sun)
    trunks(stage, "front", gap=0.3, width=0.14, depth=1.0, foot=stage.y(1.05), clear=stage.frame.width * 0.36)
    grass(stage, "grass", stage.y(0.95), 0.08, palette.near)
    fireflies(stage, "fireflies", stage.y(0.4), stage.y(0.9), 22)


def on_the_hill(stage: Stage) -> None:
    """Small under a great sky, a tree for company."""
    dice, palette = stage.dice, stage.palette
    sun = stage.x(dice.number("sun/x", 0.3, 0.7)), stage.y(dice.number("sun/y", 0.2, 0.3))
    sky(stage, stage.y(0.8), cloudy=0.9)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.07, 0.1), crescent=True)
    for i in range(3):
        ridge = Ridge(dice, f"range/{i}", 0.6, peaked=True)
        hills(stage, ridge, stage.y(0.76 + 0.06 * i), stage.frame.height * 0.16, 0.08 + 0.2 * i, mist=0.9)
    mist = clouds(stage.canvas, dice, "mist", (0.6, 0.07), threshold=0.48)
    stage.canvas.wash(mist, lighter(palette.sky[2], 0.3), 0.4, [(stage.y(0.55), 0.0), (stage.y(0.8), 1.0)])
    side = dice.pick("side", (-1, 1))
    hill = Ridge(dice, "hill", 1.1, octaves=2)
    tree = stage.x(0.5 + 0.27 * side)
    stage.canvas.at_depth(0.85)
    tints = (
        mix(palette.accent, palette.near, 0.75),
        mix(palette.accent, palette.near, 0.5),
        mix(palette.accent, palette.near, 0.25),
    )
    leafy_tree(stage, (tree, stage.y(0.9) - 0.08 * hill(tree) + 0.03), stage.small * 0.52, tints)
    x = stage.x(0.5 - 0.16 * side)
    _animal(stage, (x, stage.y(0.9) - 0.08 * hill(x) + 0.012), stage.small * 0.24, sun)
    hills(stage, hill, stage.y(0.9), 0.08, 1.0, mist=0.0)
    grass(stage, "grass", stage.y(0.92), 0.05, palette.near)
    birds(stage, (stage.x(0.5), stage.y(0.3)), 6, depth_colour(stage, 0.85))


def _animal(stage: Stage, feet: Point, size: float, light: Point) -> None:
    figure, coat = figures.figure_for(stage.words)
    stage.canvas.at_depth(0.85)
    if figure is figures.whale:
        # It does not stand: it floats above the place, larger than any other.
        feet = feet[0], feet[1] - size * 0.75 + 0.006 * stage.canvas.moment.wave(0.25)
        size *= 1.05
    # Profiles are drawn looking to the left: towards the light.
    flip = light[0] > feet[0]
    paper.rim_light(stage, figure, feet, size, flip=flip, towards=light)
    paper.draw(stage, figure, coat, feet, size, flip=flip)
