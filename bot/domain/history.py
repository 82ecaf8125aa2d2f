"""What a member asks their history for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.job import JobKind


@dataclass(frozen=True, slots=True)
class Filters:
    """Which jobs to show; the days are UTC, and both belong to the span. None leaves a side open."""

    kind: JobKind | None = None
    since: date | None = None
    until: date | None = None

    @property
    def begins_at(self) -> datetime | None:
        """The first moment of the span."""
        return datetime.combine(self.since, time(), UTC) if self.since else None

    @property
    def ends_at(self) -> datetime | None:
        """The first moment after the span."""
        return datetime.combine(self.until, time(), UTC) + timedelta(days=1) if self.until else None


EVERYTHING = Filters()
