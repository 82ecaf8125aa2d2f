"""The operator is told of each trouble once, again only after it was over, and never by a flood."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.errors import BalanceUsedUp, KeyRefused, ProviderError, ProviderUnreachable
from bot.domain.image_models import ImageOptions
from bot.domain.job import Account, Job, JobKind
from bot.services.alarm import ANSWERS_AGAIN
from tests.services.conftest import Errors
from tests.services.test_breaker import again, end, silence
from tests.services.world import BOB, World, settle

IMAGE = ImageOptions("dall-e-3", "1024x1024", None, None, 1)
DOWN = ProviderUnreachable("no connection", may_have_arrived=False)


async def tell(world: World, ticks: int = 3) -> list[str]:
    """What the operator reads now."""
    before = len(world.operator.told)
    for _ in range(ticks):
        await world.tracker.tick()
        await settle()
    return world.operator.told[before:]


async def live(world: World, *, every: float, **units: float) -> None:
    """Let time pass, with ticks, and with everything that they begin."""
    until = world.clock.now + timedelta(**units)
    while world.clock.now < until:
        world.clock.advance(seconds=every)
        await tell(world, ticks=1)


async def image(world: World, error: ProviderError | None = None) -> Job:
    world.generator.failures = [error] if error else []
    job = await world.running(kind=JobKind.DALLE, image=IMAGE)
    await settle()
    return job


async def picture(world: World, error: ProviderError | None = None) -> Job:
    """One whose create call fails like that, or works."""
    world.provider.refusals = [error] if error else []
    return await world.running(account=BOB)


TROUBLES = [
    (picture, KeyRefused("401"), "OhMyGPT refuses my key", "`OHMYGPT_API_KEY`"),
    (picture, BalanceUsedUp("402"), "balance at OhMyGPT is used up", "Top it up"),
    (image, KeyRefused("401"), "image service refuses my key", "`OPENAI_API_KEY`"),
    (image, BalanceUsedUp("billing"), "balance at the image service is used up", "Top it up"),
]
EACH = pytest.mark.parametrize(
    ("make", "error", "what", "cure"), TROUBLES, ids=["key", "balance", "image key", "image balance"]
)


class TestSilence:
    async def test_they_hear_when_it_begins_and_when_it_is_over(self, world: World) -> None:
        await world.running()
        await world.admitted()
        await image(world)
        await silence(world)
        since = world.breaker.silence
        [begun] = await tell(world)
        assert since is not None
        assert begun.startswith(f"⚠️ **Midjourney is not answering**, since <t:{int(since.since.timestamp())}:t>. ")
        assert "2 jobs wait for it and keep their places." in begun
        assert "The cards say so, no credit is lost" in begun
        await live(world, every=60, minutes=124)
        end(world)
        await live(world, every=60, minutes=2)
        assert await tell(world) == []
        assert world.operator.told[1:] == [ANSWERS_AGAIN.format(length="2 hours 5 minutes")]

    @pytest.mark.parametrize(("jobs", "words"), [(0, "No job waits for it yet."), (1, "1 job waits for it and")])
    async def test_the_jobs_are_counted(self, world: World, jobs: int, words: str) -> None:
        for _ in range(jobs):
            await world.admitted()
        for _ in range(5):
            world.breaker.failed()
        [told] = await tell(world)
        assert words in told

    async def test_what_is_over_before_anybody_was_told_is_not_told(self, world: World) -> None:
        await world.running()
        world.operator.away = True
        await silence(world)
        await tell(world)
        assert world.operator.tries == 1
        end(world)
        await live(world, every=1, minutes=1)
        world.operator.away = False
        await live(world, every=1, minutes=5)
        assert world.operator.told == []

    async def test_one_that_comes_and_goes_is_told_once_in_a_quarter_of_an_hour(self, world: World) -> None:
        await world.running()
        for _ in range(20):
            await silence(world)
            await live(world, every=1, seconds=10)
            end(world)
            await live(world, every=1, seconds=50)
        begun = [text for text in world.operator.told if "not answering" in text]
        assert 1 < len(begun) <= 3
        assert len(world.operator.told) == 2 * len(begun)

    async def test_one_that_is_back_before_its_end_was_told_has_never_ended(self, world: World) -> None:
        await world.running()
        await silence(world)
        await tell(world)
        world.operator.away = True
        end(world)
        await live(world, every=1, minutes=1)
        await silence(world)
        world.operator.away = False
        await live(world, every=1, minutes=30)
        assert len(world.operator.told) == 1


class TestKeyAndBalance:
    @EACH
    async def test_they_are_told_once_what_is_wrong_and_what_to_do(
        self, world: World, make, error: ProviderError, what: str, cure: str
    ) -> None:
        for _ in range(3):
            await make(world, error)
            await tell(world)
        [told] = world.operator.told
        assert what in told
        assert cure in told
        assert f"since <t:{int(world.clock.now.timestamp())}:t>" in told

    @EACH
    async def test_and_again_only_after_it_worked(
        self, world: World, make, error: ProviderError, what: str, cure: str
    ) -> None:
        await make(world, error)
        assert len(await tell(world)) == 1
        world.clock.advance(hours=1)
        await make(world, error)
        assert await tell(world) == []
        await make(world)
        assert await tell(world) == [], "that it works again they know: they saw to it"
        await make(world, error)
        assert len(await tell(world)) == 1

    @EACH
    async def test_a_restart_repeats_nothing(
        self, world: World, make, error: ProviderError, what: str, cure: str
    ) -> None:
        await make(world, error)
        await tell(world)
        for _ in range(2):
            await again(world)
            assert await tell(world) == []
            await make(world, error)
            assert await tell(world) == []
        world.clock.advance(hours=1)
        await make(world)
        await tell(world)
        await again(world)
        await make(world, error)
        assert len(await tell(world)) == 1

    @pytest.mark.parametrize("error", [BalanceUsedUp("402"), KeyRefused("403")])
    async def test_answered_questions_prove_neither(self, world: World, error: ProviderError) -> None:
        await world.running()
        for _ in range(2):
            await picture(world, error)
            await live(world, every=60, hours=1)
        assert len(world.operator.told) == 1

    async def test_a_key_that_is_refused_to_questions_is_told_too(self, world: World) -> None:
        await world.running()
        world.provider.down = KeyRefused("401")
        assert len(await tell(world)) == 1

    async def test_each_trouble_is_told_by_itself(self, world: World) -> None:
        for make, error, _, _ in TROUBLES:
            await make(world, error)
        told = await tell(world, ticks=10)
        assert len(told) == len(set(told)) == len(TROUBLES)


class TestDelivery:
    async def test_what_discord_does_not_take_is_told_later_at_growing_intervals(self, world: World) -> None:
        world.operator.away = True
        await picture(world, KeyRefused("401"))
        for _ in range(300):
            await tell(world, ticks=1)
            world.clock.advance(seconds=1)
        assert world.operator.tries == 8
        world.operator.away = False
        await live(world, every=1, minutes=2)
        assert len(world.operator.told) == 1

    async def test_a_restart_while_the_provider_is_silent_repeats_nothing(self, world: World) -> None:
        await world.running()
        await silence(world)
        await tell(world)
        await again(world)
        assert await tell(world) == []
        end(world)
        await live(world, every=1, minutes=3)
        [_, over] = world.operator.told
        assert "answers again" in over

    async def test_the_end_of_a_silence_is_told_by_the_next_run_if_need_be(self, world: World) -> None:
        await world.running()
        await silence(world)
        await tell(world)
        world.operator.away = True
        await live(world, every=60, minutes=9)
        end(world)
        await live(world, every=60, minutes=2)
        world.operator.away = False
        world.clock.advance(days=1)
        await again(world)
        assert await tell(world) == [ANSWERS_AGAIN.format(length="10 minutes")]

    async def test_a_slow_discord_holds_up_no_tick(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = asyncio.Event()

        async def slow(text: str) -> bool:
            await answer.wait()
            world.operator.told.append(text)
            return True

        monkeypatch.setattr(world.operator, "tell", slow)
        await picture(world, KeyRefused("401"))
        world.provider.refusals = []
        await tell(world)
        assert len(world.provider.asked("imagine")) == 1
        await world.running(account=Account(1, 5))
        await tell(world)
        answer.set()
        assert len(await tell(world)) == 1

    async def test_what_could_not_be_noted_is_not_told_again_by_this_run(
        self, world: World, errors: Errors, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await picture(world, KeyRefused("401"))
        await world.tracker.tick()

        def full() -> object:
            raise OSError("disk full")

        with monkeypatch.context() as patch:
            patch.setattr(world.storage, "write", full)
            await settle()
        assert len(world.operator.told) == 1
        assert await tell(world, ticks=5) == []
        assert "disk full" in str(errors.take()[0].exc_text)

    async def test_closing_ends_what_is_being_told(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        async def never(_: str) -> bool:
            await asyncio.Event().wait()
            return True

        monkeypatch.setattr(world.operator, "tell", never)
        await picture(world, KeyRefused("401"))
        await tell(world)
        async with asyncio.timeout(1):
            await world.tracker.close()
        assert not [task for task in asyncio.all_tasks() if "tell the operator" in task.get_name()]


async def test_a_message_that_fails_for_no_known_reason_costs_no_job_a_tick(
    world: World, errors: Errors, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.running()
    await picture(world, KeyRefused("401"))

    async def broken(text: str) -> bool:
        raise RuntimeError("broken")

    monkeypatch.setattr(world.operator, "tell", broken)
    for _ in range(6):
        world.provider.calls.clear()
        await world.tracker.tick()
        await settle()
        assert world.provider.asked("query")
    assert errors.take()
