"""The simulated service in a terminal."""

import json

import pytest

from bot.providers.simulated import SimulatedService, command


def test_in_a_terminal_an_image_takes_as_long_as_the_speed_says(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def call_once(service: SimulatedService, port: int, host: str) -> None:
        headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
        body = json.dumps({"model": "dall-e-2", "prompt": "a fox", "size": "256x256"}).encode()
        assert (await service.handle("POST", "/v1/images/generations", headers, body)).status == 200

    monkeypatch.setattr("asyncio.sleep", sleep)
    monkeypatch.setattr(command, "_serve", call_once)
    assert command.serve_until_interrupted(0, speed=2.0) == 0
    assert waited == [4.0]
