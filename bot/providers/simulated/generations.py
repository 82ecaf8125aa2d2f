"""The OpenAI-compatible call: pictures at once, as links that die after two hours or as base64."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.providers.simulated import drawing
from bot.providers.simulated.art.lineage import Picture, imagined, seed_of
from bot.providers.simulated.bodies import Fields, Refused
from bot.providers.simulated.gallery import Drawn, Gallery, encode_still
from bot.providers.simulated.links import file_name, signed_link
from bot.providers.simulated.prompts import Wish
from bot.providers.simulated.responses import Response, as_json

_LIFETIME = timedelta(hours=2)


@dataclass(frozen=True)
class _Model:
    """What one model takes."""

    most: int
    sizes: tuple[str, ...]
    prompt_length: int
    always_base64: bool = False


_MODELS = {
    "dall-e-2": _Model(10, ("256x256", "512x512", "1024x1024"), 1_000),
    "dall-e-3": _Model(1, ("1024x1024", "1792x1024", "1024x1792"), 4_000),
    "gpt-image": _Model(10, ("1024x1024", "1536x1024", "1024x1536", "auto"), 32_000, always_base64=True),
}


class Generations:
    """`POST /v1/images/generations` and the pictures behind its links."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._pictures: list[tuple[Picture, int]] = []

    async def create(self, fields: Fields, now: datetime, base_url: str) -> Response:
        prompt = fields.text("prompt")
        model = _model(fields.text("model") or "dall-e-2")
        count = fields.number("n") or 1
        size = fields.text("size") or "1024x1024"
        if prompt is None:
            raise Refused("prompt is required")
        if len(prompt) > model.prompt_length:
            raise Refused(f"prompt is longer than {model.prompt_length} characters")
        if not 1 <= count <= model.most:
            raise Refused(f"n must be 1 to {model.most} for this model")
        if size not in model.sizes:
            raise Refused(f"size must be one of {', '.join(model.sizes)}")
        if Wish.BANNED.value in prompt.lower():
            return error(400, "content_policy_violation", "Your request was rejected as a result of our safety system.")
        indexes = self._add(prompt, count, "1024x1024" if size == "auto" else size)
        as_base64 = model.always_base64 or fields.text("response_format") == "b64_json"
        data = [await self._entry(index, prompt, now, base_url, as_base64=as_base64) for index in indexes]
        return as_json({"created": int(now.timestamp()), "data": data})

    async def picture(self, index: int) -> Drawn | None:
        """None for a picture that was never made."""
        if not 0 <= index < len(self._pictures):
            return None
        picture, longest = self._pictures[index]
        return await self._gallery.get(
            ("generation", index), lambda: encode_still(drawing.draw_variant(picture, longest))
        )

    def _add(self, prompt: str, count: int, size: str) -> range:
        """Pictures of one request differ as the quadrants of a grid do."""
        width, height = (int(side) for side in size.split("x"))
        first = len(self._pictures)
        for k in range(count):
            grid = imagined(prompt, seed_of("generation", first, k // 4), width / height)
            self._pictures.append((grid[k % 4], max(width, height)))
        return range(first, first + count)

    async def _entry(self, index: int, prompt: str, now: datetime, base_url: str, *, as_base64: bool) -> dict[str, str]:
        if as_base64:
            drawn = await self.picture(index)
            return {"b64_json": base64.b64encode(drawn[0] if drawn else b"").decode()}
        name = file_name(prompt, f"image{index}", "png")
        return {"url": signed_link(base_url, "images", index, name, now + _LIFETIME), "revised_prompt": prompt}


def error(status: int, code: str, message: str) -> Response:
    return as_json(
        {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}, status
    )


def _model(name: str) -> _Model:
    for known, model in _MODELS.items():
        if name.startswith(known):
            return model
    raise Refused(f"the model {name} does not exist")
