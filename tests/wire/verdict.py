"""What must be true when everything is over: each job against its card, its credits, the service's orders, the log."""

import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from sqlalchemy import select

from bot.app import utc_now
from bot.discord_ui.delivery import DiscordCards
from bot.domain.job import REFUNDED, Job, JobKind, JobState
from bot.providers.ohmygpt import OhMyGPT
from bot.services.press import offered_by
from bot.storage.database import make_engine
from bot.storage.jobs import to_job
from bot.storage.tables import JobRow, LedgerRow
from tests.wire.installation import KEY, TOKEN, Installation
from tests.wire.people import BUTTON, TEXT_DISPLAY, Card, parts_of

SECRETS = {"the token": TOKEN, "the key": KEY, "an interaction's token": "simcord_interaction_", "a signature": "hm="}
UNHANDLED = ("Traceback (most recent call last)", " CRITICAL ", "was never retrieved", "was never awaited")


@dataclass
class Verdict:
    """All that was counted, and every violation in words."""

    jobs: Counter[str] = field(default_factory=Counter[str])
    facts: Counter[str] = field(default_factory=Counter[str])
    violations: list[str] = field(default_factory=list[str])


async def judge(place: Installation, database: Path, orders: list[dict[str, Any]]) -> Verdict:
    """Look at everything that is left of a run whose bot has stopped."""
    jobs, entries = await _stored(database)
    verdict = Verdict()
    verdict.jobs["in all"] = len(jobs)
    verdict.jobs.update(f"{job.kind}, {job.state}" for job in jobs.values())
    verdict.facts["Tasks made"] = sum(order["taskId"] is not None for order in orders)
    verdict.facts["Tasks adopted after a lost answer"] = place.log.count(": adopted task ")
    verdict.facts["Cards found again after a crash"] = place.log.count(": found its card again")
    verdict.facts["Jobs refunded"] = sum(job.state in REFUNDED for job in jobs.values())
    cards = _cards(place)
    async with httpx.AsyncClient() as client:
        painter = DiscordCards(None, offered_by(OhMyGPT(client, KEY)), utc_now)
        for job in jobs.values():
            verdict.violations += [f"job {job.id}: {wrong}" for wrong in _card_faults(job, cards[job.id], painter)]
            verdict.violations += [f"job {job.id}: {wrong}" for wrong in _credit_faults(job, entries[job.id])]
    verdict.violations += [f"a card of job {job_id}, which there is not" for job_id in cards.keys() - jobs.keys()]
    verdict.violations += _order_faults(jobs, orders)
    verdict.violations += _log_faults(place.log)
    report = await place.command("check")
    if report.code != 0:
        verdict.violations.append(f"easel check: {report.out} {report.err}")
    return verdict


async def _stored(database: Path) -> tuple[dict[int, Job], dict[int, Counter[str]]]:
    """Every job, and the sums of its ledger entries by kind."""
    engine = make_engine(f"sqlite+aiosqlite:///{database}")
    try:
        async with engine.connect() as connection:
            rows = await connection.execute(select(*JobRow.__table__.c))
            jobs = {row.id: to_job(row) for row in rows}
            entries: dict[int, Counter[str]] = defaultdict(Counter)
            for row in await connection.execute(select(LedgerRow.job_id, LedgerRow.kind, LedgerRow.credits)):
                entries[row.job_id][row.kind] += row.credits
    finally:
        await engine.dispose()
    return jobs, entries


def _cards(place: Installation) -> dict[int, list[Card]]:
    """Every message that is a card, wherever it is, by its job."""
    found: dict[int, list[Card]] = defaultdict(list)
    backend = place.discord.backend
    for channel_id, messages in backend.messages.items():
        for message_id in messages:
            card = Card(backend, channel_id, message_id)
            if card.job_id is not None:
                found[card.job_id].append(card)
    return found


def _card_faults(job: Job, cards: list[Card], painter: DiscordCards) -> Iterator[str]:
    if not job.state.ended:
        yield f"it is still {job.state}"
        return
    if len(cards) > 1:
        yield f"it has {len(cards)} cards"
    if job.message_id is None:
        if job.state is not JobState.CANCELLED:
            yield f"it is {job.state} and knows no card"
        if cards:
            yield f"it knows no card, but there is one, which says: {cards[0].text}"
        return
    card = next((each for each in cards if each.id == job.message_id), None)
    if card is None:
        yield "its card is not there"
        return
    if job.shown < job.revision:
        yield "its card is still owed something"
    want, shown = _seen(painter.draw(job).to_components()), _seen(card.message.components)
    if want != shown:
        yield f"its card shows {shown}, not {want}"
    yield from _picture_faults(job, card)


def _picture_faults(job: Job, card: Card) -> Iterator[str]:
    if job.state is not JobState.SUCCEEDED or job.is_description:
        return
    if not job.pictures:
        yield f"it succeeded without a picture after {job.picture_tries} tries"
    if len(card.pictures) < len(job.pictures):
        yield f"its card shows {len(card.pictures)} of {len(job.pictures)} pictures"
    if any(map(_unreadable, card.pictures)):
        yield "its card shows a file that is no whole picture"


def _unreadable(data: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
    except OSError:
        return True
    return False


def _seen(components: Iterable[Any]) -> list[object]:
    """What a reader sees and can press, in order: texts, and buttons with what they lead to."""
    seen: list[object] = []
    for part in parts_of(components):
        if part["type"] == TEXT_DISPLAY:
            seen.append(part["content"])
        elif part["type"] == BUTTON:
            emoji = (part.get("emoji") or {}).get("name")
            seen.append((part.get("label"), emoji, part.get("custom_id"), part.get("url")))
    return seen


def _credit_faults(job: Job, entries: Counter[str]) -> Iterator[str]:
    reserved, back = entries["reserve"], -entries["refund"]
    if job.state in REFUNDED or job.gift:
        if back != reserved:
            yield f"it is {job.state}, and {back} of {reserved} credits came back"
    elif reserved - back != job.price:
        yield f"it is {job.state} for {job.price}, and {reserved - back} credits were taken"


def _order_faults(jobs: dict[int, Job], orders: list[dict[str, Any]]) -> Iterator[str]:
    """At most one order for each job that was sent. What is made of pictures alone is never asked for twice."""
    wanted: Counter[tuple[object, ...]] = Counter()
    for job in jobs.values():
        if job.attempted_at is None:  # else it would excuse a twin's second order
            continue
        parent = jobs.get(job.parent_id or 0)
        if job.kind is JobKind.PRESS and job.pressed is not None and parent is not None:
            wanted["action", parent.task_id, job.pressed.custom_id] += 1
        elif job.kind in (JobKind.IMAGINE, JobKind.DALLE):
            wanted["imagine" if job.kind is JobKind.IMAGINE else "generations", job.prompt] += 1
    for order, made in Counter(map(_order_key, orders)).items():
        most = wanted[order] if order in wanted or order[0] not in ("blend", "describe") else 1
        if made > most:
            yield f"{made} orders of {order}, which {most} jobs asked for"
    known = {job.task_id for job in jobs.values()} - {None}
    made = {order["taskId"] for order in orders}
    if unknown := known - made:
        yield f"tasks that the service never made: {sorted(unknown)}"


def _order_key(order: dict[str, Any]) -> tuple[object, ...]:
    call, fields = order["call"], order["fields"]
    match call:
        case "action":
            return call, fields["taskId"], fields["customId"]
        case "imagine" | "generations":
            return call, fields["prompt"]
        case _:
            return call, str(fields.get("base64") or fields.get("base64Array"))


def _log_faults(log: str) -> Iterator[str]:
    for name, secret in SECRETS.items():
        if secret in log:
            yield f"the log holds {name}"
    lines = log.splitlines()
    for number, line in enumerate(lines):
        if any(sign in line for sign in UNHANDLED):
            yield "the log: " + " ⏎ ".join(lines[max(number - 1, 0) : number + 25])
