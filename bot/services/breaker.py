"""Whether Midjourney answers: after some failures in a row it is left alone, but for one question per pause."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.ports import Clock
from bot.domain.repositories import Storage
from bot.services.hold import EVER, Hold

log = logging.getLogger(__name__)

OPENS_AFTER = 5
"""Failed calls in a row, each tried several times already."""

FACT = "midjourney silent"


@dataclass(frozen=True, slots=True)
class Silence:
    """The provider did not answer from `since` to `until`, None while that lasts."""

    since: datetime
    until: datetime | None = None


class Breaker:
    """Open while the provider is taken to be down. It is told of every call, and asked before any."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._pause = Hold(clock)
        self._failures = 0
        self._kept: Silence | None = Silence(EVER)  # unlike any: the first tick stores what is so
        self.silence: Silence | None = None
        """The last one, which may be over; None before there was one."""
        self.asking_since = EVER
        """Nobody could ask before: how long a task stood still is counted from here at the earliest."""

    @property
    def is_open(self) -> bool:
        return self.silence is not None and self.silence.until is None

    async def begin(self) -> None:
        """Find it as the last run left it."""
        async with self._storage.read() as uow:
            times = (await uow.facts.get(FACT) or "").split()
        self.silence = Silence(*map(datetime.fromisoformat, times)) if times else None
        self.asking_since = self._clock()

    def failed(self) -> None:
        """A call got no answer, or none that makes sense."""
        self._failures += 1
        if self._failures >= OPENS_AFTER and not self.is_open:
            self.silence = Silence(self._clock())
            self._pause = Hold(self._clock)
            self._pause.begin(None)
            log.warning("Midjourney did not answer %d times in a row: it is left alone for a while", self._failures)

    def answered(self) -> None:
        """A call got an answer."""
        self._failures = 0
        if self.silence is not None and self.is_open:
            self.asking_since = self._clock()
            self.silence = replace(self.silence, until=self.asking_since)
            log.warning("Midjourney answers again, after %s", self.asking_since - self.silence.since)

    def may_probe(self) -> bool:
        """True once per pause: whoever is told so may ask the provider one thing."""
        if self._pause.is_on:
            return False
        self._pause.begin(None)
        return True

    async def keep(self) -> None:
        """Store how it stands, and let the cards say so: once for each change. Each tick calls it."""
        silence = self.silence
        if silence == self._kept:
            return
        times = (silence.since, silence.until) if silence else ()
        async with self._storage.write() as uow:
            await uow.jobs.hold(silence is not None and silence.until is None)
            await uow.facts.set(FACT, " ".join(time.isoformat() for time in times if time))
            await uow.commit()
        self._kept = silence
