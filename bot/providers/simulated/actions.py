"""What a press on a button does to the work that it belongs to."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.providers.simulated.art.lineage import Picture, seed_of
from bot.providers.simulated.bodies import Refused
from bot.providers.simulated.prompts import BadParameter, read_prompt, with_aspect
from bot.providers.simulated.works import Shape, Work, films_of, grid_of, imagine

_SUBTLE, _RELATIVE, _STRONG = 0.2, 0.42, 0.7
_ZOOMS = {"50": 2.0, "75": 1.5}


@dataclass(frozen=True)
class Press:
    """One press: on what, with which part of the id that matters, and what chance says to it."""

    work: Work
    prompt: str
    choice: str
    seed: int
    mask: bytes | None

    @property
    def picture(self) -> Picture:
        """The picture that the button stands under, or the one of four that its number names."""
        number = int(self.choice) - 1 if self.choice.isdecimal() and len(self.work.pictures) > 1 else 0
        return self.work.pictures[number]


@dataclass(frozen=True)
class Outcome:
    """What comes of a press: the new task's action word, its work, its prompt, and whether it is quickly made."""

    action: str
    work: Work
    prompt: str
    is_quick: bool = False


def press(work: Work, prompt: str, custom_id: str, seed: int, mask: bytes | None) -> Outcome:
    """The outcome of a press; Refused for those that cannot be served over HTTP."""
    for pattern, handler in _HANDLERS:
        match = re.match(pattern, custom_id)
        if match:
            choice = match[1] if match.re.groups else ""
            return handler(Press(work, prompt, choice, seed, mask))
    raise Refused("unknown action")


def _upscale(on: Press) -> Outcome:
    return Outcome("UPSCALE", Work(Shape.SOLO, (on.picture,)), on.prompt, is_quick=True)


def _upscale_more(on: Press) -> Outcome:
    """Subtle keeps the picture, creative lets it drift a little."""
    picture = on.picture.varied(on.seed, 0.08) if on.choice == "creative" else on.picture
    return Outcome("UPSCALE", Work(Shape.LARGE, (picture,)), on.prompt)


def _vary(on: Press) -> Outcome:
    strength = {"low": _SUBTLE, "high": _STRONG}.get(on.choice, _RELATIVE)
    return Outcome(
        "VARIATION", grid_of(on.picture, lambda picture, seed: picture.varied(seed, strength), on.seed), on.prompt
    )


def _vary_region(on: Press) -> Outcome:
    mask = on.mask
    if mask is None:
        raise Refused("base64Mask is required to vary a region")
    return Outcome(
        "VARIATION", grid_of(on.picture, lambda picture, seed: picture.repainted(mask, seed), on.seed), on.prompt
    )


def _reroll(on: Press) -> Outcome:
    if on.work.again is None:
        raise Refused("this task cannot be rerolled")
    return Outcome("REROLL", on.work.again(on.seed), on.prompt)


def _outpaint(on: Press) -> Outcome:
    if on.choice == "100":
        return _grown("ZOOM", on, lambda picture, seed: picture.squared(seed))
    factor = _ZOOMS.get(on.choice)
    if factor is None:
        raise Refused("unknown action")
    return _grown("ZOOM", on, lambda picture, seed: picture.zoomed(factor, seed))


def _pan(on: Press) -> Outcome:
    return _grown("PAN", on, lambda picture, seed: picture.panned(on.choice, seed))


def _grown(action: str, on: Press, change: Callable[[Picture, int], Picture]) -> Outcome:
    """The prompt keeps its --ar unless the picture's shape changed."""
    work = grid_of(on.picture, change, on.seed)
    is_same = abs(work.aspect - on.picture.aspect) < 0.001
    return Outcome(action, work, on.prompt if is_same else with_aspect(on.prompt, work.aspect))


def _animate(on: Press) -> Outcome:
    return Outcome("VIDEO", films_of(on.picture, lively=on.choice == "high", seed=on.seed), on.prompt)


def _pick_film(on: Press) -> Outcome:
    take = on.work.takes[int(on.choice) - 1]
    work = Work(Shape.FILM, (on.picture,), (take,), on.work.lively)
    return Outcome("UPSCALE", work, on.prompt, is_quick=True)


def _imagine_suggestion(on: Press) -> Outcome:
    """One suggestion as a prompt. All of them become one grid here; Midjourney starts a task for each."""
    try:
        chosen = [read_prompt(text) for text in on.work.suggestions]
    except BadParameter as problem:
        raise Refused(str(problem)) from problem
    if on.choice != "all":
        index = int(on.choice) - 1
        return Outcome(
            "IMAGINE", imagine(chosen[index].words, chosen[index].aspect, on.seed), on.work.suggestions[index]
        )
    pictures = tuple(
        imagine(read.words, chosen[0].aspect, seed_of(on.seed, slot)).pictures[slot] for slot, read in enumerate(chosen)
    )
    first = on.work.suggestions[0]
    return Outcome(
        "IMAGINE",
        Work(Shape.GRID, pictures, again=lambda seed: imagine(chosen[0].words, chosen[0].aspect, seed)),
        first,
    )


def _retry_describe(on: Press) -> Outcome:
    rerolled = _reroll(on)
    return Outcome("DESCRIBE", rerolled.work, on.prompt, is_quick=True)


def _needs_form(_: Press) -> Outcome:
    raise Refused("this action needs a form, which this interface does not have")


_HANDLERS: tuple[tuple[str, Callable[[Press], Outcome]], ...] = (
    (r"MJ::JOB::upsample::([1-4])::", _upscale),
    (r"MJ::JOB::upsample_v\w*?(creative|subtle|2x|4x)::", _upscale_more),
    (r"MJ::JOB::variation::([1-4])::", _vary),
    (r"MJ::JOB::(low|high)_variation::", _vary),
    (r"MJ::Inpaint::", _vary_region),
    (r"MJ::JOB::reroll::", _reroll),
    (r"MJ::Outpaint::(\d+)::", _outpaint),
    (r"MJ::CustomZoom::", _needs_form),
    (r"MJ::JOB::pan_(left|right|up|down)::", _pan),
    (r"MJ::JOB::animate_(high|low)(?:_extend)?::", _animate),
    (r"MJ::JOB::video_virtual_upscale::([1-4])::", _pick_film),
    (r"MJ::Job::PicReader::([1-4]|all)$", _imagine_suggestion),
    (r"MJ::Picread::Retry$", _retry_describe),
)
