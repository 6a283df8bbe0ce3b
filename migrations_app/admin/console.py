"""The call page: one number, one next step, made for a person on the phone.

The 6-digit code and the two-step PIN come in the body of a POST, go to Meta within the same request, and are kept
nowhere: not in the session, a message, a redirect, a log. A PIN that we made is shown in the answer itself, once.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from config.core import clock
from config.core.actor import Actor
from config.core.errors import DomainError
from migrations_app.admin import console_pins, console_rest, milestones, readiness_steps
from migrations_app.admin.call_company import numbers_of, row_in_front
from migrations_app.admin.console_page import context_of
from migrations_app.admin.console_step import pins_to_note
from migrations_app.admin.deeds import BadForm
from migrations_app.admin.words import refusal_words
from migrations_app.enums import NumberState
from migrations_app.models import NumberMove, PinCall
from migrations_app.rules.pins import new_pin
from migrations_app.selectors.shared_calls import numbers_together
from migrations_app.services import call_run, moves
from migrations_app.services.move_steps import AnotherStepRuns, NoAnswer, Overtaken
from tickets.admin import actor_of
from tickets.selectors.desk import is_lead

_SIX_DIGITS = re.compile(r"^[0-9]{6}$")
_SEPARATORS = re.compile(r"[\s-]")


class BadInput(Exception):
    """What was typed cannot be right; its text never repeats it."""


@dataclass(frozen=True)
class StepForm:
    """One posted step of the call."""

    call: PinCall
    number: NumberMove | None
    data: Any
    by: Actor
    now: datetime
    numbers: QuerySet[NumberMove]
    """All numbers of the call that this person may work with."""
    lead: bool = False
    files: Any = None

    @property
    def seen(self) -> int | None:
        """How many steps of the number had been begun when the form was made; None where the form does not say."""
        text = str(self.data.get("seen", ""))[:9]
        return int(text) if text.isascii() and text.isdecimal() else None

    def moved(self) -> NumberMove:
        """Return the number this step is about.

        :raises BadInput: it is none of the call's.
        """
        if self.number is None:
            raise BadInput(_("This number is not part of the call."))
        return self.number

    def six_digits(self, name: str, complaint: str) -> str:
        """Return a code or PIN as six digits; blanks and hyphens in between are how people read it out.

        :raises BadInput: it is anything else.
        """
        typed = _SEPARATORS.sub("", str(self.data.get(name, "")))
        if not _SIX_DIGITS.match(typed):
            raise BadInput(complaint)
        return typed


def answer(site: AdminSite, request: HttpRequest, call: PinCall) -> HttpResponse:
    """Show the page, or do the posted step and show it again."""
    call = row_in_front(call, request.user)
    if request.method in {"GET", "HEAD"}:
        return _page(site, request, call)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    form = StepForm(
        call,
        _number_of(request, call, request.POST.get("number", "")),
        request.POST,
        actor_of(request),
        clock.now(),
        numbers_of(call, request.user),
        is_lead(request.user),
        request.FILES,
    )
    if request.POST.get("step") in NEW_PINS:
        return _with_new_pin(site, request, form, NEW_PINS[request.POST["step"]])
    step = STEPS.get(request.POST.get("step", ""))
    if step is None:
        messages.error(request, _("There is no such step."))
    else:
        _perform(request, lambda: step(form))
    back = reverse("admin:migrations_app_pincall_console", args=[call.pk])
    keep = f"?number={form.number.pk}" if form.number and request.POST.get("step") not in GO_ON else ""
    return redirect(back + keep)


def _number_of(request: HttpRequest, call: PinCall, text: str) -> NumberMove | None:
    if not (text.isascii() and text.isdecimal()):
        return None
    return numbers_of(call, request.user).filter(pk=int(text)).first()


@sensitive_variables()
def _perform(request: HttpRequest, act: Callable[[], str]) -> bool:
    """Do a step and say how it went; tell whether Meta may have done it."""
    try:
        messages.success(request, act())
    except (BadInput, BadForm) as complaint:
        messages.error(request, str(complaint))
    except (AnotherStepRuns, Overtaken) as twice:
        messages.info(request, refusal_words(twice))
    except NoAnswer as silence:
        messages.error(request, refusal_words(silence))
        return True
    except DomainError as refusal:
        messages.error(request, refusal_words(refusal))
    except OperationalError:
        messages.error(request, _("The database is busy. Nothing was done; try again."))
    else:
        return True
    return False


def _page(site: AdminSite, request: HttpRequest, call: PinCall, *, new_pin: str = "", number: str = "") -> HttpResponse:
    call.refresh_from_db(fields=["state", "started_at", "finished_at"])
    call = row_in_front(call, request.user)
    chosen = number or request.GET.get("number", "")
    context = {
        **site.each_context(request),
        **context_of(
            call,
            user=request.user,
            chosen=chosen,
            shown=number if new_pin else "",
            language=request.GET.get("language", ""),
            now=clock.now(),
        ),
        "opts": PinCall._meta,
        "new_pin": new_pin,
    }
    request.current_app = site.name
    return TemplateResponse(request, "admin/desk/call.html", context)


@sensitive_variables()
def _with_new_pin(
    site: AdminSite, request: HttpRequest, form: StepForm, give: Callable[[StepForm, str], str]
) -> HttpResponse:
    """Use a PIN made here and show it once, in this answer. It is shown too when Meta did not answer: it may hold."""
    pin = new_pin(secrets.randbelow)
    may_hold = _perform(request, lambda: give(form, pin))
    number = str(form.number.pk) if form.number else ""
    return _page(site, request, form.call, new_pin=pin if may_hold else "", number=number)


@sensitive_variables()
def _register_with(form: StepForm, pin: str) -> str:
    state = moves.register(number_id=form.moved().pk, pin=pin, seen=form.seen, by=form.by, now=form.now)
    return _registered_words(state)


def _registered_words(state: NumberState) -> str:
    if state is NumberState.LIVE:
        return _("Registered, and Meta says it is connected: the number is live.")
    return _("Registered. Meta does not show it as connected yet; check again in a moment.")


def _finish(form: StepForm) -> str:
    unnoted = [number.number for number in pins_to_note(list(numbers_together(form.call)))]
    if unnoted and form.data.get("anyway") != "yes":
        raise BadInput(
            _("Has the client written down the new two-step PIN of %(numbers)s? Tick it, or end the call all the same.")
            % {"numbers": ", ".join(unnoted)}
        )
    call_run.finish_call(ticket_id=form.call.ticket_id, call_id=str(form.call.uid), by=form.by, now=form.now)
    return _("The call has ended.")


def _no_show(form: StepForm) -> str:
    call_run.mark_no_show(ticket_id=form.call.ticket_id, call_id=str(form.call.uid), by=form.by, now=form.now)
    return _("Recorded: nobody came. The numbers can be booked again.")


def _ask(form: StepForm) -> str:
    voice = {"sms": False, "voice": True}.get(str(form.data.get("method", "")))
    state = moves.ask_for_code(number_id=form.moved().pk, voice=voice, seen=form.seen, by=form.by, now=form.now)
    if state is NumberState.CODE_VERIFIED:
        return _("Meta knows this number as verified already: no code is needed.")
    return _("Meta sends the code now. It may take a few minutes.")


@sensitive_variables()
def _verify(form: StepForm) -> str:
    code = form.six_digits("code", _("The code has six digits. Ask the client to read it again."))
    moves.verify(number_id=form.moved().pk, code=code, seen=form.seen, by=form.by, now=form.now)
    return _("The code is right. Now the new two-step PIN.")


@sensitive_variables()
def _register(form: StepForm) -> str:
    pin = form.six_digits("pin", _("The new two-step PIN has six digits."))
    return _register_with(form, pin)


def _check(form: StepForm) -> str:
    state = moves.check_live(number_id=form.moved().pk, by=form.by, now=form.now)
    if state is NumberState.LIVE:
        return _("Meta says it is connected: the number is live.")
    return _("Meta does not show it as connected yet.")


def _skip(form: StepForm) -> str:
    reason = str(form.data.get("reason", "")).strip()[:300]
    if not reason:
        raise BadInput(_("Say why the number is left out."))
    moves.skip(number_id=form.moved().pk, reason=reason, by=form.by, now=form.now)
    return _("The number is left out of this migration.")


NEW_PINS: dict[str, Callable[[StepForm, str], str]] = {"generate": _register_with, "new_pin": console_pins.set_with}
"""Steps whose answer shows a PIN that we made."""
GO_ON = frozenset({"skip", "put_off"})
"""Steps after which the next number comes up."""
STEPS: dict[str, Callable[[StepForm], str]] = {
    **readiness_steps.STEPS,
    **milestones.STEPS,
    "finish": _finish,
    "no_show": _no_show,
    "ask": _ask,
    "verify": _verify,
    "register": _register,
    "check": _check,
    "skip": _skip,
    **console_pins.STEPS,
    **console_rest.STEPS,
}
