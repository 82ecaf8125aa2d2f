"""What is under way: a member's own list of it, and taking a waiting job out of line."""

import logging
from dataclasses import dataclass

from bot.domain.errors import CannotCancel, NotOffered, NotYours, credits
from bot.domain.job import REFUNDED, Account, Job, JobKind, JobState
from bot.domain.ports import Clock
from bot.domain.repositories import Storage
from bot.services.ending import end
from bot.services.one_job import about
from bot.services.quota import Actor

log = logging.getLogger(__name__)

BY_ADMIN = "An admin took it out of the line."


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A job that was taken out of line, with its credits; `own` if by its owner."""

    job: Job
    own: bool


class UnderWay:
    """What `/jobs` and every "Cancel" button do."""

    def __init__(self, storage: Storage, owners: frozenset[int], clock: Clock) -> None:
        self._storage = storage
        self._owners = owners
        self._clock = clock

    async def of(self, viewer: Account) -> list[Job]:
        """The viewer's unfinished jobs: in a server those of it, in direct messages all."""
        async with self._storage.read() as uow:
            return await uow.queue.under_way(viewer)

    async def cancel(self, actor: Actor, job_id: int, card: int | None = None) -> Cancelled:
        """End a waiting job and give its credits back. `card` is the message of which this is asked, if it is one.

        Raises NotYours, NotOffered for a job of which the actor must know nothing, and CannotCancel once it has left
        the line.
        """
        async with self._storage.write() as uow:
            job = await uow.jobs.get(job_id)
            if job is None or not self._may_know(actor, job):
                raise NotOffered("I do not know this job any more. `/jobs` shows what is under way.")
            own = _is_own(actor, job)
            if not own and not self._is_admin(actor):
                raise NotYours
            if job.message_id is None and job.state is JobState.QUEUED:
                if card is None:  # nobody looks for the card of an ended job, so it would say for ever that it waits
                    raise CannotCancel("I am still looking for its card. Please try again in a minute.")
                await uow.jobs.set_card(job_id, card)
            reason = None if own else BY_ADMIN
            ended = await end(uow, job_id, JobState.QUEUED, JobState.CANCELLED, self._clock(), failure=reason)
            await uow.commit()
        if ended is None:
            raise CannotCancel(_why_not(job))
        log.info("job %d cancelled in line by %d", job_id, actor.account.member_id, extra=about(job))
        return Cancelled(ended, own)

    def _may_know(self, actor: Actor, job: Job) -> bool:
        """A custom_id comes from outside: one that names a job of another place, or a private one, tells nothing."""
        if job.deleted:
            return False
        here = not job.account.is_direct and job.account.server_id == actor.account.server_id
        return _is_own(actor, job) or (not job.private and (here or actor.account.member_id in self._owners))

    def _is_admin(self, actor: Actor) -> bool:
        return actor.manages_server or actor.account.member_id in self._owners


def _is_own(actor: Actor, job: Job) -> bool:
    """Theirs in this server; in direct messages all of theirs."""
    mine = job.account.member_id == actor.account.member_id
    return mine and (actor.account.is_direct or job.account.server_id == actor.account.server_id)


def _why_not(job: Job) -> str:
    if job.state in REFUNDED:
        return f"This one has ended already, and its {credits(job.price)} came back."
    if job.state is JobState.SUCCEEDED:
        return "This one is done already, so there is nothing to cancel."
    if job.kind is JobKind.DALLE:
        too_late = "this one is being painted, and the image service has no way to stop that."
    else:
        too_late = "Midjourney has this one now, and has no way to stop it."
    return f"Too late: {too_late} It goes on, and stays charged with {credits(job.price)}."
