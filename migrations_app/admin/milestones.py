"""The call page of numbers that are moved elsewhere: what comes next, what was recorded, and the steps that record it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.core.errors import Invalid
from migrations_app.enums import Execution
from migrations_app.enums.readiness import MilestoneKind
from migrations_app.models import CallMilestone, MigrationCase, NumberMove, PinCall, PinCallNumber
from migrations_app.services.message_facts import CAMPAIGNS_PAUSE
from migrations_app.services.milestones import Seen, next_milestone, record_milestone, record_two_step_on
from tickets.services.files import Upload

if TYPE_CHECKING:
    from migrations_app.admin.console import StepForm

_POPUP = Execution.EMBEDDED_SIGNUP
_BUTTONS: dict[tuple[bool, MilestoneKind], Any] = {
    (True, MilestoneKind.OPENED): gettext_lazy("The popup is open"),
    (False, MilestoneKind.OPENED): gettext_lazy("Begun in the provider's console"),
    (True, MilestoneKind.ACCEPTED): gettext_lazy("The popup accepted the code"),
    (False, MilestoneKind.ACCEPTED): gettext_lazy("The console accepted the code"),
    (True, MilestoneKind.LIVE): gettext_lazy("The number is live"),
    (False, MilestoneKind.LIVE): gettext_lazy("The number is live"),
}
_WHAT: dict[tuple[bool, MilestoneKind], Any] = {
    (True, MilestoneKind.OPENED): gettext_lazy(
        "Open Meta's popup with the client only when everybody is there: from this moment messages may get lost, until the "
        "number is live at the destination."
    ),
    (False, MilestoneKind.OPENED): gettext_lazy(
        "Begin the move in the provider's console only when everybody is there: from this moment messages may get lost, until "
        "the number is live at the destination."
    ),
    (True, MilestoneKind.ACCEPTED): gettext_lazy(
        "The client types the 6-digit code into Meta's popup. Nobody tells it to you, and you write it down nowhere."
    ),
    (False, MilestoneKind.ACCEPTED): gettext_lazy(
        "Whoever works in the console types the 6-digit code there. It is written down nowhere else."
    ),
    (True, MilestoneKind.LIVE): gettext_lazy(
        "See that the destination shows the number as connected, send a message and answer one. Say what you saw, or add a picture."
    ),
    (False, MilestoneKind.LIVE): gettext_lazy(
        "See that the destination shows the number as connected, send a message and answer one. Say what you saw, or add a picture."
    ),
}


def milestones_of(call: PinCall, case: MigrationCase, number: NumberMove | None) -> dict[str, Any]:
    """Return the next milestone of the number in front, those recorded, and since when messages may get lost."""
    line = PinCallNumber.objects.filter(pin_call__uid=call.uid, number=number, left_at=None).first()
    if number is None or line is None:
        return {}
    popup = case.playbook_copy.get("execution") == _POPUP
    done = list(CallMilestone.objects.filter(line=line).order_by("at", "id"))
    following = next_milestone(line)
    opened = next((row.at for row in done if row.kind == MilestoneKind.OPENED), None)
    return {
        "kind": following,
        "button": _BUTTONS[popup, following] if following else "",
        "what": _WHAT[popup, following] if following else "",
        "needs_evidence": following is MilestoneKind.LIVE,
        "done": [{"row": row, "words": _BUTTONS[popup, MilestoneKind(row.kind)]} for row in done],
        "steps": [(_BUTTONS[popup, kind], _standing(kind, following)) for kind in MilestoneKind],
        "opened": opened,
        "paused_until": opened + CAMPAIGNS_PAUSE if opened else None,
    }


def _standing(kind: MilestoneKind, following: MilestoneKind | None) -> str:
    order = list(MilestoneKind)
    if following is None or order.index(kind) < order.index(following):
        return "done"
    return "now" if kind is following else "ahead"


def _record(form: "StepForm") -> str:
    number = form.moved()
    kind = str(form.data.get("kind", ""))
    if kind not in MilestoneKind.values:
        raise Invalid([])
    sent = (form.files or {}).get("file")
    seen = Seen(
        MilestoneKind(kind),
        str(form.data.get("note", ""))[:2000],
        Upload(str(sent.name), sent.read()) if sent else None,
    )
    record_milestone(
        ticket_id=number.case.ticket_id,
        call_id=str(form.call.uid),
        number_id=number.pk,
        seen=seen,
        by=form.by,
        now=form.now,
    )
    return _("Recorded.")


def _two_step_on(form: "StepForm") -> str:
    number = form.moved()
    record_two_step_on(
        ticket_id=number.case.ticket_id,
        call_id=str(form.call.uid),
        number_id=number.pk,
        by=form.by,
        now=form.now,
    )
    return _("The number left the call. Its reminders go on; go on with the others.")


STEPS: "dict[str, Callable[[StepForm], str]]" = {"milestone": _record, "two_step_on": _two_step_on}
