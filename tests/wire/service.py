"""`easel simulate`, as a test steers it: faults on order, trouble by a seed, and what was ordered of it."""

import re
from pathlib import Path
from typing import Any, Self

import httpx

from tests.wire.processes import Easel
from tests.wire.waiting import until

START_TIME = 30.0


class Service:
    """The simulated picture service in a process of its own."""

    def __init__(self, process: Easel, url: str) -> None:
        self.process = process
        self.url = url

    @classmethod
    async def start(cls, folder: Path, *, speed: float, scale: float) -> Self:
        flags = ("--port", "0", "--speed", f"{speed:g}", "--scale", f"{scale:g}")
        process = await Easel.fork("simulate", *flags, folder=folder, settings={})
        found = await until(
            lambda: re.search(r"http://[\d.]+:\d+", process.out), "the simulated service's address", within=START_TIME
        )
        assert found is not None
        return cls(process, found[0])

    async def fail(self, call: str, kind: str, **more: object) -> None:
        """Order a fault, see control.py there."""
        await self._ask("POST", "faults", {"call": call, "kind": kind, **more})

    async def trouble(self, seed: int, share: float) -> None:
        """From now on each call suffers with this probability."""
        await self._ask("POST", "trouble", {"seed": seed, "share": share})

    async def calm(self) -> None:
        """No fault any more."""
        await self._ask("DELETE", "faults")

    async def struck(self) -> dict[str, int]:
        """How often each fault of the trouble has struck."""
        return await self._ask("GET", "trouble")

    async def orders(self) -> list[dict[str, Any]]:
        """Every creating call that was carried out."""
        return await self._ask("GET", "orders")

    async def _ask(self, method: str, name: str, told: object = None) -> Any:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.request(method, f"{self.url}/simulate/{name}", json=told)
        assert answer.status_code == 200, answer.text
        return answer.json()
