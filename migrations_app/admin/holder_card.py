"""Phone holders at the agents' screen: what each has said of a call, and the form by which an agent writes down an answer."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.enums import DeskTaskKind, PinCallState
from migrations_app.enums.holders import HolderState
from migrations_app.models import DeskTask, HolderCheck, PinCall
from migrations_app.rules.holders import Said
from migrations_app.rules.links import phone_link, whatsapp_link
from migrations_app.selectors.holders import HolderAnswer, holder_answers
from migrations_app.services.holders import answer
from migrations_app.services.scripts import holder_script

COLOURS = {
    HolderState.OPEN: "grey",
    HolderState.ASKED: "info",
    HolderState.CONFIRMED: "success",
    HolderState.REFUSED: "danger",
}
KINDS = frozenset({DeskTaskKind.HOLDER_CHECK, DeskTaskKind.HOLDER_REFUSED})
_YES_NO = {"yes": True, "no": False}


def holders_of(calls: Iterable[PinCall]) -> list[dict[str, Any]]:
    """Return what the phone holders of booked calls have said, number by number."""
    return [
        _line(each, call)
        for call in calls
        if call.state == PinCallState.BOOKED
        for each in holder_answers(call).values()
    ]


def _line(each: HolderAnswer, call: PinCall) -> dict[str, Any]:
    return {
        "call": call,
        "answer": each,
        "state": each.state.label,
        "colour": COLOURS[each.state],
        "lacks": _lacks(each),
        "tel": phone_link(each.phone),
    }


def _lacks(each: HolderAnswer) -> list[str]:
    """Return what a holder has said no to, in words."""
    found = []
    if each.at_hand is False:
        found.append(_("the phone will not be at hand"))
    if each.from_abroad is False:
        found.append(_("nothing comes in from abroad"))
    return found


def task_context(task: DeskTask) -> dict[str, Any]:
    """Return the form for the answer of the holder whom a task is about, and the links to reach it; nothing for other tasks."""
    check = check_of(task) if task.kind in KINDS else None
    if check is None:
        return {}
    lines = [each for each in holder_answers(check.pin_call).values() if each.check_id == check.pk]
    own = (get_language() or "en").lower()
    # The words in the agent's language too, where they are to be said in another one.
    told = task.kind == DeskTaskKind.HOLDER_CHECK and own != task.language
    return {
        "ours": holder_script(check, task.case.ticket, task.case, language=own) if told else None,
        "holder": {
            "check": check,
            "lines": lines,
            "tel": phone_link(task.contact),
            "whatsapp": whatsapp_link(task.contact, task.text),
            "open": check.pin_call.state == PinCallState.BOOKED,
        },
    }


def check_of(task: DeskTask) -> HolderCheck | None:
    """Return the question that a task is about."""
    rows = HolderCheck.objects.filter(lines__number=task.number, pin_call__state=PinCallState.BOOKED)
    return rows.select_related("pin_call").order_by("-pk").first() if task.number_id else None


def holder_answered(data: Mapping[str, Any], _names: Any) -> str:
    """Return in words what a phone holder said."""
    words = {"number": data.get("number", ""), "state": HolderState(data["state"]).label}
    return _("Phone holder of %(number)s: %(state)s") % words


def _answer(deed: Deed) -> str:
    check = HolderCheck.objects.filter(pk=deed.number("check") or 0, pin_call__ticket=deed.ticket).first()
    if check is None:
        raise BadForm(_("Nobody is asked about this any more."))
    note = deed.text("note")[:500]
    said: dict[int, Said] = {}
    for line in check.lines.all():
        at_hand, abroad = (_YES_NO.get(deed.text(f"{name}_{line.number_id}")) for name in ("hand", "abroad"))
        if at_hand is None or abroad is None:
            raise BadForm(_("Choose yes or no for every number."))
        said[line.number_id] = Said(at_hand, abroad, note)
    answer(check_id=check.pk, said=said, by=deed.by, now=deed.now)
    return _("Recorded what the phone holder said.")


HOLDER_ACTIONS: dict[str, Action] = {"holder-answer": Action(_answer, stale_ok=True)}
