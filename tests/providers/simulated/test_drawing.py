"""Pictures: the same every time, four that differ, relatives that resemble, and shapes that are as asked."""

import io
from itertools import cycle

import pytest
from PIL import Image, ImageChops, ImageStat

from bot.providers.simulated import works
from bot.providers.simulated.art.dice import Dice, Drift, Surroundings
from bot.providers.simulated.art.geometry import Box
from bot.providers.simulated.art.lineage import Picture, imagined
from bot.providers.simulated.art.papercut import Craft
from bot.providers.simulated.art.pixels import Resampling, resized
from bot.providers.simulated.art.scenes import family_for, words_of
from bot.providers.simulated.drawing import draw_film, draw_grid, draw_papercut, draw_variant

SIDE = 96
PROMPTS = [
    *("misty mountains", "the sea", "a city", "a forest", "a desert", "flowers", "space", "northern lights"),
    *("a cat", "an owl", "a whale", "a deer", "a rabbit", "a wolf", "portrait of a queen", "words that name nothing"),
]


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of a channel's value, 0 to 255."""
    small = [resized(image, (64, 64), Resampling.BOX) for image in (one, other)]
    return sum(ImageStat.Stat(ImageChops.difference(*small)).mean) / 3


def one(prompt: str = "misty mountains", slot: int = 1, aspect: float = 1.0, seed: int = 7) -> Picture:
    return imagined(prompt, seed, aspect)[slot]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_scene_is_drawn_and_quadrants_differ(prompt: str) -> None:
    drawn = [draw_variant(picture, SIDE) for picture in imagined(prompt, 7, 1.0)]
    for i in range(4):
        for j in range(i):
            assert difference(drawn[i], drawn[j]) > 12


@pytest.mark.parametrize(("prompt", "aspect"), [*zip(PROMPTS[::3], cycle([1.0, 1.75, 4 / 7]), strict=False)])
def test_a_paper_cut_shows_the_same_scene_in_few_colours_within_a_frame(prompt: str, aspect: float) -> None:
    picture = one(prompt, aspect=aspect)
    painted = draw_variant(picture, 224)
    cut = draw_papercut(picture, Craft(sheets=7, scissors=5, dye=1.0), 224)
    assert cut.size == painted.size
    assert cut.tobytes() == draw_papercut(picture, Craft(sheets=7, scissors=5, dye=1.0), 224).tobytes()
    middle = (cut.width // 6, cut.height // 6, cut.width * 5 // 6, cut.height * 5 // 6)
    assert difference(cut.crop(middle), painted.crop(middle)) < 30
    assert min(ImageStat.Stat(cut.crop((0, 0, 3, 3))).mean) > 200
    assert difference(cut, draw_papercut(picture, Craft(sheets=7, scissors=5, dye=0.0), 224)) > 1
    stranger = draw_papercut(one(prompt, slot=2, aspect=aspect), Craft(sheets=7, scissors=5, dye=1.0), 224)
    assert difference(cut, stranger) > 8


def test_the_same_bytes_twice() -> None:
    again = [draw_grid(imagined("a city at night", 3, 1.5), SIDE).tobytes() for _ in range(2)]
    assert again[0] == again[1]


def test_another_seed_is_another_picture() -> None:
    assert difference(draw_variant(one(seed=1), SIDE), draw_variant(one(seed=2), SIDE)) > 5


@pytest.mark.parametrize("aspect", [1.0, 16 / 9, 9 / 16, 3.0])
def test_shape(aspect: float) -> None:
    pictures = imagined("the sea", 7, aspect)
    grid, quadrant = draw_grid(pictures, 288), draw_variant(pictures[0], 144)
    assert max(grid.size) == 288
    assert grid.width / grid.height == pytest.approx(aspect, rel=0.03)
    assert grid.size == (quadrant.width * 2, quadrant.height * 2)


@pytest.mark.parametrize("prompt", ["misty mountains", "a city", "a cat", "flowers"])
def test_an_upscale_is_its_quadrant(prompt: str) -> None:
    pictures = imagined(prompt, 7, 1.5)
    grid = draw_grid(pictures, 480)
    quadrant = grid.crop((240, 0, 480, 160))
    large = draw_variant(pictures[1], 720)
    assert difference(large, quadrant) < 3
    others = (grid.crop((0, 0, 240, 160)), grid.crop((0, 160, 240, 320)), grid.crop((240, 160, 480, 320)))
    assert all(difference(large, other) > 12 for other in others)


@pytest.mark.parametrize("drifts", [(), (Drift(5, 0.4),)])
def test_a_part_of_the_plane_has_the_levels_of_the_whole(drifts: tuple[Drift, ...]) -> None:
    dice = Dice(7, drifts, (Surroundings(Box(-0.5, -0.5, 1, 1), 3),))
    columns, rows = range(-9, 9), range(-70, 130)
    whole = dice.levels("clouds", columns, rows, 0.2)
    at = {(x, y): whole[j * len(columns) + i] for j, y in enumerate(rows) for i, x in enumerate(columns)}
    some_columns, some_rows = range(-4, 7), range(-3, 64)
    part = dice.levels("clouds", some_columns, some_rows, 0.2)
    assert part == bytes(at[x, y] for y in some_rows for x in some_columns)
    assert len({*whole}) > 200


def test_levels_change_only_outside_of_what_was_seen_before() -> None:
    columns, rows = range(-9, 9), range(5)
    grown = Dice(7, (), (Surroundings(Box(-0.5, -0.5, 1, 1), 3),)).levels("clouds", columns, rows, 0.2)
    inside, outside = (Dice(seed).levels("clouds", columns, rows, 0.2) for seed in (7, 3))
    for i, x in enumerate(columns):
        expected = inside if -0.9 <= x * 0.2 <= 0.9 else outside  # two cells beyond the core
        assert grown[i :: len(columns)] == expected[i :: len(columns)]
    assert grown not in (inside, outside)


def test_levels_drift_towards_those_of_the_other_seed() -> None:
    area = "clouds", range(3), range(100), 0.2
    here, there = Dice(7).levels(*area), Dice(5).levels(*area)
    drifted = Dice(7, (Drift(5, 0.25),)).levels(*area)
    assert list(drifted) == [int(a + (b - a) * 0.25) for a, b in zip(here, there, strict=True)]


def test_relatives_resemble_by_strength() -> None:
    original = draw_variant(one(), SIDE)
    distances: list[float] = []
    for strength in (0.2, 0.42, 0.7):
        relatives = [draw_variant(one().varied(seed, strength), SIDE) for seed in range(8)]
        distances.append(sum(difference(original, relative) for relative in relatives) / 8)
    stranger = difference(original, draw_variant(one(slot=2), SIDE))
    assert 0.3 < distances[0] < distances[1] < distances[2] < stranger


def test_zooming_out_keeps_the_middle() -> None:
    before = draw_variant(one(), 96)
    for seed in (1, 2):
        after = draw_variant(one().zoomed(2, seed), 192)
        assert difference(before, after.crop((48, 48, 144, 144))) < 11  # its corners are no longer darker


@pytest.mark.parametrize(
    ("direction", "size", "kept"),
    [
        ("left", (144, 96), (48, 0, 144, 96)),
        ("right", (144, 96), (0, 0, 96, 96)),
        ("up", (96, 144), (0, 48, 96, 144)),
        ("down", (96, 144), (0, 0, 96, 96)),
    ],
)
def test_panning_adds_one_side(direction: str, size: tuple[int, int], kept: tuple[int, int, int, int]) -> None:
    after = draw_variant(one().panned(direction, 1), 144)
    assert after.size == size
    assert difference(draw_variant(one(), 96), after.crop(kept)) < 10


def test_panning_on_and_on_moves_the_window() -> None:
    picture = one()
    for seed in range(5):
        picture = picture.panned("left", seed)
        assert picture.aspect <= 3
    assert picture.view.right < one().view.left


def test_making_square() -> None:
    assert one(aspect=2.0).squared(1).aspect == pytest.approx(1)
    assert one(aspect=0.5).squared(1).aspect == pytest.approx(1)


def test_zooming_out_for_long_ends_on_a_wall() -> None:
    picture = one(aspect=1.5)
    for seed in range(6):
        picture = picture.zoomed(2, seed)
    assert picture.inner is not None
    assert draw_variant(picture, SIDE).size == (96, 64)


def test_a_repainted_region() -> None:
    mask = Image.new("L", (64, 64))
    mask.paste(255, (0, 0, 32, 64))
    encoded = io.BytesIO()
    mask.save(encoded, "PNG")
    before, after = draw_variant(one(), SIDE), draw_variant(one().repainted(encoded.getvalue(), 5), SIDE)
    left, right = (0, 0, 42, 96), (54, 0, 96, 96)
    assert difference(before.crop(right), after.crop(right)) < 1
    assert difference(before.crop(left), after.crop(left)) > 2
    unreadable = draw_variant(one().repainted(b"nonsense", 5), SIDE)
    assert difference(before, unreadable) == 0


def test_a_blend_shows_its_sources() -> None:
    sources: list[bytes] = []
    for colour in ((200, 30, 30), (30, 30, 200)):
        encoded = io.BytesIO()
        Image.new("RGB", (40, 40), colour).save(encoded, "PNG")
        sources.append(encoded.getvalue())
    blended = works.imagine("", 1.0, 1, sources).pictures[0]
    red, _, blue = ImageStat.Stat(draw_variant(blended, SIDE)).mean
    assert min(red, blue) > 60
    assert blended.zoomed(2, 1).inner == blended
    assert draw_variant(imagined("", 1, 1.0, [b"nonsense"])[0], SIDE).size == (96, 96)


def test_a_film_moves_and_closes() -> None:
    frames = draw_film([one()], [0], 64, lively=True, frames=8)
    steps = [difference(frames[i], frames[(i + 1) % 8]) for i in range(8)]
    assert all(0.2 < step < 25 for step in steps)
    calm = draw_film([one()], [0], 64, lively=False, frames=8)
    assert difference(calm[0], calm[2]) < difference(frames[0], frames[2])


def test_four_films_side_by_side() -> None:
    assert draw_film([one(aspect=2.0)] * 4, [0, 1, 2, 3], 96, lively=False, frames=1)[0].size == (96, 48)


def test_words_call_for_scenes() -> None:
    def family(prompt: str) -> frozenset[str]:
        return family_for(words_of(prompt), 1).words

    assert "fox" in family("two foxes in a forest")
    assert "poppy" in family("Poppies!")
    assert "city" in family("a CITY by the sea")
    assert "sea" in family("the sea and a city")
