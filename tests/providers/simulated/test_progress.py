"""How tasks go on while the clock does, and how their links come and die."""

from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from .helpers import Account, data_uri, opened

STEPS = ["0%", "15%", "31%", "46%", "62%", "78%", "93%"]


async def course(account: Account, id: int, seconds: float, step: float = 0.25) -> list[tuple[float, dict[str, Any]]]:
    """The moments, in seconds after now, at which the task showed something new."""
    shown: list[tuple[float, dict[str, Any]]] = []
    for i in range(int(seconds / step)):
        task = await account.task(id)
        if not shown or (task["status"], task["progress"]) != (shown[-1][1]["status"], shown[-1][1]["progress"]):
            shown.append((i * step, task))
        account.clock.step(step)
    return shown


async def test_the_course_of_a_task(account: Account) -> None:
    id = await account.data("imagine", prompt="a lighthouse", webhook="https://easel.invalid/hook")
    shown = await course(account, id, 70)
    states = [(task["status"], task["progress"]) for _, task in shown]
    running = [("IN_PROGRESS", step) for step in STEPS]
    assert states == [("NOT_START", ""), ("SUBMITTED", "0%"), *running, ("SUCCESS", "100%")]
    times = [at for at, _ in shown]
    assert 2 <= times[2] <= 4.25
    assert all(5.75 <= later - earlier <= 8.25 for earlier, later in pairwise(times[2:]))
    assert all(task["actions"] == [] and task["imageDcUrl"] is None for _, task in shown[:-1])


async def test_a_finished_task(account: Account) -> None:
    task = await account.finished("imagine", prompt="a lighthouse --ar 3:2", webhook="https://easel.invalid/hook")
    assert task["submitTime"] == "2025-03-01T12:00:00.000Z"
    assert task["submitTime"] < task["startTime"] < task["finishTime"] < "2025-03-01T12:01:05Z"
    assert (task["taskType"], task["action"]) == ("FAST", "IMAGINE")
    assert (task["prompt"], task["description"]) == ("a lighthouse --ar 3:2", "/imagine a lighthouse --ar 3:2")
    assert (task["failReason"], task["webhookUrl"]) == (None, "https://easel.invalid/hook")
    assert UUID(task["actions"][0]["customId"].split("::")[4])


async def test_speed_divides_the_waiting() -> None:
    account = Account(speed=20)
    id = await account.data("imagine", prompt="a lighthouse")
    account.clock.step(62 / 20)
    task = await account.task(id)
    assert task["status"] == "SUCCESS"
    assert task["finishTime"] < "2025-03-01T12:00:03.200Z"


async def test_tasks_do_not_march_in_step(account: Account) -> None:
    ids = [await account.data("imagine", prompt="a lighthouse") for _ in range(4)]
    account.clock.step(120)
    assert len({(await account.task(id))["finishTime"] for id in ids}) == 4


async def test_upscales_are_quick(account: Account) -> None:
    grid = await account.finished()
    id = await account.data("action", taskId=grid["taskId"], customId=grid["actions"][0]["customId"])
    shown = await course(account, id, 10)
    assert shown[-1][1]["status"] == "SUCCESS"
    assert 6 <= shown[-1][0] <= 8.25


async def test_a_late_failure(account: Account) -> None:
    id = await account.data("imagine", prompt="a fox, fail: late")
    shown = await course(account, id, 70)
    assert [task["progress"] for _, task in shown if task["status"] == "IN_PROGRESS"] == STEPS[:4]
    last = shown[-1][1]
    assert (last["status"], last["progress"], last["actions"]) == ("FAILURE", "46%", [])
    assert last["failReason"]
    assert last["finishTime"]


async def test_a_silent_task(account: Account) -> None:
    id = await account.data("imagine", prompt="FAIL: silent")
    account.clock.step(86_400)
    task = await account.task(id)
    assert (task["status"], task["startTime"], task["failReason"]) == ("SUBMITTED", None, None)


async def test_a_task_without_its_picture(account: Account) -> None:
    task = await account.finished("imagine", prompt="a fox, fail: no picture")
    assert task["status"] == "SUCCESS"
    for link in (task["imageDcUrl"], task["imageS3Url"]):
        assert (await account.client.get(link)).status_code == 404


async def test_the_signed_link_dies_after_a_day(account: Account) -> None:
    task = await account.finished()
    account.client.headers.pop("Authorization")
    response = await account.client.get(task["imageDcUrl"])
    assert (response.status_code, response.headers["content-type"]) == (200, "image/png")
    assert opened(response.content).format == "PNG"
    account.clock.step(86_400 - 121)
    assert (await account.client.get(task["imageDcUrl"])).status_code == 200
    account.clock.step(121)
    assert (await account.client.get(task["imageDcUrl"])).status_code == 403
    assert (await account.client.get(task["imageS3Url"])).content == response.content


async def test_a_signature_cannot_be_made_up(account: Account) -> None:
    link = (await account.finished())["imageDcUrl"]
    assert (await account.client.get(link.replace("ex=6", "ex=7"))).status_code == 403
    assert (await account.client.get(link.partition("?")[0])).status_code == 403


async def test_the_lasting_link_comes_later(account: Account) -> None:
    id = await account.data("imagine", prompt="a fox")
    while (await account.task(id))["status"] != "SUCCESS":
        account.clock.step(0.5)
    assert (await account.task(id))["imageS3Url"] is None
    early = f"https://simulated.invalid/s3/{id}.png"
    assert (await account.client.get(early)).status_code == 404
    account.clock.step(20)
    assert (await account.task(id))["imageS3Url"] == early
    assert (await account.client.get(early)).status_code == 200


@pytest.mark.parametrize("path", ["/dc/1/x.png", "/s3/1.png", "/images/1/x.png?ex=1&hm=2"])
async def test_links_to_nothing(account: Account, path: str) -> None:
    assert (await account.client.get(path)).status_code in (403, 404)


async def test_describe_tells_four_prompts(account: Account) -> None:
    task = await account.finished("describe", base64=data_uri(size=(30, 20)))
    paragraphs = task["prompt"].split("\n\n")
    assert [text[:3] for text in paragraphs] == ["1️⃣", "2️⃣", "3️⃣", "4️⃣"]
    assert all(text.endswith("--ar 3:2") for text in paragraphs)
    assert (task["imageDcUrl"], task["imageS3Url"]) == (None, None)
    again = await account.finished("describe", base64=data_uri(size=(30, 20)))
    other = await account.finished("describe", base64=data_uri("blue", size=(30, 20)))
    assert again["prompt"] == task["prompt"] != other["prompt"]
