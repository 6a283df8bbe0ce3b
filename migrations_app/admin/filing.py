"""The filing page: the form's answers become the same body that the API takes, and are read by the same service."""

import re
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from config.core import clock
from config.core.actor import Actor
from config.core.errors import DomainError, Invalid
from migrations_app.admin.eligibility import page_of
from migrations_app.admin.words import refusal_words
from migrations_app.forms import FilingForm
from migrations_app.services.eligibility import check
from migrations_app.services.form_reading import read_form
from migrations_app.services.intake import NumberAlreadyOpen, file_ticket
from providers.selectors.directory import directory
from tickets.admin import actor_of
from tickets.enums import Source
from tickets.models import Organization, Ticket
from tickets.selectors.desk import is_agent, is_lead, seen_by

SECTIONS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    ("who", ("organization", "client_name", "contact_name", "contact_email", "contact_phone", "language", "timezone",
             "country", "client_reference", "group_reference")),
    ("numbers", ("numbers", "line_type", "otp_method", "behind_ivr", "display_name", "display_name_status")),
    ("today", ("current_bsp", "destination", "business_verification", "hosting", "connection_status",
               "two_step_verification", "waba_id", "business_manager_id", "waba_owner", "uses_business_app", "moves")),
    ("when", ("quiet_days", "quiet_from", "quiet_until", "notes", "test")),
)  # fmt: skip
CONTACT = ("contact_name", "contact_email", "contact_phone", "language", "timezone", "country")
"""Questions about the client that have the same name in the API's body."""
_CLIENT_FIELDS = {"name": "client_name"}
_NUMBER_POINTER = re.compile(r"^#/phone_numbers/(\d+)")
_NAMES_OF_PLACES = {"client_name": "name", "numbers": "phone_numbers"}
_FLAGS = {"yes": True, "no": False}


def answer(page: Any, request: HttpRequest) -> HttpResponse:
    """Show the form, or file what was posted and open the new ticket."""
    own = own_organization(request)
    if own is None and not is_agent(request.user):
        messages.error(request, _("Your account belongs to no organization yet. Ask the desk."))
        return redirect("admin:tickets_ticket_changelist")
    checks = "check" in request.POST
    draft = "draft" in request.POST and may_draft(request.user)
    form = FilingForm(request.POST or None, site=page.admin_site, own=own, draft=draft or checks)
    context = {"title": _("File a ticket"), "may_draft": may_draft(request.user), "may_check": True}
    if request.method == "POST" and form.is_valid():
        if checks:
            return show(page, request, form, {**context, "checked": _check(form, own, actor_of(request))})
        ticket = _file(request, form, own, submit=not draft)
        if ticket is not None:
            words = _("Kept as a draft: %(reference)s.") if draft else _("Filed: %(reference)s.")
            messages.success(request, words % {"reference": ticket.reference})
            return _after(page, request, ticket)
    return show(page, request, form, context)


def _check(form: FilingForm, own: Organization | None, by: Actor) -> dict[str, Any] | None:
    """Return what filing these answers would meet; None, with the complaint beside its question, if that cannot be told."""
    answers = form.cleaned_data
    organization = own or answers["organization"]
    try:
        found = check(body_of(answers), organization_id=organization.pk, test=bool(answers.get("test")))
    except Invalid as refusal:
        for error in refusal.errors:
            form.add_error(*_place(form, error.pointer, error.detail))
        return None
    missing = {pointer.rsplit("/", 1)[-1] for pointer in found.missing}
    questions = [form.fields[name].label for name in form.fields if _NAMES_OF_PLACES.get(name, name) in missing]
    return {**page_of(found, answers["numbers"], by), "missing": questions}


def show(page: Any, request: HttpRequest, form: FilingForm, context: Mapping[str, Any]) -> HttpResponse:
    """Show the form's page."""
    frame = {
        "form": form,
        "sections": _sections(form),
        "bsp_names": directory().values_list("name", flat=True),
        "media": page.media + form.media,
    }
    return page.render_page(request, "admin/desk/file.html", {**frame, **context})


def may_draft(user: Any) -> bool:
    """Tell whether this person may keep drafts: those who see them again. They are in no queue, so agents do not."""
    return bool(user.has_perm("tickets.add_ticket")) and (is_lead(user) or not is_agent(user))


def own_organization(request: HttpRequest) -> Organization | None:
    """Return the only organization a client user files for; None for the desk."""
    membership = getattr(request.user, "membership", None)
    return None if is_agent(request.user) or membership is None else membership.organization


def _after(page: Any, request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Open the ticket, unless it was routed to a queue this agent does not work in."""
    if page.get_queryset(request).filter(pk=ticket.pk).exists():
        return redirect("admin:tickets_ticket_change", ticket.pk)
    return redirect("admin:tickets_ticket_changelist")


def _sections(form: FilingForm) -> list[dict[str, Any]]:
    titles = {
        "who": _("Who is served"),
        "numbers": _("Numbers"),
        "today": _("Where they are today, and where they go"),
        "when": _("When it is quiet, and anything else"),
    }
    return [
        {"title": titles[name], "fields": [form[field] for field in fields if field in form.fields]}
        for name, fields in SECTIONS
    ]


def _file(request: HttpRequest, form: FilingForm, own: Organization | None, *, submit: bool) -> Ticket | None:
    """File the answers; on refusal put each complaint beside its question and return None."""
    answers = form.cleaned_data
    organization = own or answers["organization"]
    by, now = actor_of(request), clock.now()
    try:
        body = {**body_of(answers), "submit": submit}
        read = read_form(body, source=Source.ADMIN, test=bool(answers.get("test")))
        return file_ticket(organization=organization, form=read, by=by, now=now)
    except DomainError as refusal:
        complain(form, refusal, by)
    return None


def complain(form: FilingForm, refusal: DomainError, by: Actor) -> None:
    """Put a refusal beside the questions it is about."""
    if isinstance(refusal, Invalid):
        for error in refusal.errors:
            form.add_error(*_place(form, error.pointer, error.detail))
    elif isinstance(refusal, NumberAlreadyOpen):
        form.add_error("numbers", held_words(refusal, by))
    else:
        form.add_error(None, refusal_words(refusal))


def body_of(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers in the shape of the API's POST body."""
    defaults = {
        "line_type": answers["line_type"],
        "otp_method": answers["otp_method"] or None,
        "behind_ivr": _FLAGS.get(answers["behind_ivr"]),
        "display_name": answers["display_name"],
        "display_name_status": answers["display_name_status"],
    }
    plain = (
        "client_reference", "group_reference", "current_bsp", "business_verification", "hosting", "connection_status", "waba_id",
        "business_manager_id", "waba_owner", "two_step_verification", "moves", "notes",
    )  # fmt: skip
    return {
        **{name: answers[name] for name in plain},
        "client": {"name": answers["client_name"], **{name: answers[name] for name in CONTACT}},
        "phone_numbers": [{"number": number, **defaults} for number in answers["numbers"]],
        "destination": answers["destination"].slug if answers["destination"] else None,
        "uses_business_app": _FLAGS.get(answers["uses_business_app"]),
        "low_traffic_windows": [
            {"weekday": int(day), "start": f"{answers['quiet_from']:%H:%M}", "end": f"{answers['quiet_until']:%H:%M}"}
            for day in answers["quiet_days"]
        ],
        "submit": True,
    }


def _place(form: FilingForm, pointer: str, detail: str) -> tuple[str | None, str]:
    """Return the question a complaint belongs to, and its words; numbers are named by their line."""
    number = _NUMBER_POINTER.match(pointer)
    if number:
        place = int(number[1])
        lines = form.cleaned_data.get("numbers") or []
        shown = lines[place] if place < len(lines) else str(place + 1)
        return "numbers", f"{shown}: {detail}"
    last = pointer.rsplit("/", 1)[-1]
    name = {"phone_numbers": "numbers", **_CLIENT_FIELDS}.get(last, last)
    return (name, detail) if name in form.fields else (None, detail)


def held_words(refusal: NumberAlreadyOpen, by: Actor) -> str:
    """Return which numbers are held, and by which ticket where this person may see it."""
    numbers = ", ".join(refusal.extra.get("numbers", []))
    existing = refusal.extra.get("existing_ticket")
    if existing and seen_by(by, existing):
        return _("Already being moved by ticket %(ticket)s: %(numbers)s") % {"ticket": existing, "numbers": numbers}
    return _("Already being moved by another ticket: %(numbers)s") % {"numbers": numbers}
