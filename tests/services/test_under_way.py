"""What is under way: who sees it, who may cancel it, and what a cancellation gives back."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.domain.errors import CannotCancel, NotOffered, NotYours, Refusal
from bot.domain.image_models import ImageOptions
from bot.domain.job import Account, Job, JobKind, JobState
from bot.domain.quota import Limits
from bot.services.quota import Actor
from bot.services.under_way import BY_ADMIN
from tests.services.steps import finish
from tests.services.world import ALICE, BOB, OPERATOR, World, settle

MakeWorld = Callable[..., World]
DALLE: dict[str, Any] = {"kind": JobKind.DALLE, "image": ImageOptions("dall-e-2", "256x256", None, None, 1), "price": 1}
OWNER = Actor(ALICE, manages_server=False)
ADMIN = Actor(BOB, manages_server=True)
UNKNOWN = "I do not know this job any more. `/jobs` shows what is under way."
ALLOWED = {
    "owner": OWNER,
    "owner in direct messages": Actor(Account(0, ALICE.member_id), manages_server=False),
    "admin": ADMIN,
    "operator": Actor(Account(1, OPERATOR), manages_server=False),
    "operator elsewhere": Actor(Account(7, OPERATOR), manages_server=False),
    "operator in direct messages": Actor(Account(0, OPERATOR), manages_server=False),
}
OUTSIDERS = {
    "admin elsewhere": Actor(Account(2, BOB.member_id), manages_server=True),
    "owner in another server": Actor(Account(2, ALICE.member_id), manages_server=True),
    "somebody in direct messages": Actor(Account(0, BOB.member_id), manages_server=True),
}


async def refused(world: World, actor: Actor, job: Job) -> Refusal:
    before = world.storage.state
    with pytest.raises(Refusal) as refusal:
        await world.under_way.cancel(actor, job.id)
    assert world.storage.state == before
    return refusal.value


class TestCancelling:
    @pytest.mark.parametrize("who", ALLOWED)
    async def test_a_waiting_job_ends_and_its_credits_return_at_once(self, world: World, who: str) -> None:
        job = await world.admitted(sources=(b"source",))
        cancelled = await world.under_way.cancel(ALLOWED[who], job.id)
        assert cancelled.own is who.startswith("owner")
        stored = await world.job(job.id)
        assert stored == cancelled.job
        assert (stored.state, stored.place, stored.finished_at) == (JobState.CANCELLED, None, world.clock.now)
        assert stored.shown < stored.revision
        assert stored.failure == (None if cancelled.own else BY_ADMIN)
        assert await world.used() == (0, 0, 0)
        assert world.storage.state.sources == {}

    async def test_the_line_moves_up(self, make_world: MakeWorld) -> None:
        world = make_world(most_in_all=1)
        await world.running(account=Account(9, 9))
        first, second = await world.admitted(), await world.admitted(account=BOB)
        await world.under_way.cancel(OWNER, first.id)
        world.clock.advance(seconds=15)
        await world.submit.recount()
        assert (await world.job(second.id)).place == 1

    async def test_a_bystander_may_not(self, world: World) -> None:
        refusal = await refused(world, Actor(BOB, manages_server=False), await world.admitted())
        assert isinstance(refusal, NotYours)

    @pytest.mark.parametrize("who", OUTSIDERS)
    async def test_whoever_has_no_business_with_it_learns_nothing(self, world: World, who: str) -> None:
        refusal = await refused(world, OUTSIDERS[who], await world.admitted())
        assert (type(refusal), refusal.sentence) == (NotOffered, UNKNOWN)

    async def test_direct_messages_have_no_admins(self, make_world: MakeWorld) -> None:
        world = make_world(Limits(direct=10))
        job = await world.admitted(account=Account(0, ALICE.member_id))
        stranger = Actor(Account(0, BOB.member_id), manages_server=True)
        assert (await refused(world, stranger, job)).sentence == UNKNOWN

    @pytest.mark.parametrize("who", ["admin", "operator"])
    async def test_of_a_private_job_nobody_but_its_owner_learns(self, world: World, who: str) -> None:
        job = await world.admitted(private=True)
        assert (await refused(world, ALLOWED[who], job)).sentence == UNKNOWN
        assert (await world.under_way.cancel(OWNER, job.id)).own

    async def test_a_card_that_nobody_noted_is_known_by_its_button_and_shows_the_end(self, world: World) -> None:
        job = await world.admitted(card=False)
        assert (await refused(world, OWNER, job)).sentence == (
            "I am still looking for its card. Please try again in a minute."
        )
        await world.under_way.cancel(OWNER, job.id, 77)
        await world.draw()
        assert [(drawn.message_id, drawn.state) for _, drawn, _ in world.cards.done] == [(77, JobState.CANCELLED)]

    async def test_an_unknown_job_is_unknown(self, world: World) -> None:
        with pytest.raises(NotOffered):
            await world.under_way.cancel(OWNER, 999)


class TestTooLate:
    @pytest.mark.parametrize("who", ["owner", "admin"])
    async def test_a_running_picture_goes_on_and_stays_charged(self, world: World, who: str) -> None:
        refusal = await refused(world, ALLOWED[who], await world.running())
        assert isinstance(refusal, CannotCancel)
        assert refusal.sentence == (
            "Too late: Midjourney has this one now, and has no way to stop it. "
            "It goes on, and stays charged with 2 credits."
        )

    async def test_so_does_one_of_which_nobody_knows_whether_it_runs(self, world: World) -> None:
        assert "Midjourney has this one now" in (await refused(world, OWNER, await world.lost())).sentence

    async def test_an_image_that_is_being_painted_has_words_of_its_own(self, world: World) -> None:
        world.generator.busy = asyncio.Event()
        job = await world.running(**DALLE)
        await settle()
        assert (await refused(world, OWNER, job)).sentence == (
            "Too late: this one is being painted, and the image service has no way to stop that. "
            "It goes on, and stays charged with 1 credit."
        )

    async def test_what_is_done_is_done(self, world: World) -> None:
        assert "done already" in (await refused(world, OWNER, await world.finished())).sentence

    @pytest.mark.parametrize("state", [JobState.FAILED, JobState.EXPIRED])
    async def test_what_has_ended_has_given_its_credits_back(self, world: World, state: JobState) -> None:
        job = await finish(world, await world.running(), state)
        assert (await refused(world, OWNER, job)).sentence == (
            "This one has ended already, and its 2 credits came back."
        )

    async def test_cancelling_twice_gives_back_once(self, world: World) -> None:
        job = await world.admitted()
        await world.under_way.cancel(OWNER, job.id)
        assert "ended already" in (await refused(world, ADMIN, job)).sentence
        assert await world.used() == (0, 0, 0)

    @pytest.mark.parametrize("turns", range(12))
    async def test_a_race_with_the_start_has_one_winner(self, world: World, turns: int) -> None:
        job = await world.admitted()

        async def cancel() -> bool:
            for _ in range(turns):
                await asyncio.sleep(0)
            try:
                await world.under_way.cancel(OWNER, job.id)
            except CannotCancel:
                return False
            return True

        cancelled, _ = await asyncio.gather(cancel(), world.submit.start(job))
        expected = (JobState.CANCELLED, 0, 0) if cancelled else (JobState.RUNNING, 2, 1)
        assert (await world.state(job), (await world.used())[0], len(world.provider.calls)) == expected


async def test_a_member_sees_what_is_under_way_here_and_everything_in_direct_messages(world: World) -> None:
    here = [await world.running(), await world.admitted(private=True)]
    there = await world.admitted(account=Account(2, ALICE.member_id))
    await world.finished()
    await world.admitted(account=BOB)
    assert [job.id for job in await world.under_way.of(ALICE)] == [job.id for job in here]
    direct = await world.under_way.of(Account(0, ALICE.member_id))
    assert [job.id for job in direct] == [job.id for job in [*here, there]]
