"""What the operator hears of: a service that is silent, a key that is refused, a balance that is used up."""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.job import UNFINISHED, JobKind
from bot.domain.ports import Clock, Operator
from bot.domain.repositories import Storage
from bot.services.breaker import Breaker
from bot.services.hold import Hold

FACT = "told the operator"
QUIET = timedelta(minutes=15)
"""The same trouble is not told again so soon, however often it comes and goes."""


class Trouble(StrEnum):
    """What only the operator can cure, or ought to know."""

    SILENCE = "silence"
    KEY = "key"
    BALANCE = "balance"
    IMAGES_KEY = "images key"
    IMAGES_BALANCE = "images balance"


WORDS = {
    Trouble.KEY: (
        "🔑 **OhMyGPT refuses my key** (`OHMYGPT_API_KEY`), since {since}. New Midjourney pictures fail and are "
        "refunded. Give me a key that has the `midjourney` permission and restart me; `easel check` tells whether "
        "it is good."
    ),
    Trouble.BALANCE: (
        "💳 **The balance at OhMyGPT is used up**, since {since}. New Midjourney pictures fail and are refunded. "
        "Top it up; I need no restart."
    ),
    Trouble.IMAGES_KEY: (
        "🔑 **The image service refuses my key** (`OPENAI_API_KEY`; without one, `OHMYGPT_API_KEY`), since {since}. "
        "`/dalle` fails and is refunded. Give me a good key and restart me."
    ),
    Trouble.IMAGES_BALANCE: (
        "💳 **The balance at the image service is used up**, since {since}. `/dalle` fails and is refunded. "
        "Top it up; I need no restart."
    ),
}
SILENT = (
    "⚠️ **Midjourney is not answering**, since {since}. {waiting} The cards say so, no credit is lost, and I go on by "
    "myself as soon as it answers. If this lasts, see whether OhMyGPT is up and `OHMYGPT_BASE_URL` is right."
)
ANSWERS_AGAIN = "✅ **Midjourney answers again**, after {length}. What waited goes on."


@dataclass(frozen=True, slots=True)
class Told:
    """What they heard last of a trouble: that it began at `since`, said at `at`; and whether it is over since."""

    since: datetime
    at: datetime
    over: bool = False


class Alarm:
    """Tells of each trouble once when it begins, and of silence when it is over, if its beginning was told.

    What was told outlives the process; what is over before Discord took it is not told at all.
    """

    def __init__(self, storage: Storage, operator: Operator, breaker: Breaker, clock: Clock) -> None:
        self._storage = storage
        self._operator = operator
        self._breaker = breaker
        self._clock = clock
        self._since: dict[Trouble, datetime] = {}
        self._told: dict[Trouble, Told] = {}
        self._hold = Hold(clock)
        self._telling: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Take up what the last run told of and what had not ended then."""
        async with self._storage.read() as uow:
            stored: dict[str, tuple[str, str, bool]] = json.loads(await uow.facts.get(FACT) or "{}")
        for name, (since, at, over) in stored.items():
            self._told[Trouble(name)] = Told(datetime.fromisoformat(since), datetime.fromisoformat(at), over)
        self._since = {trouble: told.since for trouble, told in self._told.items() if not told.over}

    def noticed(self, trouble: Trouble) -> None:
        self._since.setdefault(trouble, self._clock())

    def worked(self, trouble: Trouble) -> None:
        self._since.pop(trouble, None)

    async def step(self) -> None:
        """Begin to tell what is new, without waiting for Discord. Each tick calls it; raises what went wrong before."""
        if self._breaker.silence is not None and self._breaker.is_open:
            self._since[Trouble.SILENCE] = self._breaker.silence.since
        else:
            self.worked(Trouble.SILENCE)
        if self._telling is not None and self._telling.done():
            done, self._telling = self._telling, None
            done.result()
        news = next(filter(self._is_news, Trouble), None)
        if news is not None and self._telling is None and not self._hold.is_on:
            self._telling = asyncio.create_task(self._tell(news), name=f"tell the operator of the {news}")

    async def close(self) -> None:
        """What is not told yet is told by the next run, if it is still so."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)

    def _is_news(self, trouble: Trouble) -> bool:
        told = self._told.get(trouble)
        if trouble not in self._since:
            return told is not None and not told.over
        # A clock that steps back must not make the quiet longer.
        return told is None or (told.over and not timedelta() <= self._clock() - told.at < QUIET)

    async def _tell(self, trouble: Trouble) -> None:
        since, told = self._since.get(trouble), self._told.get(trouble)
        text = await self._bad_news(trouble, since) if since else self._good_news(trouble)
        if text and not await self._operator.tell(text):
            self._hold.begin(None)
            return
        self._hold.end()
        if since:
            self._told[trouble] = Told(since, self._clock())
        elif told:
            self._told[trouble] = replace(told, over=True)
        stored = {name: (told.since.isoformat(), told.at.isoformat(), told.over) for name, told in self._told.items()}
        async with self._storage.write() as uow:
            await uow.facts.set(FACT, json.dumps(stored))
            await uow.commit()

    async def _bad_news(self, trouble: Trouble, since: datetime) -> str:
        when = f"<t:{int(since.timestamp())}:t>"
        if trouble is not Trouble.SILENCE:
            return WORDS[trouble].format(since=when)
        async with self._storage.read() as uow:
            unfinished = [job for state in UNFINISHED for job in await uow.jobs.in_state(state)]
        count = sum(job.kind is not JobKind.DALLE for job in unfinished)
        jobs = {0: "No job waits for it yet.", 1: "1 job waits for it and keeps its place."}
        return SILENT.format(since=when, waiting=jobs.get(count, f"{count} jobs wait for it and keep their places."))

    def _good_news(self, trouble: Trouble) -> str | None:
        """Only of silence: a key or a balance that works again was seen to by whoever would be told."""
        silence, told = self._breaker.silence, self._told.get(trouble)
        if trouble is not Trouble.SILENCE or told is None:
            return None
        until = silence.until if silence and silence.until else self._clock()
        return ANSWERS_AGAIN.format(length=_length(until - told.since))


def _length(time: timedelta) -> str:
    """`3 hours 5 minutes`; a clock that stepped back may have made it negative."""
    minutes = max(0, round(time.total_seconds() / 60))
    hours, minutes = divmod(minutes, 60)
    parts = [f"{n} {unit}" + "s" * (n != 1) for n, unit in ((hours, "hour"), (minutes, "minute")) if n]
    return " ".join(parts) or "less than a minute"
