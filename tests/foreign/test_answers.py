"""Answers of the services: read into sound tasks, pictures and balances, or one of our errors."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

import httpx
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from bot.discord_ui.cards import card
from bot.discord_ui.texts import LINK_LENGTH
from bot.domain.errors import BotError, NonsenseAnswer, ProviderError
from bot.domain.image_models import ImageOptions
from bot.domain.job import Account, Job, JobKind, JobState, Speed
from bot.domain.task import Balance, Task, TaskState
from bot.providers.http import retry_after
from bot.providers.ohmygpt import OhMyGPT
from bot.providers.ohmygpt_answers import TaskReader, read_balance
from bot.providers.openai_images import Answer, OpenAIImages, read_generated
from bot.services.track import _result
from tests.foreign.nasty import BODIES, LINKS, NUMBERS, TEXT, UUID, dumped, is_one_line, json_of, mutated

KEY = "sk-of-the-test"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
OPTIONS = ImageOptions("dall-e-2", "256x256", None, None, 2)
BUTTON = {"customId": f"MJ::JOB::upsample::1::{UUID}", "emoji": "", "label": "U1"}
FINISHED: dict[str, Any] = {
    "taskId": 1714000000000001,
    "taskType": "FAST",
    "status": "SUCCESS",
    "action": "IMAGINE",
    "progress": "100%",
    "description": "/imagine a heron --ar 3:2",
    "prompt": "a heron --ar 3:2",
    "failReason": None,
    "submitTime": "2026-05-01T12:00:00.000Z",
    "imageDcUrl": "https://cdn.discordapp.com/attachments/1/2/heron.png?ex=1&is=2&hm=3",
    "imageS3Url": "https://s3.test/heron.png",
    "actions": [BUTTON, {"customId": f"MJ::JOB::reroll::0::{UUID}::SOLO", "emoji": "🔄", "label": ""}],
}
BUTTONS = mutated(
    BUTTON,
    {
        "customId": TEXT | st.sampled_from(("MJ::JOB::upsample::٣::x", "MJ::Inpaint::1", "MJ::new::1", "x" * 90)),
        "label": TEXT | st.sampled_from(("\u200b", "\u3164", "Vary (Region)", "x" * 200)),
        "emoji": TEXT | st.sampled_from(("🎉", "upscale_1", "<:x:1>", "🔄🔄")),
    },
)
WORDS = ("SUCCESS", "FAILURE", "IN_PROGRESS", "NOT_START", "SUBMITTED", " success ", "MODAL", "CANCEL", "")
TIMES = st.datetimes(timezones=st.timezones()).map(lambda time: time.isoformat()) | st.sampled_from(
    ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-05-01", "2026-W18-5", "20260501T120000Z", "1714")
)
ODD = {
    "taskId": NUMBERS | st.sampled_from(("1", "0", "-1", "9" * 19, "9" * 30, "٣", "1e3", " 7")),
    "taskType": st.sampled_from(("NORMAL", "fast ", "RELAX", "TURBO")),
    "status": st.sampled_from(WORDS) | TEXT,
    "action": st.sampled_from(("DESCRIBE", "BLEND", "ACTION", "imagine")) | TEXT,
    "progress": NUMBERS | st.sampled_from(("46%", "46.5 %", "-3%", "abc", "", "1e9%", "9" * 400, "100 %%")),
    "prompt": TEXT | st.just("1️⃣ a heron [x](https://y.test)\n2️⃣ reeds\n\n3️⃣ fog\n4️⃣ " + "x" * 5000),
    "failReason": TEXT,
    "submitTime": TIMES | TEXT,
    "imageDcUrl": LINKS,
    "imageS3Url": LINKS,
    "actions": st.lists(BUTTONS | json_of(tuple(BUTTON)), max_size=6) | BUTTONS.map(lambda button: [button] * 120),
}
TASKS = mutated(FINISHED, ODD)
ANYTHING = json_of((*FINISHED, "tasks", "total", "balance", "free_balance", "data", "error", "message", "statusCode"))
PICTURE = {"url": "https://x.test/p.png?sig=1", "b64_json": "aGVyb24=", "revised_prompt": "a heron"}
PICTURES = mutated(PICTURE, {"url": LINKS, "b64_json": TEXT, "revised_prompt": TEXT})
GENERATED = st.lists(PICTURES | json_of(tuple(PICTURE)), max_size=4).map(lambda found: {"created": 1, "data": found})


@pytest.fixture(scope="module", autouse=True)
def no_second_tries():
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


def check_text(text: str, most: int) -> None:
    """It can be stored, logged and sent."""
    text.encode()
    assert len(text) <= most


def check_error(error: BotError) -> None:
    """Short, printable, without the key and without what signs a link."""
    for text in (error.sentence, getattr(error, "detail", "")):
        check_text(text, 450)
        assert is_one_line(text)
        assert KEY not in text
        assert "hm=" not in text
    assert error.sentence
    wait = getattr(error, "retry_after", None)
    assert wait is None or 0 <= wait < float("inf")


def check_link(link: str | None) -> None:
    if link is not None:
        assert link.lower().startswith(("https://", "http://"))
        assert is_one_line(link)
        assert " " not in link
        check_text(link, 4000)


def check_task(task: Task) -> None:
    assert 0 < task.id < 2**63
    assert task.progress is None or (type(task.progress) is int and 0 <= task.progress <= 100)
    assert task.submitted_at is None or task.submitted_at.tzinfo is UTC
    assert (task.failure is not None) is (task.state is TaskState.FAILED)
    check_text(task.kind + task.prompt, 10**6)
    if task.failure is not None:
        check_text(task.failure, 300)
        assert task.failure
        assert is_one_line(task.failure)
    for link in (task.source_url, task.lasting_url):
        check_link(link)
    assert len(task.suggestions) <= 4
    for text in task.suggestions:
        check_text(text, 4000)
        assert text == " ".join(text.split())
        assert text
    assert len(task.actions) <= 100
    for action in task.actions:
        assert action.custom_id.strip()
        check_text(action.custom_id + action.label + action.emoji, 10**5)


def check_card(task: Task) -> None:
    """What a member would see of it is a message that Discord takes."""
    facts = _result(task, NOW) if task.state is TaskState.SUCCEEDED else {"failure": task.failure}
    state = {TaskState.SUCCEEDED: JobState.SUCCEEDED, TaskState.FAILED: JobState.FAILED}.get(task.state)
    job = Job(
        7, Account(1, 2), JobKind.IMAGINE, "a heron", Speed.FAST, 2, 3, state or JobState.RUNNING, NOW, NOW, **facts
    )
    view = card(job, lambda _: True)
    assert view.content_length() <= 4000
    assert view.total_children_count <= 40
    parts = view.to_components()
    json.dumps(parts, ensure_ascii=False).encode()
    for button in chain.from_iterable(row["components"] for row in parts[0]["components"] if row["type"] == 1):
        assert button.get("label") or button.get("emoji")
        assert button.get("label") is None or 0 < len(button["label"].strip()) <= 80
        if "url" in button:
            check_link(button["url"])
            assert len(button["url"]) <= LINK_LENGTH


@given(TASKS | ANYTHING)
def test_a_task_is_sound_and_fits_on_a_card_or_is_nonsense(data: Any) -> None:
    try:
        task = TaskReader().task(data)
    except NonsenseAnswer as error:
        check_error(error)
    else:
        check_task(task)
        check_card(task)


@given(ANYTHING | st.lists(TASKS | ANYTHING, max_size=3).map(lambda found: {"total": 3, "tasks": found}))
def test_a_list_keeps_its_sound_tasks_or_is_nonsense(data: Any) -> None:
    try:
        found = TaskReader().tasks(data)
    except NonsenseAnswer as error:
        check_error(error)
    else:
        for task in found:
            check_task(task)


@given(ANYTHING | mutated({"balance": "8217.00", "free_balance": "0.00"}, {"balance": TEXT, "free_balance": TEXT}))
def test_a_balance_has_two_amounts_or_is_nonsense(data: Any) -> None:
    try:
        balance = read_balance(data)
    except NonsenseAnswer as error:
        check_error(error)
    else:
        assert balance.paid.is_finite()
        assert balance.free.is_finite()
        check_text(f"{balance.paid:,.2f} {balance.free:,.2f}", 100)


@given(GENERATED | ANYTHING, st.integers(1, 10))
def test_generated_pictures_are_bytes_or_links_or_nonsense(data: Any, asked: int) -> None:
    try:
        check_generated(read_generated(data, asked), asked)
    except NonsenseAnswer as error:
        check_error(error)


def check_generated(found: Answer, asked: int) -> None:
    assert 1 <= len(found.images) <= asked
    for image in found.images:
        assert image.data or image.url
        check_link(image.url)
    if found.revised_prompt is not None:
        check_text(found.revised_prompt, 4000)
        assert found.revised_prompt == " ".join(found.revised_prompt.split())


@st.composite
def envelopes(draw: st.DrawFn) -> dict[str, Any]:
    """An answer of OhMyGPT around anything."""
    data = draw(st.just(7) | TASKS | st.lists(TASKS, max_size=2).map(lambda found: {"tasks": found}) | ANYTHING)
    whole = {"statusCode": 200, "message": "Success", "data": data}
    codes = st.sampled_from((400, "400", 401, 402, 429, 500, 0, -1, True, None, 10**400, "200", 299)) | ANYTHING
    return draw(mutated(whole, {"statusCode": codes, "message": TEXT, "data": st.just(data)}))


ERRORS = mutated(
    {"message": "rejected", "type": "invalid_request_error", "code": "content_policy_violation"},
    {"message": TEXT, "code": st.sampled_from(("billing_hard_limit_reached", "rate_limit_exceeded", "x")) | NUMBERS},
).map(lambda error: {"error": error})
STATUSES = st.sampled_from((200, 200, 200, 201, 204, 302, 400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503))
RETRIES = (
    st.sampled_from(("7", "-1", "1e400", "nan", "1_0", "", "soon", "0.5", "Fri, 01 May 2026 12:01:00 GMT"))
    | st.tuples(st.integers(-1, 40), st.integers(-1, 10**6), st.integers(0, 99), st.integers(-(10**24), 10**24)).map(
        lambda parts: "Fri, {} May {} 12:00:{} {:+05d}".format(*parts)
    )
    | st.text(max_size=20)
)


@st.composite
def responses(draw: st.DrawFn, body: st.SearchStrategy[Any]) -> httpx.Response:
    """Whatever comes over the wire."""
    content = draw(st.one_of(body.map(dumped), body.map(dumped), body.map(dumped), BODIES))
    headers = {"Content-Type": draw(st.sampled_from(("application/json", "text/html", "x")))}
    wait = draw(st.none() | RETRIES)
    if wait is not None and wait.isascii() and wait.isprintable():
        headers["Retry-After"] = wait
    return httpx.Response(draw(STATUSES), headers=headers, content=content)


def client_for(response: httpx.Response) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda _: response))


CALLS: dict[str, Any] = {
    "imagine": (lambda service: service.imagine("a heron", Speed.FAST), int),
    "press": (lambda service: service.press(5, "MJ::JOB::upsample::1::x", Speed.NORMAL), int),
    "query": (lambda service: service.query(1714000000000001), Task),
    "recent": (lambda service: service.recent(1), list),
    "balance": (lambda service: service.balance(), Balance),
}


@given(responses(envelopes() | ERRORS | ANYTHING), st.sampled_from(sorted(CALLS)))
async def test_a_call_to_midjourney_gives_what_it_says_or_one_of_our_errors(
    response: httpx.Response, name: str
) -> None:
    call, kind = CALLS[name]
    try:
        found = await call(OhMyGPT(client_for(response), KEY))
    except ProviderError as error:
        check_error(error)
    else:
        assert type(found) is kind
        assert found != 0
        assert name != "query" or found.id == 1714000000000001
        assert name != "balance" or isinstance(found.paid, Decimal)


@given(responses(GENERATED | ERRORS | ANYTHING))
async def test_a_call_for_images_gives_pictures_or_one_of_our_errors(response: httpx.Response) -> None:
    try:
        check_generated(await OpenAIImages(client_for(response), KEY, "https://x.test").generate("a", OPTIONS), 2)
    except ProviderError as error:
        check_error(error)


@given(RETRIES)
def test_a_wait_that_is_asked_for_is_a_number_of_seconds(header: str) -> None:
    wait = retry_after(header, NOW)
    assert wait is None or 0 <= wait < float("inf")
