"""A pause that a service asked for, or that it needs."""

from datetime import UTC, datetime, timedelta

from bot.domain.ports import Clock
from bot.services.pauses import goes_on

FIRST_HOLD = timedelta(seconds=5)
LONGEST_HOLD = timedelta(seconds=60)
EVER = datetime(2000, 1, 1, tzinfo=UTC)


class Hold:
    """Holds what would be sent: as long as the service asks for, else a little longer each time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pause = timedelta()
        self._begun = EVER
        self._length = timedelta()

    @property
    def is_on(self) -> bool:
        return goes_on(self._begun, self._length, self._clock())

    def begin(self, seconds: float | None) -> None:
        """The service refused; `seconds` is what it asked for, None when it did not say."""
        now = self._clock()
        left = self._begun + self._length - now if self.is_on else timedelta()
        if not left:  # jobs that were on their way together are refused together
            self._pause = min(max(self._pause * 2, FIRST_HOLD), LONGEST_HOLD)
        asked = timedelta(seconds=seconds) if seconds is not None else self._pause
        self._begun, self._length = now, max(left, min(asked, LONGEST_HOLD))

    def end(self) -> None:
        """The service took something: the next pause is a short one again."""
        self._pause = timedelta()
