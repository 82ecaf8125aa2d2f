"""Reading answers that may hold anything: what they say to people, and nothing that is secret."""

import json
import re
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

MESSAGE_LENGTH = 300
LONGEST_READ = 4000
"""Characters of a message that are looked at, whatever it goes on to say."""

LONGEST_LINK = 4000
"""Signed links have some hundred characters; many a server takes none of more than this."""

# Raw JSON may write its slashes as \/.
_SIGNED = re.compile(r"(https?:\\?/\\?/[^\s?\"'<>]+)\?[^\s\"'<>]*", re.IGNORECASE)
_JSON_START = re.compile(r"\{|\[\s*[\"\[{]")
_MESSAGE_FIELDS = ("message", "failReason", "description", "reason", "detail", "msg", "error")


def as_mapping(value: object) -> Mapping[str, object] | None:
    """A JSON object as such, anything else as None."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else None


def find_codes(answer: object) -> frozenset[str]:
    """The codes in an answer like `{"error": {"type": …, "code": …}}`; none in one that reports no error."""
    fields = as_mapping(answer)
    error = as_mapping(fields.get("error")) if fields else None
    codes = (error.get(name) for name in ("code", "type")) if error else ()
    return frozenset(code for code in codes if isinstance(code, str))


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


def is_link(text: str) -> bool:
    """Whether it can be followed and shown: Discord refuses a whole card for one link that it finds broken."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return False
    sound = url.scheme in ("https", "http") and bool(url.hostname) and port != 0 and len(text) <= LONGEST_LINK
    return sound and text.isprintable() and " " not in text


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
    return one_line(_SIGNED.sub(r"\1", message), MESSAGE_LENGTH)


def without_signatures(text: str) -> str:
    """The text with every link's query, which is what signs it, left out."""
    return _SIGNED.sub(r"\1?…", text)


def one_line(text: str, length: int) -> str:
    """Somebody else's text as one printable line of at most that many characters."""
    line = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
