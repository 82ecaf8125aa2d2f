"""A button on a finished job: is it offered, who may, what does it make, what does it cost."""

from collections.abc import Callable, Sequence

from bot.domain import prompt as prompts
from bot.domain.action import Action, Price
from bot.domain.errors import NotOffered
from bot.domain.image_models import ImageOptions
from bot.domain.image_models import price_of as price_of_images
from bot.domain.job import Account, Job, JobKind, JobState, NewJob, Speed
from bot.domain.ports import ImageProvider
from bot.domain.quota import price_of
from bot.domain.repositories import Storage, UnitOfWork
from bot.services.one_job import name_from_now_on
from bot.services.submit import Admission, Submit


def offered_by(provider: ImageProvider) -> Callable[[Action], bool]:
    """Whether a button can be carried out at all: by us or by the provider."""
    return lambda action: action.family.own or provider.supports(action)


class Press:
    """Looks a button up and turns its press into a child job, which the presser pays."""

    def __init__(self, storage: Storage, provider: ImageProvider, image_models: Sequence[str], submit: Submit) -> None:
        self._storage = storage
        self._image_models = image_models
        self._offered = offered_by(provider)
        self._submit = submit

    async def look(self, job_id: int, index: int, account: Account, channel_id: int) -> tuple[Job, Action]:
        """The parent and its `index`-th action, if `account` may press it in this channel; else NotOffered.

        A custom_id comes from outside: one that names a job of another place must not lead to it.
        """
        async with self._storage.read() as uow:
            parent = await uow.jobs.get(job_id)
            if parent is None or not await _may_see(uow, parent, account, channel_id):
                raise NotOffered("I do not know this picture any more. Please start a new one with `/imagine`.")
        name_from_now_on(parent)
        if not 0 <= index < len(parent.actions):
            raise NotOffered
        action = parent.actions[index]
        # What failed can only be tried again.
        fits = parent.state is JobState.SUCCEEDED or (parent.state is JobState.FAILED and action.family.name == "again")
        if not fits or action.family.needs_form or not self._offered(action):
            raise NotOffered
        return parent, action

    async def admit(
        self, parent: Job, action: Action, account: Account, channel_id: int, token: str, *, private: bool = False
    ) -> Admission:
        """Reserve and store the child. Raises NotOffered, and as `Submit.admit` does."""
        kind, prompt, speed, price = _child(parent, action)
        if kind is JobKind.DALLE:
            check_model(parent.image, self._image_models)
        return await self._submit.admit(
            NewJob(
                account=account,
                kind=kind,
                prompt=prompt,
                speed=speed,
                price=price,
                channel_id=channel_id,
                token=token,
                parent_id=parent.id,
                parent_message_id=card_in(parent, channel_id),
                pressed=action,
                image=parent.image if kind is JobKind.DALLE else None,
                private=private,
            )
        )


def card_in(parent: Job, channel_id: int) -> int | None:
    """The parent's card, if whoever is in this channel can open it: one elsewhere, or a private one, leads nowhere."""
    return parent.message_id if parent.channel_id == channel_id and not parent.private else None


def check_model(options: ImageOptions | None, offered: Sequence[str]) -> None:
    """Raise NotOffered where the operator has taken the model off the list since."""
    if options is None or options.model not in offered:
        name = f"`{options.model}`" if options else "This model"
        raise NotOffered(f"{name} is not offered here any more. `/dalle` shows which models are.")


async def _may_see(uow: UnitOfWork, job: Job, account: Account, channel_id: int) -> bool:
    """Everyone where it was made or posted; its owner also from the history, which direct messages show whole.

    Of a private one others see only what its owner posted.
    """
    if job.deleted:
        return False
    if job.account.member_id == account.member_id and (account.is_direct or job.account == account):
        return True
    if job.account.is_direct or job.account.server_id != account.server_id:
        return False
    made_here = job.channel_id == channel_id and not job.private
    return made_here or await uow.jobs.is_posted_in(job.id, channel_id)


def _child(parent: Job, action: Action) -> tuple[JobKind, str, Speed, int]:
    """What a press makes: its kind, prompt, pool and price."""
    match action.family.name:
        case "again":
            if parent.image is None:
                raise NotOffered
            return JobKind.DALLE, parent.prompt, parent.speed, price_of_images(parent.image)
        case "imagine_this":
            words = prompts.of_plain_words(next(iter(parent.suggestions), parent.prompt))
            prompt = prompts.build(words, None).render()
        case "suggestion":
            prompt = _suggestion(parent, action)
        case _:
            # The service wants the pool of the task that is acted on.
            return JobKind.PRESS, parent.prompt, parent.speed, price_of(action.family.price, parent.speed)
    return JobKind.IMAGINE, prompt, parent.speed, price_of(Price.PICTURE, parent.speed)


def _suggestion(parent: Job, action: Action) -> str:
    if action.number is None or not 0 < action.number <= len(parent.suggestions):
        raise NotOffered
    return parent.suggestions[action.number - 1]
