"""The clocks of a ticket's service level on its page and in the list."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from config.core import clock
from migrations_app.admin.words import badge
from tickets.enums import ClockState, SlaMetric
from tickets.models import Ticket
from tickets.selectors.service_levels import DUE_SOON, clocks_of, due_soon

CLOCK_COLOURS: dict[str, str] = {
    ClockState.RUNNING: "info",
    ClockState.MET: "success",
    ClockState.BREACHED: "danger",
}


def clock_lines(ticket: Ticket, *, desk: bool) -> list[dict[str, Any]]:
    """Return the newest clock of every metric; the desk also reads how often it was missed in all, and by which policy."""
    rows = list(clocks_of(ticket)) if desk and ticket.sla else []
    lines = []
    for entry in ticket.sla:
        metric, state = SlaMetric(entry["metric"]), ClockState(entry["state"])
        same = [row for row in rows if row.metric == metric]
        lines.append(
            {
                "metric": metric.label,
                "state": state.label,
                "colour": CLOCK_COLOURS.get(state, ""),
                "due_at": _moment(entry["due_at"]),
                "met_at": _moment(entry["met_at"]),
                "cycles": len(same),
                "missed": sum(row.state == ClockState.BREACHED for row in same),
                "policy": same[-1].terms.get("policy", "") if same else "",
            }
        )
    return lines


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def target_badge(ticket: Ticket) -> str:
    """Return the next target of a ticket for the list: red when it is over."""
    if ticket.sla_due_at is None:
        return badge(_("Missed"), "danger") if ticket.sla_breached else "–"
    late = ticket.sla_due_at <= clock.now()
    return badge(date_format(localtime(ticket.sla_due_at), "D j M, H:i"), "danger" if late else "")


SLA_CHOICES = (("missed", _("A target missed")), ("soon", _("Due within a day")))


def by_target(tickets: QuerySet[Ticket], value: str | None) -> QuerySet[Ticket]:
    """Narrow tickets to those that missed a target, or are about to."""
    if value == "missed":
        return tickets.filter(sla_breached=True)
    return due_soon(tickets, before=clock.now() + DUE_SOON) if value == "soon" else tickets
