"""Organizations, their people and keys; queues. The ticket itself is shown by the app that knows what it is about."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from config.core import clock
from config.core.actor import Actor
from config.core.admin.base import DeskModelAdmin, user_actor
from tickets.enums import OPEN_STATUSES, Scope
from tickets.models import ApiKey, Membership, Organization, Queue
from tickets.selectors.desk import is_agent, is_lead, visible_queues
from tickets.services.organizations import issue_api_key, revoke_api_key


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in person as the actor of what this request does."""
    membership = getattr(request.user, "membership", None)
    return user_actor(
        request,
        of_desk=is_agent(request.user),
        organization_id=membership.organization_id if membership else None,
    )


class MembershipInline(TabularInline):
    """The people of an organization: staff users with the role Client who see its tickets and nothing else."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


class ApiKeyInline(TabularInline):
    """The keys, as much of them as is stored. Issuing and revoking have their own buttons."""

    model = ApiKey
    extra = 0
    can_delete = False
    fields = readonly_fields = ("prefix", "label", "scopes", "test", "expires_at", "revoked_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Organization)
class OrganizationAdmin(DeskModelAdmin):
    """Clients and partners. Whoever may change API keys issues and revokes them here."""

    list_display = ("name", "kind", "open_tickets")
    list_filter = ("kind",)
    search_fields = ("name",)
    ordering = ("name", "id")
    fields = ("name", "kind")
    inlines = (MembershipInline, ApiKeyInline)
    change_form_template = "admin/desk/organization.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        rows: QuerySet[Organization] = super().get_queryset(request)
        return rows.annotate(open_count=Count("tickets", filter=Q(tickets__status__in=list(OPEN_STATUSES))))

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        """Tell how many tickets there are to those who may see them all."""
        return self.list_display if is_lead(request.user) else ("name", "kind")

    @display(description=_("Open tickets"), ordering="open_count")
    def open_tickets(self, row: Any) -> int:
        return int(row.open_count)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/keys/issue/", wrap(self.issue_view), name="tickets_organization_issue_key"),
            path("<int:pk>/keys/<int:key>/revoke/", wrap(self.revoke_view), name="tickets_organization_revoke_key"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {}
        if request.user.has_perm("tickets.change_apikey") and object_id.isdecimal():
            context["live_keys"] = ApiKey.objects.filter(organization_id=int(object_id), revoked_at=None).order_by("id")
            context["all_scopes"] = Scope.choices
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def _organization(self, request: HttpRequest, pk: int) -> Organization:
        if not request.user.has_perm("tickets.change_apikey"):
            raise PermissionDenied
        return get_object_or_404(Organization, pk=pk)

    def issue_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a key and show it, once, in this very answer: it is stored nowhere, not even in the session."""
        organization = self._organization(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row, key = issue_api_key(
            organization=organization,
            scopes=[scope for scope in request.POST.getlist("scopes") if scope in Scope.values],
            test=request.POST.get("test") == "on",
            label=request.POST.get("label", "")[:100],
            by=actor_of(request),
            now=clock.now(),
        )
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("New API key"),
            "organization": organization,
            "row": row,
            "key": key,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/desk/new_key.html", context)

    def revoke_view(self, request: HttpRequest, pk: int, key: int) -> HttpResponse:
        """Make a key useless at once."""
        organization = self._organization(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = get_object_or_404(ApiKey, pk=key, organization=organization)
        revoke_api_key(key_id=row.pk, by=actor_of(request), now=clock.now())
        messages.success(request, gettext("Key %(prefix)s… no longer works.") % {"prefix": row.prefix})
        return redirect("admin:tickets_organization_change", organization.pk)


@admin.register(Queue)
class QueueAdmin(DeskModelAdmin):
    """Inboxes and who works in them. An agent sees own ones: how much lies in another is not told either."""

    list_display = (
        "name",
        "slug",
        "is_triage",
        "reviews_claims",
        "tries_claims",
        "assignment",
        "agent_names",
        "open_tickets",
    )
    search_fields = ("name", "slug")
    ordering = ("name", "id")
    filter_horizontal = ("agents",)
    fields = (
        "name",
        "slug",
        "is_triage",
        "reviews_claims",
        "tries_claims",
        "assignment",
        "keep_group_together",
        "agents",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        rows: QuerySet[Queue] = visible_queues(request.user).order_by(*self.ordering).prefetch_related("agents")
        opened = Count("tickets", filter=Q(tickets__status__in=list(OPEN_STATUSES)))
        return rows.annotate(open_count=opened)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict[str, Sequence[str]]:
        """Propose a slug for a new queue only: rules and partners know a queue by it."""
        return {} if obj else {"slug": ("name",)}

    @display(description=_("Agents"))
    def agent_names(self, row: Queue) -> str:
        return ", ".join(user.get_full_name() or user.get_username() for user in row.agents.all()) or "–"

    @display(description=_("Open tickets"), ordering="open_count")
    def open_tickets(self, row: Any) -> int:
        return int(row.open_count)
