"""Real processes of the `easel` command line, each in its own folder and environment, ended by its own id."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol, Self

from tests.wire.forked import Forked, Prepare, nothing

CHECKOUT = Path(__file__).parents[2]

_numbers = count(1)


def surroundings(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """An environment that owes nothing to this machine's but where Python and the checkout are."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(CHECKOUT), **settings}


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a process ended, and what it said."""

    code: int
    out: str
    err: str


class Process(Protocol):
    """What is asked of a process."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    def kill(self) -> None: ...
    def send_signal(self, number: signal.Signals, /) -> None: ...
    async def wait(self) -> int: ...


class Easel:
    """One running `easel` process. What it says is kept in files, so a full pipe never holds it up."""

    def __init__(self, process: Process, out: Path, err: Path) -> None:
        self._process = process
        self._out = out
        self._err = err
        self._killed = False

    @classmethod
    async def start(cls, *arguments: str, folder: Path, settings: Mapping[str, str]) -> Self:
        """`easel` as an operator starts it."""
        out, err = _said(arguments[0], folder)
        with out.open("wb") as out_file, err.open("wb") as err_file:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
                cwd=folder,
                env=surroundings(folder, settings),
            )
        return cls(process, out, err)

    @classmethod
    async def fork(cls, *arguments: str, folder: Path, settings: Mapping[str, str], prepare: Prepare = nothing) -> Self:
        """The same, sooner, and changed by what `prepare` does."""
        out, err = _said(arguments[0], folder)
        told = (prepare, arguments, out, err, folder, surroundings(folder, settings))
        return cls(await asyncio.to_thread(Forked, *told), out, err)

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    @property
    def code(self) -> int | None:
        """The exit code; minus the signal's number if one ended it; None while it runs."""
        return self._process.returncode

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send it a signal and go on."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, now: the process does nothing any more, not even what it was about to do."""
        if self.code is None and not self._killed:
            # Only once: a second one looks whether it has ended, and may so take its exit code away from asyncio.
            self._killed = True
            self._process.kill()

    async def ended(self) -> None:
        """Wait for its end, however long."""
        await self._process.wait()

    async def finished(self, within: float = 20) -> Finished:
        """Wait for its end. Whatever has not ended by then is killed, and the test fails."""
        try:
            async with asyncio.timeout(within):
                code = await self._process.wait()
        except TimeoutError:
            await self.end(signal.SIGKILL)
            raise AssertionError(f"still running after {within:g} seconds; it said:\n{self.err}") from None
        return Finished(code, self.out, self.err)

    async def end(self, number: signal.Signals = signal.SIGTERM, within: float = 10) -> int:
        """Send it a signal unless it has ended already; its exit code."""
        if self.code is None:
            self._process.send_signal(number)
        return (await self.finished(within)).code


Start = Callable[..., Awaitable[Easel]]
"""How a process begins: `Easel.start`, `Easel.fork`, or one of them with something said beforehand."""


def _said(command: str, folder: Path) -> tuple[Path, Path]:
    """The files that keep what it says."""
    name = f"{next(_numbers):02}-{command}"
    out, err = folder / f"{name}.out", folder / f"{name}.err"
    out.touch()
    err.touch()
    return out, err


async def easel(*arguments: str, folder: Path, settings: Mapping[str, str] | None = None) -> Finished:
    """Run one command to its end, in a forked process."""
    return await (await Easel.fork(*arguments, folder=folder, settings=settings or {})).finished()
