"""Faults on order, as a client meets them."""

import httpx
import pytest

from bot.providers.simulated import Fault

from .helpers import Account


async def test_another_answer_once(account: Account) -> None:
    account.service.faults.next("imagine", Fault.answer(429, '{"message": "slow down"}', Retry_After="7"))
    assert (await account.data("query-mj-tasks"))["total"] == 0
    response = await account.post("imagine", prompt="a fox")
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    assert response.json() == {"message": "slow down"}
    assert await account.data("imagine", prompt="a fox")
    assert (await account.data("query-mj-tasks"))["total"] == 1


async def test_several_in_order(account: Account) -> None:
    account.service.faults.next("*", Fault.answer(502, "<html>Bad gateway</html>"), Fault.answer(500))
    assert account.service.faults.pending == 2
    first, second = await account.post("query-mj-tasks"), await account.post("query", taskId=1)
    assert (first.status_code, first.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert (second.status_code, second.content) == (500, b"")
    assert account.service.faults.pending == 0


async def test_refused_before_arrival(account: Account) -> None:
    account.service.faults.next("imagine", Fault.refused())
    with pytest.raises(httpx.ConnectError):
        await account.post("imagine", prompt="a fox")
    assert (await account.data("query-mj-tasks"))["total"] == 0


async def test_accepted_but_the_answer_is_lost(account: Account) -> None:
    account.service.faults.next("imagine", Fault.lost())
    with pytest.raises(httpx.ReadTimeout):
        await account.post("imagine", prompt="a fox")
    listed = await account.data("query-mj-tasks")
    assert [task["prompt"] for task in listed["tasks"]] == ["a fox"]


async def test_carried_out_but_answered_late() -> None:
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    account = Account(speed=50, pause=pause)
    account.service.faults.next("imagine", Fault.late(2.5))
    assert await account.data("imagine", prompt="a fox")
    assert waited == [2.5]


async def test_pictures_have_faults_too(account: Account) -> None:
    task = await account.finished()
    account.service.faults.next("picture", Fault.answer(503))
    assert (await account.client.get(task["imageS3Url"])).status_code == 503
    assert (await account.client.get(task["imageS3Url"])).status_code == 200


async def test_orders_can_be_withdrawn(account: Account) -> None:
    account.service.faults.next("imagine", Fault.refused())
    account.service.faults.clear()
    assert await account.data("imagine", prompt="a fox")


async def test_a_service_that_is_down_stays_so_until_it_is_up_again(account: Account) -> None:
    account.service.faults.always("*", Fault.answer(503))
    account.service.faults.next("imagine", Fault.answer(429))
    assert [(await account.post("imagine", prompt="a fox")).status_code for _ in range(3)] == [429, 503, 503]
    assert (await account.post("query", taskId=1)).status_code == 503
    account.service.faults.clear()
    assert (await account.data("query-mj-tasks"))["total"] == 0


async def test_one_call_alone_may_be_down(account: Account) -> None:
    account.service.faults.always("query-mj-tasks", Fault.refused())
    with pytest.raises(httpx.ConnectError):
        await account.post("query-mj-tasks")
    assert await account.data("imagine", prompt="a fox")
