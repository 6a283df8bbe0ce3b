"""Partners' own systems: a lead enters the address, says who uses it, and hands the key over."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from config.core import clock
from config.core.admin.base import DeskModelAdmin
from migrations_app.models import OrganizationEndpoint
from providers.models import HttpEndpoint
from providers.services import endpoints
from tickets.admin import actor_of

_PROBLEMS = {
    "malformed": _("This is no address of a web server."),
    "with_secrets": _("The address must carry no user name, password or fragment."),
    "not_https": _("The address must begin with https://."),
    "private_address": _("Messages may not be sent to this address: it is not a public one."),
}


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Refuses addresses that are never called."""

    class Meta:
        model = HttpEndpoint
        fields = ("name", "active")  # the admin names all of them

    def clean_url(self) -> str:
        """Refuse what the channel would refuse."""
        url = str(self.cleaned_data["url"])
        problem = endpoints.url_problem(url)
        if problem:
            raise forms.ValidationError(_PROBLEMS[problem])
        return url


class Users(TabularInline):
    """The organizations whose clients are reached through it."""

    model = OrganizationEndpoint
    extra = 0
    autocomplete_fields = ("organization",)


@admin.register(HttpEndpoint)
class HttpEndpointAdmin(DeskModelAdmin):
    """The key is shown when it is made, and never again: it is derived, not stored."""

    form = EndpointForm
    inlines = (Users,)
    list_display = ("name", "url", "active", "used_by", "off_since")
    search_fields = ("name", "url")
    ordering = ("name", "id")
    fields = ("name", "url", "active", "off_since", "shown_at", "rotated_at")
    readonly_fields = ("off_since", "shown_at", "rotated_at")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    change_form_template = "admin/desk/endpoint.html"

    @display(description=_("Used by"))
    def used_by(self, row: HttpEndpoint) -> str:
        names = [*row.bsps.values_list("name", flat=True)]
        names += OrganizationEndpoint.objects.filter(endpoint=row).values_list("organization__name", flat=True)
        return ", ".join(sorted(names)) or "–"

    def save_model(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: Any) -> None:
        if obj.active:
            obj.off_since = None
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/key/", wrap(self.key_view), name="providers_httpendpoint_key"),
            *super().get_urls(),
        ]

    def key_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the key, once, in this very answer: the first one of a new endpoint, or a new one that takes its place."""
        if not request.user.has_perm("providers.change_httpendpoint"):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = get_object_or_404(HttpEndpoint, pk=pk)
        make = endpoints.show_secret if row.shown_at is None else endpoints.new_secret
        try:
            key = make(endpoint_id=row.pk, by=actor_of(request), now=clock.now())
        except endpoints.KeyShownAlready:
            key = ""
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Key of an endpoint"),
            "endpoint": row,
            "key": key,
        }
        # The admin marks every answer as one that nobody keeps (no-store).
        return TemplateResponse(request, "admin/desk/endpoint_key.html", context)
