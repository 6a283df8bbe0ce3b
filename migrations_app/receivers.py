"""What comes to the app from outside: a ticket moved by hand, mail and reports of mail from a provider's webhooks."""

from typing import Any

import structlog
from anymail.signals import AnymailInboundEvent, AnymailTrackingEvent, inbound, tracking
from django.dispatch import receiver

from config.core import clock
from config.core.actor import SYSTEM
from config.core.uow import UnitOfWork
from migrations_app.services.anymail_events import arrival_of, tracked_of
from migrations_app.services.bounces import take_tracked
from migrations_app.services.endings import follow_ticket
from migrations_app.services.inbound import receive
from migrations_app.services.mail_filing import process
from tickets.models import Ticket
from tickets.signals import ticket_transitioned

_log = structlog.get_logger("portero.mail")


@receiver(ticket_transitioned, sender=Ticket)
def on_ticket_transitioned(*, ticket: Ticket, uow: UnitOfWork, **_: Any) -> None:
    """Follow the ticket."""
    follow_ticket(uow, ticket)


@receiver(inbound)
def on_mail(*, event: AnymailInboundEvent, **_: Any) -> None:
    """Keep a mail that a provider hands over. Once it is kept, the provider is told so; filing it may follow later."""
    if event.message is None:
        return
    row = receive(arrival=arrival_of(event), by=SYSTEM, now=clock.now())
    try:
        process(mail_id=row.pk, by=SYSTEM, now=clock.now())
    except Exception as error:  # noqa: BLE001  (it is kept: the sweep goes on with it)
        _log.warning("a mail is filed later", id=row.pk, error_type=type(error).__name__)


@receiver(tracking)
def on_tracking(*, event: AnymailTrackingEvent, **_: Any) -> None:
    """Record that a message came back, was refused, or was complained of."""
    tracked = tracked_of(event)
    if tracked is not None:
        take_tracked(tracked=tracked, by=SYSTEM, now=clock.now())
