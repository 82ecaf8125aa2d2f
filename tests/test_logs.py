"""Logs: every secret is taken out, wherever in a line or a traceback it stands, and machines can read the rest."""

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import httpx
import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from bot import logs
from bot.domain.errors import CardUndelivered
from bot.domain.job import Account, Job, JobKind, JobState, Speed
from bot.services.one_job import about, name_from_now_on, named
from tests.fakes import NOON

TOKEN = "MTA1.GxYzAb.discord-token_of-27"
KEY = "sk-key/with+signs="
LINK = "https://cdn.discordapp.com/attachments/1/2/heron.png"
INTERACTION = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OkFiQ2QtXzEy"
WEBHOOK = f"https://discord.com/api/v10/webhooks/123/{INTERACTION}/messages/@original"
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
EXCEPTIONS: dict[str, Exception] = {
    "httpx, an answer": httpx.HTTPStatusError(
        f"Client error '403 Forbidden' for url '{LINK}{QUERY}'",
        request=httpx.Request("GET", f"{LINK}{QUERY}"),
        response=httpx.Response(403),
    ),
    "httpx, an address": httpx.UnsupportedProtocol(f"no protocol for {LINK}{QUERY} with Bearer {KEY}"),
    "aiohttp": aiohttp.ClientResponseError(
        aiohttp.RequestInfo(URL(WEBHOOK), "PATCH", CIMultiDictProxy(CIMultiDict()), URL(WEBHOOK)), (), status=500
    ),
    "discord.py": discord.HTTPException(
        SimpleNamespace(status=401, reason="Unauthorized"),  # type: ignore[arg-type]
        {"code": 50027, "message": f"Invalid Webhook Token: {INTERACTION} of Bot {TOKEN}"},
    ),
}
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
            (f"its token is {INTERACTION}!", "its token is [secret]!"),
            ("GET /a.png?ex=1&hm=0123&is=2", "GET /a.png?ex=1&hm=[signed]&is=2"),
            ("/b.png?X-Amz-Signature=ab12&X-Amz-Date=3", "/b.png?X-Amz-Signature=[signed]&X-Amz-Date=[signed]"),
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

    @pytest.mark.parametrize("error", [EXCEPTIONS[name] for name in EXCEPTIONS], ids=list(EXCEPTIONS))
    def test_the_exceptions_of_libraries_are_redacted(self, written: Written, error: Exception) -> None:
        try:
            try:
                raise error
            except Exception as cause:
                cause.add_note(f"the call was {WEBHOOK} with {KEY}")
                raise CardUndelivered(f"Discord said: {cause}") from cause
        except CardUndelivered:
            log.exception("job 7 could not be drawn at %s", WEBHOOK)
        assert type(error).__name__ in written.text
        assert "Traceback" in written.text
        self.assert_clean(written)

    def assert_clean(self, written: Written) -> None:
        for secret in (TOKEN, KEY, "hm=0123", INTERACTION):
            assert secret not in written.text


class TestJob:
    """Lines of whoever knows of no jobs, while one is worked on."""

    def test_a_line_that_is_logged_meanwhile_carries_job_and_account(self, written: Written, form: Any) -> None:
        with named(JOB):
            logging.getLogger("httpx").warning("slow")
        logging.getLogger("httpx").warning("quick")
        slow, quick = written.text.splitlines()
        if form == "json":
            assert (json.loads(slow)["job"], json.loads(slow)["account"]) == (7, "1/2")
            assert "job" not in json.loads(quick)
        else:
            assert slow.endswith("slow (job 7, account 1/2)")
            assert quick.endswith("quick")

    def test_a_line_about_another_job_keeps_that_one(self, written: Written) -> None:
        with named(JOB):
            log.info("adopted", extra=about(replace(JOB, id=8)))
        assert "7" not in written.text.partition("adopted")[2]

    async def test_so_do_lines_of_threads_and_tasks_that_it_starts(self, written: Written) -> None:
        async def later() -> None:
            log.warning("in a task")

        with named(JOB):
            await asyncio.to_thread(log.warning, "in a thread")
            task = asyncio.create_task(later())
        await task
        assert written.text.count("1/2") == 2

    async def test_an_interaction_is_about_its_job_to_its_end_and_the_next_one_is_not(self, written: Written) -> None:
        async def interaction(job: Job | None) -> None:
            if job is not None:
                name_from_now_on(job)
            log.warning("failed")

        await asyncio.create_task(interaction(JOB))
        await asyncio.create_task(interaction(None))
        assert ["1/2" in line for line in written.text.splitlines()] == [True, False]

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
