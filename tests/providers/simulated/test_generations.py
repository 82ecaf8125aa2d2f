"""The OpenAI-compatible call."""

import base64
from itertools import product
from typing import Any

import httpx
import pytest

from bot.domain.image_models import choose
from bot.providers.simulated import Fault

from .helpers import Account, opened

PATH = "/v1/images/generations"
MODELS = ("dall-e-2", "dall-e-3", "gpt-image-1", "gpt-image-1.5", "gpt-image-2")


async def asked(account: Account, **fields: Any) -> httpx.Response:
    body = {"model": "dall-e-2", "size": "256x256", "prompt": "a fox", **fields}
    return await account.client.post(PATH, json={name: value for name, value in body.items() if value is not None})


async def made(account: Account, **fields: Any) -> Any:
    response = await asked(account, **fields)
    assert response.status_code == 200, response.text
    return response.json()


async def refusal(account: Account, **fields: Any) -> tuple[int, dict[str, Any]]:
    response = await asked(account, **fields)
    assert set(response.json()["error"]) == {"message", "type", "param", "code"}
    return response.status_code, response.json()["error"]


async def test_links_that_die_after_two_hours(account: Account) -> None:
    answer = await made(account, n=2)
    assert answer["created"] == int(account.clock.now.timestamp())
    first, second = [entry["url"] for entry in answer["data"]]
    picture = await account.client.get(first)
    assert opened(picture.content).format == "PNG"
    assert (await account.client.get(first)).content == picture.content
    assert (await account.client.get(second)).content != picture.content
    account.clock.step(7_200)
    assert (await account.client.get(first)).status_code == 403


@pytest.mark.parametrize(
    ("scale", "model", "size", "pixels"),
    [
        (1.0, "dall-e-2", "256x256", (256, 256)),
        (1.0, "dall-e-3", "1792x1024", (1792, 1024)),
        (1.0, "gpt-image-1", "1024x1536", (1024, 1536)),
        (0.125, "dall-e-3", "1024x1792", (128, 224)),
        (0.125, "gpt-image-2", "1536x1024", (192, 128)),
        (0.125, "gpt-image-2", "auto", (128, 128)),
        (0.125, "gpt-image-2", None, (128, 128)),
        (0.001, "dall-e-2", "256x256", (16, 16)),
    ],
)
async def test_pictures_have_the_asked_shape_shrunk_by_the_scale(
    scale: float, model: str, size: str | None, pixels: tuple[int, int]
) -> None:
    account = Account(picture_scale=scale)
    (entry,) = (await made(account, model=model, size=size))["data"]
    data = (
        base64.b64decode(entry["b64_json"]) if "b64_json" in entry else (await account.client.get(entry["url"])).content
    )
    assert opened(data).size == pixels
    await account.client.aclose()


async def test_forms_hold_strings(account: Account) -> None:
    form = {"model": "dall-e-2", "size": "256x256", "prompt": "a fox", "n": "1", "response_format": "b64_json"}
    answer = (await account.client.post(PATH, data=form)).json()
    assert opened(base64.b64decode(answer["data"][0]["b64_json"])).format == "PNG"


@pytest.mark.parametrize(
    ("model", "format", "field"),
    [
        ("dall-e-2", None, "url"),
        ("dall-e-2", "url", "url"),
        ("dall-e-3", "url", "url"),
        ("dall-e-3", "b64_json", "b64_json"),
        ("gpt-image-1", None, "b64_json"),
        ("gpt-image-2", None, "b64_json"),
    ],
)
async def test_links_or_base64(account: Account, model: str, format: str | None, field: str) -> None:
    (entry,) = (await made(account, model=model, size="1024x1024", response_format=format))["data"]
    assert set(entry) - {"revised_prompt"} == {field}
    assert ("revised_prompt" in entry) is (model == "dall-e-3")


async def test_what_is_offered_to_members_is_taken(account: Account) -> None:
    for model, quality, style in product(
        MODELS, (None, "standard", "hd", "low", "medium", "high", "auto"), (None, "vivid", "natural")
    ):
        has_quality = {"dall-e-2": (None,), "dall-e-3": (None, "standard", "hd")}.get(
            model, (None, "low", "medium", "high", "auto")
        )
        is_right = quality in has_quality and (style is None or model == "dall-e-3")
        response = await asked(account, model=model, size="1024x1024", quality=quality, style=style, n=1)
        assert (response.status_code == 200) is is_right, (model, quality, style)
        if is_right:
            assert choose(MODELS, "a fox", model=model, size=None, quality=quality, style=style, count=1)


@pytest.mark.parametrize(
    ("prompt", "kept"),
    [
        ("A fox in the snow.", " a fox in the snow. "),
        ("Mount Fuji", " Mount Fuji. "),
        ("what is it?", " what is it? "),
        ("  two\n lines ", " two lines. "),
    ],
)
async def test_dalle_3_rewords_a_prompt_the_same_way_each_time(account: Account, prompt: str, kept: str) -> None:
    answers = [await made(account, model="dall-e-3", size="1024x1024", prompt=prompt) for _ in range(2)]
    first, second = [answer["data"][0]["revised_prompt"] for answer in answers]
    assert first == second
    assert kept in first
    assert len(first) > len(prompt) + 80


async def test_a_long_prompt_is_reworded_to_one_that_could_be_sent_again(account: Account) -> None:
    answer = await made(account, model="dall-e-3", size="1024x1024", prompt="fox " * 1000)
    assert len(answer["data"][0]["revised_prompt"]) <= 4_000


@pytest.mark.parametrize(
    ("fields", "param", "code", "word"),
    [
        ({"prompt": ""}, "prompt", "missing_required_parameter", "prompt"),
        ({"prompt": "x" * 1001}, "prompt", "string_above_max_length", "maximum length 1000"),
        ({"model": "dall-e-3", "n": 2, "size": "1024x1024"}, "n", "invalid_value", "from 1 to 1"),
        ({"n": 0}, "n", "invalid_value", "from 1 to 10"),
        ({"size": "300x300"}, "size", "invalid_value", "'256x256', '512x512' and '1024x1024'"),
        ({"model": "dall-e-3"}, "size", "invalid_value", "'1024x1792'"),
        ({"quality": "hd"}, "quality", "unknown_parameter", "quality"),
        ({"style": "vivid"}, "style", "unknown_parameter", "style"),
        ({"response_format": "jpeg"}, "response_format", "invalid_value", "'url' and 'b64_json'"),
        ({"model": "dall-e-3", "size": None, "quality": "high"}, "quality", "invalid_value", "'standard' and 'hd'"),
        ({"model": "dall-e-3", "size": None, "style": "wild"}, "style", "invalid_value", "'vivid' and 'natural'"),
        ({"model": "gpt-image-1", "size": None, "style": "vivid"}, "style", "unknown_parameter", "style"),
        ({"model": "gpt-image-2", "size": None, "quality": "hd"}, "quality", "invalid_value", "'high' and 'auto'"),
        (
            {"model": "gpt-image-1", "size": None, "response_format": "b64_json"},
            *("response_format", "unknown_parameter", "response_format"),
        ),
    ],
)
async def test_refusals_name_the_field(
    account: Account, fields: dict[str, Any], param: str, code: str, word: str
) -> None:
    status, error = await refusal(account, **fields)
    assert (status, error["param"], error["code"]) == (400, param, code)
    assert word in error["message"]


async def test_refusals_that_are_about_no_field(account: Account) -> None:
    status, error = await refusal(account, model="dall-e-9")
    assert (status, error["code"]) == (404, "model_not_found")
    assert (await refusal(account, n="many"))[1]["message"] == "n must be a whole number"
    account.service.balance = account.service.balance * 0
    status, error = await refusal(account)
    assert (status, error["code"]) == (400, "billing_hard_limit_reached")
    account.client.headers.pop("Authorization")
    status, error = await refusal(account)
    assert (status, error["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize("words", ["fail: banned word", "a fox, FAIL: late"])
@pytest.mark.parametrize(
    ("model", "code"), [("dall-e-3", "content_policy_violation"), ("gpt-image-1", "moderation_blocked")]
)
async def test_a_prompt_may_wish_to_be_filtered(account: Account, words: str, model: str, code: str) -> None:
    status, error = await refusal(account, model=model, size=None, prompt=words)
    assert (status, error["code"]) == (400, code)


async def test_a_prompt_may_wish_for_no_answer_or_no_picture(account: Account) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await asked(account, prompt="fail: silent")
    (entry,) = (await made(account, prompt="fail: no picture"))["data"]
    assert (await account.client.get(entry["url"])).status_code == 404
    assert (await made(account, model="gpt-image-1", size=None, prompt="fail: no picture"))["data"] == []


@pytest.mark.parametrize(
    ("fields", "waits"),
    [({}, [2.0]), ({"prompt": "fail: late"}, [2.0]), ({"prompt": "fail: banned word"}, []), ({"size": "1x1"}, [])],
)
async def test_drawing_takes_time_and_refusing_takes_none(fields: dict[str, Any], waits: list[float]) -> None:
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    account = Account(pause=pause, speed=4.0)
    await asked(account, **fields)
    assert waited == waits
    await account.data("imagine", prompt="a fox")
    assert waited == waits
    await account.client.aclose()


async def test_faults_strike_this_call_too(account: Account) -> None:
    account.service.faults.next("generations", Fault.answer(429, Retry_After="7"), Fault.refused(), Fault.lost())
    assert (await asked(account)).headers["Retry-After"] == "7"
    with pytest.raises(httpx.ConnectError):
        await asked(account)
    with pytest.raises(httpx.ReadTimeout):
        await asked(account)
    assert await made(account)
    assert account.service.faults.pending == 0
