"""Tables of the help desk core."""

from tickets.models.desk import Queue
from tickets.models.events import Event, IdempotencyRecord
from tickets.models.files import Attachment
from tickets.models.organizations import ApiKey, Membership, Organization
from tickets.models.routing import RoutingChange, RoutingRule, RoutingVersion
from tickets.models.service_levels import (
    Calendar,
    CalendarDay,
    CalendarHours,
    SlaClock,
    SlaPolicy,
    SlaTarget,
)
from tickets.models.tickets import Comment, Ticket

__all__ = [
    "ApiKey",
    "Attachment",
    "Calendar",
    "CalendarDay",
    "CalendarHours",
    "Comment",
    "Event",
    "IdempotencyRecord",
    "Membership",
    "Organization",
    "Queue",
    "RoutingChange",
    "RoutingRule",
    "RoutingVersion",
    "SlaClock",
    "SlaPolicy",
    "SlaTarget",
    "Ticket",
]
