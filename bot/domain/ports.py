"""What the services need from the outside, as protocols. The adapters implement them; nothing here knows how."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.action import Action
from bot.domain.image_models import Generated, ImageOptions
from bot.domain.job import Dimensions, Job, Speed
from bot.domain.task import Balance, Task


class Clock(Protocol):
    """The time: aware, UTC."""

    def __call__(self) -> datetime: ...


class ImageProvider(Protocol):
    """A service that makes pictures. Every call may raise a ProviderError; create calls return the new task's id."""

    def supports(self, action: Action) -> bool:
        """Whether a press of this action can be sent at all."""
        ...

    async def imagine(self, prompt: str, speed: Speed, references: Sequence[bytes] = ()) -> int: ...

    async def blend(self, pictures: Sequence[bytes], dimensions: Dimensions, speed: Speed) -> int:
        """`pictures` are two to five, as WebP; so are all pictures that the service is given."""
        ...

    async def describe(self, picture: bytes, speed: Speed) -> int: ...

    async def press(self, task_id: int, custom_id: str, speed: Speed) -> int: ...

    async def query(self, task_id: int) -> Task: ...

    async def recent(self, page: int) -> list[Task]:
        """One page, counted from 1, of the newest tasks of the whole account; empty past the end."""
        ...

    async def balance(self) -> Balance: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """A fetched picture; `width` and `height` are in pixels, `filename` ends as its type does."""

    data: bytes
    filename: str
    width: int
    height: int


class ImageFetcher(Protocol):
    """Gets finished pictures from where the provider put them."""

    async def fetch(self, sources: Sequence[str], most_bytes: int) -> Picture:
        """One picture from its sources, best first, shrunk to `most_bytes`; else PictureUnavailable."""
        ...

    async def fit(self, data: bytes, most_bytes: int) -> Picture:
        """A picture that is here already, shrunk to `most_bytes`; PictureUnavailable when it is none."""
        ...


class CardDelivery(Protocol):
    """Shows jobs to people. Every call may raise a CardError."""

    def upload_limit(self, job: Job) -> int:
        """The largest file, in bytes, that may be attached where the card is."""
        ...

    async def show(self, job: Job, pictures: Sequence[Picture]) -> None:
        """Edit the job's card so that it shows the job as it is; without pictures it keeps those that it has."""
        ...

    async def show_plainly(self, job: Job) -> None:
        """Edit the card so that it says in our own words alone how the job ended, for when Discord refuses the rest."""
        ...

    async def send_directly(self, job: Job, pictures: Sequence[Picture]) -> tuple[int, int]:
        """Send the finished card to its owner, for when its own place cannot be written to any more.

        Gives the channel's and the message's id.
        """
        ...

    async def announce(self, job: Job, *, has_picture: bool) -> None:
        """Tell the owner, by a reply to the card, that a long job has ended."""
        ...

    async def find(self, job: Job) -> int | None:
        """The id of the card that was sent but not noted; None without one. Of several only the first stays."""
        ...

    async def attached(self, job: Job, channel_id: int, message_id: int) -> list[Picture]:
        """The pictures that a message of the job carries now, under their file names."""
        ...

    async def remove(self, job: Job, channel_id: int, message_id: int) -> None:
        """Delete a message that shows the job."""
        ...


class PictureWork(Protocol):
    """What is done to pictures' bytes, off the event loop."""

    async def prepare(self, data: bytes, name: str) -> bytes:
        """A member's picture as WebP, still, upright, without its metadata, small enough for the service.

        UnusablePicture names it by `name`.
        """
        ...

    async def small(self, pictures: Sequence[bytes]) -> bytes:
        """What a card shows of its source pictures: one alone, or several side by side; WebP."""
        ...

    async def thumbnail(self, picture: bytes) -> bytes:
        """At most 320 pixels each way, about 15 KB; WebP."""
        ...

    async def contact_sheet(self, cells: Sequence[bytes | None]) -> bytes:
        """Up to nine thumbnails as one numbered picture, None where nothing is kept; WebP."""
        ...


class LinkFetcher(Protocol):
    """Gets what a member links to."""

    async def fetch(self, link: str) -> bytes:
        """What a member's https link leads to: public addresses only, capped in size and time; else UnusablePicture."""
        ...


class ImageGenerator(Protocol):
    """A service that answers with the pictures themselves, when they are done."""

    async def generate(self, prompt: str, options: ImageOptions) -> Generated:
        """One call, never repeated once it may have arrived; raises a ProviderError."""
        ...


class Operator(Protocol):
    """Whoever hosts the bot."""

    async def tell(self, text: str) -> bool:
        """Bring it to them. False when that has to be tried again later; never raises for what Discord says."""
        ...
