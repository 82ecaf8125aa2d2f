"""Services that answer only when they are done: each call is a supervised task, a few at once."""

import logging

from bot.domain.action import AGAIN, IMAGINE_THIS, TRY_AGAIN, Action
from bot.domain.errors import ContentRefused, ProviderBusy, ProviderError, ProviderUnreachable
from bot.domain.image_models import Generated
from bot.domain.job import Job, JobKind, JobState
from bot.domain.line import Room
from bot.domain.ports import Clock, ImageGenerator
from bot.domain.repositories import Storage
from bot.services.ending import end
from bot.services.hold import Hold
from bot.services.line import Starter
from bot.services.one_job import about, one_job

log = logging.getLogger(__name__)

INTERRUPTED = "I was interrupted while the picture was being painted, and it got lost on the way."
BROKEN = "Something went wrong on my side."
NO_ANSWER = "The image service gave no answer, and I cannot tell whether it painted anything."


class Generate:
    """Carries out jobs of the kind DALLE. Nobody can be asked about a lost call, so it fails and is refunded."""

    def __init__(
        self, storage: Storage, generator: ImageGenerator, clock: Clock, *, most_running: int, most_calls: int
    ) -> None:
        self._storage = storage
        self._generator = generator
        self._clock = clock
        self._hold = Hold(clock)
        self.line = Starter(
            storage,
            Room(images=True, per_account=most_running, in_all=most_calls),
            clock,
            carry_out=self._carry_out_safely,
            is_open=lambda: not self._hold.is_on,
            most_calls=most_calls,
        )

    async def start_waiting(self) -> None:
        """Begin what there is room for, whether or not any other service answers."""
        await self.line.start()

    async def fail_interrupted(self) -> None:
        """Jobs whose call went under with a process, or with its task: they fail, with a way to try again."""
        async with self._storage.read() as uow:
            submitting = await uow.jobs.in_state(JobState.SUBMITTING)
        for job in submitting:
            if job.kind is JobKind.DALLE and job.id not in self.line.in_flight:
                with one_job(job, "given up"):
                    await self._fail(job, INTERRUPTED, (TRY_AGAIN,))

    async def close(self) -> None:
        """Give up what is under way; the next start tells its owners."""
        for call in self.line.calls.values():
            call.cancel()
        await self.drain()

    async def drain(self) -> None:
        """Wait until no call is under way."""
        await self.line.drain()

    async def _carry_out_safely(self, job: Job) -> None:
        with one_job(job, "painted"):
            await self._carry_out(job)
            return
        with one_job(job, "given up"):
            await self._fail(job, BROKEN, (TRY_AGAIN,))

    async def _carry_out(self, job: Job) -> None:
        if job.image is None:
            raise ValueError(f"job {job.id} does not say what to paint")
        try:
            generated = await self._generator.generate(job.prompt, job.image)
        except ProviderError as error:
            await self._not_made(job, error)
        else:
            self._hold.end()
            await self._succeed(job, generated)

    async def _succeed(self, job: Job, generated: Generated) -> None:
        asked, came = job.image.count if job.image else 1, len(generated.pictures)
        missing = job.price * (asked - came) // asked  # what did not come is not paid for
        facts = {
            "price": job.price - missing,
            "failure": f"Only {came} of {asked} pictures came, and you paid for no more." if came < asked else None,
            "progress": 100,
            "actions": (AGAIN, IMAGINE_THIS),
            "suggestions": (generated.revised_prompt,) if generated.revised_prompt else (),
            "thumbnail_due": True,
        }
        async with self._storage.write() as uow:
            ended = await end(uow, job.id, JobState.SUBMITTING, JobState.SUCCEEDED, self._clock(), **facts)
            if ended is not None:
                await uow.pictures.keep_results(job.id, generated.pictures)
                if missing:
                    await uow.ledger.refund(job.id, self._clock(), missing)
            await uow.commit()
        log.info("job %d: %d pictures came", job.id, len(generated.pictures), extra=about(job))

    async def _not_made(self, job: Job, error: ProviderError) -> None:
        """What a failed call means: back in line where nothing was made and it may pass, else over."""
        log.warning("job %d was not made: %s: %s", job.id, type(error).__name__, error.detail, extra=about(job))
        passes = isinstance(error, ProviderBusy | ProviderUnreachable) and not error.may_have_arrived
        if not passes:
            failure = NO_ANSWER if isinstance(error, ProviderUnreachable) else error.sentence
            # The same words would be refused again.
            await self._fail(job, failure, () if isinstance(error, ContentRefused) else (TRY_AGAIN,))
            return
        self._hold.begin(error.retry_after if isinstance(error, ProviderBusy) else None)
        async with self._storage.write() as uow:
            # Its card says so once: a service that takes nothing for hours is tried again every minute.
            now, attempts = self._clock(), job.attempts + 1
            states = (JobState.SUBMITTING, JobState.QUEUED)
            await uow.jobs.move(job.id, *states, now, visible=attempts == 1, attempts=attempts)
            await uow.commit()

    async def _fail(self, job: Job, failure: str, actions: tuple[Action, ...]) -> None:
        async with self._storage.write() as uow:
            facts = {"failure": failure, "actions": actions}
            await end(uow, job.id, JobState.SUBMITTING, JobState.FAILED, self._clock(), **facts)
            await uow.commit()
