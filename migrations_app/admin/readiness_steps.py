"""Steps of the call page around the start: who is there, a look at Meta, the start, numbers that leave and come back."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from config.core.errors import Forbidden
from migrations_app.selectors.shared_calls import others_of
from migrations_app.services import call_leaving, presence
from migrations_app.services.call_gate import start_proven_call
from migrations_app.services.call_run import Override
from migrations_app.services.destination_reads import read_destinations

if TYPE_CHECKING:
    from migrations_app.admin.console import StepForm


def _start(form: "StepForm") -> str:
    """Begin the call; numbers that are not ready are ticked as left for a later one, and a lead may let the rest pass."""
    override = None
    if "override" in form.data:
        if not form.lead:
            raise Forbidden
        override = Override(str(form.data["override"])[:1000])
    without = [int(each) for each in form.data.getlist("without") if each.isascii() and each.isdecimal()]
    start_proven_call(
        ticket_id=form.call.ticket_id,
        call_id=str(form.call.uid),
        without=without,
        override=override,
        by=form.by,
        now=form.now,
    )
    return _("The call has begun.")


def _here(form: "StepForm") -> str:
    presence.note_person_here(
        ticket_id=form.moved().case.ticket_id,
        call_id=str(form.call.uid),
        number_id=form.moved().pk,
        by=form.by,
        now=form.now,
    )
    return _("Recorded: the person is here with the phone.")


def _everybody_here(form: "StepForm") -> str:
    ticked = [int(each) for each in form.data.getlist("here") if each.isascii() and each.isdecimal()]
    seen = form.numbers.filter(pk__in=ticked).values_list("pk", flat=True)
    presence.note_everybody_here(call_id=str(form.call.uid), number_ids=list(seen), by=form.by, now=form.now)
    return _("Recorded: everybody is here with their phones.")


def _read(form: "StepForm") -> str:
    read_destinations([form.call, *others_of(form.call)], by=form.by, now=form.now, again=True)
    return _("The account at the destination was read anew.")


def _switched_off(form: "StepForm") -> str:
    call_leaving.switched_off_now(
        ticket_id=form.moved().case.ticket_id,
        call_id=str(form.call.uid),
        number_id=form.moved().pk,
        by=form.by,
        now=form.now,
    )
    return _("The number is in the call again. The next step shows whether Meta sees it switched off.")


def _back(form: "StepForm") -> str:
    call_leaving.come_back(
        ticket_id=form.moved().case.ticket_id,
        call_id=str(form.call.uid),
        number_id=form.moved().pk,
        by=form.by,
        now=form.now,
    )
    return _("The number is in the call again.")


STEPS: "dict[str, Callable[[StepForm], str]]" = {
    "start": _start,
    "here": _here,
    "everybody_here": _everybody_here,
    "read": _read,
    "switched_off": _switched_off,
    "back": _back,
}
