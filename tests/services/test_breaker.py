"""A provider that is silent: left alone but for one question per pause, its jobs held, and taken up where it was."""

import pytest

from bot.domain.errors import (
    BalanceUsedUp,
    KeyRefused,
    NonsenseAnswer,
    PromptRejected,
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    RequestRefused,
)
from bot.domain.image_models import ImageOptions
from bot.domain.job import Account, JobKind, JobState
from bot.domain.task import TaskState
from bot.services.breaker import OPENS_AFTER
from tests.services.conftest import Errors
from tests.services.steps import live, say
from tests.services.world import ALICE, BOB, LASTING, World, settle

DOWN = ProviderUnreachable("no connection", may_have_arrived=False)
HTML = NonsenseAnswer("HTML")
IMAGE = ImageOptions("dall-e-3", "1024x1024", None, None, 1)


async def silence(world: World, error: ProviderError = DOWN) -> None:
    """The provider answers nothing any more, and the breaker has noticed."""
    world.provider.down = error
    world.provider.refusals = [error] * 1000
    for _ in range(20):
        await world.tracker.tick()
        world.clock.advance(seconds=1)
    assert world.breaker.is_open
    await world.tracker.tick()


def end(world: World) -> None:
    world.provider.down = None
    world.provider.refusals = []


async def again(world: World) -> None:
    """A new process on the same database."""
    world.restart()
    await world.tracker.begin()


async def asked_at(world: World, seconds: int) -> list[int]:
    """The seconds in which the provider is called, with a tick in each."""
    found = list[int]()
    for second in range(seconds):
        before = len(world.provider.calls)
        await world.tracker.tick()
        if len(world.provider.calls) > before:
            found.append(second)
        world.clock.advance(seconds=1)
    return found


class TestOpening:
    @pytest.mark.parametrize(
        ("error", "opens"),
        [
            (DOWN, True),
            (ProviderUnreachable("502"), True),
            (HTML, True),
            (ProviderBusy("429"), False),
            (KeyRefused("401"), False),
            (BalanceUsedUp("402"), False),
            (RequestRefused("no such task"), False),
        ],
        ids=["no connection", "no answer", "nonsense", "busy", "key refused", "no balance", "refused"],
    )
    async def test_only_silence_and_nonsense_open_it(self, world: World, error: ProviderError, opens: bool) -> None:
        await world.running()
        world.provider.down = error
        await asked_at(world, 10)
        assert world.breaker.is_open is opens

    @pytest.mark.parametrize(
        ("error", "opens"),
        [(DOWN, True), (ProviderUnreachable("502"), True), (HTML, False), (ProviderBusy(), False)],
        ids=["no connection", "no answer", "nonsense", "busy"],
    )
    async def test_create_calls_count_but_their_nonsense_does_not(
        self, world: World, error: ProviderError, opens: bool
    ) -> None:
        world.provider.refusals = [error] * 100
        await world.admitted()
        while (calls := len(world.provider.asked("imagine"))) < OPENS_AFTER:
            assert not world.breaker.is_open
            await world.running(account=Account(1, calls))
            world.clock.advance(minutes=1)
        assert world.breaker.is_open is opens

    @pytest.mark.parametrize("answer", [None, PromptRejected("Banned word."), RequestRefused("no")])
    async def test_one_answer_in_between_keeps_it_closed(self, world: World, answer: ProviderError | None) -> None:
        for _ in range(3):
            world.provider.refusals = [DOWN] * (OPENS_AFTER - 1)
            for n in range(OPENS_AFTER - 1):
                await world.running(account=BOB, prompt=str(n))
            world.provider.refusals = [answer] if answer else []
            await world.running(account=ALICE)
        assert not world.breaker.is_open

    async def test_one_bad_task_is_not_a_silent_provider(self, world: World) -> None:
        job = await world.running()
        world.provider.bad_tasks[job.task_id or 0] = ProviderUnreachable("500")
        await live(world, every=5, minutes=15)
        assert not world.breaker.is_open
        assert await world.state(job) is JobState.RUNNING
        await live(world, every=5, seconds=5)
        assert await world.state(job) is JobState.EXPIRED, "the provider answers others, so it stood still"

    @pytest.mark.parametrize("error", [DOWN, HTML])
    async def test_a_bad_list_is_not_a_silent_provider(self, world: World, error: ProviderError) -> None:
        jobs = [await world.running(str(n)) for n in range(3)]
        world.provider.bad_list = error
        for job in jobs:
            say(world, job, state=TaskState.RUNNING, progress=7)
        await asked_at(world, 30)
        assert not world.breaker.is_open
        assert {(await world.job(job.id)).progress for job in jobs} == {7}


class TestWhileOpen:
    async def test_it_is_asked_one_thing_per_pause_which_grows_to_a_minute(self, world: World) -> None:
        await world.running()
        await world.admitted("another")
        world.provider.down = DOWN
        world.provider.refusals = [DOWN] * 100
        while not world.breaker.is_open:
            await world.tracker.tick()
        world.provider.calls.clear()
        assert await asked_at(world, 300) == [5, 15, 35, 75, 135, 195, 255]
        assert [call[0] for call in world.provider.calls] == ["query", "recent"] * 3 + ["query"]

    async def test_without_running_jobs_the_list_is_asked_for(self, world: World) -> None:
        await world.admitted()
        await silence(world)
        world.provider.calls.clear()
        await live(world, every=1, minutes=3)
        assert {call[0] for call in world.provider.calls} == {"recent"}

    async def test_what_a_probe_hears_about_a_job_is_logged_as_such(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        job = await world.running()
        await silence(world)
        for error in (HTML, RequestRefused("no such task")):
            world.provider.down, world.provider.refusals = error, []
            caplog.clear()
            await live(world, every=1, minutes=3)
            said = [record for record in caplog.records if record.getMessage().startswith(f"job {job.id}: no word")]
            assert said
            assert {record.__dict__["job"] for record in said} == {job.id}

    async def test_nothing_is_started_not_even_by_a_new_command(self, world: World) -> None:
        await world.running()
        await silence(world)
        made = len(world.provider.asked("imagine"))
        job = await world.running("during")
        await live(world, every=1, minutes=5)
        assert (await world.state(job), len(world.provider.asked("imagine"))) == (JobState.QUEUED, made)

    async def test_its_jobs_are_held_visibly_and_once(self, world: World) -> None:
        running, waiting = await world.running(), await world.admitted()
        await silence(world)
        held = [await world.job(job.id) for job in (running, waiting)]
        assert [job.held for job in held] == [True, True]
        shown_place = 1
        assert [job.revision for job in held] == [running.revision + 1, waiting.revision + shown_place + 1]
        await live(world, every=1, minutes=5)
        assert [await world.job(job.id) for job in held] == held

    async def test_jobs_that_are_admitted_meanwhile_are_held_from_the_start(self, world: World) -> None:
        await world.running()
        await silence(world)
        job = await world.admitted()
        assert (job.held, job.revision) == (True, 0)

    async def test_dalle_goes_on(self, world: World) -> None:
        await world.running()
        await silence(world)
        job = await world.running(kind=JobKind.DALLE, image=IMAGE)
        await settle()
        done = await world.job(job.id)
        assert (done.state, done.held) == (JobState.SUCCEEDED, False)

    @pytest.mark.parametrize("error", [ProviderBusy("429"), KeyRefused("403 of some proxy"), BalanceUsedUp("402")])
    async def test_an_answer_with_which_nothing_can_be_done_does_not_close_it(
        self, world: World, error: ProviderError
    ) -> None:
        await world.running()
        await silence(world)
        world.provider.down = error
        world.provider.calls.clear()
        await live(world, every=1, minutes=5)
        assert world.breaker.is_open
        assert len(world.provider.calls) <= 7


class TestClosing:
    async def test_one_good_answer_closes_it_and_everything_goes_on(self, world: World) -> None:
        running, waiting = await world.running(), await world.admitted(account=BOB)
        await silence(world)
        end(world)
        say(world, running, state=TaskState.SUCCEEDED, lasting_url=LASTING)
        await live(world, every=1, minutes=1)
        assert [await world.state(job) for job in (running, waiting)] == [JobState.SUCCEEDED, JobState.RUNNING]
        assert not (await world.job(waiting.id)).held

    @pytest.mark.parametrize("bad", ["task", "list"])
    async def test_neither_a_bad_task_nor_a_bad_list_keeps_it_open(self, world: World, bad: str) -> None:
        job = await world.running()
        await silence(world)
        end(world)
        if bad == "task":
            world.provider.bad_tasks[job.task_id or 0] = DOWN
        else:
            world.provider.bad_list = DOWN
        await live(world, every=1, minutes=2)
        assert not world.breaker.is_open

    async def test_a_refusal_is_an_answer_too(self, world: World) -> None:
        await world.running()
        await silence(world)
        end(world)
        world.provider.tasks.clear()
        await live(world, every=1, minutes=1)
        assert not world.breaker.is_open

    async def test_the_next_silence_begins_with_short_pauses_again(self, world: World) -> None:
        await world.running()
        for _ in range(2):
            world.provider.down = DOWN
            while not world.breaker.is_open:
                await world.tracker.tick()
            assert await asked_at(world, 40) == [5, 15, 35]
            world.provider.down = None
            await live(world, every=1, minutes=1)
            assert not world.breaker.is_open

    @pytest.mark.parametrize("hours", [-1, -24, 1])
    async def test_a_clock_that_jumps_delays_no_probe(self, world: World, hours: float) -> None:
        await world.running()
        await silence(world)
        end(world)
        world.clock.advance(hours=hours)
        await live(world, every=1, seconds=1)
        assert not world.breaker.is_open


class TestPatience:
    async def test_silence_is_not_held_against_a_task_that_stands_where_it_was(self, world: World) -> None:
        job = await world.running()
        say(world, job, state=TaskState.RUNNING, progress=46)
        await world.tracker.tick()
        await silence(world)
        await live(world, every=10, hours=1)
        end(world)
        await live(world, every=10, minutes=15)
        assert await world.state(job) is JobState.RUNNING
        await live(world, every=10, minutes=2)
        assert await world.state(job) is JobState.EXPIRED

    async def test_neither_is_time_in_which_the_bot_was_not_there(self, world: World) -> None:
        job = await world.running()
        say(world, job, state=TaskState.RUNNING, progress=46)
        await world.tracker.tick()
        world.clock.advance(hours=2)
        await again(world)
        await live(world, every=10, minutes=15)
        assert await world.state(job) is JobState.RUNNING
        await live(world, every=10, seconds=10)
        assert await world.state(job) is JobState.EXPIRED

    @pytest.mark.parametrize("runs", [True, False])
    async def test_after_six_hours_it_is_given_up_and_refunded_all_the_same(self, world: World, runs: bool) -> None:
        job = await (world.running() if runs else world.admitted())
        await silence(world)
        await live(world, every=60, hours=6)
        expired = await world.job(job.id)
        assert (expired.state, expired.held) == (JobState.EXPIRED, True)
        assert await world.used() == (0, 0, 0)

    async def test_a_call_whose_answer_was_lost_is_looked_for_when_it_answers_again(self, world: World) -> None:
        world.provider.lost_answers.append(ProviderUnreachable("time-out"))
        job = await world.running()
        assert job.state is JobState.SUBMITTING
        await silence(world)
        await live(world, every=10, hours=1)
        assert await world.state(job) is JobState.SUBMITTING
        end(world)
        await live(world, every=10, minutes=2)
        assert await world.state(job) is JobState.RUNNING
        assert len(world.provider.asked("imagine")) == 1


class TestRestart:
    async def test_it_is_found_open_and_asked_at_once(self, world: World) -> None:
        job = await world.running()
        await silence(world)
        await again(world)
        assert world.breaker.is_open
        assert (await world.admitted()).held
        world.provider.calls.clear()
        await world.tracker.tick()
        assert [call[0] for call in world.provider.calls] == ["query"]
        assert (await world.job(job.id)).held

    async def test_it_is_found_closed_after_it_was_closed(self, world: World) -> None:
        await world.running()
        await silence(world)
        end(world)
        await live(world, every=1, minutes=1)
        await again(world)
        assert not world.breaker.is_open
        assert world.breaker.silence is not None

    async def test_what_the_last_run_held_without_noting_why_is_let_go(self, world: World) -> None:
        """Admitted while it was open, and the process died before it could note that."""
        job = await world.running()
        async with world.storage.write() as uow:
            await uow.jobs.note(job.id, JobState.RUNNING, visible=True, held=True)
            await uow.commit()
        await again(world)
        await world.tracker.tick()
        assert not (await world.job(job.id)).held

    async def test_what_could_not_be_stored_is_stored_by_the_next_tick(
        self, world: World, errors: Errors, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = await world.running()
        world.provider.down = DOWN
        while not world.breaker.is_open:
            await world.tracker.tick()
        with monkeypatch.context() as patch:
            patch.setattr(world.storage, "write", _full)
            await world.tracker.tick()
        assert len(errors.take()) == 1
        await world.tracker.tick()
        assert (await world.job(job.id)).held
        await again(world)
        assert world.breaker.is_open


def _full() -> object:
    raise OSError("disk full")
