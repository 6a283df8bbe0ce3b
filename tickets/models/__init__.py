"""Tables of the help desk core."""

from tickets.models.desk import Queue, RoutingRule
from tickets.models.events import Event, IdempotencyRecord
from tickets.models.files import Attachment
from tickets.models.organizations import ApiKey, Membership, Organization
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
    "RoutingRule",
    "SlaClock",
    "SlaPolicy",
    "SlaTarget",
    "Ticket",
]
