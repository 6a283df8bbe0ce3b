"""The exchange log: a row before anything leaves, its outcome after. `finish` is the writer of its state."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from config.core.actor import Actor
from config.core.uow import unit_of_work
from providers.enums import ChannelKind, ExchangeState
from providers.models import Exchange
from providers.rules.lifecycle import EXCHANGE
from providers.types import OutboundMessage

LOST_BATCH = 500
"""Most rows one sweep gives up at a time."""


def begin_message(
    *, message: OutboundMessage, purpose: str, subject_key: str, now: datetime, channel: str = ChannelKind.EMAIL
) -> Exchange:
    """Write the row of a message that is about to leave; the caller's transaction commits it first."""
    return Exchange.objects.create(
        channel=ChannelKind(channel),
        purpose=purpose,
        subject_key=subject_key,
        ticket_reference=message.ticket_reference,
        test=message.test,
        state=ExchangeState.SENDING,
        recipient=message.recipient[:320],
        copied_to=list(message.copied_to),
        language=message.language,
        title=message.title[:300],
        body=message.body,
        message_id=message.message_id,
        references=list(message.references),
        reply_to=message.reply_to,
        created_at=now,
    )


def begin_meta_call(
    *, purpose: str, subject_key: str, ticket_reference: str, target: str, now: datetime, test: bool = False
) -> Exchange:
    """Write the row of a call to Meta that is about to leave. Codes, PINs and tokens have no column here."""
    return Exchange.objects.create(
        channel=ChannelKind.META,
        purpose=purpose,
        subject_key=subject_key,
        ticket_reference=ticket_reference,
        test=test,
        state=ExchangeState.SENDING,
        recipient=target,
        title=purpose,
        created_at=now,
    )


def mark_lost(*, before: datetime, by: Actor, now: datetime) -> int:
    """Mark what nobody else gives up, and whose process must have died since, as `unknown`; return how many there were.

    Calls to Meta: the number they were about is let go by its own claim, and what happened is found by reading it at Meta. Messages
    about no ticket: there is no attempt to be judged with them.
    """
    nobodys = Q(channel=ChannelKind.META) | Q(ticket_reference="")
    lost = Exchange.objects.filter(nobodys, state=ExchangeState.SENDING, created_at__lt=before)
    ids = list(lost.order_by("created_at").values_list("id", flat=True)[:LOST_BATCH])
    for exchange_id in ids:
        finish(exchange_id=exchange_id, state=ExchangeState.UNKNOWN, by=by, now=now, error={"key": "process_lost"})
    return len(ids)


def finish(
    *, exchange_id: int, state: ExchangeState, by: Actor, now: datetime, provider_id: str = "",
    error: dict[str, Any] | None = None, elapsed_ms: int | None = None,
) -> None:  # fmt: skip
    """Record how an exchange ended. `provider_id` is the name that a mail provider gave the message.

    :raises IllegalTransition: it has ended otherwise already.
    """
    named = {"provider_id": provider_id[:255]} if provider_id else {}
    with unit_of_work(by=by, now=now) as uow:
        row = Exchange.objects.get(pk=exchange_id)
        uow.move(
            row,
            "state",
            table=EXCHANGE,
            to=state,
            finished_at=now,
            error=error,
            elapsed_ms=elapsed_ms,
            **named,
        )


def mark_bounced(*, exchange_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Record that a message came back. That it did shows that it had left, even where that was not known."""
    row = Exchange.objects.get(pk=exchange_id)
    error = {"reason": reason}
    if row.state == ExchangeState.UNKNOWN:
        finish(exchange_id=exchange_id, state=ExchangeState.SENT, by=by, now=now)
    if row.state in {ExchangeState.UNKNOWN, ExchangeState.SENT}:
        finish(exchange_id=exchange_id, state=ExchangeState.BOUNCED, by=by, now=now, error=error)
