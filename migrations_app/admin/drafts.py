"""A draft's page: going on with its form, submitting it, throwing it away."""

from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from config.core import clock
from config.core.errors import DomainError, Invalid
from migrations_app.admin import filing
from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.forms import FilingForm
from migrations_app.models import MigrationCase, NumberMove
from migrations_app.selectors.cases import case_of
from migrations_app.services import drafts, intake
from migrations_app.services.editing import Edit
from tickets.admin import actor_of
from tickets.enums import TicketStatus
from tickets.models import Ticket

_OF_CLIENT = {"client_name": "name", **{name: name for name in filing.CONTACT}}
_OF_NUMBERS = ("line_type", "otp_method", "behind_ivr", "display_name", "display_name_status")
_QUIET = ("quiet_days", "quiet_from", "quiet_until")
_FLAGS = {True: "yes", False: "no", None: ""}


def missing(case: MigrationCase) -> list[str]:
    """Return the questions that are still to be answered before a draft can be submitted."""
    return _questions(case.unanswered)


def _questions(pointers: Iterable[str]) -> list[str]:
    names = (pointer.rsplit("/", 1)[-1] for pointer in pointers)
    fields = FilingForm.base_fields  # made by Django's form metaclass
    return [str(fields[{"phone_numbers": "numbers"}.get(name, name)].label) for name in names]


# The form again


def answer(page: Any, request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Show a draft's form as it was left, or save what was posted: as a draft still, or filed."""
    if ticket.status != TicketStatus.DRAFT:
        messages.warning(request, _("This ticket is no draft any more."))
        return redirect("admin:tickets_ticket_change", ticket.pk)
    keep = "draft" in request.POST
    initial = initial_of(ticket, case_of(ticket.pk))
    posted = request.POST if request.method == "POST" else None
    form = FilingForm(posted, site=page.admin_site, own=ticket.organization, draft=keep, initial=initial)
    if request.method == "POST" and form.is_valid() and _save(request, form, ticket, keep=keep):
        messages.success(request, _("The draft is saved.") if keep else _("Filed."))
        return redirect("admin:tickets_ticket_change", ticket.pk)
    context = {"title": _("Continue the draft"), "version": ticket.version, "may_draft": True}
    return filing.show(page, request, form, context)


def _save(request: HttpRequest, form: FilingForm, ticket: Ticket, *, keep: bool) -> bool:
    version = request.POST.get("version", "")
    edit = Edit(changes=changes_of(form), version=int(version) if version.isdecimal() else 0)
    by, now = actor_of(request), clock.now()
    try:
        drafts.save_draft(ticket_id=ticket.pk, edit=edit, submit=not keep, by=by, now=now)
    except DomainError as refusal:
        filing.complain(form, refusal, by)
        return False
    return True


def initial_of(ticket: Ticket, case: MigrationCase) -> dict[str, Any]:
    """Return a draft's answers as the questions' first values."""
    numbers = list(NumberMove.objects.filter(case=case).order_by("position"))
    first = numbers[0] if numbers else NumberMove()
    plain = (
        "business_verification", "hosting", "connection_status", "waba_id", "business_manager_id", "waba_owner",
        "two_step_verification", "moves", "notes",
    )  # fmt: skip
    unanswered = {pointer.rsplit("/", 1)[-1] for pointer in case.unanswered}
    return {
        **{name: getattr(ticket, name) for name in ("client_name", *filing.CONTACT)},
        "client_reference": ticket.client_reference,
        "group_reference": ticket.group_reference,
        "numbers": "\n".join(number.number for number in numbers),
        **{name: getattr(first, name) for name in _OF_NUMBERS},
        "behind_ivr": _FLAGS[first.behind_ivr],
        "current_bsp": case.current_bsp.name if case.current_bsp else case.current_bsp_name,
        "destination": case.playbook.slug if case.playbook else None,
        **{name: "" if name in unanswered else getattr(case, name) for name in plain},
        "uses_business_app": _FLAGS[case.uses_business_app],
        **_quiet(case.low_traffic_windows),
    }


def _quiet(windows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return quiet hours as the form asks for them; those that differ from day to day are left as they are."""
    hours = {(window["start"], window["end"]) for window in windows}
    if len(hours) != 1:
        return {}
    start, end = hours.pop()
    return {
        "quiet_days": [str(window["weekday"]) for window in windows],
        "quiet_from": time.fromisoformat(start),
        "quiet_until": time.fromisoformat(end),
    }


def changes_of(form: FilingForm) -> dict[str, Any]:
    """Return what the person changed, as a merge patch: what the form cannot show stays as it was filed."""
    changed = set(form.changed_data)
    body = filing.body_of(form.cleaned_data)
    client = {_OF_CLIENT[name]: body["client"][_OF_CLIENT[name]] for name in changed & _OF_CLIENT.keys()}
    found: dict[str, Any] = {name: body[name] for name in changed & body.keys()}
    if client:
        found["client"] = client
    if changed & {"numbers", *_OF_NUMBERS}:
        found["phone_numbers"] = _numbers(form, body, changed)
    if changed & set(_QUIET):
        found["low_traffic_windows"] = body["low_traffic_windows"]
    return found


def _numbers(form: FilingForm, body: Mapping[str, Any], changed: set[str]) -> list[dict[str, Any]]:
    """Return the numbers: new ones with every answer, those that were there with what changed."""
    known = set(str(form.initial.get("numbers", "")).splitlines())
    return [
        {name: value for name, value in number.items() if name == "number" or name in changed}
        if number["number"] in known
        else number
        for number in body["phone_numbers"]
    ]


# Its buttons


def _submit(deed: Deed) -> str:
    try:
        intake.submit_draft(ticket_id=deed.ticket.pk, by=deed.by, now=deed.now)
    except Invalid as refusal:
        questions = ", ".join(_questions(error.pointer for error in refusal.errors))
        raise BadForm(_("Still to be answered: %(questions)s.") % {"questions": questions}) from None
    return _("Submitted.")


def _delete(deed: Deed) -> str:
    intake.delete_draft(ticket_id=deed.ticket.pk, by=deed.by, now=deed.now)
    return _("The draft is deleted.")


DRAFT_ACTIONS: dict[str, Action] = {
    "submit": Action(_submit, for_client=True),
    "delete-draft": Action(_delete, for_client=True),
}
