"""The --parameters that Midjourney knows: one rule each, and which of them shut each other out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal


class Misfit(ValueError):
    """A value is not one that the parameter takes; `takes` completes the sentence "`--chaos` takes …"."""

    def __init__(self, takes: str, value: str) -> None:
        super().__init__(takes, value)
        self.takes = takes
        self.value = value


@dataclass(frozen=True)
class Rule:
    """What is known of one parameter.

    `read` brings a typed value into its one canonical form or raises Misfit; None means a switch without a value.
    `bare` allows a parameter that reads values to stand without one. `joint` is for parameters that take several words:
    it joins their values when they are repeated. `refusal` says why it cannot be part of a prompt here.
    """

    name: str
    aliases: tuple[str, ...] = ()
    read: Callable[[str], str] | None = None
    bare: bool = False
    joint: str = ""
    refusal: str = ""


# The digits are bounded because int() and Decimal() of thousands of digits are slow or raise.
_NUMBER = re.compile(r"[0-9]{1,10}|[0-9]{0,10}\.[0-9]{1,6}")
_RATIO = re.compile(r"([0-9]{1,5}):([0-9]{1,5})")
_WIDEST = 14
_LINK = r"<?https?://\S+"
_WEIGHT = r"(?:::[0-9.]+)?"


def read_ratio(value: str) -> tuple[int, int]:
    """Width and height out of `w:h`; raises Misfit."""
    match = _RATIO.fullmatch(value)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (width and height):
        raise Misfit("two whole numbers above zero like 16:9", value)
    if max(width, height) > _WIDEST * min(width, height):
        raise Misfit(f"a shape between 1:{_WIDEST} and {_WIDEST}:1", value)
    return width, height


def _ratio(value: str) -> str:
    width, height = read_ratio(value)
    return f"{width}:{height}"


def _number(low: int, high: int, *, decimals: bool = False) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not _NUMBER.fullmatch(value) or not low <= Decimal(value) <= high:
            raise Misfit(f"a number from {low} to {high}", value)
        if "." in value and not decimals:
            raise Misfit(f"a whole number from {low} to {high}", value)
        return format(Decimal(value).normalize(), "f")

    return read


def _choice(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        # Midjourney's own documentation writes .5 as often as 0.5, and its messages 6.0 for 6.
        choice = f"0{value}" if value.startswith(".") else value.lower().removesuffix(".0")
        if choice not in choices:
            raise Misfit(f"{', '.join(choices[:-1])} or {choices[-1]}", value)
        return choice

    return read


def _style(value: str) -> str:
    # Codes of the retired style tuner still work with the versions that it was made for.
    if re.fullmatch(r"(?=.*[0-9])[A-Za-z0-9-]{8,}", value):
        return value
    return _choice("raw", "cute", "expressive", "original", "scenic")(value)


def _words(value: str) -> str:
    if not value.strip(" ,"):
        raise Misfit("words separated by commas", value)
    return value


def _each(takes: str, pattern: str) -> Callable[[str], str]:
    """Reads words of which each has to fit; `takes` describes them together."""
    fits = re.compile(pattern, re.IGNORECASE)

    def read(value: str) -> str:
        for word in value.split():
            if not fits.fullmatch(word):
                raise Misfit(takes, word)
        if not value:
            raise Misfit(takes, value)
        return value

    return read


_SPEED = "is not part of a prompt here. Please use the command's `speed` option."
_SEVERAL = "would start several jobs, and one card shows one job. Please run the command again instead."
_VIDEO = "is for videos. Please make the picture first, then press Animate under it."
_ACCOUNT = "is a setting of the Midjourney account that I work with, so a prompt cannot change it."

# Where the versions differ, a range is the widest of them: Midjourney itself refuses what its chosen version does not
# take, and nothing is charged then; but what is refused here by mistake nobody can have.
RULES = (
    Rule("ar", ("aspect",), _ratio),
    Rule("v", ("version",), _choice("5", "5.1", "5.2", "6", "6.1", "7", "8", "8.1", "8.2")),
    Rule("niji", (), _choice("5", "6", "7"), bare=True),
    Rule("s", ("stylize",), _number(0, 1000)),
    Rule("c", ("chaos",), _number(0, 100)),
    Rule("w", ("weird",), _number(0, 3000)),
    Rule("exp", (), _number(0, 100)),
    Rule("q", ("quality",), _choice("0.25", "0.5", "1", "2", "4")),
    Rule("seed", (), _number(0, 4294967295)),
    Rule("no", (), _words, joint=", "),
    Rule("stop", (), _number(10, 100)),
    Rule("style", (), _style),
    Rule("raw"),
    Rule("tile"),
    Rule("draft"),
    Rule("hd"),
    Rule("sd"),
    Rule("iw", (), _number(0, 3, decimals=True)),
    Rule("sref", (), _each("image links, style codes or random", rf"(?:{_LINK}|[0-9]+|random)?{_WEIGHT}"), joint=" "),
    Rule("sw", (), _number(0, 1000)),
    Rule("sv", (), _number(1, 7)),
    Rule("cref", (), _each("image links", rf"(?:{_LINK})?{_WEIGHT}"), joint=" "),
    Rule("cw", (), _number(0, 100)),
    Rule("oref", (), _each("one image link", _LINK)),
    Rule("ow", (), _number(1, 1000)),
    Rule("p", ("profile", "personalize"), _each("profile codes", rf"[a-z0-9]{{5,}}{_WEIGHT}"), bare=True, joint=" "),
    Rule("r", ("repeat",), refusal=_SEVERAL),
    Rule("fast", refusal=_SPEED),
    Rule("relax", refusal=_SPEED),
    Rule("turbo", refusal=_SPEED),
    Rule("video", refusal=_VIDEO),
    Rule("motion", refusal=_VIDEO),
    Rule("loop", refusal=_VIDEO),
    Rule("stealth", refusal=_ACCOUNT),
    Rule("public", refusal=_ACCOUNT),
)

BY_NAME: Mapping[str, Rule] = {name: rule for rule in RULES for name in (rule.name, *rule.aliases)}

_V5 = ("--v 5", "--v 5.1", "--v 5.2", "--niji 5")
_V6 = ("--v 6", "--v 6.1", "--niji 6")
_V7 = ("--v 7", "--niji 7")

# A parameter, with or without its value, and what it cannot stand beside. Only what Midjourney documents: a version
# that is silent about a parameter may learn it tomorrow.
CONTRADICTIONS: Mapping[str, tuple[str, ...]] = {
    "--niji": ("--v",),
    "--hd": ("--sd", *_V5, *_V6, *_V7),
    "--sd": (*_V5, *_V6, *_V7),
    "--draft": (*_V5, *_V6),
    "--exp": (*_V5, *_V6),
    "--q": ("--v 8.1", "--v 8.2"),
    "--q 4": (*_V5, *_V6),
    "--sref": _V5,
    "--sw": _V5,
    "--sv": _V5,
    "--cref": (*_V5, "--v 7"),
    "--cw": (*_V5, "--v 7"),
    "--oref": ("--draft", "--q 4", *_V5, *_V6),
    "--ow": (*_V5, *_V6),
    "--p": _V5,
}
