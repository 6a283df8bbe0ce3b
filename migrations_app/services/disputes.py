"""Disputes over a line: raised when a filing is refused, ended by a decision or when the line is let go.

`end_dispute` is the only writer of a dispute's state. The claimant learns nothing but `number_already_open`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from config.core.actor import Actor
from config.core.errors import Conflict
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums.disputes import DisputeState
from migrations_app.models import NumberMove, OwnershipDispute
from migrations_app.rules.lifecycle import DISPUTE
from tickets.enums import EventType
from tickets.models import Organization, Ticket
from tickets.services.events import record


class ReasonMissing(Conflict):
    """A decision about an organization's ticket needs a reason in words."""

    code = "validation_failed"


@dataclass(frozen=True)
class LineClaim:
    """Which lines an organization wanted. `ticket_id` names its ticket where one was there before the refused change."""

    organization_id: int
    match_keys: Collection[str]
    ticket_id: int | None = None


def raise_disputes(claim: LineClaim, *, by: Actor, now: datetime) -> None:
    """Open a dispute for each of these lines that another organization's ticket holds; one that is open counts once more.

    Called after the refused unit of work was taken back. A line that was let go meanwhile is no dispute any more.
    """
    held = NumberMove.objects.filter(match_key__in=claim.match_keys, holding=True).exclude(
        case__ticket__organization_id=claim.organization_id
    )
    ticket_ids = set(held.values_list("case__ticket_id", flat=True))
    if not ticket_ids:
        return
    with unit_of_work(by=by, now=now) as uow:
        uow.lock(Ticket, *ticket_ids)
        fresh: dict[int, list[NumberMove]] = {}
        for row in held.filter(case__ticket_id__in=ticket_ids).select_related("case__ticket").order_by("match_key"):
            if _raise(uow, row, claim):
                fresh.setdefault(row.case.ticket_id, []).append(row)
        claimant = Organization.objects.get(pk=claim.organization_id).name if fresh else ""
        for rows in fresh.values():
            numbers = [row.number for row in rows]
            record(
                uow, rows[0].case.ticket, EventType.OWNERSHIP_DISPUTED, internal=True, numbers=numbers,
                claimed_by=claimant, state=DisputeState.OPEN.value,
            )  # fmt: skip


def _raise(uow: UnitOfWork, held: NumberMove, claim: LineClaim) -> bool:
    """Open the dispute or count it once more, under the holder's lock, and tell whether it is new."""
    found = OwnershipDispute.objects.filter(
        match_key=held.match_key, claimant_id=claim.organization_id, state=DisputeState.OPEN
    ).first()
    if found is None:
        OwnershipDispute.objects.create(
            match_key=held.match_key,
            number=held.number,
            holder=held.case,
            claimant_id=claim.organization_id,
            claimant_ticket_id=_still_there(claim.ticket_id),
            raised_by=uow.by.label,
            raised_at=uow.now,
            last_claimed_at=uow.now,
            created_at=uow.now,
            updated_at=uow.now,
        )
        return True
    found.times += 1
    found.last_claimed_at = max(found.last_claimed_at, uow.now)
    found.claimant_ticket_id = _still_there(claim.ticket_id) or found.claimant_ticket_id
    found.save(update_fields=["times", "last_claimed_at", "claimant_ticket"])
    return False


def _still_there(ticket_id: int | None) -> int | None:
    """Return the id of a ticket that outlived the refusal; one that was to be filed by it did not."""
    return Ticket.objects.filter(pk=ticket_id).values_list("pk", flat=True).first() if ticket_id else None


def end_dispute(uow: UnitOfWork, ticket: Ticket, dispute: OwnershipDispute, to: DisputeState, *, reason: str) -> None:
    """End a dispute over a line of a locked ticket, with its event for the desk.

    :raises IllegalTransition: it has ended already.
    """
    uow.move(dispute, "state", table=DISPUTE, to=to, decided_by=uow.by.label, decided_at=uow.now, reason=reason)
    record(
        uow, ticket, EventType.OWNERSHIP_DISPUTED, internal=True, numbers=[dispute.number],
        claimed_by=dispute.claimant.name, state=to.value, reason=reason,
    )  # fmt: skip


def lines_let_go(uow: UnitOfWork, ticket: Ticket, match_keys: Collection[str] | None = None) -> None:
    """End the disputes over lines that a locked ticket does not hold any more (None: over all of them)."""
    open_ones = OwnershipDispute.objects.filter(holder__ticket=ticket, state=DisputeState.OPEN)
    if match_keys is not None:
        open_ones = open_ones.filter(match_key__in=match_keys)
    for dispute in open_ones.select_related("claimant").order_by("id"):
        end_dispute(uow, ticket, dispute, DisputeState.DISMISSED, reason="")


def lines_given(uow: UnitOfWork, ticket: Ticket, organization: Organization, *, reason: str) -> None:
    """End the disputes that this organization has raised over lines of a locked ticket: the ticket is its own now."""
    open_ones = OwnershipDispute.objects.filter(holder__ticket=ticket, claimant=organization, state=DisputeState.OPEN)
    for dispute in open_ones.select_related("claimant").order_by("id"):
        end_dispute(uow, ticket, dispute, DisputeState.TRANSFERRED, reason=reason)
