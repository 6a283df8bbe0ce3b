"""The ticket itself. `transition` is the only writer of a ticket's status."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F

from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.uow import UnitOfWork, unit_of_work
from tickets.enums import OPEN_STATUSES, CancelReason, EventType, Party, Priority, Source, TicketKind, TicketStatus
from tickets.models import Organization, Ticket
from tickets.rules.lifecycle import TICKET
from tickets.rules.search import search_text
from tickets.services.clocks import sync_clocks
from tickets.services.events import record
from tickets.services.silence import note_presence
from tickets.signals import ticket_transitioned
from tickets.types import ClockFacts

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, 1, I or O: references are read out on the phone."""


@dataclass(frozen=True)
class ClientSnapshot:
    """Who is served, as filed."""

    name: str
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    language: str = "en"
    timezone: str = "UTC"
    country: str = ""


@dataclass(frozen=True)
class NewTicket:
    """What is needed to open a ticket; `search_terms` are further words people look for (numbers, identifiers).

    `origin`: slug of whom the work comes from, in the words of the app that knows the document.
    """

    kind: TicketKind
    client: ClientSnapshot
    source: Source = Source.API
    test: bool = False
    draft: bool = False
    priority: Priority = Priority.NORMAL
    client_reference: str = ""
    group_reference: str = ""
    tags: Sequence[str] = ()
    origin: str = ""
    search_terms: Sequence[str] = field(default_factory=tuple)


def open_ticket(*, organization: Organization, new: NewTicket, by: Actor, now: datetime) -> Ticket:
    """Make a ticket (a draft, or one that is submitted at once) and return it, locked by this unit of work."""
    client = new.client
    reference = "MIG-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))
    words = [reference, client.name, client.contact_email, new.client_reference, new.group_reference, *new.search_terms]
    with unit_of_work(by=by, now=now) as uow:
        ticket = Ticket.objects.create(
            organization=organization,
            reference=reference,
            kind=new.kind,
            test=new.test,
            source=new.source,
            status=TicketStatus.DRAFT if new.draft else TicketStatus.NEW,
            status_since=now,
            waiting_on=Party.CLIENT if new.draft else Party.ONBOARDING,
            waiting_since=now,
            client_seen_at=now,
            priority=new.priority,
            client_name=client.name,
            contact_name=client.contact_name,
            contact_email=client.contact_email,
            contact_phone=client.contact_phone,
            language=client.language,
            timezone=client.timezone,
            country=client.country,
            client_reference=new.client_reference,
            group_reference=new.group_reference,
            tags=list(new.tags),
            origin=new.origin,
            search_text=search_text(words),
            created_at=now,
            updated_at=now,
        )
        record(uow, ticket, EventType.TICKET_CREATED, kind=new.kind, source=new.source)
        return ticket


def lock_ticket(uow: UnitOfWork, ticket_id: int) -> Ticket:
    """Take the ticket's lock and return it as it stands under the lock. Who acts for its organization is heard of by that.

    :raises NotFound: it does not exist.
    """
    uow.lock(Ticket, ticket_id)
    ticket = Ticket.objects.get(pk=ticket_id)
    note_presence(uow, ticket)
    return ticket


def bump_version(ticket: Ticket) -> None:
    """Say that something changed which a client's edit could conflict with."""
    Ticket.objects.filter(pk=ticket.pk).update(version=F("version") + 1)
    ticket.refresh_from_db(fields=["version"])


def transition(uow: UnitOfWork, ticket: Ticket, to: TicketStatus, *, cancel_reason: str = "") -> None:
    """Move a locked ticket to another status, with its event; the same status changes nothing.

    :raises IllegalTransition: the life cycle has no such move.
    """
    if ticket.status == to:
        return
    columns: dict[str, Any] = {"status_since": uow.now}
    if to is TicketStatus.CANCELLED:
        columns["cancel_reason"] = cancel_reason or CancelReason.OTHER
    elif ticket.cancel_reason:
        columns["cancel_reason"] = ""
    old = uow.move(ticket, "status", table=TICKET, to=to, **columns)
    bump_version(ticket)
    record(uow, ticket, EventType.TICKET_STATUS_CHANGED, old=old.value, new=to.value)
    if old == TicketStatus.DRAFT and to == TicketStatus.NEW:
        record(uow, ticket, EventType.TICKET_SUBMITTED)
    if to is TicketStatus.CANCELLED:
        record(uow, ticket, EventType.TICKET_CANCELLED, reason=ticket.cancel_reason)
    if to is TicketStatus.CLOSED:
        record(uow, ticket, EventType.TICKET_CLOSED)


@dataclass(frozen=True)
class PublicFacts:
    """Plain values that the owner of the document pushes down for lists, polls and agents."""

    stage: str
    waiting_on: Party
    waiting_also: Sequence[str]
    next_action: str
    status_details: Sequence[Mapping[str, str]]
    next_nudge_at: datetime | None
    auto_close_at: datetime | None
    poll_after_seconds: int
    clocks: ClockFacts = field(default_factory=ClockFacts)


def show(uow: UnitOfWork, ticket: Ticket, facts: PublicFacts) -> None:
    """Write the pushed-down values of a locked ticket; the waiting clock starts anew with the party or the stage.

    The clocks of the service level follow.
    """
    changes: dict[str, Any] = {
        "stage": facts.stage,
        "waiting_also": list(facts.waiting_also),
        "next_action": facts.next_action,
        "status_details": [dict(detail) for detail in facts.status_details],
        "next_nudge_at": facts.next_nudge_at,
        "auto_close_at": facts.auto_close_at,
        "poll_after_seconds": facts.poll_after_seconds,
    }
    moved_on = facts.stage != ticket.stage
    if moved_on:
        bump_version(ticket)
    if moved_on or ticket.waiting_on != facts.waiting_on:
        changes |= {"waiting_on": facts.waiting_on, "waiting_since": uow.now}
    _take_over(ticket, changes)
    columns = sync_clocks(uow, ticket, facts.clocks)
    Ticket.objects.filter(pk=ticket.pk).update(**changes, **columns)
    _take_over(ticket, columns)


def _take_over(ticket: Ticket, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        setattr(ticket, name, value)


def assign(*, ticket_id: int, user_id: int | None, by: Actor, now: datetime) -> None:
    """Give the ticket to an agent, or to nobody.

    :raises NotFound: no such ticket.
    """
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        if ticket.assignee_id == user_id:
            return
        Ticket.objects.filter(pk=ticket.pk).update(assignee_id=user_id)
        record(uow, ticket, EventType.TICKET_ASSIGNED, assignee=user_id)


def set_hold(*, ticket_id: int, on_hold: bool, by: Actor, now: datetime) -> None:
    """Set or lift the hold flag of an open ticket.

    :raises NotFound: no such open ticket.
    """
    _set_open(ticket_id, {"on_hold": on_hold}, by=by, now=now)


def set_priority(*, ticket_id: int, priority: Priority, by: Actor, now: datetime) -> None:
    """Set the priority of an open ticket.

    :raises NotFound: no such open ticket.
    """
    _set_open(ticket_id, {"priority": priority.value}, by=by, now=now)


def _set_open(ticket_id: int, columns: Mapping[str, Any], *, by: Actor, now: datetime) -> None:
    """Set columns of an open ticket; whoever listens settles it again, since status and service levels may depend on them."""
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket_id)
        if ticket.status not in OPEN_STATUSES:
            raise NotFound
        if any(getattr(ticket, name) != value for name, value in columns.items()):
            Ticket.objects.filter(pk=ticket.pk).update(**columns)
            _take_over(ticket, columns)
            record(uow, ticket, EventType.TICKET_UPDATED, **columns)
            ticket_transitioned.send(sender=Ticket, ticket=ticket, uow=uow)
