"""The chases card of the ticket page: what was sent and is planned, by its true name, and what keeps reminders from leaving."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from migrations_app.admin import chase_manners
from migrations_app.admin.event_data import label_of
from migrations_app.admin.failures import failure_words
from migrations_app.admin.words import EMAIL_WORDS, STATE_COLOURS, chase_state, chase_words, rung_words
from migrations_app.enums import BY_PERSON, AttemptState, ChaseState
from migrations_app.enums.ladders import AtEnd
from migrations_app.models import Chase, ChaseAttempt, MigrationCase, Notice
from migrations_app.rules.ladders import at_end, parse_ladder
from migrations_app.services.wording import wording_of
from tickets.enums import EventType, Party
from tickets.models import Event, Ticket


def context_of(ticket: Ticket, case: MigrationCase, *, now: datetime) -> dict[str, Any]:
    """Return chases and single messages with what a person has decided about them."""
    rows = Chase.objects.filter(case=case).order_by("id").prefetch_related("attempts")
    manners = chase_manners.context_of(ticket, case, rows)
    silent = {str(each["party"]): str(each["name"]) for each in manners["left_alone"]}
    snoozed = _snoozed(ticket, rows, now)
    chases = [_chase(chase, ticket, case, silent, now) | {"snoozed": snoozed.get(chase.pk)} for chase in rows]
    notices = Notice.objects.filter(case=case).order_by("due_at", "id")
    return {
        **manners,
        "chases": chases,
        "unreached": _unreached(chases),
        "notices": [_message(row, row.message) for row in notices],
    }


def _snoozed(ticket: Ticket, chases: Iterable[Chase], now: datetime) -> dict[int, dict[str, str]]:
    """Return on whose word and why chases are silent until a day, by chase; the newest decision of each counts."""
    if not any(chase.snoozed_until and chase.snoozed_until > now for chase in chases):
        return {}
    events = Event.objects.filter(ticket_id=ticket.pk, type=EventType.CHASE_SNOOZED).order_by("id")
    return {
        data["chase"]: {"said_by": label_of(Party, data.get("said_by")), "reason": str(data.get("reason", ""))}
        for data in events.values_list("data", flat=True)
    }


def _chase(chase: Chase, ticket: Ticket, case: MigrationCase, silent: dict[str, str], now: datetime) -> dict[str, Any]:
    attempts = sorted(chase.attempts.all(), key=lambda attempt: attempt.pk)
    open_ones = [each for each in attempts if each.state in {AttemptState.PLANNED, AttemptState.SENDING}]
    left_out = _left_out(chase, silent) if chase.state == ChaseState.ACTIVE else []
    return {
        "row": chase,
        "title": chase_words(chase),
        "state": chase_state(chase, case),
        "rung": rung_words(chase),
        "colour": STATE_COLOURS.get(chase.state, ""),
        "attempts": [_attempt(attempt, ticket, case, now) for attempt in attempts],
        "left_out": left_out,
        # Only its end is still to come, so there is no next message.
        "only_ends": bool(left_out) and not open_ones,
        "hands_over": AtEnd.ESCALATE in at_end(chase.on_exhausted),
    }


def _left_out(chase: Chase, silent: dict[str, str]) -> list[str]:
    """Return the names of those on the rest of a ladder who asked for no more reminders."""
    ladder = parse_ladder(chase.steps)
    rest = ladder[0 if chase.last_step is None else chase.last_step + 1 :]
    asked = {step.recipient.value for step in rest or ladder if not step.escalates}
    return [name for party, name in silent.items() if party in asked]


def _unreached(chases: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return what is asked for in vain, as (requirement, why the last message did not arrive)."""
    found = []
    for chase in chases:
        left = [attempt for attempt in chase["attempts"] if attempt["row"].state != AttemptState.PLANNED]
        if left and left[-1]["why"] and chase["row"].state in {ChaseState.ACTIVE, ChaseState.EXHAUSTED}:
            found.append((chase["title"], left[-1]["why"]))
    return found


def _attempt(attempt: ChaseAttempt, ticket: Ticket, case: MigrationCase, now: datetime) -> dict[str, Any]:
    """Return a message of a chase; one that is planned by the name of the text that would leave, not of the ladder's."""
    if attempt.state != AttemptState.PLANNED:
        return _message(attempt, attempt.message)
    wording = wording_of(attempt, ticket, case, now=now)
    shown = _message(attempt, wording.name if wording else attempt.message)
    return shown if wording else shown | {"why": _("nothing to ask now, it will be passed by")}


def _message(row: ChaseAttempt | Notice, name: str) -> dict[str, Any]:
    return {
        "row": row,
        "words": EMAIL_WORDS.get(name, name),
        "colour": STATE_COLOURS.get(row.state, ""),
        "unknown": row.state == AttemptState.UNKNOWN,
        "task": row.channel in BY_PERSON and row.state == AttemptState.SENDING,
        "kind": "notice" if isinstance(row, Notice) else "chase",
        "planned": row.state == AttemptState.PLANNED,
        "why": failure_words(row.failure),
    }
