"""From pictures as data to pixels: grids, single pictures, and short films."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import cos, sin, tau

from PIL import Image, ImageFilter

from bot.providers.simulated.art.blending import blend, opened
from bot.providers.simulated.art.canvas import Canvas, Moment
from bot.providers.simulated.art.dice import Dice
from bot.providers.simulated.art.lineage import Picture, Region
from bot.providers.simulated.art.palettes import Palette, choose
from bot.providers.simulated.art.papercut import PATTERN_SIDE, Craft, cut
from bot.providers.simulated.art.pixels import Resampling, resized
from bot.providers.simulated.art.scenes import family_for, foreground_of, four_scenes, words_of
from bot.providers.simulated.art.stage import Scene, Stage
from bot.providers.simulated.art.textures import finish
from bot.providers.simulated.art.wall import hang, hanging_place

GRID_SIDE = 1456
SOLO_SIDE = 1280
LARGE_SIDE = 1920
FILM_SIDE = 640
FILMS_SIDE = 768
FRAMES = 14


def draw_grid(pictures: Sequence[Picture], longest: int = GRID_SIDE) -> Image.Image:
    """Four pictures as two rows of two. The grid has the aspect of one of them."""
    return _arranged([draw_variant(picture, longest // 2) for picture in pictures])


def draw_variant(picture: Picture, longest: int = SOLO_SIDE) -> Image.Image:
    """One picture with its finish."""
    return finish(_painted(picture, picture.size(longest), Moment()))


def draw_papercut(picture: Picture, craft: Craft, longest: int) -> Image.Image:
    """One picture cut out of paper, which is how the image models show the same scenes."""
    pattern = _painted(picture, picture.size(min(longest, PATTERN_SIDE)), Moment())
    return cut(pattern, picture.size(longest), craft)


def draw_film(
    pictures: Sequence[Picture],
    takes: Sequence[int],
    longest: int = FILM_SIDE,
    *,
    lively: bool,
    frames: int = FRAMES,
) -> list[Image.Image]:
    """The frames of a film that closes into a loop. Of four side by side each is another take: it moves another way."""
    side = longest // 2 if len(pictures) > 1 else longest
    cast = tuple(zip(pictures, takes, strict=True))
    return [
        _arranged([_frame(picture, take, side, index / frames, lively) for picture, take in cast])
        for index in range(frames)
    ]


def _frame(picture: Picture, take: int, longest: int, time: float, lively: bool) -> Image.Image:
    """The viewer moves to and fro, and a little closer and back."""
    reach = (0.055 if lively else 0.022) * (1.0, -1.0, 0.4, -0.6)[take]
    moment = Moment(time, reach * sin(tau * time))
    closer = -abs(reach) * (0.6 + 0.4 * cos(tau * time)) * (0.5, 0.5, 1.4, 0.9)[take]
    view = picture.view.grown(closer, closer, closer, closer)
    return _painted(replace(picture, view=view), picture.size(longest), moment)


def _arranged(parts: Sequence[Image.Image]) -> Image.Image:
    if len(parts) == 1:
        return parts[0]
    width, height = parts[0].size
    grid = Image.new("RGB", (width * 2, height * 2))
    for i, part in enumerate(parts):
        grid.paste(part, (i % 2 * width, i // 2 * height))
    return grid


def _painted(picture: Picture, size: tuple[int, int], moment: Moment) -> Image.Image:
    if picture.region is not None:
        return _with_region(picture, picture.region, size, moment)
    dice = Dice(_seed_for_slot(picture), picture.drifts, picture.surroundings)
    scene, foreground, palette = _cast(picture.prompt, picture.seed)[picture.slot]
    canvas = Canvas(size, picture.view, moment)
    stage = Stage(canvas, dice, palette.tuned(dice), picture.frame, frozenset(words_of(picture.prompt)))
    sources = [image for image in map(opened, picture.sources) if image is not None]
    if picture.inner is not None:
        place = hanging_place(picture.frame, picture.inner.aspect)
        longest = max(round(max(place.width, place.height) * canvas.scale), 16)
        hang(stage, draw_variant(picture.inner, longest))
    elif sources:
        blend(stage, sources, picture.slot)
    else:
        scene(stage)
        if foreground is not None:
            foreground(stage)
    return canvas.image


def _seed_for_slot(picture: Picture) -> int:
    """Each quadrant has its own dice."""
    return picture.seed * 4 + picture.slot


def _with_region(picture: Picture, region: Region, size: tuple[int, int], moment: Moment) -> Image.Image:
    plain = replace(picture, region=None)
    before = _painted(plain, size, moment)
    mask = opened(region.mask)
    if mask is None:
        return before
    after = _painted(replace(plain, drifts=(*plain.drifts, region.drift)), size, moment)
    canvas = Canvas(size, picture.view)
    (left, top), (right, bottom) = (
        canvas.pixel(corner) for corner in ((region.box.left, region.box.top), (region.box.right, region.box.bottom))
    )
    area = max(round(right - left), 1), max(round(bottom - top), 1)
    whole = Image.new("L", size)
    whole.paste(resized(mask.convert("L"), area, Resampling.BILINEAR), (round(left), round(top)))
    soft = whole.filter(ImageFilter.GaussianBlur(max(size) * 0.012))
    return Image.composite(after, before, soft)


@lru_cache(maxsize=256)
def _cast(prompt: str, seed: int) -> tuple[tuple[Scene, Scene | None, Palette], ...]:
    """Scene, foreground and palette of each of the four quadrants."""
    words = words_of(prompt)
    family = family_for(words, seed)
    scenes = four_scenes(family, frozenset(words), seed)
    palettes = choose(frozenset(words), family.moods.split(), seed)
    foregrounds = [foreground_of(family, scene) for scene in scenes]
    return tuple(zip(scenes, foregrounds, palettes, strict=False))
