"""What a person of the desk says or pastes, in the language of whom it is for. No PIN and no code is in a script."""

from dataclasses import dataclass
from typing import Any

from django.utils import translation

from migrations_app.enums import DeskTaskKind, RequirementCode, RequirementState, WabaOwner
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import Chase, ChaseAttempt, HolderCheck, MigrationCase, Requirement
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.wording import PREPARE
from migrations_app.services.asked import covered_by
from migrations_app.services.message_facts import all_numbers, case_context, holder_context
from migrations_app.services.recipients import client_mail_refused
from migrations_app.services.rendering import known_language, render
from migrations_app.services.wording import Wording
from tickets.models import Ticket

_STILL_ASKED = (RequirementState.UNMET, RequirementState.FAILED, RequirementState.REQUESTED)
SPOKEN_NUMBERS = 5
"""So many numbers are named in a call or a chat message; of more, the first ones and how many there are besides."""


@dataclass(frozen=True)
class Script:
    """What to say or paste, with its subject."""

    title: str
    text: str


@dataclass(frozen=True)
class Occasion:
    """For which rung a script is, and what suits the moment; without a wording it asks for all that the chase asks for."""

    kind: DeskTaskKind
    attempt: ChaseAttempt
    wording: Wording | None


def script(occasion: Occasion, ticket: Ticket, case: MigrationCase, *, language: str) -> Script:
    """Return the words for asking what a chase asks, in this language; English where a language is not ours."""
    with translation.override(known_language(language)):
        context = _context(occasion, ticket, case)
    return Script(*render(occasion.kind.value, language, context, folder="scripts"))


def holder_script(check: HolderCheck, ticket: Ticket, case: MigrationCase, *, language: str) -> Script:
    """Return what is said, or pasted, to ask the phone holder of a call's numbers; English where a language is not ours."""
    context = case_context(ticket, case) | holder_context(check, ticket, language=language)
    return Script(*render("holder_script", language, context))


def asked_rows(chase: Chase) -> list[Requirement]:
    """Return the requirements that a chase asks for and that are still open, of numbers that are still to move."""
    rows = Requirement.objects.select_related("number").filter(
        case_id=chase.case_id, code__in=covered_by(chase), state__in=_STILL_ASKED
    )
    return list(rows.exclude(number__state__in=MOVED).order_by("id"))


def _context(occasion: Occasion, ticket: Ticket, case: MigrationCase) -> dict[str, Any]:
    chase, wording = occasion.attempt.chase, occasion.wording
    rows = asked_rows(chase)
    own = list(dict.fromkeys(row.number.number for row in rows if row.number is not None))
    numbers = (wording.numbers if wording else []) or own or all_numbers(case)
    # What is pasted is read by somebody who has to act on every number; what is said only has to be understood.
    shown = numbers if occasion.kind is DeskTaskKind.PORTAL else numbers[:SPOKEN_NUMBERS]
    return case_context(ticket, case) | {
        "numbers": shown,
        "more_numbers": len(numbers) - len(shown),
        "items": list(dict.fromkeys(str(REQUIREMENT_TEXTS[row.code][0]) for row in rows)),
        "prepare": wording is not None and wording.name == PREPARE,
        "waits_for": wording.waits_for if wording else [],
        "two_step": chase.requirement_code == RequirementCode.TWO_STEP_DISABLED,
        "identifiers": chase.requirement_code == RequirementCode.WABA_ID,
        "client_owns": case.waba_owner == WabaOwner.CLIENT,
        "refused_address": ticket.contact_email if client_mail_refused(ticket, case) else "",
        "case_numbers": list(dict.fromkeys(row.external_reference for row in rows if row.external_reference)),
    }
