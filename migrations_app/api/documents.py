"""What the API shows of a ticket. Everything comes from stored values: nothing is computed from the clock."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from config.core.api.times import utc, with_z
from migrations_app.api.evidence_documents import evidence_document, history_document
from migrations_app.enums import NumberState, RequirementCode, RequirementState
from migrations_app.enums.texts import ACTION_TEXTS, REQUIREMENT_TEXTS, detail_text, meta_text, reason_text
from migrations_app.models import MigrationCase, NumberMove, PinCall, Requirement
from migrations_app.rules.lifecycle import SATISFIED
from migrations_app.rules.requirements import CATALOGUE
from migrations_app.selectors.cases import calls_of, case_plan, current_call
from migrations_app.services.actions import available_actions
from migrations_app.services.message_facts import CAMPAIGNS_PAUSE
from tickets.enums import TicketStatus
from tickets.models import Ticket
from tickets.selectors.api import shown_status

_NOT_BLOCKING = SATISFIED | {RequirementState.CLAIMED}
_CUT_OVER = (NumberState.REGISTERED, NumberState.LIVE)


def status_document(ticket: Ticket) -> dict[str, Any]:
    """Return the small status object with its coded reasons in the active language."""
    help_base = f"{settings.PORTERO_BASE_URL}/api/v1/requirement-types"
    value, kind = shown_status(ticket)
    return {
        "value": value,
        "category": kind.value,
        "since": utc(ticket.status_since),
        "details": [
            {
                "code": detail["code"],
                "action_by": detail["action_by"],
                "message": detail_text(detail),
                "help_url": f"{help_base}#{detail['requirement']}",
            }
            for detail in ticket.status_details
        ],
    }


def waiting_document(ticket: Ticket) -> dict[str, Any]:
    """Return whose turn it is."""
    return {
        "party": ticket.waiting_on,
        "since": utc(ticket.waiting_since),
        "next_nudge_at": utc(ticket.next_nudge_at),
        "also": ticket.waiting_also,
    }


def ticket_document(ticket: Ticket, case: MigrationCase) -> dict[str, Any]:
    """Return the whole representation of a ticket; `case` comes from `selectors.cases.documents`."""
    numbers = list(case.numbers.all())
    calls = calls_of(case)
    call = current_call(calls)
    cut_over = any(number.state in _CUT_OVER for number in numbers)
    shown = {number.pk: number.number for number in numbers}
    wallet = case.playbook_copy.get("wallet_minimum_usd")
    return {
        "reference": ticket.reference,
        "kind": ticket.kind,
        "test": ticket.test,
        "status": status_document(ticket),
        "stage": None if ticket.status == TicketStatus.DRAFT else case.stage,
        "flow": case.flow,
        "waiting_on": waiting_document(ticket),
        "suggested_action": _action(ticket),
        "available_actions": available_actions(ticket=ticket, stage=case.stage, cut_over=cut_over),
        "requirements": requirements_document(
            list(case.requirements.all()), shown, call=case_plan(case).call, wallet=wallet
        ),
        "queue": {"slug": ticket.queue.slug, "name": ticket.queue.name} if ticket.queue else None,
        "priority": ticket.priority,
        "client": _client(ticket),
        "client_reference": ticket.client_reference or None,
        "group_reference": ticket.group_reference or None,
        "current_bsp": _bsp(case),
        "destination": _destination(case),
        "form": _form(case),
        "phone_numbers": [number_document(number) for number in numbers],
        "pin_call": call_document(call, numbers) if call else None,
        "pin_calls": [call_document(each, numbers) for each in calls],
        "ready_by": _ready_by(case),
        "sla": [_clock(entry) for entry in ticket.sla],
        "poll_after_seconds": ticket.poll_after_seconds,
        "version": ticket.version,
        "revision": ticket.revision,
        "created_at": utc(ticket.created_at),
        "updated_at": utc(ticket.updated_at),
    }


def poll_document(ticket: Ticket, case: MigrationCase) -> dict[str, Any]:
    """Return the small document for polls."""
    call = current_call(calls_of(case))
    return {
        "reference": ticket.reference,
        "test": ticket.test,
        "status": shown_status(ticket)[0],
        "stage": None if ticket.status == TicketStatus.DRAFT else case.stage,
        "waiting_on": waiting_document(ticket),
        "phone_numbers": [{"number": number.number, "state": number.state} for number in case.numbers.all()],
        "next_pin_call": utc(call.start) if call else None,
        "poll_after_seconds": ticket.poll_after_seconds,
        "version": ticket.version,
        "revision": ticket.revision,
        "updated_at": utc(ticket.updated_at),
    }


def _ready_by(case: MigrationCase) -> dict[str, Any] | None:
    """Return when nothing should stand in the way of the call any more, as past cases tell; None where they tell too little."""
    if case.ready_likely_at is None:
        return None
    return {"likely": utc(case.ready_likely_at), "late": utc(case.ready_late_at), "known_cases": case.ready_cases}


def _action(ticket: Ticket) -> dict[str, str] | None:
    if not ticket.next_action:
        return None
    return {"code": ticket.next_action, "message": str(ACTION_TEXTS[ticket.next_action])}


def _client(ticket: Ticket) -> dict[str, Any]:
    return {
        "name": ticket.client_name,
        "contact_name": ticket.contact_name or None,
        "contact_email": ticket.contact_email or None,
        "contact_phone": ticket.contact_phone or None,
        "language": ticket.language,
        "timezone": ticket.timezone,
        "country": ticket.country or None,
    }


def _clock(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: with_z(entry[name]) for name in ("metric", "cycle", "state", "due_at", "met_at", "breached_at")}


def _bsp(case: MigrationCase) -> dict[str, Any] | None:
    if case.current_bsp:
        return {"slug": case.current_bsp.slug, "name": case.current_bsp.name}
    return {"slug": None, "name": case.current_bsp_name} if case.current_bsp_name else None


def _destination(case: MigrationCase) -> dict[str, Any]:
    return {name: case.playbook_copy.get(name) for name in ("slug", "name", "execution")}


def _form(case: MigrationCase) -> dict[str, Any]:
    return {
        "business_verification": case.business_verification,
        "hosting": case.hosting,
        "connection_status": case.connection_status,
        "waba_id": case.waba_id or None,
        "business_manager_id": case.business_manager_id or None,
        "waba_owner": case.waba_owner,
        "two_step_verification": case.two_step_verification,
        "uses_business_app": case.uses_business_app,
        "moves": case.moves,
        "low_traffic_windows": case.low_traffic_windows,
        "notes": case.notes,
    }


def number_document(number: NumberMove) -> dict[str, Any]:
    """Return one number with every field as filed and how far it is."""
    contact = {
        "name": number.otp_contact_name or None,
        "phone": number.otp_contact_phone or None,
        "email": number.otp_contact_email or None,
        "language": number.otp_contact_language or None,
    }
    return {
        "number": number.number,
        "country": number.country or None,
        "state": number.state,
        "line_type": number.line_type,
        "behind_ivr": number.behind_ivr,
        "otp_method": number.otp_method or None,
        "otp_contact": contact if number.otp_contact_name else None,
        "display_name": number.display_name or None,
        "display_name_status": number.display_name_status,
        "connection_status": number.connection_status,
        "phone_number_id": number.phone_number_id or None,
        "live_at": utc(number.live_at),
        "billing_from": utc(number.billing_from),
        "cool_down_until": utc(number.cool_down_until),
        "last_error": _error(number.last_error),
        "warnings": [
            {
                "code": warning["code"],
                "message": reason_text(warning["code"], warning),
                "candidate": warning.get("candidate") or None,
            }
            for warning in number.warnings
        ],
    }


def _error(error: dict[str, Any] | None) -> dict[str, Any] | None:
    if error is None:
        return None
    title, what_to_do = meta_text(error)
    return {
        "code": error["key"],
        "message": title,
        "what_to_do": what_to_do,
        "meta_code": error.get("code"),
        "fbtrace_id": error.get("fbtrace_id") or None,
    }


def requirements_document(
    rows: Sequence[Requirement], numbers: dict[int, str], *, call: bool = True, wallet: int | None = None
) -> dict[str, Any]:
    """Return the requirements of a case, those of numbers folded into one item per code.

    What blocks is what stands before the next step: booking the call, or where the move needs none, the move itself. `wallet` is
    the least credit in USD that the playbook names.
    """
    gates = {"submit", "schedule"} if call else {"submit", "schedule", "start"}
    grouped: dict[str, list[Requirement]] = {}
    for row in rows:
        grouped.setdefault(row.code, []).append(row)
    items = [_requirement(code, group, numbers) for code, group in grouped.items()]
    for item in items:
        if wallet and item["code"] == RequirementCode.WALLET_FUNDED:
            item["help"] += " " + gettext("Least credit in the wallet: USD %(amount)s.") % {"amount": wallet}
    blocking = [
        code
        for code, group in grouped.items()
        if group[0].blocks in gates and any(row.state not in _NOT_BLOCKING for row in group)
    ]
    met = sum(1 for group in grouped.values() if all(row.state in SATISFIED for row in group))
    return {"met": met, "total": len(items), "blocking": blocking, "items": items}


_WORST_FIRST = ("failed", "unmet", "requested", "claimed", "met", "waived")


def _requirement(code: str, rows: Sequence[Requirement], numbers: dict[int, str]) -> dict[str, Any]:
    first = rows[0]
    per_number = CATALOGUE[first.code].per_number  # type: ignore[index]
    title, words = REQUIREMENT_TEXTS[code]
    return {
        "code": code,
        "owner": first.owner,
        "scope": "number" if per_number else "case",
        "state": min((row.state for row in rows), key=_WORST_FIRST.index),
        "blocks": first.blocks,
        "title": str(title),
        "help": str(words),
        "evidence": next((evidence_document(row.evidence, row.state) for row in rows if row.evidence), None),
        "evidence_history": history_document(rows, numbers),
        "requested_at": utc(max((row.requested_at for row in rows if row.requested_at), default=None)),
        "external_reference": next((row.external_reference for row in rows if row.external_reference), None),
        "due_at": utc(max((row.due_at for row in rows if row.due_at), default=None)),
        "promised_for": utc(max((row.promised_for for row in rows if row.promised_for), default=None)),
        "numbers": [
            {
                "number": numbers[row.number_id],
                "state": row.state,
                "detail": gettext(row.detail) if row.detail else None,
            }
            for row in rows
            if row.number_id is not None
        ],
        "updated_at": utc(max(row.updated_at for row in rows)),
    }


def call_document(call: PinCall, numbers: Iterable[NumberMove]) -> dict[str, Any]:
    """Return a call as one ticket sees it: with its own numbers only."""
    return {
        "id": str(call.uid),
        "start": utc(call.start),
        "end": utc(call.end),
        "timezone": call.timezone,
        "status": call.state,
        "agent": call.agent.get_full_name() or call.agent.get_username(),
        "join_url": call.join_url or None,
        "sequence": call.sequence,
        "numbers": [number.number for number in numbers if call in number.pin_calls.all()],
        "expected_live_by": utc(call.start + CAMPAIGNS_PAUSE),
    }
