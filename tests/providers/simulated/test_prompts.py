"""What is read in prompts."""

import pytest

from bot.providers.simulated.prompts import BadParameter, Wish, read_prompt, with_aspect


@pytest.mark.parametrize(
    ("text", "words", "aspect", "seed", "version"),
    [
        ("a fox", "a fox", 1.0, None, "7"),
        ("a fox --ar 3:2 --v 6.1 --seed 42", "a fox", 1.5, 42, "6.1"),
        ("a fox --seed x --no snow, ice --aspect 9:16", "a fox", 0.5625, None, "7"),
        ("https://example.org/a.png a fox --niji 6 --raw", "a fox", 1.0, None, "6"),
        ("a fox --ar 100:1", "a fox", 4.0, None, "7"),
        ("a well-known fox -- really", "a well-known fox -- really", 1.0, None, "7"),
        ("--ar 2:3", "", 2 / 3, None, "7"),
    ],
)
def test_reading(text: str, words: str, aspect: float, seed: int | None, version: str) -> None:
    read = read_prompt(text)
    assert (read.words, read.aspect, read.seed, read.version) == (words, aspect, seed, version)


@pytest.mark.parametrize("text", ["a fox --ar 0:1", "a fox --ar", "a fox --ar 3/2"])
def test_bad_ratios(text: str) -> None:
    with pytest.raises(BadParameter, match="--ar"):
        read_prompt(text)


def test_wishes() -> None:
    assert read_prompt("A fox, Fail: Late").wish is Wish.LATE
    assert read_prompt("a fox that will not fail").wish is Wish.NONE


@pytest.mark.parametrize(
    ("text", "aspect", "expected"),
    [
        ("a fox", 1.5, "a fox --ar 3:2"),
        ("a fox --ar 3:2 --v 7", 1.0, "a fox --v 7"),
        ("a fox --v 7 --ar 16:9", 16 / 9 * 1.5, "a fox --v 7 --ar 8:3"),
        ("--ar 2:3", 1.0, ""),
    ],
)
def test_rewriting_the_ratio(text: str, aspect: float, expected: str) -> None:
    assert with_aspect(text, aspect) == expected
