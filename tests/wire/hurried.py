"""`easel run` in a hurry, for tests: the same process but for its longest waits, forked off one that has imported it.

Most of a start is Python reading modules, and most of an end is waiting for a time-out; a test that kills the bot many
times can afford neither. What is forked is a process of its own all the same, and SIGKILL ends it as any other.
"""

import math
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from bot import __main__ as command_line
from bot.services import deliver, hold, line, recover
from tests.wire.waiting import until

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, "pytest"])  # a child imports its parent's main module, which may be pytest


def hurry() -> None:
    """Minutes become seconds: what waits, waits all the same."""
    recover.GIVE_UP_AFTER = timedelta(seconds=3)
    recover.CARD_OVERDUE = timedelta(seconds=8)
    hold.FIRST_HOLD, hold.LONGEST_HOLD = timedelta(seconds=0.5), timedelta(seconds=2)
    line.PLACE_GAP = timedelta(seconds=1)
    deliver.FIRST_RETRY, deliver.LONGEST_CARD_WAIT = timedelta(seconds=0.5), timedelta(seconds=4)


def live(arguments: Sequence[str], out: Path, err: Path, folder: Path, environment: Mapping[str, str]) -> None:
    """What the forked process does: `easel` with these arguments, its own folder, environment and output."""
    for path, number in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    hurry()
    sys.exit(command_line.main(arguments))


class Forked:
    """The forked process, as asyncio's subprocesses look."""

    def __init__(self, *told: object) -> None:
        self._process = _CONTEXT.Process(target=live, args=told)
        self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def send_signal(self, number: signal.Signals) -> None:
        if self._process.pid is not None:
            os.kill(self._process.pid, number)

    async def wait(self) -> int:
        await until(lambda: self.returncode is not None, "the end of a forked process", within=math.inf)
        return self.returncode or 0
