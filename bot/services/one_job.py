"""What stands around the work on one of many jobs: its failure is its own, and its log lines name it."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from bot.domain.errors import StorageUnavailable
from bot.domain.job import Job

log = logging.getLogger(__name__)


@contextmanager
def one_job(job: Job, what: str) -> Generator[None, None, None]:
    """Around what a tick does to one of many jobs: its failure is logged, and ends neither the tick nor the others."""
    try:
        yield
    except StorageUnavailable as error:
        log.warning("job %d could not be %s this time: %s", job.id, what, error.detail, extra=about(job))
    except Exception:
        log.exception("job %d could not be %s this time", job.id, what, extra=about(job))


def about(job: Job) -> dict[str, object]:
    """What a log line about a job carries."""
    return {"job": job.id, "account": f"{job.account.server_id}/{job.account.member_id}"}
