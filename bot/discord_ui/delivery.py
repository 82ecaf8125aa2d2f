"""Sends and edits cards: by the interaction's token while it lives, else by channel and message.

Nothing but its token leads to a private card: when that is dead, nobody can edit, find, read or delete it.
"""

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import aiohttp
import discord
from discord.http import Route

from bot.discord_ui.cards import card, plain_card
from bot.discord_ui.codes import EXPIRED, Code
from bot.domain.action import Action
from bot.domain.errors import (
    CardError,
    CardForbidden,
    CardGone,
    CardRefused,
    CardTooLarge,
    CardUndelivered,
    ChannelGone,
    ThreadArchived,
    credits,
)
from bot.domain.job import REFUNDED, Job
from bot.domain.ports import Clock, Picture
from bot.services.one_job import about

log = logging.getLogger(__name__)

OLD_MESSAGE_WAIT = 60.0
LONGEST_EDIT = 120.0
"""Seconds; discord.py sits out a rate limit of webhooks however long it is, and a final edit has few places."""

TOLD_LENGTH = 200
"""Characters of what Discord says that are logged: what stands in front of it may answer with a page of HTML."""

CLOCK_SLACK = timedelta(minutes=1)
FETCHING_TIME = timedelta(minutes=3)
"""How long before its admission the answer of a job was deferred, whose pictures had to be fetched first."""
MOST_SEARCHED = 200
"""Messages after a job's admission among which its card is looked for."""

ORIGINAL = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
"""The answer to an interaction, which discord.py fetches for interactions of this process only."""

CONTAINER = discord.ComponentType.container.value

Fetch = Callable[[], Awaitable[discord.Message]]
Delete = Callable[[], Awaitable[None]]


class TokenDied(CardUndelivered):
    """The interaction's token is no longer good; the channel may still be."""


class DiscordCards:
    """Draws jobs where people see them; implements the `CardDelivery` port."""

    def __init__(self, client: discord.Client, offered: Callable[[Action], bool], clock: Clock) -> None:
        self._client = client
        self.offered = offered
        self._clock = clock
        self._dead_tokens: set[str] = set()

    def draw(self, job: Job, *, pictures_lost: bool = False) -> discord.ui.LayoutView:
        """The card as a fresh view. Views are never kept: one that is stopped would take its buttons' class along."""
        return card(replace(job, pictures=(), source_picture=None) if pictures_lost else job, self.offered)

    def upload_limit(self, job: Job) -> int:
        guild = self._client.get_guild(job.account.server_id)
        return guild.filesize_limit if guild else discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES

    async def show(self, job: Job, pictures: Sequence[Picture]) -> None:
        try:
            await self._edit(job, self._drawn(job, pictures), pictures)
        except CardGone:
            await self._check_channel(job)
            raise
        except ThreadArchived:
            if not job.state.ended:  # a percentage is no reason to wake a thread
                raise
            await self._open_again(job.channel_id)
            await self._edit(job, self._drawn(job, pictures), pictures)

    async def show_plainly(self, job: Job) -> None:
        await self._edit(job, plain_card(job), ())

    async def _edit(self, job: Job, view: discord.ui.LayoutView, pictures: Sequence[Picture]) -> None:
        message_id = _message_id(job)
        try:
            with self._by_token(job) as webhook:
                async with asyncio.timeout(LONGEST_EDIT):
                    attachments = await _attachments(job, pictures, partial(webhook.fetch_message, message_id))
                    await webhook.edit_message(message_id, view=view, attachments=attachments)
        except TokenDied as error:
            if job.private:
                raise CardForbidden(error.sentence) from error
            with _translated():
                async with asyncio.timeout(LONGEST_EDIT):
                    message = self._message(job)
                    attachments = await _attachments(job, pictures, message.fetch)
                    await message.edit(view=view, attachments=attachments)

    async def _check_channel(self, job: Job) -> None:
        """Raise ChannelGone if it is: by a token, a card in a deleted channel only seems to be deleted itself."""
        try:
            with _translated():
                await self._client.fetch_channel(job.channel_id)
        except ChannelGone:
            raise
        except CardError as error:
            log.info("job %d: cannot tell whether its channel is there: %s", job.id, error, extra=about(job))

    async def _open_again(self, channel_id: int) -> None:
        """Open an archived thread, as whoever may write in it may do unless it is locked."""
        with _translated():
            thread = await self._client.fetch_channel(channel_id)
            if isinstance(thread, discord.Thread):
                await thread.edit(archived=False)

    async def send_directly(self, job: Job, pictures: Sequence[Picture]) -> tuple[int, int]:
        view = card(job, self.offered, _names(pictures), in_place=False)
        with _translated():
            channel = await self._client.create_dm(discord.Object(job.account.member_id))
            message = await channel.send(view=view, files=[_file(picture) for picture in pictures])
        return message.channel.id, message.id

    async def announce(self, job: Job, *, has_picture: bool) -> None:
        owner = discord.Object(job.account.member_id)
        came_back = f"your {credits(job.price)} came back."
        news = "your picture is ready." if has_picture else "your job is done, but I could not fetch its picture."
        if job.is_description:
            news = "your description is ready."
        if job.state in REFUNDED:
            news = f"this one did not work out; {came_back}"
        text = f"<@{owner.id}> {news}"
        mentions = discord.AllowedMentions(everyone=False, roles=False, users=[owner], replied_user=False)
        if job.private:
            with self._privately(job) as webhook:
                await webhook.send(text, ephemeral=True, allowed_mentions=mentions)
            return
        with _translated():
            reference = self._message(job).to_reference(fail_if_not_exists=False)
            await self._channel(job).send(text, reference=reference, allowed_mentions=mentions)

    async def find(self, job: Job) -> int | None:
        if job.private:
            with self._privately(job) as webhook:
                route = Route("GET", ORIGINAL, webhook_id=webhook.id, webhook_token=webhook.token)
                original = await self._client.http.request(route)
            # Only this job's card has a part with its number, see `_shows`.
            shown = any(part.get("id") == job.id and part["type"] == CONTAINER for part in original["components"][:1])
            return int(original["id"]) if shown else None
        slack = FETCHING_TIME if job.source_picture else CLOCK_SLACK
        since = discord.Object(discord.utils.time_snowflake(job.created_at - slack))
        with _translated():
            found = [
                message
                async for message in self._channel(job).history(after=since, limit=MOST_SEARCHED)
                if self._client.user and message.author.id == self._client.user.id and _shows(message, job)
            ]
            for repeated in found[1:]:
                with suppress(discord.NotFound):
                    await repeated.delete()
        return found[0].id if found else None

    async def attached(self, job: Job, channel_id: int, message_id: int) -> list[Picture]:
        with self._reaching(job, channel_id, message_id) as (fetch, _):
            message = await fetch()
            return [
                Picture(await each.read(), each.filename, each.width or 0, each.height or 0)
                for each in message.attachments
            ]

    async def remove(self, job: Job, channel_id: int, message_id: int) -> None:
        try:
            with self._reaching(job, channel_id, message_id) as (_, delete):
                await delete()
        except ChannelGone as error:
            raise CardGone(error.sentence) from error

    async def exists(self, job: Job) -> bool:
        """Whether the card is still where it was sent. When Discord cannot say, it is taken to be."""
        try:
            with self._reaching(job, job.channel_id, _message_id(job)) as (fetch, _):
                await fetch()
        except (CardGone, ChannelGone):
            return False
        except CardError as error:
            if job.private and isinstance(error, CardForbidden):
                return False  # it is as good as gone: nobody can change it any more
            log.info("job %d: cannot tell whether its card is there: %s", job.id, error, extra=about(job))
        return True

    @contextmanager
    def _by_token(self, job: Job) -> Generator[discord.Webhook, None, None]:
        """What the job's token leads to. TokenDied when it is dead, which it may be before its time."""
        alive = job.token_expires_at is not None and self._clock() < job.token_expires_at
        if not job.token or not alive or job.token in self._dead_tokens:
            raise TokenDied("its token is dead")
        try:
            with _translated():
                yield self._webhook(job.token)
        except TokenDied:
            log.info("job %d: its token died early", job.id, extra=about(job))
            self._dead_tokens.add(job.token)
            raise

    @contextmanager
    def _privately(self, job: Job) -> Generator[discord.Webhook, None, None]:
        """By its token or not at all, which is CardForbidden."""
        try:
            with self._by_token(job) as webhook:
                yield webhook
        except TokenDied as error:
            raise CardForbidden(error.sentence) from error

    @contextmanager
    def _reaching(self, job: Job, channel_id: int, message_id: int) -> Generator[tuple[Fetch, Delete], None, None]:
        """A message of the job, by the one way that leads to it; its posted copies are as public as any."""
        if job.private and message_id == job.message_id:
            with self._privately(job) as webhook:
                yield partial(webhook.fetch_message, message_id), partial(webhook.delete_message, message_id)
        else:
            with _translated():
                message = self._at(job, channel_id, message_id)
                yield message.fetch, message.delete

    def _drawn(self, job: Job, pictures: Sequence[Picture]) -> discord.ui.LayoutView:
        return card(job, self.offered, _names(pictures))

    def _webhook(self, token: str) -> discord.Webhook:
        application_id = self._client.application_id
        if application_id is None:
            raise CardUndelivered("not logged in yet")
        webhook = discord.Webhook.partial(application_id, token, client=self._client)
        webhook.type = discord.WebhookType.application  # only such a one may send what one person sees
        return webhook

    def _channel(self, job: Job) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(job.channel_id, guild_id=job.account.server_id or None)

    def _at(self, job: Job, channel_id: int, message_id: int) -> discord.PartialMessage:
        channel = self._client.get_partial_messageable(channel_id, guild_id=job.account.server_id or None)
        return channel.get_partial_message(message_id)

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


def _names(pictures: Sequence[Picture]) -> list[str]:
    return [picture.filename for picture in pictures]


async def _attachments(
    job: Job, pictures: Sequence[Picture], fetch: Callable[[], Awaitable[discord.Message]]
) -> list[discord.Attachment | discord.File]:
    """What an edit does to the attachments: it leaves them alone unless there are new pictures.

    New ones replace all that the message has, so the view of what the job is made from has to be named to stay.
    """
    if not pictures:
        return discord.utils.MISSING
    kept: list[discord.Attachment] = []
    if job.source_picture is not None:
        kept = [each for each in (await fetch()).attachments if each.filename == job.source_picture]
    return [*kept, *map(_file, pictures)]


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
    told = f"{error.status} (code {error.code}): {error.text[:TOLD_LENGTH]}"
    if error.code in EXPIRED or (error.status == 401 and error.code == 0):
        return TokenDied(told)
    if error.code == Code.UNKNOWN_MESSAGE:
        return CardGone(told)
    if error.code == Code.UNKNOWN_CHANNEL:
        return ChannelGone(told)
    if error.code == Code.ARCHIVED:
        return ThreadArchived(told)
    if error.code in (Code.MISSING_ACCESS, Code.MISSING_PERMISSIONS) or error.status == 403:
        return CardForbidden(told)
    if error.code == Code.TOO_LARGE or error.status == 413:
        return CardTooLarge(told)
    if error.code == Code.OLD_MESSAGE_LIMIT or error.status == 429:
        return CardUndelivered(told, OLD_MESSAGE_WAIT)
    # Without a code it is not Discord that speaks, but what stands in front of it.
    refused = error.code != 0 and 400 <= error.status < 500 and error.status != 401
    return CardRefused(told) if refused else CardUndelivered(told)
