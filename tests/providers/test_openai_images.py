"""The image call: what is sent, recorded answers of every shape, and each error in a member's words."""

import base64
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stamina

from bot.domain.errors import (
    BalanceUsedUp,
    ContentRefused,
    KeyRefused,
    NonsenseAnswer,
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    RequestRefused,
)
from bot.domain.image_models import ImageOptions
from bot.providers.openai_images import Answer, GeneratedImage, OpenAIImages, read_generated

KEY = "sk-very-secret"
DALLE3 = ImageOptions("dall-e-3", "1024x1024", "standard", None, 1)
GPT = ImageOptions("gpt-image-1", "1536x1024", "medium", None, 1)

LINK = (
    "https://oaidalleapiprodscus.blob.core.windows.net/private/org-abc/user-def/img-Q1w2E3r4.png"
    "?st=2023-11-14T21%3A13%3A20Z&se=2023-11-14T23%3A13%3A20Z&sp=r&sv=2021-08-06&sr=b&rscd=inline&rsct=image/png"
    "&skoid=6aaadede&sktid=a48cca56&sks=b&skv=2021-08-06&sig=c2VjcmV0LXNpZ25hdHVyZQ%3D%3D"
)
REVISED = "A grey heron stands in shallow water at dawn, its reflection broken by small ripples."
RECORDED = {"created": 1700000000, "data": [{"revised_prompt": REVISED, "url": LINK}]}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
BASE64 = base64.b64encode(PNG).decode()
RECORDED_BASE64 = {
    "created": 1713833628,
    "data": [{"b64_json": BASE64}],
    "background": "opaque",
    "output_format": "png",
    "quality": "medium",
    "size": "1536x1024",
    "usage": {"input_tokens": 50, "output_tokens": 1568, "total_tokens": 1618},
}


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


class Wire:
    """A service that always answers the same, and the requests that it got."""

    def __init__(self, answer: httpx.Response | Exception) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def generate(self, options: ImageOptions = DALLE3) -> Answer:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self)) as client:
            generator = OpenAIImages(client, KEY, "https://api.test")
            return await generator.generate("a heron", options)

    async def fails(self, kind: type[ProviderError]) -> Any:
        with pytest.raises(ProviderError) as caught:
            await self.generate()
        assert type(caught.value) is kind
        return caught.value


def failed(status: int, code: str | None, message: str, type: str = "invalid_request_error", **headers: str) -> Wire:
    error = {"code": code, "message": message, "param": None, "type": type}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Wire(httpx.Response(status, json={"error": error}, headers=named))


def answered(*entries: object) -> Wire:
    return Wire(httpx.Response(200, json={"created": 1700000000, "data": list(entries)}))


@pytest.mark.parametrize(
    ("options", "body"),
    [
        (
            ImageOptions("dall-e-3", "1792x1024", "hd", "natural", 1),
            {"n": 1, "size": "1792x1024", "quality": "hd", "style": "natural", "response_format": "url"},
        ),
        (DALLE3, {"n": 1, "size": "1024x1024", "quality": "standard", "response_format": "url"}),
        (
            ImageOptions("dall-e-2", "512x512", None, None, 4),
            {"n": 4, "size": "512x512", "response_format": "url"},
        ),
        (
            ImageOptions("dall-e-2", "512x512", "hd", "vivid", 4),
            {"n": 4, "size": "512x512", "response_format": "url"},
        ),
        (GPT, {"n": 1, "size": "1536x1024", "quality": "medium"}),
        (ImageOptions("gpt-image-2", "auto", "auto", "vivid", 10), {"n": 10, "size": "auto", "quality": "auto"}),
    ],
)
async def test_each_model_is_sent_exactly_what_it_takes(options: ImageOptions, body: dict[str, Any]) -> None:
    wire = Wire(httpx.Response(200, json=RECORDED_BASE64))
    await wire.generate(options)
    (request,) = wire.requests
    assert (request.method, str(request.url)) == ("POST", "https://api.test/v1/images/generations")
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert json.loads(request.content) == {"model": options.model, "prompt": "a heron", **body}
    assert request.extensions["timeout"] == {"connect": 5, "read": 180, "write": 30, "pool": 5}


async def test_a_recorded_answer_with_a_signed_link() -> None:
    generated = await Wire(httpx.Response(200, json=RECORDED)).generate()
    assert generated == Answer((GeneratedImage(url=LINK),), REVISED)


async def test_a_recorded_answer_with_base64() -> None:
    generated = await Wire(httpx.Response(200, json=RECORDED_BASE64)).generate(GPT)
    assert generated == Answer((GeneratedImage(data=PNG),), None)


@pytest.mark.parametrize(
    ("entries", "asked", "images"),
    [
        ([{"url": LINK}, {"url": f"{LINK}2"}], 2, [GeneratedImage(url=LINK), GeneratedImage(url=f"{LINK}2")]),
        ([{"b64_json": BASE64}, {"url": LINK}], 2, [GeneratedImage(data=PNG), GeneratedImage(url=LINK)]),
        ([{"b64_json": BASE64, "url": LINK}], 1, [GeneratedImage(data=PNG)]),
        ([{"b64_json": None, "url": LINK}], 1, [GeneratedImage(url=LINK)]),
        ([{"b64_json": "no base64", "url": LINK}], 1, [GeneratedImage(url=LINK)]),
        ([{"url": LINK}], 4, [GeneratedImage(url=LINK)]),
        ([None, {"url": "ftp://x/y"}, {}, {"url": LINK}], 4, [GeneratedImage(url=LINK)]),
        (
            [{"url": f"https://x.test/{i}"} for i in range(5)],
            2,
            [GeneratedImage(url=f"https://x.test/{i}") for i in (0, 1)],
        ),
        ([{"url": f" {LINK}\n"}], 1, [GeneratedImage(url=LINK)]),
        ([{"url": "http://mirror.test/p.png"}], 1, [GeneratedImage(url="http://mirror.test/p.png")]),
    ],
)
def test_the_usable_pictures_are_kept_up_to_the_number_asked_for(
    entries: list[object], asked: int, images: list[GeneratedImage]
) -> None:
    assert read_generated({"data": entries}, asked).images == tuple(images)


@pytest.mark.parametrize(
    ("entries", "revised"),
    [
        ([{"url": LINK}, {"url": LINK, "revised_prompt": "second"}], "second"),
        ([{"url": LINK, "revised_prompt": " "}, {"revised_prompt": "of a broken one"}], "of a broken one"),
        ([{"url": LINK, "revised_prompt": 5}], None),
        ([{"url": LINK, "revised_prompt": "two\nlines \ud800"}], "two lines"),
        ([{"url": LINK, "revised_prompt": "x" * 9000}], "x" * 3999 + "…"),
    ],
)
def test_the_revised_prompt_is_the_first_that_there_is(entries: list[object], revised: str | None) -> None:
    assert read_generated({"data": entries}, 2).revised_prompt == revised


@pytest.mark.parametrize(
    "data",
    [
        *([], None, 5, "x", {}, {"url": LINK}, [None], [5], [[]], [{}], [{"url": None}], [{"url": 7}]),
        *([{"url": ""}], [{"url": "img.png"}], [{"url": "file:///etc/passwd"}], [{"url": "https://"}]),
        *(
            [{"url": "javascript:alert(1)"}],
            [{"url": "https://[x"}],
            [{"url": "https://x.test/a b"}],
            [{"b64_json": ""}],
            [{"b64_json": 5}],
        ),
        *([{"b64_json": BASE64[:-1]}], [{"b64_json": f"{BASE64[:8]}\n{BASE64[8:]}"}], [{"b64_json": "===="}]),
        *([{"b64_json": "é"}], [{"b64_json": f"data:image/png;base64,{BASE64}"}]),
    ],
)
async def test_an_answer_without_any_usable_picture_is_nonsense(data: object) -> None:
    error = await Wire(httpx.Response(200, json={"created": 1, "data": data})).fails(NonsenseAnswer)
    assert error.may_have_arrived
    assert error.sentence == "The image service gave an answer that I do not understand."


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<!DOCTYPE html><html><title>502</title></html>",
        "null",
        "[]",
        "5",
        "{}",
        json.dumps(RECORDED)[:-20],
        json.dumps(RECORDED)[:150],
        json.dumps({"error": {"message": "odd", "code": "odd"}}),
    ],
)
async def test_what_is_no_answer_at_all_is_nonsense(body: str) -> None:
    wire = Wire(httpx.Response(200, text=body))
    await wire.fails(NonsenseAnswer)
    assert len(wire.requests) == 1


RATE_LIMITED = (
    "Rate limit exceeded for images per minute in organization org-abc. Limit: 5/1min. Current: 6/1min. You can "
    "increase your rate limit by adding a payment method at https://platform.openai.com/account/billing."
)
QUOTA = "You exceeded your current quota, please check your plan and billing details."
SAFETY = (
    "Your request was rejected as a result of our safety system. "
    "Your prompt may contain text that is not allowed by our safety system."
)
BLOCKED = (
    "Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com "
    "and include the request ID req_1. safety_violations=[sexual]."
)


@pytest.mark.parametrize(
    ("wire", "kind"),
    [
        (failed(400, "content_policy_violation", SAFETY), ContentRefused),
        (failed(400, "moderation_blocked", BLOCKED, "image_generation_user_error"), ContentRefused),
        (failed(400, None, SAFETY), ContentRefused),
        (failed(400, "content_policy_violation", ""), ContentRefused),
        (
            failed(200, "content_policy_violation", "This request has been blocked by our content filters."),
            ContentRefused,
        ),
        (failed(429, "rate_limit_exceeded", RATE_LIMITED, "requests"), ProviderBusy),
        (failed(429, None, "Too many requests", "requests"), ProviderBusy),
        (failed(400, "billing_hard_limit_reached", "Billing hard limit has been reached"), BalanceUsedUp),
        (failed(429, "insufficient_quota", QUOTA, "insufficient_quota"), BalanceUsedUp),
        (failed(429, "insufficient_quota", QUOTA, "insufficient_quota", Retry_After="20"), BalanceUsedUp),
        (failed(401, "invalid_api_key", "Incorrect API key provided: sk-very-secret."), KeyRefused),
        (failed(403, None, "Your organization must be verified to use the model `gpt-image-1`."), KeyRefused),
        (failed(404, "model_not_found", "The model `dall-e-9` does not exist."), RequestRefused),
        (failed(403, "model_not_found", "The project has no access to model `dall-e-3`"), RequestRefused),
        (failed(400, "invalid_value", "Invalid value: '1x1'."), RequestRefused),
        (failed(400, "unknown_parameter", "Unknown parameter: 'style'."), RequestRefused),
        (failed(500, "server_error", "The server had an error.", "server_error"), ProviderUnreachable),
        (failed(503, None, "Overloaded", "server_error"), ProviderUnreachable),
        (Wire(httpx.Response(502, text="<html>Bad gateway</html>")), ProviderUnreachable),
        (Wire(httpx.Response(504)), ProviderUnreachable),
    ],
)
async def test_each_error_becomes_one_of_ours_and_is_never_sent_again(wire: Wire, kind: type[ProviderError]) -> None:
    error = await wire.fails(kind)
    assert len(wire.requests) == 1
    assert error.may_have_arrived is (kind is ProviderUnreachable)
    assert not set(error.sentence) & set("{}[]<>")
    assert KEY not in error.sentence + error.detail


@pytest.mark.parametrize(
    ("wire", "sentence"),
    [
        (
            failed(404, "model_not_found", "The model `dall-e-9` does not exist"),
            "The image service says: The model `dall-e-9` does not exist. Please try other options or another model.",
        ),
        (
            failed(400, "invalid_value", ""),
            "The picture service declined this without a reason. Please try other options or another model.",
        ),
        (
            failed(400, "content_policy_violation", SAFETY),
            "The image model's safety filter refused this. Please leave out real people, brands, living artists, "
            "violence and nudity, and say it in other words.",
        ),
        (failed(429, "rate_limit_exceeded", RATE_LIMITED), "The image service is busy. The job keeps its place."),
        (failed(500, None, "no"), "The image service is not answering. The job keeps its place."),
    ],
)
async def test_errors_are_told_in_plain_words(wire: Wire, sentence: str) -> None:
    with pytest.raises(ProviderError) as caught:
        await wire.generate()
    assert caught.value.sentence == sentence


@pytest.mark.parametrize(("headers", "seconds"), [({}, None), ({"Retry_After": "12"}, 12.0)])
async def test_a_busy_service_may_say_how_long(headers: dict[str, str], seconds: float | None) -> None:
    wire = failed(429, "rate_limit_exceeded", RATE_LIMITED, "requests", **headers)
    assert (await wire.fails(ProviderBusy)).retry_after == seconds


@pytest.mark.parametrize(
    ("fault", "may_have_arrived", "requests"),
    [
        (httpx.ConnectTimeout("slow"), False, 4),
        (httpx.ConnectError("refused"), False, 4),
        (httpx.ReadTimeout("slow"), True, 1),
        (httpx.ReadError("reset"), True, 1),
        (httpx.RemoteProtocolError("cut off"), True, 1),
    ],
)
async def test_a_call_is_repeated_only_if_it_surely_never_arrived(
    fault: Exception, may_have_arrived: bool, requests: int
) -> None:
    wire = Wire(fault)
    error = await wire.fails(ProviderUnreachable)
    assert error.may_have_arrived is may_have_arrived
    assert len(wire.requests) == requests


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(RECORDED),
        json.dumps(RECORDED)[:-3],
        json.dumps({"data": [{"url": LINK.replace("https", "ftp")}]}),
        json.dumps({"data": LINK}),
        json.dumps({"error": {"message": f"see {LINK}", "code": "odd"}}),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_signed_links_stay_out_of_errors_and_logs(
    body: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = ""
    try:
        told = repr(await Wire(httpx.Response(status, text=body)).generate())
    except ProviderError as error:
        told = f"{error.sentence} {error.detail} {error!r}"
    assert "sig=" not in told + " ".join(record.getMessage() for record in caplog.records)


def test_pictures_that_are_missing_are_noted(caplog: pytest.LogCaptureFixture) -> None:
    read_generated({"data": [{"url": LINK}, {"url": "?"}]}, 4)
    (record,) = caplog.records
    assert record.getMessage() == "Asked for 4 pictures, got 2, of which 1 can be used"


@pytest.mark.parametrize("facts", [{}, {"data": b"x", "url": "https://x.test"}])
def test_a_picture_is_either_bytes_or_a_link(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either"):
        GeneratedImage(**facts)


def test_a_picture_does_not_show_its_signature() -> None:
    assert "sig" not in repr(GeneratedImage(url="https://x.test/p.png?sig=abc"))
