"""The life cycle of a ticket's status, and its category."""

from config.core.transitions import table
from tickets.enums import ClockState, DeliveryState, RoutingState, StatusCategory
from tickets.enums import TicketStatus as Status

_WORKING = (Status.OPEN, Status.WAITING, Status.SCHEDULED, Status.IN_PROGRESS)


def _others(status: Status) -> tuple[Status, ...]:
    return tuple(other for other in _WORKING if other is not status)


TICKET = table(
    "ticket status",
    start=(Status.DRAFT, Status.NEW),
    moves={
        Status.DRAFT: (Status.NEW, Status.CANCELLED),
        Status.NEW: (*_WORKING, Status.REJECTED, Status.CANCELLED),
        **{status: (*_others(status), Status.RESOLVED, Status.REJECTED, Status.CANCELLED) for status in _WORKING},
        Status.RESOLVED: (Status.CLOSED, *_WORKING),
        # A reopened ticket whose playbook asks for no test is resolved again at once.
        Status.CLOSED: (*_WORKING, Status.RESOLVED),
        Status.CANCELLED: _WORKING,
        Status.REJECTED: (),
    },
)

CLOCK = table(
    "service level clock",
    start=(ClockState.RUNNING, ClockState.PAUSED),
    moves={
        ClockState.RUNNING: (ClockState.PAUSED, ClockState.MET, ClockState.BREACHED, ClockState.STOPPED),
        # What others had to do may have been the very thing that was measured.
        ClockState.PAUSED: (ClockState.RUNNING, ClockState.MET, ClockState.STOPPED),
        ClockState.MET: (),
        ClockState.BREACHED: (),
        ClockState.STOPPED: (),
    },
)

ROUTING_VERSION = table(
    "routing version",
    start=RoutingState.DRAFT,
    moves={
        RoutingState.DRAFT: (RoutingState.LIVE,),
        # Going back is a copy of an old version, so that the record says what was live when.
        RoutingState.LIVE: (RoutingState.RETIRED,),
        RoutingState.RETIRED: (),
    },
)

DELIVERY = table(
    "webhook delivery",
    start=DeliveryState.PLANNED,
    moves={
        DeliveryState.PLANNED: (DeliveryState.SENDING,),
        DeliveryState.SENDING: (DeliveryState.DELIVERED, DeliveryState.PLANNED, DeliveryState.FAILED),
        # Somebody wants it once more.
        DeliveryState.DELIVERED: (DeliveryState.PLANNED,),
        DeliveryState.FAILED: (DeliveryState.PLANNED,),
    },
)

_CATEGORY: dict[Status, StatusCategory] = {
    Status.DRAFT: StatusCategory.OPEN,
    Status.NEW: StatusCategory.OPEN,
    Status.OPEN: StatusCategory.OPEN,
    Status.IN_PROGRESS: StatusCategory.OPEN,
    Status.WAITING: StatusCategory.PENDING,
    Status.SCHEDULED: StatusCategory.PENDING,
    Status.RESOLVED: StatusCategory.DONE,
    Status.CLOSED: StatusCategory.DONE,
    Status.REJECTED: StatusCategory.DONE,
    Status.CANCELLED: StatusCategory.DONE,
}


def category(status: str, *, on_hold: bool) -> StatusCategory:
    """Return open, pending or done. A ticket on hold is pending whatever its status, unless it has ended."""
    plain = _CATEGORY[Status(status)]
    return StatusCategory.PENDING if on_hold and plain is not StatusCategory.DONE else plain
