"""Trouble: faults at random, by a seed, for tests that want all of them in no order."""

from collections import Counter
from collections.abc import Callable, Mapping
from random import Random

from bot.providers.simulated.art.dice import stream
from bot.providers.simulated.faults import Fault

Maker = Callable[[Random], Fault]

_HTML = "<!doctype html><html><title>Please stand by</title></html>"
_LONGEST_DELAY = 4.0

_ANY: Mapping[str, Maker] = {
    "late": lambda chance: Fault.late(chance.uniform(0.2, _LONGEST_DELAY)),
    "HTTP 500": lambda _: Fault.answer(500, '{"message": "internal error"}'),
    "HTTP 502, HTML": lambda _: Fault.answer(502, _HTML),
    "HTML for an answer": lambda _: Fault.answer(200, _HTML),
    "hung up": lambda _: Fault.refused(),
    "lost after acceptance": lambda _: Fault.lost(),
}
_CALL: Mapping[str, Maker] = {
    **_ANY,
    "busy": lambda _: Fault.answer(429, '{"message": "too many requests"}'),
    "busy, with Retry-After": lambda _: Fault.answer(429, '{"message": "too many requests"}', Retry_After="1"),
}
_PICTURE: Mapping[str, Maker] = {**_ANY, "HTTP 404": lambda _: Fault.answer(404, "Not found")}


class Trouble:
    """Makes each call suffer with the probability `share`; `struck` counts the faults by their names."""

    def __init__(self, seed: int, share: float) -> None:
        if not 0 <= share <= 1:
            raise ValueError("share must be between 0 and 1")
        self.struck: Counter[str] = Counter()
        self._chance = stream("trouble", seed)
        self._share = share

    def draw(self, call: str) -> Fault | None:
        if self._chance.random() >= self._share:
            return None
        makers = _PICTURE if call == "picture" else _CALL
        name = self._chance.choice(list(makers))
        self.struck[name] += 1
        return makers[name](self._chance)
