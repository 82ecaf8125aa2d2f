"""WSRV, simulated: the image proxy in front of the picture links, with those of its parameters that the bot may use."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from PIL import Image, ImageSequence

from bot.providers.simulated.gallery import Drawn
from bot.providers.simulated.links import Asked, read_link
from bot.providers.simulated.responses import Response, as_json, file

PATH = "/wsrv/"

_KINDS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF"}
_QUALITY = 80


@dataclass(frozen=True)
class Order:
    """What is asked of the proxy. Sides in pixels, 0 for any; a picture is never enlarged."""

    link: Asked | None
    output: str = ""
    quality: int = _QUALITY
    width: int = 0
    height: int = 0
    all_frames: bool = False


def read_order(path: str, query: str) -> Order | None:
    """None for a path that is not the proxy's. `link` is None where the address is no picture's of this service."""
    if path != PATH:
        return None
    values = {name: given[-1] for name, given in parse_qs(query).items()}
    return Order(
        _link(values.get("url", "")),
        values.get("output", ""),
        min(_number(values.get("q")) or _QUALITY, 100),
        _number(values.get("w")),
        _number(values.get("h")),
        values.get("n") == "-1",
    )


async def proxied(order: Order, fetch: Callable[[Asked], Awaitable[Response]]) -> Response:
    """What `fetch` finds behind the link, made anew; 404 where it finds no picture, whatever the reason."""
    original = await fetch(order.link) if order.link else None
    if original is None or original.status != 200:
        found = original.status if original else "no host"
        told = f"The requested URL returned error: {found}"
        return as_json({"status": "error", "code": 404, "message": told}, 404)
    return file(*await asyncio.to_thread(_made_anew, original.body, order))


def _made_anew(data: bytes, order: Order) -> Drawn:
    with Image.open(io.BytesIO(data)) as image:
        kind = _KINDS.get(order.output, image.format or "PNG")
        frames, durations = list[Image.Image](), list[int]()
        for frame in ImageSequence.Iterator(image):
            small = frame.convert("RGB") if kind == "JPEG" else frame.copy()
            small.thumbnail((order.width or frame.width, order.height or frame.height))
            frames.append(small)
            durations.append(int(frame.info.get("duration") or 0))
            if not order.all_frames or kind == "JPEG":
                break
    encoded = io.BytesIO()
    moves = {"save_all": True, "append_images": frames[1:], "duration": durations, "loop": 0} if frames[1:] else {}
    frames[0].save(encoded, kind, quality=order.quality, **moves)
    return encoded.getvalue(), f"image/{kind.lower()}"


def _link(url: str) -> Asked | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return read_link(parts.path, parts.query)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else 0
