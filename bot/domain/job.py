"""Jobs: what a person asked for, and the states it goes through."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.action import Action
from bot.domain.image_models import ImageOptions


class Speed(StrEnum):
    """The pool that makes the picture: fast and dearer, or normal and cheaper."""

    FAST = "fast"
    NORMAL = "normal"


class JobKind(StrEnum):
    """What makes the picture: a command of its own, or a button on another job's card."""

    IMAGINE = "imagine"
    BLEND = "blend"
    DESCRIBE = "describe"
    DALLE = "dalle"
    PRESS = "press"


class Dimensions(StrEnum):
    """The shape of a blend."""

    PORTRAIT = "portrait"
    SQUARE = "square"
    LANDSCAPE = "landscape"

    @property
    def prompt(self) -> str:
        """What stands for the shape in a prompt; a blend has no words."""
        return {Dimensions.PORTRAIT: "--ar 2:3", Dimensions.LANDSCAPE: "--ar 3:2"}.get(self, "")


class JobState(StrEnum):
    """Where a job stands. `TRANSITIONS` holds the ways between them."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def ended(self) -> bool:
        return self not in UNFINISHED


UNFINISHED = frozenset({JobState.QUEUED, JobState.SUBMITTING, JobState.RUNNING})

TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.SUBMITTING, JobState.CANCELLED, JobState.EXPIRED}),
    # A service that answers only when it is done has no running task: straight to the end.
    JobState.SUBMITTING: frozenset(
        {JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED, JobState.QUEUED, JobState.EXPIRED}
    ),
    JobState.RUNNING: frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.EXPIRED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
    # It came after all: a late gift, for which nothing is charged again.
    JobState.EXPIRED: frozenset({JobState.SUCCEEDED}),
}

REFUNDED = frozenset({JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED})
"""Entering one of these gives the credits back, in the same transaction."""

QUEUED_TIMEOUT = timedelta(hours=6)
FAST_TIMEOUT = timedelta(minutes=15)
NORMAL_TIMEOUT = timedelta(minutes=60)
LATE_LOOK_UP_EVERY = timedelta(hours=1)
LATE_LOOK_UPS_FOR = timedelta(days=1)
LASTING_LINK_EVERY = timedelta(seconds=30)
LASTING_LINK_FOR = timedelta(minutes=10)
PICTURE_RETRIES = 12
"""Tries to fetch a finished picture; with waits that double up to ten minutes, a little over an hour."""

LONGEST_CARD_WAIT = timedelta(minutes=10)
"""Between two tries of a card. What is put off for longer was so by a clock that has been set back since."""

RESULTS_KEPT_FOR = timedelta(days=7)
"""How long pictures that no card shows wait in the database for their owner."""

NOT_READY_WAITS = (timedelta(seconds=5), timedelta(seconds=15))
"""Waits before a press is sent again that was refused just after its picture was done."""

SLOW_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Account:
    """Whose credits: a member in one server. Direct messages are a server of their own, id 0."""

    server_id: int
    member_id: int

    @property
    def is_direct(self) -> bool:
        return self.server_id == 0


@dataclass(frozen=True, slots=True)
class NewJob:
    """What admission needs to know. `token` is the interaction's, which dies after 15 minutes.

    `sources` are the pictures that it is made from, as WebP; `source_picture` is the file name under which the card
    carries a small view of them; `thumbnail` stands for the job in the history before it has a result, or without one.
    Of a `private` job nobody but its owner sees prompt, card or picture.
    """

    account: Account
    kind: JobKind
    prompt: str
    speed: Speed
    price: int
    channel_id: int
    token: str
    parent_id: int | None = None
    parent_message_id: int | None = None
    pressed: Action | None = None
    dimensions: Dimensions | None = None
    image: ImageOptions | None = None
    source_picture: str | None = None
    sources: tuple[bytes, ...] = ()
    thumbnail: bytes | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One row. Times are aware UTC; `progress` is in percent; links are the provider's, or None."""

    id: int
    account: Account
    kind: JobKind
    prompt: str
    speed: Speed
    price: int
    channel_id: int
    state: JobState
    created_at: datetime
    changed_at: datetime
    """When the provider's side was last seen to change: what time-outs count from."""
    parent_id: int | None = None
    parent_message_id: int | None = None
    """The card whose button was pressed; it is in the same channel."""
    pressed: Action | None = None
    dimensions: Dimensions | None = None
    image: ImageOptions | None = None
    """What DALL·E or one of its successors was asked for."""
    source_picture: str | None = None
    """The file name of the small view of its source pictures that the card carries."""
    message_id: int | None = None
    token: str | None = None
    token_expires_at: datetime | None = None
    task_id: int | None = None
    task_floor: int = 0
    """The highest task id that was known before this job was submitted."""
    progress: int | None = None
    attempted_at: datetime | None = None
    finished_at: datetime | None = None
    failure: str | None = None
    """Why it was not made; of a success, what is missing from it."""
    actions: tuple[Action, ...] = ()
    source_url: str | None = None
    """The picture's Discord link: signed, dead after about a day."""
    lasting_url: str | None = None
    suggestions: tuple[str, ...] = ()
    """Prompts that came with the result: the four of a description, or the one that DALL·E made of the words."""
    pictures: tuple[str, ...] = ()
    """The file names of the result's pictures that the card carries."""
    thumbnail_due: bool = False
    """The result has a picture of which no thumbnail is kept yet."""
    look_up_at: datetime | None = None
    """When to ask once more about something that may still come: a late gift, a lasting link."""
    revision: int = 0
    """Raised by each visible change; the card is behind while `shown` is lower."""
    shown: int = -1
    delivery_tries: int = 0
    """How often in a row Discord did not take the card."""
    picture_tries: int = 0
    """How often the finished picture could not be fetched from where it lies now."""
    announced: bool = False
    gift: bool = False
    """It came after it had been given up and refunded."""
    deleted: bool = False
    """Its owner deleted it: the row stays for the ledger's sake, without content."""
    private: bool = False
    """Nobody but its owner sees prompt, card or picture."""
    place: int | None = None
    """Where it stands in line (`line.Line.places`); None while it is not waiting, or is about to start."""
    turn: int | None = None
    """The number of its start among all starts: accounts take turns by it. None while it waits."""
    attempts: int = 0
    """How often the service declined it for now."""
    start_after: datetime | None = None
    """Not to be started before, since the service was not ready for it."""
    held: bool = False
    """Its service is not answering, and its card says so."""
    unseen: bool = False
    """Its result could be shown nowhere; its owner's next command tells of it."""

    @property
    def patience(self) -> timedelta:
        """How long a job of this speed may stand still once it runs before it is given up."""
        return FAST_TIMEOUT if self.speed is Speed.FAST else NORMAL_TIMEOUT

    @property
    def was_slow(self) -> bool:
        return self.finished_at is not None and self.finished_at - self.created_at > SLOW_AFTER

    @property
    def is_description(self) -> bool:
        """Whether its result is words alone."""
        again = self.pressed is not None and self.pressed.family.name == "describe_retry"
        return self.kind is JobKind.DESCRIBE or (self.kind is JobKind.PRESS and again)

    @property
    def has_pictures(self) -> bool:
        """Whether there are pictures of its result anywhere but on its card."""
        return bool(self.links) or (self.kind is JobKind.DALLE and self.state is JobState.SUCCEEDED)

    @property
    def links(self) -> tuple[str, ...]:
        """Where the picture may be fetched from, best first."""
        return tuple(url for url in (self.lasting_url, self.source_url) if url)
