"""Prompts: what is read, what is refused and by which name, and that rebuilding loses nothing."""

import time
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InvalidPrompt
from bot.domain.parameters import BY_NAME, CONTRADICTIONS, RULES
from bot.domain.prompt import (
    ASPECTS,
    LONGEST,
    Parameter,
    Prompt,
    build,
    of_plain_words,
    parse,
    parse_aspect,
    shorten,
    suggest_aspects,
)


def outcome(text: str) -> Prompt | str:
    """The prompt, or the sentence that refuses it."""
    try:
        return parse(text)
    except InvalidPrompt as refused:
        return refused.sentence


def refusal(text: str) -> str:
    with pytest.raises(InvalidPrompt) as caught:
        parse(text)
    return caught.value.sentence


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("a cat", "a cat"),
        ("  a \n\n cat\t", "a cat"),
        ("", ""),
        ("a\x00cat\x1b", "a cat"),
        ("a cat\u200b --tile", "a cat --tile"),
        ("a cat --aspect 16:9 --stylize 250", "a cat --ar 16:9 --s 250"),
        ("a cat --ar 016:09", "a cat --ar 16:9"),
        ("a cat --AR 16:9 --Style RAW", "a cat --ar 16:9 --style raw"),
        ("a cat --ar 16:9, --s 250.", "a cat --ar 16:9 --s 250"),
        ("a cat --ar 1:14", "a cat --ar 1:14"),
        ("a cat \u2014ar 16:9 \u2013s 5", "a cat --ar 16:9 --s 5"),
        ("a cat \u2014-ar 16:9 \u2013\u2013s 5", "a cat --ar 16:9 --s 5"),
        ("a cat \u2014 black \u2014sitting \u2013 at home", "a cat \u2014 black \u2014sitting \u2013 at home"),
        ("\u4f60\u597d \u2014\u2014\u4e16\u754c", "\u4f60\u597d \u2014\u2014\u4e16\u754c"),
        ("a well-known -5 cat - alone", "a well-known -5 cat - alone"),
        ("cat::2 dog::1 --c 5", "cat::2 dog::1 --c 5"),
        ("https://x.test/a--ar.png a cat --iw .5", "https://x.test/a--ar.png a cat --iw 0.5"),
        ("https://x.test/a--tile a cat", "https://x.test/a--tile a cat"),
        ("a {cat", "a {cat"),
        ("a } cat {", "a } cat {"),
        *(
            (f"a --v {version}", f"a --v {version}")
            for version in ("5", "5.1", "5.2", "6", "6.1", "7", "8", "8.1", "8.2")
        ),
        *((f"a --niji {version}", f"a --niji {version}") for version in (5, 6, 7)),
        ("a --version 7", "a --v 7"),
        ("a --niji --tile", "a --niji --tile"),
        ("a --s 0 --c 100 --w 3000 --exp 100", "a --s 0 --c 100 --w 3000 --exp 100"),
        ("a --chaos 0 --weird 0 --stylize 1000", "a --c 0 --w 0 --s 1000"),
        *(
            (f"a --q {typed}", f"a --q {sent}")
            for typed, sent in ((".25", "0.25"), ("0.5", "0.5"), ("1", "1"), ("4", "4"))
        ),
        ("a --quality 2", "a --q 2"),
        ("a --seed 4294967295", "a --seed 4294967295"),
        ("a --no red,  hats , big dogs", "a --no red, hats , big dogs"),
        ("a --no red --tile --no hats", "a --no red, hats --tile"),
        ("a --no big dogs", "a --no big dogs"),
        ("a --stop 10", "a --stop 10"),
        *(
            (f"a --style {style}", f"a --style {style}")
            for style in ("raw", "cute", "expressive", "original", "scenic")
        ),
        ("a --style raw-4adbU5yxm", "a --style raw-4adbU5yxm"),
        ("a --raw --tile --draft --v 7", "a --raw --tile --draft --v 7"),
        ("a --hd --v 8.2", "a --hd --v 8.2"),
        ("a --iw 3", "a --iw 3"),
        ("a --iw 1.50", "a --iw 1.5"),
        ("a --sref random --sw 1000 --sv 6", "a --sref random --sw 1000 --sv 6"),
        ("a --sref 123 https://x.test/a.png::2 ::3", "a --sref 123 https://x.test/a.png::2 ::3"),
        ("a --sref 123 --sref 456", "a --sref 123 456"),
        ("a --cref <https://x.test/a.png> --cw 0 --v 6", "a --cref <https://x.test/a.png> --cw 0 --v 6"),
        ("a --oref https://x.test/a.png --ow 400 --v 7", "a --oref https://x.test/a.png --ow 400 --v 7"),
        ("a --p", "a --p"),
        ("a --profile 53lkvju m7abcde::2", "a --p 53lkvju m7abcde::2"),
        ("--ar 2:3", "--ar 2:3"),
    ],
)
def test_what_is_typed_becomes_what_is_sent(typed: str, sent: str) -> None:
    assert parse(typed).render() == sent
    assert str(parse(sent)) == sent


def test_a_prompt_is_taken_apart() -> None:
    prompt = parse("https://x.test/1.png a cat --tile --aspect 3:2")
    assert prompt == Prompt("https://x.test/1.png a cat", (Parameter("tile"), Parameter("ar", "3:2")))
    assert prompt.aspect == (3, 2)
    assert parse("a cat").aspect is None


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("a --chaos 900", "`--chaos` takes a number from 0 to 100, not 900."),
        ("a --c 4.5", "`--c` takes a whole number from 0 to 100, not 4.5."),
        ("a --s -1", "`--s` takes a number from 0 to 1000, not -1."),
        ("a --s 1001", "`--s` takes"),
        ("a --s ١٢", "`--s` takes"),
        ("a --seed 99999999999999999999", "`--seed` takes"),
        ("a --weird 3001", "`--weird` takes"),
        ("a --exp 101", "`--exp` takes"),
        ("a --stop 9", "`--stop` takes a number from 10 to 100, not 9."),
        ("a --iw 3.1", "`--iw` takes"),
        ("a --sw 1001", "`--sw` takes"),
        ("a --sv 8", "`--sv` takes"),
        ("a --cw 101", "`--cw` takes"),
        ("a --ow 0", "`--ow` takes a number from 1 to 1000, not 0."),
        ("a --q 3", "`--q` takes 0.25, 0.5, 1, 2 or 4, not 3."),
        ("a --v 4", "`--v` takes 5, 5.1, 5.2, 6, 6.1, 7, 8, 8.1 or 8.2, not 4."),
        ("a --niji 4", "`--niji` takes 5, 6 or 7, not 4."),
        ("a --style fancy", "`--style` takes raw, cute, expressive, original or scenic, not fancy."),
        ("a --ar 0:9", "`--ar` takes two whole numbers above zero like 16:9, not 0:9."),
        ("a --ar 1.5:1", "`--ar` takes two whole numbers"),
        ("a --aspect 15:1", "`--aspect` takes a shape between 1:14 and 14:1, not 15:1."),
        ("a --ar ,", "`--ar` takes two whole numbers above zero like 16:9, not nothing."),
        ("a --sref 123 a dog", "`--sref` takes image links, style codes or random, not a."),
        ("a --cref 123", "`--cref` takes image links, not 123."),
        ("a --oref cat", "`--oref` takes one image link, not cat."),
        ("a --p a cat", "`--p` takes profile codes, not a."),
        ("a --no ,", "`--no` takes words separated by commas"),
        ("a --chaos", "`--chaos` needs a value: a number from 0 to 100."),
        ("a --ar --tile", "`--ar` needs a value"),
        ("a --no", "`--no` needs a value"),
        ("a --sref", "`--sref` needs a value"),
        ("a --oref", "`--oref` needs a value"),
        ("a --tile foo", "`foo` stands after `--tile`, but Midjourney wants all words in front"),
        ("--ar 16:9 a cat", "`a cat` stands after `--ar`"),
        ("a --oref https://x.test/1 https://x.test/2", "`https://x.test/2` stands after `--oref`"),
        ("a --aspekt 1:1", "I do not know `--aspekt`. Did you mean `--aspect`?"),
        ("a --ar=16:9", "I do not know `--ar=16:9`. Did you mean `--ar 16:9`?"),
        ("a --v7", "Did you mean `--v 7`?"),
        ("a --tile, --raw", "Did you mean `--tile`?"),
        ("a --zzz", "I do not know `--zzz`."),
        ("a --fast,", "I do not know `--fast,`."),
        ("a --`x`", "I do not know `--'x'`."),
        ("1990 --2000", "I do not know `--2000`."),
        ("a ---zzz", "I do not know `--zzz`."),
        ("a cat -- ar 16:9", "There is a lone `--`."),
        ("a cat--ar 16:9", "Please put a space in front of `--ar`."),
        ("a -x--repeat 4", "Please put a space in front of `--repeat`."),
        ("a --ar 1:1 --ar 2:3", "`--ar` is given twice."),
        ("a --ar 1:1 --aspect 1:1", "`--ar` and `--aspect` mean the same."),
        ("a --tile --tile", "`--tile` is given twice."),
        ("a --repeat 4", "`--repeat` would start several jobs, and one card shows one job."),
        ("a --r 4", "`--r` would start several jobs"),
        ("a \u2014repeat 4", "`--repeat` would start several jobs"),
        *((f"a --{speed}", f"`--{speed}` is not part of a prompt here.") for speed in ("fast", "relax", "turbo")),
        ("a --fast", "`speed`"),
        *((f"a --{name}", f"`--{name}` is for videos") for name in ("video", "motion", "loop")),
        *((f"a --{name}", f"`--{name}` is a setting of the Midjourney account") for name in ("stealth", "public")),
        ("a {red, blue} cat", "Curly braces"),
        ("a cat --no {red,\nblue}", "Curly braces"),
        ("a --v 6 --niji 6", "`--niji` does not work together with `--v`."),
        ("a --oref https://x.test/1 --v 6", "`--oref` does not work together with `--v 6`."),
        ("a --ow 5 --niji 5", "`--ow` does not work together with `--niji 5`."),
        ("a --hd --version 7", "`--hd` does not work together with `--v 7`."),
        ("a --q 4 --v 6.1", "`--q 4` does not work together with `--v 6.1`."),
        ("a --cref https://x.test/1 --v 7", "`--cref` does not work together with `--v 7`."),
    ],
)
def test_a_refusal_names_the_parameter(typed: str, told: str) -> None:
    assert told in refusal(typed)


def test_an_endless_name_is_shortened() -> None:
    assert len(refusal("a --" + "x" * 6000)) < 120


def test_the_table_agrees_with_itself() -> None:
    assert len(BY_NAME) == sum(1 + len(rule.aliases) for rule in RULES)
    accepted = {f"--{rule.name}" for rule in RULES if not rule.refusal}
    for one, others in CONTRADICTIONS.items():
        for side in (one, *others):
            assert side.split()[0] in accepted
            if " " in side:
                assert str(parse(side)) == side


def test_with_aspect_replaces_in_place_or_appends() -> None:
    assert str(parse("a --ar 1:1 --s 5").with_aspect(16, 9)) == "a --ar 16:9 --s 5"
    assert str(parse("a --s 5").with_aspect(16, 9)) == "a --s 5 --ar 16:9"
    for width, height in ((0, 1), (-1, 2), (100, 1)):
        with pytest.raises(InvalidPrompt):
            parse("a").with_aspect(width, height)


def test_build_takes_the_shape_from_the_option() -> None:
    assert str(build(" a cat --s 5", " 16:9 ")) == "a cat --s 5 --ar 16:9"
    assert str(build("a cat --ar 3:2", None)) == "a cat --ar 3:2"
    assert len(str(build("x" * LONGEST, None))) == LONGEST


@pytest.mark.parametrize(
    ("typed", "aspect", "told"),
    [
        (
            "a --aspect 3:2",
            "16:9",
            "Choose the shape once: either the aspect option or --ar in the prompt, not both.",
        ),
        ("", None, "A prompt needs words"),
        (" \n\u200b\t", None, "A prompt needs words"),
        ("--ar 16:9", None, "A prompt needs words"),
        ("x" * 4001, None, "A prompt may have 4000 characters, and this one has 4001."),
        ("x" * 3999, "1:1", "A prompt may have 4000 characters"),
        ("a cat", "wide", "The `aspect` option takes two whole numbers above zero like 16:9, not wide."),
        ("a cat", "", "The `aspect` option takes two whole numbers above zero like 16:9, not nothing."),
        ("a cat", "99:1", "The `aspect` option takes a shape between 1:14 and 14:1, not 99:1."),
    ],
)
def test_build_refuses(typed: str, aspect: str | None, told: str) -> None:
    with pytest.raises(InvalidPrompt) as caught:
        build(typed, aspect)
    assert told in caught.value.sentence


@pytest.mark.parametrize(
    ("typed", "shape"), [("16:9", (16, 9)), (" 1:1 ", (1, 1)), ("1920:1080", (1920, 1080)), ("14:1", (14, 1))]
)
def test_an_aspect_is_read(typed: str, shape: tuple[int, int]) -> None:
    assert parse_aspect(typed) == shape


@pytest.mark.parametrize(
    "typed", ["", "16", "16:", ":9", "16:9:4", "16x9", "-1:2", "0:0", "1:15", "9" * 5000 + ":1", "²:³"]
)
def test_an_aspect_is_refused(typed: str) -> None:
    with pytest.raises(InvalidPrompt, match="option takes"):
        parse_aspect(typed)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", list(ASPECTS)),
        ("  ", list(ASPECTS)),
        ("1", ["1:1", "16:9"]),
        ("16:9", ["16:9"]),
        ("9:1", ["9:16", "9:1"]),
        ("021:9", ["21:9"]),
        ("21:", []),
        ("99:1", []),
        ("rubbish", []),
    ],
)
def test_aspects_are_suggested(typed: str, offered: list[str]) -> None:
    assert suggest_aspects(typed) == offered


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("a cat", 5, "a cat"),
        ("a black cat", 9, "a black…"),
        ("a black cat", 8, "a black…"),
        ("a black cat", 7, "a blac…"),
        ("one two three four", 12, "one two…"),
        ("ab    cdefg", 6, "ab…"),
        ("a cliff, a stormy sea", 10, "a cliff…"),
        (",,,,,,", 4, ",,,…"),
        ("x" * 20, 10, "x" * 9 + "…"),
        ("ab", 1, "…"),
        ("ab", 0, ""),
        ("cafe\u0301s open", 5, "caf…"),
        ("ab👍🏽cd", 4, "ab…"),
        ("ab👨\u200d👩\u200d👧cd", 6, "ab…"),
        ("ab🇩🇪🇫🇷", 4, "ab…"),
        ("x1\ufe0f\u20e3y", 3, "x…"),
    ],
)
def test_shortening_is_visible_and_breaks_no_character(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short
    assert len(short) <= max(limit, 0)


@given(st.text(max_size=60), st.integers(-2, 70))
def test_shortening_keeps_to_the_limit(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= max(limit, 0)
    assert short == text if len(text) <= limit else short[:-1] == text[: len(short[:-1])]


LETTERS = st.characters(exclude_categories=["Cs"])
VALUES = {
    "ar": [" 016:9", " 3:2", " 99:1"],
    "v": [" 7", " 6", " 8.2"],
    "niji": ["", " 7", " 5"],
    "q": [" .5", " 4"],
    "no": [" red,  hats", " a cat \u2014 or not,", " ,"],
    "style": [" RAW", " cute", " raw-4adbU5yxm"],
    "sref": [" 123 456::2", " random", " https://x.test/a--ar.png ::.5"],
    "cref": [" <https://x.test/a.png>"],
    "oref": [" https://x.test/a.png"],
    "p": ["", " abcde12"],
    **{rule.name: [""] for rule in RULES if not rule.read},
}
DASHES = st.sampled_from([" --", " \u2014", " \u2013", " ---"])
PARAMETERS = st.sampled_from([rule.name for rule in RULES if not rule.refusal]).flatmap(
    lambda name: st.tuples(DASHES, st.just(name), st.sampled_from(VALUES.get(name, [" 10", " 010", " 2", " 1.50"])))
)
PROMPTS = st.tuples(
    st.text(LETTERS, max_size=20),
    st.lists(PARAMETERS.map("".join), max_size=4).map("".join),
).map("".join)
RUBBISH = st.lists(
    st.one_of(
        st.text(LETTERS, max_size=8),
        st.sampled_from(
            [
                *BY_NAME,
                " 7",
                " 16:9",
                " https://x.test/",
                "--",
                "\u2014",
                "\u2013",
                "-",
                "{",
                "}",
                ",",
                "::",
                " ",
                "\n",
                "\x00",
                "=",
            ]
        ),
    ),
    max_size=20,
).map("".join)


@given(st.one_of(PROMPTS, RUBBISH))
def test_rebuilding_a_prompt_loses_nothing(text: str) -> None:
    prompt = outcome(text)
    if isinstance(prompt, str):
        assert prompt.endswith((".", "?"))
        return
    assert parse(prompt.render()) == prompt
    assert not any(category(letter) == "Cc" for letter in str(prompt))
    assert parse(str(prompt.with_aspect(4, 5))).aspect == (4, 5)


@given(st.sampled_from([rule.name for rule in RULES if rule.read]), st.text(LETTERS, max_size=20))
def test_any_value_is_read_or_refused(name: str, value: str) -> None:
    prompt = outcome(f"a --{name} {value}")
    if isinstance(prompt, str):
        assert "`" in prompt
    else:
        assert parse(prompt.render()) == prompt


@given(st.text(LETTERS, max_size=30))
def test_suggesting_never_fails(typed: str) -> None:
    assert len(suggest_aspects(typed)) <= 25


@pytest.mark.parametrize("piece", ["-", "--", "{", "a--", "\u2014", " ", "9", ":", "--no a ", "<https://x.test/"])
def test_a_long_prompt_is_read_fast(piece: str) -> None:
    started = time.process_time()
    for text in (piece * 6000, "a" + piece * 6000 + "!", "a --sref " + piece * 6000):
        outcome(text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        ("a fox --ar 3:2, calm", "a fox ar 3:2, calm"),
        ("a {red, blue} sign", "a red, blue sign"),
        ("a cat\u2014orange and fluffy\u2014on a mat", "a cat orange and fluffy on a mat"),
        ("2--3 people, half-open", "2 3 people, half-open"),
        ("a cat --{repeat 10", "a cat repeat 10"),
        ("a cat -{-ar 16:9", "a cat - -ar 16:9"),
        ("a cat -- fluffy", "a cat fluffy"),
        ("two\nlines", "two lines"),
    ],
)
def test_words_for_another_model_make_a_prompt_that_is_taken(words: str, prompt: str) -> None:
    assert of_plain_words(words) == prompt
    assert build(prompt, None).render() == prompt


@given(st.text(max_size=300) | st.text("-\u2013\u2014{} \u200bar7:", max_size=40))
def test_so_do_any_words(words: str) -> None:
    prompt = of_plain_words(words)
    assert parse(prompt).parameters == ()
    assert parse(prompt).render() == prompt
