"""Turning a due row into a message in the recipient's language."""

from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_datetime
from django.conf import settings
from django.template.loader import get_template
from django.utils import translation

from migrations_app.enums import RequirementCode, RequirementState
from migrations_app.enums.texts import MOVE_STEPS, REQUIREMENT_TEXTS
from migrations_app.models import ChaseAttempt, MigrationCase, NumberMove, PinCall, Requirement
from migrations_app.models.chases import OutboundAttempt
from migrations_app.rules.hours import zone_of
from migrations_app.rules.lifecycle import MOVED, SATISFIED
from migrations_app.selectors.cases import case_plan
from migrations_app.services.chases import COVERS
from providers.selectors.directory import address_for_partner, documented_steps
from providers.types import OutboundMessage
from tickets.enums import Party
from tickets.models import Ticket

CAMPAIGNS_PAUSE = timedelta(hours=3)
"""How long after the call's start campaigns stay paused. Source: Sinch, number migration page (1 to 3 hours)."""


class NoAddress(Exception):
    """There is nobody to send the message to."""


def local_time(moment: datetime, zone: str, language: str) -> str:
    """Return a moment by the recipient's wall clock, in words of its language."""
    locale = {"pt-br": "pt_BR"}.get(language, language)
    return str(format_datetime(moment, "EEEE d MMMM y, HH:mm", tzinfo=zone_of(zone), locale=locale))


def render(name: str, language: str, context: dict[str, Any]) -> tuple[str, str]:
    """Return subject and body of a message; English where a language is not ours."""
    known = language if language in dict(settings.LANGUAGES) else "en"
    with translation.override(known):
        text = get_template(f"messages/{name}/{known}.txt").render(context)
    subject, _, body = text.partition("\n")
    return subject.strip(), body.strip() + "\n"


def case_context(ticket: Ticket, case: MigrationCase) -> dict[str, Any]:
    """Return the facts that every message may mention."""
    return {
        "company": " ".join(ticket.client_name.split()),
        "contact_name": ticket.contact_name,
        "reference": ticket.reference,
        "numbers": list(case.numbers.order_by("position").values_list("number", flat=True)),
        "old_bsp_name": case.current_bsp.name if case.current_bsp else case.current_bsp_name,
        "bsp_unlisted": case.current_bsp is None,
        "bsp_steps": documented_steps(case.current_bsp),
        "destination_name": case.playbook_copy.get("name", ""),
        "waba_id": case.waba_id,
        "business_manager_id": case.business_manager_id,
        "status_url": "",
        "our_team": "Portero onboarding",
        "due_local": local_time(ticket.let_go_at, ticket.timezone, ticket.language) if ticket.let_go_at else "",
    }


def call_context(call: PinCall, ticket: Ticket, *, language: str) -> dict[str, Any]:
    """Return what a message says of a call: its numbers and both times, the call and the end of the pause."""
    numbers = NumberMove.objects.filter(call_lines__pin_call=call).order_by("call_lines__position")
    return {
        "numbers": list(numbers.values_list("number", flat=True)),
        "call_start_local": local_time(call.start, ticket.timezone, language),
        "call_timezone": ticket.timezone,
        "call_minutes": str(int((call.end - call.start).total_seconds() // 60)),
        "campaigns_pause_until_local": local_time(call.start + CAMPAIGNS_PAUSE, ticket.timezone, language),
    }


def _open_titles(case: MigrationCase, codes: frozenset[RequirementCode], language: str) -> list[str]:
    rows = Requirement.objects.filter(case=case, code__in=codes).exclude(state__in=SATISFIED).order_by("id")
    with translation.override(language):
        return list(dict.fromkeys(str(REQUIREMENT_TEXTS[row.code][0]) for row in rows))


def _numbers_in(case: MigrationCase, code: str, *states: RequirementState) -> list[str]:
    rows = NumberMove.objects.filter(case=case, requirements__code=code, requirements__state__in=states)
    rows = rows.exclude(state__in=MOVED)
    return list(rows.order_by("position").values_list("number", flat=True))


def _unmet_numbers(case: MigrationCase, code: str) -> list[str]:
    """Return the numbers that a chase is about: the open ones, or the promised ones when only those are left."""
    return _numbers_in(case, code, RequirementState.UNMET, RequirementState.FAILED) or _numbers_in(
        case, code, RequirementState.REQUESTED
    )


def compose_chase(attempt: ChaseAttempt, ticket: Ticket, case: MigrationCase) -> OutboundMessage:
    """Return the message of a rung: one for all numbers of the case that still need it.

    :raises NoAddress: the recipient cannot be reached any more.
    """
    code = RequirementCode(attempt.chase.requirement_code)
    context = case_context(ticket, case) | {
        "step": attempt.step + 1,
        "items": _open_titles(case, COVERS[code], attempt.language),
    }
    if code == RequirementCode.TWO_STEP_DISABLED:
        context["numbers"] = _unmet_numbers(case, code) or context["numbers"]
    return _addressed(attempt, ticket, case, context)


def compose_notice(
    notice: OutboundAttempt, ticket: Ticket, case: MigrationCase, call: PinCall | None, *, minutes: int
) -> OutboundMessage:
    """Return a single message about a case or a call; `minutes` is the length of a call for the case's numbers.

    :raises NoAddress: the recipient cannot be reached any more.
    """
    context = case_context(ticket, case) | {"call_minutes": str(minutes)}
    if notice.message == "move_instructions":
        context["items"] = _move_steps(case, notice.language)
    if call is not None:
        context |= call_context(call, ticket, language=notice.language)
    return _addressed(notice, ticket, case, context)


def _move_steps(case: MigrationCase, language: str) -> list[str]:
    """Return what the client does to make the move itself, step by step."""
    with translation.override(language):
        return [str(words) for words in MOVE_STEPS[case_plan(case).action]]


def _addressed(row: OutboundAttempt, ticket: Ticket, case: MigrationCase, context: dict[str, Any]) -> OutboundMessage:
    to_bsp = row.recipient_party == Party.OLD_BSP
    recipient = address_for_partner(case.current_bsp) if to_bsp else ticket.contact_email
    if not recipient:
        raise NoAddress
    subject, body = render(row.message, row.language, context)
    copied = (ticket.contact_email,) if to_bsp and ticket.contact_email else ()
    return OutboundMessage(
        recipient=recipient,
        title=subject,
        body=body,
        language=row.language,
        ticket_reference=ticket.reference,
        copied_to=copied,
    )
