"""Request bodies in both encodings, and the plain reading of their fields."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, cast
from urllib.parse import parse_qs

_DATA_URI = re.compile(r"data:image/[a-z0-9.+-]+;base64,(?P<data>[A-Za-z0-9+/=\s]+)", re.IGNORECASE)


class Refused(Exception):
    """A request that the service understands and declines: statusCode 400 and this message."""


class Fields:
    """The fields of one body, JSON or form."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    @classmethod
    def read(cls, content_type: str, body: bytes) -> "Fields":
        """By its content type; a body that cannot be read is Refused."""
        try:
            text = body.decode()
            if "x-www-form-urlencoded" in content_type:
                return cls(parse_qs(text, keep_blank_values=True, max_num_fields=100))
            values: object = json.loads(text) if text else {}
        except ValueError as error:
            raise Refused("the body cannot be read") from error
        if not isinstance(values, dict):
            raise Refused("the body must be an object")
        return cls(cast("dict[str, Any]", values))

    def text(self, name: str) -> str | None:
        """A field's text without its outer spaces; None when it is missing or empty."""
        value = self._one(name)
        if value is None or isinstance(value, str):
            return (value or "").strip() or None
        raise Refused(f"{name} must be a string")

    def number(self, name: str) -> int | None:
        """A whole number, which a form holds as digits."""
        value = self._one(name)
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
            return int(value)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise Refused(f"{name} must be a whole number")

    def picture(self, name: str) -> bytes | None:
        """The bytes of a data URI."""
        text = self.text(name)
        return _picture(text, name) if text else None

    def pictures(self, name: str) -> list[bytes]:
        """A list of data URIs; forms repeat the field, with or without [] behind its name."""
        value = self._values.get(name, self._values.get(f"{name}[]"))
        if value is None:
            return []
        if not isinstance(value, list):
            raise Refused(f"{name} must be a list")
        return [_picture(entry, name) for entry in cast("list[object]", value)]

    def plain(self) -> dict[str, object]:
        """All of it, with a digest in the place of each picture: two that are alike asked for the same."""
        return {name: _digest(value) for name, value in self._values.items()}

    def _one(self, name: str) -> object:
        """A single value; of a form's repeated ones the last."""
        value: object = self._values.get(name)
        if isinstance(value, list):
            several = cast("list[object]", value)
            return several[-1] if several else None
        return value


def _digest(value: object) -> object:
    if isinstance(value, list):
        return [_digest(each) for each in cast("list[object]", value)]
    if isinstance(value, str) and value.startswith("data:"):
        return blake2b(value.encode(), digest_size=8).hexdigest()
    return value


def _picture(value: object, name: str) -> bytes:
    match = _DATA_URI.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Refused(f"{name} must hold pictures as data URIs")
    try:
        return base64.b64decode(match["data"], validate=False)
    except binascii.Error as error:
        raise Refused(f"{name} holds broken base64") from error
