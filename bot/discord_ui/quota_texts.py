"""The words about quotas, for admins and for members: what counts, what is left, what was changed. Pure."""

from collections.abc import Sequence

from bot.discord_ui.texts import plain, stamp, standing
from bot.domain.errors import Blocked, credits
from bot.domain.job import Job
from bot.domain.prompt import shorten
from bot.domain.quota import AuditEntry, Change, CounterKind, Rule, period_start
from bot.services.quota import MemberReport, Outcome, ServerReport, Span, Top
from bot.services.usage import Usage

MOST_JOBS = 8
"""Of what a member has under way, so that all else fits into a message too."""

REASON_LENGTH = 200
LISTED_REASON_LENGTH = 40
"""In a list of changes, which has to fit into a message even if every letter of a reason has to be escaped."""

BOUND = {
    CounterKind.SERVER: "This server's ceiling for a day, set by whoever hosts me, leaves no more than that.",
    CounterKind.TOTAL: "The ceiling for all of my servers together, set by whoever hosts me, leaves no more than that.",
}
_RULE = {
    Rule.OWN: "The limit of {} a day is their own, set by an admin.",
    Rule.SERVER: "The limit of {} a day is this server's default.",
    Rule.BOT: "The limit of {} a day is my default.",
}
_WAS = {Rule.OWN: "", Rule.SERVER: ", this server's default", Rule.BOT: ", my default"}


def left(usage: Usage) -> str:
    """`48 credits left today; 2 of 50 used, and 20 on top, kept until used.`, which is what both sides read first."""
    on_top = f", and {usage.granted} on top, kept until used" if usage.granted else ""
    more = usage.used > usage.limit  # the limit was lowered since
    used = f"{usage.used} used, and the limit is now {usage.limit}" if more else f"{usage.used} of {usage.limit} used"
    return f"**{credits(usage.left)} left** today; {used}{on_top}."


def blocked(error: Blocked) -> str:
    """The refusal, with the admin's reason."""
    return "\n".join(filter(None, (error.sentence, their_reason(error.reason))))


def their_reason(reason: str | None) -> str | None:
    """An admin's words, shortened and without any effect; None without any."""
    return f"Reason: {plain(shorten(reason, REASON_LENGTH))}" if reason else None


def member(member_id: int, report: MemberReport) -> str:
    """`/quota show member`."""
    usage = report.usage
    lines = [f"<@{member_id}> has {left(usage)}", _RULE[usage.rule].format(usage.limit)]
    if usage.bound_by is not None:
        lines.append(BOUND[usage.bound_by])
    if usage.limit:
        lines.append(f"New credits arrive {stamp(usage.returns_at)}.")
    if usage.policy.blocked:
        lines.append("**Blocked**: nothing new is made for them here.")
    reason = their_reason(usage.policy.block_reason)
    return _joined(*lines, reason, _under_way(usage.jobs), *_changes(report.changes))


def server(report: ServerReport) -> str:
    """`/quota show` without a member."""
    whose = "this server's default" if report.rule is Rule.SERVER else "my default"
    lines = [f"Members without a limit of their own may spend **{credits(report.daily)}** a day: {whose}."]
    most = f" of at most {report.ceiling}, the ceiling set by whoever hosts me" if report.ceiling else ""
    lines.append(f"Used in this server today: {report.used}{most}.")
    if report.total_left is not None:
        lines.append(f"All of my servers share {report.total_ceiling} a day; {report.total_left} of them are left.")
    return _joined(*lines, *_changes(report.changes))


def was_set(member_id: int | None, outcome: Outcome) -> str:
    """`/quota set`."""
    who = f"<@{member_id}>" if member_id else "Every member without a limit of their own"
    may = f"{who} may spend **{credits(outcome.after)}** a day"
    if not outcome.changed:
        return _joined(f"{may} already. Nothing was changed.", _binding(outcome))
    own = Rule.OWN if member_id else Rule.SERVER
    was, now = ("" if rule is own else _WAS[rule] for rule in (outcome.rule, outcome.rule_now))
    return _joined(f"{may} now{now}. Before it was {outcome.before}{was}.", *_standing(outcome), _binding(outcome))


def granted(member_id: int, outcome: Outcome) -> str:
    """`/quota grant`."""
    amount = outcome.after - outcome.before
    if not outcome.changed:
        return f"<@{member_id}> has nothing on top that could be taken back. Nothing was changed."
    if amount < 0:
        took = f"I took **{credits(-amount)}** back from what <@{member_id}> has on top; what was used stays used."
        return _joined(took, their_reason(outcome.reason), *_standing(outcome))
    got = f"<@{member_id}> got **{credits(amount)}** on top."
    how = "Spent after the day's, and kept until used."
    return _joined(f"{got} {how}", their_reason(outcome.reason), *_standing(outcome), _binding(outcome))


def was_reset(member_id: int, outcome: Outcome) -> str:
    """`/quota reset`."""
    if not outcome.changed:
        return f"<@{member_id}> has used none of the day's credits, so there is nothing to reset."
    now = f"<@{member_id}> starts the day anew: used went from {outcome.before} to 0."
    return _joined(
        now, *_standing(outcome), "What was spent still counts for this server's ceiling and in `/quota list`."
    )


def was_blocked(member_id: int, outcome: Outcome) -> str:
    """`/quota block`."""
    if not outcome.changed:
        return f"<@{member_id}> is blocked already. Nothing was changed."
    already = "was blocked already; the reason is new." if outcome.before else "is blocked: they can look, not make."
    undo = "What is under way goes on. `/quota unblock` undoes it."
    return _joined(f"<@{member_id}> {already} {undo}", their_reason(outcome.reason))


def was_unblocked(member_id: int, outcome: Outcome) -> str:
    """`/quota unblock`."""
    if not outcome.changed:
        return f"<@{member_id}> is not blocked. Nothing was changed."
    return _joined(f"<@{member_id}> is blocked no more and can make pictures again.", *_standing(outcome))


def top(found: Top) -> str:
    """`/quota list`."""
    when = "today" if found.span is Span.DAY else "this month"
    since = stamp(period_start(found.since), "f")
    if not found.spenders:
        return f"Nobody has spent anything here {when}, since {since}."
    lines = [f"{n}. <@{each.member_id}> · {credits(each.spent)}" for n, each in enumerate(found.spenders, 1)]
    return _joined(f"**Top spenders {when}**, since {since}", *lines)


def _joined(*lines: str | None) -> str:
    return "\n".join(filter(None, lines))


def _standing(outcome: Outcome) -> Sequence[str]:
    """How the member stands after a change."""
    if outcome.usage is None:
        return ()
    still = ("They are blocked at the moment.",) if outcome.usage.policy.blocked else ()
    bound = (BOUND[outcome.usage.bound_by],) if outcome.usage.bound_by and not outcome.bound_by else ()
    return (f"Now they have {left(outcome.usage)}", *bound, *still)


def _binding(outcome: Outcome) -> str | None:
    """That an operator's ceiling allows less a day than an admin has just decided."""
    if outcome.bound_by is None:
        return None
    kind, most = outcome.bound_by
    if kind is CounterKind.SERVER:
        return f"This server's ceiling of {most} a day, set by whoever hosts me, binds first."
    return f"The ceiling of {most} a day for all of my servers together, set by whoever hosts me, binds first."


def _under_way(jobs: Sequence[Job]) -> str | None:
    """What kind of jobs, how they stand and what they cost; what a member makes is not the admins' business."""
    if not jobs:
        return None
    lines = [f"- {job.kind}{', private' * job.private} · {standing(job)} · {credits(job.price)}" for job in jobs]
    more = [f"and {len(lines) - MOST_JOBS} more"] if len(lines) > MOST_JOBS else []
    return "\n".join(["**Under way**", *lines[:MOST_JOBS], *more])


def _changes(entries: Sequence[AuditEntry]) -> Sequence[str]:
    return ("**Last changes**", *map(_change, entries)) if entries else ()


def _change(entry: AuditEntry) -> str:
    match entry.change:
        case Change.SET:
            what = f"limit {entry.before or 'default'} → {entry.after or 'default'}"
        case Change.GRANT:
            what = f"{int(entry.after) - int(entry.before)} on top"
        case Change.RESET:
            what = f"used today {entry.before} → {entry.after}"
        case Change.BLOCK:
            what = "blocked"
        case Change.UNBLOCK:
            what = "unblocked"
    reason = f" · {plain(shorten(entry.reason, LISTED_REASON_LENGTH))}" if entry.reason else ""
    return f"- {stamp(entry.at)} <@{entry.actor_id}>: {what}{reason}"
