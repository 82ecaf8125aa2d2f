"""Every call in both encodings, and what is refused."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from .helpers import DRAW, Account, data_uri

BODIES: dict[str, dict[str, Any]] = {
    "imagine": {"prompt": "a lighthouse --ar 3:2", "type": "NORMAL"},
    "blend": {"base64Array": [data_uri("red"), data_uri("blue")], "dimensions": "PORTRAIT"},
    "describe": {"base64": data_uri()},
}


@pytest.mark.parametrize("encoding", ["json", "data"])
@pytest.mark.parametrize("call", BODIES)
async def test_creating_calls(account: Account, call: str, encoding: str) -> None:
    fields: Any = {"model": "midjourney", **BODIES[call]}
    response = await account.client.post(DRAW + call, **{encoding: fields})
    envelope = response.json()
    assert (response.status_code, envelope["statusCode"], envelope["message"]) == (200, 200, "Success")
    assert re.fullmatch(r"\d{16}", str(envelope["data"]))
    assert (await account.task(envelope["data"]))["action"] == call.upper()


@pytest.mark.parametrize("encoding", ["json", "data"])
async def test_action_and_query(account: Account, encoding: str) -> None:
    task = await account.finished()
    action: Any = {"model": "midjourney", "taskId": task["taskId"], "customId": task["actions"][0]["customId"]}
    child = (await account.client.post(f"{DRAW}action", **{encoding: action})).json()["data"]
    query: Any = {"model": "midjourney", "taskId": child}
    answer = (await account.client.post(f"{DRAW}query", **{encoding: query})).json()["data"]
    assert (answer["taskId"], answer["action"], answer["prompt"]) == (child, "UPSCALE", "a lighthouse")


async def test_a_form_may_mark_its_lists(account: Account) -> None:
    body = urlencode([("model", "midjourney"), ("base64Array[]", data_uri("red")), ("base64Array[]", data_uri("blue"))])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await account.client.post(f"{DRAW}blend", content=body, headers=form)
    assert response.json()["statusCode"] == 200


async def test_ids_grow_while_the_clock_stands(account: Account) -> None:
    ids = [await account.data("imagine", prompt="a fox") for _ in range(3)]
    assert ids == sorted(set(ids))
    account.clock.step(1)
    assert await account.data("imagine", prompt="a fox") > ids[-1] + 900_000


async def test_the_list_has_pages_newest_first(account: Account) -> None:
    ids = [await account.data("imagine", prompt=f"number {i}") for i in range(12)]
    first = await account.data("query-mj-tasks?page=1&pageSize=5")
    third = await account.data("query-mj-tasks?page=3&pageSize=5")
    beyond = await account.data("query-mj-tasks?page=4&pageSize=5")
    assert first["total"] == third["total"] == beyond["total"] == 12
    assert [task["taskId"] for task in first["tasks"]] == ids[:6:-1]
    assert [task["taskId"] for task in third["tasks"]] == [ids[1], ids[0]]
    assert beyond["tasks"] == []


@pytest.mark.parametrize("query", ["page=1&pageSize=4", "page=1&pageSize=21", "page=0&pageSize=5", "page=x&pageSize=5"])
async def test_pages_that_do_not_exist(account: Account, query: str) -> None:
    assert "page" in await account.refusal(f"query-mj-tasks?{query}")


async def test_balance() -> None:
    account = Account(balance="12.5")
    answer = await account.client.post("/api/v1/user/admin/balance", json={})
    assert answer.json()["data"] == {"balance": "12.50", "free_balance": "0.00"}


async def test_nothing_can_be_made_without_balance() -> None:
    account = Account(balance="0")
    assert "balance" in await account.refusal("imagine", prompt="a fox")
    assert (await account.data("query-mj-tasks"))["total"] == 0


@pytest.mark.parametrize(
    ("call", "fields", "word"),
    [
        ("imagine", {}, "prompt"),
        ("imagine", {"prompt": "  "}, "prompt"),
        ("imagine", {"prompt": 7}, "prompt"),
        ("imagine", {"prompt": "a fox", "type": "TURBO"}, "type"),
        ("imagine", {"prompt": "a fox --ar wide"}, "--ar"),
        ("imagine", {"prompt": "a fox", "base64Array": ["nonsense"]}, "base64Array"),
        ("imagine", {"prompt": "a fox, fail: banned word"}, "Banned prompt"),
        ("imagine", {"prompt": "a fox", "model": "gpt"}, "model"),
        ("blend", {"base64Array": [data_uri()]}, "2 to 5"),
        ("blend", {"base64Array": [data_uri(), data_uri()], "dimensions": "ROUND"}, "dimensions"),
        ("describe", {}, "base64"),
        ("describe", {"base64": "data:image/png;base64,A"}, "base64"),
        ("query", {"taskId": 1}, "not found"),
        ("query", {}, "not found"),
        ("query", {"taskId": "abc"}, "taskId"),
        ("action", {"taskId": 1, "customId": "MJ::JOB::reroll::0::x::SOLO"}, "not found"),
    ],
)
async def test_bad_input_is_refused(account: Account, call: str, fields: dict[str, Any], word: str) -> None:
    assert word in await account.refusal(call, **fields)
    assert (await account.data("query-mj-tasks"))["total"] == 0


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff"])
async def test_a_body_that_is_none(account: Account, body: bytes) -> None:
    response = await account.client.post(f"{DRAW}imagine", content=body, headers={"Content-Type": "application/json"})
    assert response.json()["statusCode"] == 400


@pytest.mark.parametrize("header", [None, "", "sk-test", "Bearer ", "Bearer sk-other", "Basic sk-test"])
async def test_only_the_right_key(header: str | None) -> None:
    account = Account(api_key="sk-test")
    account.client.headers.pop("Authorization")
    headers = {} if header is None else {"Authorization": header}
    response = await account.client.post(f"{DRAW}query", json={"model": "midjourney"}, headers=headers)
    assert (response.status_code, response.json()["statusCode"]) == (401, 401)


async def test_any_key_will_do_but_none_will_not(account: Account) -> None:
    assert await account.data("query-mj-tasks")
    account.client.headers.pop("Authorization")
    assert (await account.post("query-mj-tasks")).status_code == 401


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/v1/nothing"), ("GET", f"{DRAW}imagine"), ("GET", "/")])
async def test_unknown_paths(account: Account, method: str, path: str) -> None:
    response = await account.client.request(method, path)
    assert (response.status_code, response.json()["statusCode"]) == (404, 404)


def test_a_speed_must_move() -> None:
    with pytest.raises(ValueError, match="speed"):
        Account(speed=0)
