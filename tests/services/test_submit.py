"""Admission and submission: what is charged, what is sent, and what a failed call means for the job."""

import asyncio
from collections.abc import Callable

import pytest

from bot.domain.errors import (
    BalanceUsedUp,
    DirectMessagesClosed,
    KeyRefused,
    NonsenseAnswer,
    OutOfCredits,
    PromptRejected,
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    RequestRefused,
    StorageUnavailable,
)
from bot.domain.job import Account, JobKind, JobState, Speed
from bot.domain.quota import Limits
from tests.services.conftest import Errors
from tests.services.world import ALICE, BOB, CHANNEL, LINK, U1, World, settle

DIRECT = Account(0, 11)
MakeWorld = Callable[..., World]


class TestAdmission:
    async def test_an_admitted_job_is_charged_and_queued(self, world: World) -> None:
        job = await world.admitted("a heron", price=2)
        assert (job.state, job.prompt, job.account, job.channel_id) == (JobState.QUEUED, "a heron", ALICE, CHANNEL)
        assert await world.used() == (2, 2, 2)

    async def test_nothing_is_asked_of_the_provider_or_discord_before_the_card(self, world: World) -> None:
        job = await world.admitted(card=False)
        await world.submit.start(job)
        await world.submit.start_waiting()
        assert (world.provider.calls, world.cards.done) == ([], [])
        assert await world.state(job) is JobState.QUEUED

    @pytest.mark.parametrize(
        ("limits", "sentence"),
        [
            (Limits(account=5), "This costs 2 credits, but you have only 1 credit left today. "),
            (Limits(server=5), "This costs 2 credits, but this server has only 1 credit left today. "),
            (Limits(total=5), "This costs 2 credits, but all of my servers together have only 1 credit left today. "),
            (Limits(account=4), "This costs 2 credits, but you have no credits left today. "),
        ],
    )
    async def test_a_limit_refuses_with_its_own_sentence_and_keeps_nothing(
        self, make_world: MakeWorld, limits: Limits, sentence: str
    ) -> None:
        world = make_world(limits)
        for price in (3, 1):
            await world.admitted(price=price)
        before = world.storage.state
        with pytest.raises(OutOfCredits) as refusal:
            await world.admitted(price=2)
        assert refusal.value.sentence == sentence + "New credits arrive <t:1777680000:R>. Nothing was charged."
        assert world.storage.state == before

    async def test_where_the_limit_is_zero_no_new_credits_are_promised(self, make_world: MakeWorld) -> None:
        with pytest.raises(OutOfCredits) as refusal:
            await make_world(Limits(account=0)).admitted(price=2)
        assert refusal.value.sentence == (
            "This costs 2 credits, but you have no credits left today. "
            "The daily limit here is 0; someone who manages this server can change that. Nothing was charged."
        )

    async def test_the_last_credit_can_be_spent_and_new_ones_come_at_midnight(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(account=4))
        await world.admitted(price=4)
        world.clock.advance(hours=11, minutes=59, seconds=59)
        with pytest.raises(OutOfCredits):
            await world.admitted(price=1)
        world.clock.advance(seconds=1)
        await world.admitted(price=4)
        assert await world.used() == (4, 4, 4)

    @pytest.mark.parametrize("other", [BOB, Account(2, ALICE.member_id)])
    async def test_each_account_has_credits_of_its_own(self, make_world: MakeWorld, other: Account) -> None:
        world = make_world(Limits(account=2))
        await world.admitted()
        await world.admitted(account=other)
        assert (await world.used(other))[0] == 2

    async def test_direct_messages_are_closed_unless_the_operator_gives_credits(self, make_world: MakeWorld) -> None:
        world = make_world()
        with pytest.raises(DirectMessagesClosed, match="use a server that has me"):
            await world.admitted(account=DIRECT)
        assert world.storage.state.jobs == {}

    async def test_open_direct_messages_have_a_limit_of_their_own(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(account=50, direct=2))
        await world.admitted(account=DIRECT)
        with pytest.raises(OutOfCredits, match="you have no credits left"):
            await world.admitted(account=DIRECT)


class TestStart:
    async def test_a_started_job_runs_as_the_new_task(self, world: World) -> None:
        job = await world.running("a heron --ar 3:2", speed=Speed.NORMAL)
        assert world.provider.calls == [("imagine", "a heron --ar 3:2", Speed.NORMAL)]
        assert (job.state, job.task_id) == (JobState.RUNNING, next(iter(world.provider.tasks)))
        assert job.revision > job.shown
        assert not world.submit.in_flight

    async def test_the_provider_is_called_outside_any_transaction_by_a_job_that_says_so(self, world: World) -> None:
        seen: list[JobState] = []

        async def look() -> None:
            async with asyncio.timeout(1), world.storage.write() as uow:
                job = await uow.jobs.get(1)
                assert job is not None
                seen.append(job.state)

        world.provider.during = look
        await world.running()
        assert seen == [JobState.SUBMITTING]

    async def test_a_job_is_submitted_once(self, world: World) -> None:
        job = await world.admitted()
        await asyncio.gather(*(world.submit.start(job) for _ in range(5)), world.submit.start_waiting())
        assert len(world.provider.calls) == 1

    async def test_a_press_is_sent_with_the_parent_s_task_the_id_and_the_speed(self, world: World) -> None:
        parent = await world.finished(speed=Speed.NORMAL)
        child = await world.running(kind=JobKind.PRESS, parent_id=parent.id, pressed=U1, speed=Speed.NORMAL, price=1)
        assert world.provider.asked("press") == [("press", parent.task_id, U1.custom_id, Speed.NORMAL)]
        assert child.state is JobState.RUNNING

    async def test_a_job_that_cannot_be_sent_keeps_no_other_waiting(self, world: World, errors: Errors) -> None:
        never_ran = await world.admitted()
        await world.submit.abandon(never_ran.id)
        bad = await world.admitted(kind=JobKind.PRESS, parent_id=never_ran.id, pressed=U1)
        good = await world.admitted(account=BOB)
        await world.submit.start_waiting()
        assert await world.state(good) is JobState.RUNNING
        assert await world.state(bad) is JobState.SUBMITTING  # recovery gives it up, with a refund
        [error] = errors.take()
        assert (error.__dict__["job"], error.__dict__["account"]) == (bad.id, "1/11")
        assert error.exc_info is not None

    async def test_a_slow_answer_keeps_no_other_waiting(self, world: World) -> None:
        answer = asyncio.Event()
        slow, quick = await world.admitted("slow"), await world.admitted("quick")
        world.provider.during = answer.wait
        starting = asyncio.create_task(world.submit.start_waiting())
        await settle()
        world.provider.during = None
        assert len(world.provider.calls) == 2
        answer.set()
        await starting
        assert [await world.state(job) for job in (slow, quick)] == [JobState.RUNNING] * 2


class TestFailedCalls:
    @pytest.mark.parametrize(
        "error",
        [
            KeyRefused("401"),
            BalanceUsedUp("402"),
            PromptRejected("Banned word."),
            RequestRefused("Midjourney cannot do this."),
        ],
        ids=lambda error: type(error).__name__,
    )
    async def test_a_no_ends_the_job_and_gives_its_credits_back(self, world: World, error: ProviderError) -> None:
        world.provider.refusals.append(error)
        job = await world.running()
        assert (job.state, job.failure, job.finished_at) == (JobState.FAILED, error.sentence, world.clock.now)
        assert job.revision > job.shown
        assert await world.used() == (0, 0, 0)

    @pytest.mark.parametrize(
        ("error", "seconds"),
        [
            (ProviderBusy("429"), 5),
            (ProviderBusy("429", retry_after=20), 20),
            (ProviderBusy("429", retry_after=3600), 60),
        ],
    )
    async def test_not_now_puts_the_job_back_in_line_and_pauses(
        self, world: World, error: ProviderError, seconds: int
    ) -> None:
        world.provider.refusals.append(error)
        job = await world.running()
        assert (job.state, job.task_id, job.shown) == (JobState.QUEUED, None, job.revision)
        assert await world.used() == (2, 2, 2)
        await self.waits(world, seconds)
        assert await world.state(job) is JobState.RUNNING

    async def test_without_a_connection_the_job_is_back_in_line_for_the_next_tick(self, world: World) -> None:
        world.provider.refusals.append(ProviderUnreachable("no connection", may_have_arrived=False))
        job = await world.running()
        assert (job.state, job.task_id, job.shown) == (JobState.QUEUED, None, job.revision)
        assert await world.used() == (2, 2, 2)
        await world.submit.start_waiting()
        assert await world.state(job) is JobState.RUNNING

    async def waits(self, world: World, seconds: float) -> None:
        """Nothing is sent before that time, not for anybody; then it is."""
        sent = len(world.provider.calls)
        world.clock.advance(seconds=seconds - 0.1)
        await world.submit.start_waiting()
        assert len(world.provider.calls) == sent
        world.clock.advance(seconds=0.1)
        await world.submit.start_waiting()
        assert len(world.provider.calls) > sent

    async def test_a_pause_holds_every_account(self, world: World) -> None:
        world.provider.refusals.append(ProviderBusy())
        await world.running()
        other = await world.running(account=BOB)
        assert other.state is JobState.QUEUED
        assert len(world.provider.calls) == 1

    async def test_pauses_grow_to_a_minute_and_begin_anew_after_a_success(self, world: World) -> None:
        world.provider.refusals = [ProviderBusy() for _ in range(6)]
        await world.running()
        for seconds in (5, 10, 20, 40, 60, 60):
            await self.waits(world, seconds)
        world.provider.refusals.append(ProviderBusy())
        await world.running("another")
        await self.waits(world, 5)

    async def test_jobs_that_are_refused_together_make_one_pause(self, world: World) -> None:
        world.provider.refusals = [ProviderBusy() for _ in range(3)]
        for account in (ALICE, BOB, Account(2, 13)):
            await world.admitted(account=account)
        answers = asyncio.Event()
        world.provider.during = answers.wait
        starting = asyncio.create_task(world.submit.start_waiting())
        await settle()
        assert len(world.provider.calls) == 3
        answers.set()
        await starting
        await self.waits(world, 5)

    @pytest.mark.parametrize("error", [ProviderUnreachable("read time-out"), NonsenseAnswer("HTML")])
    @pytest.mark.parametrize("task_exists", [True, False])
    async def test_a_lost_answer_leaves_it_open(self, world: World, error: ProviderError, task_exists: bool) -> None:
        (world.provider.lost_answers if task_exists else world.provider.refusals).append(error)
        job = await world.running()
        assert (job.state, job.task_id) == (JobState.SUBMITTING, None)
        assert await world.used() == (2, 2, 2)
        await world.submit.start_waiting()
        assert len(world.provider.calls) == 1

    async def test_a_stop_in_the_middle_of_a_call_leaves_it_open(self, world: World) -> None:
        job = await world.admitted()
        world.provider.during = asyncio.Event().wait
        starting = asyncio.create_task(world.submit.start(job))
        await settle()
        [call] = [task for task in asyncio.all_tasks() if task.get_name() == f"start job {job.id}"]
        call.cancel()
        await starting
        assert await world.state(job) is JobState.SUBMITTING
        assert not world.submit.in_flight


class TestPlaces:
    async def test_an_account_runs_so_many_at_once_and_the_next_when_one_ends(self, make_world: MakeWorld) -> None:
        world = make_world(most_running=2)
        jobs = [await world.admitted(str(n)) for n in range(4)]
        await world.submit.start_waiting()
        assert [await world.state(job) for job in jobs] == [JobState.RUNNING] * 2 + [JobState.QUEUED] * 2
        async with world.storage.write() as uow:
            await uow.jobs.move(jobs[0].id, JobState.RUNNING, JobState.SUCCEEDED, world.clock.now)
            await uow.commit()
        await world.submit.start_waiting()
        assert [await world.state(job) for job in jobs[1:]] == [JobState.RUNNING] * 2 + [JobState.QUEUED]
        assert [call[1] for call in world.provider.calls] == ["0", "1", "2"]

    async def test_others_do_not_wait_for_a_full_account(self, make_world: MakeWorld) -> None:
        world = make_world(most_running=1)
        await world.running("first")
        waiting = await world.running("second")
        others = [await world.running(account=account) for account in (BOB, Account(2, ALICE.member_id))]
        assert [job.state for job in (waiting, *others)] == [JobState.QUEUED, JobState.RUNNING, JobState.RUNNING]


class TestDraining:
    async def test_draining_waits_for_what_is_on_its_way(self, world: World) -> None:
        answer = asyncio.Event()
        job = await world.admitted()
        world.provider.during = answer.wait
        starting = asyncio.create_task(world.submit.start(job))
        await settle()
        draining = asyncio.create_task(world.submit.drain())
        await settle()
        assert (draining.done(), world.submit.in_flight) == (False, {job.id})
        answer.set()
        await asyncio.gather(starting, draining)
        assert await world.state(job) is JobState.RUNNING

    async def test_nothing_on_its_way_needs_no_waiting(self, world: World) -> None:
        async with asyncio.timeout(1):
            await world.submit.drain()

    async def test_a_second_start_does_not_hide_that_the_first_is_on_its_way(self, world: World) -> None:
        answer = asyncio.Event()
        job = await world.admitted()
        world.provider.during = answer.wait
        first = asyncio.create_task(world.submit.start(job))
        await settle()
        await world.submit.start(job)
        assert world.submit.in_flight == {job.id}
        answer.set()
        await first


class TestCards:
    async def test_a_card_lets_the_job_start(self, world: World) -> None:
        job = await world.admitted(card=False)
        await world.submit.card_sent(job.id, 77)
        await world.submit.start(job)
        assert ((await world.job(job.id)).message_id, await world.state(job)) == (77, JobState.RUNNING)

    async def test_an_abandoned_job_is_cancelled_and_free(self, world: World) -> None:
        job = await world.admitted(card=False)
        await world.submit.abandon(job.id)
        await world.submit.abandon(job.id)
        assert await world.state(job) is JobState.CANCELLED
        assert await world.used() == (0, 0, 0)

    async def test_a_job_on_its_way_is_not_abandoned(self, world: World) -> None:
        job = await world.running()
        await world.submit.abandon(job.id)
        assert await world.state(job) is JobState.RUNNING
        assert await world.used() == (2, 2, 2)

    async def test_a_replaced_card_gets_the_picture_again(self, world: World) -> None:
        job = await world.finished()
        await world.draw()
        assert await world.submit.card_replaced(job, job.channel_id, 88, "new token")
        assert not await world.submit.card_replaced(job, job.channel_id, 99, "newer"), "somebody was quicker"
        await world.draw()
        assert world.pictures.asked == [((LINK,), 10_000)] * 2
        assert [(shown.message_id, picture is not None) for _, shown, picture in world.cards.done] == [
            (job.message_id, True),
            (88, True),
        ]


async def test_a_task_that_could_not_be_noted_at_once_is_noted_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a blend the list would not tell whose it is."""
    job = await world.admitted("", kind=JobKind.BLEND, sources=(b"one", b"two"))

    def locked() -> None:
        raise StorageUnavailable("locked")

    async def lock() -> None:
        monkeypatch.setattr(world.storage, "write", locked)

    world.provider.during = lock
    await world.submit.start(job)
    for _ in range(20):
        world.clock.advance(seconds=10)
        await world.tracker.tick()
    assert await world.state(job) is JobState.SUBMITTING
    monkeypatch.undo()
    await world.tracker.tick()
    assert (await world.job(job.id)).task_id in world.provider.tasks
    assert await world.state(job) is JobState.RUNNING
    assert not world.submit.in_flight
