"""Image models: every combination of options, in the words of what each model is documented to take."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InvalidOption, InvalidPrompt, Refusal
from bot.domain.image_models import (
    ImageOptions,
    Suggestion,
    choose,
    facts_of,
    price_of,
    suggest_models,
    suggest_qualities,
    suggest_sizes,
    suggest_styles,
    tidy_prompt,
)

OFFERED = ("dall-e-3", "dall-e-2", "gpt-image-1", "gpt-image-1.5", "gpt-image-2")
SIZES = ("256x256", "512x512", "1024x1024", "1792x1024", "1024x1792", "1536x1024", "1024x1536", "auto", "640x480")
QUALITIES = ("standard", "hd", "low", "medium", "high", "auto", "superb")
STYLES = ("vivid", "natural", "baroque")


def chosen(offered: tuple[str, ...] = OFFERED, prompt: str = "a heron", **options: Any) -> ImageOptions:
    asked: dict[str, Any] = {"model": None, "size": None, "quality": None, "style": None, "count": 1}
    return choose(offered, prompt, **(asked | options))


def refusal(**options: Any) -> str:
    with pytest.raises(InvalidOption) as caught:
        chosen(**options)
    return caught.value.sentence


def expected(model: str, size: str | None, quality: str | None, style: str | None) -> tuple[ImageOptions, int] | None:
    """The options and the price of one picture, written from the models' documentation; None for a refusal."""
    size = "1024x1024" if size is None else size
    if model == "dall-e-2":
        if quality or style or size not in ("256x256", "512x512", "1024x1024"):
            return None
        return ImageOptions(model, size, None, None, 1), 1
    if model == "dall-e-3":
        quality = quality or "standard"
        if size not in ("1024x1024", "1792x1024", "1024x1792") or style not in (None, "vivid", "natural"):
            return None
        if quality not in ("standard", "hd"):
            return None
        return ImageOptions(model, size, quality, style, 1), 4 if quality == "hd" else 2
    quality = quality or "medium"
    if size not in ("1024x1024", "1536x1024", "1024x1536", "auto") or style:
        return None
    if quality not in ("low", "medium", "high", "auto"):
        return None
    return ImageOptions(model, size, quality, None, 1), {"low": 1, "medium": 2}.get(quality, 6)


@pytest.mark.parametrize("model", OFFERED)
def test_every_combination_is_taken_with_its_price_or_refused(model: str) -> None:
    for size, quality, style in product((None, *SIZES), (None, *QUALITIES), (None, *STYLES)):
        told = expected(model, size, quality, style)
        if told is None:
            sentence = refusal(model=model, size=size, quality=quality, style=style)
            assert sentence.startswith(f"`{model}` ")
        else:
            options = chosen(model=model, size=size, quality=quality, style=style)
            assert (options, price_of(options)) == told, (model, size, quality, style)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"model": "dall-e-3", "size": "256x256"},
            "`dall-e-3` takes size 1024x1024, 1792x1024 or 1024x1792, not 256x256.",
        ),
        ({"model": "dall-e-2", "style": "vivid"}, "`dall-e-2` has no style option. Please leave it out."),
        ({"model": "dall-e-2", "quality": "hd"}, "`dall-e-2` has no quality option. Please leave it out."),
        ({"model": "gpt-image-1", "style": "vivid"}, "`gpt-image-1` has no style option. Please leave it out."),
        ({"model": "dall-e-3", "quality": "high"}, "`dall-e-3` takes quality standard or hd, not high."),
        ({"model": "gpt-image-1", "quality": "hd"}, "`gpt-image-1` takes quality low, medium, high or auto, not hd."),
        ({"model": "dall-e-3", "style": "`x\n"}, "`dall-e-3` takes style vivid or natural, not 'x."),
        ({"model": "dall-e-3", "style": ""}, "`dall-e-3` takes style vivid or natural, not nothing."),
        (
            {"model": "dall-e-3", "count": 2},
            "`dall-e-3` takes count 1, not 2. For 2 pictures choose dall-e-2 or gpt-image-1.",
        ),
        ({"model": "dall-e-2", "count": 11}, "`dall-e-2` takes count from 1 to 10, not 11."),
        ({"model": "gpt-image-1", "count": 0}, "`gpt-image-1` takes count from 1 to 10, not 0."),
        ({"model": "dall-e-9"}, "The model option takes dall-e-3, dall-e-2 or gpt-image-1, not dall-e-9."),
        ({"model": "gpt-image-1.5"}, "The model option takes dall-e-3, dall-e-2 or gpt-image-1, not gpt-image-1.5."),
        ({"offered": ("dall-e-3",), "model": "x"}, "The model option takes dall-e-3, not x."),
        ({"offered": ()}, "There is no image model here yet. Whoever hosts me can choose one."),
        ({"offered": ("sora",)}, "There is no image model here yet. Whoever hosts me can choose one."),
        (
            {"model": "dall-e-3", "size": "9" * 60},
            f"`dall-e-3` takes size 1024x1024, 1792x1024 or 1024x1792, not {'9' * 39}….",
        ),
    ],
)
def test_a_refusal_names_the_option_and_what_may_stand_there(options: dict[str, Any], sentence: str) -> None:
    assert refusal(**({"offered": OFFERED[:3]} | options)) == sentence


@pytest.mark.parametrize("model", OFFERED)
def test_the_first_offered_model_is_the_default(model: str) -> None:
    assert chosen((model, *OFFERED)).model == model
    assert chosen(("sora", model)).model == model


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ({"size": " 1792 × 1024 "}, ImageOptions("dall-e-3", "1792x1024", "standard", None, 1)),
        ({"size": "1024X1792", "quality": "HD"}, ImageOptions("dall-e-3", "1024x1792", "hd", None, 1)),
        ({"style": "Natural"}, ImageOptions("dall-e-3", "1024x1024", "standard", "natural", 1)),
        ({"model": " DALL-E-2 ", "count": 10}, ImageOptions("dall-e-2", "1024x1024", None, None, 10)),
    ],
)
def test_options_are_read_as_people_write_them(typed: dict[str, Any], meant: ImageOptions) -> None:
    assert chosen(**typed) == meant


@pytest.mark.parametrize(("model", "longest"), [("dall-e-2", 1_000), ("dall-e-3", 4_000), ("gpt-image-1", 32_000)])
def test_a_prompt_may_be_as_long_as_the_model_reads(model: str, longest: int) -> None:
    assert chosen(prompt="x" * longest, model=model).model == model
    assert chosen(prompt=f" {'x' * longest}\n\n", model=model).model == model
    with pytest.raises(InvalidPrompt) as caught:
        chosen(prompt="x" * (longest + 1), model=model)
    told = f"`{model}` takes a prompt of {longest} characters, and this one has {longest + 1}."
    assert caught.value.sentence == told


@pytest.mark.parametrize("prompt", ["", "  \n\t", "\u200b", "\x00\x07", "\ud800", "\u3000", "\u200d\ufe0f"])
def test_a_prompt_that_shows_nothing_is_refused(prompt: str) -> None:
    with pytest.raises(InvalidPrompt, match="needs words"):
        chosen(prompt=prompt)


@pytest.mark.parametrize(
    ("typed", "tidy"),
    [
        (" a  heron\n at dawn ", "a heron at dawn"),
        ("a\x00b\x1b[0m", "a b [0m"),
        ("half \ud83d pair", "half pair"),
        ("👩‍🎨 café --ar 1:1", "👩‍🎨 café --ar 1:1"),
    ],
)
def test_a_prompt_is_tidied(typed: str, tidy: str) -> None:
    assert tidy_prompt(typed) == tidy


@given(st.text())
def test_a_tidied_prompt_can_be_sent_and_stays_as_it_is(typed: str) -> None:
    tidy = tidy_prompt(typed)
    tidy.encode()
    assert tidy_prompt(tidy) == tidy
    assert not any(ord(letter) < 32 or letter == "\u200b" for letter in tidy)


@given(st.sampled_from((None, *OFFERED)) | st.text(), *[st.none() | st.text()] * 3, st.integers())
def test_whatever_is_typed_is_chosen_or_refused_with_a_short_sentence(
    model: str | None, size: str | None, quality: str | None, style: str | None, count: int
) -> None:
    try:
        options = chosen(model=model, size=size, quality=quality, style=style, count=count)
    except Refusal as refused:
        told = refused.sentence
    else:
        told = f"That costs {price_of(options)}."
        assert price_of(options) >= options.count >= 1
    assert "\n" not in told
    assert len(told) < 300 + len(str(count))


@pytest.mark.parametrize(
    ("options", "price"),
    [
        (ImageOptions("dall-e-2", "256x256", None, None, 10), 10),
        (ImageOptions("dall-e-3", "1024x1024", "standard", "vivid", 1), 2),
        (ImageOptions("dall-e-3", "1792x1024", "hd", None, 1), 4),
        (ImageOptions("gpt-image-1", "auto", "low", None, 3), 3),
        (ImageOptions("gpt-image-2", "auto", "medium", None, 4), 8),
        (ImageOptions("gpt-image-1.5", "auto", "high", None, 10), 60),
        (ImageOptions("gpt-image-3-mini", "auto", "auto", None, 2), 12),
    ],
)
def test_the_price_is_that_of_each_picture(options: ImageOptions, price: int) -> None:
    assert price_of(options) == price


def test_a_model_of_no_known_kind_has_no_price() -> None:
    with pytest.raises(InvalidOption, match="sora"):
        price_of(ImageOptions("sora", "auto", None, None, 1))


@pytest.mark.parametrize(
    ("model", "most"),
    [("dall-e-2", 10), ("DALL-E-3", 1), ("gpt-image", 10), ("gpt-image-7-turbo", 10), ("dall-e-30", None), ("", None)],
)
def test_models_are_known_by_the_beginning_of_their_name(model: str, most: int | None) -> None:
    facts = facts_of(model)
    assert (facts and facts.most) == most


def test_only_the_dall_e_models_can_be_asked_for_links() -> None:
    facts = [facts_of(model) for model in OFFERED]
    assert [each and each.takes_response_format for each in facts] == [True, True, False, False, False]


def test_suggestions_say_what_each_costs() -> None:
    assert suggest_models(("dall-e-3", "sora", "dall-e-2", "gpt-image-1"), "") == [
        Suggestion("dall-e-3", "dall-e-3 · 2 to 4 credits"),
        Suggestion("dall-e-2", "dall-e-2 · 1 credit each"),
        Suggestion("gpt-image-1", "gpt-image-1 · 1 to 6 credits each"),
    ]
    assert [line.label for line in suggest_qualities("dall-e-3", "")] == ["standard · 2 credits", "hd · 4 credits"]
    assert [line.label for line in suggest_qualities("gpt-image-1", "")] == [
        "low · 1 credit each",
        "medium · 2 credits each",
        "high · 6 credits each",
        "auto · 6 credits each",
    ]
    assert [line.label for line in suggest_sizes("gpt-image-2", "")] == [
        "1024x1024 · square",
        "1536x1024 · landscape",
        "1024x1536 · portrait",
        "auto · the model chooses",
    ]
    assert suggest_styles("dall-e-3", "NAT") == [Suggestion("natural", "natural")]


@pytest.mark.parametrize(
    ("found", "values"),
    [
        (suggest_models(OFFERED, "gpt"), ["gpt-image-1", "gpt-image-1.5", "gpt-image-2"]),
        (suggest_models(OFFERED, " E-3"), ["dall-e-3"]),
        (suggest_models(OFFERED, "nothing like it"), []),
        (suggest_sizes("dall-e-3", "1792×"), ["1792x1024"]),
        (suggest_sizes("sora", ""), []),
        (suggest_qualities("dall-e-2", ""), []),
        (suggest_qualities("sora", ""), []),
        (suggest_styles("dall-e-2", ""), []),
        (suggest_styles("gpt-image-1", ""), []),
        (suggest_styles("sora", ""), []),
    ],
)
def test_suggestions_hold_what_was_typed_and_only_what_the_model_has(
    found: list[Suggestion], values: list[str]
) -> None:
    assert [line.value for line in found] == values


def test_suggestions_fit_into_discords_list() -> None:
    many = suggest_models([f"gpt-image-{'x' * 120}-{number}" for number in range(40)], "")
    assert len(many) == 25
    assert all(len(line.label) <= 100 for line in many)
