"""Tables of the help desk core."""

from tickets.models.desk import Queue
from tickets.models.events import Event, IdempotencyRecord
from tickets.models.files import Attachment
from tickets.models.organizations import ApiKey, Membership, Organization, OrganizationChange
from tickets.models.routing import RoutingChange, RoutingRule, RoutingVersion
from tickets.models.service_levels import (
    Calendar,
    CalendarDay,
    CalendarHours,
    SlaClock,
    SlaPolicy,
    SlaTarget,
)
from tickets.models.share_links import ShareLink
from tickets.models.tickets import Comment, Ticket
from tickets.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookTry

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
    "OrganizationChange",
    "Queue",
    "RoutingChange",
    "RoutingRule",
    "RoutingVersion",
    "ShareLink",
    "SlaClock",
    "SlaPolicy",
    "SlaTarget",
    "Ticket",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookTry",
]
