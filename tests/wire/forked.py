"""An `easel` process that is forked off one which has imported it: most of a short life is Python reading modules.

It is a process of its own all the same, with its own folder, environment, output and id, and signals end it as usual.
"""

import gc
import math
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot import __main__ as command_line
from tests.wire.waiting import until

LOADED_LATE = (
    "PIL.PngImagePlugin",
    "PIL.WebPImagePlugin",
    "anyio._backends._asyncio",
    "bot.storage.migrating",
    "httpcore",
)
"""What Easel, or a library that it calls, loads only when it is first needed."""

_CONTEXT = multiprocessing.get_context("forkserver")
# A child imports its parent's main module, which may be pytest.
_CONTEXT.set_forkserver_preload([__name__, "pytest", *LOADED_LATE])

Prepare = Callable[[], None]


def nothing() -> None:
    """Run it as it is."""


def live(
    prepare: Prepare, arguments: Sequence[str], out: Path, err: Path, folder: Path, environment: Mapping[str, str]
) -> None:
    """What the forked process does: `prepare`, then `easel` with these arguments."""
    for path, number in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    gc.disable()  # it lives for seconds
    prepare()
    sys.exit(command_line.main(arguments))


class Forked:
    """The forked process, as asyncio's subprocesses look."""

    def __init__(self, *told: object) -> None:
        self._process = _CONTEXT.Process(target=live, args=told)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def wait(self) -> int:
        await until(lambda: self.returncode is not None, "the end of a forked process", within=math.inf)
        return self.returncode or 0
