"""Downloading one file: redirects counted, size and time capped."""

import asyncio

import httpx

TIMEOUT = httpx.Timeout(30, connect=5, pool=5)
MOST_REDIRECTS = 3


class NotDownloaded(Exception):
    """Why nothing whole came, in a few words."""


class BrokenLink(NotDownloaded):
    """No address can be read from it, or from where it redirects to."""


class NoConnection(NotDownloaded):
    """The server could not be reached, or fell silent."""


class TooSlow(NotDownloaded):
    """The time was over before the file was complete."""


class TooLarge(NotDownloaded):
    """The file has more bytes than were asked for."""


class TooManyRedirects(NotDownloaded):
    """It leads from one address to the next."""


class WrongStatus(NotDownloaded):
    """The server answered something else than the file."""


async def download(client: httpx.AsyncClient, link: str, *, most_bytes: int, time_limit: float) -> bytes:
    """What lies behind the link, at most three redirects away; else a NotDownloaded. The time limit is in seconds."""
    try:
        async with asyncio.timeout(time_limit):
            return await _follow(client, link, most_bytes)
    except TimeoutError as error:
        raise TooSlow(f"not complete after {time_limit:.3g} seconds") from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise BrokenLink("the link is broken") from error
    except httpx.RequestError as error:
        raise NoConnection(f"the connection failed, {type(error).__name__}") from error


async def _follow(client: httpx.AsyncClient, link: str, most_bytes: int) -> bytes:
    request = client.build_request("GET", link, headers={"Accept-Encoding": "identity"}, timeout=TIMEOUT)
    for _ in range(MOST_REDIRECTS + 1):
        response = await client.send(request, stream=True, follow_redirects=False)
        try:
            if response.next_request is None:
                return await _read(response, most_bytes)
            request = response.next_request
        finally:
            await response.aclose()
    raise TooManyRedirects("too many redirects")


async def _read(response: httpx.Response, most_bytes: int) -> bytes:
    if response.status_code != 200:
        raise WrongStatus(f"HTTP {response.status_code}")
    # Compressed transfer gains nothing with pictures, and could unpack to far more than what is counted.
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise NotDownloaded("the answer is compressed")
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > most_bytes:
            raise TooLarge("the file is too large")
    return bytes(data)


def host_of(link: str) -> str:
    """What may be logged of a link. Its query signs it, and its path may hold the prompt."""
    try:
        return httpx.URL(link).host or "a link without a host"  # reading the host decodes it, which may fail too
    except (httpx.InvalidURL, UnicodeError):
        return "a broken link"
