"""Faults on order: what a test makes the next matching calls suffer."""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from bot.providers.simulated.responses import Response


class NeverArrived(Exception):
    """The connection was refused: no task was made."""


class AnswerLost(Exception):
    """The call was carried out, and its answer never came."""


class _Kind(Enum):
    """What kind of fault it is."""

    ANSWER = "another answer"
    REFUSED = "refused before arrival"
    LOST = "the answer is lost"
    LATE = "the answer is late"


@dataclass(frozen=True)
class Fault:
    """One fault: another answer than the real one (nothing is carried out), a late one, or a broken connection."""

    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    seconds: float = 0.0
    kind: _Kind = _Kind.ANSWER

    @classmethod
    def answer(cls, status: int, body: bytes | str = b"", **headers: str) -> "Fault":
        """`Fault.answer(429, Retry_After="7")`; underscores in header names stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status, named, body.encode() if isinstance(body, str) else body)

    @classmethod
    def refused(cls) -> "Fault":
        """The connection is refused before anything arrives."""
        return cls(kind=_Kind.REFUSED)

    @classmethod
    def lost(cls) -> "Fault":
        """The call is accepted and carried out, then the caller waits in vain for the answer."""
        return cls(kind=_Kind.LOST)

    @classmethod
    def late(cls, seconds: float) -> "Fault":
        """The call is carried out, and answered so many real seconds later, whatever the service's speed is."""
        return cls(seconds=seconds, kind=_Kind.LATE)

    @property
    def carries_out(self) -> bool:
        """Whether the call has its effect all the same."""
        return self.kind in (_Kind.LOST, _Kind.LATE)

    @property
    def loses_answer(self) -> bool:
        return self.kind is _Kind.LOST

    def strike(self) -> Response:
        """The answer to give, or NeverArrived."""
        if self.kind is _Kind.REFUSED:
            raise NeverArrived
        return Response(self.status, {"Content-Type": "text/html; charset=utf-8", **self.headers}, self.body)


class FaultSource(Protocol):
    """Where faults come from that nobody ordered."""

    def draw(self, call: str) -> Fault | None:
        """What this call suffers; None when it suffers nothing."""
        ...


class Faults:
    """The orders, first come first served; a call for which there is none may suffer from `trouble`.

    Calls are named by the end of their path: `imagine`, `action`, `blend`, `describe`, `query`, `query-mj-tasks`,
    `balance`, `generations`; the picture links are `picture`, the image proxy is `wsrv`, and `*` is any of them all.
    The proxy reaches pictures whatever was ordered for `picture`.
    """

    def __init__(self) -> None:
        self.trouble: FaultSource | None = None
        self._orders: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._standing: dict[str, Fault] = {}

    def always(self, call: str, fault: Fault) -> None:
        """All calls of that name suffer it, until `clear`; what was ordered for the next ones comes first."""
        self._standing[call] = fault

    def next(self, call: str, *faults: Fault) -> None:
        """The next calls of that name suffer these, one each."""
        self._orders[call].extend(faults)

    def clear(self) -> None:
        self._orders.clear()
        self._standing.clear()

    @property
    def pending(self) -> int:
        """How many were ordered and have not struck yet."""
        return sum(len(orders) for orders in self._orders.values())

    def take(self, call: str) -> Fault | None:
        for name in (call, "*"):
            if self._orders.get(name):
                return self._orders[name].popleft()
        standing = self._standing.get(call) or self._standing.get("*")
        return standing or (self.trouble.draw(call) if self.trouble else None)
