"""What stands around the work on one of many jobs: its failure is its own, and log lines name it."""

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from bot.domain.errors import StorageUnavailable
from bot.domain.job import Job

log = logging.getLogger(__name__)

_NOTHING: Mapping[str, object] = {}
_named: ContextVar[Mapping[str, object]] = ContextVar("what log lines name", default=_NOTHING)


@contextmanager
def one_job(job: Job, what: str) -> Generator[None, None, None]:
    """Around what a tick does to one of many jobs: its failure is logged, and ends neither the tick nor the others."""
    with named(job):
        try:
            yield
        except StorageUnavailable as error:
            log.warning("job %d could not be %s this time: %s", job.id, what, error.detail, extra=about(job))
        except Exception:
            log.exception("job %d could not be %s this time", job.id, what, extra=about(job))


@contextmanager
def named(job: Job) -> Generator[None, None, None]:
    """What is logged inside belongs to this job, also by those who know of no jobs: libraries, and the providers."""
    before = _named.set(about(job))
    try:
        yield
    finally:
        _named.reset(before)


def name_from_now_on(job: Job) -> None:
    """As `named`, until the end of the task: an interaction is one, and what it logs about its failure comes last."""
    _named.set(about(job))


def now_named() -> Mapping[str, object]:
    """What a line that is logged now carries unless it speaks of a job itself; empty where no job is worked on."""
    return _named.get()


def about(job: Job) -> dict[str, object]:
    """What a log line that speaks of a job carries."""
    return {"job": job.id, "account": f"{job.account.server_id}/{job.account.member_id}"}
