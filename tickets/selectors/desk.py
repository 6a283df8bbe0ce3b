"""Reading queues and what a person of the desk may see."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from config.core.actor import Actor, ActorKind
from tickets.enums import OPEN_STATUSES
from tickets.models import Comment, Event, Queue, Ticket
from tickets.rules.search import fold

LEAD, AGENT, CLIENT = "Lead", "Agent", "Client"
"""Names of the three roles (groups)."""
OVERDUE_AFTER = timedelta(days=3)
"""A ticket that waits longer than this for the same party is shown as overdue."""


def triage_queue() -> Queue | None:
    """Return the queue for tickets that no rule takes."""
    return Queue.objects.filter(is_triage=True).first()


def roles_of(user: Any) -> frozenset[str]:
    """Return the names of the user's roles; fetched once per request and kept on the user object."""
    if not hasattr(user, "portero_roles"):
        user.portero_roles = (
            frozenset(user.groups.values_list("name", flat=True)) if user.is_authenticated else frozenset()
        )
    roles: frozenset[str] = user.portero_roles
    return roles


def is_lead(user: Any) -> bool:
    """Tell whether the user leads: sees every queue and edits the desk's set-up."""
    return bool(user.is_superuser) or LEAD in roles_of(user)


def is_agent(user: Any) -> bool:
    """Tell whether the user works for the desk (agent or lead)."""
    return is_lead(user) or AGENT in roles_of(user)


def visible_tickets(user: Any) -> QuerySet[Ticket]:
    """Return the tickets this staff user may see anywhere: a lead all, an agent those of own queues, a client its own.

    Client role: the tickets of the one organization it belongs to.
    """
    tickets = Ticket.objects.all()
    if not user.is_authenticated or not user.is_active:
        return tickets.none()
    if is_lead(user):
        return tickets
    if AGENT in roles_of(user):
        return tickets.filter(queue__in=user.queues.all())
    membership = getattr(user, "membership", None)
    return tickets.filter(organization_id=membership.organization_id) if membership else tickets.none()


def visible_queues(user: Any) -> QuerySet[Queue]:
    """Return the queues whose tickets this staff user may see: a lead all, an agent own ones, a client none."""
    queues = Queue.objects.all()
    if is_lead(user):
        return queues
    return queues.filter(agents=user.pk) if AGENT in roles_of(user) else queues.none()


def works_nowhere(user: Any) -> bool:
    """Tell whether this is an agent whom nobody has put into a queue yet, and who therefore sees no ticket."""
    return is_agent(user) and not is_lead(user) and not visible_queues(user).exists()


def seen_by(actor: Actor, reference: str) -> bool:
    """Tell whether somebody may be told of a ticket of the organization they act for: for an agent, only of own queues."""
    if actor.kind != ActorKind.USER or not actor.is_staff_of_desk:
        return True
    user = get_user_model().objects.filter(pk=actor.id or 0).first()
    return user is not None and visible_tickets(user).filter(reference=reference).exists()


MOST_OF_GROUP = 50


def group_of(ticket: Ticket, visible: QuerySet[Ticket]) -> list[Ticket]:
    """Return the other visible tickets of the same organization, world and group, oldest first; at most fifty."""
    if not ticket.group_reference:
        return []
    same = {"organization_id": ticket.organization_id, "test__in": [ticket.test]}
    others = visible.filter(group_reference=ticket.group_reference, **same)
    return list(others.exclude(pk=ticket.pk).order_by("created_at", "id")[:MOST_OF_GROUP])


def timeline(ticket: Ticket, *, internal: bool) -> QuerySet[Event]:
    """Return what happened to a ticket, oldest first; `internal` includes what only the desk may see.

    Others see what happened while the ticket was their organization's: what was before a transfer is not theirs.
    """
    events = Event.objects.filter(ticket_id=ticket.pk).order_by("id")
    return events if internal else events.filter(internal=False, organization_id=ticket.organization_id)


def comments_of(ticket: Ticket, *, internal: bool) -> QuerySet[Comment]:
    """Return the comments of a ticket, oldest first; internal ones for the desk only."""
    comments = Comment.objects.filter(ticket=ticket).order_by("id")
    return comments if internal else comments.filter(visibility="public")


def tickets_in_queues(tickets: QuerySet[Ticket], slugs: Iterable[str]) -> QuerySet[Ticket]:
    """Narrow tickets to those in queues with these slugs.

    The few queues are looked up first: with their ids in hand the database enters the list's index, by a join it would not.
    """
    return tickets.filter(queue_id__in=list(Queue.objects.filter(slug__in=list(slugs)).values_list("pk", flat=True)))


_PHONE_LIKE = re.compile(r"^\+?[0-9(][0-9\s().-]{4,}$")


def matching(tickets: QuerySet[Ticket], text: str) -> QuerySet[Ticket]:
    """Narrow tickets to those that contain every word searched for; a phone number in any spelling is one word.

    Case and accents do not matter; every word may be a part of one. The text holds the reference too, so that one trigram
    index (PostgreSQL, words of three letters and more) answers the whole search.
    """
    text = text.strip()
    words = [re.sub(r"\D", "", text)] if _PHONE_LIKE.match(text) else text.split()
    for word in words:
        tickets = tickets.filter(search_text__contains=fold(word))
    return tickets


def overdue(tickets: QuerySet[Ticket], *, now: datetime) -> QuerySet[Ticket]:
    """Narrow tickets to open ones that have waited for the same party for over three days, or whose nudge is late."""
    late = Q(waiting_since__lt=now - OVERDUE_AFTER) | Q(next_nudge_at__lt=now)
    return tickets.filter(late, status__in=[status.value for status in OPEN_STATUSES])
