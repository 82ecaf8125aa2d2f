"""Pauses on a clock that may be set back meanwhile."""

from datetime import datetime, timedelta


def goes_on(begun: datetime, length: timedelta, now: datetime) -> bool:
    """Whether a pause still goes on. One that begins in the future does not: the clock was set back since."""
    return timedelta() <= now - begun < length
