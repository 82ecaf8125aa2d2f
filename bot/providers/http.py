"""Shared plumbing over httpx: bearer auth, time-outs, retries, and each foreign error translated once, here.

never sent (no connection, no free connection) → ProviderUnreachable(may_have_arrived=False)
time-out, broken connection, HTTP 408 or 5xx   → ProviderUnreachable(may_have_arrived=True)
401, 403                                       → KeyRefused
402, or a message about balance or quota       → BalanceUsedUp
429, or a message about a full queue           → ProviderBusy
any other refusal with a message               → RequestRefused
HTML, broken JSON, an unexpected HTTP status   → NonsenseAnswer
an answer that is longer than any can be       → NonsenseAnswer

A service with error codes of its own says what those mean: they count more than status and wording.
"""

import asyncio
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

import httpx
import stamina

from bot.domain.errors import (
    MIDJOURNEY,
    BalanceUsedUp,
    KeyRefused,
    NonsenseAnswer,
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    RequestRefused,
)
from bot.domain.ports import Clock
from bot.providers.wording import (
    LONGEST_READ,
    as_mapping,
    find_codes,
    find_message,
    one_line,
    tidy,
    without_signatures,
)

LONGEST_WAIT = 5.0
"""The longest Retry-After, in seconds, that is sat out inside a call; a longer one is the caller's to plan with."""
RETRYING = stamina.AsyncRetryingCaller(attempts=4, timeout=20, wait_initial=0.5, wait_max=LONGEST_WAIT, wait_jitter=0.5)

SMALL_ANSWER = 256 * 1024
"""Bytes that are parsed on the spot: a thread would take longer."""
EXCERPT_LENGTH = 200

# A ProxyError means that the proxy never opened the tunnel.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

# A verdict on the prompt may quote it, and a prompt may speak of a busy street or a balance: look for verdicts first.
_VERDICT = re.compile(
    r"banned|sensitive|moderat|content policy|敏感|违规|违禁"
    r"|(invalid|illegal|unknown|unrecogni[sz]ed) (prompt|param|argument|link|image)"
    r"|too many (images?|pictures?|param|words|characters)",
    re.IGNORECASE,
)
_BALANCE = re.compile(
    r"balance|quota|(insufficient|not enough) (credit|fund)|credits? exhausted|\btop.?up\b|billing|recharge"
    r"|余额|额度|配额|欠费",
    re.IGNORECASE,
)
_BUSY = re.compile(
    r"\bbusy\b|queue.{0,20}\bfull\b|full queue|too many|rate.?limit|overload|concurren|try again later"
    r"|繁忙|队列.{0,4}满|频繁|稍后",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What one attempt may take: seconds for a single read and for all of it, and bytes of the answer, unpacked.

    httpx's own limits start anew with each byte, so a dripping answer never meets them.
    """

    read: float = 30.0
    whole: float = 60.0
    most_bytes: int = 8 * 1024 * 1024

    @property
    def timeout(self) -> httpx.Timeout:
        return httpx.Timeout(connect=5, read=self.read, write=30, pool=5)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a service says of a call that it did not carry out: its error codes, its words, ours for the log.

    `retry_after` is in seconds, None when it did not say. None of it holds the key.
    """

    codes: frozenset[str]
    message: str
    detail: str
    retry_after: float | None


CodeReader = Callable[[Complaint], ProviderError | None]
"""What a service's own error codes mean; None for those that mean nothing special."""

USUAL_LIMITS = CallLimits()
NO_REASON = "The picture service declined this without a reason."


def _utc_now() -> datetime:
    return datetime.now(UTC)


class JsonApi:
    """POSTs JSON to one service. The client is the caller's, and stays open."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        base_url: str,
        key: str,
        *,
        limits: CallLimits = USUAL_LIMITS,
        service: str = MIDJOURNEY,
        read_codes: CodeReader | None = None,
        now: Clock = _utc_now,
    ) -> None:
        """Endpoints' paths are put behind `base_url`; errors speak of `service`.

        ValueError for a key, InvalidURL for a URL that cannot be one.
        """
        self._key = key.strip()
        if not (self._key and self._key.isascii() and self._key.isprintable()):
            raise ValueError("The API key is empty or holds characters that a key cannot have.")
        self._client = client
        self._base_url = str(httpx.URL(base_url)).rstrip("/")
        self._limits = limits
        self._service = service
        self._read_codes = read_codes
        self._now = now

    async def post(self, path: str, body: Mapping[str, object], *, repeatable: bool) -> object:
        """The parsed JSON of a successful answer, envelope included; a ProviderError for everything else.

        A `repeatable` call is tried again after every fault that may pass; any other one only when the request surely
        never arrived, so that nothing is made and paid for twice.
        """
        return await RETRYING(partial(_may_repeat, repeatable=repeatable), self._post_once, path, body)

    async def _post_once(self, path: str, body: Mapping[str, object]) -> object:
        place = path.partition("?")[0]
        try:
            async with asyncio.timeout(self._limits.whole):
                response, data = await self._exchange(path, body)
        except _NEVER_SENT as error:
            detail = self._excerpt(f"{type(error).__name__} at {place}: {error}")
            raise ProviderUnreachable(detail, may_have_arrived=False, service=self._service) from error
        except (httpx.RequestError, TimeoutError) as error:
            detail = f"{type(error).__name__} at {place}"
            raise ProviderUnreachable(detail, may_have_arrived=True, service=self._service) from error
        if data is None:
            detail = f"HTTP {response.status_code} at {place}: more than {self._limits.most_bytes} bytes"
            raise NonsenseAnswer(detail, service=self._service)
        answer = _parsed(data) if len(data) <= SMALL_ANSWER else await asyncio.to_thread(_parsed, data)
        status = _status(response, answer)
        codes = find_codes(answer) if self._read_codes else frozenset[str]()
        if status == 200 and answer is not None and not codes:
            return answer
        complaint = self._complaint(response, answer, data, place, codes)
        known = self._read_codes(complaint) if self._read_codes else None
        raise known or self._problem(complaint, status, answer)

    async def _exchange(self, path: str, body: Mapping[str, object]) -> tuple[httpx.Response, bytearray | None]:
        """The response and its bytes, None for more than may be kept."""
        request = self._client.build_request(
            "POST",
            self._base_url + path,
            json=body,
            headers={"Authorization": f"Bearer {self._key}"},
            timeout=self._limits.timeout,
        )
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            kept = bytearray()
            async for chunk in response.aiter_bytes():
                kept += chunk
                if len(kept) > self._limits.most_bytes:
                    return response, None
            return response, kept
        finally:
            await response.aclose()

    def _complaint(
        self, response: httpx.Response, answer: object, data: bytearray, place: str, codes: frozenset[str]
    ) -> Complaint:
        # Far more than is looked at, so that no half of a key stands at the end of that.
        said = data[: LONGEST_READ * 4].decode("utf-8", "replace")
        return Complaint(
            codes=codes,
            message=tidy(find_message(answer).replace(self._key, "…")),
            detail=self._excerpt(f"HTTP {response.status_code} at {place}: {said}"),
            retry_after=retry_after(response.headers.get("Retry-After", ""), self._now()),
        )

    def _problem(self, complaint: Complaint, status: int, answer: object) -> ProviderError:
        message, detail, wait = complaint.message, complaint.detail, complaint.retry_after
        about_us = message and not _VERDICT.search(message)
        if status == 402 or (about_us and status < 500 and wait is None and _BALANCE.search(message)):
            return BalanceUsedUp(detail)
        if status in (401, 403):
            return KeyRefused(detail)
        if status == 408 or 500 <= status < 600:
            return ProviderUnreachable(detail, may_have_arrived=True, service=self._service)
        if status == 429 or (about_us and _BUSY.search(message)):
            return ProviderBusy(detail, wait, service=self._service)
        if message and status >= 400:
            return RequestRefused(message, detail, verdict=bool(_VERDICT.search(message)))
        if status == 400 and answer is not None:
            return RequestRefused(NO_REASON, detail)
        return NonsenseAnswer(detail, service=self._service)

    def _excerpt(self, text: str) -> str:
        return one_line(without_signatures(text.replace(self._key, "…")[:LONGEST_READ]), EXCERPT_LENGTH)


def _may_repeat(error: Exception, *, repeatable: bool) -> bool | float:
    """Whether to try again, or after how many seconds; stamina's back-off hook."""
    if isinstance(error, ProviderUnreachable):
        return repeatable or not error.may_have_arrived
    if isinstance(error, ProviderBusy) and repeatable:
        return error.retry_after is None or (error.retry_after <= LONGEST_WAIT and error.retry_after)
    return False


def _status(response: httpx.Response, answer: object) -> int:
    """The HTTP status, or what the envelope says in its place: a failure often travels under HTTP 200."""
    envelope = as_mapping(answer)
    if not response.is_success or envelope is None or "statusCode" not in envelope:
        return 200 if response.is_success else response.status_code
    code = envelope["statusCode"]
    if isinstance(code, str) and code.isascii() and code.isdecimal() and len(code) < 6:
        code = int(code)
    if not isinstance(code, int):
        return 0
    return 200 if 200 <= code < 300 else max(code, 0)


def _parsed(data: bytearray) -> object:
    """The JSON in it; None for what is none, as for `null`."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def retry_after(header: str, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header, given in seconds or as an HTTP date; None where it says neither."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    return max(seconds, 0.0) if math.isfinite(seconds) else None
