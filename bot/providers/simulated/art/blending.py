"""Blends: pictures that people sent, melted into each other in the light of a palette."""

import io
import logging
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageFilter, ImageOps

from bot.providers.simulated.art.pixels import relevelled, resized
from bot.providers.simulated.art.stage import Stage
from bot.providers.simulated.art.textures import clouds

_log = logging.getLogger(__name__)


def opened(source: bytes) -> Image.Image | None:
    """A picture from bytes, small enough to work with; None when they hold none."""
    try:
        with Image.open(io.BytesIO(source)) as image:
            image.draft("RGB", (1024, 1024))
            picture = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        _log.info("a source picture cannot be read: %s", error)
        return None
    picture.thumbnail((1024, 1024))
    return picture


def blend(stage: Stage, sources: Sequence[Image.Image], slot: int) -> None:
    """Every source has its places; `slot` decides which lies on top, and how much of the palette is in it."""
    canvas, palette = stage.canvas, stage.palette
    first = slot % len(sources)
    layers = [_fitted(stage, source) for source in (*sources[first:], *sources[:first])]
    canvas.image.paste(layers[0])
    for i, layer in enumerate(layers[1:]):
        places = clouds(canvas, stage.dice, f"blend/{i}", (0.55, 0.5), octaves=3, threshold=0.38)
        mask = ImageChops.add(resized(places, canvas.size), Image.new("L", canvas.size, 70))
        canvas.image.paste(Image.blend(canvas.image, layer, 0.85), (0, 0), mask)
    soft = canvas.image.filter(ImageFilter.GaussianBlur(0.006 * canvas.scale))
    glowing = ImageChops.screen(canvas.image, relevelled(soft, [round(v * 0.28) for v in range(256)] * 3))
    grey = ImageOps.autocontrast(glowing.convert("L"), cutoff=1)
    graded = ImageOps.colorize(grey, black=palette.near, mid=palette.far, white=palette.light)
    canvas.image.paste(Image.blend(glowing, graded, 0.12 + 0.14 * slot))


def _fitted(stage: Stage, source: Image.Image) -> Image.Image:
    """What the view shows of a source that fills the frame."""
    canvas, frame, view = stage.canvas, stage.frame, stage.canvas.view
    size = max(round(frame.width * canvas.scale), 1), max(round(frame.height * canvas.scale), 1)
    whole = ImageOps.fit(source, size, Image.Resampling.BICUBIC)
    across, down = size[0] / frame.width, size[1] / frame.height
    box = (
        max((view.left - frame.left) * across, 0.0),
        max((view.top - frame.top) * down, 0.0),
        min((view.right - frame.left) * across, float(size[0])),
        min((view.bottom - frame.top) * down, float(size[1])),
    )
    return resized(whole, canvas.size, box=box)
