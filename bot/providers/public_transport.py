"""Requests to public addresses only: each host is looked up once, judged, and reached at the very address judged."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from bot.domain.errors import UnusablePicture

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""A host's addresses; OSError or UnicodeError when it has none."""

HTTPS = 443
MOST_TRIED = 3
"""Addresses of one host, when it cannot be reached at the first."""
LONGEST_HOST = 253

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
# What `ipaddress` of this Python release does not know to be special, or takes for global.
_NOT_PUBLIC = tuple(
    ip_network(each)
    for each in (
        "192.0.0.0/24",  # protocols between routers
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # Teredo, benchmarks, ORCHID
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
# `127.1`, `0x7f000001`, `2130706433`: resolvers take them for IPv4.
_ENDS_IN_NUMBER = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)$", re.IGNORECASE)


class PublicTransport(httpx.AsyncBaseTransport):
    """Sends https requests to public addresses, and refuses all others with an UnusablePicture.

    The client sees each redirect as a request of its own, so that every hop is judged.
    """

    def __init__(self, *, resolve: Resolve | None = None, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self._resolve = resolve or _look_up
        # Connections are not kept: one opened for a name must not serve another at the same address.
        self._inner = inner or httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = _host(request.url)
        addresses = await self._public_addresses(host)
        for address in addresses[:-1]:
            try:
                return await self._send(request, host, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._send(request, host, addresses[-1])

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _public_addresses(self, host: str) -> list[str]:
        """Where the host may be reached; one address that is not public spoils all of them."""
        literal = _literal(host)
        if literal is not None:
            answer: Sequence[str] = [str(literal)]
        elif _names_no_public_host(host):
            raise _not_public(host)
        else:
            try:
                answer = await self._resolve(host)
            except (OSError, UnicodeError):
                answer = ()
        if not answer:
            raise UnusablePicture(f"I cannot find `{host}`. Please check the link.")
        if not all(is_public(address) for address in answer):
            raise _not_public(host)
        return list(answer[:MOST_TRIED])

    async def _send(self, request: httpx.Request, host: str, address: str) -> httpx.Response:
        headers = request.headers.copy()
        headers.pop("Cookie", None)
        response = await self._inner.handle_async_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=headers,  # with the Host that the client put there
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
        )
        # What one member's link leaves behind must not go along with the next one's.
        response.headers.pop("Set-Cookie", None)
        return response


def is_public(address: str) -> bool:
    """Whether anyone on the internet can reach it; False for what is no address, and for all that wraps another."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.scope_id is not None:
            return False
        if ip in _NAT64:  # how a public IPv4 host is reached where there is only IPv6
            ip = IPv4Address(int(ip) & 0xFFFFFFFF)
        elif ip not in _GLOBAL_UNICAST:
            return False
    special = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local
    return ip.is_global and not special and not any(ip in network for network in _NOT_PUBLIC)


def _host(url: httpx.URL) -> str:
    """The host of a link that may be followed at all, as it goes into TLS."""
    if url.scheme != "https":
        raise UnusablePicture("I follow only links that begin with `https://`. Please use such a link.")
    if url.userinfo:
        raise UnusablePicture("I follow no link with a name or password in it. Please use one without.")
    host = url.raw_host.decode("ascii").removesuffix(".")
    if not host or len(host) > LONGEST_HOST:
        raise UnusablePicture("I cannot read that link. Please copy it anew.")
    if url.port not in (None, HTTPS):
        raise UnusablePicture("I follow no link with a port number. Please use one without.")
    return host


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def _names_no_public_host(host: str) -> bool:
    """Names of this machine or this network, and numbers that only resolvers take for addresses."""
    return "." not in host or host.lower().endswith(".localhost") or bool(_ENDS_IN_NUMBER.search(host))


def _not_public(host: str) -> UnusablePicture:
    return UnusablePicture(f"`{host}` is not a public address. Please use a link that anyone can open.")


async def _look_up(host: str) -> list[str]:
    answers = await asyncio.get_running_loop().getaddrinfo(host, HTTPS, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in answers]
