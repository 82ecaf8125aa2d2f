"""Reading, validating and rebuilding a Midjourney prompt with its --parameters."""

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from unicodedata import category

from bot.domain.errors import InvalidPrompt
from bot.domain.parameters import BY_NAME, CONTRADICTIONS, Misfit, Rule, read_ratio

ASPECTS = ("1:1", "3:2", "2:3", "16:9", "9:16", "4:5")
LONGEST = 4000

_MOST_SUGGESTIONS = 25
_DASHES = re.compile(r"[-\u2013\u2014\u2015]+")
_GLUED = re.compile(r"(?<=[^-])--+([A-Za-z]+)\Z")
_BRACES = str.maketrans("{}", "  ")
_SIGNS = re.compile(r"[-\u2013\u2014\u2015]{2,}|[\u2013\u2014\u2015]")
_INVISIBLE = "\u200b\u2060\ufeff"
_JOINERS = "\u200c\u200d"
_LOOSE = " \n,;:"
"""What looks odd in front of an ellipsis."""


@dataclass(frozen=True)
class Parameter:
    """One --parameter under its canonical name; a switch has an empty value."""

    name: str
    value: str = ""

    def __str__(self) -> str:
        return f"--{self.name} {self.value}".rstrip()


@dataclass(frozen=True)
class Prompt:
    """A prompt taken apart: the words, with image links in front, and the parameters in their typed order."""

    text: str
    parameters: tuple[Parameter, ...] = ()

    def __str__(self) -> str:
        return self.render()

    def render(self) -> str:
        """The canonical line that is sent; parsing it gives this prompt again."""
        return " ".join(filter(None, (self.text, *map(str, self.parameters))))

    @property
    def aspect(self) -> tuple[int, int] | None:
        """Width and height of the typed --ar; None when the prompt leaves the shape open."""
        return next((read_ratio(each.value) for each in self.parameters if each.name == "ar"), None)

    def with_aspect(self, width: int, height: int) -> "Prompt":
        """The same prompt in another shape; raises InvalidPrompt for one that Midjourney does not make."""
        parse_aspect(f"{width}:{height}")
        shape = Parameter("ar", f"{width}:{height}")
        if self.aspect is None:
            return replace(self, parameters=(*self.parameters, shape))
        return replace(self, parameters=tuple(shape if each.name == "ar" else each for each in self.parameters))


def build(prompt_text: str, aspect: str | None) -> Prompt:
    """The prompt of a command whose shape may come from an option like `16:9`; raises InvalidPrompt."""
    prompt = parse(prompt_text)
    if not prompt.text:
        raise InvalidPrompt("A prompt needs words: please say what the picture shows.")
    if aspect is not None:
        if prompt.aspect is not None:
            raise InvalidPrompt("Choose the shape once: either the aspect option or --ar in the prompt, not both.")
        prompt = prompt.with_aspect(*parse_aspect(aspect))
    length = len(prompt.render())
    if length > LONGEST:
        raise InvalidPrompt(f"A prompt may have {LONGEST} characters, and this one has {length}.")
    return prompt


def of_plain_words(text: str) -> str:
    """A prompt of words that were written for another model; what Midjourney takes for its own signs is disarmed."""
    words = _SIGNS.sub(" ", " ".join(_tokens(text.translate(_BRACES))))
    return shorten(" ".join(words.split()), LONGEST)


def parse(text: str) -> Prompt:
    """Take a typed prompt apart; raises InvalidPrompt. A prompt without words is allowed here: a blend has none."""
    tokens = _tokens(text)
    if "}" in " ".join(tokens).partition("{")[2]:
        raise InvalidPrompt(
            "Curly braces ask Midjourney for several jobs at once, and one card shows one job. "
            "Please write one prompt without `{` and `}`."
        )
    words: list[str] = []
    typed: list[tuple[str, list[str]]] = []
    for token in tokens:
        name = _parameter_name(token)
        if name is None:
            _refuse_glued(token)
            (typed[-1][1] if typed else words).append(token)
        else:
            typed.append((name, []))
    parameters = _read_all(typed)
    _refuse_contradictions(parameters)
    return Prompt(" ".join(words), parameters)


def parse_aspect(text: str) -> tuple[int, int]:
    """Width and height out of `w:h`; raises InvalidPrompt."""
    try:
        return read_ratio(text.strip())
    except Misfit as misfit:
        raise InvalidPrompt(f"The `aspect` option takes {misfit.takes}, not {_shown(misfit.value)}.") from None


def suggest_aspects(typed: str) -> list[str]:
    """Shapes for an autocomplete list: common ones that begin like `typed`, then `typed` itself if it is one."""
    typed = typed.strip()
    found = [aspect for aspect in ASPECTS if aspect.startswith(typed)]
    try:
        width, height = read_ratio(typed)
    except Misfit:
        return found[:_MOST_SUGGESTIONS]
    return list(dict.fromkeys((*found, f"{width}:{height}")))[:_MOST_SUGGESTIONS]


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, ending in an ellipsis where something was cut, between words if that is possible."""
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    cut = limit - 1
    while cut and _inseparable(text[cut - 1], text[cut]):
        cut -= 1
    kept = text[:cut]
    if not text[cut].isspace():
        # One very long word would leave nothing: then it is better cut than dropped.
        boundary = max((at for at, letter in enumerate(kept) if letter.isspace()), default=0)
        kept = kept[:boundary] if boundary * 2 >= limit else kept
    return (kept.rstrip(_LOOSE) or kept.rstrip()) + "…"


def _tokens(text: str) -> list[str]:
    # Control characters and lone surrogates cannot be sent, invisible blanks would hide a parameter.
    visible = (" " if letter in _INVISIBLE or category(letter) in ("Cc", "Cs") else letter for letter in text)
    return "".join(visible).split()


def _parameter_name(token: str) -> str | None:
    """The name as typed when the token begins a parameter, None when it is a word or a value."""
    dashes = _DASHES.match(token)
    if not dashes:
        return None
    name = token[dashes.end() :]
    if dashes[0].strip("-"):
        # A phone made a dash of `--`; it is a dash of the text unless a parameter's name follows.
        return name if name.lower() in BY_NAME else None
    if len(dashes[0]) < 2:
        return None
    if not name:
        raise InvalidPrompt("There is a lone `--`. Please write a parameter without a space in it, like `--ar 16:9`.")
    return name


def _refuse_glued(token: str) -> None:
    glued = _GLUED.search(token)
    if glued and glued[1].lower() in BY_NAME and "://" not in token:
        raise InvalidPrompt(f"Please put a space in front of `--{glued[1]}`.")


def _read_all(typed: list[tuple[str, list[str]]]) -> tuple[Parameter, ...]:
    first: dict[str, str] = {}
    found: dict[str, Parameter] = {}
    for name, values in typed:
        rule = BY_NAME.get(name.lower())
        if rule is None:
            raise InvalidPrompt(_unknown(name))
        value = _read(rule, f"`--{name.lower()}`", values)
        if rule.name in found:
            if not rule.joint:
                raise InvalidPrompt(_twice(first[rule.name], name.lower()))
            value = rule.joint.join(filter(None, (found[rule.name].value, value)))
        first.setdefault(rule.name, name.lower())
        found[rule.name] = Parameter(rule.name, value)
    return tuple(found.values())


def _read(rule: Rule, shown: str, values: list[str]) -> str:
    if rule.refusal:
        raise InvalidPrompt(f"{shown} {rule.refusal}")
    one = 0 if rule.read is None else 1
    extra = [] if rule.joint else values[one:]
    value = " ".join(values) if rule.joint else "".join(values[:one]).rstrip(",;.")
    if rule.read and (values or not rule.bare):
        try:
            value = rule.read(value)
        except Misfit as misfit:
            if not values:
                raise InvalidPrompt(f"{shown} needs a value: {misfit.takes}.") from None
            raise InvalidPrompt(f"{shown} takes {misfit.takes}, not {_shown(misfit.value)}.") from None
    if extra:
        raise InvalidPrompt(
            f"`{_shown(' '.join(extra))}` stands after {shown}, "
            "but Midjourney wants all words in front of the first parameter. Please move it there."
        )
    return value


def _refuse_contradictions(parameters: tuple[Parameter, ...]) -> None:
    present = {f"--{each.name}" for each in parameters} | {str(each) for each in parameters}
    for one, others in CONTRADICTIONS.items():
        for other in others:
            if one in present and other in present:
                raise InvalidPrompt(f"`{one}` does not work together with `{other}`. Please keep one of them.")


def _unknown(name: str) -> str:
    lowered = name.lower()
    accepted = [known for known, rule in BY_NAME.items() if not rule.refusal]
    guess = next(iter(get_close_matches(lowered[:40], accepted, n=1)), "")
    letters = re.split("[^a-z]", lowered, maxsplit=1)[0]
    if letters in accepted:
        # `--ar=16:9`, `--v7` and `--tile,` name the right parameter in a form that Midjourney does not read.
        value = name[len(letters) :].lstrip("=:") if BY_NAME[letters].read else ""
        guess = f"{letters} {value}".rstrip()
    hint = f" Did you mean `--{_shown(guess)}`?" if guess else ""
    return f"I do not know `--{_shown(name)}`.{hint}"


def _twice(first: str, second: str) -> str:
    if first == second:
        return f"`--{first}` is given twice. Please keep one."
    return f"`--{first}` and `--{second}` mean the same. Please keep one."


def _shown(typed: str) -> str:
    # A backtick would end the code mark around the name in a sentence.
    return shorten(" ".join(_tokens(typed)).replace("`", "'"), 40) or "nothing"


def _inseparable(before: str, after: str) -> bool:
    """Whether a cut between the two would break one visible character."""
    if all("\U0001f1e6" <= letter <= "\U0001f1ff" for letter in (before, after)):
        return True  # two letters that make a country's flag
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True  # a skin tone, or a tag inside a flag
    return before in _JOINERS or after in _JOINERS or category(after) in ("Mn", "Mc", "Me", "Cs")
