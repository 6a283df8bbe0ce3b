"""The card of the ticket page that tells what Meta said to the numbers, and what is left of them at the destination."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from migrations_app.admin.words import PROOF_COLOURS, STATE_COLOURS, why_not_words
from migrations_app.enums import DeskTaskKind
from migrations_app.enums.proofs import ProofOccasion, ProofState
from migrations_app.enums.texts import meta_text
from migrations_app.models import MigrationCase, NumberMove, ProofTry
from migrations_app.rules.proof import TRIES, WAITING_NUMBERS, WhyNot, why_not, window_opens
from migrations_app.selectors.cases import is_by_api
from migrations_app.selectors.haste import rate_of
from migrations_app.selectors.proofs import meta_tasks_of
from migrations_app.services.proof_facts import CaseTries, facts_for, read_tries, tries_of_lines
from tickets.models import Ticket


def context_of(ticket: Ticket, case: MigrationCase, *, works: bool, now: datetime) -> dict[str, Any]:
    """Return what the card shows: each number's tries, why it is not tried now, and what somebody has to remove at Meta."""
    known = read_tries(ticket, case)
    numbers = list(case.numbers.all())
    shown = [number for number in numbers if known.tries.get(number.pk) or is_by_api(case)]
    made = tries_of_lines(ticket, shown, now=now) if shown else {}
    tasks = meta_tasks_of(case)
    problems = [task for task in tasks if task.kind == DeskTaskKind.META_PROBLEM]
    return {
        "proofs": [_number(known, number, made[number.pk], works=works, now=now) for number in shown],
        "removals": [task for task in tasks if task.kind == DeskTaskKind.REMOVE_NUMBER],
        "meta_problems": [{"row": task, "title": gettext(task.title) if task.title else ""} for task in problems],
    }


def _number(
    known: CaseTries, number: NumberMove, made: list[datetime], *, works: bool, now: datetime
) -> dict[str, Any]:
    reason = why_not(facts_for(known, number, now=now, counted=False), ProofOccasion.AGENT)
    until = window_opens(made, now=now, rate=rate_of(known.ticket))
    if reason is None and until > now:
        reason = WhyNot.LIMIT
    waits = number.state in WAITING_NUMBERS
    return {
        "row": number,
        "colour": STATE_COLOURS.get(number.state, ""),
        "tries": [_try(row) for row in known.tries.get(number.pk, ())],
        "last": next(iter(reversed(known.tries.get(number.pk, ()))), None),
        "may_try": works and reason is None,
        "why_not": why_not_words(reason, until) if reason and waits else "",
        "left": max(0, TRIES - len(made)),
    }


def _try(row: ProofTry) -> dict[str, Any]:
    answer = row.answer or {}
    told = row.state not in {ProofState.UNANSWERED, ProofState.ACCEPTED} and bool(answer)
    return {
        "row": row,
        "colour": PROOF_COLOURS.get(row.state, ""),
        "title": meta_text(answer)[0] if told else "",
        "words": " · ".join(part for part in (answer.get("message", ""), answer.get("details", "")) if part),
        "trace": answer.get("fbtrace_id", ""),
    }


def tried_words(data: Mapping[str, Any], _names: object) -> str:
    """Return the timeline's line about a try."""
    outcome = data.get("outcome")
    text = gettext("%(number)s tried at Meta: %(outcome)s") % {
        "number": data.get("number"),
        "outcome": dict(ProofState.choices).get(str(outcome), outcome),
    }
    return f"{text} ({data['error']})" if data.get("error") else text
