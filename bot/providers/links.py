"""Fetching what members link to, without letting a link reach into the network that the bot runs in."""

import logging
from types import TracebackType
from typing import Self

import httpx

from bot.domain.errors import UnusablePicture
from bot.providers.codec import kind_of
from bot.providers.download import (
    MOST_REDIRECTS,
    BrokenLink,
    NoConnection,
    NotDownloaded,
    TooLarge,
    TooManyRedirects,
    TooSlow,
    WrongStatus,
    download,
    host_of,
)
from bot.providers.imaging import MOST_GIVEN
from bot.providers.public_transport import PublicTransport

log = logging.getLogger(__name__)

TIME_LIMIT = 20.0


class PublicLinks:
    """Fetches pictures behind https links; `async with` closes its connections. The time limit is in seconds.

    It makes its own client, since with any other transport than ours a link could lead to a private address.
    """

    def __init__(
        self,
        transport: PublicTransport | None = None,
        *,
        most_bytes: int = MOST_GIVEN,
        time_limit: float = TIME_LIMIT,
    ) -> None:
        self._client = httpx.AsyncClient(transport=transport or PublicTransport(), trust_env=False)
        self._most_bytes = most_bytes
        self._time_limit = time_limit

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def fetch(self, link: str) -> bytes:
        """The bytes of a PNG, JPEG, WebP or GIF file, as their beginning shows; else UnusablePicture."""
        link = link.strip()
        host = host_of(link)
        try:
            data = await download(self._client, link, most_bytes=self._most_bytes, time_limit=self._time_limit)
        except UnusablePicture as error:
            log.info("Link to %s not followed: %s", host, error)
            raise
        except NotDownloaded as error:
            # Never the path: it may be what keeps a link secret.
            log.info("No file from %s: %s", host, error)
            raise UnusablePicture(self._sentence(error, host)) from error
        if kind_of(data) is None:
            raise UnusablePicture(
                "The link leads to no PNG, JPEG, WebP or GIF picture. Please use the address of the picture itself."
            )
        return data

    def _sentence(self, error: NotDownloaded, host: str) -> str:
        match error:
            case BrokenLink():
                return "I cannot read that link. Please copy it anew."
            case NoConnection():
                return f"`{host}` does not answer. Please try again, or attach the picture."
            case TooSlow():
                return f"`{host}` took longer than {self._time_limit:g} seconds. Please attach the picture instead."
            case TooLarge():
                most = f"{self._most_bytes / 1024**2:g} MB"
                return f"The link leads to more than {most}, which is the most I take. Please use a smaller picture."
            case TooManyRedirects():
                return f"`{host}` redirects more than {MOST_REDIRECTS} times. Please use the picture's own address."
            case WrongStatus():
                return f"`{host}` answers {error}. Please use a link that anyone can open."
            case _:
                return f"`{host}` answers in a way that I cannot read. Please attach the picture."
