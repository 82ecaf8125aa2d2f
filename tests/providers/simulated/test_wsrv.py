"""The image proxy in front of the picture links."""

import io
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from bot.providers.simulated import Fault, SimulatedService
from bot.providers.simulated.links import Asked
from bot.providers.simulated.responses import Response, file
from bot.providers.simulated.server import serve
from bot.providers.simulated.wsrv import proxied, read_order
from tests.providers.test_pictures import animation

from .helpers import Account, Clock, opened


async def by_proxy(account: Account, link: str, options: str = "") -> httpx.Response:
    return await account.client.get(f"/wsrv/?url={quote(link, safe='')}{options}")


@pytest.mark.parametrize("store", ["imageDcUrl", "imageS3Url"])
async def test_a_picture_comes_as_it_is(account: Account, store: str) -> None:
    task = await account.finished()
    answer = await by_proxy(account, task[store], "&n=-1")
    direct = await account.client.get(task[store])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert opened(answer.content).tobytes() == opened(direct.content).tobytes()


async def test_output_and_quality_decide_the_bytes(account: Account) -> None:
    link = (await account.finished())["imageS3Url"]
    sizes: list[int] = []
    for quality in ("90", "80", "10"):
        answer = await by_proxy(account, link, f"&output=webp&q={quality}&n=-1")
        assert (answer.headers["content-type"], opened(answer.content).format) == ("image/webp", "WEBP")
        sizes.append(len(answer.content))
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3
    assert opened((await by_proxy(account, link, "&output=jpg")).content).format == "JPEG"
    assert len((await by_proxy(account, link, "&output=webp&q=much")).content) == sizes[1]


async def test_sides_bound_the_picture_and_never_enlarge_it(account: Account) -> None:
    link = (await account.finished(prompt="a fox --ar 2:1"))["imageS3Url"]
    width, height = opened((await account.client.get(link)).content).size
    for options, expected in (("&w=20", (20, 10)), ("&h=10", (20, 10)), ("&w=20&h=5", (10, 5)), ("&w=9999", None)):
        assert opened((await by_proxy(account, link, options)).content).size == (expected or (width, height))


@pytest.mark.parametrize(("n", "frames"), [("", 1), ("&n=1", 1), ("&n=-1", 3)])
async def test_an_animation_moves_only_with_all_of_its_frames(n: str, frames: int) -> None:
    async def store(_: Asked) -> Response:
        return file(animation("WEBP"), "image/webp")

    order = read_order("/wsrv/", f"url={quote('https://simulated.invalid/s3/1.webp', safe='')}&output=webp{n}")
    assert order is not None
    with Image.open(io.BytesIO((await proxied(order, store)).body)) as image:
        assert getattr(image, "n_frames", 1) == frames
        if frames > 1:
            image.seek(2)
            image.load()
            assert image.info["duration"] == 300


@pytest.mark.parametrize(
    "link", ["", "https://elsewhere.test/a.png", "https://[::1", "https://simulated.invalid/s3/1.png"]
)
async def test_a_link_to_nothing_is_not_found(account: Account, link: str) -> None:
    answer = await by_proxy(account, link)
    assert (answer.status_code, answer.json()["code"]) == (404, 404)


async def test_a_dead_link_is_not_found_either(account: Account) -> None:
    link = (await account.finished())["imageDcUrl"]
    account.clock.step(24 * 3600)
    assert (await account.client.get(link)).status_code == 403
    answer = await by_proxy(account, link)
    assert (answer.status_code, answer.json()["message"]) == (404, "The requested URL returned error: 403")


async def test_it_has_faults_of_its_own_and_none_of_the_stores(account: Account) -> None:
    link = (await account.finished())["imageS3Url"]
    account.service.faults.next("picture", Fault.answer(503))
    account.service.faults.next("wsrv", Fault.answer(502, "<html>"))
    assert (await by_proxy(account, link)).status_code == 502
    assert (await by_proxy(account, link)).status_code == 200
    assert (await account.client.get(link)).status_code == 503


async def test_over_http_the_signature_of_a_link_arrives_whole() -> None:
    clock = Clock()
    service = SimulatedService(clock, picture_scale=0.05)
    async with serve(service, 0) as port, httpx.AsyncClient(trust_env=False) as client:
        base = f"http://127.0.0.1:{port}"
        headers = {"Authorization": "Bearer any"}
        body = {"model": "midjourney", "prompt": "a fox"}
        made = await client.post(f"{base}/api/v1/ai/draw/mj/imagine", json=body, headers=headers)
        clock.step(120)
        body = {"model": "midjourney", "taskId": made.json()["data"]}
        task = (await client.post(f"{base}/api/v1/ai/draw/mj/query", json=body, headers=headers)).json()["data"]
        answer = await client.get(f"{base}/wsrv/?url={quote(task['imageDcUrl'], safe='')}&n=-1&output=webp&q=80")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
