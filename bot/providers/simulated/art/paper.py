"""Paper cuts: figures of flat outlines, tinted and set into the light."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.providers.simulated.art.colours import Colour, lighter, mix
from bot.providers.simulated.art.geometry import Point, placed
from bot.providers.simulated.art.stage import Stage


@dataclass(frozen=True)
class Part:
    """One outline of a figure; `tone` says what it is coloured like: body, pale, dark, shine."""

    outline: list[Point]
    tone: str = "body"


Figure = Callable[[float], list[Part]]  # from a swing between -1 and 1 (tail, head) to parts, back to front


def draw(stage: Stage, figure: Figure, coat: str, at: Point, size: float, *, flip: bool = False) -> None:
    """A figure on its feet."""
    palette = stage.palette
    coats: dict[str, Colour] = {
        "orange": (206, 98, 46),
        "grey": (88, 98, 116),
        "brown": (122, 88, 64),
        "dark": palette.near,
    }
    light = 0.62 if palette.is_night else 0.3
    body = mix(coats[coat], palette.near, light if coat != "dark" else 0.0)
    tones = {
        "body": body,
        "pale": mix(lighter(body, 0.7), palette.light, 0.35) if coat != "dark" else mix(body, palette.far, 0.35),
        "dark": mix(body, palette.near, 0.75),
        "shine": mix(palette.light, (255, 190, 70), 0.7),
    }
    for part in figure(stage.canvas.moment.wave()):
        outline = placed(part.outline, at, size, flip=flip)
        stage.canvas.shapes([outline], tones[part.tone])


def rim_light(stage: Stage, figure: Figure, at: Point, size: float, *, flip: bool, towards: Point) -> None:
    """A thin bright edge on the side of the light; draw it first, the figure then covers all but the edge."""
    away = math.hypot(towards[0] - at[0], towards[1] - at[1]) or 1.0
    step = size * 0.012
    moved = at[0] + (towards[0] - at[0]) / away * step, at[1] + (towards[1] - at[1]) / away * step
    outlines = [placed(part.outline, moved, size, flip=flip) for part in figure(stage.canvas.moment.wave())]
    stage.canvas.shapes(outlines, lighter(stage.palette.light, 0.2), alpha=0.75)
