"""Mountains: a lake, a valley of layers, one great summit, peaks above the clouds."""

from bot.providers.simulated.art.colours import Gradient, lighter, mix
from bot.providers.simulated.art.dice import Dice, Ridge
from bot.providers.simulated.art.geometry import Point
from bot.providers.simulated.art.land import depth_colour, grass, hills, pine, pines
from bot.providers.simulated.art.sky import birds, orb, sky
from bot.providers.simulated.art.stage import Stage
from bot.providers.simulated.art.textures import clouds
from bot.providers.simulated.art.water import glints, mirror, streaks


def lake(stage: Stage) -> None:
    """Ranges and their mirror image."""
    dice, palette = stage.dice, stage.palette
    shore = stage.y(dice.number("shore", 0.58, 0.66))
    tall = stage.frame.height
    sun = stage.x(dice.number("sun/x", 0.25, 0.75)), shore - tall * dice.number("sun/y", 0.26, 0.4)
    sky(stage, shore)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.05, 0.075))
    for i in range(4):
        depth = i / 4.2
        ridge = Ridge(dice, f"range/{i}", 0.55 - 0.08 * i, peaked=i < 3, rough=0.56)
        hills(stage, ridge, shore + 0.02, tall * (0.5 - 0.1 * i), depth, mist=0.75, mist_depth=0.02)
        stage.canvas.glow(sun, 0.7, palette.light, 0.16 - 0.03 * i)
    bank = Ridge(dice, "bank", 0.5)
    pines(stage, "bank/pines", bank, shore + 0.012, 0.03, height=tall * 0.11, gap=0.013, depth=0.78, clumps=0.42)
    mirror(stage, shore)
    glints(stage, "glints", sun[0], shore + 0.005, stage.y(0.97), palette.light, alpha=0.55)
    streaks(stage, "streaks", shore, lighter(palette.sky[2], 0.3))
    stage.canvas.veil(palette.sky[2], [(shore - 0.05, 0.0), (shore, 0.38), (shore + 0.05, 0.0)])
    _near_bank(stage)


def valley(stage: Stage) -> None:
    """Layer after layer, each closer and darker, with pines on the nearest."""
    dice, palette = stage.dice, stage.palette
    horizon, tall = stage.y(0.62), stage.frame.height
    sun = stage.x(dice.number("sun/x", 0.2, 0.8)), stage.y(dice.number("sun/y", 0.2, 0.34))
    sky(stage, horizon)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.06, 0.1))
    layers = 6
    for i in range(layers):
        depth = i / (layers - 1)
        base = stage.y(0.52 + 0.105 * i)
        rise = tall * dice.number(f"rise/{i}", 0.2, 0.27)
        ridge = Ridge(dice, f"layer/{i}", 0.75 - 0.05 * i, peaked=i < 3)
        hills(stage, ridge, base, rise, depth, mist=0.9)
        if i >= 2:
            pines(
                stage,
                f"pines/{i}",
                ridge,
                base,
                rise,
                height=0.022 + 0.03 * (i - 2) ** 1.3,
                gap=0.006 + 0.005 * (i - 2),
                depth=depth,
            )
        if i < layers - 1:
            stage.canvas.glow(sun, 0.75, mix(palette.light, palette.sky[2], 0.4), 0.2 - 0.03 * i)
            stage.canvas.veil(palette.sky[2], [(base - 0.1, 0.0), (base + 0.03, 0.22 - 0.03 * i), (base + 0.16, 0.0)])
    birds(stage, (sun[0] + 0.12, sun[1] + 0.1), 7, depth_colour(stage, 0.8))


def summit(stage: Stage) -> None:
    """One great peak in the light, its snow in facets."""
    dice, palette = stage.dice, stage.palette
    tall = stage.frame.height
    sky(stage, stage.y(0.7), cloudy=0.8)
    sun = stage.x(dice.pick("sun/side", (0.16, 0.84))), stage.y(dice.number("sun/y", 0.16, 0.26))
    orb(stage, sun, stage.small * 0.05, crescent=True)
    back = Ridge(dice, "back", 0.5, peaked=True)
    hills(stage, back, stage.y(0.78), tall * 0.34, 0.08, mist=0.9)
    peak = stage.x(dice.number("peak/x", 0.4, 0.6)), stage.y(dice.number("peak/y", 0.16, 0.24))
    _peak(stage, peak, stage.y(0.84), lit_left=sun[0] < peak[0])
    mask = clouds(stage.canvas, dice, "belt", (0.5, 0.09), threshold=0.44)
    stage.canvas.veil(palette.sky[2], [(stage.y(0.55), 0.0), (stage.y(0.8), 0.6), (stage.y(0.9), 0.3)])
    band = [(stage.y(0.45), 0.0), (stage.y(0.66), 1.0)]
    stage.canvas.wash(mask, lighter(palette.sky[2], 0.35), 0.6, band)
    for i in range(3):
        ridge = Ridge(dice, f"front/{i}", 0.6)
        base, rise = stage.y(0.86 + 0.09 * i), tall * 0.13
        hills(stage, ridge, base, rise, 0.5 + 0.24 * i, mist=0.7)
        pines(
            stage,
            f"front/pines/{i}",
            ridge,
            base,
            rise,
            height=0.04 + 0.035 * i,
            gap=0.01 + 0.006 * i,
            depth=0.5 + 0.24 * i,
        )


def above_clouds(stage: Stage) -> None:
    """Islands of rock in a sea of mist, and somebody's favourite tree."""
    dice, palette = stage.dice, stage.palette
    tall = stage.frame.height
    horizon = stage.y(0.5)
    sun = stage.x(dice.number("sun/x", 0.3, 0.7)), stage.y(dice.number("sun/y", 0.3, 0.4))
    sky(stage, horizon, cloudy=0.9)
    orb(stage, sun, stage.small * dice.number("sun/size", 0.1, 0.14))
    for i in range(5):
        base = stage.y(0.5 + 0.1 * i)
        ridge = Ridge(dice, f"isle/{i}", 0.42 + 0.05 * i, peaked=True)
        hills(stage, ridge, base, tall * 0.2, 0.1 + 0.16 * i, mist=1.0, mist_depth=0.03)
        soft = lighter(mix(palette.sky[2], palette.far, 0.12 * i), 0.15)
        stage.canvas.veil(soft, [(base - 0.13, 0.0), (base + 0.02, 0.72), (base + 0.2, 0.55)])
        drift = clouds(stage.canvas, dice, f"mist/{i}", (0.55, 0.06), threshold=0.5)
        stage.canvas.wash(drift, soft, 0.28)
        stage.canvas.glow(sun, 0.6, palette.light, 0.22)
    _crag(stage)
    birds(stage, (sun[0], sun[1] + 0.06), 6, depth_colour(stage, 0.75))


def _near_bank(stage: Stage) -> None:
    """Dark grass and a few large pines in one corner, so that the lake has a near side."""
    dice, near = stage.dice, stage.palette.near
    side = dice.pick("bank/side", (0.04, 0.96))
    inward = 1 if side < 0.5 else -1
    stage.canvas.at_depth(1)
    trees: list[list[Point]] = []
    for i in range(4):
        x = stage.x(side) + inward * 0.07 * i + dice.number(f"bank/tree/{i}", -0.02, 0.02)
        height = stage.frame.height * (0.46 - 0.09 * i) * dice.number(f"bank/height/{i}", 0.8, 1.05)
        trees.append(pine((x, stage.y(1.0)), height, 0.008 * stage.canvas.moment.wave(i * 0.3), 0.22))
    stage.canvas.shapes(trees, near)
    grass(stage, "bank/grass", stage.y(1.0), stage.frame.height * 0.07, near)


def _peak(stage: Stage, top: Point, foot: float, *, lit_left: bool) -> None:
    """The mountain's body, its lit flank, and snow with a torn edge on both."""
    dice, palette = stage.dice, stage.palette
    stage.canvas.at_depth(0.3)
    high = foot - top[1]
    slope = 0.95
    rough = Ridge(dice, "flank", 0.16, octaves=4)

    def flank(side: int) -> list[Point]:
        return [
            (
                top[0] + side * high * slope * t**1.12 + side * 0.07 * (rough(side * 3 + t) - 0.5) * min(t * 5, 1),
                top[1] + high * t,
            )
            for t in (i / 60 for i in range(61))
        ]

    spine = [
        (top[0] + 0.12 * (rough(9 + 1.7 * t) - 0.5) * min(t * 4, 1) + 0.06 * t, top[1] + high * t)
        for t in (i / 60 for i in range(61))
    ]
    dark, lit = depth_colour(stage, 0.5), mix(depth_colour(stage, 0.25), palette.light, 0.12)
    haze = mix(palette.far, palette.sky[2], 0.5)
    left, right = flank(-1), flank(1)
    stage.canvas.shapes([left + right[::-1]], Gradient([(top[1] + high * 0.35, dark), (foot, haze)]))
    shining = left if lit_left else right
    stage.canvas.shapes([shining + spine[::-1]], Gradient([(top[1] + high * 0.35, lit), (foot, haze)]))
    snow = lighter(palette.light, 0.35)
    for edge, tint in ((shining, snow), (right if lit_left else left, mix(snow, palette.sky[1], 0.5))):
        stage.canvas.shapes([_snow(dice, edge, spine, "lit" if edge is shining else "dark")], tint, alpha=0.93)


def _snow(dice: Dice, edge: list[Point], spine: list[Point], name: str) -> list[Point]:
    """From the top down between a flank and the spine, ending in tongues."""
    depth = int(60 * dice.number("snow/depth", 0.34, 0.46))
    tongues: list[Point] = []
    count = 11
    for i in range(count):
        share = i / (count - 1)
        down = depth * (0.85 if i % 2 else 0.5) * dice.number(f"snow/{name}/{i}", 0.8, 1.2)
        row = min(int(down), 60)
        (x0, y), (x1, _) = edge[row], spine[row]
        tongues.append((x0 + (x1 - x0) * share, y))
    first, last = (
        min(range(61), key=lambda k: abs(edge[k][1] - tongues[0][1])),
        min(range(61), key=lambda k: abs(spine[k][1] - tongues[-1][1])),
    )
    return edge[:first] + tongues + spine[:last][::-1]


def _crag(stage: Stage) -> None:
    """A rock in front with a wind-bent pine on it."""
    dice, near = stage.dice, stage.palette.near
    side = dice.pick("crag/side", (-1, 1))
    stage.canvas.at_depth(1)
    rough = Ridge(dice, "crag", 0.09, octaves=4)
    edge = stage.x(0.5) + side * stage.frame.width * 0.5
    reach = stage.frame.width * dice.number("crag/reach", 0.36, 0.48)
    rock = [
        (
            edge - side * reach * t + side * 0.2 * (1 - min(t * 5, 1)),
            stage.y(0.8) + stage.frame.height * (0.28 * t**2.6 + 0.05 * (rough(t) - 0.5)),
        )
        for t in (i / 40 for i in range(41))
    ]
    stage.canvas.shapes(
        [[(edge + side * 2, rock[0][1]), *rock, (rock[-1][0], stage.floor), (edge + side * 2, stage.floor)]], near
    )
    tallest = stage.frame.height * 0.25
    trees = [
        pine(
            (rock[at][0], rock[at][1] + 0.012), tallest * size, -side * 0.05 + 0.01 * stage.canvas.moment.wave(at), 0.27
        )
        for at, size in ((7, 0.62), (12, 1.0), (16, 0.5), (3, 0.8))
    ]
    stage.canvas.shapes(trees, near)
