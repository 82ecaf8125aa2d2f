"""A button on a finished job: is it offered, who may, what does it cost."""

from bot.domain.action import Action
from bot.domain.errors import NotOffered
from bot.domain.job import Account, Job, JobKind, JobState, NewJob
from bot.domain.ports import ImageProvider, Storage
from bot.domain.quota import price_of
from bot.services.submit import Admission, Submit


class Press:
    """Looks a button up and turns its press into a child job, which the presser pays."""

    def __init__(self, storage: Storage, provider: ImageProvider, submit: Submit) -> None:
        self._storage = storage
        self._provider = provider
        self._submit = submit

    async def look(self, job_id: int, index: int, account: Account, channel_id: int) -> tuple[Job, Action]:
        """The parent and its `index`-th action, if `account` may press it in this channel; else NotOffered.

        A custom_id comes from outside: one that names a job of another place must not lead to it.
        """
        async with self._storage.read() as uow:
            parent = await uow.jobs.get(job_id)
        if parent is None or parent.account.server_id != account.server_id or parent.channel_id != channel_id:
            raise NotOffered("I do not know this picture any more. Please start a new one with `/imagine`.")
        if parent.account.is_direct and parent.account != account:
            raise NotOffered("I do not know this picture any more. Please start a new one with `/imagine`.")
        if parent.state is not JobState.SUCCEEDED or not 0 <= index < len(parent.actions):
            raise NotOffered
        action = parent.actions[index]
        if action.family.needs_form or not self._provider.supports(action):
            raise NotOffered
        return parent, action

    async def admit(self, parent: Job, action: Action, account: Account, channel_id: int, token: str) -> Admission:
        """Reserve and store the child. Raises as `Submit.admit` does."""
        return await self._submit.admit(
            NewJob(
                account=account,
                kind=JobKind.PRESS,
                prompt=parent.prompt,
                speed=parent.speed,  # the service wants the pool of the task that is acted on
                price=price_of(action.family.price, parent.speed),
                channel_id=channel_id,
                token=token,
                parent_id=parent.id,
                parent_message_id=parent.message_id,
                pressed=action,
            )
        )
