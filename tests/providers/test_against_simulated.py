"""The real client against the simulated service: what each expects of the other."""

import io
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import stamina
from PIL import Image

from bot.domain.errors import (
    BalanceUsedUp,
    ContentRefused,
    KeyRefused,
    NonsenseAnswer,
    PromptRejected,
    ProviderBusy,
    ProviderUnreachable,
    RequestRefused,
)
from bot.domain.image_models import ImageOptions, choose
from bot.domain.job import Dimensions, Speed
from bot.domain.task import TaskState
from bot.providers.ohmygpt import OhMyGPT
from bot.providers.openai_images import OpenAIImages
from bot.providers.pictures import PictureFetcher
from bot.providers.simulated import Fault, SimulatedService, SimulatedTransport


class World:
    """One service, one client, one clock."""

    def __init__(self):
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.service = SimulatedService(lambda: self.time, api_key="key", picture_scale=0.05)
        self.http = httpx.AsyncClient(transport=SimulatedTransport(self.service))
        self.provider = OhMyGPT(self.http, "key", "https://simulated.invalid")
        self.images = OpenAIImages(self.http, "key", "https://simulated.invalid")

    async def generate(self, prompt="a fox", model="dall-e-3", size=None, quality=None, style=None, count=1):
        options = choose([model], prompt, model=None, size=size, quality=quality, style=style, count=count)
        return await self.images.generate(prompt, options)

    async def finished(self, task_id):
        self.time += timedelta(minutes=3)
        task = await self.provider.query(task_id)
        assert task.state is TaskState.SUCCEEDED
        return task


@pytest.fixture
async def world():
    stamina.set_testing(True, attempts=2)
    made = World()
    yield made
    await made.http.aclose()
    stamina.set_testing(False)


def picture(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(buffer, "WEBP")
    return buffer.getvalue()


async def test_a_picture_from_words_and_a_pick_from_it(world):
    task_id = await world.provider.imagine("a lighthouse --ar 3:2", Speed.FAST)
    task = await world.provider.query(task_id)
    assert task.state is TaskState.WAITING
    assert task.speed is Speed.FAST
    assert task.submitted_at == world.time
    world.time += timedelta(seconds=25)
    running = await world.provider.query(task_id)
    assert running.state is TaskState.RUNNING
    assert 0 < running.progress < 100
    grid = await world.finished(task_id)
    assert grid.prompt == "a lighthouse --ar 3:2"
    picture = await PictureFetcher(world.http).fetch([grid.source_url], 10_000_000)
    assert picture.width / picture.height == pytest.approx(1.5, rel=0.05)
    (u2,) = [action for action in grid.actions if action.shown_label == "U2"]
    pick = await world.finished(await world.provider.press(task_id, u2.custom_id, Speed.FAST))
    assert pick.kind == "UPSCALE"
    assert pick.prompt == grid.prompt
    assert [task.id for task in await world.provider.recent(1)] == [pick.id, grid.id]
    assert await world.provider.recent(2) == []


async def test_blend_describe_and_balance(world):
    blended = await world.provider.blend([picture("red"), picture("blue")], Dimensions.LANDSCAPE, Speed.NORMAL)
    assert (await world.finished(blended)).actions
    described = await world.finished(await world.provider.describe(picture("green"), Speed.FAST))
    assert described.prompt.count("️⃣") == 4
    assert len(described.suggestions) == 4
    assert not any("️⃣" in suggestion for suggestion in described.suggestions)
    assert described.source_url is None
    assert (await world.provider.balance()).paid > 0


async def test_refusals(world):
    with pytest.raises(PromptRejected, match="Banned"):
        await world.provider.imagine("fail: banned word", Speed.FAST)
    task_id = await world.provider.imagine("a cat", Speed.FAST)
    await world.finished(task_id)
    with pytest.raises(RequestRefused, match="another one"):
        await world.provider.press(task_id, "MJ::JOB::upsample::1::made-up", Speed.FAST)
    with pytest.raises(RequestRefused):
        await world.provider.query(1)
    world.service.balance = 0
    with pytest.raises(BalanceUsedUp):
        await world.provider.imagine("a cat", Speed.FAST)
    with pytest.raises(KeyRefused):
        await OhMyGPT(world.http, "another", "https://simulated.invalid").recent(1)


async def test_a_create_call_is_repeated_only_if_it_surely_did_not_arrive(world):
    world.service.faults.next("imagine", Fault.refused())
    await world.provider.imagine("one", Speed.FAST)
    assert len(await world.provider.recent(1)) == 1
    world.service.faults.next("imagine", Fault.lost())
    with pytest.raises(ProviderUnreachable) as lost:
        await world.provider.imagine("two", Speed.FAST)
    assert lost.value.may_have_arrived
    assert len(await world.provider.recent(1)) == 2
    world.service.faults.next("imagine", Fault.answer(429, Retry_After="7"))
    with pytest.raises(ProviderBusy) as busy:
        await world.provider.imagine("three", Speed.FAST)
    assert busy.value.retry_after == 7


@pytest.mark.parametrize("model", ["dall-e-2", "dall-e-3", "gpt-image-1", "gpt-image-1.5", "gpt-image-2"])
async def test_each_image_model_gives_pictures(world, model):
    generated = await world.generate(model=model)
    (image,) = generated.images
    if image.url:
        fetched = await PictureFetcher(world.http).fetch([image.url], 10_000_000)
        assert (fetched.width, fetched.height) == (51, 51)
    else:
        assert Image.open(io.BytesIO(image.data)).size == (51, 51)
    assert (image.url is None) is model.startswith("gpt-image")
    assert bool(generated.revised_prompt and "a fox" in generated.revised_prompt) is (model == "dall-e-3")


@pytest.mark.parametrize(
    "options",
    [
        {"model": "dall-e-3", "size": "1792x1024", "quality": "hd", "style": "natural"},
        {"model": "dall-e-2", "size": "512x512", "count": 3},
        {"model": "gpt-image-2", "size": "auto", "quality": "auto", "count": 2},
    ],
)
async def test_every_option_of_an_image_is_taken(world, options):
    assert len((await world.generate(**options)).images) == options.get("count", 1)


async def test_refused_images(world):
    for model in ("dall-e-3", "gpt-image-1"):
        for words in ("fail: banned word", "fail: late"):
            with pytest.raises(ContentRefused):
                await world.generate(words, model)
    with pytest.raises(RequestRefused, match="`dall-e-9` does not exist"):
        await world.images.generate("a fox", ImageOptions("dall-e-9", "1024x1024", None, None, 1))
    with pytest.raises(NonsenseAnswer):
        await world.generate("fail: no picture", "gpt-image-1")
    world.service.balance = 0
    with pytest.raises(BalanceUsedUp):
        await world.generate()
    world.images = OpenAIImages(world.http, "another", "https://simulated.invalid")
    with pytest.raises(KeyRefused):
        await world.generate()


async def test_an_image_call_is_repeated_only_if_it_surely_did_not_arrive(world):
    world.service.faults.next("generations", Fault.refused())
    assert (await world.generate()).images
    for lost in (Fault.lost(), Fault.answer(502)):
        world.service.faults.next("generations", lost)
        with pytest.raises(ProviderUnreachable) as caught:
            await world.generate()
        assert caught.value.may_have_arrived
    with pytest.raises(ProviderUnreachable):
        await world.generate("fail: silent")
    world.service.faults.next("generations", Fault.answer(429, Retry_After="7"))
    with pytest.raises(ProviderBusy, match="The image service is busy") as busy:
        await world.generate()
    assert busy.value.retry_after == 7
    assert world.service.faults.pending == 0
