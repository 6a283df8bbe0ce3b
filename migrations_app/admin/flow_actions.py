"""Actions on how a case moves: deciding its flow, and recording moves that are not made by us in a call."""

from django.utils.translation import gettext as _

from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.enums import Flow
from migrations_app.services import flow_choice, move_recording

BY_FORM = "by_form"
"""Let the form decide the flow again."""


def _flow(deed: Deed) -> str:
    value = str(deed.data.get("flow", ""))
    if value == BY_FORM:
        flow_choice.choose_flow(ticket_id=deed.ticket.pk, flow=None, by=deed.by, now=deed.now)
        return _("The form decides the flow again.")
    if value not in Flow.values:
        raise BadForm(_("Choose a flow."))
    reason = deed.text("reason", _("Say why: the form would decide otherwise."))
    flow_choice.choose_flow(ticket_id=deed.ticket.pk, flow=Flow(value), reason=reason, by=deed.by, now=deed.now)
    return _("Decided: %(flow)s. The requirements follow.") % {"flow": Flow(value).label}


def _chosen(deed: Deed) -> list[int] | None:
    number_id = deed.number("number_id")
    return None if number_id is None else [number_id]


def _moved(deed: Deed) -> str:
    rows = move_recording.record_moved(ticket_id=deed.ticket.pk, number_ids=_chosen(deed), by=deed.by, now=deed.now)
    return _("Recorded as moved: %(numbers)s.") % {"numbers": ", ".join(row.number for row in rows)}


def _live(deed: Deed) -> str:
    rows = move_recording.record_live(ticket_id=deed.ticket.pk, number_ids=_chosen(deed), by=deed.by, now=deed.now)
    return _("Recorded as live: %(numbers)s.") % {"numbers": ", ".join(row.number for row in rows)}


FLOW_ACTIONS: dict[str, Action] = {"flow": Action(_flow), "moved": Action(_moved), "live": Action(_live)}
