"""Northern lights: over a lake, a hut, a summit, the sea."""

import math

from PIL import Image, ImageFilter

from bot.providers.simulated.art.buildings import smoke
from bot.providers.simulated.art.colours import Colour, lighter, mix
from bot.providers.simulated.art.dice import Ridge
from bot.providers.simulated.art.geometry import Point, rectangle
from bot.providers.simulated.art.land import depth_colour, grass, hills, pine, pines
from bot.providers.simulated.art.pixels import Resampling, relevelled, resized
from bot.providers.simulated.art.sky import sky
from bot.providers.simulated.art.stage import Stage
from bot.providers.simulated.art.water import mirror, streaks

MOODS = "night"


def over_lake(stage: Stage) -> None:
    """Mountains, pines, and all of it twice."""
    dice = stage.dice
    shore = stage.y(dice.number("shore", 0.66, 0.72))
    sky(stage, shore, cloudy=0.0)
    curtains(stage, shore, 3)
    for i in range(3):
        ridge = Ridge(dice, f"range/{i}", 0.5 - 0.06 * i, peaked=True, rough=0.56)
        hills(stage, ridge, shore + 0.01, stage.frame.height * (0.34 - 0.08 * i), 0.2 + 0.3 * i, mist=0.6)
    bank = Ridge(dice, "bank", 0.5)
    pines(stage, "bank", bank, shore + 0.01, 0.02, height=0.09, gap=0.012, depth=0.95)
    mirror(stage, shore, stretch=1.15, dim=0.16)
    streaks(stage, "streaks", shore, lighter(stage.palette.sky[2], 0.3), count=40)


def over_hut(stage: Stage) -> None:
    """A lit window in the snow."""
    dice, palette = stage.dice, stage.palette
    ground = stage.y(0.8)
    sky(stage, ground, cloudy=0.0)
    curtains(stage, ground, 3)
    hills(stage, Ridge(dice, "back", 0.5, peaked=True), ground, stage.frame.height * 0.26, 0.3, mist=0.7)
    wood = Ridge(dice, "wood", 0.6)
    hills(stage, wood, ground + 0.01, 0.06, 0.6, mist=0.4)
    pines(stage, "wood", wood, ground + 0.01, 0.06, height=0.16, gap=0.024, depth=0.75, clumps=0.3)
    snow = mix(palette.light, palette.sky[1], 0.45)
    _snowfield(stage, ground + 0.02, snow)
    _hut(stage, (stage.x(dice.number("hut", 0.34, 0.66)), stage.y(0.86)), stage.small * 0.1, snow)
    stage.canvas.at_depth(1)
    sides = [(0.03, 0.42), (0.11, 0.3), (0.95, 0.36), (0.88, 0.25)]
    stage.canvas.shapes(
        [pine((stage.x(x), stage.y(1.02)), stage.frame.height * tall, 0.0, 0.24) for x, tall in sides], palette.near
    )


def over_summit(stage: Stage) -> None:
    """Bare rock in rows below wide curtains."""
    dice, palette = stage.dice, stage.palette
    sky(stage, stage.y(0.8), cloudy=0.0)
    curtains(stage, stage.y(0.75), 4)
    for i in range(5):
        ridge = Ridge(dice, f"range/{i}", 0.5 - 0.04 * i, peaked=True, rough=0.58)
        base = stage.y(0.72 + 0.085 * i)
        hills(stage, ridge, base, stage.frame.height * (0.32 - 0.03 * i), 0.1 + 0.22 * i, mist=0.85)
        stage.canvas.veil(palette.sky[2], [(base - 0.12, 0.0), (base + 0.02, 0.14), (base + 0.12, 0.0)])
    ridge = Ridge(dice, "front", 0.5)
    pines(stage, "front", ridge, stage.y(1.03), 0.05, height=0.16, gap=0.028, depth=1.0, tint=palette.near)


def over_sea(stage: Stage) -> None:
    """A dark coast and a green sea."""
    dice, palette = stage.dice, stage.palette
    shore = stage.y(0.6)
    sky(stage, shore, cloudy=0.0)
    curtains(stage, shore, 3)
    ridge = Ridge(dice, "coast", 0.6, peaked=True)
    hills(stage, ridge, shore + 0.006, stage.frame.height * 0.12, 0.5, mist=0.4)
    mirror(stage, shore, stretch=1.1, ripple=1.6, dim=0.2)
    streaks(stage, "streaks", shore, lighter(palette.sky[2], 0.4), count=70, alpha=0.3)
    grass(stage, "grass", stage.y(0.99), stage.frame.height * 0.09, palette.near)


def curtains(stage: Stage, horizon: float, count: int) -> None:
    """Curtains of light: rays that hang from winding lines, green below and violet above."""
    palette, dice, canvas = stage.palette, stage.dice, stage.canvas
    tints = (
        mix(palette.sky[2], (120, 255, 190), 0.6),
        mix(palette.sky[2], palette.light, 0.35),
        mix(palette.accent, palette.sky[2], 0.5),
        mix((150, 120, 255), palette.sky[2], 0.4),
    )
    for i in range(count):
        low = stage.frame.top + (horizon - stage.frame.top) * dice.number(f"aurora/{i}", 0.5, 0.82)
        tall = (horizon - stage.frame.top) * dice.number(f"aurora/tall/{i}", 0.5, 0.75)
        mask = _curtain(stage, f"aurora/{i}", low, tall)
        canvas.wash(mask, tints[i % 4], 0.95)
        canvas.wash(mask, lighter(tints[i % 4], 0.45), 0.5, [(low - tall * 0.35, 0.0), (low, 0.9)])
    canvas.glow((stage.x(0.5), horizon), stage.frame.width, tints[0], 0.3, squash=0.4)


def _curtain(stage: Stage, name: str, low: float, tall: float) -> Image.Image:
    """One curtain as a coarse mask, drawn ray by ray."""
    canvas, dice = stage.canvas, stage.dice
    size = max(canvas.size[0] // 3, 8), max(canvas.size[1] // 3, 8)
    scale = size[0] / canvas.view.width
    fold, rays = Ridge(dice, name, 0.75, octaves=3), Ridge(dice, f"{name}/rays", 0.06, octaves=3, rough=0.7)
    reach = Ridge(dice, f"{name}/reach", 0.5, octaves=2)
    mask = Image.new("L", size)
    wave = 0.03 * canvas.moment.wave(dice.number(f"{name}/start"))
    shade = _ray()
    for column in range(size[0]):
        x = canvas.left + (column + 0.5) / scale
        foot = low + tall * 0.75 * (fold(x + wave) - 0.5) + 0.02 * math.sin(x * 9 + wave * 40)
        strong = min(max(rays(x * (1 + wave * 0.2)) * 1.7 - 0.35, 0.0), 1.0) * min(
            max(reach(x + wave) * 2.2 - 0.45, 0.0), 1.0
        )
        high = tall * (0.45 + 0.6 * rays(x * 0.7 + 5))
        top, bottom = round((foot - high - canvas.view.top) * scale), round((foot + 0.05 - canvas.view.top) * scale)
        if strong > 0.02 and bottom > top:
            ray = resized(shade, (1, bottom - top), Resampling.BILINEAR)
            mask.paste(relevelled(ray, [round(v * strong) for v in range(256)]), (column, top))
    return mask.filter(ImageFilter.GaussianBlur(size[0] / 300))


def _ray() -> Image.Image:
    """One ray from its tip down to its bright foot."""
    levels = [(i / 255) ** 2.2 if i < 232 else (1 - (i - 232) / 24) * 0.8 for i in range(256)]
    return Image.frombytes("L", (1, 256), bytes(round(255 * min(level, 1.0)) for level in levels))


def _snowfield(stage: Stage, base: float, snow: Colour) -> None:
    canvas = stage.canvas
    for i in range(3):
        ridge = Ridge(stage.dice, f"snow/{i}", 0.8, octaves=2)
        canvas.at_depth(0.6 + 0.15 * i)
        top = base + stage.frame.height * 0.055 * i
        line = [(x, top - 0.035 * level) for x, level in ridge.line(canvas.left - 0.02, canvas.right + 0.02, 120)]
        shade = mix(snow, stage.palette.near, 0.12 + 0.16 * i)
        canvas.shapes([[*line, (canvas.right + 0.02, stage.floor), (canvas.left - 0.02, stage.floor)]], shade)


def _hut(stage: Stage, foot: Point, size: float, snow: Colour) -> None:
    palette, canvas = stage.palette, stage.canvas
    canvas.at_depth(0.75)
    x, y = foot
    wood, warm = depth_colour(stage, 0.9), (255, 205, 120)
    canvas.glow((x, y - size * 0.3), size * 3, warm, 0.4, squash=0.6)
    canvas.shapes([rectangle(x - size, y - size * 0.75, x + size, y + 0.01)], wood)
    canvas.shapes([rectangle(x + size * 0.45, y - size * 1.75, x + size * 0.65, y - size)], wood)
    smoke(stage, (x + size * 0.55, y - size * 1.75), size * 1.1, mix(snow, palette.sky[1], 0.4))
    canvas.shapes(
        [[(x - size * 1.25, y - size * 0.66), (x, y - size * 1.6), (x + size * 1.25, y - size * 0.66)]],
        lighter(snow, 0.15),
    )
    canvas.shapes([[(x - size * 1.1, y - size * 0.66), (x, y - size * 1.42), (x + size * 1.1, y - size * 0.66)]], wood)
    panes = [
        rectangle(x + size * (k - 0.2), y - size * 0.55, x + size * (k + 0.2), y - size * 0.2) for k in (-0.5, 0.5)
    ]
    canvas.shapes(panes, warm)
    bars = [
        rectangle(x + size * (k - 0.015), y - size * 0.55, x + size * (k + 0.015), y - size * 0.2) for k in (-0.5, 0.5)
    ]
    canvas.shapes(bars, wood)
    for k in (-0.5, 0.5):
        canvas.glow((x + size * k, y + size * 0.25), size * 0.9, warm, 0.6, squash=0.35)
