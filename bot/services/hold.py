"""A pause in submissions that a busy provider asked for."""

from datetime import UTC, datetime, timedelta

from bot.domain.ports import Clock

FIRST_HOLD = timedelta(seconds=5)
LONGEST_HOLD = timedelta(seconds=60)
EVER = datetime(2000, 1, 1, tzinfo=UTC)


class Hold:
    """Holds all submissions to one service: as long as it asks for, else a little longer each time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pause = timedelta()
        self._until = EVER

    @property
    def is_on(self) -> bool:
        return self._clock() < self._until

    def begin(self, seconds: float | None) -> None:
        """The service refused; `seconds` is what it asked for, None when it did not say."""
        now = self._clock()
        if now >= self._until:  # jobs that were on their way together are refused together
            self._pause = min(max(self._pause * 2, FIRST_HOLD), LONGEST_HOLD)
        asked = timedelta(seconds=seconds) if seconds is not None else self._pause
        self._until = max(self._until, now + min(asked, LONGEST_HOLD))

    def end(self) -> None:
        """The service took something: the next pause is a short one again."""
        self._pause = timedelta()
