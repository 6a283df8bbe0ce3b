"""The ticket list, and the addresses of everything that can be seen and done below one ticket."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Case, CharField, F, OuterRef, QuerySet, Subquery, When
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.core import clock
from config.core.admin.base import ReadOnlyAdmin, ShortCount
from config.core.errors import DomainError
from migrations_app.admin import (
    drafts,
    filing,
    message_preview,
    share_links,
    ticket_actions,
    ticket_export,
    ticket_import,
    ticket_page,
    ticket_slots,
    transfers,
)
from migrations_app.admin.ticket_columns import TicketColumns
from migrations_app.admin.ticket_filters import CLIENT_FILTERS, DESK_FILTERS
from migrations_app.models import MigrationCase
from migrations_app.selectors.cases import tickets_matching
from tickets.models import Ticket
from tickets.selectors.desk import is_agent, is_lead, visible_tickets, works_nowhere
from tickets.selectors.files import attachment_of
from tickets.services.files import opened

READ = {"GET", "HEAD"}
_DESK_COLUMNS = (
    "reference", "client", "stage_label", "waiting_label", "worked_by", "old_bsp", "nudge", "target",
)  # fmt: skip
_CLIENT_COLUMNS = ("reference", "client", "stage_label", "waiting_label", "nudge")


def _with_bsp_name(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    name = Case(
        When(current_bsp__isnull=True, then=F("current_bsp_name")),
        default=F("current_bsp__name"),
        output_field=CharField(),
    )
    cases = MigrationCase.objects.filter(ticket_id=OuterRef("pk")).annotate(shown=name)
    return tickets.annotate(bsp_name=Subquery(cases.values("shown")[:1]))


@admin.register(Ticket)
class TicketAdmin(TicketColumns, ReadOnlyAdmin):
    """Everybody sees what `visible_tickets` grants, through every door of the admin; only services change a ticket."""

    list_select_related = ("queue", "assignee")
    ordering = ("-updated_at", "-id")
    search_fields = ("reference",)
    search_help_text = _("Reference, client, e-mail, phone number in any spelling, WABA ID, client's reference")
    list_per_page = 50
    paginator = ShortCount
    change_list_template = "admin/desk/ticket_list.html"
    list_before_template = "admin/desk/_no_queue.html"
    list_fullwidth = True
    list_filter_sheet = True
    list_filter_submit = True
    sortable_by = ("reference", "waiting_label", "nudge", "target")

    # What may be seen and done -----------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        # Whoever asks without an order of their own, as the search of a form field does, gets the list's.
        return _with_bsp_name(visible_tickets(request.user)).order_by(*self.ordering)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tickets.add_ticket")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Ticket], search_term: str
    ) -> tuple[QuerySet[Ticket], bool]:
        return tickets_matching(queryset, search_term.strip()), False

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        return _DESK_COLUMNS if is_agent(request.user) else _CLIENT_COLUMNS

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        return DESK_FILTERS if is_agent(request.user) else CLIENT_FILTERS

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.title = gettext("Tickets")
        return changelist

    def get_urls(self) -> list[URLPattern]:
        """List, filing form, page, its slots, its actions; there is no delete and no edit form."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="tickets_ticket_changelist"),
            path("add/", wrap(self.file_view), name="tickets_ticket_add"),
            path("import/", wrap(self.import_view), name="tickets_ticket_import"),
            path("import/confirm/", wrap(self.confirm_import_view), name="tickets_ticket_import_confirm"),
            path("import/template.<slug:kind>", wrap(self.import_template_view), name="tickets_ticket_import_template"),
            path("export.<slug:kind>", wrap(self.export_view), name="tickets_ticket_export"),
            path("<int:ticket_id>/change/", wrap(self.page_view), name="tickets_ticket_change"),
            path("<int:ticket_id>/continue/", wrap(self.continue_view), name="tickets_ticket_continue"),
            path("<int:ticket_id>/transfer/", wrap(self.transfer_view), name="tickets_ticket_transfer"),
            path("<int:ticket_id>/slots/", wrap(self.slots_view), name="tickets_ticket_slots"),
            path("<int:ticket_id>/files/<uuid:file_id>/", wrap(self.file_download_view), name="tickets_ticket_file"),
            *message_preview.urls(self, wrap),
            *share_links.urls(self, wrap),
            path("<int:ticket_id>/do/<slug:action>/", wrap(self.action_view), name="tickets_ticket_do"),
        ]

    def visible_or_404(self, request: HttpRequest, ticket_id: int) -> Ticket:
        """Return a ticket this person may see; any other does not exist.

        :raises PermissionDenied: the person may see no tickets at all.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        found: Ticket | None = (
            self.get_queryset(request).select_related("queue", "assignee", "organization").filter(pk=ticket_id).first()
        )
        if found is None:
            raise Http404
        return found

    # Pages --------------------------------------------------------------------------------------------------------

    def render_page(
        self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        """Answer with a page inside the admin's frame."""
        request.current_app = self.admin_site.name
        frame = {**self.admin_site.each_context(request), "opts": self.model._meta, "media": self.media}
        return TemplateResponse(request, template, {**frame, **context}, status=status)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method not in READ:
            return HttpResponseNotAllowed(sorted(READ))
        context = {**(extra_context or {}), "works_nowhere": works_nowhere(request.user)}
        return super().changelist_view(request, context)

    def file_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form and file what it holds.

        :raises PermissionDenied: the person may not file tickets.
        """
        self._demand_filer(request)
        return filing.answer(self, request)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Take a sheet and show what filing its rows would do.

        :raises PermissionDenied: the person may not file tickets.
        """
        self._demand_filer(request)
        return ticket_import.answer(self, request)

    def confirm_import_view(self, request: HttpRequest) -> HttpResponse:
        """File every row of a previewed sheet, or none.

        :raises PermissionDenied: the person may not file tickets.
        """
        self._demand_filer(request)
        return ticket_import.confirm(request)

    def import_template_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Give the sheet to start from.

        :raises PermissionDenied: the person may not file tickets.
        """
        self._demand_filer(request)
        return ticket_import.template(kind)

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Give the list as it is filtered now, one row per ticket.

        :raises PermissionDenied: the person may see no tickets.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        return ticket_export.answer(self, request, kind)

    def _demand_filer(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def continue_view(self, request: HttpRequest, ticket_id: int) -> HttpResponse:
        """Go on with a draft's form.

        :raises PermissionDenied: the person may not file tickets.
        """
        ticket = self.visible_or_404(request, ticket_id)
        self._demand_filer(request)
        return drafts.answer(self, request, ticket)

    def page_view(self, request: HttpRequest, ticket_id: int) -> HttpResponse:
        """Tell the ticket's story. Nothing is changed here: every button posts to its own address."""
        ticket = self.visible_or_404(request, ticket_id)
        if request.method not in READ:
            return HttpResponseNotAllowed(sorted(READ))
        context = ticket_page.context_of(ticket, user=request.user, now=clock.now())
        return self.render_page(request, "admin/desk/ticket.html", context)

    def transfer_view(self, request: HttpRequest, ticket_id: int) -> HttpResponse:
        """Give the ticket to another organization.

        :raises PermissionDenied: only a lead does that.
        """
        ticket = self.visible_or_404(request, ticket_id)
        if not is_lead(request.user) or not request.user.has_perm("tickets.change_ticket"):
            raise PermissionDenied
        return transfers.answer(self, request, ticket)

    def slots_view(self, request: HttpRequest, ticket_id: int) -> HttpResponse:
        """Offer the moments at which a call can be booked or moved to.

        :raises PermissionDenied: only the desk books here.
        """
        ticket = self.visible_or_404(request, ticket_id)
        if not is_agent(request.user) or not request.user.has_perm("tickets.change_ticket"):
            raise PermissionDenied
        return ticket_slots.answer(self, request, ticket)

    def file_download_view(self, request: HttpRequest, ticket_id: int, file_id: uuid.UUID) -> HttpResponseBase:
        """Give a file of the ticket to whoever may see it, to be saved and never to be shown in place."""
        ticket = self.visible_or_404(request, ticket_id)
        if request.method not in READ:
            return HttpResponseNotAllowed(sorted(READ))
        try:
            row = attachment_of(ticket, file_id, internal=is_agent(request.user))
            content = opened(row)
        except DomainError as refusal:
            raise Http404 from refusal
        return FileResponse(content, as_attachment=True, filename=row.filename, content_type=row.content_type)

    def action_view(self, request: HttpRequest, ticket_id: int, action: str) -> HttpResponse:
        """Do one thing with a ticket and go back to its page."""
        ticket = self.visible_or_404(request, ticket_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return ticket_actions.answer(request, ticket, action)
