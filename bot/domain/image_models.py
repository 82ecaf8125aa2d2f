"""The image models that answer with pictures at once: what each takes, what it costs, and what it gives back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import category

from bot.domain.errors import InvalidOption, InvalidPrompt, credits
from bot.domain.prompt import shorten

DEFAULT_SIZE = "1024x1024"

_MOST_SUGGESTIONS = 25
_MOST_LABEL = 100
_INVISIBLE = "\u200b\u2060\ufeff"


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """What is asked of a model besides the prompt; None where it has no such option, or decides itself."""

    model: str
    size: str
    quality: str | None
    style: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Generated:
    """What a call gave: whole picture files; `revised_prompt` is what the model made of the words, if it says so."""

    pictures: tuple[bytes, ...] = field(repr=False)
    revised_prompt: str | None = None


@dataclass(frozen=True, slots=True)
class ImageModel:
    """The facts of one model. `qualities` have their credits for one picture; without any it costs `price`."""

    sizes: tuple[str, ...]
    qualities: Mapping[str, int]
    default_quality: str | None
    styles: tuple[str, ...]
    most: int
    prompt_length: int
    takes_response_format: bool
    """Whether links can be asked for; a model that refuses the field always answers with base64."""
    price: int = 1

    def price_of(self, quality: str | None) -> int:
        """Credits for one picture; KeyError for a quality that the model does not have."""
        chosen = quality or self.default_quality
        return self.qualities[chosen] if chosen else self.price


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line of an autocomplete list."""

    value: str
    label: str


# By the name's beginning: `gpt-image-1`, `gpt-image-1.5` and whatever follows take the same.
_MODELS = {
    "dall-e-2": ImageModel(
        sizes=("256x256", "512x512", "1024x1024"),
        qualities={},
        default_quality=None,
        styles=(),
        most=10,
        prompt_length=1_000,
        takes_response_format=True,
    ),
    "dall-e-3": ImageModel(
        sizes=("1024x1024", "1792x1024", "1024x1792"),
        qualities={"standard": 2, "hd": 4},
        default_quality="standard",
        styles=("vivid", "natural"),
        most=1,
        prompt_length=4_000,
        takes_response_format=True,
    ),
    "gpt-image": ImageModel(
        sizes=("1024x1024", "1536x1024", "1024x1536", "auto"),
        # With `auto` the model may choose high, so that is what has to be paid for.
        qualities={"low": 1, "medium": 2, "high": 6, "auto": 6},
        default_quality="medium",
        styles=(),
        most=10,
        prompt_length=32_000,
        takes_response_format=False,
    ),
}


def facts_of(model: str) -> ImageModel | None:
    """What is known of a model; None for a name of no known kind."""
    name = model.strip().casefold()
    return next((facts for kind, facts in _MODELS.items() if name == kind or name.startswith(f"{kind}-")), None)


def choose(
    offered: Sequence[str],
    prompt: str,
    *,
    model: str | None,
    size: str | None,
    quality: str | None,
    style: str | None,
    count: int,
) -> ImageOptions:
    """The options of a command, checked and completed; raises InvalidOption, or InvalidPrompt.

    `offered` are the operator's models, the default first. The prompt that is sent is that of `tidy_prompt`.
    """
    name, facts = _chosen_model(offered, model)
    _check_prompt(name, facts, tidy_prompt(prompt))
    if not 1 <= count <= facts.most:
        takes = f"from 1 to {facts.most}" if facts.most > 1 else "1"
        able = [other for other in offered if (known := facts_of(other)) is not None and known.most >= count]
        others = able if count > facts.most else []
        hint = f" For {count} pictures choose {_either(others)}." if others else ""
        raise InvalidOption(f"`{name}` takes count {takes}, not {count}.{hint}")
    return ImageOptions(
        model=name,
        size=_chosen(name, "size", facts.sizes, size) or DEFAULT_SIZE,
        quality=_chosen(name, "quality", facts.qualities, quality) or facts.default_quality,
        style=_chosen(name, "style", facts.styles, style),
        count=count,
    )


def tidy_prompt(text: str) -> str:
    """The prompt on one line, without what cannot be sent or seen: control characters and halves of a pair."""
    visible = (" " if letter in _INVISIBLE or category(letter) in ("Cc", "Cs") else letter for letter in text)
    return " ".join("".join(visible).split())


def price_of(options: ImageOptions) -> int:
    """Credits for the whole call; InvalidOption for a model of no known kind."""
    return _known(options.model).price_of(options.quality) * options.count


def suggest_models(offered: Sequence[str], typed: str) -> list[Suggestion]:
    """The models of which something is known, with what their cheapest and dearest picture costs."""
    known = [(name, facts) for name in offered if (facts := facts_of(name)) is not None]
    return _suggestions(((name, _price_range(facts)) for name, facts in known), typed)


def suggest_sizes(model: str, typed: str) -> list[Suggestion]:
    facts = facts_of(model)
    return _suggestions(((size, _shape(size)) for size in facts.sizes) if facts else (), typed)


def suggest_qualities(model: str, typed: str) -> list[Suggestion]:
    facts = facts_of(model)
    priced = facts.qualities.items() if facts else ()
    each = " each" if facts and facts.most > 1 else ""
    return _suggestions(((quality, f"{credits(price)}{each}") for quality, price in priced), typed)


def suggest_styles(model: str, typed: str) -> list[Suggestion]:
    facts = facts_of(model)
    return _suggestions(((style, "") for style in facts.styles) if facts else (), typed)


def _chosen_model(offered: Sequence[str], typed: str | None) -> tuple[str, ImageModel]:
    known = [name for name in offered if facts_of(name) is not None]
    if not known:
        raise InvalidOption("There is no image model here yet. Whoever hosts me can choose one.")
    name = next((name for name in known if typed is None or name.casefold() == typed.strip().casefold()), None)
    if name is None:
        raise InvalidOption(f"The model option takes {_either(known)}, not {_shown(typed or '')}.")
    return name, _known(name)


def _known(model: str) -> ImageModel:
    facts = facts_of(model)
    if facts is None:
        raise InvalidOption(f"I do not know the image model {_shown(model)}. Please choose another one.")
    return facts


def _check_prompt(model: str, facts: ImageModel, prompt: str) -> None:
    # Marks, joiners and blanks of all kinds show nothing by themselves.
    if not any(category(letter)[0] in "LNPS" for letter in prompt):
        raise InvalidPrompt("A prompt needs words: please say what the picture shows.")
    if len(prompt) > facts.prompt_length:
        raise InvalidPrompt(
            f"`{model}` takes a prompt of {facts.prompt_length} characters, and this one has {len(prompt)}."
        )


def _chosen(model: str, option: str, taken: Iterable[str], typed: str | None) -> str | None:
    """The value that was meant by what was typed; None when nothing was."""
    values = list(taken)
    if typed is None:
        return None
    if not values:
        raise InvalidOption(f"`{model}` has no {option} option. Please leave it out.")
    meant = "".join(typed.split()).casefold().replace("×", "x")
    if meant not in values:
        raise InvalidOption(f"`{model}` takes {option} {_either(values)}, not {_shown(typed)}.")
    return meant


def _suggestions(values: Iterable[tuple[str, str]], typed: str) -> list[Suggestion]:
    """Values and what is said of them, for those that hold what was typed so far."""
    wanted = typed.strip().casefold().replace("×", "x")
    found = [(value, note) for value, note in values if wanted in value.casefold()]
    lines = [Suggestion(value, shorten(" · ".join(filter(None, (value, note))), _MOST_LABEL)) for value, note in found]
    return lines[:_MOST_SUGGESTIONS]


def _price_range(facts: ImageModel) -> str:
    prices = facts.qualities.values() or (facts.price,)
    least, most = min(prices), max(prices)
    each = " each" if facts.most > 1 else ""
    return f"{credits(most)}{each}" if least == most else f"{least} to {credits(most)}{each}"


def _shape(size: str) -> str:
    width, _, height = size.partition("x")
    if not height:
        return "the model chooses"
    return "square" if width == height else "landscape" if int(width) > int(height) else "portrait"


def _either(values: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(values[:-1]), values[-1])))


def _shown(typed: str) -> str:
    # A backtick would open a code mark in a sentence.
    return shorten(tidy_prompt(typed).replace("`", "'"), 40) or "nothing"
