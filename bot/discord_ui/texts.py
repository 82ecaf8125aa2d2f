"""The words on cards: what was asked for, how it stands, what it costs. Pure, and safe for foreign text."""

import re
from collections.abc import Sequence
from datetime import datetime
from unicodedata import category

from bot.domain.errors import credits
from bot.domain.job import PICTURE_RETRIES, REFUNDED, Job, JobKind, JobState
from bot.domain.line import BEHIND_OWN
from bot.domain.prompt import shorten

PROMPT_LENGTH = 300
PARAMETERS_LENGTH = 120
SUGGESTION_LENGTH = 430
"""Four of them, each sign of which may have to be escaped, and the rest of a card stay below 4000 characters."""

REVISED_LENGTH = 300
BOLD_LENGTH = 100
"""A longer prompt in bold would shout."""

ALT_TEXT_LENGTH = 256
LINK_LENGTH = 512
BAR_LENGTH = 12

PRIVATE = "Only you see this. After about 15 minutes it comes by direct message instead."

_MARKUP = re.compile(r"[\\*_~`|<\[\]]|^[#>-]")
_TURNING = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def tame(text: str) -> str:
    """Foreign text on one line, without what cannot be sent and the signs that turn around what stands beside them."""
    visible = (" " if category(sign) in ("Cc", "Cs") else sign for sign in text.translate(_TURNING))
    return " ".join("".join(visible).split())


def plain(text: str) -> str:
    """Foreign text letter by letter: tame, and without markup, mention, time, emoji name, or link.

    A link would swallow the markup that follows it, and whoever writes a prompt could make the bot post any.
    """
    # Not by discord.py, which leaves alone what stands between the first bracket and the last one.
    return _MARKUP.sub(r"\\\g<0>", tame(text)).replace("://", ":\u200b//").replace("@", "@\u200b")


def jump_url(server_id: int, channel_id: int, message_id: int) -> str:
    """The link that opens a message."""
    return f"https://discord.com/channels/{server_id or '@me'}/{channel_id}/{message_id}"


def card_url(job: Job) -> str | None:
    """The link that opens the job's card; None without one, and for a private one, which no link opens."""
    if job.message_id is None or job.private:
        return None
    return jump_url(job.account.server_id, job.channel_id, job.message_id)


def stamp(time: datetime, style: str = "R") -> str:
    """A time that Discord shows in each reader's own zone; `R` counts by itself."""
    return f"<t:{int(time.timestamp())}:{style}>"


def title(job: Job, length: int) -> str:
    """A job in a few words, for lists: its prompt, or what it is where it has none."""
    return plain(shorten(_named(job), length))


def linked(job: Job, length: int) -> str:
    """The same, leading to the job's card where there is one that a link leads to."""
    if job.message_id is None or job.private:
        return title(job, length)
    return f"[{title(job, length)}]({jump_url(job.account.server_id, job.channel_id, job.message_id)})"


def label(job: Job, length: int) -> str:
    """A job in a few words for menus, which know no markup."""
    return tame(shorten(_named(job), length))


def alt_text(job: Job, number: int = 0, count: int = 1) -> str:
    """What a screen reader says of the picture, the `number`-th from 0 of so many."""
    if job.kind is JobKind.PRESS and job.pressed:
        what = job.pressed.title
    elif job.kind is JobKind.DALLE:
        what = f"Picture {number + 1} of {count}" if count > 1 else "Picture"
    else:
        what = "Four pictures"
    words = _named(job) if job.dimensions else tame(job.prompt) or _named(job)
    return shorten(f"{what}: {words}", ALT_TEXT_LENGTH)


def source_alt_text(job: Job) -> str:
    """What a screen reader says of the small view of what the job is made from."""
    made = {JobKind.BLEND: "The pictures that are blended", JobKind.DESCRIBE: "The picture that is described"}
    return made.get(job.kind, "The picture that this one refers to")


def picture_link(job: Job) -> str | None:
    """Where a button may lead to the picture; Discord takes no longer links."""
    return next((link for link in job.links if len(link) <= LINK_LENGTH), None)


def heading(job: Job) -> str:
    """What was asked for: words, shortened, and below them the parameters, which stand at the end of a prompt."""
    words = _words(job)
    lines = [f"**{plain(words)}**" if len(words) <= BOLD_LENGTH else plain(shorten(words, PROMPT_LENGTH))]
    if details := _details(job):
        lines.append(f"-# {plain(shorten(details, PARAMETERS_LENGTH))}")
    if job.pressed is not None:
        made = plain(job.pressed.title)
        if job.parent_message_id is not None:
            made += f" · from [this card]({jump_url(job.account.server_id, job.channel_id, job.parent_message_id)})"
        lines.insert(0, f"-# {made}")
    return "\n".join(lines)


def status(job: Job, *, has_pictures: bool) -> str | None:
    """How the job stands; None where the result says it."""
    if job.held and not job.state.ended:
        return _held(job)
    match job.state:
        case JobState.QUEUED | JobState.SUBMITTING if job.kind is JobKind.DALLE and job.attempts:
            return "⏸️ The image service takes nothing just now; I keep trying, and your job keeps its place."
        case JobState.QUEUED if job.place is not None:
            return _in_line(job.place)
        case JobState.SUBMITTING if job.kind is JobKind.DALLE and job.attempted_at is not None:
            return f"🎨 Painting; it began {stamp(job.attempted_at)}."
        case JobState.QUEUED | JobState.SUBMITTING:
            return "⏳ Waiting to start"
        case JobState.RUNNING:
            return "⏳ Waiting to start" if job.progress is None else f"{_bar(job.progress)} **{job.progress} %**"
        case JobState.SUCCEEDED:
            return job.failure if has_pictures or job.is_description else _no_picture(job)
        case JobState.FAILED:
            return f"**Not made.** {plain(job.failure or '')}\nYour {credits(job.price)} came back."
        case JobState.CANCELLED:
            return " ".join(filter(None, ("**Cancelled.**", job.failure, f"Your {credits(job.price)} came back.")))
        case JobState.EXPIRED if job.task_id is None and job.held:
            return f"**Given up.** Midjourney has not answered for hours. Your {credits(job.price)} came back."
        case JobState.EXPIRED if job.task_id is None:
            return f"**Given up.** No place became free for this one. Your {credits(job.price)} came back."
        case JobState.EXPIRED:
            return (
                f"**Given up.** Midjourney has gone silent about this one. Your {credits(job.price)} came back.\n"
                "Should the picture still arrive within a day, you get it as a gift."
            )


def plain_end(job: Job) -> str:
    """How the job ended, in words that Discord cannot find fault with."""
    if job.state in REFUNDED:
        return f"**Not made.** Your {credits(job.price)} came back."
    return "**Finished**, but Discord does not take what belongs here. You find it in `/history`."


def standing(job: Job) -> str:
    """How an unfinished job stands, in a few words for lists."""
    match job.state:
        case JobState.QUEUED if job.place is not None:
            return f"in line, place {job.place}" if job.place != BEHIND_OWN else "in line behind your others"
        case JobState.SUBMITTING if job.kind is JobKind.DALLE:
            return "painting"
        case JobState.RUNNING if job.progress is not None:
            return f"{job.progress} %"
        case _:
            return "starting"


def silence(jobs: Sequence[Job]) -> str | None:
    """What a list of unfinished jobs says of all at once: their provider is down."""
    return "⏸️ Midjourney is not answering; what waits keeps its place." if any(job.held for job in jobs) else None


def suggestions(job: Job) -> str | None:
    """The prompts that came with the result: of a description, numbered as its buttons are, or what DALL·E made."""
    if job.state is not JobState.SUCCEEDED:
        return None
    if job.kind is JobKind.DALLE:
        revised = " ".join(job.suggestions).strip()
        return f"-# What the model made of your words\n> {plain(shorten(revised, REVISED_LENGTH))}" if revised else None
    lines = [f"**{n}**  {plain(shorten(text, SUGGESTION_LENGTH))}" for n, text in enumerate(job.suggestions, 1)]
    if not lines and job.is_description:
        return "**Finished**, but Midjourney sent no description along."
    return "\n\n".join(lines) or None


def whole(job: Job) -> list[tuple[str, str]]:
    """What the card shows only in part: titles, and the texts in full."""
    found: list[tuple[str, str]] = []
    if "…" in heading(job):
        found.append(("**The whole prompt**\n", job.prompt))
    if "…" in (suggestions(job) or ""):
        if job.image:
            found.append(("**What the model made of your words**\n", " ".join(job.suggestions)))
        else:
            found += [(f"**The whole {n}**\n", text) for n, text in enumerate(job.suggestions, 1)]
    return found


def footer(job: Job) -> str:
    """Whose it is, in which pool or by which model, what it cost, since when it stands so, and who sees it."""
    price = "a gift" if job.gift else credits(job.price) + (" returned" if job.state in REFUNDED else "")
    parts = [f"<@{job.account.member_id}>", job.image.model if job.image else job.speed.value, price]
    parts.append(_state_and_time(job))
    if job.private and job.state.ended:
        parts.append("only you see this")
    line = "-# " + " · ".join(parts)
    return line if not job.private or job.state.ended else f"{line}\n-# {PRIVATE}"


def unseen(jobs: Sequence[Job]) -> str:
    """What ended while nobody could show it to its owner."""
    made = sum(job.state is JobState.SUCCEEDED for job in jobs)
    lost = len(jobs) - made
    told = [f"**{made} of your pictures {'was' if made == 1 else 'were'} finished**"] if made else []
    if lost:
        whose = "" if made else "of your pictures "
        told.append(f"{lost} {whose}could not be made ({'its' if lost == 1 else 'their'} credits came back)")
    return f"While you were away, {' and '.join(told)}; `/history` has {'it' if len(jobs) == 1 else 'them'}."


def _words(job: Job) -> str:
    prompt = tame(job.prompt)
    words = prompt if job.image else prompt.partition(" --")[0]  # only Midjourney reads parameters
    if words and not words.startswith("--"):
        return words
    return "A picture, described" if job.is_description else "A blend of pictures"


def _named(job: Job) -> str:
    """Its words; where it has none, what tells it from its like."""
    if job.is_description and job.suggestions:
        return f"Described: {tame(job.suggestions[0])}"
    return f"{_words(job)}, {job.dimensions}" if job.dimensions else _words(job)


def _details(job: Job) -> str:
    """The small print below the words."""
    if job.image is not None:
        many = f"{job.image.count} pictures" if job.image.count > 1 else None
        return " · ".join(filter(None, (job.image.size.replace("x", " × "), job.image.quality, job.image.style, many)))
    if job.dimensions is not None:
        return job.dimensions.value
    _, dashes, parameters = f" {tame(job.prompt)}".partition(" --")
    return dashes.strip() + parameters


def _in_line(place: int) -> str:
    if place == BEHIND_OWN:
        return "⏳ In line behind your other pictures: it moves up when one of them is done."
    if place == 1:
        return "⏳ Next in line: it starts as soon as there is room."
    return f"⏳ In line, place **{place}**: it starts when those before it have started."


def _no_picture(job: Job) -> str:
    if not job.has_pictures:
        return "**Finished**, but Midjourney sent no picture along."
    if job.picture_tries >= PICTURE_RETRIES:
        leads = " The button leads to it while its link lives." if picture_link(job) else ""
        return f"**Finished**, but I could not fetch the picture.{leads}"
    leads = "; the button leads to it" if picture_link(job) else ""
    return f"**Finished.** I could not fetch the picture yet and keep trying for an hour{leads}."


def _held(job: Job) -> str:
    if job.state is JobState.QUEUED:
        return "⏸️ Midjourney is not answering; your job keeps its place."
    begun = "" if job.progress is None else f"{_bar(job.progress)} **{job.progress} %**\n"
    return f"{begun}⏸️ Midjourney is not answering; I keep asking about this one."


def _bar(progress: int) -> str:
    full = round(progress * BAR_LENGTH / 100)
    return "▰" * full + "▱" * (BAR_LENGTH - full)


def _state_and_time(job: Job) -> str:
    match job.state:
        case JobState.RUNNING if job.progress is not None:
            return f"running, asked {stamp(job.created_at)}"
        case JobState.SUBMITTING if job.kind is JobKind.DALLE and job.attempted_at is not None:
            return f"painting, asked {stamp(job.created_at)}"
        case JobState.QUEUED if job.place is not None:
            return f"in line, asked {stamp(job.created_at)}"
        case JobState.QUEUED | JobState.SUBMITTING | JobState.RUNNING:
            return f"starting, asked {stamp(job.created_at)}"
        case _:
            word = {JobState.SUCCEEDED: "done", JobState.EXPIRED: "given up"}.get(job.state, job.state.value)
            return f"{word} {stamp(job.finished_at or job.changed_at)}"
