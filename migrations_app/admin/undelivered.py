"""What no way could deliver: each with its reason, a button to try once more, and one to set it aside."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext

from config.core import clock
from config.core.admin.base import ReadOnlyAdmin
from config.core.errors import DomainError
from migrations_app.admin import contact_card
from migrations_app.admin.deeds import BadForm
from migrations_app.admin.failures import failure_words
from migrations_app.admin.words import EMAIL_WORDS, refusal_words
from migrations_app.models import ChaseAttempt, Notice
from migrations_app.selectors.dead_letters import MOST, undelivered, undelivered_count
from migrations_app.services import dead_letters
from tickets.admin import actor_of
from tickets.models import Ticket

_VIEW = "migrations_app.view_chase"
_CHANGE = "tickets.change_ticket"
_LIST = "admin:migrations_app_chaseattempt_changelist"
_KINDS: dict[str, type[ChaseAttempt] | type[Notice]] = {"chase": ChaseAttempt, "notice": Notice}


def waiting_count(request: HttpRequest) -> str:
    """Return how many messages wait in the list, for the sidebar; nothing where there are none."""
    found = undelivered_count(request.user) if request.user.has_perm(_VIEW) else 0
    return str(found) if found else ""


@admin.register(ChaseAttempt)
class UndeliveredAdmin(ReadOnlyAdmin):
    """One list for messages of chases and single ones. An agent sees those of own queues."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm(_VIEW)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # the sidebar has a link of its own

    def get_urls(self) -> list[URLPattern]:
        """The list and its buttons; single messages are shown on their ticket's page."""
        wrap, name = self.admin_site.admin_view, "migrations_app_chaseattempt"
        return [
            path("", wrap(self.changelist_view), name=f"{name}_changelist"),
            path("<int:attempt_id>/retry/", wrap(self.retry_view), name=f"{name}_retry"),
            path("<int:attempt_id>/contact/", wrap(self.contact_view), name=f"{name}_contact"),
            path("<int:attempt_id>/set-aside/", wrap(self.set_aside_view), name=f"{name}_set_aside"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the newest undelivered messages."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        rows = undelivered(request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Undelivered messages"),
            "lines": [_line(row, may_correct=request.user.has_perm(_CHANGE)) for row in rows],
            "languages": settings.LANGUAGES,
            "cut": len(rows) >= MOST,
        }
        return TemplateResponse(request, "admin/desk/undelivered.html", context)

    def retry_view(self, request: HttpRequest, attempt_id: int) -> HttpResponse:
        """Try one message once more, now."""
        row = self._posted_row(request, attempt_id)
        if isinstance(row, HttpResponse):
            return row
        try:
            dead_letters.retry(type(row), row.pk, by=actor_of(request), now=clock.now())
            messages.success(request, gettext("It is sent again in a moment."))
        except DomainError as refusal:
            messages.error(request, refusal_words(refusal))
        return redirect(_LIST)

    def contact_view(self, request: HttpRequest, attempt_id: int) -> HttpResponse:
        """Correct the contact of the ticket that one message is about; the message itself waits for "Try again"."""
        if not request.user.has_perm(_CHANGE):
            raise PermissionDenied
        row = self._posted_row(request, attempt_id)
        if isinstance(row, HttpResponse):
            return row
        try:
            told = contact_card.correct(_ticket_of(row), request.POST, by=actor_of(request), now=clock.now())
            messages.success(request, told)
        except BadForm as complaint:
            messages.error(request, str(complaint))
        except DomainError as refusal:
            messages.error(request, refusal_words(refusal))
        return redirect(_LIST)

    def set_aside_view(self, request: HttpRequest, attempt_id: int) -> HttpResponse:
        """Take one message off the list, with the reason."""
        row = self._posted_row(request, attempt_id)
        if isinstance(row, HttpResponse):
            return row
        reason = str(request.POST.get("reason", ""))[:2000]
        try:
            dead_letters.set_aside(type(row), row.pk, reason=reason, by=actor_of(request), now=clock.now())
            messages.success(request, gettext("Set aside."))
        except DomainError as refusal:
            messages.error(request, refusal_words(refusal))
        return redirect(_LIST)

    def _posted_row(self, request: HttpRequest, attempt_id: int) -> ChaseAttempt | Notice | HttpResponse:
        """Return the message that a posted form is about.

        :raises Http404: there is none in the list that this person sees.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        model = _KINDS.get(str(request.POST.get("kind", "chase")))
        for row in undelivered(request.user):
            if type(row) is model and row.pk == attempt_id:
                return row
        raise Http404


def _ticket_of(row: ChaseAttempt | Notice) -> Ticket:
    return (row.chase.case if isinstance(row, ChaseAttempt) else row.case).ticket


def _line(row: ChaseAttempt | Notice, *, may_correct: bool) -> dict[str, Any]:
    ticket = _ticket_of(row)
    new = contact_card.address_now(row, ticket)
    return {
        "row": row,
        "kind": "chase" if isinstance(row, ChaseAttempt) else "notice",
        "ticket": ticket,
        "words": EMAIL_WORDS.get(row.message, row.message),
        "address": row.address or ticket.contact_email,
        "new_address": new if row.address and new != row.address else "",
        "refused": contact_card.would_refuse(row, ticket),
        "may_correct": may_correct and contact_card.is_for_contact(row) and contact_card.may_correct(ticket),
        "why": failure_words(row.failure),
    }
