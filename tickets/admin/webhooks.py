"""Webhooks for a lead: where organizations are told of events, what was sent, and what came back. Never a secret."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.core import clock
from config.core.admin.base import ReadOnlyAdmin, ShortCount
from config.core.errors import DomainError
from tickets.admin.desk import actor_of
from tickets.models import WebhookDelivery, WebhookEndpoint
from tickets.selectors.webhooks import attempts_of, deliveries_of
from tickets.services.webhook_endpoints import switch
from tickets.services.webhook_outbox import redeliver

_RECENT = 20


def _act(request: HttpRequest, act: Callable[[], object], *, done: str) -> None:
    """Do what a button asks for and say what came of it.

    :raises PermissionDenied: this person may only look, if that.
    """
    if not request.user.has_perm("tickets.change_webhookendpoint"):
        raise PermissionDenied
    try:
        act()
    except DomainError as refusal:
        messages.error(request, refusal.detail or gettext("That is not possible now."))
    else:
        messages.success(request, done)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """An organization makes its endpoints by the API; here they are looked at, and switched off and on."""

    list_display = ("organization", "url", "test", "active", "why_off", "failing_since", "last_error")
    list_display_links = ("url",)
    list_filter = ("active", "off_reason", "test")
    list_select_related = ("organization",)
    search_fields = ("organization__name", "url")
    ordering = ("organization__name", "id")
    fields = (
        "organization", "url", "test", "wanted", "active", "why_off", "off_at", "failing_since", "tried_at", "contact_email",
        "contact_language", "old_secret_until", "created_at", "updated_at",
    )  # fmt: skip
    readonly_fields = ("why_off", "wanted")
    change_form_template = "admin/desk/webhook_endpoint.html"
    empty_note = _("Organizations name addresses by the API that are told of events. Empty means that nobody has.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        rows: QuerySet[WebhookEndpoint] = super().get_queryset(request)
        return rows.filter(deleted_at=None)

    @display(description=_("Why it is off"), ordering="off_reason")
    def why_off(self, row: WebhookEndpoint) -> str:
        return "–" if row.active else row.get_off_reason_display()

    @display(description=_("Types"))
    def wanted(self, row: WebhookEndpoint) -> str:
        return ", ".join(row.types) or gettext("All")

    @display(description=_("Last error"))
    def last_error(self, row: WebhookEndpoint) -> str:
        last = deliveries_of(row).exclude(last_error="").order_by("-id").first() if row.failing_since else None
        return last.last_error if last else "–"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {}
        if object_id.isdecimal():
            recent = WebhookDelivery.objects.filter(endpoint_id=int(object_id)).defer("body").order_by("-id")
            context["recent"] = recent[:_RECENT]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/switch/", wrap(self.switch_view), name="tickets_webhookendpoint_switch"),
            *super().get_urls(),
        ]

    def switch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Switch an endpoint off or on."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        on = request.POST.get("active") == "on"
        done = gettext("The endpoint is switched on.") if on else gettext("The endpoint is switched off.")
        by, now = actor_of(request), clock.now()
        _act(request, lambda: switch(endpoint_id=pk, active=on, by=by, now=now), done=done)
        return redirect("admin:tickets_webhookendpoint_change", pk)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What endpoints were told, newest first."""

    list_display = (
        "created_at", "endpoint", "test", "type", "ticket_reference", "state", "tries", "last_error", "next_at",
    )  # fmt: skip
    list_filter = ("state", "endpoint__test")
    list_select_related = ("endpoint",)
    list_per_page = 50
    paginator = ShortCount
    search_fields = ("=ticket_reference", "=webhook_id", "endpoint__url", "endpoint__organization__name")
    ordering = ("-id",)
    fields = (
        "endpoint", "organization", "test", "webhook_id", "type", "ticket_reference", "state", "tries", "last_error",
        "next_at", "created_at", "ended_at", "body",
    )  # fmt: skip
    readonly_fields = ("organization", "test")
    change_form_template = "admin/desk/webhook_delivery.html"
    empty_note = _(
        "What webhook endpoints were told stands here for some weeks. Empty means that nobody was told anything."
    )

    @display(description=_("Organization"))
    def organization(self, row: WebhookDelivery) -> str:
        return str(row.endpoint.organization)

    @display(description=_("test"), boolean=True)
    def test(self, row: WebhookDelivery) -> bool:
        return row.endpoint.test

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {}
        if object_id.isdecimal():
            row = WebhookDelivery.objects.filter(pk=int(object_id)).first()
            context["attempts"] = attempts_of(row) if row else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/redeliver/", wrap(self.redeliver_view), name="tickets_webhookdelivery_redeliver"),
            *super().get_urls(),
        ]

    def redeliver_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a delivery again."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("tickets.change_webhookendpoint"):
            raise PermissionDenied
        row = get_object_or_404(WebhookDelivery.objects.defer("body"), pk=pk)
        by, now = actor_of(request), clock.now()
        _act(
            request,
            lambda: redeliver(endpoint_id=row.endpoint_id, delivery_id=pk, by=by, now=now),
            done=gettext("It is sent again within seconds."),
        )
        return redirect("admin:tickets_webhookdelivery_change", pk)
