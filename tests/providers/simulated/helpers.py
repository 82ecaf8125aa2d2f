"""A clock that is told what time it is, and an account at the simulated service."""

import base64
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from PIL import Image

from bot.providers.simulated import SimulatedService, SimulatedTransport

KEY = "sk-test"
DRAW = "/api/v1/ai/draw/mj/"


class Clock:
    """Stands still between steps."""

    def __init__(self) -> None:
        self.now = datetime(2025, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def step(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Account:
    """Calls the service through a real httpx client."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.service = SimulatedService(self.clock, **({"picture_scale": 0.05} | options))
        self.client = httpx.AsyncClient(
            transport=SimulatedTransport(self.service),
            base_url="https://simulated.invalid",
            headers={"Authorization": f"Bearer {KEY}"},
        )

    async def post(self, call: str, **fields: Any) -> httpx.Response:
        return await self.client.post(DRAW + call, json={"model": "midjourney", **fields})

    async def data(self, call: str, **fields: Any) -> Any:
        envelope = (await self.post(call, **fields)).json()
        assert envelope["statusCode"] == 200, envelope
        return envelope["data"]

    async def refusal(self, call: str, **fields: Any) -> str:
        response = await self.post(call, **fields)
        assert response.status_code == 200
        assert response.json()["statusCode"] == 400
        assert response.json()["data"] is None
        return response.json()["message"]

    async def task(self, id: int) -> dict[str, Any]:
        return await self.data("query", taskId=id)

    async def finished(self, call: str = "imagine", **fields: Any) -> dict[str, Any]:
        """The task of a call, two minutes later."""
        id = await self.data(call, **({"prompt": "a lighthouse"} if call == "imagine" and not fields else fields))
        self.clock.step(120)
        return await self.task(id)

    async def press(self, task: dict[str, Any], pattern: str, **fields: Any) -> dict[str, Any]:
        """The finished child of pressing the one offered button whose id matches."""
        return await self.finished("action", taskId=task["taskId"], customId=offered(task, pattern), **fields)


def offered(task: dict[str, Any], pattern: str) -> str:
    [found] = [action["customId"] for action in task["actions"] if re.search(pattern, action["customId"])]
    return found


def data_uri(colour: str = "red", size: tuple[int, int] = (30, 20)) -> str:
    encoded = io.BytesIO()
    Image.new("RGB", size, colour).save(encoded, "PNG")
    return "data:image/png;base64," + base64.b64encode(encoded.getvalue()).decode()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
