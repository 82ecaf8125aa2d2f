"""Which addresses a request may go to, and that it goes to the very address that was judged."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from bot.domain.errors import UnusablePicture
from bot.providers.public_transport import PublicTransport, is_public

PUBLIC = "93.184.215.14"
OTHER = "151.101.1.69"
PUBLIC_6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
PRIVATE = (
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.127.255.254", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "ff0e::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:93.184.215.14", "::127.0.0.1", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::5db8:d70e", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2001:2::1", "3fff::1", "5f00::1",
    "2606:2800:21f::1%eth0", "localhost", "93.184.215", "0x5d.0xb8.0xd7.0x0e", "",
)  # fmt: skip


class Net:
    """Names with their addresses; each look-up takes the next answer, the last one stays. Everyone answers `hello`."""

    def __init__(
        self, *answers: Sequence[str], headers: dict[str, str] | None = None, dead: Sequence[str] = ()
    ) -> None:
        self.answers = list(answers)
        self.headers = headers
        self.dead = dead
        self.looked_up: list[str] = []
        self.requests: list[httpx.Request] = []

    async def resolve(self, host: str) -> Sequence[str]:
        self.looked_up.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.host in self.dead:
            raise httpx.ConnectError("unreachable")
        return httpx.Response(200, content=b"hello", headers=self.headers)

    def open(self) -> httpx.AsyncClient:
        inner = httpx.MockTransport(self.answer)
        return httpx.AsyncClient(transport=PublicTransport(resolve=self.resolve, inner=inner))

    async def get(self, link: str = "https://pictures.test/heron.png") -> str:
        async with self.open() as client:
            return (await client.get(link)).text

    @property
    def connected(self) -> list[str]:
        return [request.url.host for request in self.requests]


@pytest.mark.parametrize("address", [PUBLIC, OTHER, PUBLIC_6, "8.8.8.8", "64:ff9b::5db8:d70e", "2a00:1450::1"])
def test_these_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_these_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_connection_is_made_to_a_name_with_an_address_that_is_not_public(address: str) -> None:
    for answer in ([address], [PUBLIC, address], [address, PUBLIC_6], [PUBLIC, OTHER, PUBLIC, OTHER, address]):
        net = Net(answer)
        with pytest.raises(UnusablePicture) as caught:
            await net.get()
        said = caught.value.sentence
        assert said == "`pictures.test` is not a public address. Please use a link that anyone can open."
        assert net.requests == []


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "0.0.0.0", "10.0.0.5", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255"),
        *("2130706433", "0x7f000001", "0x7F.0.0.1", "017700000001", "127.1", "127.0.1", "0", "1.2.3.4.5"),
        *("1572394766", "0x5db8d70e", "127.0.0.1.", "a.b.0x7f"),
        *("[::1]", "[::]", "[fe80::1]", "[fe80::1%25eth0]", "[fd00::1]", "[ff02::1]", "[::ffff:127.0.0.1]"),
        *("[::ffff:a9fe:a9fe]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]"),
        *("localhost", "LOCALHOST", "localhost.", "metadata", "db", "me.localhost", "me.localhost."),
    ],
)
async def test_a_link_to_what_is_no_public_host_is_refused_unseen(host: str) -> None:
    net = Net([PUBLIC])
    with pytest.raises(UnusablePicture, match="is not a public address"):
        await net.get(f"https://{host}/latest/meta-data?token=secret")
    assert (net.looked_up, net.requests) == ([], [])


@pytest.mark.parametrize(
    "host", ["0177.0.0.1", "127。0。0。1", "１２７.0.0.1", "①②⑦.0.0.1", "loc\u00adalhost", "ⓛocalhost"]
)
async def test_foreign_digits_and_letters_do_not_lead_to_this_machine(host: str) -> None:
    net = Net([PUBLIC])
    with pytest.raises((UnusablePicture, httpx.InvalidURL)):
        await net.get(f"https://{host}/")
    assert (net.looked_up, net.requests) == ([], [])


@pytest.mark.parametrize("host", ["pictures.test", "pictures.test:443", "Pictures.TEST", "pictures.test."])
async def test_the_connection_goes_to_the_address_that_was_judged_and_tls_asks_for_the_name(host: str) -> None:
    net = Net([PUBLIC])
    assert await net.get(f"https://{host}/heron.png?size=2") == "hello"
    (request,) = net.requests
    assert str(request.url) == f"https://{PUBLIC}/heron.png?size=2"
    assert request.headers["Host"].rstrip(".") == "pictures.test"
    assert request.extensions["sni_hostname"] == "pictures.test"


@pytest.mark.parametrize("host", [PUBLIC, f"[{PUBLIC_6}]"])
async def test_a_public_address_needs_no_look_up(host: str) -> None:
    net = Net([])
    assert await net.get(f"https://{host}/a.png") == "hello"
    assert (net.looked_up, net.connected) == ([], [host.strip("[]")])


async def test_a_name_that_changes_its_address_after_it_was_judged_gains_nothing() -> None:
    net = Net([PUBLIC], ["169.254.169.254"])
    assert await net.get() == "hello"
    assert (net.looked_up, net.connected) == (["pictures.test"], [PUBLIC])
    with pytest.raises(UnusablePicture, match="not a public address"):
        await net.get()  # and each request is judged anew
    assert net.connected == [PUBLIC]


async def test_a_name_that_cannot_be_reached_at_one_address_is_tried_at_the_next() -> None:
    net = Net([PUBLIC_6, PUBLIC, OTHER], dead=[PUBLIC_6, PUBLIC])
    assert await net.get() == "hello"
    assert net.connected == [PUBLIC_6, PUBLIC, OTHER]
    net = Net([PUBLIC, OTHER, PUBLIC_6, "8.8.8.8"], dead=[PUBLIC, OTHER, PUBLIC_6])
    with pytest.raises(httpx.ConnectError):
        await net.get()
    assert net.connected == [PUBLIC, OTHER, PUBLIC_6]


async def test_one_members_cookies_do_not_go_along_with_anothers_link() -> None:
    net = Net([PUBLIC], headers={"Set-Cookie": "who=alice; Path=/"})
    async with net.open() as client:
        for _ in range(2):
            await client.get("https://pictures.test/heron.png")
        client.cookies.set("who", "bob", domain="pictures.test")
        await client.get("https://pictures.test/heron.png")
    assert [request.headers.get("Cookie") for request in net.requests] == [None] * 3


class ToPort(httpx.AsyncHTTPTransport):
    """The real transport, but for the port, since 443 cannot be had in a test."""

    def __init__(self, port: int) -> None:
        super().__init__(verify=ssl.create_default_context())
        self._port = port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(port=self._port)
        return await super().handle_async_request(request)


@asynccontextmanager
async def listening(visits: list[Any]) -> AsyncIterator[int]:
    """A port on loopback where every visit is noted."""

    async def visit(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(writer.get_extra_info("peername"))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(visit, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("link", ["https://127.0.0.1/", "https://pictures.test/", "https://[::ffff:7f00:1]/"])
async def test_this_machine_is_not_reached_though_something_listens(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def here(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", here)
    visits: list[Any] = []
    async with listening(visits) as port:
        inner = ToPort(port)
        async with httpx.AsyncClient(transport=PublicTransport(inner=inner)) as client:
            with pytest.raises(UnusablePicture, match="not a public address"):
                await client.get(link)
            assert visits == []
            with pytest.raises(httpx.ConnectError):  # what the transport kept from happening
                await inner.handle_async_request(httpx.Request("GET", "https://127.0.0.1/"))
            assert len(visits) == 1
