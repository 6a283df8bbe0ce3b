"""The ticket page as a story: whom we wait for, what is open with its proof, numbers, calls, messages, what was said."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from migrations_app.admin import (
    aftercare_card,
    answers_card,
    call_company,
    chases_card,
    contact_card,
    drafts,
    holder_card,
    message_profiles,
    number_lines,
    playbook_card,
    proof_card,
    proposal_card,
    share_links,
)
from migrations_app.admin.desk_task_page import task_card
from migrations_app.admin.insight import ready_line
from migrations_app.admin.offers import Viewer, requirement_blocks
from migrations_app.admin.ticket_clocks import clock_lines
from migrations_app.admin.timeline import lines_of
from migrations_app.admin.words import (
    DESK_ACTIONS,
    PARTY_COLOURS,
    STAGE_COLOURS,
    STATE_COLOURS,
    STATUS_COLOURS,
)
from migrations_app.enums import NumberState, PinCallState, Stage
from migrations_app.enums.disputes import DisputeState
from migrations_app.enums.texts import ACTION_TEXTS, REQUIREMENT_TEXTS, detail_text
from migrations_app.models import MigrationCase, PinCall
from migrations_app.rules.hours import zone_of
from migrations_app.selectors.cases import calls_of, case_plan, current_call, documents
from migrations_app.selectors.disputes import visible_disputes
from migrations_app.selectors.evidence import evidence_files
from migrations_app.services.actions import available_actions
from migrations_app.services.exhaustion import TAG
from providers.models import Bsp
from providers.selectors.directory import directory
from tickets.enums import OPEN_STATUSES, CancelReason, Party, Priority, TicketStatus
from tickets.models import Comment, Queue, Ticket
from tickets.selectors.desk import comments_of, group_of, is_agent, is_lead, timeline, visible_tickets
from tickets.selectors.files import attachments_of

TIMELINE_LINES = 200
_CUT_OVER = frozenset({NumberState.REGISTERED, NumberState.LIVE})
_HOLDABLE = frozenset(
    {TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.WAITING, TicketStatus.SCHEDULED, TicketStatus.IN_PROGRESS}
)


def context_of(ticket: Ticket, *, user: Any, now: datetime) -> dict[str, Any]:
    """Return everything the page shows to this person. Reads only; the number of queries does not grow with the data."""
    desk = is_agent(user)
    works = desk and user.has_perm("tickets.change_ticket")
    case = documents([ticket]).get(ticket.pk)
    zone = zone_of(ticket.timezone)
    context: dict[str, Any] = {
        "title": f"{ticket.reference} · {ticket.client_name}",
        "ticket": ticket,
        "now": now,
        "zone": zone.key,
        "desk": desk,
        "works": works,
        "headline": _headline(ticket, desk=desk),
        "labels": _labels(ticket),
        "clocks": clock_lines(ticket, desk=desk),
        "group": group_of(ticket, visible_tickets(user)),
        "comments": _comments(ticket, desk=desk),
        "files": _files(ticket, desk=desk),
        "timeline": lines_of(timeline(ticket, internal=desk), zone=zone, desk=desk, limit=TIMELINE_LINES),
        "states": STATE_COLOURS,
    }
    if ticket.status == TicketStatus.DRAFT and user.has_perm("tickets.add_ticket"):
        context |= {"draft": True, "missing": drafts.missing(case) if case else []}
    if case is not None:
        context |= playbook_card.context_of(ticket, case, works=works, now=now)
        context |= _case_context(ticket, case, user=user, desk=desk, works=works, now=now)
        context["ready_by"] = ready_line(case, zone, now)
        if desk:
            context["headline"]["to_judge"] = answers_card.count_to_judge(ticket, case, context)
            context |= proof_card.context_of(ticket, case, works=works, now=now)
            context |= aftercare_card.context_of(case, works=works)
        for number in context["numbers"]:
            number["record"] = context["may_record"].get(number["row"].pk, "")
    if works:
        context |= _desk_context(ticket, case, user) | answers_card.context_of(case, context)
        context |= contact_card.context_of(ticket, context)
    if desk:
        context["disputes"] = visible_disputes(user).filter(holder__ticket=ticket, state=DisputeState.OPEN)
    return context


def _comments(ticket: Ticket, *, desk: bool) -> list[Comment]:
    rows = list(comments_of(ticket, internal=desk))
    return answers_card.with_mail(rows, ticket) if desk else rows


def _files(ticket: Ticket, *, desk: bool) -> list[dict[str, Any]]:
    """Return the ticket's files, each with the requirements that it was shown for."""
    shown_for: dict[int, list[str]] = {}
    for file_id, code in evidence_files(ticket):
        titles = shown_for.setdefault(file_id, [])
        title = str(REQUIREMENT_TEXTS[code][0])
        if title not in titles:
            titles.append(title)
    return [{"row": row, "shown_for": shown_for.get(row.pk, [])} for row in attachments_of(ticket, internal=desk)]


def _labels(ticket: Ticket) -> list[tuple[str, str]]:
    """Return the badges beside the title, as (words, colour)."""
    stage = Stage(ticket.stage) if ticket.stage else None
    labels = [(str(stage.label), STAGE_COLOURS.get(stage, ""))] if stage else []
    status = (str(ticket.get_status_display()), STATUS_COLOURS.get(ticket.status, ""))
    if status[0] not in [words for words, _colour in labels]:
        labels.append(status)
    if ticket.on_hold:
        labels.append((_("On hold"), STATUS_COLOURS["on_hold"]))
    if ticket.test:
        labels.insert(0, (_("TEST"), "warning"))
    if TAG in ticket.tags:
        labels.append((_("Old BSP does not answer"), "danger"))
    if ticket.priority != "normal":
        labels.append((str(ticket.get_priority_display()), "danger"))
    return labels


def _headline(ticket: Ticket, *, desk: bool) -> dict[str, Any]:
    words = (DESK_ACTIONS if desk else ACTION_TEXTS).get(ticket.next_action, "")
    return {
        "party": ticket.get_waiting_on_display(),
        "colour": PARTY_COLOURS.get(ticket.waiting_on, ""),
        "nobody": ticket.waiting_on == Party.NOBODY,
        "also": [str(Party(party).label) for party in ticket.waiting_also],
        "action": str(words),
        "reasons": [detail_text(detail) for detail in ticket.status_details],
    }


def _case_context(
    ticket: Ticket, case: MigrationCase, *, user: Any, desk: bool, works: bool, now: datetime
) -> dict[str, Any]:
    numbers = list(case.numbers.all())
    calls = calls_of(case)
    shared = call_company.shared_with(ticket, calls, user) if desk else {}
    viewer = Viewer(desk=desk, may_work=works or not desk, status=ticket.status, call=case_plan(case).call)
    return {
        "case": case,
        "requirement_blocks": requirement_blocks(case.requirements.all(), numbers, viewer),
        **number_lines.context_of(case, numbers, filed=ticket.status != TicketStatus.DRAFT),
        "calls": [{**_call(call), "shared": shared.get(call.pk, [])} for call in calls],
        "current_call": current_call(calls),
        "holders": holder_card.holders_of(calls) if desk else [],
        **(task_card(case) if desk else {}),
        **(chases_card.context_of(ticket, case, now=now) if desk else {}),
        "answers": _answers(case),
        "quiet_hours": [
            f"{WEEKDAYS[window['weekday']]} {window['start']}–{window['end']}" for window in case.low_traffic_windows
        ],
        **message_profiles.context_of(ticket, case),
        **share_links.context_of(ticket, may_share=works or not desk, desk=desk, now=now),
        **(proposal_card.context_of(case) if desk else {}),
        "sees_exchanges": desk and user.has_perm("providers.view_exchange"),
    }


def _call(call: PinCall) -> dict[str, Any]:
    return {
        "row": call,
        "colour": STATE_COLOURS.get(call.state, ""),
        "local": call.start.astimezone(ZoneInfo(call.timezone)),
        "booked": call.state == PinCallState.BOOKED,
        "open": call.state in {PinCallState.BOOKED, PinCallState.STARTED},
    }


def _answers(case: MigrationCase) -> list[tuple[str, str]]:
    """Return the form's answers as (question, answer)."""
    unknown = _("unknown")
    yes_no: Mapping[bool | None, str] = {True: _("yes"), False: _("no"), None: unknown}
    filed = _("%s (not in the directory)") % case.current_bsp_name if case.current_bsp_name else unknown
    bsp = case.current_bsp.name if case.current_bsp else filed
    answers = [
        (_("Old BSP"), bsp),
        (_("Destination"), str(case.playbook_copy.get("name", ""))),
        (_("Flow"), case.get_flow_display()),
        (_("Business verification"), case.get_business_verification_display()),
        (_("Hosting"), case.get_hosting_display()),
        (_("Status at the old BSP"), case.get_connection_status_display()),
        (_("WABA ID"), case.waba_id or unknown),
        (_("Business Manager ID"), case.business_manager_id or unknown),
        (_("WABA owner"), case.get_waba_owner_display()),
        (_("Two-step verification"), case.get_two_step_verification_display()),
        (_("Business app"), yes_no[case.uses_business_app]),
        (_("Moves"), case.get_moves_display()),
    ]
    return [(question, capfirst(answer)) for question, answer in answers]


def _still_to_move(case: MigrationCase) -> bool:
    still = {NumberState.PENDING, NumberState.INITIATED, NumberState.FAILED}
    return any(number.state in still for number in case.numbers.all())


def _desk_context(ticket: Ticket, case: MigrationCase | None, user: Any) -> dict[str, Any]:
    """Return what only the desk is offered: assignment, routing, hold, the ends of a ticket."""
    offered: Sequence[str] = []
    if case is not None:
        cut_over = any(number.state in _CUT_OVER for number in case.numbers.all())
        offered = available_actions(ticket=ticket, stage=case.stage, cut_over=cut_over)
    agents = ticket.queue.agents.filter(is_active=True).order_by("username") if ticket.queue else []
    return {
        "agents": agents,
        "mine": ticket.assignee_id == user.pk,
        "queues": [queue for queue in Queue.objects.order_by("name") if queue.pk != ticket.queue_id],
        "may_hold": ticket.status in _HOLDABLE,
        "may_decide_flow": case is not None and ticket.status in _HOLDABLE and _still_to_move(case),
        "may_cancel": "cancel" in offered,
        "may_reject": "cancel" in offered and ticket.status != TicketStatus.DRAFT,
        "may_close": case is not None and ticket.status == TicketStatus.RESOLVED,
        "may_reopen": "reopen" in offered,
        "may_transfer": is_lead(user) and ticket.status in OPEN_STATUSES and not ticket.test,
        **(call_company.offers_of(ticket, case, user) if case is not None else {"may_book": False}),
        "cancel_reasons": CancelReason.choices,
        "bsps": _bsps_to_choose(ticket, case),
        "priorities": Priority.choices,
    }


def _bsps_to_choose(ticket: Ticket, case: MigrationCase | None) -> Sequence[Bsp]:
    """Return the directory where the desk has to find out which BSP it is."""
    known = case is None or case.current_bsp is not None or not case.current_bsp_name
    return [] if known or ticket.status not in _HOLDABLE else list(directory().order_by("name"))
