"""Work on pictures' bytes: members' pictures made fit for the service, and small ones for cards and lists."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

from PIL import Image, ImageStat

from bot.domain.errors import UnusablePicture
from bot.providers.codec import MOST_PIXELS, TooManyPixels, Undecodable, UnknownType, kind_of, still, webp
from bot.providers.sheets import draw_row, draw_sheet
from bot.providers.threads import PictureThreads

MOST_GIVEN = 20 * 1024 * 1024
MOST_GIVEN_PIXELS = 50_000_000
"""A little more than phones' largest photos have. A JPEG is decoded at half its size or less, which saves memory."""
MOST_HEAVY_PIXELS = 4096 * 4096
"""Decoding a WebP takes sixteen bytes for each pixel, whether its file is one of megabytes or of 36 bytes."""
MOST_PREPARED = 750_000
"""Bytes; in base64, as the service gets them, they stay below a megabyte."""

PREPARED_SIDES = (2048, 1600, 1280, 1024)
PREPARED_QUALITY = 90
LOWER_QUALITIES = (80, 65, 50, 30)
SMALL_SIDE = 512
SMALL_QUALITY = 82
SMALLEST_SIDE = 80
MAT = "#4e5058"
THUMBNAIL_SIDES = (320, 240, 160)
THUMBNAIL_QUALITIES = (80, 70, 55, 40)
THUMBNAIL_BYTES = 15_000
BRIGHT = 200
"""Mean grey of what is drawn on nothing, from which it would get lost on white."""


class PictureWork:
    """Does it in threads; give it those of the PictureFetcher, so that both together keep within the memory."""

    def __init__(self, threads: PictureThreads | None = None, *, most_pixels: int = MOST_GIVEN_PIXELS) -> None:
        self._threads = threads or PictureThreads()
        self._most_pixels = most_pixels

    async def prepare(self, data: bytes, name: str) -> bytes:
        """At most 750 000 bytes of WebP; UnusablePicture names the picture by `name`."""
        # An option's name is typed like code, words for a picture stand as they are.
        called = f"`{name}`" if name.isidentifier() else name
        if len(data) > MOST_GIVEN:
            raise UnusablePicture(
                f"{called} is larger than {MOST_GIVEN // 1024**2} MB, which is the most I take. "
                "Please use a smaller picture."
            )
        most_pixels = self._most_pixels if kind_of(data) == "JPEG" else min(self._most_pixels, MOST_HEAVY_PIXELS)
        try:
            return await self._threads.run(_prepare, data, most_pixels)
        except Undecodable as error:
            raise UnusablePicture(f"{called} {_why(error, most_pixels)}") from error

    async def small(self, pictures: Sequence[bytes]) -> bytes:
        """One at most 512 pixels each way, or two to five squares in a row; UnusablePicture where one is damaged."""
        with _damage_told():
            return await self._threads.run(_small, pictures)

    async def thumbnail(self, picture: bytes) -> bytes:
        """At most 320 pixels each way, about 15 KB; UnusablePicture where it is damaged."""
        with _damage_told():
            return await self._threads.run(_thumbnail, picture)

    async def contact_sheet(self, cells: Sequence[bytes | None]) -> bytes:
        """Three columns of numbered squares; a damaged thumbnail is shown like one that is not kept."""
        return await self._threads.run(_contact_sheet, cells)


@contextmanager
def _damage_told() -> Generator[None, None, None]:
    try:
        yield
    except Undecodable as error:
        raise UnusablePicture(f"The picture {_why(error, MOST_PIXELS)}") from error


def _why(error: Undecodable, most_pixels: int) -> str:
    match error:
        case UnknownType():
            return "is no PNG, JPEG, WebP or GIF picture. Please use one of these."
        case TooManyPixels():
            most = f"{most_pixels / 1_000_000:.2g} megapixels"
            return f"has more than {most}, which is the most I take. Please use a smaller picture."
        case _:
            return "is damaged: I cannot read it to its end. Please save it anew, or use another."


def _prepare(data: bytes, most_pixels: int) -> bytes:
    image = _on_a_ground(still(data, PREPARED_SIDES[0], most_pixels))
    return _first_within(MOST_PREPARED, _ever_smaller(image))


def _on_a_ground(image: Image.Image) -> Image.Image:
    """Without transparency: models know none, and would see whatever colours an editor left beneath it."""
    if image.mode != "RGBA":
        return image
    mask = image.getchannel("A")
    drawn = ImageStat.Stat(image.convert("L"), mask)
    bright = drawn.count[0] > 0 and drawn.mean[0] > BRIGHT
    ground = Image.new("RGB", image.size, "#202225" if bright else "white")
    ground.paste(image, mask=mask)
    return ground


def _ever_smaller(image: Image.Image) -> Iterator[bytes]:
    """Fewer pixels first, which the service does not miss; then lower quality."""
    for side in PREPARED_SIDES:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        yield webp(image, PREPARED_QUALITY)
    for quality in LOWER_QUALITIES:
        yield webp(image, quality)


def _first_within(most_bytes: int, versions: Iterator[bytes]) -> bytes:
    """The first that fits; if none does the last, which the caller has made small enough for any picture."""
    version = b""
    for version in versions:
        if len(version) <= most_bytes:
            break
    return version


def _small(pictures: Sequence[bytes]) -> bytes:
    if len(pictures) == 1:
        return webp(_on_a_mat(still(pictures[0], SMALL_SIDE)), SMALL_QUALITY)
    return webp(draw_row([still(picture, SMALL_SIDE) for picture in pictures]), SMALL_QUALITY)


def _on_a_mat(image: Image.Image) -> Image.Image:
    """A picture that is tiny, or a mere line, in the middle of something that can be seen."""
    if min(image.size) >= SMALLEST_SIDE:
        return image
    mat = Image.new("RGB", (max(image.width, 2 * SMALLEST_SIDE), max(image.height, 2 * SMALLEST_SIDE)), MAT)
    mat.paste(image.convert("RGB"), ((mat.width - image.width) // 2, (mat.height - image.height) // 2))
    return mat


def _thumbnail(picture: bytes) -> bytes:
    image = still(picture, THUMBNAIL_SIDES[0])
    return _first_within(THUMBNAIL_BYTES, _ever_lighter(image))


def _ever_lighter(image: Image.Image) -> Iterator[bytes]:
    """Lower quality first, which hardly shows at this size; then fewer pixels."""
    for quality in THUMBNAIL_QUALITIES:
        yield webp(image, quality)
    for side in THUMBNAIL_SIDES[1:]:
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        yield webp(image, THUMBNAIL_QUALITIES[-1])


def _contact_sheet(cells: Sequence[bytes | None]) -> bytes:
    return webp(draw_sheet([_kept(cell) for cell in cells]), SMALL_QUALITY)


def _kept(thumbnail: bytes | None) -> Image.Image | None:
    try:
        return still(thumbnail, THUMBNAIL_SIDES[0]) if thumbnail else None
    except Undecodable:
        return None
