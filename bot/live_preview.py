"""Keeps SimCord's preview page live while jobs go on in the background.

SimCord 3.2.1 refreshes its page only after the visitor's own actions. A refresh raises the page's revision, and an
action that carries an older one is refused; one that arrives during a tick of the clock answers HTTP 400 and leaves the
page stuck. It also parses each text anew, with a parser of its own, each time it draws the page: half of the drawing.
There is no public hook for any of it, so this reaches for private names (`_action`, `_advance_presentation_time`,
`_markdown_parser`, `_pages`, `_publish`, `_python`, `_settle_internal`).
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from simcord.preview import _markdown

log = logging.getLogger(__name__)

SHOWING = frozenset({"run_command", "click", "modal_submit"})
"""Actions that may make a message; the page then scrolls to it."""

EVERY = 0.5
SETTLE_EVERY = 0.005
"""How often SimCord looks whether the bot has done what an action asked of it; its 0.05 s are felt in each click."""

LONGEST_TICK = 1.0
TEXTS_KEPT = 500


async def follow_clock(env: Any, preview: Any, stop: asyncio.Event) -> None:
    """Let SimCord's clock follow the wall clock until `stop` is set, and refresh the page when the bot sent something.

    Call it from the task that entered SimCord: SimCord takes no operation from another one.
    """
    turn = asyncio.Lock()
    _take_turns(preview, turn)
    env._settle_internal = partial(env._settle_internal, idle=SETTLE_EVERY)
    _parse_once()
    preview._pages.pop(preview._python.id, None)  # the page that programs look at: drawn each time, for nobody
    shown = _note_what_is_shown(env, preview)
    last = time.monotonic()
    while not stop.is_set():
        await _sleep_or(stop, EVERY)
        async with turn:
            now = time.monotonic()
            try:
                await env.advance_time(min(LONGEST_TICK, now - last))  # what is left over follows in the next rounds
            except TimeoutError as error:  # a busy machine: what was begun goes on, and so does the page
                log.warning("the demo is slow: %s", error)
            last += min(LONGEST_TICK, now - last)
            if any(shown.get(page) != len(env.http_requests) for page in preview._pages):
                await preview.refresh()  # not for what an action has shown already: it would close an open menu


def _note_what_is_shown(env: Any, preview: Any) -> dict[str, int]:
    """How many of the bot's requests each page shows, by its id; kept up to date."""
    shown: dict[str, int] = {}
    original = preview._publish

    def publish(page: Any, **options: Any) -> None:
        original(page, **options)
        shown[page.id] = len(env.http_requests)

    preview._publish = publish
    return shown


def _parse_once() -> None:
    """Keep the parsers, each for a kind of text and the names that may be mentioned in it, and what they read."""
    simcord: Any = _markdown
    build = simcord._markdown_parser
    built: dict[str, Any] = {}

    def parser(policy: Mapping[str, Any], names: Mapping[str, Any]) -> Any:
        key = repr((policy, names))
        if key not in built:
            built[key] = made = build(policy, names)
            made.parse = _remembering(made.parse, names)
            made.parseInline = _remembering(made.parseInline, names)
        return built[key]

    simcord._markdown_parser = parser


def _remembering(parse: Callable[[str, Any], Any], names: Mapping[str, Any]) -> Callable[[str, Any], Any]:
    @lru_cache(TEXTS_KEPT)
    def read(text: str) -> Any:
        return parse(text, {"context": names})

    return lambda text, _: read(text)


async def _sleep_or(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


def _take_turns(preview: Any, turn: asyncio.Lock) -> None:
    """Serialise the page's actions with the clock, accept slightly old pages, and show what an action made."""
    original = preview._action

    async def action(context_id: str, body: dict[str, Any]) -> Any:
        async with turn:
            page = preview._pages.get(context_id)
            preview._advance_presentation_time()  # else what is made now seems to be made seconds from now
            result = await original(context_id, _up_to_date(page, body))
            made = [outcome["messageId"] for outcome in result.get("outcomes", []) if outcome.get("messageId")]
            if page and made and body.get("kind") in SHOWING and not result.get("rejected"):
                page.target_id, page.window_end_id = int(made[-1]), None
                preview._advance_presentation_time()
                preview._publish(page)
            return result

    preview._action = action


def _up_to_date(page: Any, body: dict[str, Any]) -> dict[str, Any]:
    """The action as if it had been made on the newest page: progress elsewhere must not refuse a click."""
    seen = body.get("published_revision")
    if page and isinstance(seen, int) and seen < page.revision:
        return body | {"published_revision": page.revision}
    return body
