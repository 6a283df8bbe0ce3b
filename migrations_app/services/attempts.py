"""One message of either kind under the lock of its ticket."""

from config.core.uow import UnitOfWork
from migrations_app.models import ChaseAttempt, MigrationCase, Notice
from migrations_app.selectors.cases import case_of
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket

AnyAttempt = ChaseAttempt | Notice
TICKET_OF: dict[type[AnyAttempt], str] = {ChaseAttempt: "chase__case__ticket_id", Notice: "case__ticket_id"}
"""The way from a message to its ticket."""


def locked_attempt(
    uow: UnitOfWork, model: type[AnyAttempt], attempt_id: int
) -> tuple[AnyAttempt, Ticket, MigrationCase] | None:
    """Take the lock of the attempt's ticket and read everything anew under it; None where the attempt is gone."""
    rows = model._default_manager.filter(pk=attempt_id)  # noqa: SLF001  (Django's documented generic access)
    ticket_id = rows.values_list(TICKET_OF[model], flat=True).first()
    if ticket_id is None:
        return None
    ticket = lock_ticket(uow, ticket_id)
    beside = ("chase",) if model is ChaseAttempt else ("pin_call", "holder__pin_call")
    attempt = rows.select_related(*beside).first()
    return (attempt, ticket, case_of(ticket_id)) if attempt else None
