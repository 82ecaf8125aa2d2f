"""Midjourney through OhMyGPT: exact bodies, recorded answers, and whatever else an answer may hold."""

import json
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
import stamina

from bot.domain.action import FAMILIES, Action
from bot.domain.errors import (
    BalanceUsedUp,
    NonsenseAnswer,
    PromptRejected,
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    RequestRefused,
)
from bot.domain.job import Dimensions, Speed
from bot.domain.ports import ImageProvider
from bot.domain.task import Task, TaskState
from bot.providers.ohmygpt import OhMyGPT

MJ = "/api/v1/ai/draw/mj"
PIXEL, ENCODED = bytes(3), "data:image/webp;base64,AAAA"
UUID = "01234567-89ab-cdef-0123-456789abcdef"

TASK = {"taskId": 1714000000000001, "status": "IN_PROGRESS", "progress": "46%"}

Call = Callable[[OhMyGPT], Awaitable[object]]


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Retries as in production, without the waits between them."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


class Service:
    """Gives every request the same answer, and keeps the requests."""

    def __init__(self, data: object = 17, *, code: int = 200, message: object = "Success") -> None:
        self.answer = {"statusCode": code, "message": message, "data": data}
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json=self.answer)

    async def take(self, call: Call) -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(self)) as client:
            return await call(OhMyGPT(client, "sk-key", "https://api.test"))


IMAGINE: Call = lambda service: service.imagine("a heron", Speed.FAST)  # noqa: E731
PRESS: Call = lambda service: service.press(16, f"MJ::JOB::upsample::2::{UUID}", Speed.NORMAL)  # noqa: E731
QUERY: Call = lambda service: service.query(TASK["taskId"])  # noqa: E731
CREATES: list[tuple[Call, str, dict[str, Any]]] = [
    (IMAGINE, "imagine", {"model": "midjourney", "prompt": "a heron", "type": "FAST"}),
    (
        lambda service: service.imagine("a heron", Speed.NORMAL, [PIXEL]),
        "imagine",
        {"model": "midjourney", "prompt": "a heron", "type": "NORMAL", "base64Array": [ENCODED]},
    ),
    (
        PRESS,
        "action",
        {"model": "midjourney", "taskId": 16, "customId": f"MJ::JOB::upsample::2::{UUID}", "type": "NORMAL"},
    ),
    (
        lambda service: service.blend((PIXEL, PIXEL), Dimensions.LANDSCAPE, Speed.FAST),
        "blend",
        {"model": "midjourney", "base64Array": [ENCODED, ENCODED], "dimensions": "LANDSCAPE", "type": "FAST"},
    ),
    (
        lambda service: service.describe(PIXEL, Speed.FAST),
        "describe",
        {"model": "midjourney", "base64": ENCODED, "type": "FAST"},
    ),
]


@pytest.mark.parametrize(("call", "endpoint", "body"), CREATES)
async def test_create_calls_send_exactly_this(call: Call, endpoint: str, body: dict[str, Any]) -> None:
    service = Service(1714000000000002)
    assert await service.take(call) == 1714000000000002
    (request,) = service.requests
    assert (request.method, str(request.url)) == ("POST", f"https://api.test{MJ}/{endpoint}")
    assert request.headers["Authorization"] == "Bearer sk-key"
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.content) == body


async def test_query_and_list_and_balance_send_exactly_this() -> None:
    service = Service(TASK)
    await service.take(QUERY)
    assert service.requests[0].url.path == f"{MJ}/query"
    assert json.loads(service.requests[0].content) == {"model": "midjourney", "taskId": TASK["taskId"]}

    service = Service({"total": 1, "tasks": [TASK]})
    await service.take(lambda it: it.recent(3))
    assert str(service.requests[0].url) == f"https://api.test{MJ}/query-mj-tasks?page=3&pageSize=20"
    assert json.loads(service.requests[0].content) == {"model": "midjourney"}

    service = Service({"balance": "8217.00", "free_balance": "0.50"})
    balance = await service.take(lambda it: it.balance())
    assert (balance.paid, balance.free) == (Decimal("8217.00"), Decimal("0.50"))
    assert service.requests[0].url.path == "/api/v1/user/admin/balance"
    assert json.loads(service.requests[0].content) == {}


async def test_a_query_answers_with_the_task() -> None:
    assert await Service(TASK).take(QUERY) == Task(1714000000000001, TaskState.RUNNING, progress=46)


async def test_another_task_than_asked_for_is_never_passed_on() -> None:
    with pytest.raises(NonsenseAnswer):
        await Service({**TASK, "taskId": 5}).take(QUERY)


async def test_the_list_skips_what_has_no_id_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    service = Service({"total": 4, "tasks": [{"status": "SUCCESS"}, TASK, None, {**TASK, "taskId": 5}]})
    tasks = await service.take(lambda it: it.recent(1))
    assert [task.id for task in tasks] == [TASK["taskId"], 5]
    assert len(caplog.records) == 1


@pytest.mark.parametrize("page", [{"total": 0, "tasks": []}, {"total": 0, "tasks": None}])
async def test_past_the_end_of_the_list_is_empty(page: object) -> None:
    assert await Service(page).take(lambda it: it.recent(9)) == []


@pytest.mark.parametrize("data", [None, [], "x", 5, {}, {"tasks": 5}, {"tasks": {}}])
async def test_a_list_of_another_shape_is_nonsense(data: object) -> None:
    with pytest.raises(NonsenseAnswer):
        await Service(data).take(lambda it: it.recent(1))


@pytest.mark.parametrize("data", [None, "", {}, {"id": 5}, "abc", 0, -4, True])
async def test_a_create_without_a_task_id_is_nonsense_that_may_have_arrived(data: object) -> None:
    service = Service(data)
    with pytest.raises(NonsenseAnswer) as caught:
        await service.take(IMAGINE)
    assert caught.value.may_have_arrived
    assert len(service.requests) == 1


@pytest.mark.parametrize("answer", ["[]", "5", '"text"', "{}", '{"statusCode": 200, "message": "Success"}'])
async def test_an_answer_without_an_envelope_is_nonsense(answer: str) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=answer))
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(NonsenseAnswer):
            await OhMyGPT(client, "sk-key").balance()


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Banned prompt detected: gore", PromptRejected),
        ("Task not found", PromptRejected),
        ("", PromptRejected),
        ("Insufficient balance, please top up", BalanceUsedUp),
        ("Queue full", ProviderBusy),
        ("Too many requests", ProviderBusy),
        ("The system is busy", ProviderBusy),
    ],
)
@pytest.mark.parametrize("call", [create[0] for create in CREATES])
async def test_refused_creates(call: Call, message: str, kind: type[ProviderError]) -> None:
    if call is PRESS and kind is PromptRejected:
        kind = RequestRefused  # a press has no words of its own that could be changed
    service = Service(None, code=400, message=message)
    with pytest.raises(kind) as caught:
        await service.take(call)
    assert not caught.value.may_have_arrived
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("message", "verdict"), [("Banned prompt detected: gore", True), ("Task is not ready", False), ("", False)]
)
async def test_a_refused_press_tells_a_verdict_on_the_picture_from_the_rest(message: str, verdict: bool) -> None:
    with pytest.raises(RequestRefused) as caught:
        await Service(None, code=400, message=message).take(PRESS)
    assert caught.value.verdict is verdict


async def test_a_rejected_prompt_says_why_in_plain_words() -> None:
    service = Service(None, code=400, message='{"code": 24, "description": "Banned word: ' + "gore " * 100 + '"}')
    with pytest.raises(PromptRejected) as caught:
        await service.take(IMAGINE)
    assert caught.value.reason.startswith("Banned word: gore gore")
    assert len(caught.value.reason) <= 300


async def test_a_refused_query_is_not_about_the_prompt() -> None:
    with pytest.raises(RequestRefused, match="Task not found"):
        await Service(None, code=400, message="Task not found").take(QUERY)


@pytest.mark.parametrize("call", [create[0] for create in CREATES])
async def test_a_create_whose_answer_got_lost_is_sent_once(call: Call) -> None:
    requests: list[httpx.Request] = []

    def lose(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        raise httpx.ReadTimeout("slow")

    async with httpx.AsyncClient(transport=httpx.MockTransport(lose)) as client:
        with pytest.raises(ProviderUnreachable) as caught:
            await call(OhMyGPT(client, "sk-key"))
    assert caught.value.may_have_arrived
    assert len(requests) == 1


def test_families_that_cannot_be_sent_are_not_supported() -> None:
    transportless = httpx.AsyncClient()
    provider: ImageProvider = OhMyGPT(transportless, "sk-key")
    ids = {
        "favourite": f"MJ::BOOKMARK::{UUID}",
        "cancel": f"MJ::CancelJob::ByJobid::{UUID}",
        "shorten": "MJ::Job::PromptAnalyzer::1",
        "custom_zoom": f"MJ::CustomZoom::{UUID}",
        "region": f"MJ::Inpaint::1::{UUID}::SOLO",
        "manual_video": f"MJ::JOB::video::1::{UUID}::manual",
        "describe_pick": "MJ::Job::PicReader::1",
    }
    assert {name: Action(id).family.name for name, id in ids.items()} == {name: name for name in ids}
    assert not any(provider.supports(Action(id)) for id in ids.values())
    assert provider.supports(Action(f"MJ::JOB::upsample::1::{UUID}"))
    assert provider.supports(Action("MJ::SomethingNew::1"))
    assert set(ids) <= {family.name for family in FAMILIES}
