"""What the simulation reads in a prompt: its picture words, its --parameters, and the failures that it asks for."""

import re
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

_PARAMETER = re.compile(r"\s--(?P<name>[a-z]+)(?P<value>(?:\s+(?!--)\S+)*)", re.IGNORECASE)
_ASPECT = re.compile(r"(\d{1,4}(?:\.\d{1,3})?):(\d{1,4}(?:\.\d{1,3})?)")
_URL = re.compile(r"https?://\S+")
_NARROWEST, _WIDEST = 1 / 4, 4.0


class Wish(Enum):
    """A failure that a prompt asks for, see the package's docstring."""

    NONE = ""
    BANNED = "fail: banned word"
    LATE = "fail: late"
    SILENT = "fail: silent"
    NO_PICTURE = "fail: no picture"


class BadParameter(Exception):
    """A --parameter that no Midjourney takes; the message says which."""


@dataclass(frozen=True)
class Prompt:
    """A prompt, read."""

    words: str
    aspect: float
    seed: int | None
    version: str
    wish: Wish


def read_prompt(text: str) -> Prompt:
    """The parts of a prompt that change a picture; unknown parameters change nothing."""
    padded = f" {text}"
    parameters = {match["name"].lower(): match["value"].strip() for match in _PARAMETER.finditer(padded)}
    words = _URL.sub("", _PARAMETER.sub("", padded)).strip()
    aspect = parameters.get("ar", parameters.get("aspect", "1:1"))
    seed = parameters.get("seed", "")
    seed = int(seed) if seed.isdecimal() else None
    return Prompt(words, _aspect(aspect), seed, _version(parameters), wish_in(text))


def wish_in(text: str) -> Wish:
    """The first failure that a prompt asks for."""
    return next((wish for wish in Wish if wish is not Wish.NONE and wish.value in text.lower()), Wish.NONE)


def with_aspect(text: str, aspect: float) -> str:
    """The prompt with another --ar, as Midjourney rewrites it when a picture grows to one side."""
    ratio = Fraction(aspect).limit_denominator(40)
    without = re.sub(r"\s+--(?:ar|aspect)\s+\S+", "", f" {text}", flags=re.IGNORECASE).strip()
    return without if ratio == 1 else f"{without} --ar {ratio.numerator}:{ratio.denominator}".strip()


def _aspect(text: str) -> float:
    match = _ASPECT.fullmatch(text)
    width, height = (float(match[1]), float(match[2])) if match else (0.0, 0.0)
    if not width or not height:
        raise BadParameter(f"Invalid parameter: `--ar {text}` is not a ratio like 3:2")
    return min(max(width / height, _NARROWEST), _WIDEST)


def _version(parameters: dict[str, str]) -> str:
    """The model's number, of which niji shares the look and the buttons."""
    value = parameters.get("v") or parameters.get("version") or parameters.get("niji") or ""
    return value if re.fullmatch(r"\d(\.\d)?", value) else "7"
