"""The one receiver: the desk moved a ticket by hand, so its case is settled again."""

from typing import Any

from django.dispatch import receiver

from config.core.uow import UnitOfWork
from migrations_app.services.endings import follow_ticket
from tickets.models import Ticket
from tickets.signals import ticket_transitioned


@receiver(ticket_transitioned, sender=Ticket)
def on_ticket_transitioned(*, ticket: Ticket, uow: UnitOfWork, **_: Any) -> None:
    """Follow the ticket."""
    follow_ticket(uow, ticket)
