"""`easel run` in a hurry: the same but for its longest waits, of which a test that kills it often can afford none."""

from datetime import timedelta

from bot.services import deliver, hold, line, recover
from bot.storage import lease


def hurry() -> None:
    """Minutes become seconds: what waits, waits all the same."""
    recover.GIVE_UP_AFTER = timedelta(seconds=3)
    recover.CARD_OVERDUE = timedelta(seconds=8)
    hold.FIRST_HOLD, hold.LONGEST_HOLD = timedelta(seconds=0.5), timedelta(seconds=2)
    line.PLACE_GAP = timedelta(seconds=1)
    deliver.FIRST_RETRY, deliver.LONGEST_CARD_WAIT = timedelta(seconds=0.5), timedelta(seconds=4)


def hurry_the_lease() -> None:
    """The lease runs out sooner."""
    lease.RENEW_EVERY, lease.LOOK_EVERY, lease.STALE_AFTER = 0.2, 0.1, 1.5
