"""People: a face before a halo, a profile, a landscape within a profile, a wanderer seen from behind."""

from bot.providers.simulated.art.canvas import Canvas
from bot.providers.simulated.art.colours import Gradient, Paint, lighter, mix
from bot.providers.simulated.art.dice import Ridge
from bot.providers.simulated.art.faces import bust, sun_disc
from bot.providers.simulated.art.geometry import Outline, Point, curve, disc, path, placed, ribbon
from bot.providers.simulated.art.land import depth_colour, grass, hills
from bot.providers.simulated.art.profiles import PROFILE, closed_eye, hair
from bot.providers.simulated.art.scenes import mountains
from bot.providers.simulated.art.sky import birds, orb, sky
from bot.providers.simulated.art.stage import Stage
from bot.providers.simulated.art.textures import clouds
from bot.providers.simulated.art.trees import bokeh, falling

MOODS = "sunset pink golden dusk warm soft night"

_SHOULDERS = path("-0.1,-0.88 0,-1 0.1,-0.88 0.14,-0.76 0.24,-0.64 0.28,-0.3")
_BACK = path("0.3,0.03 0,0.02 -0.24,0.02 -0.22,-0.3 -0.22,-0.62 -0.14,-0.76")
_TRAIN = path("0.7,-0.24 0.4,-0.14 0.2,-0.2")
_HOOD = curve(path("-0.075,-0.84 0,-0.94 0.075,-0.84 0.05,-0.74 -0.05,-0.74"), steps=6)


def halo(stage: Stage) -> None:
    """A quiet face, flowers in the hair, the sun behind it."""
    dice, palette = stage.dice, stage.palette
    stage.canvas.fill(
        Gradient([(stage.y(0), palette.sky[0]), (stage.y(0.6), palette.sky[1]), (stage.y(1), palette.sky[2])])
    )
    stage.canvas.at_depth(0.05)
    stage.canvas.wash(clouds(stage.canvas, dice, "back", (0.5, 0.4), threshold=0.5), palette.sky[2], 0.3)
    size = stage.small * dice.number("size", 0.44, 0.48)
    face = stage.x(dice.number("face/x", 0.47, 0.53)), stage.y(0.52)
    stage.canvas.at_depth(0.2)
    sun_disc(stage, face, size * 0.9)
    stage.canvas.at_depth(0.6)
    bust(stage, face, size)
    falling(stage, "petals", (palette.accent, palette.light), 9, 0.011)


def profile(stage: Stage) -> None:
    """Half a face against the light, hair in the wind."""
    dice, palette = stage.dice, stage.palette
    sky(stage, stage.y(1.0), cloudy=0.8)
    flip = dice.chance("flip", 0.5)
    side = -1 if flip else 1
    sun = stage.x(0.5) + side * stage.small * dice.number("sun/x", 0.1, 0.2), stage.y(dice.number("sun/y", 0.42, 0.5))
    orb(stage, sun, stage.small * dice.number("sun/size", 0.27, 0.32))
    for i in range(2):
        hills(
            stage, Ridge(dice, f"range/{i}", 0.5, peaked=True), stage.y(0.96 + 0.07 * i), 0.16, 0.1 + 0.2 * i, mist=0.9
        )
    at, size = (stage.x(0.5) - side * stage.small * 0.08, stage.y(0.62)), stage.small * 0.48
    stage.canvas.at_depth(0.6)
    dark, skin = palette.near, mix(palette.near, palette.accent, 0.22)
    outline = placed(curve(PROFILE, steps=5), at, size, flip=flip)
    stage.canvas.shapes([[(x + side * 0.004, y - 0.003) for x, y in outline]], lighter(palette.light, 0.2), alpha=0.8)
    fill = Gradient([(at[1] - size, mix(skin, palette.light, 0.1)), (at[1] + size * 0.7, dark)])
    stage.canvas.shapes([outline], fill)
    closed_eye(stage, at, size, flip)
    hair(stage, at, size, flip)
    birds(stage, (stage.x(0.5) + side * 0.3, stage.y(0.2)), 6, depth_colour(stage, 0.9))


def inner_landscape(stage: Stage) -> None:
    """A profile that is a window: mountains where thoughts would be."""
    dice, palette = stage.dice, stage.palette
    paper = mix(palette.sky[2], (255, 255, 255), 0.35)
    stage.canvas.fill(Gradient([(stage.y(0), lighter(paper, 0.3)), (stage.y(1), mix(paper, palette.far, 0.35))]))
    stage.canvas.at_depth(0.05)
    stage.canvas.wash(clouds(stage.canvas, dice, "paper", (0.5, 0.3), threshold=0.5), palette.far, 0.22)
    birds(stage, (stage.x(0.76), stage.y(0.2)), 9, depth_colour(stage, 0.6))
    flip = dice.chance("flip", 0.5)
    other = Stage(
        Canvas(stage.canvas.size, stage.canvas.view, stage.canvas.moment), dice, palette, stage.frame, stage.words
    )
    dice.pick("inside", (mountains.valley, mountains.lake, mountains.above_clouds))(other)
    at, size = (stage.x(0.5), stage.y(0.6)), stage.small * 0.56
    stage.canvas.at_depth(0.4)
    outline = placed(curve(PROFILE, steps=5), at, size, flip=flip)
    stage.canvas.shapes([outline], palette.near, alpha=0.4, blur=size * 0.03)
    stage.canvas.inlay(outline, other.canvas)
    foot = [(stage.y(0.72), 0.0), (stage.y(1.0), 0.95), (stage.y(1.02), 1.0)]
    stage.canvas.veil(mix(paper, palette.far, 0.35), foot)


def wanderer(stage: Stage) -> None:
    """A cloak in the wind above a sea of clouds."""
    dice, palette = stage.dice, stage.palette
    tall = stage.frame.height
    sky(stage, stage.y(0.62), cloudy=0.9)
    sun = stage.x(dice.number("sun/x", 0.35, 0.65)), stage.y(dice.number("sun/y", 0.3, 0.4))
    orb(stage, sun, stage.small * dice.number("sun/size", 0.14, 0.19))
    for i in range(4):
        base = stage.y(0.58 + 0.1 * i)
        ridge = Ridge(dice, f"isle/{i}", 0.45, peaked=True)
        hills(stage, ridge, base, tall * 0.2, 0.1 + 0.15 * i, mist=1.0, mist_depth=0.03)
        soft = lighter(mix(palette.sky[2], palette.far, 0.12 * i), 0.15)
        stage.canvas.veil(soft, [(base - 0.13, 0.0), (base + 0.02, 0.6), (base + 0.2, 0.5)])
        stage.canvas.wash(clouds(stage.canvas, dice, f"mist/{i}", (0.55, 0.06), threshold=0.5), soft, 0.2)
        stage.canvas.glow(sun, 0.6, palette.light, 0.18)
    _rock(stage)
    feet = stage.x(dice.number("figure/x", 0.44, 0.56)), stage.y(0.86)
    _cloak(stage, feet, stage.small * 0.36)
    grass(stage, "grass", stage.y(1.0), tall * 0.05, palette.near)
    birds(stage, (sun[0] + 0.1, sun[1] + 0.02), 6, depth_colour(stage, 0.75))


def _rock(stage: Stage) -> None:
    rough = Ridge(stage.dice, "rock", 0.1, octaves=4, peaked=True)
    stage.canvas.at_depth(0.9)
    half = stage.frame.width * 0.36
    line = [
        (
            x,
            stage.y(0.86)
            + stage.frame.height * 0.2 * min(abs(x - stage.x(0.5)) / half, 1.6) ** 2.2
            + 0.05 * (rough(x) - 0.5) * min(abs(x - stage.x(0.5)) * 8, 1),
        )
        for x in (stage.x(0.5) + half * 2 * (-1 + i / 40) for i in range(81))
    ]
    stage.canvas.shapes([[*line, (line[-1][0], stage.floor), (line[0][0], stage.floor)]], stage.palette.near)


def _cloak(stage: Stage, feet: Point, size: float) -> None:
    """Hood, shoulders, staff, and cloth that the wind takes."""
    palette, canvas = stage.palette, stage.canvas
    flip = stage.dice.chance("wind", 0.5)
    wave = 0.05 * canvas.moment.wave()
    dyed = [mix(palette.accent, palette.near, share) for share in (0.3, 0.45, 0.75)]
    hem = [(0.46 + wave, -0.1), (0.62 + 2 * wave, 0.0)]
    body = curve([*_SHOULDERS, *hem, *_BACK], steps=6)
    train = curve([(0.16, -0.68), (0.42, -0.5 + wave), (0.72, -0.46 - wave), (0.98, -0.3 + 2 * wave), *_TRAIN], steps=6)
    folds = [_fold(x, wave) for x in (-0.1, -0.02, 0.07, 0.15)]

    def put(outline: Outline, paint: Paint, alpha: float = 1.0) -> None:
        canvas.shapes([placed(outline, feet, size, flip=flip)], paint, alpha=alpha)

    put(train, dyed[1])
    put(body, Gradient([(feet[1] - size, dyed[0]), (feet[1], dyed[2])]))
    for fold in folds:
        put(fold, palette.near, 0.4)
    put(_HOOD, palette.near, 0.35)
    put(ribbon([(-0.36, 0.04), (-0.34, -1.12)], [0.012, 0.01]), palette.near)
    lamp = placed([(-0.34, -1.14)], feet, size, flip=flip)[0]
    canvas.glow(lamp, size * 0.3, mix(palette.light, (255, 214, 130), 0.5), 0.8)
    canvas.shapes([disc(lamp, size * 0.026, corners=20)], lighter(palette.light, 0.3))
    bokeh(stage, "sparks", palette.light, 6, 0.006, 0.6)


def _fold(x: float, wave: float) -> list[Point]:
    line = [(x, -0.66), (x * 1.2 + 0.02, -0.3), (x * 1.6 + 0.08 + wave, -0.02)]
    return ribbon(curve(line, closed=False), [0.002, 0.012, 0.004])
