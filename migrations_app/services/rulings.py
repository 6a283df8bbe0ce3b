"""What a lead decides when two organizations claim one line; giving the ticket to the claimant is `handing_over.hand_over`."""

from datetime import datetime

from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums.disputes import DisputeState
from migrations_app.models import OwnershipDispute
from migrations_app.services.disputes import ReasonMissing, end_dispute
from migrations_app.services.endings import cancel
from tickets.enums import CancelReason
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket


def _disputed(uow: UnitOfWork, dispute_id: int) -> tuple[Ticket, OwnershipDispute]:
    """Take the lock of the ticket that a dispute is about and return both as they stand under it.

    :raises NotFound: there is no such dispute.
    """
    ticket_id = OwnershipDispute.objects.filter(pk=dispute_id).values_list("holder__ticket_id", flat=True).first()
    if ticket_id is None:
        raise NotFound
    ticket = lock_ticket(uow, ticket_id)
    return ticket, OwnershipDispute.objects.select_related("claimant").get(pk=dispute_id)


def keep_with_holder(*, dispute_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Decide that a line stays where it is.

    :raises NotFound: no such dispute.
    :raises ReasonMissing: no reason is given.
    :raises IllegalTransition: it has ended already.
    """
    if not reason.strip():
        raise ReasonMissing
    with unit_of_work(by=by, now=now) as uow:
        ticket, dispute = _disputed(uow, dispute_id)
        end_dispute(uow, ticket, dispute, DisputeState.UPHELD, reason=reason.strip())


def let_holder_go(*, dispute_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Decide that the holder's ticket ends; every dispute over its lines ends with it, and the claimant may file.

    :raises NotFound: no such dispute.
    :raises ReasonMissing: no reason is given.
    :raises IllegalTransition: the dispute has ended already, or the holder's ticket cannot be cancelled any more.
    """
    if not reason.strip():
        raise ReasonMissing
    with unit_of_work(by=by, now=now) as uow:
        ticket, dispute = _disputed(uow, dispute_id)
        end_dispute(uow, ticket, dispute, DisputeState.DISMISSED, reason=reason.strip())
        cancel(ticket_id=ticket.pk, reason=CancelReason.OTHER, by=by, now=now)
