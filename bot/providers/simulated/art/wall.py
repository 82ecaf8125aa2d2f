"""A picture on a wall: what zooming out far enough always ends in."""

from PIL import Image

from bot.providers.simulated.art.colours import Gradient, darker, lighter, mix
from bot.providers.simulated.art.geometry import Box, rectangle
from bot.providers.simulated.art.pixels import Resampling, resized
from bot.providers.simulated.art.stage import Stage


def hanging_place(frame: Box, aspect: float) -> Box:
    """Where a picture of that aspect hangs."""
    width, height = frame.width * 0.5, frame.height * 0.5
    if aspect > width / height:
        height = width / aspect
    else:
        width = height * aspect
    return Box(frame.x(0.5) - width / 2, frame.y(0.41) - height / 2, width, height)


def hang(stage: Stage, picture: Image.Image) -> None:
    """Wall, floor, frame, mount, the picture, and the lamp above it."""
    canvas, palette, frame = stage.canvas, stage.palette, stage.frame
    plaster = mix(palette.far, palette.near, 0.55)
    canvas.fill(
        Gradient([(frame.top, darker(plaster, 0.15)), (frame.y(0.5), plaster), (frame.y(0.86), darker(plaster, 0.25))])
    )
    boards = rectangle(canvas.left - 1, frame.y(0.86), canvas.right + 1, stage.floor)
    wood = mix((92, 62, 44), palette.near, 0.4)
    canvas.shapes([boards], Gradient([(frame.y(0.86), darker(wood, 0.4)), (frame.y(1.0), wood)]))
    canvas.shapes([rectangle(canvas.left - 1, frame.y(0.835), canvas.right + 1, frame.y(0.86))], lighter(plaster, 0.12))
    place = hanging_place(frame, picture.width / picture.height)
    inner = rectangle(place.left, place.top, place.right, place.bottom)
    shadow = _around(inner, 0.07, drop=0.03)
    canvas.shapes([shadow], (0, 0, 0), alpha=0.5, blur=0.02)
    gold = mix((176, 136, 78), palette.near, 0.2)
    for width, tint in (
        (0.062, darker(gold, 0.35)),
        (0.056, gold),
        (0.04, lighter(gold, 0.22)),
        (0.034, darker(gold, 0.2)),
    ):
        canvas.shapes([_around(inner, width)], tint)
    canvas.shapes([_around(inner, 0.028)], (240, 236, 226))
    (left, top), (right, bottom) = canvas.pixel(inner[0]), canvas.pixel(inner[2])
    size = max(round(right) - round(left), 1), max(round(bottom) - round(top), 1)
    canvas.image.paste(resized(picture, size, Resampling.LANCZOS), (round(left), round(top)))
    warm = mix(palette.light, (255, 222, 170), 0.6)
    canvas.glow((frame.x(0.5), frame.y(0.1)), 0.8, warm, 0.3)
    canvas.glow((frame.x(0.5), frame.y(0.95)), 0.6, warm, 0.18, squash=0.25)
    seat, leg = darker(wood, 0.55), darker(wood, 0.7)
    canvas.shapes([rectangle(frame.x(0.36), frame.y(0.87), frame.x(0.64), frame.y(0.9))], seat)
    canvas.shapes([rectangle(frame.x(k), frame.y(0.9), frame.x(k + 0.012), frame.y(0.97)) for k in (0.38, 0.61)], leg)


def _around(inner: list[tuple[float, float]], width: float, drop: float = 0.0) -> list[tuple[float, float]]:
    (left, top), (right, bottom) = inner[0], inner[2]
    return rectangle(left - width, top - width + drop, right + width, bottom + width + drop)
