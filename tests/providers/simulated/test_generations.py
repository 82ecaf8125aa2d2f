"""The OpenAI-compatible call."""

import base64
from typing import Any

import pytest

from .helpers import Account, opened

PATH = "/v1/images/generations"


async def made(account: Account, **fields: Any) -> Any:
    response = await account.client.post(
        PATH, json={"model": "dall-e-2", "size": "256x256", "prompt": "a fox", **fields}
    )
    assert response.status_code == 200, response.text
    return response.json()


async def test_links_that_die_after_two_hours(account: Account) -> None:
    answer = await made(account, n=2)
    assert answer["created"] == int(account.clock.now.timestamp())
    first, second = [entry["url"] for entry in answer["data"]]
    picture = await account.client.get(first)
    assert opened(picture.content).size == (256, 256)
    assert (await account.client.get(second)).content != picture.content
    account.clock.step(7_200)
    assert (await account.client.get(first)).status_code == 403


async def test_forms_hold_strings(account: Account) -> None:
    form = {"model": "dall-e-2", "size": "256x256", "prompt": "a fox", "n": "1", "response_format": "b64_json"}
    answer = (await account.client.post(PATH, data=form)).json()
    assert opened(base64.b64decode(answer["data"][0]["b64_json"])).size == (256, 256)


async def test_newer_models_always_answer_base64(account: Account) -> None:
    answer = await made(account, model="gpt-image-1", size="1536x1024")
    assert opened(base64.b64decode(answer["data"][0]["b64_json"])).size == (1536, 1024)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"prompt": ""}, "prompt"),
        ({"model": "dall-e-3", "n": 2, "size": "1024x1024"}, "n must"),
        ({"size": "300x300"}, "size"),
        ({"model": "dall-e-9"}, "model"),
        ({"prompt": "x" * 1001}, "longer"),
    ],
)
async def test_refusals(account: Account, fields: dict[str, Any], word: str) -> None:
    body = {"model": "dall-e-2", "size": "256x256", "prompt": "a fox", **fields}
    response = await account.client.post(PATH, json=body)
    assert response.status_code == 400
    assert word in response.json()["error"]["message"]


async def test_policy_and_keys(account: Account) -> None:
    banned = await account.client.post(PATH, json={"model": "dall-e-3", "prompt": "fail: banned word"})
    assert (banned.status_code, banned.json()["error"]["code"]) == (400, "content_policy_violation")
    account.client.headers.pop("Authorization")
    assert (await account.client.post(PATH, json={})).json()["error"]["code"] == "invalid_api_key"
