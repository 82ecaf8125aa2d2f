"""Logging: text or JSON lines, with every secret taken out."""

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

from bot.services.one_job import now_named

_SECRETS = re.compile(
    r"(?P<head>\b(?:Bot|Bearer) |/(?:webhooks|interactions)/\d+/)[\w.\-]{16,}"  # tokens in headers and paths
    r"|aW50ZXJhY3Rpb24[\w.\-]+"  # an interaction's token alone begins with its own name in base64
    r"|(?P<url>https?://[^\s\"'<>?]+)\?[^\s\"'<>]+"  # the signature of a link is in its query
    r"|(?P<sign>[?&](?i:hm|sig|signature|x-amz-[a-z]+)=)[^&\s\"'<>]+"  # and of what is left of a link
)


class Redactor:
    """Replaces known secrets, and what looks like one, in finished log text: tracebacks pass through here too."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known = sorted((secret for secret in secrets if secret), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._known:
            text = text.replace(secret, "[secret]")
        return _SECRETS.sub(_hide, text)


def _hide(found: re.Match[str]) -> str:
    if found["url"]:
        return f"{found['url']}?[signed]"
    return f"{found['sign']}[signed]" if found["sign"] else f"{found['head'] or ''}[secret]"


class JobFilter(logging.Filter):
    """Lets every line pass, and names the job that is worked on in those that name none themselves."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.__dict__.update({name: value for name, value in now_named().items() if name not in record.__dict__})
        return True


class TextFormatter(logging.Formatter):
    """`2026-01-02 03:04:05 INFO bot.services.submit: … (job 7, account 1/2)`."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        if hasattr(record, "account"):
            head, *rest = text.split("\n", 1)
            text = "\n".join([f"{head} (job {record.__dict__['job']}, account {record.__dict__['account']})", *rest])
        return self._redact(text)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for machines that collect logs."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: record.__dict__[name] for name in ("job", "account") if name in record.__dict__}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        # Value by value: in finished JSON a link would seem to go on through the escape that follows it.
        clean = {name: self._redact(value) if isinstance(value, str) else value for name, value in line.items()}
        return json.dumps(clean, ensure_ascii=False)


def set_up(level: str, form: Literal["text", "json"], secrets: Iterable[str]) -> None:
    """Log to standard error. Libraries keep to warnings: their requests would fill the log, and name signed links."""
    redact = Redactor(secrets)
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter(redact) if form == "json" else TextFormatter(redact))
    handler.addFilter(JobFilter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    sys.excepthook = _log_what_nobody_caught
    for library in ("discord", "httpx", "httpcore", "aiosqlite", "alembic", "sqlalchemy", "PIL", "aiohttp", "stamina"):
        logging.getLogger(library).setLevel(level if level == "ERROR" else logging.WARNING)


def _log_what_nobody_caught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The interpreter's own printing would not take secrets out."""
    logging.getLogger("bot").critical("the process ends on an error", exc_info=(kind, error, trace))
