"""What the page of a ticket shows to its client: status in words, what is wanted, numbers, the call, what was said. Reads only."""

from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from migrations_app.enums import NumberState, Stage
from migrations_app.enums.texts import ACTION_TEXTS
from migrations_app.models import MigrationCase
from migrations_app.portal.call_page import call_context
from migrations_app.portal.client_asked import AllAsked, all_asked
from migrations_app.portal.client_news import news_of
from migrations_app.rules.hours import zone_of
from migrations_app.selectors.cases import case_plan
from migrations_app.services.letters import letters_now
from migrations_app.services.message_facts import bsp_name
from migrations_app.services.rendering import local_day, local_time
from tickets.enums import OPEN_STATUSES, Party, TicketStatus
from tickets.enums.sharing import SharePermission
from tickets.models import ShareLink, Ticket
from tickets.selectors.desk import comments_of
from tickets.selectors.files import attachments_of

_FOR_CALLS = frozenset({Stage.READY, Stage.SCHEDULED, Stage.IN_CALL})
_GOOD = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})


def page_context(link: ShareLink, case: MigrationCase, *, now: datetime) -> dict[str, Any]:
    """Return everything the page shows; what a link does not permit has no form."""
    ticket = link.ticket
    language, zone = get_language() or "en", zone_of(ticket.timezone).key
    asked = all_asked(ticket, case)
    open_now = ticket.status in OPEN_STATUSES and ticket.status != TicketStatus.DRAFT
    call = call_context(case, None, now=now) if open_now and case_plan(case).call and case.stage in _FOR_CALLS else None
    return {
        "known": True,
        "company": ticket.client_name,
        "reference": ticket.reference,
        "test": ticket.test,
        "zone": zone,
        "old_bsp": bsp_name(case),
        "destination": case.playbook_copy.get("name", ""),
        "may_answer": SharePermission.ANSWER in link.permissions,
        "may_schedule": SharePermission.SCHEDULE in link.permissions,
        "until": local_day(link.expires_at, zone, language),
        "turn": _turn(ticket, case, asked),
        "since": local_time(ticket.waiting_since, zone, language) if open_now else "",
        "asked": asked,
        "letters": letters_now(ticket, case, now=now) if open_now else [],
        "today": now.astimezone(zone_of(zone)).date().isoformat(),
        "call": call,
        "numbers": [_number(each, zone, language) for each in case.numbers.order_by("position")],
        "comments": [
            {
                "body": each.body,
                "ours": each.from_desk,
                "by": each.author_label,
                "when": local_time(each.created_at, zone, language),
            }
            for each in comments_of(ticket, internal=False)
        ],
        "files": list(attachments_of(ticket, internal=False)),
        "news": news_of(ticket),
    }


def _turn(ticket: Ticket, case: MigrationCase, asked: AllAsked) -> dict[str, Any]:
    """Return whose turn it is and what happens next, in words; `good`: nothing is asked of the client."""
    yours = ticket.waiting_on == Party.CLIENT and ticket.status in OPEN_STATUSES
    return {
        "yours": yours,
        "good": not yours and (ticket.status in OPEN_STATUSES or ticket.status in _GOOD),
        "title": _title(ticket, case),
        "next": _next(ticket, asked, yours=yours),
    }


def _title(ticket: Ticket, case: MigrationCase) -> str:
    ended = {
        TicketStatus.DRAFT: _("Not filed yet"),
        TicketStatus.RESOLVED: _("Everything is moved"),
        TicketStatus.CLOSED: _("Everything is moved"),
        TicketStatus.CANCELLED: _("The ticket was cancelled"),
        TicketStatus.REJECTED: _("The ticket was rejected"),
    }.get(TicketStatus(ticket.status))
    if ended:
        return str(ended)
    if ticket.on_hold:
        return _("On hold")
    if ticket.status == TicketStatus.SCHEDULED and ticket.waiting_on != Party.CLIENT:
        return _("The call is booked")
    return str(
        {
            Party.CLIENT: _("It is your turn"),
            Party.OLD_BSP: _("We wait for %(bsp)s") % {"bsp": bsp_name(case) or Party.OLD_BSP.label},
            Party.META: _("We wait for Meta"),
        }.get(Party(ticket.waiting_on), _("It is our turn"))
    )


def _next(ticket: Ticket, asked: AllAsked, *, yours: bool) -> str:
    if ticket.status == TicketStatus.DRAFT:
        return _("Somebody has begun to fill in the form. Nothing is asked of you until it is filed.")
    if ticket.status in {TicketStatus.CANCELLED, TicketStatus.REJECTED}:
        return _("The numbers stay where they are. If that is not right, answer one of our messages.")
    if ticket.status == TicketStatus.CLOSED or ticket.next_action not in ACTION_TEXTS:
        return ""
    if ticket.next_action == "finish_closing" and not asked.yours:
        return _("Nothing is left to do.")
    if ticket.next_action == "answer_requirements" and not yours:
        return _("Nothing is asked of you at the moment. You hear from us as soon as it goes on.")
    return str(ACTION_TEXTS[ticket.next_action])


def _number(row: Any, zone: str, language: str) -> dict[str, str]:
    state = NumberState(row.state)
    more = ""
    if state == NumberState.LIVE and row.live_at:
        more = local_time(row.live_at, zone, language)
    elif state == NumberState.COOLING_DOWN and row.cool_down_until:
        more = _("until %(time)s") % {"time": local_time(row.cool_down_until, zone, language)}
    return {"number": row.number, "state": state.value, "words": _state_words(state), "more": more}


def _state_words(state: NumberState) -> str:
    """Return how far a number is, in a client's words."""
    return str(
        {
            NumberState.PENDING: _("still at the old provider"),
            NumberState.INITIATED: _("the move has begun"),
            NumberState.CODE_REQUESTED: _("the code is on its way"),
            NumberState.CODE_VERIFIED: _("the code was accepted"),
            NumberState.REGISTERED: _("moved, being connected"),
            NumberState.LIVE: _("live at the new provider"),
            NumberState.COOLING_DOWN: _("rests for a while"),
            NumberState.FAILED: _("did not work; we look into it"),
            NumberState.SKIPPED: _("stays where it is"),
        }[state]
    )
