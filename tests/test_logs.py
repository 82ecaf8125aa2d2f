"""Logs: every secret is taken out, wherever in a line or a traceback it stands, and machines can read the rest."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot import logs
from bot.domain.job import Account, Job, JobKind, JobState, Speed
from bot.services.one_job import about
from tests.fakes import NOON

TOKEN = "MTA1.GxYzAb.discord-token_of-27"
KEY = "sk-key/with+signs="
LINK = "https://cdn.discordapp.com/attachments/1/2/heron.png"
QUERY = "?ex=66aa&is=66ab&hm=0123456789abcdef"
JOB = Job(
    id=7,
    account=Account(1, 2),
    kind=JobKind.IMAGINE,
    prompt="a heron",
    speed=Speed.FAST,
    price=2,
    channel_id=3,
    state=JobState.QUEUED,
    created_at=NOON,
    changed_at=NOON,
)
LIBRARIES = ("discord", "httpx", "httpcore", "aiosqlite", "alembic", "sqlalchemy", "PIL", "aiohttp")
log = logging.getLogger("bot.tests")


class Written:
    """What was logged, as text and, where that was chosen, as objects."""

    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(params=["text", "json"])
def form(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def written(form: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """Logging set up as the bot does it, on a stream in the place of standard error."""
    root, stream = logging.getLogger(), io.StringIO()
    levels = {logger: logger.level for logger in (root, *map(logging.getLogger, LIBRARIES))}
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(root, "handlers", [])
    logs.set_up("INFO", form, [TOKEN, KEY, ""])
    yield Written(stream)
    for logger, level in levels.items():
        logger.setLevel(level)


class TestRedaction:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            (f"the token is {TOKEN}.", "the token is [secret]."),
            (f"{KEY}{KEY} {TOKEN}", "[secret][secret] [secret]"),
            ("Authorization: Bot MTIz.abc.an-unknown_token", "Authorization: Bot [secret]"),
            ("Authorization: Bearer sk-an-unknown-key-1234", "Authorization: Bearer [secret]"),
            ("POST /webhooks/123/aW50ZXJhY3Rpb246an0_-token", "POST /webhooks/123/[secret]"),
            (
                "/webhooks/123/aW50ZXJhY3Rpb246an0_-token/messages/@original",
                "/webhooks/123/[secret]/messages/@original",
            ),
            ("/interactions/9/aW50ZXJhY3Rpb246an0_-token/callback", "/interactions/9/[secret]/callback"),
            (f"fetching {LINK}{QUERY} failed", f"fetching {LINK}?[signed] failed"),
            (f"({LINK}{QUERY})", f"({LINK}?[signed]"),
            (f"<{LINK}{QUERY}>", f"<{LINK}?[signed]>"),
            (f'"{LINK}{QUERY}"', f'"{LINK}?[signed]"'),
            (f"two: {LINK}{QUERY} {LINK}{QUERY}", f"two: {LINK}?[signed] {LINK}?[signed]"),
        ],
    )
    def test_what_is_or_looks_like_a_secret_is_taken_out(self, text: str, shown: str) -> None:
        assert logs.Redactor([TOKEN, KEY])(text) == shown

    @pytest.mark.parametrize(
        "text",
        [
            "job 7 runs as task 1234567890123456",
            "Bot or not",
            "a Bearer of news",
            f"fetching {LINK}",
            "GET /webhooks/123 and /channels/1/messages/2",
            "why? because",
            "",
        ],
    )
    def test_the_rest_stays(self, text: str) -> None:
        assert logs.Redactor([TOKEN, KEY])(text) == text

    def test_a_secret_that_holds_another_is_taken_out_whole(self) -> None:
        assert logs.Redactor(["abc", "abcdef"])("abcdef abc") == "[secret] [secret]"

    def test_an_empty_secret_takes_out_nothing(self) -> None:
        assert logs.Redactor(["", TOKEN])("ab") == "ab"


class TestLines:
    def test_a_message_and_its_arguments_are_redacted(self, written: Written) -> None:
        log.info("calling %s with %r", f"{LINK}{QUERY}", {"key": KEY})
        assert "calling" in written.text
        self.assert_clean(written)

    def test_a_traceback_is_redacted_causes_included(self, written: Written) -> None:
        try:
            try:
                raise ValueError(f"bad key {KEY} at {LINK}{QUERY}")
            except ValueError as error:
                raise RuntimeError(f"Bot {TOKEN}") from error
        except RuntimeError:
            log.exception("it failed with %s", TOKEN)
        assert "Traceback" in written.text
        assert "direct cause" in written.text
        assert "RuntimeError: Bot [secret]" in written.text
        self.assert_clean(written)

    def test_an_unhandled_exception_in_another_s_logger_is_redacted(self, written: Written) -> None:
        logging.getLogger("discord.client").error("Ignoring exception", exc_info=RuntimeError(f"POST {LINK}{QUERY}"))
        assert "Ignoring exception" in written.text
        self.assert_clean(written)

    def assert_clean(self, written: Written) -> None:
        for secret in (TOKEN, KEY, "hm=0123"):
            assert secret not in written.text

    def test_libraries_keep_to_warnings(self, written: Written) -> None:
        for name in LIBRARIES:
            logging.getLogger(f"{name}.part").info("chatter")
            logging.getLogger(f"{name}.part").warning("trouble")
        assert "chatter" not in written.text
        assert written.text.count("trouble") == len(LIBRARIES)

    @pytest.mark.parametrize(("level", "count"), [("DEBUG", 4), ("INFO", 3), ("WARNING", 2), ("ERROR", 1)])
    def test_the_level_decides(
        self, written: Written, level: str, count: int, form: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stderr", written.stream)
        logs.set_up(level, form, [])
        for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            log.log(number, "said")
        assert written.text.count("said") == count


@pytest.mark.parametrize("form", ["text"], indirect=True)
class TestText:
    def test_a_line_names_time_level_logger_job_and_account(self, written: Written) -> None:
        log.info("admitted", extra=about(JOB))
        line = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO    bot\.tests: admitted \(job 7, account 1/2\)\n"
        assert re.fullmatch(line, written.text)

    def test_a_line_about_no_job_ends_with_its_message(self, written: Written) -> None:
        log.warning("the list cannot be read")
        assert written.text.endswith("WARNING bot.tests: the list cannot be read\n")

    def test_job_and_account_stand_before_a_traceback(self, written: Written) -> None:
        try:
            raise RuntimeError("odd")
        except RuntimeError:
            log.exception("it failed", extra=about(JOB))
        first, *rest = written.text.splitlines()
        assert first.endswith("it failed (job 7, account 1/2)")
        assert rest[0].startswith("Traceback")
        assert rest[-1] == "RuntimeError: odd"


@pytest.mark.parametrize("form", ["json"], indirect=True)
class TestJson:
    def test_each_line_is_an_object(self, written: Written) -> None:
        log.info("admitted:\n%s", "鷺", extra=about(JOB))
        log.warning("trouble")
        first, second = written.objects
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", first.pop("time"))
        assert first == {
            "level": "INFO",
            "logger": "bot.tests",
            "message": "admitted:\n鷺",
            "job": 7,
            "account": "1/2",
        }
        assert second.keys() == {"time", "level", "logger", "message"}

    def test_a_traceback_is_one_field(self, written: Written) -> None:
        try:
            raise RuntimeError("odd")
        except RuntimeError:
            log.exception("it failed")
        [line] = written.objects
        assert line["traceback"].startswith("Traceback")
        assert line["traceback"].endswith("RuntimeError: odd")

    @pytest.mark.parametrize("after", ['"', "\n", "\t"], ids=repr)
    def test_redaction_leaves_an_object_and_what_follows(self, written: Written, after: str) -> None:
        log.info("fetching %s%s%sit failed", LINK, QUERY, after)
        [line] = written.objects
        assert line["message"] == f"fetching {LINK}?[signed]{after}it failed"
