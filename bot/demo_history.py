"""What a member of the demo did in the weeks before: forty jobs, made by the real services at earlier times."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.discord_ui.services import Services
from bot.domain import image_models
from bot.domain.action import Price
from bot.domain.job import Account, Dimensions, Job, JobKind, JobState, NewJob, Speed
from bot.domain.quota import price_of
from bot.domain.repositories import Storage
from bot.providers.simulated import SimulatedService

PROMPTS = (
    "a lighthouse on a cliff, stormy sea --ar 3:2",
    "an owl on a birch branch, first snow",
    "a harbour town at night, lanterns on the water --ar 16:9",
    "a red fox crossing a frozen lake",
    "a hot-air balloon over lavender fields --ar 3:2",
    "a portrait of an old sailor, oil painting --ar 4:5",
    "northern lights over a pine forest --ar 16:9",
    "a whale swimming through clouds",
    "a narrow street in the rain, umbrellas --ar 2:3",
    "desert dunes at noon, a lone acacia --ar 16:9",
    "a vase of peonies by an open window --ar 4:5",
    "a paper boat in a puddle, macro",
    "a mountain hut under the milky way --ar 3:2",
    "a deer in the mist, watercolour",
    "a city of towers seen from a tram --s 250",
    "a cherry tree in a courtyard, spring --niji 6",
    "a ringed planet above a quiet ocean --ar 16:9",
    "a cat asleep on a stack of books",
    "a wooden bridge over a gorge, autumn --ar 2:3",
    "fishermen hauling nets at dawn, ink drawing --ar 3:2",
    "a greenhouse full of ferns --ar 4:5",
    "a winter market, warm light --ar 3:2",
)
REFUSED = "fail: late"
ORDERS = ("a poster of a fox and the moon", "a sailing boat, flat colours", "three mountains, paper cut")
STEPS = ("U1", "V2", "U3", "🔄", "U4", "V4", "U2", "V1", "U1", "V3", "U2")
"""What was pressed, each on the picture before it."""

APART = timedelta(hours=17)
TAKES = timedelta(seconds=90)


@dataclass
class Past:
    """A clock that can be held at an earlier moment."""

    present: Callable[[], datetime]
    held: datetime | None = None

    def __call__(self) -> datetime:
        return self.held or self.present()


async def seed(
    services: Services, storage: Storage, service: SimulatedService, past: Past, account: Account, channel_id: int
) -> list[Job]:
    """Let the member do forty things, one every seventeen hours until yesterday. Most have no thumbnail yet."""
    plan = list(_plan(account, channel_id))
    moment = past() - timedelta(days=1) - APART * len(plan)
    done: list[Job] = []
    for step in plan:
        moment += APART
        past.held = moment
        done.append(await _live(services, storage, service, past, step, done))
    past.held = None
    return done


async def draw_thumbnails(services: Services, storage: Storage, service: SimulatedService, jobs: Sequence[Job]) -> None:
    """Give each its thumbnail, the newest first: drawing takes a moment, in which the page can be used already."""
    for job in reversed(jobs):
        has_picture = job.state is JobState.SUCCEEDED and job.task_id is not None
        picture = await service.small_picture(job.task_id or 0) if has_picture else None
        if picture is not None:
            await _keep_thumbnail(storage, job, await services.picture_work.thumbnail(picture))


def _plan(account: Account, channel_id: int) -> Iterator[NewJob | str]:
    """Commands, and between them labels of buttons that are pressed on what was made last.

    A blend and a description are given their pictures when it is their turn.
    """
    basis = NewJob(account, JobKind.IMAGINE, "", Speed.FAST, price_of(Price.PICTURE, Speed.FAST), channel_id, "")
    for n, prompt in enumerate(PROMPTS):
        yield replace(basis, prompt=prompt)
        if n % 2:
            yield STEPS[n // 2]
    yield replace(basis, kind=JobKind.BLEND, dimensions=Dimensions.SQUARE)
    yield replace(basis, kind=JobKind.DESCRIBE, price=1)
    yield "2️⃣"
    yield replace(basis, prompt=REFUSED)
    for prompt in ORDERS:
        options = image_models.choose(
            ("dall-e-2",), prompt, model=None, size="256x256", quality=None, style=None, count=1
        )
        yield replace(basis, kind=JobKind.DALLE, prompt=prompt, price=1, image=options)


async def _live(
    services: Services, storage: Storage, service: SimulatedService, past: Past, step: NewJob | str, done: list[Job]
) -> Job:
    """One job from its admission to its end; its card has gone, as cards of long ago may."""
    if isinstance(step, str):
        parent = next(job for job in reversed(done) if job.pressed is None)
        action = next(each for each in parent.actions if step in (each.shown_label, each.shown_emoji))
        job = (await services.press.admit(parent, action, parent.account, parent.channel_id, "")).job
    else:
        job = (await services.submit.admit(await _with_sources(services, service, step, done))).job
    await services.submit.card_sent(job.id, job.id)
    await services.submit.start(job)
    await services.generate.drain()
    past.held = past() + TAKES
    await services.tracker.tick()
    async with storage.write() as uow:
        await uow.jobs.drop_card(job.id, job.id)
        results = await uow.pictures.results(job.id)
        await uow.commit()
    thumbnail = await services.picture_work.thumbnail(results[0]) if results else None
    await _keep_thumbnail(storage, job, thumbnail)
    return await _get(storage, job)


async def _with_sources(services: Services, service: SimulatedService, new: NewJob, done: list[Job]) -> NewJob:
    """Pictures that were made before are what a blend or a description is made from."""
    count = {JobKind.BLEND: 2, JobKind.DESCRIBE: 1}.get(new.kind, 0)
    single = [job.task_id or 0 for job in done if job.pressed and job.pressed.family.single]
    pictures = [await service.small_picture(task_id) or b"" for task_id in single[:count]]
    sources = [await services.picture_work.prepare(picture, "a picture") for picture in pictures]
    described = await services.picture_work.thumbnail(sources[0]) if new.kind is JobKind.DESCRIBE else None
    return replace(new, sources=tuple(sources), thumbnail=described)


async def _keep_thumbnail(storage: Storage, job: Job, data: bytes | None) -> None:
    async with storage.write() as uow:
        await uow.pictures.keep_thumbnail(job.id, data)
        await uow.commit()


async def _get(storage: Storage, job: Job) -> Job:
    async with storage.read() as uow:
        found = await uow.jobs.get(job.id)
    if found is None:
        raise LookupError(f"job {job.id} is gone")
    return found
