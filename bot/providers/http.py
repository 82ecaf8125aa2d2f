"""Shared plumbing over httpx: bearer auth, time-outs, retries, and each foreign error translated once, here.

never sent (no connection, no free connection) → ProviderUnreachable(may_have_arrived=False)
time-out, broken connection, HTTP 408 or 5xx   → ProviderUnreachable(may_have_arrived=True)
401, 403                                       → KeyRefused
402, or a message about balance or quota       → BalanceUsedUp
429, or a message about a full queue           → ProviderBusy
any other refusal with a message               → RequestRefused
HTML, broken JSON, an unexpected HTTP status   → NonsenseAnswer
"""

import asyncio
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import cast

import httpx
import stamina

from bot.domain.errors import (
    BalanceUsedUp,
    KeyRefused,
    NonsenseAnswer,
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    RequestRefused,
)
from bot.domain.ports import Clock

TIMEOUT = httpx.Timeout(connect=5, read=30, write=30, pool=5)
WHOLE_CALL = 60.0
"""Seconds for one attempt: httpx's own limits start anew with each byte, so a dripping answer never meets them."""
LONGEST_WAIT = 5.0
"""The longest Retry-After, in seconds, that is sat out inside a call; a longer one is the caller's to plan with."""
RETRYING = stamina.AsyncRetryingCaller(attempts=4, timeout=20, wait_initial=0.5, wait_max=LONGEST_WAIT, wait_jitter=0.5)

EXCERPT_LENGTH = 200
MESSAGE_LENGTH = 300
LONGEST_READ = 4000
"""Characters of a message that are looked at, whatever it goes on to say."""

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
# Raw JSON may write its slashes as \/.
_SIGNED = re.compile(r"(https?:\\?/\\?/[^\s?\"'<>]+)\?[^\s\"'<>]*", re.IGNORECASE)
_JSON_START = re.compile(r"\{|\[\s*[\"\[{]")
_MESSAGE_FIELDS = ("message", "failReason", "description", "reason", "detail", "msg", "error")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class JsonApi:
    """POSTs JSON to one service. The client is the caller's, and stays open."""

    def __init__(self, client: httpx.AsyncClient, base_url: str, key: str, *, now: Clock = _utc_now) -> None:
        """Endpoints' paths are put behind `base_url`. ValueError for a key, InvalidURL for a URL that cannot be one."""
        self._key = key.strip()
        if not (self._key and self._key.isascii() and self._key.isprintable()):
            raise ValueError("The API key is empty or holds characters that a key cannot have.")
        self._client = client
        self._base_url = str(httpx.URL(base_url)).rstrip("/")
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
            async with asyncio.timeout(WHOLE_CALL):
                response = await self._client.post(
                    self._base_url + path,
                    json=body,
                    headers={"Authorization": f"Bearer {self._key}"},
                    timeout=TIMEOUT,
                    follow_redirects=False,
                )
        except _NEVER_SENT as error:
            detail = self._excerpt(f"{type(error).__name__} at {place}: {error}")
            raise ProviderUnreachable(detail, may_have_arrived=False) from error
        except (httpx.RequestError, TimeoutError) as error:
            raise ProviderUnreachable(f"{type(error).__name__} at {place}", may_have_arrived=True) from error
        try:
            answer: object = response.json()
        except (ValueError, RecursionError):
            answer = None
        status = _status(response, answer)
        if status == 200 and answer is not None:
            return answer
        raise self._problem(response, status, answer, place)

    def _problem(self, response: httpx.Response, status: int, answer: object, place: str) -> ProviderError:
        detail = self._excerpt(f"HTTP {response.status_code} at {place}: {response.text}")
        message = tidy(find_message(answer).replace(self._key, "…"))
        wait = retry_after(response.headers.get("Retry-After", ""), self._now())
        about_us = message and not _VERDICT.search(message)
        if status == 402 or (about_us and status < 500 and wait is None and _BALANCE.search(message)):
            return BalanceUsedUp(detail)
        if status in (401, 403):
            return KeyRefused(detail)
        if status == 408 or 500 <= status < 600:
            return ProviderUnreachable(detail, may_have_arrived=True)
        if status == 429 or (about_us and _BUSY.search(message)):
            return ProviderBusy(detail, wait)
        if message and status >= 400:
            return RequestRefused(message, detail)
        if status == 400 and answer is not None:
            return RequestRefused("The picture service declined this without a reason.", detail)
        return NonsenseAnswer(detail)

    def _excerpt(self, text: str) -> str:
        return _shorten(_SIGNED.sub(r"\1?…", text.replace(self._key, "…")[:LONGEST_READ]), EXCERPT_LENGTH)


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


def retry_after(header: str, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header, given in seconds or as an HTTP date; None where it says neither."""
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except (ValueError, TypeError, IndexError):
            return None
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def as_mapping(value: object) -> Mapping[str, object] | None:
    """A JSON object as such, anything else as None."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else None


def find_message(value: object, depth: int = 4) -> str:
    """The text meant for people in an error of whichever shape; empty without one."""
    if isinstance(value, str):
        return value
    fields = as_mapping(value)
    if isinstance(value, list):
        candidates = cast("list[object]", value)[:5]
    else:
        candidates = [fields[name] for name in _MESSAGE_FIELDS if name in fields] if fields else []
    return next((text for each in candidates if depth and (text := find_message(each, depth - 1))), "")


def tidy(message: str) -> str:
    """A service's message as one line for people: no JSON, no signed links, at most 300 characters."""
    message = message[:LONGEST_READ]
    if start := _JSON_START.search(message):
        head, tail = message[: start.start()].strip(" :"), message[start.start() :]
        try:
            inner = find_message(json.loads(tail[: max(tail.rfind("}"), tail.rfind("]")) + 1]))
        except (ValueError, RecursionError):
            inner = ""
        inner = "" if _JSON_START.search(inner) else inner
        message = ": ".join(part for part in (head, inner) if part)
    return _shorten(_SIGNED.sub(r"\1", message), MESSAGE_LENGTH)


def _shorten(text: str, length: int) -> str:
    line = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
