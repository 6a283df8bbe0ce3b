"""Proposing times for the call: three in a mail, again after silence, booked without an answer where the queue wants it."""

from datetime import datetime

from config.core.actor import SYSTEM
from config.core.errors import Conflict
from config.core.uow import IllegalTransition, UnitOfWork, unit_of_work
from migrations_app.enums import AttemptState, Stage
from migrations_app.enums.proposals import ProposalState
from migrations_app.models import CallProposal, MigrationCase, Notice
from migrations_app.rules.hours import add_business_days, is_open, opening, zone_of
from migrations_app.rules.proposals import (
    AHEAD,
    AHEAD_UNASKED,
    ANSWER_DAYS,
    LATER,
    AfterSilence,
    SilenceFacts,
    after_silence,
    best_slots,
)
from migrations_app.rules.slots import Slot
from migrations_app.selectors.call_policies import policy_of
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.haste import sooner
from migrations_app.selectors.proposals import free_times, missed_the_last, open_proposal
from migrations_app.services import calls
from migrations_app.services.lengths import call_length
from migrations_app.services.notices import INVITATION, held_back, plan_notice
from migrations_app.services.proposal_ends import end
from migrations_app.services.recipients import Contact, contacts_of
from migrations_app.services.slot_taking import Wish, numbers_for_call
from tickets.enums import OPEN_STATUSES, EventType, Party
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.tickets import lock_ticket

_IN_VAIN = frozenset({AttemptState.FAILED, AttemptState.BOUNCED})


def choose_times(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Choose the times of an invitation that is about to leave; a message that is tried again gets fresh ones.

    Where no call can be booked just now, there is nothing to choose.
    """
    try:
        numbers = numbers_for_call(ticket, case)
    except IllegalTransition:
        return
    minutes = call_length().minutes(len(numbers))
    slots = best_slots(free_times(ticket, case, minutes, now=uow.now, ahead=AHEAD), zone=zone_of(ticket.timezone))
    due = add_business_days(uow.now, ANSWER_DAYS, calendar=_client(ticket, case).hours)
    due = sooner(ticket, due, since=uow.now)
    chosen = {"starts": [slot.start.isoformat() for slot in slots], "answer_due_at": due, "updated_at": uow.now}
    proposal = open_proposal(case)
    if proposal is not None:
        CallProposal.objects.filter(pk=proposal.pk).update(**chosen)
        return
    last = CallProposal.objects.filter(case=case).order_by("-id").first()
    again = last is not None and last.state == ProposalState.SILENT
    proposal = CallProposal.objects.create(
        case=case, round=last.round + 1 if last and again else 1, missed=missed_the_last(ticket), created_at=uow.now,
        **chosen,
    )  # fmt: skip
    record(
        uow, ticket, EventType.CALL_PROPOSED, internal=True, round=proposal.round, starts=proposal.starts,
        missed=proposal.missed,
    )  # fmt: skip


def _client(ticket: Ticket, case: MigrationCase) -> Contact:
    return contacts_of(ticket, case)[Party.CLIENT]


def look_after(*, proposal_id: int, now: datetime) -> None:
    """Go on after a proposal that nobody has answered in time: times anew, a call booked unasked, or nothing more."""
    with unit_of_work(by=SYSTEM, now=now) as uow:
        ticket_id = CallProposal.objects.filter(pk=proposal_id).values_list("case__ticket_id", flat=True).first()
        if ticket_id is None:
            return
        ticket, case = lock_ticket(uow, ticket_id), case_of(ticket_id)
        proposal = CallProposal.objects.filter(pk=proposal_id, state=ProposalState.OPEN, answer_due_at__lte=now).first()
        if proposal is None:
            return
        step = after_silence(_facts(ticket, case, proposal, now=now))
        if step is not AfterSilence.BOOK:
            _go_on(uow, ticket, case, proposal, step)
            return
    # A booking locks the tickets that it concerns by itself.
    if not _book_best(ticket, case, now=now):
        _end_silent(proposal, now=now)


def _facts(ticket: Ticket, case: MigrationCase, proposal: CallProposal, *, now: datetime) -> SilenceFacts:
    contact = _client(ticket, case)
    last = Notice.objects.filter(case=case, message=INVITATION).order_by("-id").first()
    unreached = last is not None and last.state in _IN_VAIN and last.address == contact.email
    return SilenceFacts(
        ready=case.stage == Stage.READY and ticket.status in OPEN_STATUSES,
        round=proposal.round,
        # What Meta said against it is no silence of the client's: neither times anew nor a call unasked until it is settled.
        on_hold=ticket.on_hold or held_back(ticket, case, now=now),
        warned=ticket.let_go_at is not None,
        left_alone=contact.left_alone or not contact.email or unreached,
        missed=missed_the_last(ticket),
        may_book=policy_of(ticket.queue_id).book_without_answer,
    )


def _go_on(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, proposal: CallProposal, step: AfterSilence) -> None:
    hours = _client(ticket, case).hours
    if step is AfterSilence.WAIT or (step is AfterSilence.PROPOSE and not ticket.test and not is_open(hours, uow.now)):
        due = uow.now + LATER if step is AfterSilence.WAIT else opening(hours, uow.now)
        due = sooner(ticket, due, since=uow.now)
        CallProposal.objects.filter(pk=proposal.pk).update(answer_due_at=due, updated_at=uow.now)
        return
    end(uow, proposal, ProposalState.WITHDRAWN if step is AfterSilence.WITHDRAW else ProposalState.SILENT)
    if step is AfterSilence.PROPOSE:
        plan_notice(uow, ticket, case, INVITATION, due=uow.now)


def _book_best(ticket: Ticket, case: MigrationCase, *, now: datetime) -> bool:
    """Book the best moment for a client that did not choose, and tell whether there was one."""
    for slot in _unasked(ticket, case, now=now):
        try:
            calls.book(ticket_id=ticket.pk, wish=Wish(slot.start), by=SYSTEM, now=now)
        except Conflict:
            continue  # taken meanwhile, or nothing can be booked any more
        return True
    return False


def _unasked(ticket: Ticket, case: MigrationCase, *, now: datetime) -> list[Slot]:
    try:
        numbers = numbers_for_call(ticket, case)
    except IllegalTransition:
        return []
    minutes = call_length().minutes(len(numbers))
    slots = free_times(ticket, case, minutes, now=now, ahead=AHEAD_UNASKED)
    return sorted(best_slots(slots, zone=zone_of(ticket.timezone)), key=lambda slot: (-slot.score, slot.start))


def _end_silent(proposal: CallProposal, *, now: datetime) -> None:
    with unit_of_work(by=SYSTEM, now=now) as uow:
        lock_ticket(uow, proposal.case.ticket_id)
        proposal.refresh_from_db()
        if proposal.state == ProposalState.OPEN:
            end(uow, proposal, ProposalState.SILENT)
