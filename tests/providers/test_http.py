"""The shared plumbing: each network fault becomes one of our errors, and only what may be repeated is."""

import asyncio
import gzip
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import stamina

from bot.domain.errors import (
    BalanceUsedUp,
    KeyRefused,
    NonsenseAnswer,
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    RequestRefused,
)
from bot.providers.http import CallLimits, Complaint, JsonApi, retry_after

KEY = "sk-very-secret"
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
ATTEMPTS = 4

Answer = httpx.Response | Exception


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Retries as in production, without the waits between them."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


class Wire:
    """Answers each request with the next of the given answers, the last one for good."""

    def __init__(self, *answers: Answer | Callable[[], Answer]) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []
        self.options: dict[str, Any] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
        self.requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer()

    async def post(self, path: str = "/x", *, repeatable: bool = True) -> object:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self)) as client:
            api = JsonApi(client, "https://api.test/", KEY, now=lambda: NOW, **self.options)
            return await api.post(path, {"a": "é"}, repeatable=repeatable)

    async def fails(self, kind: type[ProviderError], *, repeatable: bool = False) -> Any:
        with pytest.raises(ProviderError) as caught:
            await self.post("/x?page=1", repeatable=repeatable)
        assert type(caught.value) is kind
        return caught.value


def envelope(code: int | str, message: object = "", http: int = 200) -> httpx.Response:
    return httpx.Response(http, json={"statusCode": code, "message": message, "data": None})


async def test_the_request_carries_key_and_json_and_a_limit_on_everything() -> None:
    wire = Wire(httpx.Response(200, json={"statusCode": 200, "data": 5}))
    assert await wire.post("/api?page=2") == {"statusCode": 200, "data": 5}
    (request,) = wire.requests
    assert (request.method, str(request.url)) == ("POST", "https://api.test/api?page=2")
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.content == '{"a":"é"}'.encode()
    assert request.extensions["timeout"] == {"connect": 5, "read": 30, "write": 30, "pool": 5}


async def test_an_answer_without_an_envelope_passes_as_it_is() -> None:
    answer = {"created": 1, "data": [{"url": "https://x.test/p"}]}
    assert await Wire(httpx.Response(200, json=answer)).post() == answer


@pytest.mark.parametrize("key", ["", "  ", "sk-\nx", "ключ", "sk-\x07"])
async def test_a_key_that_no_header_can_carry_is_refused_at_the_door(key: str) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(ValueError, match="API key") as caught:
            JsonApi(client, "https://api.test", key)
    assert not key.strip() or key not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(401, json={"message": "Invalid key"}), KeyRefused),
        (httpx.Response(403, text="<html>no</html>"), KeyRefused),
        (envelope(401, "Unauthorized"), KeyRefused),
        (httpx.Response(402), BalanceUsedUp),
        (httpx.Response(403, json={"message": "Insufficient balance"}), BalanceUsedUp),
        (envelope(400, "余额不足"), BalanceUsedUp),
        (envelope(400, "Your quota is used up"), BalanceUsedUp),
        (envelope("400", "insufficient credits"), BalanceUsedUp),
        (httpx.Response(429, json={"error": {"message": "You exceeded your current quota"}}), BalanceUsedUp),
        (httpx.Response(429), ProviderBusy),
        (httpx.Response(429, headers={"Retry-After": "9"}, json={"message": "request quota"}), ProviderBusy),
        (envelope(429, "slow down"), ProviderBusy),
        (envelope(400, "Queue full, please wait"), ProviderBusy),
        (envelope(400, "the task queue is full"), ProviderBusy),
        (envelope(400, "Too many requests"), ProviderBusy),
        (envelope(400, "System busy"), ProviderBusy),
        (envelope(400, "任务队列已满"), ProviderBusy),
        (envelope(400, "Banned prompt detected: a balance on a busy street"), RequestRefused),
        (envelope(400, "Invalid parameter: --quota"), RequestRefused),
        (envelope(400, "Task not found"), RequestRefused),
        (envelope(400), RequestRefused),
        (envelope(400, {"odd": 1}), RequestRefused),
        (httpx.Response(400, json={"error": {"message": "No such size", "code": "x"}}), RequestRefused),
        (envelope(400, "Task not found", http=422), RequestRefused),
        (httpx.Response(500), ProviderUnreachable),
        (httpx.Response(503, json={"message": "Insufficient balance"}), ProviderUnreachable),
        (envelope(500, "internal"), ProviderUnreachable),
        (httpx.Response(408), ProviderUnreachable),
        (httpx.Response(200, text="<html>hello</html>"), NonsenseAnswer),
        (httpx.Response(200, text=""), NonsenseAnswer),
        (httpx.Response(200, text="null"), NonsenseAnswer),
        (httpx.Response(200, text='{"statusCode":200,"data'), NonsenseAnswer),
        (httpx.Response(200, content=b"\xff\xfe\xfd"), NonsenseAnswer),
        (httpx.Response(200, text="[" * 100_000), NonsenseAnswer),
        (httpx.Response(404, text="<html>nginx</html>"), NonsenseAnswer),
        (httpx.Response(302, headers={"Location": "https://elsewhere.test"}), NonsenseAnswer),
        (envelope("OK"), NonsenseAnswer),
        (httpx.Response(200, json={"statusCode": None, "data": 1}), NonsenseAnswer),
        (httpx.ConnectError("refused"), ProviderUnreachable),
        (httpx.ReadTimeout("slow"), ProviderUnreachable),
    ],
)
async def test_each_fault_becomes_one_of_our_errors(answer: Answer, kind: type[ProviderError]) -> None:
    await Wire(answer).fails(kind)


@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize(
    ("fault", "may_have_arrived"),
    [
        (httpx.ConnectError("no route"), False),
        (httpx.ConnectTimeout("slow"), False),
        (httpx.PoolTimeout("full"), False),
        (httpx.ReadTimeout("slow"), True),
        (httpx.WriteTimeout("slow"), True),
        (httpx.ReadError("reset"), True),
        (httpx.WriteError("reset"), True),
        (httpx.RemoteProtocolError("cut off"), True),
        (httpx.Response(500), True),
        (httpx.Response(502, text="<html>bad gateway</html>"), True),
    ],
)
async def test_what_may_have_arrived_is_never_sent_twice(
    fault: Answer, may_have_arrived: bool, repeatable: bool
) -> None:
    wire = Wire(fault)
    error = await wire.fails(ProviderUnreachable, repeatable=repeatable)
    assert error.may_have_arrived is may_have_arrived
    assert len(wire.requests) == (ATTEMPTS if repeatable or not may_have_arrived else 1)


@pytest.mark.parametrize(
    ("answer", "kind", "attempts"),
    [
        (httpx.Response(429), ProviderBusy, ATTEMPTS),
        (httpx.Response(429, headers={"Retry-After": "0"}), ProviderBusy, ATTEMPTS),
        (httpx.Response(429, headers={"Retry-After": "3"}), ProviderBusy, ATTEMPTS),
        (httpx.Response(429, headers={"Retry-After": "600"}), ProviderBusy, 1),
        (envelope(400, "Too many requests"), ProviderBusy, ATTEMPTS),
        (httpx.Response(401), KeyRefused, 1),
        (httpx.Response(402), BalanceUsedUp, 1),
        (envelope(400, "no"), RequestRefused, 1),
        (httpx.Response(200, text="<html>"), NonsenseAnswer, 1),
    ],
)
async def test_repeatable_calls_are_repeated_while_it_may_help(
    answer: Answer, kind: type[ProviderError], attempts: int
) -> None:
    wire = Wire(answer)
    await wire.fails(kind, repeatable=True)
    assert len(wire.requests) == attempts


async def test_a_busy_service_is_not_asked_again_to_create() -> None:
    wire = Wire(httpx.Response(429))
    await wire.fails(ProviderBusy, repeatable=False)
    assert len(wire.requests) == 1


async def test_a_fault_that_passes_is_not_seen() -> None:
    wire = Wire(httpx.ReadTimeout("slow"), httpx.Response(500), httpx.Response(200, json={"data": 1}))
    assert await wire.post() == {"data": 1}
    wire = Wire(httpx.ConnectError("refused"), httpx.Response(200, json={"data": 2}))
    assert await wire.post(repeatable=False) == {"data": 2}


async def test_an_answer_that_never_comes_is_given_up() -> None:
    async def drip(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with httpx.AsyncClient(transport=httpx.MockTransport(drip)) as client:
        api = JsonApi(client, "https://api.test", KEY, limits=CallLimits(whole=0))
        with pytest.raises(ProviderUnreachable) as caught:
            await api.post("/x", {}, repeatable=False)
    assert caught.value.may_have_arrived


async def test_an_answer_without_an_end_is_dropped_before_it_fills_the_memory() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1000
            yield b" " * 1000

    wire = Wire(lambda: httpx.Response(200, content=endless()))
    wire.options = {"limits": CallLimits(most_bytes=5_000)}
    error = await wire.fails(NonsenseAnswer)
    assert error.may_have_arrived
    assert error.detail == "HTTP 200 at /x: more than 5000 bytes"
    assert sent == 6_000


@pytest.mark.parametrize("packed", [False, True])
async def test_the_limit_counts_what_an_answer_unpacks_to(packed: bool) -> None:
    def answer() -> httpx.Response:
        content = b'"' + b"a" * 4_998 + b'"'
        headers = {"Content-Encoding": "gzip"} if packed else {}
        return httpx.Response(200, content=gzip.compress(content) if packed else content, headers=headers)

    wire = Wire(answer)
    wire.options = {"limits": CallLimits(most_bytes=5_000)}
    assert await wire.post() == "a" * 4_998
    wire.options = {"limits": CallLimits(most_bytes=4_999)}
    await wire.fails(NonsenseAnswer)


@pytest.mark.parametrize(("size", "on_the_spot"), [(1_000, True), (1_000_000, False)])
async def test_a_large_answer_is_parsed_beside_the_event_loop(
    size: int, on_the_spot: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    loads = json.loads

    def noted(data: bytes) -> object:
        threads.append(threading.current_thread())
        return loads(data)

    monkeypatch.setattr("bot.providers.http.json.loads", noted)
    assert await Wire(httpx.Response(200, content=b'"' + b"a" * size + b'"')).post() == "a" * size
    assert [thread is threading.main_thread() for thread in threads] == [on_the_spot]


async def test_slow_calls_have_their_own_limits() -> None:
    wire = Wire(httpx.Response(200, json={}))
    wire.options = {"limits": CallLimits(read=180, whole=200)}
    await wire.post()
    assert wire.requests[0].extensions["timeout"] == {"connect": 5, "read": 180, "write": 30, "pool": 5}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (httpx.Response(429), "is busy. The job keeps its place."),
        (httpx.Response(500), "is not answering. The job keeps its place."),
        (httpx.ConnectError("no"), "is not answering. The job keeps its place."),
        (httpx.ReadTimeout("no"), "is not answering. The job keeps its place."),
        (httpx.Response(200, text="<html>"), "gave an answer that I do not understand."),
    ],
)
@pytest.mark.parametrize("service", ["The image service", "Midjourney"])
async def test_errors_speak_of_the_service_that_was_asked(answer: Answer, sentence: str, service: str) -> None:
    wire = Wire(answer)
    wire.options = {} if service == "Midjourney" else {"service": service}
    with pytest.raises(ProviderError) as caught:
        await wire.post(repeatable=False)
    assert caught.value.sentence == f"{service} {sentence}"


async def test_a_services_own_codes_count_more_than_status_and_wording() -> None:
    seen: list[Complaint] = []

    def read(complaint: Complaint) -> ProviderError | None:
        seen.append(complaint)
        return RequestRefused("known") if "odd" in complaint.codes else None

    error = {"message": f"see {KEY}", "type": "odd", "code": None}
    for status in (200, 400, 429, 500):
        wire = Wire(httpx.Response(status, json={"error": error}, headers={"Retry-After": "3"}))
        wire.options = {"read_codes": read}
        assert (await wire.fails(RequestRefused)).sentence == "known"
    assert {(each.codes, each.message, each.retry_after) for each in seen} == {(frozenset({"odd"}), "see …", 3.0)}
    assert KEY not in seen[0].detail
    wire = Wire(httpx.Response(429, json={"error": error | {"type": "even"}}))
    wire.options = {"read_codes": read}
    await wire.fails(ProviderBusy)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 1.5 ", 1.5),
        ("-3", 0),
        ("Fri, 01 May 2026 12:01:30 GMT", 90),
        ("Fri, 01 May 2026 12:01:30 -0000", 90),
        ("Fri, 01 May 2026 11:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("inf", None),
        ("nan", None),
    ],
)
async def test_retry_after_in_seconds_or_as_a_date(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds
    error = await Wire(httpx.Response(429, headers={"Retry-After": header})).fails(ProviderBusy)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"message": f"Incorrect key {KEY}"}),
        httpx.Response(200, text=f"<p>{KEY}</p>"),
        envelope(400, f"key {KEY} may not; see https://cdn.test/p.png?ex=1&hm=signed"),
        httpx.ConnectError(f"proxy refused {KEY} at https://cdn.test/p.png?hm=signed"),
        httpx.ReadTimeout(KEY),
        httpx.Response(500, text='{"url": "https:\\/\\/cdn.test\\/p.png?ex=1&hm=signed"}'),
        httpx.Response(200, text=" " * 3990 + KEY),
    ],
)
async def test_no_key_and_no_signature_in_errors_or_logs(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ProviderError) as caught:
        await Wire(answer).post()
    error = caught.value
    logged = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    for text in (error.sentence, error.detail, str(error), logged):
        assert KEY not in text
        assert "signed" not in text


async def test_details_name_the_place_and_stay_short() -> None:
    error = await Wire(httpx.Response(200, text="<html>" + "long " * 500)).fails(NonsenseAnswer)
    assert error.detail.startswith("HTTP 200 at /x: <html>long")
    assert len(error.detail) <= 200
    assert (await Wire(httpx.ReadTimeout("s")).fails(ProviderUnreachable)).detail == "ReadTimeout at /x"
