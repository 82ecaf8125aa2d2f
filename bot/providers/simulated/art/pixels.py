"""The two calls of Pillow whose own type hints name numpy, which is not installed, typed here once."""

from collections.abc import Sequence

from PIL import Image

Resampling = Image.Resampling


def resized(
    image: Image.Image,
    size: tuple[int, int],
    resampling: Resampling = Resampling.BICUBIC,
    box: tuple[float, float, float, float] | None = None,
) -> Image.Image:
    """The image, or the part of it within `box`, in another size."""
    return image.resize(size, resampling, box=box)  # pyright: ignore[reportUnknownMemberType]


def relevelled(image: Image.Image, levels: Sequence[int]) -> Image.Image:
    """Every level replaced by that of a table of 256 (or one such table per band)."""
    return image.point(list(levels))  # pyright: ignore[reportUnknownMemberType]
