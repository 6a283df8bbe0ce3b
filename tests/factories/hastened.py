"""Time passes in the test world: the sweeps do what is due, with nobody at the desk."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Min

from config.core.actor import SYSTEM
from migrations_app.models import (
    CallProposal,
    Chase,
    ChaseAttempt,
    MigrationCase,
    MoveCheck,
    Notice,
    NumberMove,
    PinCall,
    ProofTry,
)
from migrations_app.selectors import aftercare, cases, due
from migrations_app.selectors import test_desk as test_desk_due
from migrations_app.selectors.proofs import due_tries
from migrations_app.selectors.proposals import due_proposals
from migrations_app.services import (
    aftercare_runs,
    endings,
    letting_go,
    moves,
    outreach,
    proofs,
    proposals,
    test_desk,
    test_plays,
)
from tests.factories.walks import Walk
from tickets.models import Ticket

TICK = timedelta(seconds=1)
MOST = 1_000


Found = Callable[..., list[int]]
Do = Callable[[int, datetime], object]
_SWEEPS: tuple[tuple[Found, Do], ...] = (
    (partial(due.due_messages, ChaseAttempt), lambda pk, now: outreach.send_due(ChaseAttempt, pk, by=SYSTEM, now=now)),
    (partial(due.due_messages, Notice), lambda pk, now: outreach.send_due(Notice, pk, by=SYSTEM, now=now)),
    (due_tries, lambda pk, now: proofs.try_due(pk, by=SYSTEM, now=now)),
    (due_proposals, lambda pk, now: proposals.look_after(proposal_id=pk, now=now)),
    (aftercare.due_checks, lambda pk, now: aftercare_runs.make_due(pk, by=SYSTEM, now=now)),
    (cases.cooling_due, lambda pk, now: moves.end_cool_down(number_id=pk, by=SYSTEM, now=now)),
    (cases.auto_close_due, lambda pk, now: endings.close_if_due(ticket_id=pk, now=now)),
    (due.silent_tickets, lambda pk, now: letting_go.look_after(ticket_id=pk, now=now)),
    (test_desk_due.desks_due, lambda pk, now: test_desk.act(ticket_id=pk, now=now)),
    (test_desk_due.plays_due, lambda pk, now: test_plays.play(call_pk=pk, now=now)),
)


def sweep(now: datetime) -> None:
    """Do once what every sweep would do at this moment."""
    for chase, ticket in due.ended_ladders(now=now, limit=MOST):
        outreach.escalate(chase, ticket, by=SYSTEM, now=now)
    for found, do in _SWEEPS:
        for pk in found(now=now, limit=MOST):
            do(pk, now)


def next_due() -> datetime | None:
    """When anything is due next."""
    columns = (
        (ChaseAttempt.objects.filter(state="planned"), "due_at"),
        (Notice.objects.filter(state="planned"), "due_at"),
        (Chase.objects.filter(state="active"), "next_at"),
        (ProofTry.objects.filter(state="planned"), "due_at"),
        (CallProposal.objects.filter(state="open"), "answer_due_at"),
        (MoveCheck.objects.filter(state="planned"), "due_at"),
        (NumberMove.objects.filter(state="cooling_down"), "cool_down_until"),
        (Ticket.objects.all(), "auto_close_at"),
        (MigrationCase.objects.all(), "silence_due_at"),
        (MigrationCase.objects.all(), "test_desk_at"),
        (PinCall.objects.filter(state__in=["booked", "started"]), "play_at"),
    )
    found = [rows.aggregate(at=Min(name))["at"] for rows, name in columns]
    return min((moment for moment in found if moment is not None), default=None)


def pass_time(walk: Walk, **amount: float) -> None:
    """Let real time pass for a test ticket: what is due is done within a second."""
    until = walk.now + timedelta(**amount)
    sweep(walk.now)
    for _ in range(MOST):
        following = next_due()
        if following is None or following > until:
            break
        walk.now = max(walk.now, following) + TICK
        sweep(walk.now)
    walk.now = max(walk.now, until)
    walk.fresh()
