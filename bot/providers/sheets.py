"""Several pictures drawn as one: squares in a row, or a sheet with numbers."""

from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps

ROW_HEIGHT = 160
CELL = 200
COLUMNS = 3
MOST_CELLS = 9
GAP = 8
CORNER = 12
BADGE = 30

FINER = 4
"""Shapes are drawn this many times larger and then reduced, which smooths their edges."""

CLEAR = (0, 0, 0, 0)
# Half transparent greys, so that they are as soft on Discord's dark ground as on its light one.
PANEL = (128, 134, 145, 64)
GLYPH = (128, 134, 145, 170)
BADGE_GROUND = (17, 18, 20, 205)
BADGE_RIM = (255, 255, 255, 70)
BADGE_INK = (255, 255, 255, 255)


def draw_row(pictures: Sequence[Image.Image]) -> Image.Image:
    """The middles of the pictures as equal squares side by side, on nothing."""
    row = Image.new("RGBA", (len(pictures) * (ROW_HEIGHT + GAP) - GAP, ROW_HEIGHT), CLEAR)
    for index, picture in enumerate(pictures):
        row.paste(_tile(picture, ROW_HEIGHT), (index * (ROW_HEIGHT + GAP), 0))
    return row


def draw_sheet(cells: Sequence[Image.Image | None]) -> Image.Image:
    """Rows of three numbered squares, always as wide as three, so that they are equally large on every sheet.

    The middle of each picture fills its square: bars beside it would make a wide picture too small to know again.
    """
    if not 1 <= len(cells) <= MOST_CELLS:
        raise ValueError(f"a sheet holds 1 to {MOST_CELLS} cells, not {len(cells)}")
    rows = -(-len(cells) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * (CELL + GAP) - GAP, rows * (CELL + GAP) - GAP), CLEAR)
    for index, cell in enumerate(cells):
        tile = _placeholder() if cell is None else _tile(cell, CELL)
        tile.alpha_composite(_badge(index + 1), (GAP, GAP))
        sheet.paste(tile, (index % COLUMNS * (CELL + GAP), index // COLUMNS * (CELL + GAP)))
    return sheet


def _tile(picture: Image.Image, side: int) -> Image.Image:
    """The middle of a picture as a square with round corners, on the panel's grey where it is transparent."""
    middle = ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS).convert("RGBA")
    square = Image.new("RGBA", (side, side), PANEL)
    square.alpha_composite(middle)
    square.putalpha(ImageChops.multiply(square.getchannel("A"), _round_corners(side)))
    return square


@lru_cache
def _round_corners(side: int) -> Image.Image:
    mask = Image.new("L", (side * FINER, side * FINER), 0)
    box = (0, 0, side * FINER - 1, side * FINER - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, CORNER * FINER, fill=255)
    return mask.reduce(FINER)


def _placeholder() -> Image.Image:
    """A soft panel with a picture frame on it: mountains under a sun."""
    tile = _tile(Image.new("RGBA", (1, 1), CLEAR), CELL)
    glyph = Image.new("RGBA", (CELL * FINER, CELL * FINER), (*GLYPH[:3], 0))
    draw = ImageDraw.Draw(glyph)

    def spots(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x * CELL * FINER, y * CELL * FINER) for x, y in points]

    draw.rounded_rectangle(spots((0.33, 0.36), (0.67, 0.64)), 7 * FINER, outline=GLYPH, width=4 * FINER)
    draw.ellipse(spots((0.39, 0.415), (0.445, 0.47)), fill=GLYPH)
    peaks = ((0.375, 0.595), (0.455, 0.505), (0.5, 0.555), (0.56, 0.465), (0.625, 0.55), (0.625, 0.595))
    draw.polygon(spots(*peaks), fill=GLYPH)
    tile.alpha_composite(glyph.reduce(FINER))
    return tile


@lru_cache
def _badge(number: int) -> Image.Image:
    """The number on a dark disc, legible on every picture."""
    side = BADGE * FINER
    badge = Image.new("RGBA", (side, side), CLEAR)
    draw = ImageDraw.Draw(badge)
    draw.ellipse((0, 0, side - 1, side - 1), fill=BADGE_GROUND, outline=BADGE_RIM, width=FINER)
    font = ImageFont.load_default(18 * FINER)
    left, top, right, bottom = font.getbbox(str(number))
    at = ((side - left - right) / 2, (side - top - bottom) / 2)
    draw.text(at, str(number), BADGE_INK, font, stroke_width=FINER / 3, stroke_fill=BADGE_INK)
    return badge.reduce(FINER)
