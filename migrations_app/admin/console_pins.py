"""Steps of the call page after a number is registered: its new two-step PIN, and which number comes next."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from migrations_app.services import call_order, pins

if TYPE_CHECKING:
    from migrations_app.admin.console import StepForm


@sensitive_variables()
def set_with(form: "StepForm", pin: str) -> str:
    """Give the number another PIN, and say so."""
    pins.set_pin(number_id=form.moved().pk, pin=pin, seen=form.seen, by=form.by, now=form.now)
    return _("Meta took the new two-step PIN; the one before does not hold any more.")


@sensitive_variables()
def _set_pin(form: "StepForm") -> str:
    return set_with(form, form.six_digits("pin", _("The new two-step PIN has six digits.")))


def _noted(form: "StepForm") -> str:
    pins.note_pin(number_id=form.moved().pk, seen=form.seen, by=form.by, now=form.now)
    return _("Recorded: the client wrote the two-step PIN down.")


def _put_off(form: "StepForm") -> str:
    call_order.put_off(call_pk=form.call.pk, number_id=form.moved().pk, by=form.by, now=form.now)
    return _("Put off: it comes back at the end of the call.")


STEPS: dict[str, Callable[["StepForm"], str]] = {"set_pin": _set_pin, "pin_noted": _noted, "put_off": _put_off}
