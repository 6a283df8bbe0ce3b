"""Disputes over lines: what a lead has to decide. Agents see those about tickets of their queues."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.core import clock
from config.core.admin.base import ReadOnlyAdmin
from config.core.admin.moments import moment_words
from config.core.errors import DomainError
from migrations_app.admin.words import STATE_COLOURS, badge, refusal_words
from migrations_app.enums.disputes import DisputeState
from migrations_app.models import OwnershipDispute
from migrations_app.selectors.disputes import visible_disputes
from migrations_app.services.rulings import keep_with_holder, let_holder_go
from tickets.admin import actor_of
from tickets.selectors.desk import is_lead

READ = {"GET", "HEAD"}
_RULINGS = {"keep": keep_with_holder, "let-go": let_holder_go}


def open_count(request: HttpRequest) -> str:
    """Return how many disputes wait for a decision, for the sidebar; nothing where there are none."""
    if not request.user.has_perm("migrations_app.view_ownershipdispute"):
        return ""
    found = visible_disputes(request.user).filter(state=DisputeState.OPEN).count()
    return str(found) if found else ""


@admin.register(OwnershipDispute)
class OwnershipDisputeAdmin(ReadOnlyAdmin):
    """Lines that two organizations claim."""

    empty_note = _(
        "Numbers that two organizations claim wait here for a lead's decision. Empty means that there are none."
    )

    list_display = ("number", "state_label", "held_by", "claimed_by", "times", "raised")
    list_display_links = ("number",)
    list_filter = ("state",)
    search_fields = ("number", "match_key", "holder__ticket__reference", "claimant__name")
    ordering = ("-state", "-raised_at", "-id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OwnershipDispute]:
        return visible_disputes(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("migrations_app.view_ownershipdispute")

    def get_urls(self) -> list[URLPattern]:
        """The list, one dispute, and the two decisions that are made here."""
        wrap = self.admin_site.admin_view
        own = [
            path("<int:dispute_id>/change/", wrap(self.page_view), name="migrations_app_ownershipdispute_change"),
            path(
                "<int:dispute_id>/decide/<slug:ruling>/",
                wrap(self.decide_view),
                name="migrations_app_ownershipdispute_decide",
            ),
        ]
        return [*own, *super().get_urls()]

    def _visible_or_404(self, request: HttpRequest, dispute_id: int) -> OwnershipDispute:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found: OwnershipDispute | None = self.get_queryset(request).filter(pk=dispute_id).first()
        if found is None:
            raise Http404
        return found

    def page_view(self, request: HttpRequest, dispute_id: int) -> HttpResponse:
        """Show who holds the line and who claims it; a lead is offered the decisions."""
        dispute = self._visible_or_404(request, dispute_id)
        if request.method not in READ:
            return HttpResponseNotAllowed(sorted(READ))
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "media": self.media,
            "title": gettext("Who may move %(number)s?") % {"number": dispute.number},
            "dispute": dispute,
            "holder": dispute.holder.ticket,
            "state_badge": badge(dispute.get_state_display(), STATE_COLOURS.get(f"dispute_{dispute.state}", "")),
            "may_decide": is_lead(request.user) and dispute.state == DisputeState.OPEN,
        }
        return TemplateResponse(request, "admin/desk/dispute.html", context)

    def decide_view(self, request: HttpRequest, dispute_id: int, ruling: str) -> HttpResponse:
        """Decide, and go back to the dispute.

        :raises PermissionDenied: only a lead decides.
        :raises Http404: there is no such dispute among those this person may see, or no such decision.
        """
        dispute = self._visible_or_404(request, dispute_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not is_lead(request.user):
            raise PermissionDenied
        decide = _RULINGS.get(ruling)
        if decide is None:
            raise Http404
        reason = str(request.POST.get("reason", ""))[:2000]
        try:
            decide(dispute_id=dispute.pk, reason=reason, by=actor_of(request), now=clock.now())
            messages.success(request, gettext("The dispute is decided."))
        except DomainError as refusal:
            messages.error(request, refusal_words(refusal))
        return redirect("admin:migrations_app_ownershipdispute_change", dispute.pk)

    @display(description=_("State"), ordering="state")
    def state_label(self, row: OwnershipDispute) -> str:
        return badge(row.get_state_display(), STATE_COLOURS.get(f"dispute_{row.state}", ""))

    @display(description=_("Held by"))
    def held_by(self, row: OwnershipDispute) -> str:
        ticket = row.holder.ticket
        url = reverse("admin:tickets_ticket_change", args=[ticket.pk])
        return format_html('<a href="{}">{}</a> · {}', url, ticket.reference, ticket.organization.name)

    @display(description=_("Claimed by"), ordering="claimant__name")
    def claimed_by(self, row: OwnershipDispute) -> str:
        return str(row.claimant.name)

    @display(description=_("Raised at"), ordering="raised_at")
    def raised(self, row: OwnershipDispute) -> str:
        return moment_words(row.raised_at)
