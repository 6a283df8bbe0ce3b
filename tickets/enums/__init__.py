"""The words of the help desk, stored as text; labels are for people."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class TicketStatus(TextChoices):
    """Public status of a ticket."""

    DRAFT = "draft", _("Draft")
    NEW = "new", _("New")
    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting")
    SCHEDULED = "scheduled", _("Scheduled")
    IN_PROGRESS = "in_progress", _("In progress")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    REJECTED = "rejected", _("Rejected")
    CANCELLED = "cancelled", _("Cancelled")


OPEN_STATUSES = frozenset(
    {
        TicketStatus.DRAFT,
        TicketStatus.NEW,
        TicketStatus.OPEN,
        TicketStatus.WAITING,
        TicketStatus.SCHEDULED,
        TicketStatus.IN_PROGRESS,
    }
)
"""Statuses of tickets that have not ended."""

ON_HOLD = "on_hold"
"""Shown instead of the status while the hold flag is set."""


class StatusCategory(TextChoices):
    """What any client can act on without knowing our statuses."""

    OPEN = "open", _("Open")
    PENDING = "pending", _("Pending")
    DONE = "done", _("Done")


class TicketKind(TextChoices):
    """What the ticket is about."""

    NUMBER_MIGRATION = "number_migration", _("Number migration")
    COEXISTENCE = "coexistence", _("Coexistence")
    TEMPLATE_REQUEST = "template_request", _("Template request")
    CHANNEL_REQUEST = "channel_request", _("Channel request")
    QUESTION = "question", _("Question")


class Party(TextChoices):
    """Who owes the next step."""

    CLIENT = "client", _("Client")
    OLD_BSP = "old_bsp", _("Old BSP")
    ONBOARDING = "onboarding", _("Onboarding")
    META = "meta", _("Meta")
    NOBODY = "nobody", _("Nobody")


class Priority(TextChoices):
    """How urgent a ticket is."""

    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class Source(TextChoices):
    """Through which door a ticket came in."""

    API = "api", _("API")
    ADMIN = "admin", _("Admin form")


class Visibility(TextChoices):
    """Who may read a comment."""

    PUBLIC = "public", _("Public")
    INTERNAL = "internal", _("Internal")


class FileType(TextChoices):
    """What a file may be; told by its content, never by its name."""

    PDF = "application/pdf", "PDF"
    PNG = "image/png", "PNG"
    JPEG = "image/jpeg", "JPEG"
    CSV = "text/csv", "CSV"
    TXT = "text/plain", "TXT"


class CancelReason(TextChoices):
    """Why a ticket ended without a migration."""

    CLIENT_STAYED = "client_stayed", _("Client stays with the old BSP")
    CLIENT_UNRESPONSIVE = "client_unresponsive", _("Client does not answer")
    OLD_BSP_REFUSED = "old_bsp_refused", _("Old BSP refused")
    DUPLICATE = "duplicate", _("Duplicate")
    NOT_MIGRATABLE = "not_migratable", _("Cannot be migrated")
    OTHER = "other", _("Other")


class OrganizationKind(TextChoices):
    """Whether an organization files for itself or for many clients."""

    CLIENT = "client", _("Client")
    PARTNER = "partner", _("Partner")


class Scope(TextChoices):
    """What an API key may do; `:write` includes `:read`."""

    TICKETS_READ = "tickets:read", _("Read tickets")
    TICKETS_WRITE = "tickets:write", _("File and change tickets")
    WEBHOOKS_MANAGE = "webhooks:manage", _("Manage webhooks")


class KeyState(TextChoices):
    """What an API key is good for. Follows from its times; it is stored nowhere."""

    ACTIVE = "active", _("Works")
    ENDING = "ending", _("Replaced, works until it ends")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


class OrganizationChangeType(TextChoices):
    """What was done to an organization or its keys."""

    CREATED = "created", _("Organization made")
    CHANGED = "changed", _("Organization changed")
    KEY_ISSUED = "key_issued", _("Key issued")
    KEY_ROTATED = "key_rotated", _("Key rotated")
    KEY_REVOKED = "key_revoked", _("Key revoked")


class SlaMetric(TextChoices):
    """What a service level measures. Each has a clock of its own."""

    FIRST_RESPONSE = "first_response", _("Answer to the client")
    REQUIREMENT_TURNAROUND = "requirement_turnaround", _("Our turn on requirements")
    TIME_TO_SCHEDULE = "time_to_schedule", _("Call booked")
    TIME_TO_MIGRATE = "time_to_migrate", _("Everything live")


class ClockState(TextChoices):
    """How a clock stands. A missed target stays missed, also when it is reached later."""

    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    MET = "met", _("Met")
    BREACHED = "breached", _("Missed")
    STOPPED = "stopped", _("Stopped")


class Pause(TextChoices):
    """What may make a clock stand still: whoever else has the next move, or the hold flag."""

    CLIENT = "client", _("Waiting on the client")
    OLD_BSP = "old_bsp", _("Waiting on the old BSP")
    META = "meta", _("Waiting on Meta")
    ON_HOLD = "on_hold", _("Ticket on hold")


class RoutingState(TextChoices):
    """Where a version of the routing rules stands."""

    DRAFT = "draft", _("Draft")
    LIVE = "live", _("Live")
    RETIRED = "retired", _("Retired")


class RoutingDeed(TextChoices):
    """What somebody did with a version of the routing rules."""

    MADE = "made", _("Version made")
    RULE_ADDED = "rule_added", _("Rule added")
    RULE_CHANGED = "rule_changed", _("Rule changed")
    RULE_REMOVED = "rule_removed", _("Rule removed")
    TESTED = "tested", _("Tested")
    PUBLISHED = "published", _("Made live")
    RETIRED = "retired", _("Retired")


class Assignment(TextChoices):
    """How a queue hands its tickets to its agents."""

    NONE = "none", _("By hand")
    LEAST_LOADED = "least_loaded", _("To the agent with the fewest open tickets")
    ROUND_ROBIN = "round_robin", _("In turn")


class EventType(TextChoices):
    """Types of the change feed; the list is part of the public contract."""

    TICKET_CREATED = "ticket.created", _("Ticket created")
    TICKET_SUBMITTED = "ticket.submitted", _("Ticket submitted")
    TICKET_STATUS_CHANGED = "ticket.status_changed", _("Status changed")
    TICKET_ROUTED = "ticket.routed", _("Ticket routed")
    TICKET_ASSIGNED = "ticket.assigned", _("Ticket assigned")
    TICKET_COMMENTED = "ticket.commented", _("Comment")
    TICKET_UPDATED = "ticket.updated", _("Ticket updated")
    TICKET_CANCELLED = "ticket.cancelled", _("Ticket cancelled")
    TICKET_CLOSED = "ticket.closed", _("Ticket closed")
    TICKET_DELETED = "ticket.deleted", _("Draft deleted")
    REQUIREMENT_CHANGED = "requirement.changed", _("Requirement changed")
    CHASE_SENT = "chase.sent", _("Reminder sent")
    CHASE_ANSWERED = "chase.answered", _("Reminder answered")
    CHASE_ESCALATED = "chase.escalated", _("Chase escalated")
    PIN_CALL_BOOKED = "pin_call.booked", _("Call booked")
    PIN_CALL_RESCHEDULED = "pin_call.rescheduled", _("Call rescheduled")
    PIN_CALL_CANCELLED = "pin_call.cancelled", _("Call cancelled")
    PIN_CALL_NO_SHOW = "pin_call.no_show", _("Nobody came to the call")
    NUMBER_STATE_CHANGED = "number.state_changed", _("Number changed")
    SLA_WARNED = "sla.warned", _("Target near")
    SLA_BREACHED = "sla.breached", _("Target missed")
    # Seen by the desk only.
    OWNERSHIP_DISPUTED = "ticket.ownership_disputed", _("Ownership disputed")
    TICKET_TRANSFERRED = "ticket.transferred", _("Given to another organization")
    CLIENT_SILENT = "ticket.client_silent", _("The client is silent")
    OLD_BSP_SILENT = "ticket.old_bsp_silent", _("The old BSP does not answer")
    ATTEMPT_UNKNOWN = "chase.attempt_unknown", _("Outcome of a message unknown")
    ATTEMPT_BOUNCED = "chase.attempt_bounced", _("A message came back")
    ATTEMPT_UNDELIVERED = "chase.attempt_undelivered", _("A message could not be delivered")
    CHASE_SNOOZED = "chase.snoozed", _("Reminders silenced until a day")
    CHASE_STOPPED = "chase.stopped", _("Reminders stopped")
    CHASE_RESUMED = "chase.resumed", _("Reminders go on")
    ATTEMPT_RETRIED = "chase.attempt_retried", _("An undelivered message is tried again")
    ATTEMPT_SET_ASIDE = "chase.attempt_set_aside", _("An undelivered message was set aside")
    CHASE_LEFT_ALONE = "chase.left_alone", _("No reminders by mail wanted")
    CALL_STEP = "pin_call.step", _("Step of the call")
    HOLDER_ANSWERED = "pin_call.holder_answered", _("A phone holder answered")
    CALL_PROPOSED = "pin_call.proposed", _("Times proposed for the call")
    CALL_TIMES_DECLINED = "pin_call.times_declined", _("None of the proposed times suits")
    NUMBER_TRIED = "number.tried", _("Tried at Meta")
    TASK_ENDED = "task.ended", _("Task of the desk ended")
    ANSWER_JUDGED = "chase.answer_judged", _("Answer judged")
    LINK_MADE = "share_link.made", _("Link to the client's page made")
    LINK_REVOKED = "share_link.revoked", _("Link to the client's page ended")


INTERNAL_EVENTS = frozenset(
    {
        EventType.OWNERSHIP_DISPUTED,
        EventType.TICKET_TRANSFERRED,
        EventType.CLIENT_SILENT,
        EventType.OLD_BSP_SILENT,
        EventType.ATTEMPT_UNKNOWN,
        EventType.ATTEMPT_BOUNCED,
        EventType.ATTEMPT_UNDELIVERED,
        EventType.CHASE_SNOOZED,
        EventType.CHASE_STOPPED,
        EventType.CHASE_RESUMED,
        EventType.ATTEMPT_RETRIED,
        EventType.ATTEMPT_SET_ASIDE,
        EventType.CHASE_LEFT_ALONE,
        EventType.CALL_STEP,
        EventType.HOLDER_ANSWERED,
        EventType.CALL_PROPOSED,
        EventType.CALL_TIMES_DECLINED,
        EventType.NUMBER_TRIED,
        EventType.TASK_ENDED,
        EventType.ANSWER_JUDGED,
        EventType.LINK_MADE,
        EventType.LINK_REVOKED,
    }
)
"""Types that no client is ever told of."""
FEED_EVENTS = tuple(kind for kind in EventType if kind not in INTERNAL_EVENTS)
"""Types of the change feed."""


class DeliveryState(TextChoices):
    """What has become of one event for one webhook endpoint."""

    PLANNED = "planned", _("Planned")
    SENDING = "sending", _("On its way")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Given up")


class EndpointOff(TextChoices):
    """Why a webhook endpoint is switched off."""

    ON = "", _("It is on")
    BY_OWNER = "by_owner", _("By its owner")
    BY_DESK = "by_desk", _("By the desk")
    GONE = "gone", _("The receiver said that it is gone (410)")
    FAILING = "failing", _("Nothing but failures for days")


PING = "webhook.ping"
"""The type of what `…/test` sends; it is no event and in no feed."""
