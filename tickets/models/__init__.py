"""Tables of the help desk core."""

from tickets.models.desk import Queue, RoutingRule
from tickets.models.events import Event, IdempotencyRecord
from tickets.models.organizations import ApiKey, Membership, Organization
from tickets.models.tickets import Comment, Ticket

__all__ = [
    "ApiKey",
    "Comment",
    "Event",
    "IdempotencyRecord",
    "Membership",
    "Organization",
    "Queue",
    "RoutingRule",
    "Ticket",
]
