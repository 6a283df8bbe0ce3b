"""The facts that messages may mention, in the words of the recipient's language."""

from typing import Any

from django.utils import translation

from migrations_app.enums import WabaOwner
from migrations_app.models import HolderCheck, MigrationCase, NumberMove, PinCall
from migrations_app.rules.traffic import CUT_OVER
from migrations_app.rules.wording import number_lines
from migrations_app.selectors.holders import numbers_of_check
from migrations_app.services.joining import joining_words
from migrations_app.services.rendering import known_language, local_time
from providers.enums import RequestChannel
from providers.models import Bsp
from providers.selectors.directory import conditions_of, documented_steps, hears_partners
from tickets.enums import Source
from tickets.models import Ticket

_NEEDS_ADDRESS = frozenset({RequestChannel.SUPPORT_TICKET, RequestChannel.EMAIL})
CAMPAIGNS_PAUSE = CUT_OVER
"""How long after the call's start campaigns stay paused. Source: Sinch, number migration page (1 to 3 hours)."""


def case_context(ticket: Ticket, case: MigrationCase) -> dict[str, Any]:
    """Return the facts that every message may mention."""
    return {
        "company": " ".join(ticket.client_name.split()),
        "contact_name": " ".join(ticket.contact_name.split()),
        "reference": ticket.reference,
        **numbered(all_numbers(case)),
        "old_bsp_name": bsp_name(case),
        "destination_name": case.playbook_copy.get("name", ""),
        "waba_id": case.waba_id,
        "business_manager_id": case.business_manager_id,
        "status_url": "",
        "our_team": "Portero onboarding",
        "due_local": local_time(ticket.let_go_at, ticket.timezone, ticket.language) if ticket.let_go_at else "",
        "bsp_owns": case.waba_owner == WabaOwner.OLD_BSP,
        "by_api": ticket.source == Source.API,
    }


def bsp_name(case: MigrationCase) -> str:
    """Return the old BSP's name, as listed or as filed; empty where nobody has named it."""
    return " ".join((case.current_bsp.name if case.current_bsp else case.current_bsp_name).split())


def all_numbers(case: MigrationCase) -> list[str]:
    """Return the numbers of a case in their order."""
    return list(case.numbers.order_by("position").values_list("number", flat=True))


def numbered(numbers: list[str]) -> dict[str, Any]:
    """Return how a message names these numbers: lines of a list, and how many they are where there are several."""
    return {"numbers": number_lines(numbers), "several": len(numbers) if len(numbers) > 1 else 0}


def bsp_context(bsp: Bsp | None, language: str) -> dict[str, Any]:
    """Return what the client is told of its old BSP: where it takes requests, its own steps, its conditions."""
    with translation.override(known_language(language)):
        return {
            "bsp_unlisted": bsp is None,
            "bsp_steps": [str(step) for step in documented_steps(bsp)],
            "bsp_conditions": [condition.text for condition in conditions_of(bsp)] if bsp else [],
            "bsp_channel": _channel_words(bsp),
            "bsp_url": bsp.contact_url if bsp else "",
            "bsp_email": bsp.contact_email if bsp else "",
            "bsp_hears_us": hears_partners(bsp),
        }


def _channel_words(bsp: Bsp | None) -> str:
    """Return the way a BSP takes requests; nothing where naming it helps nobody.

    "Its support" or "e-mail" without an address is no way: the client uses the channel it knows then.
    """
    if bsp is None or bsp.channel == RequestChannel.UNKNOWN:
        return ""
    if bsp.channel in _NEEDS_ADDRESS and not (bsp.contact_url or bsp.contact_email):
        return ""
    return str(RequestChannel(bsp.channel).label)


def call_context(call: PinCall, ticket: Ticket, *, language: str) -> dict[str, Any]:
    """Return what a message says of a call: its numbers and both times, the call and the end of the pause, by the call's zone."""
    zone = call.timezone or ticket.timezone
    numbers = NumberMove.objects.filter(call_lines__pin_call=call).order_by("call_lines__position")
    with translation.override(known_language(language)):
        joining = joining_words(call)
    return {
        "joining": joining,
        **numbered(list(numbers.values_list("number", flat=True))),
        "call_start_local": local_time(call.start, zone, language),
        "call_timezone": zone,
        "call_minutes": str(int((call.end - call.start).total_seconds() // 60)),
        "campaigns_pause_until_local": local_time(call.start + CAMPAIGNS_PAUSE, zone, language),
    }


def holder_context(check: HolderCheck, ticket: Ticket, *, language: str) -> dict[str, Any]:
    """Return what a phone holder is asked about: the call, and the numbers of which it holds the phone."""
    return {
        **call_context(check.pin_call, ticket, language=language),
        **numbered(numbers_of_check(check)),
        "holder_name": " ".join(check.name.split()),
    }
