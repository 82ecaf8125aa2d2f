"""The OpenAI-compatible call: pictures when they are done, as links that die after two hours or as base64."""

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.providers.simulated import drawing
from bot.providers.simulated.art.lineage import Picture, imagined, seed_of
from bot.providers.simulated.art.papercut import Craft
from bot.providers.simulated.bodies import Fields
from bot.providers.simulated.faults import AnswerLost
from bot.providers.simulated.gallery import Drawn, Gallery, encode_still
from bot.providers.simulated.image_orders import Invalid, Order, read_order
from bot.providers.simulated.links import file_name, signed_link
from bot.providers.simulated.prompts import Wish, wish_in
from bot.providers.simulated.responses import Response, as_json
from bot.providers.simulated.rewording import reworded

DRAWING_TIME = 8.0
"""Seconds at speed 1 that an answer takes."""

Pause = Callable[[float], Awaitable[None]]

_LIFETIME = timedelta(hours=2)
_SMALLEST = 16
_REJECTED = "Your request was rejected as a result of our safety system."
_BLOCKED = "This request has been blocked by our content filters."


@dataclass(frozen=True)
class _Made:
    """A picture behind a link: what it shows, in which hand, and its longest side in pixels."""

    picture: Picture
    craft: Craft
    longest: int
    is_missing: bool


class Generations:
    """`POST /v1/images/generations` and the pictures behind its links.

    `pause` is awaited with the seconds, at speed 1, that drawing takes; `scale` shrinks the pictures.
    """

    def __init__(self, gallery: Gallery, pause: Pause, scale: float) -> None:
        self._gallery = gallery
        self._pause = pause
        self._scale = scale
        self._made: list[_Made] = []

    async def create(self, fields: Fields, now: datetime, base_url: str) -> Response:
        """The answer, which for an order that is taken comes after the pause; AnswerLost where a prompt wishes that."""
        try:
            order = read_order(fields)
        except Invalid as invalid:
            return error(invalid.status, invalid.code, str(invalid), invalid.param)
        wish = wish_in(order.prompt)
        if wish is Wish.BANNED:
            return error(400, order.model.filter_code, _REJECTED)
        await self._pause(DRAWING_TIME)
        if wish is Wish.LATE:
            return error(400, order.model.filter_code, _BLOCKED)
        if wish is Wish.SILENT:
            raise AnswerLost
        indexes = self._add(order, is_missing=wish is Wish.NO_PICTURE)
        entries = [await self._entry(index, order, now, base_url) for index in indexes]
        data = [entry for entry in entries if entry is not None]
        return as_json({"created": int(now.timestamp()), "data": data})

    async def picture(self, index: int) -> Drawn | None:
        """None for a picture that was never made, or is missing by wish."""
        if not 0 <= index < len(self._made) or self._made[index].is_missing:
            return None
        made = self._made[index]
        return await self._gallery.get(
            ("generation", index),
            lambda: encode_still(drawing.draw_papercut(made.picture, made.craft, made.longest)),
        )

    def _add(self, order: Order, *, is_missing: bool) -> range:
        """Pictures of one request differ as the quadrants of a grid do."""
        width, height = order.size
        longest = max(round(max(order.size) * self._scale), _SMALLEST)
        first = len(self._made)
        for k in range(order.count):
            grid = imagined(order.prompt, seed_of("generation", first, k // 4), width / height)
            self._made.append(_Made(grid[k % 4], order.craft, longest, is_missing))
        return range(first, first + order.count)

    async def _entry(self, index: int, order: Order, now: datetime, base_url: str) -> dict[str, str] | None:
        """None for the base64 of a picture that is missing by wish; a link to such a one leads nowhere."""
        revised = {"revised_prompt": reworded(order.prompt)} if order.model.revises else {}
        if order.as_base64:
            drawn = await self.picture(index)
            return {**revised, "b64_json": base64.b64encode(drawn[0]).decode()} if drawn else None
        name = file_name(order.prompt, f"image{index}", "png")
        return {**revised, "url": signed_link(base_url, "images", index, name, now + _LIFETIME)}


def error(status: int, code: str, message: str, param: str | None = None) -> Response:
    """A refusal as OpenAI words it."""
    kind = "image_generation_user_error" if code == "moderation_blocked" else "invalid_request_error"
    return as_json({"error": {"message": message, "type": kind, "param": param, "code": code}}, status)
