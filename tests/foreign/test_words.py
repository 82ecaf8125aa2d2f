"""Words of members, admins and the network: taken, or refused by a sentence; harmless wherever they are shown."""

import re
from datetime import date
from unicodedata import category

import httpx
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.discord_ui import texts
from bot.discord_ui.commands.history import _filters
from bot.discord_ui.quota_texts import their_reason
from bot.domain.errors import InvalidOption, InvalidPrompt, Refusal, UnusablePicture
from bot.domain.image_models import choose, price_of, tidy_prompt
from bot.domain.parameters import BY_NAME
from bot.domain.prompt import LONGEST, build, parse
from bot.logs import Redactor
from bot.providers.links import PublicLinks
from bot.providers.public_transport import PublicTransport
from bot.providers.wording import one_line, tidy, without_signatures
from tests.foreign.nasty import LINKS, ODD_LINKS, TEXT, is_one_line

OFFERED = ("dall-e-3", "dall-e-2", "gpt-image-1")
TODAY = date(2026, 5, 1)
VALUES = st.sampled_from(("", "7", "16:9", "99999999999", "0.5", "٣", "raw", "https://x.test/a--ar.png", "::2", "1e9"))
FLAGS = st.tuples(
    st.sampled_from((" --", " —", "--", " ---", " -- ")),
    st.sampled_from(sorted(BY_NAME)) | st.text(max_size=4),
    st.sampled_from((" ", "=", "")),
    VALUES | TEXT,
).map("".join)
PROMPTS = st.tuples(TEXT, st.lists(FLAGS, max_size=4).map("".join)).map("".join)
ASPECTS = st.none() | st.sampled_from(("16:9", "0:1", "99:1", " 3:2 ", "3：2", "1:1:1", "99999:99999")) | TEXT
DAYS = st.sampled_from(("2026-05-01", "2026-2-30", "0000-00-00", "yesterday", "٢٠٢٦-٠١-٠١", "9999-12-31")) | TEXT


def check_sentence(refusal: Refusal, most: int = 400) -> None:
    """One that can be told: short, whole, and on one line."""
    assert 0 < len(refusal.sentence) <= most
    assert is_one_line(refusal.sentence)
    assert refusal.sentence.endswith((".", "?", "`"))


@given(PROMPTS, ASPECTS)
def test_a_prompt_is_built_or_refused(typed: str, aspect: str | None) -> None:
    try:
        prompt = build(typed, aspect)
    except InvalidPrompt as refusal:
        check_sentence(refusal)
        return
    line = prompt.render()
    line.encode()
    assert len(line) <= LONGEST
    assert not any(category(letter) == "Cc" for letter in line)
    assert parse(line) == prompt
    assert parse(line).render() == line


@given(TEXT, *[st.none() | st.sampled_from((*OFFERED, "1024 × 1024", "HD", "vivid", "auto")) | TEXT] * 4, st.integers())
def test_options_of_an_image_are_chosen_or_refused(
    prompt: str, model: str | None, size: str | None, quality: str | None, style: str | None, count: int
) -> None:
    try:
        found = choose(OFFERED, prompt, model=model, size=size, quality=quality, style=style, count=count)
    except (InvalidOption, InvalidPrompt) as refusal:
        check_sentence(refusal)
    else:
        assert found.model in OFFERED
        assert 1 <= found.count <= 10
        assert price_of(found) >= 1
        tidy_prompt(prompt).encode()


@given(st.none() | st.sampled_from(("imagine", "press")), st.none() | DAYS, st.none() | DAYS)
def test_days_are_read_or_refused(kind: str | None, since: str | None, until: str | None) -> None:
    try:
        found = _filters(kind, since, until, TODAY)
    except Refusal as refusal:
        check_sentence(refusal)
    else:
        assert found.since is None or found.since <= TODAY
        _ = found.ends_at


@given(TEXT)
def test_foreign_words_neither_ping_nor_link_nor_format(words: str) -> None:
    for shown in (texts.plain(words), their_reason(words) or ""):
        assert "\n" not in shown
        assert "@everyone" not in shown
        assert "@here" not in shown
        assert not re.search(r"(?<!\\)<[@#:/t]", shown)
        assert "://" not in shown
        assert not re.search(r"(?<!\\)(?:\\\\)*[*_~`|\[]", shown)
        assert not any("\u202a" <= letter <= "\u202e" for letter in shown)


@given(TEXT)
def test_a_service_s_words_become_one_short_line(message: str) -> None:
    for line in (tidy(message), one_line(message, 200)):
        assert len(line) <= 300
        assert is_one_line(line)
    assert "hm=" not in tidy(message)
    assert "hm=" not in without_signatures(message)


PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
HEADERS = [{"Location": link} for link in (*ODD_LINKS, "/next", "") if link.isascii() and link.isprintable()]
HEADERS += [{}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "identity", "Content-Type": "text/html"}]
STATUSES = (200, 200, 204, 301, 302, 308, 403, 404, 500)
ANSWERS = st.lists(
    st.tuples(st.sampled_from(STATUSES), st.sampled_from(HEADERS), st.binary(max_size=9)), min_size=1, max_size=4
)


class Web(httpx.AsyncBaseTransport):
    """A web in which each request gets the next of these answers, and the last one for ever."""

    answers: list[tuple[int, dict[str, str], bytes]]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        status, headers, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return httpx.Response(status, headers=headers, content=PNG + body, request=request)


async def resolve(host: str) -> list[str]:
    return ["93.184.216.34"]


WEB = Web()
PUBLIC_LINKS = PublicLinks(PublicTransport(resolve=resolve, inner=WEB))


@given(LINKS | TEXT, ANSWERS)
async def test_a_link_gives_a_picture_or_is_refused(
    link: str, answers: list[tuple[int, dict[str, str], bytes]]
) -> None:
    WEB.answers = answers
    try:
        assert (await PUBLIC_LINKS.fetch(link)).startswith(PNG)
    except UnusablePicture as refusal:
        check_sentence(refusal)


SECRETS = st.text("abcXYZ019._-", min_size=6, max_size=40)
AROUND = st.sampled_from(
    ("Bot ", "Bearer ", "/webhooks/12/", "/interactions/9/", "https://x.test/p.png?ex=1&hm=", '"', "'", " ", "\n", "=")
)


@given(st.lists(SECRETS, max_size=3), st.lists(TEXT | AROUND | st.integers(0, 2), max_size=8))
def test_no_secret_is_logged(secrets: list[str], parts: list[str | int]) -> None:
    assume(not any(secret in "[secret][signed]" for secret in secrets))
    text = "".join(part if isinstance(part, str) else (secrets[part] if part < len(secrets) else "") for part in parts)
    clean = Redactor(secrets)(text)
    assert not any(secret in clean for secret in secrets)
    assert Redactor(secrets)(clean) == clean
