"""When a silent client's ticket is looked at next: a row with a due time, brought in line whenever a case is settled."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from config.core.uow import UnitOfWork
from migrations_app.enums import ChaseState, NumberState, Stage
from migrations_app.models import Chase, MigrationCase
from migrations_app.rules.progress import CaseFacts
from migrations_app.rules.silence import EndedLadder, Patience, SilenceFacts, counts, next_due
from migrations_app.selectors.haste import rate_of
from tickets.enums import TicketStatus
from tickets.models import Ticket
from tickets.services.silence import count_anew, stop_letting_go

_CUT_OVER = frozenset({NumberState.REGISTERED, NumberState.LIVE})


def patience(ticket: Ticket) -> Patience:
    """Return the desk's patience with a ticket as it is set."""
    rate = rate_of(ticket)
    return Patience(
        ladder_days=settings.SECOND_LADDER_DAYS / rate,
        let_go_days=settings.LET_GO_DAYS / rate,
        abandoned_days=settings.ABANDONED_DAYS / rate,
        draft_days=settings.DRAFT_DAYS / rate,
    )


def silence_facts(
    ticket: Ticket,
    case: MigrationCase,
    facts: CaseFacts,
    chases: Iterable[Chase],
    *,
    promised_for: datetime | None = None,
) -> SilenceFacts:
    """Return what decides how long this ticket's client is waited for."""
    return SilenceFacts(
        stage=Stage(case.stage),
        seen_at=ticket.client_seen_at or ticket.created_at,
        draft=ticket.status == TicketStatus.DRAFT,
        on_hold=ticket.on_hold,
        partly_moved=any(number.state in _CUT_OVER for number in facts.numbers),
        let_go_at=ticket.let_go_at,
        promised_for=promised_for,
        ladders=tuple(
            EndedLadder(chase.pk, chase.round, chase.round_started_at or chase.created_at, chase.ended_at)
            for chase in chases
            if chase.state == ChaseState.EXHAUSTED and chase.ended_at is not None and not _for_the_call(chase, case)
        ),
    )


def _for_the_call(chase: Chase, case: MigrationCase) -> bool:
    """Tell whether a chase only lists what the call still needs: it does not shorten the time in which one can be booked."""
    return bool(chase.covers) and case.stage == Stage.READY


def plan_silence(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, facts: CaseFacts, chases: Iterable[Chase]
) -> None:
    """Write down when a locked ticket's silence is looked at next; where silence does not count, nothing is let go.

    A case that comes back among those that wait (off hold, after a call) has all its time again. A promise of the old BSP is
    only read when the time has come, which spares the read at every change.
    """
    known = silence_facts(ticket, case, facts, chases)
    if not counts(known):
        stop_letting_go(uow, ticket)
        look_at(case, None)
        return
    if case.silence_due_at is None:
        count_anew(uow, ticket)
        known = silence_facts(ticket, case, facts, chases)
    due = next_due(known, patience(ticket))
    look_at(case, due.at if due else None)


def look_at(case: MigrationCase, at: datetime | None) -> None:
    """Set when the sweep looks at this case's silence."""
    if case.silence_due_at != at:
        MigrationCase.objects.filter(pk=case.pk).update(silence_due_at=at)
        case.silence_due_at = at
