"""Environment and `.env` to frozen settings; the only reader of the environment."""

from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.domain.image_models import facts_of


class SettingsError(Exception):
    """A setting is missing or malformed; the text is one readable line that names it and the cure."""


def _list(value: object) -> object:
    """`1, 2` to its parts."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _address(value: str) -> str:
    return _url(value, "https", "http").rstrip("/")


def _openai(value: str) -> str:
    """OpenAI's own clients are given the address with its version."""
    return _address(value).removesuffix("/v1")


def _socket(value: str) -> str:
    return _url(value, "wss", "ws")


def _url(value: str, scheme: str, for_tests: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in (scheme, for_tests) or not parts.hostname:
        raise ValueError(f"must be an address that begins with {scheme}:// ({for_tests}:// for a test server)")
    return value


def _database(value: str) -> str:
    if not value.startswith("sqlite+aiosqlite:///") or value == "sqlite+aiosqlite:///":
        raise ValueError("must be sqlite+aiosqlite:/// and the path of a file")
    return value


def _models(value: tuple[str, ...]) -> tuple[str, ...]:
    if any(facts_of(name) is None for name in value):
        raise ValueError("names a model that Easel knows nothing of")
    return tuple(dict.fromkeys(value))


def _secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value().strip()
    if not text:
        raise ValueError("is empty")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("holds characters that cannot be part of it")
    return SecretStr(text)


def _nothing(value: object) -> object:
    """A line that is left empty is as good as none."""
    return None if isinstance(value, str) and not value.strip() else value


Ids = Annotated[frozenset[int], NoDecode, BeforeValidator(_list)]
Models = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_list), AfterValidator(_models)]
Address = Annotated[str, AfterValidator(_address)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]
Credits = Annotated[int, Field(ge=0)]


class DatabaseSettings(BaseSettings):
    """What `easel db` needs."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", frozen=True, extra="ignore")

    database_url: Annotated[str, AfterValidator(_database)] = "sqlite+aiosqlite:///easel.db"


class Settings(DatabaseSettings):
    """Everything that the operator may set. `.env.example` explains each."""

    discord_token: Secret
    discord_api_url: Address = "https://discord.com/api/v10"
    discord_gateway_url: Annotated[str, AfterValidator(_socket)] = "wss://gateway.discord.gg/"
    ohmygpt_api_key: Secret
    ohmygpt_base_url: Address = "https://api.ohmygpt.com"
    openai_api_key: Annotated[Secret | None, BeforeValidator(_nothing)] = None
    openai_base_url: Annotated[Annotated[str, AfterValidator(_openai)] | None, BeforeValidator(_nothing)] = None
    image_models: Models = ("dall-e-3", "dall-e-2", "gpt-image-1", "gpt-image-1.5", "gpt-image-2")
    image_concurrency: Annotated[int, Field(ge=1, le=100)] = 4
    wsrv_url: Annotated[Address | None, BeforeValidator(_nothing)] = "https://wsrv.nl"
    poll_interval: Annotated[float, Field(ge=0.5, le=60)] = 3
    daily_credits: Credits = 50
    server_daily_credits: Credits = 0
    total_daily_credits: Credits = 0
    dm_daily_credits: Credits = 0
    allowed_servers: Ids = frozenset()
    owner_ids: Ids = frozenset()
    max_running_per_member: Annotated[int, Field(ge=1, le=100)] = 3
    max_running_total: Annotated[int, Field(ge=1, le=1000)] = 12
    max_queued_per_member: Annotated[int, Field(ge=1, le=100)] = 10
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"


S = TypeVar("S", bound=DatabaseSettings)

_CURES = {
    "discord_token": "Put the bot's token from the Discord Developer Portal there (`easel demo` needs none).",
    "ohmygpt_api_key": "Put the API key of your OhMyGPT account there (`easel demo` needs none).",
    "image_models": "Give names that begin with dall-e-2, dall-e-3 or gpt-image, separated by commas.",
    "allowed_servers": "Give server ids separated by commas, or leave it out.",
    "owner_ids": "Give user ids separated by commas, or leave it out.",
}


def read(kind: type[S]) -> S:
    """The settings, or SettingsError with every fault. Values are left out: one of them may be a secret."""
    try:
        return kind()
    except UnicodeDecodeError:
        raise SettingsError(".env is not UTF-8 text. Save it in that encoding.") from None
    except ValidationError as error:
        faults = (_fault(each["loc"], each["type"], each["msg"]) for each in error.errors())
        raise SettingsError("\n".join(dict.fromkeys(faults))) from None


def _fault(where: tuple[int | str, ...], kind: str, message: str) -> str:
    name = str(where[0])
    what = "is missing" if kind == "missing" else message.removeprefix("Value error, ").removeprefix("Input ")
    cure = _CURES.get(name, "See .env.example.")
    return f"{name.upper()} {what}. {cure}"
