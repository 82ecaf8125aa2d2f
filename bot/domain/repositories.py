"""What is stored, as protocols: what the services may do with it inside one transaction. Nothing here knows how."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Any, Protocol

from bot.domain.history import Filters
from bot.domain.job import Account, Job, JobState, NewJob
from bot.domain.line import Line, Room
from bot.domain.quota import Allowance, AuditEntry, Draw, Policy, Spender


class Jobs(Protocol):
    """The stored jobs, inside one transaction."""

    async def add(self, new: NewJob, now: datetime) -> Job: ...

    async def get(self, job_id: int) -> Job | None: ...

    async def move(
        self, job_id: int, old: JobState, new: JobState, now: datetime, *, visible: bool = True, **changes: Any
    ) -> Job | None:
        """The one way to change a state: None when the job was not in `old` any more."""
        ...

    async def note(self, job_id: int, state: JobState, *, visible: bool, **changes: Any) -> Job | None:
        """Change facts of a job that is in `state`; a `visible` change makes its card be drawn again."""
        ...

    async def set_card(self, job_id: int, message_id: int) -> Job | None:
        """Note the card that was just sent; it shows the job as it was admitted."""
        ...

    async def replace_card(
        self, job_id: int, old: int | None, new: int, channel_id: int, token: str, now: datetime
    ) -> bool:
        """Another message is the card from now on; it has no picture yet and is drawn again. One caller wins.

        `token` is that of the interaction which the message answers.
        """
        ...

    async def drop_card(self, job_id: int, message_id: int | None, *, unseen: bool = False) -> None:
        """That message is the job's card no more, so nothing is owed to it.

        `unseen` when the result could be shown nowhere else: its owner is to be told.
        """
        ...

    async def mark_shown(self, job_id: int, message_id: int | None, revision: int, pictures: Sequence[str]) -> None:
        """That card now shows `revision`, with attachments of these names (none: as before); not if it was replaced."""
        ...

    async def postpone_card(
        self, job_id: int, revision: int, until: datetime, *, delivery_tries: int, picture_tries: int
    ) -> None:
        """Draw the card not before `until`, unless there is something newer to show than `revision`."""
        ...

    async def claim_announcement(self, job_id: int) -> bool:
        """True for the one caller who may announce this job's end."""
        ...

    async def unfinished(self) -> list[Job]: ...

    async def unfinished_of(self, account: Account) -> list[Job]: ...

    async def pressed_by(self, parent_id: int, custom_id: str, account: Account, since: datetime) -> Job | None:
        """The newest job of this button that was not given up, by this account."""
        ...

    async def picked(self, parent_id: int, custom_id: str, account: Account, channel_id: int) -> Job | None:
        """The newest job of this button that was not given up, among those that whoever presses may see.

        Those are all in this channel but private ones, and their own: whoever else's are none of their business.
        """
        ...

    async def hold(self, held: bool) -> int:
        """Note of each unfinished Midjourney job whether it is held up; how many cards now have to say something else.

        A service that answers only when it is done is another one, so its jobs are left alone.
        """
        ...

    async def in_state(self, state: JobState) -> list[Job]:
        """Oldest first."""
        ...

    async def cardless(self) -> list[Job]:
        """Unfinished jobs whose card was never noted, and queued ones whose card was deleted."""
        ...

    async def to_look_up(self, now: datetime) -> list[Job]:
        """Ended jobs for which something may still come, when it is time to ask again.

        A time further ahead than the next one can be has come too: the clock was set back.
        """
        ...

    async def owed(self, now: datetime) -> list[Job]:
        """Jobs whose card is behind, and cardless ones of which a thumbnail is due; not those that wait for a try.

        Nobody waits for longer than LONGEST_CARD_WAIT, even if the clock was set back.
        """
        ...

    async def owners_of(self, task_ids: Sequence[int]) -> set[int]:
        """Those of the tasks that some job already holds."""
        ...

    async def count_from_now(self, now: datetime) -> None:
        """Put the times of unfinished jobs that lie ahead to `now`: the clock that noted them was set back since."""
        ...

    async def forget_tokens(self, now: datetime) -> None:
        """Erase every interaction token that is dead."""
        ...

    async def note_post(self, job_id: int, channel_id: int, message_id: int) -> None:
        """The result was posted once more, in that channel: its buttons work there too."""
        ...

    async def is_posted_in(self, job_id: int, channel_id: int) -> bool: ...


class Queue(Protocol):
    """The jobs that wait for a service, inside one transaction."""

    async def line(self, room: Room) -> Line:
        """Who waits for that service: round robin over accounts, first come within one.

        An account's first waiting job stands before every other account's second one; among those that are equal the
        account comes first whose latest turn is the longest ago.
        """
        ...

    async def claim(self, job_id: int, room: Room, now: datetime) -> Job | None:
        """`queued` to `submitting`, with the next turn; None if there is no room, or the job may not start now."""
        ...

    async def waiting_of(self, account: Account) -> int:
        """How many of the account's jobs are queued, for whatever service."""
        ...

    async def under_way(self, viewer: Account) -> list[Job]:
        """The viewer's unfinished jobs, oldest first: in a server those of it, in direct messages all."""
        ...


class History(Protocol):
    """A member's own jobs, inside one transaction.

    A `viewer` sees in a server their jobs of that server, in direct messages all of theirs; deleted ones never.
    """

    async def page(
        self, viewer: Account, filters: Filters, limit: int, *, before: int | None = None, after: int | None = None
    ) -> list[Job]:
        """Newest first: those nearest below the id `before`, those nearest above `after`, or the newest of all."""
        ...

    async def one(self, viewer: Account, job_id: int) -> Job | None: ...

    async def children(self, viewer: Account, job_id: int, limit: int) -> list[Job]:
        """The viewer's own jobs that came of that one, newest first."""
        ...

    async def posts(self, viewer: Account, job_id: int) -> list[tuple[int, int]]:
        """Channel and message ids of where the result was posted once more, newest first."""
        ...

    async def claim_unseen(self, viewer: Account) -> list[Job]:
        """Those that ended and could be shown nowhere. Each is given to one caller, once."""
        ...

    async def erase(self, viewer: Account, job_id: int) -> bool:
        """Empty an ended job of all content; its price, state and times stay. False where there is none such."""
        ...


class Pictures(Protocol):
    """The bytes that are stored for jobs, inside one transaction."""

    async def sources(self, job_id: int) -> list[bytes]:
        """The pictures that the job is made from, as WebP, in order; empty once it has ended."""
        ...

    async def forget_sources(self, job_id: int) -> None: ...

    async def keep_results(self, job_id: int, pictures: Sequence[bytes]) -> None:
        """What a service answered with, until a card shows it."""
        ...

    async def results(self, job_id: int) -> list[bytes]: ...

    async def forget_results(self, job_id: int) -> None: ...

    async def forget_old_results(self, before: datetime) -> None:
        """Those of jobs that ended before: nobody has come for them."""
        ...

    async def keep_thumbnail(self, job_id: int, data: bytes | None) -> None:
        """The small picture for the history, as WebP; None when there is none to be had. It is due no more."""
        ...

    async def forget_thumbnail(self, job_id: int) -> None: ...

    async def thumbnails(self, job_ids: Sequence[int]) -> dict[int, bytes]:
        """Of those jobs that have one."""
        ...


class Ledger(Protocol):
    """Credits, inside one transaction."""

    async def reserve(self, job_id: int, credits: int, allowance: Allowance, now: datetime) -> None:
        """Draw on the day, then on what was granted, and on every ceiling, or on none of them.

        OutOfCredits names the first that would be passed.
        """
        ...

    async def refund(self, job_id: int, now: datetime, credits: int | None = None) -> bool:
        """Give all of a job's credits, or so many, back to the counters and the period they came from.

        True the first time only. Of a part, granted ones return first: they were spent last.
        A day that was reset since then has forgotten them, so nothing is given back to it.
        """
        ...

    async def reset(self, account: Account, period: date) -> int:
        """Forget what the account used in the period, and say how much that was.

        Ceilings and granted credits stay as they are: that was spent.
        """
        ...

    async def used(self, draw: Draw) -> int: ...


class Quotas(Protocol):
    """What admins decided, and the audit of it, inside one transaction. Member 0 is the server's default."""

    async def policy(self, account: Account) -> Policy: ...

    async def set_daily(self, server_id: int, member_id: int, credits: int | None) -> None: ...

    async def add_grant(self, account: Account, credits: int) -> None: ...

    async def set_block(self, account: Account, blocked: bool, reason: str | None) -> None: ...

    async def audit(self, entry: AuditEntry) -> None: ...

    async def audited(self, server_id: int, member_id: int, most: int) -> list[AuditEntry]:
        """The newest changes, the newest first."""
        ...

    async def spenders(self, server_id: int, since: date, until: date, most: int) -> list[Spender]:
        """Who spent most in these periods, both included, net of refunds; nobody who spent nothing."""
        ...


class Facts(Protocol):
    """Small named strings that outlive the process."""

    async def get(self, name: str) -> str | None: ...

    async def set(self, name: str, value: str) -> None: ...


class UnitOfWork(Protocol):
    """One transaction; rolls back unless committed."""

    @property
    def jobs(self) -> Jobs: ...

    @property
    def queue(self) -> Queue: ...

    @property
    def history(self) -> History: ...

    @property
    def pictures(self) -> Pictures: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def quotas(self) -> Quotas: ...

    @property
    def facts(self) -> Facts: ...

    async def commit(self) -> None: ...


class Storage(Protocol):
    """Opens transactions. Writers run one after another; never open a second one inside another."""

    def read(self) -> AbstractAsyncContextManager[UnitOfWork]: ...

    def write(self) -> AbstractAsyncContextManager[UnitOfWork]: ...
