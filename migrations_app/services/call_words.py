"""What mails say of times for the call, and the links in them, which are put in only after the log has its copy."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from config.core.uow import UnitOfWork
from migrations_app.enums import PinCallState
from migrations_app.enums.proposals import ProposalState
from migrations_app.models import CallProposal, MigrationCase, Notice, PinCall
from migrations_app.rules.hours import zone_of
from migrations_app.rules.slots import Quiet
from migrations_app.selectors.call_policies import policy_of
from migrations_app.selectors.proposals import open_proposal
from migrations_app.selectors.slots import windows_of
from migrations_app.services.attempts import AnyAttempt
from migrations_app.services.call_links import new_link
from migrations_app.services.cut_off import cut_off_at
from migrations_app.services.lengths import call_length
from migrations_app.services.message_facts import numbered
from migrations_app.services.notices import INVITATION
from migrations_app.services.rendering import known_language, local_time
from migrations_app.services.slot_taking import clear_numbers
from providers.types import OutboundMessage
from tickets.models import Ticket

_WITH_CALL_LINK = frozenset({"call_booked", "call_moved", "call_reminder_24h"})
_OTHER = "[link]"


def _mark(place: int) -> str:
    """Return what stands for a link in the log: the link itself is nobody's but the reader's."""
    return f"[link {place}]"


def proposal_context(ticket: Ticket, case: MigrationCase, *, language: str, minutes: int) -> dict[str, Any]:
    """Return what an invitation says of the times that are proposed for a call of so many minutes; marks stand for their links."""
    proposal = open_proposal(case)
    starts = [] if proposal is None else [datetime.fromisoformat(start) for start in proposal.starts]
    notes = _notes(ticket, case, starts, language=language, length=timedelta(minutes=minutes))
    return {
        "slots": [
            {"local": local_time(start, ticket.timezone, language), "note": note, "link": _mark(place)}
            for place, (start, note) in enumerate(zip(starts, notes, strict=True), start=1)
        ],
        "slots_timezone": ticket.timezone,
        "other_times": _OTHER if proposal is not None else "",
        "missed": proposal is not None and proposal.missed,
        "again": proposal is not None and proposal.round > 1,
    }


def invited_context(ticket: Ticket, case: MigrationCase) -> dict[str, Any]:
    """Return which numbers an invitation is about: those that one call takes, its minutes, and how many are left for further ones.

    Nothing where no call can be booked just now.
    """
    length = call_length()
    rows = clear_numbers(ticket, case)
    if not rows:
        return {}
    taken = rows[: length.most_numbers]
    return {
        **numbered([row.number for row in taken]),
        "call_minutes": str(length.minutes(len(taken))),
        "further": len(rows) - len(taken),
    }


def _notes(
    ticket: Ticket, case: MigrationCase, starts: Sequence[datetime], *, language: str, length: timedelta
) -> list[str]:
    """Return for each proposed time what is said behind it: that it is not quiet, where the client has named quiet hours."""
    windows = windows_of(case)
    if not windows or not starts:
        return [""] * len(starts)
    quiet = Quiet(windows, zone=zone_of(ticket.timezone), since=min(starts), until=max(starts) + length)
    with translation.override(known_language(language)):
        words = gettext(" (outside your quiet hours)")
    return ["" if quiet.holds(start, start + length) else words for start in starts]


def unasked(call: PinCall) -> bool:
    """Tell whether a call was booked without an answer of the client."""
    return CallProposal.objects.filter(pin_call=call, state=ProposalState.BOOKED).exists()


def with_links(uow: UnitOfWork, notice: AnyAttempt, ticket: Ticket, message: OutboundMessage) -> OutboundMessage:
    """Return a message about the call with its links, for the one who reads it; any other message as it is."""
    if not isinstance(notice, Notice):
        return message
    if notice.message == INVITATION:
        proposal = open_proposal(notice.case)
        return message if proposal is None else _with_times(uow, notice.case, proposal, message)
    call = notice.pin_call
    if call is None or notice.message not in _WITH_CALL_LINK or call.state != PinCallState.BOOKED:
        return message
    until = cut_off_at(call, policy_of(ticket.queue_id))
    if until <= uow.now:
        return message
    facts = {"when": local_time(until, ticket.timezone, notice.language), "link": new_link(uow, notice.case)}
    with translation.override(known_language(notice.language)):
        words = gettext("Move or cancel the call, until %(when)s: %(link)s") % facts
    return replace(message, body=f"{message.body}\n-- \n{words}\n")


def _with_times(
    uow: UnitOfWork, case: MigrationCase, proposal: CallProposal, message: OutboundMessage
) -> OutboundMessage:
    body = message.body
    for place, start in enumerate(proposal.starts, start=1):
        body = body.replace(_mark(place), new_link(uow, case, start=datetime.fromisoformat(start)), 1)
    return replace(message, body=body.replace(_OTHER, new_link(uow, case), 1))
