"""The same service over HTTP on a free port."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.providers.simulated import Fault, SimulatedService
from bot.providers.simulated.server import serve

from .helpers import DRAW, KEY, Clock, opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(clock: Clock) -> SimulatedService:
    return SimulatedService(clock, picture_scale=0.05, api_key=KEY)


@pytest.fixture
async def client(service: SimulatedService) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        serve(service, 0) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client,
    ):
        yield client


async def test_from_the_prompt_to_the_picture(client: httpx.AsyncClient, clock: Clock) -> None:
    body = {"model": "midjourney", "prompt": "a fox --ar 2:1"}
    id = (await client.post(f"{DRAW}imagine", json=body)).json()["data"]
    clock.step(120)
    listed = (await client.post(f"{DRAW}query-mj-tasks?page=1&pageSize=5", data={"model": "midjourney"})).json()["data"]
    assert [task["taskId"] for task in listed["tasks"]] == [id]
    link = listed["tasks"][0]["imageDcUrl"]
    assert link.startswith(f"{str(client.base_url).rstrip('/')}/dc/")
    async with httpx.AsyncClient(trust_env=False) as stranger:
        response = await stranger.get(link)
    assert response.headers["content-type"] == "image/png"
    assert opened(response.content).width == 2 * opened(response.content).height


async def test_refusals(client: httpx.AsyncClient) -> None:
    assert (await client.post(f"{DRAW}imagine", json={"model": "midjourney"})).json()["statusCode"] == 400
    wrong = await client.post(f"{DRAW}imagine", headers={"Authorization": "Bearer other"})
    assert (wrong.status_code, wrong.json()["statusCode"]) == (401, 401)
    assert (await client.get("/nothing")).json()["statusCode"] == 404


async def test_faults_hang_up(client: httpx.AsyncClient, service: SimulatedService) -> None:
    service.faults.next("imagine", Fault.refused(), Fault.lost(), Fault.answer(503, Retry_After="3"))
    body = {"model": "midjourney", "prompt": "a fox"}
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(f"{DRAW}imagine", json=body)
    busy = await client.post(f"{DRAW}imagine", json=body)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "3")
    listed = await client.post(f"{DRAW}query-mj-tasks", json={"model": "midjourney"})
    assert listed.json()["data"]["total"] == 1


async def test_links_may_have_another_name(service: SimulatedService) -> None:
    async with serve(service, 0, base_url="http://simulated:8080/"):
        assert service.base_url == "http://simulated:8080"


async def test_another_process_orders_faults(client: httpx.AsyncClient, service: SimulatedService) -> None:
    body = {"model": "midjourney", "prompt": "a fox"}
    kinds: list[dict[str, object]] = [
        {"call": "imagine", "status": 502, "headers": {"Retry-After": "3"}, "body": "<html>"},
        {"call": "imagine", "kind": "refused"},
        {"call": "imagine", "kind": "lost", "times": 2},
        {"call": "imagine", "kind": "late", "seconds": 0},
    ]
    for each in kinds:
        assert (await client.post("/simulate/faults", json=each)).status_code == 200
    assert service.faults.pending == 5
    first = await client.post(f"{DRAW}imagine", json=body)
    assert (first.status_code, first.headers["retry-after"], first.text) == (502, "3", "<html>")
    for _ in range(3):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(f"{DRAW}imagine", json=body)
    assert (await client.post(f"{DRAW}imagine", json=body)).json()["statusCode"] == 200
    orders = (await client.get("/simulate/orders")).json()
    assert [(each["call"], each["fields"]) for each in orders] == [("imagine", body)] * 3
    assert len({each["taskId"] for each in orders}) == 3


async def test_faults_can_be_called_off(client: httpx.AsyncClient, service: SimulatedService) -> None:
    await client.post("/simulate/faults", json={"call": "*", "kind": "lost"})
    await client.post("/simulate/trouble", json={"seed": 1, "share": 1})
    assert (await client.delete("/simulate/faults")).status_code == 200
    assert service.faults.pending == 0
    assert (await client.post(f"{DRAW}query-mj-tasks", json={"model": "midjourney"})).json()["statusCode"] == 200


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("faults", "[]"),
        ("faults", "{"),
        ("faults", '{"kind": "lost"}'),
        ("faults", '{"call": "imagine", "kind": "sudden"}'),
        ("faults", '{"call": "imagine", "kind": "late"}'),
        ("trouble", '{"seed": 1, "share": 2}'),
        ("trouble", '{"seed": "one", "share": 0.5}'),
        ("nothing", "{}"),
    ],
)
async def test_a_wrong_order_is_told_so(client: httpx.AsyncClient, service: SimulatedService, call: str, body: str):
    answer = await client.post(f"/simulate/{call}", content=body)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert service.faults.pending == 0


async def test_an_order_of_pictures_is_kept_without_them(client: httpx.AsyncClient) -> None:
    picture = "data:image/webp;base64,UklGRg=="
    await client.post(f"{DRAW}describe", json={"model": "midjourney", "base64": picture})
    await client.post("/v1/images/generations", json={"model": "dall-e-2", "prompt": "a fox", "size": "256x256"})
    await client.post("/v1/images/generations", json={"model": "dall-e-2", "prompt": "fail: banned word"})
    described, painted = (await client.get("/simulate/orders")).json()
    assert len(described["fields"]["base64"]) == 16
    assert (painted["call"], painted["taskId"], painted["fields"]["prompt"]) == ("generations", None, "a fox")
