"""DALL·E and its successors through the OpenAI-compatible call, which answers when the pictures are done."""

import asyncio
import binascii
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import httpx

from bot.domain.errors import (
    BalanceUsedUp,
    ContentRefused,
    KeyRefused,
    NonsenseAnswer,
    ProviderBusy,
    ProviderError,
    RequestRefused,
    sentence,
)
from bot.domain.image_models import ImageOptions, facts_of, tidy_prompt
from bot.domain.prompt import shorten
from bot.providers.http import NO_REASON, CallLimits, Complaint, JsonApi
from bot.providers.wording import as_mapping, is_link

log = logging.getLogger(__name__)

SERVICE = "The image service"
LIMITS = CallLimits(read=180.0, whole=200.0, most_bytes=96 * 1024 * 1024)
"""Nothing comes before the pictures are done, and then ten of them may come as base64."""
MOST_REVISED = 4000

_PATH = "/v1/images/generations"

_FILTERED = frozenset({"content_policy_violation", "moderation_blocked"})
_USED_UP = frozenset({"billing_hard_limit_reached", "insufficient_quota", "billing_limit_user_error"})
_BUSY = frozenset({"rate_limit_exceeded"})
_BAD_KEY = frozenset({"invalid_api_key"})
_NO_MODEL = frozenset({"model_not_found"})
# Between us and OpenAI there are proxies that pass its words on, but not its codes.
_FILTER_WORDS = re.compile(r"safety system|content (polic|filter)|moderation", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GeneratedImage:
    """One picture: either its bytes or a signed link, which soon dies and which no log may hold."""

    data: bytes | None = field(default=None, repr=False)
    url: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.data is None) == (self.url is None):
            raise ValueError("A generated image has either data or a url.")


@dataclass(frozen=True, slots=True)
class Answer:
    """The usable pictures of one call, and what the model made of the words, if it says so."""

    images: tuple[GeneratedImage, ...]
    revised_prompt: str | None = None


class OpenAIImages:
    """The image call of one key."""

    def __init__(self, client: httpx.AsyncClient, key: str, base_url: str) -> None:
        """`base_url` stands before `/v1`. ValueError for a key, httpx.InvalidURL for a base URL that cannot be one."""
        self._api = JsonApi(client, base_url, key, limits=LIMITS, service=SERVICE, read_codes=read_codes)

    async def generate(self, prompt: str, options: ImageOptions) -> Answer:
        """At least one picture and at most as many as asked for; fewer than asked is no error."""
        try:
            answer = await self._api.post(_PATH, _body(prompt, options), repeatable=False)
        except RequestRefused as refusal:
            told = (
                refusal.sentence if refusal.sentence == NO_REASON else f"{SERVICE} says: {sentence(refusal.sentence)}"
            )
            raise RequestRefused(f"{told} Please try other options or another model.", refusal.detail) from refusal
        # Megabytes of base64 would hold the event loop up.
        return await asyncio.to_thread(read_generated, answer, options.count)


def _body(prompt: str, options: ImageOptions) -> dict[str, object]:
    facts = facts_of(options.model)
    body: dict[str, object] = {"model": options.model, "prompt": prompt, "n": options.count, "size": options.size}
    if options.quality and facts and facts.qualities:
        body["quality"] = options.quality
    if options.style and facts and facts.styles:
        body["style"] = options.style
    if facts and facts.takes_response_format:
        body["response_format"] = "url"
    return body


def read_codes(complaint: Complaint) -> ProviderError | None:
    """OpenAI's error codes as ours; None for those that the status explains well enough."""
    codes, detail = complaint.codes, complaint.detail
    if codes & _FILTERED or _FILTER_WORDS.search(complaint.message):
        return ContentRefused(detail)
    if codes & _USED_UP:  # with HTTP 429 as well, but waiting does not help
        return BalanceUsedUp(detail)
    if codes & _BUSY:
        return ProviderBusy(detail, complaint.retry_after, service=SERVICE)
    if codes & _BAD_KEY:
        return KeyRefused(detail)
    if codes & _NO_MODEL:  # with HTTP 403 or 404, though neither key nor path is wrong
        return RequestRefused(complaint.message or NO_REASON, detail)
    return None


def read_generated(answer: object, asked: int) -> Answer:
    """The usable ones of an answer's pictures; NonsenseAnswer without any."""
    fields = as_mapping(answer)
    listed = fields.get("data") if fields else None
    if not isinstance(listed, list):
        raise NonsenseAnswer(f"no list of pictures, but {_kind(answer)}", service=SERVICE)
    entries = [as_mapping(entry) or {} for entry in cast("list[object]", listed)]
    images = [image for image in map(_image, entries) if image is not None]
    if not images:
        raise NonsenseAnswer(f"none of {len(entries)} pictures can be used: {_kinds(entries)}", service=SERVICE)
    if not len(images) == len(entries) == asked:
        log.warning("Asked for %d pictures, got %d, of which %d can be used", asked, len(entries), len(images))
    return Answer(tuple(images[:asked]), next(filter(None, map(_revised, entries)), None))


def _image(entry: Mapping[str, object]) -> GeneratedImage | None:
    """The picture itself if it is there, else the link to it; None when neither can be used."""
    encoded, url = entry.get("b64_json"), entry.get("url")
    if isinstance(encoded, str) and (data := _decoded(encoded)):
        return GeneratedImage(data=data)
    return GeneratedImage(url=url.strip()) if isinstance(url, str) and is_link(url.strip()) else None


def _decoded(encoded: str) -> bytes:
    """Strictly: what is not base64 throughout is cut off or no base64 at all. Empty for such."""
    try:
        return binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:
        return b""


def _revised(entry: Mapping[str, object]) -> str | None:
    text = entry.get("revised_prompt")
    return shorten(tidy_prompt(text), MOST_REVISED) or None if isinstance(text, str) else None


def _kinds(entries: Sequence[Mapping[str, object]]) -> str:
    """For the log: which fields there were. Their values may be signed links, or megabytes."""
    return "; ".join(_kind(entry) for entry in entries[:3])[:200]


def _kind(value: object) -> str:
    fields = as_mapping(value)
    return f"fields {sorted(fields)[:12]}"[:150] if fields is not None else type(value).__name__
