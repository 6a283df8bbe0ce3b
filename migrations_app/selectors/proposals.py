"""Reading what was proposed, and the moments that can be."""

from datetime import datetime, timedelta
from uuid import UUID

from migrations_app.enums import PinCallState
from migrations_app.enums.proposals import ProposalState
from migrations_app.models import CallProposal, MigrationCase, PinCall
from migrations_app.rules.slots import Slot
from migrations_app.selectors.call_policies import policy_of
from migrations_app.selectors.slots import SlotFrame, offered_slots
from tickets.models import Ticket


def open_proposal(case: MigrationCase) -> CallProposal | None:
    """Return the times that wait for the client's answer."""
    return CallProposal.objects.filter(case=case, state=ProposalState.OPEN).first()


def due_proposals(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of proposals whose time for an answer is over, longest due first."""
    rows = CallProposal.objects.filter(state=ProposalState.OPEN, answer_due_at__lte=now).order_by("answer_due_at")
    return list(rows.values_list("id", flat=True)[:limit])


def missed_calls(ticket: Ticket) -> int:
    """Return how many calls of a ticket nobody came to."""
    return PinCall.objects.filter(ticket=ticket, state=PinCallState.NO_SHOW).count()


def missed_the_last(ticket: Ticket) -> bool:
    """Tell whether nobody came to the ticket's last call."""
    states = [PinCallState.BOOKED, PinCallState.STARTED, PinCallState.FINISHED, PinCallState.NO_SHOW]
    last = PinCall.objects.filter(ticket=ticket, state__in=states).order_by("-start", "-id").first()
    return last is not None and last.state == PinCallState.NO_SHOW


def free_times(
    ticket: Ticket,
    case: MigrationCase,
    minutes: int,
    *,
    now: datetime,
    ahead: timedelta = timedelta(),
    moving: UUID | None = None,
) -> list[Slot]:
    """Return every moment that can be offered for a call of this length, at least `ahead` from now.

    `moving`: the UID of a call that looks for another time.
    """
    until = now + timedelta(days=policy_of(ticket.queue_id).horizon_days)
    frame = SlotFrame(now + ahead, until, minutes, ticket.timezone, ticket.queue_id, moving)
    return offered_slots(frame, case, now=now)
