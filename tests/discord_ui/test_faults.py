"""Bad input and faults of the service, seen from outside: a clear sentence or a true card, and nothing lost."""

import json
from datetime import timedelta

import pytest

from bot.domain.job import JobState
from bot.providers.simulated.faults import Fault
from bot.services import recover
from tests.discord_ui.test_history import stored

HTML = "<html><body>502 Bad Gateway</body></html>"


def envelope(code, message):
    return Fault.answer(200, json.dumps({"statusCode": code, "message": message, "data": None}))


def tasks(world):
    """What was made at the service."""
    return list(world.service._tasks.newest_first())


def tamper(world, call, change, times=10**6):
    """Answers to that call are changed on their way: `change` gets the parsed data and gives it back."""
    handle, left = world.service.handle, [times]

    async def tampered(method, path, headers, body):
        answer = await handle(method, path, headers, body)
        if not path.partition("?")[0].endswith(f"/{call}") or answer.status != 200 or not left[0]:
            return answer
        left[0] -= 1
        whole = json.loads(answer.body)
        whole["data"] = change(whole["data"])
        return type(answer)(200, answer.headers, json.dumps(whole).encode())

    world.service.handle = tampered


async def in_balance(world):
    async with world.bot._storage.read() as uow:
        return await uow.ledger.imbalances() == []


class TestBadInput:
    async def test_a_prompt_that_cannot_be_sent_is_refused_by_name_and_costs_nothing(self, world):
        for command, options, words in [
            ("imagine", {"prompt": "   "}, "A prompt needs words"),
            ("imagine", {"prompt": "\u200b\u2060"}, "A prompt needs words"),
            ("imagine", {"prompt": "--ar 3:2"}, "A prompt needs words"),
            ("imagine", {"prompt": "x" * 3995, "aspect": "16:9"}, "may have 4000 characters, and this one has 4005"),
            ("dalle", {"prompt": " \t "}, "A prompt needs words"),
            ("dalle", {"prompt": "x" * 1001, "model": "dall-e-2"}, "takes a prompt of 1000 characters"),
            ("imagine", {"prompt": "a cat --aspekt 3:2"}, "I do not know `--aspekt`. Did you mean `--aspect`?"),
            ("imagine", {"prompt": "a cat --chaos 900"}, "`--chaos` takes a number from 0 to 100, not 900."),
            ("imagine", {"prompt": "a cat --ar 0:1"}, "`--ar` takes two whole numbers above zero"),
            ("imagine", {"prompt": "a cat --v 7 --niji 6"}, "`--niji` does not work together with `--v`"),
            ("imagine", {"prompt": "a cat --s 1 --s 2"}, "`--s` is given twice"),
            ("imagine", {"prompt": "a cat --ar 3:2", "aspect": "1:1"}, "Choose the shape once"),
            ("imagine", {"prompt": "a {cat, dog}"}, "Curly braces ask Midjourney for several jobs"),
            ("dalle", {"prompt": "a cat", "size": "7x7"}, "takes size 1024x1024, 1792x1024 or 1024x1792, not 7x7"),
        ]:
            result = await world.alice.slash(world.channel, command, **options)
            assert result.ephemeral
            assert words in result.response.content, options
        assert await world.left(world.alice) == 50
        assert world.channel.history() == []
        assert tasks(world) == []


class TestSubmission:
    @pytest.mark.parametrize("settings", [{"max_running_per_member": 9}])
    async def test_a_no_ends_the_job_with_its_reason_and_a_refund(self, world):
        refusals = [
            (Fault.answer(401, HTML), "The picture service refuses my key. Whoever hosts me has to renew it."),
            (Fault.answer(403), "The picture service refuses my key."),
            (Fault.answer(402), "My account with the picture service is used up."),
            (envelope(401, "Unauthorized"), "The picture service refuses my key."),
            (envelope(400, "Insufficient balance"), "My account with the picture service is used up."),
            (envelope(400, "Banned prompt: gore"), "Midjourney says: Banned prompt: gore. Please change the wording"),
            (envelope(400, "@everyone **no**"), "Midjourney says: @\u200beveryone \\*\\*no\\*\\*."),
        ]
        for number, (fault, reason) in enumerate(refusals, 1):
            world.service.faults.next("imagine", fault)
            card = await world.imagine(world.alice)
            await world.until(lambda card=card: "Not made" in card.text)
            assert reason in card.text
            assert "Your 2 credits came back." in card.text
            assert card.buttons == {}
            assert (await stored(world, number)).state is JobState.FAILED
        assert await world.left(world.alice) == 50
        assert tasks(world) == []
        assert await in_balance(world)

    @pytest.mark.parametrize(
        "fault",
        [Fault.answer(429, Retry_After="2"), Fault.answer(429), envelope(400, "The queue is full"), Fault.refused()],
        ids=["429 with Retry-After", "429", "queue full", "not arrived"],
    )
    async def test_not_now_keeps_the_place_and_charges_once(self, world, fault):
        world.service.faults.next("imagine", fault, fault)
        card = await world.imagine(world.alice)
        assert (await stored(world, 1)).state is JobState.QUEUED
        assert "Waiting to start" in card.text or "In line" in card.text
        await world.until(lambda: "done" in card.text)
        assert await card.picture()
        assert len(tasks(world)) == 1
        assert await world.left(world.alice) == 48

    async def test_a_time_out_after_acceptance_finds_the_task_again(self, world):
        world.service.faults.next("imagine", Fault.lost())
        card = await world.imagine(world.alice)
        assert (await stored(world, 1)).state is JobState.SUBMITTING
        await world.until(lambda: "done" in card.text)
        assert await card.picture()
        assert len(tasks(world)) == 1
        assert await world.left(world.alice) == 48

    async def test_an_answer_that_says_nothing_is_waited_for_then_refunded(self, world, monkeypatch):
        monkeypatch.setattr(recover, "GIVE_UP_AFTER", timedelta(seconds=2))
        unclear = [Fault.answer(500), Fault.answer(200, HTML), envelope(200, "Success")]
        for fault in unclear:
            world.service.faults.next("imagine", fault)
            card = await world.imagine(world.alice)
            assert "Waiting to start" in card.text or "In line" in card.text
            await world.until(lambda card=card: "Not made" in card.text)
            assert "The answer of the picture service got lost" in card.text
            assert "Your 2 credits came back." in card.text
        assert await world.left(world.alice) == 50
        assert await in_balance(world)


class TestFollowing:
    @pytest.mark.parametrize(
        "fault",
        [
            Fault.answer(401),
            Fault.answer(429, Retry_After="1"),
            Fault.answer(500),
            Fault.answer(200, HTML),
            envelope(400, "Task not found"),
            Fault.lost(),
        ],
        ids=["401", "429", "500", "HTML", "task unknown", "time-out"],
    )
    async def test_a_question_without_an_answer_costs_a_running_job_nothing(self, world, fault):
        card = await world.imagine(world.alice)
        world.service.faults.next("query", fault, fault)
        await world.until(lambda: "done" in card.text)
        assert world.service.faults.pending == 0
        assert await card.picture()
        assert await world.left(world.alice) == 48

    @pytest.mark.parametrize(
        ("change", "times"),
        [
            (lambda task: task | {"status": "MODAL"}, 3),
            (lambda task: task | {"status": None}, 3),
            (lambda task: task | {"progress": None}, 10**6),
            (lambda task: task | {"progress": "abc"}, 10**6),
            (lambda task: {name: task[name] for name in ("taskId",)}, 3),
            (lambda task: [task], 3),
            (lambda task: task | {"taskId": task["taskId"] + 1, "status": "SUCCESS", "imageDcUrl": "https://x"}, 3),
        ],
        ids=["status word", "no status", "progress null", "progress abc", "fields", "shape", "another's task"],
    )
    async def test_an_odd_answer_is_no_end(self, world, change, times):
        card = await world.imagine(world.alice)
        tamper(world, "query", change, times)
        await world.until(lambda: "done" in card.text)
        assert await card.picture()
        assert "U1" in card.buttons
        assert await world.left(world.alice) == 48

    async def test_a_result_without_actions_is_a_picture_without_buttons(self, world):
        tamper(world, "query", lambda task: {name: value for name, value in task.items() if name != "actions"})
        card = await world.finished(world.alice)
        assert await card.picture()
        assert card.buttons == {}

    async def test_everyone_gets_their_own_picture_whatever_order_the_list_has(self, world):
        others = [
            {"taskId": 5 + n, "status": "SUCCESS", "prompt": "a red barn", "imageDcUrl": "https://x"} for n in (1, 2)
        ]

        read = []

        def shuffle(data):
            read.append(data)
            return data | {"tasks": [*others, *reversed(data["tasks"]), None, {"status": "SUCCESS"}]}

        tamper(world, "query-mj-tasks", shuffle)
        cards = [
            await world.imagine(who, prompt)
            for who, prompt in ((world.alice, "a red barn"), (world.bob, "a blue boat"), (world.alice, "a red barn"))
        ]
        await world.until(lambda: all("done" in card.text for card in cards))
        made = {task.id: task.prompt for task in tasks(world)}
        jobs = [await stored(world, number) for number in (1, 2, 3)]
        assert read, "nobody looked at the list"
        assert len({job.task_id for job in jobs}) == len({job.source_url for job in jobs}) == 3
        assert [made[job.task_id] for job in jobs] == ["a red barn", "a blue boat", "a red barn"]
        assert all(str(job.task_id) in job.source_url for job in jobs)
