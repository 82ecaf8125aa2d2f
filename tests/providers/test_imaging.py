"""Work on pictures' bytes: what members give made fit for the service, and small ones for cards and lists."""

import asyncio
import base64
import io
import struct
import threading
import time
import zlib
from collections.abc import Sequence
from typing import Any

import pytest
from PIL import Image, ImageDraw

from bot.domain import ports
from bot.domain.errors import UnusablePicture
from bot.providers.imaging import MOST_GIVEN, PictureWork
from bot.providers.threads import PictureThreads

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 160, 60), (30, 60, 200), (255, 255, 255)


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def plain(colour: Any = RED, size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def noise(size: tuple[int, int]) -> Image.Image:
    """What compresses worst."""
    return Image.merge("RGB", [Image.effect_noise(size, 200) for _ in range(3)])


def quarters(size: tuple[int, int] = (80, 40)) -> Image.Image:
    """Red and blue above green and white: which way is up can be seen."""
    image = plain(RED, size)
    middle = size[0] // 2, size[1] // 2
    image.paste(BLUE, (middle[0], 0, size[0], middle[1]))
    image.paste(GREEN, (0, middle[1], middle[0], size[1]))
    image.paste(WHITE, (*middle, *size))
    return image


def decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.format == "WEBP"
        return image


def near(seen: Any, wanted: Sequence[int]) -> bool:
    return all(abs(one - other) < 16 for one, other in zip(seen, wanted, strict=False))


async def prepared(data: bytes, **limits: Any) -> Image.Image:
    work: ports.PictureWork = PictureWork(**limits)
    return decoded(await work.prepare(data, "image1"))


async def refused(data: bytes, name: str = "image2", **limits: Any) -> str:
    with pytest.raises(UnusablePicture) as caught:
        await PictureWork(**limits).prepare(data, name)
    return caught.value.sentence


def huge_png(side: int, *, animated: bool = False) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    control = chunk(b"acTL", struct.pack(">II", 2, 0)) if animated else b""
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + header + control + pixels + chunk(b"IEND", b"")


def huge_gif(screen: int, frame: int) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", screen, screen, 0x80, 0, 0) + bytes(3) + b"\xff\xff\xff"
    return head + b"," + struct.pack("<HHHHB", 0, 0, frame, frame, 0) + b"\x02\x02\x4c\x01\x00;"


def huge_webp(side: int) -> bytes:
    data = bytearray(encode(plain(), "WEBP", save_all=True, append_images=[plain(BLUE)], duration=100))
    assert data[12:16] == b"VP8X"
    data[24:30] = (side - 1).to_bytes(3, "little") * 2
    return bytes(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_picture_of_each_type_becomes_webp(kind: str) -> None:
    image = await prepared(encode(plain(RED, (200, 100)), kind))
    assert image.size == (200, 100)
    assert near(image.getpixel((100, 50)), RED)


@pytest.mark.parametrize(
    ("mode", "colour", "seen"),
    [
        ("L", 120, (120, 120, 120)),
        ("1", 1, WHITE),
        ("P", 0, (0, 0, 0)),
        ("I;16", 120 * 257, (120, 120, 120)),
        ("LA", (120, 255), (120, 120, 120)),
        ("RGBA", (*RED, 255), RED),
    ],
)
async def test_every_kind_of_pixel_keeps_its_colour(mode: str, colour: Any, seen: tuple[int, ...]) -> None:
    image = await prepared(encode(plain(colour, mode=mode)))
    assert (image.mode, near(image.getpixel((10, 10)), seen)) == ("RGB", True)


async def test_a_jpeg_for_print_is_taken_too() -> None:
    assert near((await prepared(encode(plain(RED).convert("CMYK"), "JPEG"))).getpixel((9, 9)), RED)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
async def test_an_animation_gives_its_first_frame(kind: str) -> None:
    film = encode(plain(RED), kind, save_all=True, append_images=[plain(BLUE), plain(GREEN)], duration=100)
    image = await prepared(film)
    assert getattr(image, "n_frames", 1) == 1
    assert near(image.getpixel((10, 10)), RED)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "size", "top_left", "top_right"),
    [
        (1, (80, 40), RED, BLUE),
        (2, (80, 40), BLUE, RED),
        (3, (80, 40), WHITE, GREEN),
        (4, (80, 40), GREEN, WHITE),
        (5, (40, 80), RED, GREEN),
        (6, (40, 80), GREEN, RED),
        (7, (40, 80), WHITE, BLUE),
        (8, (40, 80), BLUE, WHITE),
        (99, (80, 40), RED, BLUE),
    ],
)
async def test_a_picture_taken_sideways_is_turned_upright(
    kind: str, orientation: int, size: tuple[int, int], top_left: tuple[int, ...], top_right: tuple[int, ...]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = await prepared(encode(quarters(), kind, exif=exif))
    assert image.size == size
    assert near(image.getpixel((5, 5)), top_left)
    assert near(image.getpixel((size[0] - 5, 5)), top_right)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("note", [b"MM\x00*\x00\x00\x00\x08\xff\xff\x01", b"MM\x00*\x00\x00", b"rubbish", b""])
async def test_a_broken_note_about_orientation_does_no_harm(kind: str, note: bytes) -> None:
    assert (await prepared(encode(quarters(), kind, exif=b"Exif\x00\x00" + note))).size == (80, 40)


async def test_an_odd_note_beside_the_orientation_does_no_harm() -> None:
    orientation, odd = struct.pack(">HHIHxx", 0x0112, 3, 1, 6), struct.pack(">HHI4s", 0xA005, 2, 4, b"odd")
    note = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08" + struct.pack(">H", 2) + orientation + odd + bytes(4)
    assert (await prepared(encode(quarters(), "JPEG", exif=note))).size == (40, 80)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_where_and_with_what_it_was_taken_is_not_passed_on(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825)[1] = "Secret North"
    options = {} if kind == "PNG" else {"xmp": b"<x>Secret Town</x>"}
    data = encode(plain(), kind, exif=exif, icc_profile=b"Secret Profile", **options)
    assert b"Secret" in data
    assert b"Secret" not in await PictureWork().prepare(data, "image1")


@pytest.mark.parametrize(("ink", "ground"), [(RED, WHITE), (WHITE, (32, 34, 37))])
async def test_a_cut_out_stands_on_a_ground_where_it_can_be_seen(ink: tuple[int, ...], ground: tuple[int, ...]) -> None:
    cut_out = plain((*GREEN, 0), (100, 100), "RGBA")  # something that an editor left beneath
    ImageDraw.Draw(cut_out).rectangle((30, 30, 70, 70), fill=(*ink, 255))
    image = await prepared(encode(cut_out))
    assert image.mode == "RGB"
    assert near(image.getpixel((5, 5)), ground)
    assert near(image.getpixel((50, 50)), ink)


async def test_a_picture_of_nothing_is_white() -> None:
    assert near((await prepared(encode(plain((0, 0, 0, 0), mode="RGBA")))).getpixel((5, 5)), WHITE)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((3000, 1500), (2048, 1024)), ((20, 3000), (14, 2048)), ((1, 1), (1, 1)), ((9000, 2), (2048, 1))],
)
async def test_what_is_larger_than_the_service_needs_is_scaled(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert (await prepared(encode(plain(size=size)))).size == wanted


@pytest.mark.parametrize("size", [(2100, 500), (1024, 1024)])
async def test_even_the_worst_picture_stays_below_a_megabyte_in_base64(size: tuple[int, int]) -> None:
    data = await PictureWork().prepare(encode(noise(size)), "image1")
    assert len(base64.b64encode(data)) < 1_000_000
    assert max(decoded(data).size) >= 1024


OTHER_TYPES = {
    "empty": b"",
    "html": b"<html>",
    "pdf": b"%PDF-1.7",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "wave": b"RIFF\x00\x00\x00\x00WAVE",
    "bmp": encode(plain(), "BMP"),
    "tiff": encode(plain(), "TIFF"),
    "avif": encode(plain(), "AVIF"),
}


@pytest.mark.parametrize("data", OTHER_TYPES.values(), ids=OTHER_TYPES)
async def test_other_types_are_refused(data: bytes) -> None:
    assert await refused(data) == "`image2` is no PNG, JPEG, WebP or GIF picture. Please use one of these."


CUT_PNG = encode(noise((90, 90)))[:900]
DAMAGED = {
    "cut png": CUT_PNG,
    "cut jpeg": encode(noise((90, 90)), "JPEG")[:-900],
    "cut webp": encode(noise((90, 90)), "WEBP")[:-900],
    "cut gif": encode(plain(), "GIF")[:60],
    "rubbish in png": b"\x89PNG\r\n\x1a\n" + b"rubbish" * 40,
    "nothing in jpeg": b"\xff\xd8\xff" + bytes(90),
    "only a gif's head": b"GIF89a",
    "only a webp's head": b"RIFF\x10\x00\x00\x00WEBPVP8X",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
async def test_damaged_files_are_refused(data: bytes) -> None:
    said = await refused(data)
    assert said == "`image2` is damaged: I cannot read it to its end. Please save it anew, or use another."


BOMBS = {
    "png": huge_png(7_100),
    "png of which Pillow warns": huge_png(9_500),
    "png that Pillow refuses": huge_png(30_000),
    "apng": huge_png(30_000, animated=True),
    "gif by its screen": huge_gif(30_000, 1),
    "gif by its frame": huge_gif(1, 30_000),
    "smaller gif by its frame": huge_gif(1, 7_100),
    "webp": huge_webp(7_100),
    "webp of 36 bytes": huge_webp(4_097),
    "largest webp": huge_webp(16_384),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
async def test_a_bomb_is_refused_before_it_is_decoded(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(image: Image.Image) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)
    said = await refused(data)
    most = 50 if data.startswith(b"\xff\xd8") else 17
    assert said == f"`image2` has more than {most} megapixels, which is the most I take. Please use a smaller picture."


async def test_pillows_warning_about_a_bomb_refuses_where_warnings_are_errors() -> None:
    assert "megapixels" in await refused(huge_png(9_500))


async def test_the_byte_cap_is_told_before_anything_is_read() -> None:
    said = await refused(b"\x89PNG\r\n\x1a\n" + bytes(MOST_GIVEN), "The link")
    assert said == "The link is larger than 20 MB, which is the most I take. Please use a smaller picture."


async def test_exactly_as_many_pixels_as_allowed_are_taken() -> None:
    assert (await prepared(encode(plain(size=(50, 20))), most_pixels=1000)).size == (50, 20)
    assert "0.001 megapixels" in await refused(encode(plain(size=(77, 13))), most_pixels=1000)


@pytest.mark.parametrize(
    ("name", "called"), [("image", "`image` is"), ("The link", "The link is"), ("`mask`", "`mask` is")]
)
async def test_a_picture_is_called_as_the_member_knows_it(name: str, called: str) -> None:
    assert (await refused(b"", name)).startswith(called)


@pytest.mark.parametrize(
    ("size", "wanted"), [((1000, 500), (512, 256)), ((90, 85), (90, 85)), ((1, 1), (160, 160)), ((2000, 8), (512, 160))]
)
async def test_one_source_picture_is_shown_whole(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert decoded(await PictureWork().small([encode(plain(size=size))])).size == wanted


@pytest.mark.parametrize("count", [2, 3, 4, 5])
async def test_several_are_shown_as_squares_in_a_row_on_nothing(count: int) -> None:
    colours = [RED, GREEN, BLUE, WHITE, RED][:count]
    sources = [encode(plain(colour, (90 + 200 * n, 300))) for n, colour in enumerate(colours)]
    row = decoded(await PictureWork().small(sources))
    assert row.size == (168 * count - 8, 160)
    for n, colour in enumerate(colours):
        assert near(row.getpixel((168 * n + 80, 80)), (*colour, 255))
        assert row.getpixel((168 * n, 0))[3] < 40, "round corners"
    assert row.getpixel((164, 80))[3] == 0, "a gap"


async def test_the_middle_of_each_is_shown() -> None:
    wide = plain(BLUE, (300, 100))
    wide.paste(RED, (100, 0, 200, 100))
    row = decoded(await PictureWork().small([encode(wide)] * 2))
    assert near(row.getpixel((20, 80)), RED)
    assert near(row.getpixel((140, 80)), RED)


@pytest.mark.parametrize(
    ("size", "wanted"), [((1280, 1280), (320, 320)), ((1000, 500), (320, 160)), ((500, 1000), (160, 320))]
)
async def test_a_thumbnail_keeps_the_aspect(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert decoded(await PictureWork().thumbnail(encode(plain(size=size)))).size == wanted


async def test_a_thumbnail_is_light() -> None:
    assert len(await PictureWork().thumbnail(encode(noise((600, 600))))) < 20_000
    calm = encode(Image.radial_gradient("L").resize((900, 900)))
    assert len(await PictureWork().thumbnail(calm)) < 15_000


async def test_a_thumbnail_of_a_film_is_its_first_frame() -> None:
    film = encode(plain(RED), "WEBP", save_all=True, append_images=[plain(BLUE)], duration=100)
    assert near(decoded(await PictureWork().thumbnail(film)).getpixel((9, 9)), RED)


@pytest.mark.parametrize("data", [b"", CUT_PNG], ids=["empty", "cut"])
async def test_no_small_picture_is_made_of_a_damaged_one(data: bytes) -> None:
    with pytest.raises(UnusablePicture, match=r"^The picture is"):
        await PictureWork().thumbnail(data)
    with pytest.raises(UnusablePicture, match=r"^The picture is"):
        await PictureWork().small([data, data])


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (3, 1), (4, 2), (7, 3), (9, 3)])
async def test_a_sheet_has_three_columns_and_the_rows_that_it_needs(count: int, rows: int) -> None:
    sheet = decoded(await PictureWork().contact_sheet([encode(plain(RED))] * count))
    assert sheet.size == (616, 208 * rows - 8)
    centres = [(208 * column + 100, 208 * row + 100) for row in range(rows) for column in range(3)]
    assert [sheet.getpixel(centre)[3] > 0 for centre in centres] == [n < count for n in range(3 * rows)]


async def test_every_cell_has_its_own_number() -> None:
    sheet = decoded(await PictureWork().contact_sheet([encode(plain(RED))] * 9))
    badges = {
        sheet.crop((208 * column + 8, 208 * row + 8, 208 * column + 38, 208 * row + 38)).tobytes()
        for row in range(3)
        for column in range(3)
    }
    assert len(badges) == 9
    darkest, lightest = sheet.crop((8, 8, 38, 38)).convert("L").getextrema()
    assert darkest < 60 < 200 < lightest, "a light number on a dark disc"


async def test_what_is_not_kept_or_damaged_is_a_soft_panel() -> None:
    cells = [None, CUT_PNG, encode(plain(RED))]
    gone, damaged, kept = [decoded(await PictureWork().contact_sheet([cell])) for cell in cells]
    assert gone.tobytes() == damaged.tobytes() != kept.tobytes()
    assert 30 < gone.getpixel((150, 30))[3] < 100, "half transparent, for the dark theme and for the light one"
    assert kept.getpixel((150, 30))[3] == 255


@pytest.mark.parametrize("count", [0, 10])
async def test_a_sheet_holds_one_to_nine_cells(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 9 cells"):
        await PictureWork().contact_sheet([None] * count)


async def test_at_most_two_pictures_are_worked_on_at_once_however_many_share_the_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    busy, most, lock, both = 0, 0, threading.Lock(), threading.Barrier(2)

    def work(*_: object) -> bytes:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        both.wait(5)  # two at a time they come, so nobody waits alone
        time.sleep(0.005)
        with lock:
            busy -= 1
        return b""

    monkeypatch.setattr("bot.providers.imaging._thumbnail", work)
    threads = PictureThreads()
    one, other = PictureWork(threads), PictureWork(threads)
    await asyncio.gather(*(each.thumbnail(b"") for each in (one, other) * 4))
    assert most == 2
