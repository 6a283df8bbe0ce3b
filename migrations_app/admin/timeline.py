"""The timeline in words: one presenter per type of event. Events store codes and data; sentences are made here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from migrations_app.admin import chase_lines
from migrations_app.admin.event_data import Data, Names
from migrations_app.admin.event_data import label_of as _label
from migrations_app.admin.event_data import requirement_of as _requirement
from migrations_app.admin.holder_card import holder_answered
from migrations_app.admin.proof_card import tried_words
from migrations_app.admin.routing_words import REASON_WORDS
from migrations_app.admin.timeline_call import call_step, proposed
from migrations_app.admin.timeline_mail import answer_judged, handed_over, note_moved
from migrations_app.admin.words import EMAIL_WORDS
from migrations_app.enums import Flow, NumberState, RequirementState
from migrations_app.enums.disputes import DisputeState
from tickets.enums import CancelReason, EventType, Party, Priority, SlaMetric, Source, TicketStatus
from tickets.models import Event, Queue


@dataclass(frozen=True)
class Line:
    """One line of the timeline."""

    at: datetime
    icon: str
    text: str
    actor: str
    internal: bool


def _created(data: Data, _names: Names) -> str:
    return _("Ticket filed through: %(door)s") % {"door": _label(Source, data.get("source"))}


def _status(data: Data, _names: Names) -> str:
    return _("Status: %(old)s → %(new)s") % {
        "old": _label(TicketStatus, data.get("old")),
        "new": _label(TicketStatus, data.get("new")),
    }


def _routed(data: Data, names: Names) -> str:
    slug = str(data.get("queue", ""))
    if not names.desk:
        return _("In queue %(queue)s") % {"queue": names.queues.get(slug, slug)}
    reason = str(data.get("reason", ""))
    why = str(data.get("note") or REASON_WORDS.get(reason, reason))
    if data.get("rule"):
        why = _("rule “%(rule)s”") % {"rule": data["rule"]}
    if data.get("version"):
        why = _("%(why)s (version %(number)s)") % {"why": why, "number": data["version"]}
    return _("In queue %(queue)s: %(why)s") % {"queue": names.queues.get(slug, slug), "why": why}


def _assigned(data: Data, names: Names) -> str:
    assignee = data.get("assignee")
    if assignee is None:
        return _("Assigned to nobody")
    if not names.desk:
        return _("Assigned to an agent")
    return _("Assigned to %(name)s") % {"name": names.people.get(int(assignee), f"#{assignee}")}


def _commented(data: Data, _names: Names) -> str:
    return _("The desk wrote a comment") if data.get("from_desk") else _("The client wrote a comment")


def _letting_go(at: str | None, names: Names) -> str:
    if at is None:
        return _("It is not let go for the client's silence")
    return _("The client is silent: let go on %(time)s") % {"time": names.local(at)}


def _updated(data: Data, names: Names) -> str:
    if "on_hold" in data:
        return _("The ticket was put on hold") if data["on_hold"] else _("Taken off hold")
    if "flow" in data:
        old, new = _label(Flow, data.get("old_flow")), _label(Flow, data["flow"])
        return _("Flow decided: %(old)s → %(new)s") % {"old": old, "new": new}
    if "attachment" in data:
        return _("The desk attached a file") if data.get("from_desk") else _("The client attached a file")
    if "note_taken_back" in data:
        return note_moved()
    if "let_go_at" in data:
        return _letting_go(data["let_go_at"], names)
    if "priority" in data:
        return _("Priority: %(priority)s.") % {"priority": _label(Priority, data["priority"])}
    fields = data.get("fields")
    return _("Form changed: %(fields)s") % {"fields": ", ".join(map(str, fields))} if fields else _("Form changed")


def _cancelled(data: Data, _names: Names) -> str:
    return _("Cancelled: %(reason)s") % {"reason": _label(CancelReason, data.get("reason"))}


def _requirement_changed(data: Data, _names: Names) -> str:
    return _("%(requirement)s: %(old)s → %(new)s") % {
        "requirement": _requirement(data),
        "old": _label(RequirementState, data.get("old")),
        "new": _label(RequirementState, data.get("new")),
    }


def _chase_sent(data: Data, _names: Names) -> str:
    message = str(data.get("message", ""))
    return _("Message %(step)s to %(party)s: %(message)s") % {
        "step": data.get("step", ""),
        "party": _label(Party, data.get("recipient_party")),
        "message": EMAIL_WORDS.get(message, message),
    }


def _booked(data: Data, names: Names) -> str:
    return _("Call booked for %(time)s: %(numbers)s") % {
        "time": names.local(data["start"]),
        "numbers": ", ".join(data.get("numbers", [])),
    }


def _rescheduled(data: Data, names: Names) -> str:
    return _("Call moved from %(old)s to %(new)s") % {
        "old": names.local(data["old_start"]),
        "new": names.local(data["start"]),
    }


def _call_cancelled(data: Data, names: Names) -> str:
    return _("Call of %(time)s cancelled") % {"time": names.local(data["start"])}


def _no_show(data: Data, names: Names) -> str:
    return _("Nobody came to the call of %(time)s") % {"time": names.local(data["start"])}


def _number_changed(data: Data, _names: Names) -> str:
    error = data.get("error")
    text = _("%(number)s: %(old)s → %(new)s") % {
        "number": data.get("number"),
        "old": _label(NumberState, data.get("old")),
        "new": _label(NumberState, data.get("new")),
    }
    return f"{text} ({error})" if error else text


def _target(data: Data) -> str:
    return _label(SlaMetric, data.get("metric"))


def _target_near(data: Data, names: Names) -> str:
    return _("Target near: %(metric)s, until %(time)s") % {"metric": _target(data), "time": names.local(data["due_at"])}


def _target_missed(data: Data, names: Names) -> str:
    return _("Target missed: %(metric)s, due %(time)s") % {"metric": _target(data), "time": names.local(data["due_at"])}


def _unknown(data: Data, _names: Names) -> str:
    message = str(data.get("message", ""))
    return _("Nobody knows whether it arrived: %(message)s") % {"message": EMAIL_WORDS.get(message, message)}


def _bounced(data: Data, _names: Names) -> str:
    message = str(data.get("message", ""))
    return _("Came back (%(reason)s): %(message)s") % {
        "reason": data.get("reason", ""),
        "message": EMAIL_WORDS.get(message, message),
    }


def _undelivered(data: Data, _names: Names) -> str:
    message = str(data.get("message", ""))
    return _("Could not be delivered by any way: %(message)s") % {"message": EMAIL_WORDS.get(message, message)}


def _retried(data: Data, _names: Names) -> str:
    message = str(data.get("message", ""))
    return _("Tried once more: %(message)s") % {"message": EMAIL_WORDS.get(message, message)}


def _set_aside(data: Data, _names: Names) -> str:
    message = str(data.get("message", ""))
    return _("Set aside (%(reason)s): %(message)s") % {
        "reason": data.get("reason", ""),
        "message": EMAIL_WORDS.get(message, message),
    }


def _disputed(data: Data, _names: Names) -> str:
    numbers, name = ", ".join(data.get("numbers", [])), data.get("claimed_by", "")
    if data.get("state") in {None, DisputeState.OPEN}:
        return _("%(name)s claims %(numbers)s") % {"name": name, "numbers": numbers}
    text = _("Claim of %(name)s to %(numbers)s: %(state)s") % {
        "name": name,
        "numbers": numbers,
        "state": _label(DisputeState, data["state"]),
    }
    return f"{text} ({data['reason']})" if data.get("reason") else text


def _transferred(data: Data, _names: Names) -> str:
    return _("Given by %(old)s to %(new)s: %(reason)s") % data


_SILENT_REASONS: dict[str, Callable[[], str]] = {
    "partly_moved": lambda: _("The client is silent, and some numbers have moved already: please decide"),
    "left_alone": lambda: _("The client asked for no reminders and is silent: please decide"),
    "warning_not_delivered": lambda: _("The client is silent, and the warning did not reach it: please decide"),
}


def _silent(data: Data, _names: Names) -> str:
    words = _SILENT_REASONS.get(str(data.get("reason", "")))
    return words() if words else _label(EventType, EventType.CLIENT_SILENT)


def _bsp_silent(data: Data, _names: Names) -> str:
    if data.get("silent"):
        return _("The old BSP has not answered: %(requirement)s") % {"requirement": _requirement(data)}
    return _("The old BSP is not marked as silent any more")


def _deleted(data: Data, _names: Names) -> str:
    if data.get("reason") == "transferred":
        return _("The organization does not find the ticket any more")
    return _label(EventType, EventType.TICKET_DELETED)


PRESENTERS: dict[str, tuple[str, Callable[[Data, Names], str]]] = {
    EventType.TICKET_CREATED: ("note_add", _created),
    EventType.TICKET_STATUS_CHANGED: ("flag", _status),
    EventType.TICKET_ROUTED: ("alt_route", _routed),
    EventType.TICKET_ASSIGNED: ("person", _assigned),
    EventType.TICKET_COMMENTED: ("chat", _commented),
    EventType.TICKET_UPDATED: ("edit", _updated),
    EventType.TICKET_CANCELLED: ("cancel", _cancelled),
    EventType.REQUIREMENT_CHANGED: ("checklist", _requirement_changed),
    EventType.CHASE_SENT: ("outgoing_mail", _chase_sent),
    EventType.CHASE_ANSWERED: ("mark_email_read", chase_lines.answered),
    EventType.CHASE_ESCALATED: ("priority_high", handed_over),
    EventType.CHASE_SNOOZED: ("snooze", chase_lines.snoozed),
    EventType.CHASE_STOPPED: ("notifications_off", chase_lines.stopped),
    EventType.CHASE_LEFT_ALONE: ("unsubscribe", chase_lines.left_alone),
    EventType.CHASE_RESUMED: ("notifications_active", chase_lines.resumed),
    EventType.PIN_CALL_BOOKED: ("event", _booked),
    EventType.PIN_CALL_RESCHEDULED: ("update", _rescheduled),
    EventType.PIN_CALL_CANCELLED: ("event_busy", _call_cancelled),
    EventType.PIN_CALL_NO_SHOW: ("person_off", _no_show),
    EventType.NUMBER_STATE_CHANGED: ("swap_calls", _number_changed),
    EventType.SLA_WARNED: ("hourglass_bottom", _target_near),
    EventType.SLA_BREACHED: ("timer_off", _target_missed),
    EventType.ATTEMPT_UNKNOWN: ("help", _unknown),
    EventType.ATTEMPT_BOUNCED: ("undo", _bounced),
    EventType.ATTEMPT_UNDELIVERED: ("unsubscribe", _undelivered),
    EventType.ATTEMPT_RETRIED: ("forward_to_inbox", _retried),
    EventType.ATTEMPT_SET_ASIDE: ("inventory_2", _set_aside),
    EventType.CALL_STEP: ("call", call_step),
    EventType.HOLDER_ANSWERED: ("contact_phone", holder_answered),
    EventType.CALL_PROPOSED: ("event_note", proposed),
    EventType.NUMBER_TRIED: ("science", tried_words),
    EventType.TASK_ENDED: ("task_alt", chase_lines.task_ended),
    EventType.ANSWER_JUDGED: ("mark_email_read", answer_judged),
    EventType.OWNERSHIP_DISPUTED: ("gavel", _disputed),
    EventType.TICKET_TRANSFERRED: ("move_item", _transferred),
    EventType.CLIENT_SILENT: ("hourglass_bottom", _silent),
    EventType.OLD_BSP_SILENT: ("phone_missed", _bsp_silent),
    EventType.TICKET_DELETED: ("delete", _deleted),
}
"""Types that are not here say all they have to say by their label."""


def lines_of(events: QuerySet[Event], *, zone: ZoneInfo, desk: bool, limit: int) -> list[Line]:
    """Return the newest events in words, newest first. People outside the desk are not told who did what."""
    rows = list(events.order_by("-id")[:limit])
    ids = {int(row.data["assignee"]) for row in rows if row.data.get("assignee") is not None}
    people = get_user_model().objects.filter(pk__in=ids) if ids else []
    names = Names(
        people={user.pk: user.get_full_name() or user.get_username() for user in people},
        queues=dict(Queue.objects.values_list("slug", "name")),
        zone=zone,
        desk=desk,
    )
    return [_line(row, names, desk=desk) for row in rows]


def _line(event: Event, names: Names, *, desk: bool) -> Line:
    icon, present = PRESENTERS.get(event.type, ("radio_button_unchecked", lambda _d, _n: _label(EventType, event.type)))
    return Line(event.occurred_at, icon, present(event.data, names), event.actor_label if desk else "", event.internal)
