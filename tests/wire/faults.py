"""Discord's bad moments: rate limits, failures before and after the effect, slow answers; on order, or by a seed."""

import json
import math
import time
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random
from typing import Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Fault:
    """What one request suffers. `status` 0 leaves its answer as it is; with `acts` it has its effect all the same."""

    name: str
    status: int = 0
    acts: bool = False
    seconds: float = 0
    """How long an answer takes, or a limit asks to wait."""

    everywhere: bool = False

    @classmethod
    def limited(cls, seconds: float, *, everywhere: bool = False) -> Self:
        """A 429, for this route or for all of them."""
        return cls("429, global" if everywhere else "429", 429, seconds=seconds, everywhere=everywhere)

    @classmethod
    def failed(cls, status: int = 500) -> Self:
        """A 5xx, and nothing has happened."""
        return cls(f"{status} before the effect", status)

    @classmethod
    def failed_after(cls, status: int = 500) -> Self:
        """A 5xx for what has happened all the same."""
        return cls(f"{status} after the effect", status, acts=True)

    @classmethod
    def slow(cls, seconds: float) -> Self:
        """The true answer, late."""
        return cls("slow answer", acts=True, seconds=seconds)

    def answer(self, scope: str) -> web.Response:
        """What Discord says instead of the true answer; `scope` names the route that a limit is on."""
        if self.status == 429:
            return self._limit(scope)
        if self.status == 500:
            return _json(500, {"message": "500: Internal Server Error", "code": 0})
        html = "<html><head><title>Bad gateway</title></head><body>cloudflare</body></html>"
        return web.Response(status=self.status, text=html, content_type="text/html")

    def _limit(self, scope: str) -> web.Response:
        # Without Via, discord.py takes it for a ban by the proxy in front of Discord.
        headers = {"Via": "1.1 google", "Retry-After": str(math.ceil(self.seconds))}
        if self.everywhere:
            headers |= {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
        else:
            headers |= {
                "X-RateLimit-Limit": "5",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": f"{time.time() + self.seconds:.3f}",
                "X-RateLimit-Reset-After": f"{self.seconds:.3f}",
                "X-RateLimit-Bucket": f"{hash(scope) & 0xFFFFFFFF:08x}",
                "X-RateLimit-Scope": "user",
            }
        told = {
            "message": "You are being rate limited.",
            "retry_after": self.seconds,
            "global": self.everywhere,
        }
        return _json(429, told, headers)


class Trouble:
    """Each request suffers with the probability `share`, by a seed; `struck` counts the faults by their names."""

    def __init__(self, seed: int, share: float) -> None:
        self.struck: Counter[str] = Counter()
        self._chance = Random(seed)
        self._share = share

    def draw(self) -> Fault | None:
        if self._chance.random() >= self._share:
            return None
        seconds = self._chance.uniform(0.1, 1.0)
        fault = self._chance.choice(
            [
                Fault.limited(seconds),
                Fault.limited(seconds / 2, everywhere=True),
                Fault.failed(),
                Fault.failed(502),
                Fault.failed_after(),
                Fault.failed_after(503),
                Fault.slow(seconds),
            ]
        )
        self.struck[fault.name] += 1
        return fault


class Faults:
    """The orders, first come first served; a request for which there is none may suffer from `trouble`."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None
        self._orders: list[tuple[str, Fault]] = []

    def next(self, where: str, *faults: Fault) -> None:
        """The next requests to `where` (method and path, `*` for any part of them) suffer these, one each."""
        self._orders += [(where, fault) for fault in faults]

    @property
    def pending(self) -> int:
        return len(self._orders)

    def take(self, method: str, path: str) -> Fault | None:
        for number, (where, fault) in enumerate(self._orders):
            if fnmatchcase(f"{method} {path}", where):
                del self._orders[number]
                return fault
        return self.trouble.draw() if self.trouble else None


def _json(status: int, told: object, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=json.dumps(told).encode(), content_type="application/json", headers=headers)
