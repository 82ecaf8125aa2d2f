"""What the image models take: an order read from a request's fields, or refused in OpenAI's words."""

from dataclasses import dataclass

from bot.providers.simulated.art.papercut import Craft
from bot.providers.simulated.bodies import Fields, Refused

DEFAULT_MODEL = "dall-e-2"
_DEFAULT_SIZE = "1024x1024"


class Invalid(Refused):
    """A field that the model does not take: it has a name and a code besides the message."""

    def __init__(self, message: str, param: str, code: str = "invalid_value", status: int = 400) -> None:
        super().__init__(message)
        self.param = param
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Model:
    """What one model takes and gives. `crafts` are its hands by style, of which the first is the default."""

    most: int
    sizes: tuple[str, ...]
    prompt_length: int
    crafts: dict[str, Craft]
    qualities: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    formats: tuple[str, ...] = ("url", "b64_json")
    revises: bool = False
    filter_code: str = "content_policy_violation"


@dataclass(frozen=True)
class Order:
    """A request that will be carried out; `size` is in pixels."""

    model: Model
    prompt: str
    count: int
    size: tuple[int, int]
    craft: Craft
    as_base64: bool


_MODELS = {
    "dall-e-2": Model(
        most=10,
        sizes=("256x256", "512x512", "1024x1024"),
        prompt_length=1_000,
        crafts={"": Craft(sheets=7, scissors=9, dye=1.15)},
    ),
    "dall-e-3": Model(
        most=1,
        sizes=("1024x1024", "1792x1024", "1024x1792"),
        prompt_length=4_000,
        crafts={"vivid": Craft(sheets=12, scissors=7, dye=1.35), "natural": Craft(sheets=12, scissors=7, dye=0.9)},
        qualities=("standard", "hd"),
        styles=("vivid", "natural"),
        revises=True,
    ),
    "gpt-image": Model(
        most=10,
        sizes=("1024x1024", "1536x1024", "1024x1536", "auto"),
        prompt_length=32_000,
        crafts={"": Craft(sheets=16, scissors=5, dye=1.2)},
        qualities=("low", "medium", "high", "auto"),
        formats=(),  # always base64, and the field itself is refused
        filter_code="moderation_blocked",
    ),
}


def read_order(fields: Fields) -> Order:
    """The order in a request's body; Invalid says which field is at fault."""
    model = _model(fields.text("model") or DEFAULT_MODEL)
    prompt = fields.text("prompt")
    if prompt is None:
        raise Invalid("Missing required parameter: 'prompt'.", "prompt", "missing_required_parameter")
    if len(prompt) > model.prompt_length:
        told = f"Expected a string with maximum length {model.prompt_length}, but got one with length {len(prompt)}."
        raise Invalid(f"Invalid 'prompt': string too long. {told}", "prompt", "string_above_max_length")
    count = fields.number("n")
    count = 1 if count is None else count
    if not 1 <= count <= model.most:
        raise Invalid(f"Invalid 'n': must be from 1 to {model.most} for this model, not {count}.", "n")
    _one_of(fields, "quality", model.qualities)
    size = _one_of(fields, "size", model.sizes) or _DEFAULT_SIZE
    width, height = (_DEFAULT_SIZE if size == "auto" else size).split("x")
    style = _one_of(fields, "style", model.styles) or next(iter(model.crafts))
    format = _one_of(fields, "response_format", model.formats)
    return Order(
        model=model,
        prompt=prompt,
        count=count,
        size=(int(width), int(height)),
        craft=model.crafts[style],
        as_base64=format == "b64_json" or not model.formats,
    )


def _model(name: str) -> Model:
    for kind, model in _MODELS.items():
        if name == kind or name.startswith(f"{kind}-"):
            return model
    raise Invalid(f"The model `{name}` does not exist.", "model", "model_not_found", 404)


def _one_of(fields: Fields, name: str, taken: tuple[str, ...]) -> str | None:
    """A field's value; None when it is not given."""
    value = fields.text(name)
    if value is not None and not taken:
        raise Invalid(f"Unknown parameter: '{name}'.", name, "unknown_parameter")
    if value is not None and value not in taken:
        *most, last = (f"'{each}'" for each in taken)
        supported = f"{', '.join(most)} and {last}"
        raise Invalid(f"Invalid value: '{value}'. Supported values are: {supported}.", name)
    return value
