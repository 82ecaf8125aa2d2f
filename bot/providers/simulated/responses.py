"""Answers as data: the envelope, and what else the service sends."""

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Response:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def as_json(value: object, status: int = 200) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(status, {"Content-Type": "application/json; charset=utf-8"}, body)


def success(data: object) -> Response:
    return as_json({"statusCode": 200, "message": "Success", "data": data})


def failure(code: int, message: str) -> Response:
    """A refusal: bad input is HTTP 200 with statusCode 400, anything else has its own HTTP status."""
    return as_json({"statusCode": code, "message": message, "data": None}, 200 if code == 400 else code)


def file(body: bytes, content_type: str) -> Response:
    return Response(200, {"Content-Type": content_type, "Cache-Control": "public, max-age=86400"}, body)


def text(status: int, message: str) -> Response:
    """What stores of pictures say instead of a picture."""
    return Response(status, {"Content-Type": "text/plain; charset=utf-8"}, message.encode())
