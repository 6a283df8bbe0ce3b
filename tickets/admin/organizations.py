"""Organizations, their people and their keys."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from config.core import clock
from config.core.admin.base import DeskModelAdmin
from config.core.errors import DomainError, Invalid
from tickets.admin.desk import actor_of
from tickets.enums import OPEN_STATUSES, KeyState, Scope
from tickets.models import ApiKey, Membership, Organization
from tickets.selectors.desk import is_lead
from tickets.services.organizations import issue_api_key, revoke_api_key, rotate_api_key, save_organization

_MOST_DAYS = 36_500
_MOST_CHANGES = 50


class MembershipInline(TabularInline):
    """The people of an organization: staff users with the role Client who see its tickets and nothing else."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Organization)
class OrganizationAdmin(DeskModelAdmin):
    """Clients and partners. Whoever may change API keys issues, rotates and revokes them here."""

    list_display = ("name", "kind", "open_tickets")
    list_filter = ("kind",)
    search_fields = ("name",)
    ordering = ("name", "id")
    fields = ("name", "kind")
    inlines = (MembershipInline,)
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

    def save_model(self, request: HttpRequest, obj: Model, form: "ModelForm[Any]", change: Any) -> None:
        assert isinstance(obj, Organization)  # noqa: S101  (for the type checker: this page has no other rows)
        save_organization(organization=obj, by=actor_of(request), now=clock.now())

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/keys/issue/", wrap(self.issue_view), name="tickets_organization_issue_key"),
            path("<int:pk>/keys/<int:key>/rotate/", wrap(self.rotate_view), name="tickets_organization_rotate_key"),
            path("<int:pk>/keys/<int:key>/revoke/", wrap(self.revoke_view), name="tickets_organization_revoke_key"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {}
        if request.user.has_perm("tickets.change_apikey") and object_id.isdecimal():
            context = _keys_card(int(object_id), now=clock.now())
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
        now = clock.now()
        try:
            row, key = issue_api_key(
                organization=organization,
                scopes=[scope for scope in request.POST.getlist("scopes") if scope in Scope.values],
                test=request.POST.get("test") == "on",
                label=request.POST.get("label", "")[:100],
                expires_at=_end(request.POST.get("days", ""), now=now),
                allowed_networks=re.findall(r"[^\s,;]+", request.POST.get("networks", "")),
                by=actor_of(request),
                now=now,
            )
        except Invalid as refusal:
            return self._refused(request, pk, refusal)
        return self._shown_once(request, organization, row, key)

    def rotate_view(self, request: HttpRequest, pk: int, key: int) -> HttpResponse:
        """Make the key that takes another's place and show it, once."""
        organization = self._organization(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        old = get_object_or_404(ApiKey, pk=key, organization=organization)
        hours = request.POST.get("overlap", "24")
        overlap = timedelta(hours=int(hours)) if re.fullmatch(r"\d{1,3}", hours) else timedelta(days=-1)
        try:
            row, secret = rotate_api_key(key_id=old.pk, overlap=overlap, by=actor_of(request), now=clock.now())
        except DomainError as refusal:
            return self._refused(request, pk, refusal)
        return self._shown_once(request, organization, row, secret)

    def revoke_view(self, request: HttpRequest, pk: int, key: int) -> HttpResponse:
        """Make a key useless at once."""
        organization = self._organization(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = get_object_or_404(ApiKey, pk=key, organization=organization)
        revoke_api_key(key_id=row.pk, by=actor_of(request), now=clock.now())
        messages.success(request, gettext("Key %(prefix)s… no longer works.") % {"prefix": row.prefix})
        return redirect("admin:tickets_organization_change", organization.pk)

    def _shown_once(self, request: HttpRequest, organization: Organization, row: ApiKey, key: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("New API key"),
            "organization": organization,
            "row": row,
            "replaces": ApiKey.objects.filter(successor=row).first(),
            "key": key,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/desk/new_key.html", context, headers={"Cache-Control": "no-store"})

    def _refused(self, request: HttpRequest, pk: int, refusal: DomainError) -> HttpResponse:
        entries = refusal.errors if isinstance(refusal, Invalid) else ()
        messages.error(request, " ".join(entry.detail for entry in entries) or refusal.detail)
        return redirect("admin:tickets_organization_change", pk)


def _end(days: str, *, now: datetime) -> datetime | None:
    """Return when a key ends that lasts so many days; None where no number was given."""
    given = days.strip()
    if not given:
        return None
    if not re.fullmatch(r"\d{1,5}", given) or not 1 <= int(given) <= _MOST_DAYS:
        return now  # refused by the service: the end must lie ahead
    return now + timedelta(days=int(given))


def _keys_card(organization_id: int, *, now: datetime) -> dict[str, Any]:
    """Return what the page shows of an organization's keys and of what was done to it."""
    rows = ApiKey.objects.filter(organization_id=organization_id).select_related("successor").order_by("-id")
    keys = [{"row": row, "state": row.state(now), "works": row.state(now) in _WORKING} for row in rows]
    organization = Organization.objects.filter(pk=organization_id).first()
    changes = organization.changes.all()[:_MOST_CHANGES] if organization else ()
    return {
        "keys": sorted(keys, key=lambda key: not key["works"]),
        "all_scopes": Scope.choices,
        "changes": changes,
    }


_WORKING = {KeyState.ACTIVE, KeyState.ENDING}
