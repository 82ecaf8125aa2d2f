"""Picture files in and out: of known types, measured before they are decoded, proven by decoding, written as WebP."""

import struct
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO

from PIL import ExifTags, Image

MOST_PIXELS = 64_000_000

EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif"}
"""The types that are read, in Pillow's words."""

# Pillow's decoders raise nearly anything at a damaged file.
_DAMAGED = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    MemoryError,
    struct.error,
    zlib.error,
)
# How to hold a picture again as it was taken, by its EXIF orientation.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class Undecodable(Exception):
    """The bytes are no picture that we work with; the text says why in a few words."""


class UnknownType(Undecodable):
    """By its first bytes it is no picture of a known type."""


class TooManyPixels(Undecodable):
    """It would take too much memory to decode."""


class Damaged(Undecodable):
    """It begins as a picture, but cannot be decoded to its end."""


@contextmanager
def reading() -> Generator[None, None, None]:
    """Around everything that decodes: turns what Pillow raises into an Undecodable."""
    try:
        yield
    except _BOMBS as error:
        raise TooManyPixels("the picture has too many pixels") from error
    except _DAMAGED as error:
        raise Damaged("the picture is damaged") from error


def kind_of(data: bytes) -> str | None:
    """The picture's real type by its first bytes, in Pillow's words."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    return "GIF" if data.startswith((b"GIF87a", b"GIF89a")) else None


def opened(data: bytes, most_pixels: int = MOST_PIXELS) -> Image.Image:
    """The picture with its size read and checked, but nothing decoded yet; else an Undecodable."""
    kind = kind_of(data)
    if kind is None:
        raise UnknownType("the answer is no picture")
    with reading():
        image = Image.open(BytesIO(data), formats=(kind,))
    check_pixels(image, most_pixels)
    return image


def check_pixels(image: Image.Image, most_pixels: int) -> None:
    if image.width * image.height > most_pixels:
        raise TooManyPixels("the picture has too many pixels")


def still(data: bytes, side: int, most_pixels: int = MOST_PIXELS) -> Image.Image:
    """The first frame upright, RGB or RGBA, of at most `side` pixels each way; else an Undecodable."""
    image = opened(data, most_pixels)
    with reading():
        # A JPEG can be decoded at half its size, and at half of that: a photo of a phone then takes little memory.
        image.draft(None, (side, side))
        image.load()
        image = coloured(_upright(image))
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image


def _upright(image: Image.Image) -> Image.Image:
    # Not by ImageOps.exif_transpose: that writes the notes anew, and fails where any other of them is odd.
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except _DAMAGED:
        return image  # what is broken is the note about how to hold it, not the picture
    return image if turn is None else image.transpose(turn)


def coloured(image: Image.Image) -> Image.Image:
    """As RGB, or RGBA where something shines through."""
    if image.mode.startswith("I"):
        # Sixteen bits of grey: Pillow would cut off all above 255, and leave white.
        deep = image.convert("I")
        # Pillow's type hint names numpy, which is not installed.
        image = deep.point(lambda grey: grey * (1 / 256)).convert("L")  # pyright: ignore[reportUnknownMemberType]
        image.info.pop("transparency", None)  # one of the 65 536 greys
    wanted = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def webp(image: Image.Image, quality: int, **options: object) -> bytes:
    """Encoded without anything that the source said about itself."""
    encoded = BytesIO()
    image.save(encoded, "WEBP", quality=quality, method=4, background=(0, 0, 0, 0), **options)
    return encoded.getvalue()
