"""Sends and edits cards: by the interaction's token while it lives, else by channel and message."""

import io
import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import aiohttp
import discord

from bot.discord_ui.cards import card
from bot.domain.action import Action
from bot.domain.errors import CardError, CardForbidden, CardGone, CardRefused, CardTooLarge, CardUndelivered, credits
from bot.domain.job import REFUNDED, Job
from bot.domain.ports import Clock, Picture

log = logging.getLogger(__name__)

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK = 10003, 10008, 10015
TOO_LARGE, MISSING_ACCESS, MISSING_PERMISSIONS, DEAD_TOKEN, ARCHIVED = 40005, 50001, 50013, 50027, 50083
OLD_MESSAGE_LIMIT = 30046
OLD_MESSAGE_WAIT = 60.0


CLOCK_SLACK = timedelta(minutes=1)
MOST_SEARCHED = 200
"""Messages after a job's admission among which its card is looked for."""


class TokenDied(CardUndelivered):
    """The interaction's token is no longer good; the channel may still be."""


class DiscordCards:
    """Draws jobs where people see them; implements the `CardDelivery` port."""

    def __init__(self, client: discord.Client, offered: Callable[[Action], bool], clock: Clock) -> None:
        self._client = client
        self._offered = offered
        self._clock = clock
        self._dead_tokens: set[int] = set()

    def draw(self, job: Job, picture: str | None = None, *, picture_lost: bool = False) -> discord.ui.LayoutView:
        """The card as a fresh view. Views are never kept: one that is stopped would take its buttons' class along."""
        return card(replace(job, picture=None) if picture_lost else job, self._offered, picture)

    def upload_limit(self, job: Job) -> int:
        guild = self._client.get_guild(job.account.server_id)
        return guild.filesize_limit if guild else discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES

    async def show(self, job: Job, picture: Picture | None) -> None:
        alive = job.token_expires_at is not None and self._clock() < job.token_expires_at
        if job.token and alive and await self._edited_by_token(job, job.token, picture):
            return
        with _translated():
            await self._message(job).edit(view=self._drawn(job, picture), attachments=_files(picture))

    async def send_directly(self, job: Job, picture: Picture | None) -> None:
        view = card(job, self._offered, picture.filename if picture else None, in_place=False)
        with _translated():
            channel = await self._client.create_dm(discord.Object(job.account.member_id))
            await channel.send(view=view, files=[_file(picture)] if picture else [])

    async def announce(self, job: Job, *, has_picture: bool) -> None:
        owner = discord.Object(job.account.member_id)
        came_back = f"your {credits(job.price)} came back."
        ready = "your picture is ready." if has_picture else "your job is done, but I could not fetch its picture."
        news = f"this one did not work out; {came_back}" if job.state in REFUNDED else ready
        with _translated():
            await self._channel(job).send(
                f"<@{owner.id}> {news}",
                reference=self._message(job).to_reference(fail_if_not_exists=False),
                allowed_mentions=discord.AllowedMentions(
                    everyone=False, roles=False, users=[owner], replied_user=False
                ),
            )

    async def find(self, job: Job) -> int | None:
        since = discord.Object(discord.utils.time_snowflake(job.created_at - CLOCK_SLACK))
        with _translated():
            async for message in self._channel(job).history(after=since, limit=MOST_SEARCHED):
                if self._client.user and message.author.id == self._client.user.id and _shows(message, job):
                    return message.id
        return None

    async def exists(self, job: Job) -> bool:
        """Whether the card is still where it was sent. When Discord cannot say, it is taken to be."""
        try:
            with _translated():
                await self._message(job).fetch()
        except CardGone:
            return False
        except CardError as error:
            log.info("job %d: cannot tell whether its card is there: %s", job.id, error)
        return True

    async def _edited_by_token(self, job: Job, token: str, picture: Picture | None) -> bool:
        """False when the token is dead, which it may be before its time."""
        if job.id in self._dead_tokens:
            return False
        try:
            with _translated():
                view = self._drawn(job, picture)
                await self._webhook(token).edit_message(_message_id(job), view=view, attachments=_files(picture))
        except TokenDied:
            log.info("job %d: its token died early; the card is edited through its channel", job.id)
            self._dead_tokens.add(job.id)
            return False
        return True

    def _drawn(self, job: Job, picture: Picture | None) -> discord.ui.LayoutView:
        return self.draw(job, picture.filename if picture else None)

    def _webhook(self, token: str) -> discord.Webhook:
        application_id = self._client.application_id
        if application_id is None:
            raise CardUndelivered("not logged in yet")
        return discord.Webhook.partial(application_id, token, client=self._client)

    def _channel(self, job: Job) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(job.channel_id, guild_id=job.account.server_id or None)

    def _message(self, job: Job) -> discord.PartialMessage:
        return self._channel(job).get_partial_message(_message_id(job))


def _shows(message: discord.Message, job: Job) -> bool:
    """Whether this is the job's card: `cards.card` gives its container the job's id."""
    first = message.components[0] if message.components else None
    return isinstance(first, discord.Container) and first.id == job.id


def _message_id(job: Job) -> int:
    if job.message_id is None:
        raise CardGone(f"job {job.id} has no card")
    return job.message_id


def _file(picture: Picture) -> discord.File:
    return discord.File(io.BytesIO(picture.data), picture.filename)


def _files(picture: Picture | None) -> list[discord.File]:
    """What an edit does to the attachments: it leaves them alone unless there is a new picture."""
    return [_file(picture)] if picture else discord.utils.MISSING


@contextmanager
def _translated() -> Generator[None, None, None]:
    """Discord's exceptions as ours."""
    try:
        yield
    except discord.RateLimited as error:
        raise CardUndelivered("rate limited", error.retry_after) from error
    except discord.HTTPException as error:
        raise _card_error(error) from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise CardUndelivered(f"Discord is not answering: {type(error).__name__}") from error


def _card_error(error: discord.HTTPException) -> CardError:
    told = f"{error.status} (code {error.code}): {error.text}"
    if error.code in (UNKNOWN_WEBHOOK, DEAD_TOKEN) or (error.status == 401 and error.code == 0):
        return TokenDied(told)
    if error.code == UNKNOWN_MESSAGE:
        return CardGone(told)
    if error.code in (UNKNOWN_CHANNEL, MISSING_ACCESS, MISSING_PERMISSIONS, ARCHIVED) or error.status == 403:
        return CardForbidden(told)
    if error.code == TOO_LARGE or error.status == 413:
        return CardTooLarge(told)
    if error.code == OLD_MESSAGE_LIMIT or error.status == 429:
        return CardUndelivered(told, OLD_MESSAGE_WAIT)
    return CardRefused(told) if 400 <= error.status < 500 and error.status != 401 else CardUndelivered(told)
