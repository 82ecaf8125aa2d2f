"""Tasks that were lost sight of: adopted where that is certain, and their credits given back where it is not."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.action import Action
from bot.domain.errors import ProviderUnreachable
from bot.domain.job import Job, JobKind, JobState, Speed
from bot.domain.task import TaskState
from tests.services.conftest import Errors
from tests.services.world import ALICE, BOB, U1, V1, World, settle

LONG_AGO = timedelta(hours=-1)
OVERDUE = {"minutes": 2, "seconds": 1}
SUBMITTING, RUNNING, FAILED = JobState.SUBMITTING, JobState.RUNNING, JobState.FAILED


class TestAdoption:
    """A lost job of Alice's, and what the provider's list holds a moment later."""

    @pytest.fixture
    async def lost(self, world: World) -> Job:
        return await world.lost("a heron --ar 3:2")

    def task(self, world: World, job: Job, **changes: Any) -> int:
        known: dict[str, Any] = {"prompt": job.prompt, "speed": job.speed, "kind": "IMAGINE"}
        return world.provider.made(**known | changes).id

    async def test_the_one_task_that_fits_is_adopted(self, world: World, lost: Job) -> None:
        task_id = self.task(world, lost)
        await world.recovery.find_tasks()
        job = await world.job(lost.id)
        assert (job.state, job.task_id, job.revision) == (RUNNING, task_id, lost.revision + 1)
        assert await world.used() == (2, 2, 2)

    @pytest.mark.parametrize(
        ("fits", "changes"),
        [
            (True, {"state": TaskState.SUCCEEDED}),
            (True, {"speed": None}),
            (True, {"prompt": "a  heron\n--ar 3:2 "}),
            (True, {"later": timedelta(minutes=1)}),
            (True, {"later": timedelta(seconds=-5)}),
            (False, {"later": timedelta(seconds=-6)}),
            (False, {"later": LONG_AGO}),
            (False, {"submitted_at": None}),
            (False, {"prompt": "a heron --ar 2:3"}),
            (False, {"prompt": "a heron --ar 3:2 --v 7"}),
            (False, {"prompt": ""}),
            (False, {"speed": Speed.NORMAL}),
            (False, {"kind": "UPSCALE"}),
            (False, {"kind": "ACTION"}),
            (False, {"kind": ""}),
        ],
        ids=str,
    )
    async def test_only_a_task_that_fits_in_everything_is_adopted(
        self, world: World, lost: Job, fits: bool, changes: dict[str, Any]
    ) -> None:
        if later := changes.pop("later", None):
            changes = {"submitted_at": world.clock.now + later}
        task_id = self.task(world, lost, **changes)
        await world.recovery.find_tasks()
        assert (await world.job(lost.id)).task_id == (task_id if fits else None)
        assert await world.state(lost) is (RUNNING if fits else SUBMITTING)

    async def test_a_task_that_was_known_before_the_attempt_is_not_its_own(self, world: World) -> None:
        known = await world.running("something else")
        lost = await world.lost("a heron")
        world.provider.made(id=(known.task_id or 0) - 1, prompt="a heron")
        await world.recovery.find_tasks()
        assert await world.state(lost) is SUBMITTING

    async def test_nor_where_the_list_is_read_further_for_another_lost_job(self, world: World) -> None:
        older = await world.lost("an owl")
        task_id = world.provider.made(prompt="a heron", submitted_at=None).id
        await world.running("something else", BOB)
        lost = await world.lost("a heron")
        world.provider.change(task_id, submitted_at=world.clock.now)
        await world.recovery.find_tasks()
        assert lost.task_floor > task_id > older.task_floor
        assert await world.state(lost) is SUBMITTING

    async def test_a_task_that_another_job_holds_is_not_its_own(self, world: World, lost: Job) -> None:
        other = await world.running(lost.prompt, BOB)
        await world.recovery.find_tasks()
        assert (await world.state(lost), await world.state(other)) == (SUBMITTING, RUNNING)

    async def test_of_two_tasks_that_fit_none_is_adopted(self, world: World, lost: Job) -> None:
        self.task(world, lost)
        self.task(world, lost)
        await world.recovery.find_tasks()
        assert await world.state(lost) is SUBMITTING

    async def test_of_two_jobs_that_fit_none_adopts(self, world: World, lost: Job) -> None:
        other = await world.lost(lost.prompt, BOB)
        self.task(world, lost)
        await world.recovery.find_tasks()
        assert [await world.state(job) for job in (lost, other)] == [SUBMITTING] * 2

    async def test_two_lost_jobs_each_find_their_own(self, world: World, lost: Job) -> None:
        other = await world.lost("an owl", BOB)
        tasks = {job.id: self.task(world, job) for job in (other, lost)}
        await world.recovery.find_tasks()
        assert {job.id: (await world.job(job.id)).task_id for job in (lost, other)} == tasks

    @pytest.mark.parametrize(
        ("action", "kind", "fits"),
        [
            (U1, "ACTION", True),
            (U1, "UPSCALE", True),
            (U1, "VARIATION", False),
            (U1, "IMAGINE", False),
            (V1, "VARIATION", True),
            (Action("MJ::JOB::reroll::0::uuid::SOLO"), "IMAGINE", True),
            (Action("MJ::JOB::somethingnew::uuid"), "ACTION", False),
        ],
        ids=str,
    )
    async def test_a_lost_press_is_known_by_its_family(
        self, world: World, action: Action, kind: str, fits: bool
    ) -> None:
        parent = await world.finished()
        lost = await world.lost(parent.prompt, kind=JobKind.PRESS, parent_id=parent.id, pressed=action)
        self.task(world, lost, kind=kind)
        await world.recovery.find_tasks()
        assert await world.state(lost) is (RUNNING if fits else SUBMITTING)

    async def test_two_lost_presses_of_one_picture_cannot_be_told_apart(self, world: World) -> None:
        parent = await world.finished()
        make: Callable[[Action], Any] = lambda action: world.lost(  # noqa: E731
            parent.prompt, kind=JobKind.PRESS, parent_id=parent.id, pressed=action
        )
        jobs = [await make(U1), await make(V1)]
        self.task(world, jobs[0], kind="ACTION")
        await world.recovery.find_tasks()
        assert [await world.state(job) for job in jobs] == [SUBMITTING] * 2

    async def test_the_list_is_read_as_far_as_the_oldest_lost_job_needs(self, world: World) -> None:
        known = await world.running("known")
        lost = await world.lost("a heron")
        task_id = self.task(world, lost)
        for n in range(24):
            world.provider.made(prompt=str(n))
        for n in range(20):
            world.provider.made(id=(known.task_id or 0) - 1 - n, prompt="old")
        await world.recovery.find_tasks()
        assert (await world.job(lost.id)).task_id == task_id
        assert world.provider.asked("recent") == [("recent", 1), ("recent", 2), ("recent", 3)]

    async def test_the_list_is_not_read_for_ever(self, world: World, lost: Job) -> None:
        for n in range(300):
            world.provider.made(prompt=str(n))
        await world.recovery.find_tasks()
        assert len(world.provider.asked("recent")) == 10

    async def test_without_a_lost_job_the_list_is_not_read(self, world: World) -> None:
        await world.running()
        await world.recovery.find_tasks()
        assert world.provider.asked("recent") == []


class TestTwins:
    """Other jobs with the same prompt, at whatever point of their own way."""

    async def in_flight(self, world: World, prompt: str) -> tuple[Job, asyncio.Event, asyncio.Task[None]]:
        answer = asyncio.Event()
        world.provider.during = answer.wait
        twin = await world.admitted(prompt, BOB)
        starting = asyncio.create_task(world.submit.start(twin))
        await settle()
        return twin, answer, starting

    async def test_the_task_of_a_job_on_its_way_is_not_adopted(self, world: World) -> None:
        lost = await world.lost()
        twin, answer, starting = await self.in_flight(world, lost.prompt)
        await world.recovery.find_tasks()
        assert await world.state(lost) is SUBMITTING
        answer.set()
        await starting
        await world.recovery.find_tasks()
        assert (await world.state(lost), await world.state(twin)) == (SUBMITTING, RUNNING)

    async def test_nor_that_of_a_job_that_sets_out_while_the_list_is_read(self, world: World) -> None:
        lost = await world.lost()
        set_out: list[Any] = []

        async def meanwhile() -> None:
            if not set_out:
                set_out.extend(await self.in_flight(world, lost.prompt))

        world.provider.on_list = meanwhile
        await world.recovery.find_tasks()
        twin, answer, starting = set_out
        assert await world.state(lost) is SUBMITTING
        answer.set()
        await starting
        assert await world.state(twin) is RUNNING

    async def test_the_last_of_several_lost_twins_does_not_get_the_task_by_default(self, world: World) -> None:
        """Both fit, neither can be told to own it; the first to be given up may be the owner."""
        first = await world.lost()
        world.provider.made(prompt=first.prompt)
        world.clock.advance(seconds=3)
        second = await world.lost(account=BOB)
        for _ in range(60):
            world.clock.advance(seconds=3)
            await world.tracker.tick()
        for job, account in ((first, ALICE), (second, BOB)):
            assert ((await world.job(job.id)).task_id, await world.state(job)) == (None, FAILED)
            assert (await world.used(account))[0] == 0

    async def test_nor_does_one_that_was_on_its_way_when_its_twin_s_time_was_over(self, world: World) -> None:
        lost = await world.lost()
        world.provider.made(prompt=lost.prompt, submitted_at=world.clock.now + timedelta(seconds=118))
        world.clock.advance(seconds=118)
        world.provider.lost_answers.append(ProviderUnreachable("no answer"))
        twin, answer, starting = await self.in_flight(world, lost.prompt)
        world.provider.tasks.pop(max(world.provider.tasks))
        world.clock.advance(seconds=5)
        await world.recovery.find_tasks()
        answer.set()
        await starting
        for _ in range(60):
            world.clock.advance(seconds=3)
            await world.tracker.tick()
        assert [await world.state(job) for job in (lost, twin)] == [FAILED] * 2

    async def test_one_whose_answer_is_lost_while_the_list_is_read_is_not_decided_on_half_of_it(
        self, world: World
    ) -> None:
        """It set out before the other lost job, so its own task may lie further down than that one needed."""
        world.provider.page_size = 2
        world.provider.lost_answers.append(ProviderUnreachable("no answer"))
        early, answer, starting = await self.in_flight(world, "a heron")
        world.provider.during = None
        await world.running("something else")
        await world.lost("an owl")
        world.provider.made(prompt=early.prompt)

        async def meanwhile() -> None:
            answer.set()
            await starting

        world.provider.on_list = meanwhile
        await world.recovery.find_tasks()
        assert await world.state(early) is SUBMITTING

    async def test_a_job_for_which_no_task_is_there_does_not_wait_for_its_twins(self, world: World) -> None:
        first = await world.lost()
        world.clock.advance(minutes=1)
        second = await world.lost(account=BOB)
        world.clock.advance(minutes=1, seconds=1)
        await world.recovery.find_tasks()
        assert (await world.state(first), await world.state(second)) == (FAILED, SUBMITTING)


class TestGivingUp:
    async def test_after_two_minutes_the_job_fails_and_is_free(self, world: World) -> None:
        lost = await world.lost()
        world.clock.advance(minutes=2)
        await world.recovery.find_tasks()
        assert await world.state(lost) is SUBMITTING
        world.clock.advance(seconds=1)
        await world.recovery.find_tasks()
        job = await world.job(lost.id)
        assert (job.state, job.finished_at) == (FAILED, world.clock.now)
        assert job.failure is not None
        assert "cannot tell whether it started" in job.failure
        assert job.revision > job.shown
        assert await world.used() == (0, 0, 0)

    async def test_a_task_that_fits_late_is_still_adopted(self, world: World) -> None:
        lost = await world.lost()
        world.provider.made(prompt=lost.prompt)
        world.clock.advance(**OVERDUE)
        await world.recovery.find_tasks()
        assert await world.state(lost) is RUNNING

    async def test_a_slow_answer_is_not_a_lost_one(self, world: World) -> None:
        answer = asyncio.Event()
        world.provider.during = answer.wait
        job = await world.admitted()
        starting = asyncio.create_task(world.submit.start(job))
        await settle()
        world.clock.advance(**OVERDUE)
        await world.recovery.find_tasks()
        assert await world.state(job) is SUBMITTING
        answer.set()
        await starting
        assert await world.state(job) is RUNNING

    async def test_while_the_provider_is_out_of_reach_nothing_is_decided(self, world: World) -> None:
        lost = await world.lost()
        world.provider.down = ProviderUnreachable("no connection")
        world.clock.advance(hours=1)
        with pytest.raises(ProviderUnreachable):
            await world.recovery.find_tasks()
        assert await world.state(lost) is SUBMITTING
        assert await world.used() == (2, 2, 2)

    async def test_one_that_cannot_be_given_up_keeps_no_other_waiting(self, world: World, errors: Errors) -> None:
        bad, good = await world.lost("one"), await world.lost("another")
        world.storage.state.reserved[bad.id] = (ALICE, (world.clock.now + timedelta(days=9)).date(), 2)
        world.clock.advance(**OVERDUE)
        await world.tracker.tick()
        assert await world.state(good) is FAILED
        assert [record.__dict__["job"] for record in errors.take()] == [bad.id]
