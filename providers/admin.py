"""The BSP directory and the accounts we hold at Meta."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.core import clock
from config.core.admin.base import DeskModelAdmin, user_actor
from providers.models import Bsp, MetaAccount
from providers.services.directory import keep_edit


@admin.register(Bsp)
class BspAdmin(DeskModelAdmin):
    """What a lead edits here stays, whatever later data files say."""

    list_display = ("name", "slug", "listens_to", "two_step_off_by", "contact_email", "verified_on")
    list_filter = ("accepts_request_from", "two_step_off_by")
    search_fields = ("name", "slug")
    ordering = ("name", "id")
    readonly_fields = ("data_version", "edited_fields")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def get_readonly_fields(self, request: HttpRequest, obj: Bsp | None = None) -> tuple[str, ...]:
        """Keep the slug of a known BSP: tickets, rules and partners know it by that."""
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    @display(description=_("Listens to"), label={"client_or_partner": "success", "client_only": "warning"})
    def listens_to(self, row: Bsp) -> tuple[str, Any]:
        return row.accepts_request_from, row.get_accepts_request_from_display()

    def save_model(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: Any) -> None:
        changed = [name for name in form.changed_data if not change or getattr(obj, name) != _stored(obj, name)]
        keep_edit(bsp=obj, fields=changed, by=user_actor(request, of_desk=True), now=clock.now())


def _stored(bsp: Bsp, name: str) -> Any:
    """Return a field as it is in the database: an empty list counts as changed to Django's form, but is not."""
    return Bsp.objects.values_list(name, flat=True).get(pk=bsp.pk)


class MetaAccountForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Asks for the name of an environment variable, and refuses what looks like the token itself."""

    class Meta:
        model = MetaAccount
        fields = ("name", "waba_id", "token_variable", "payment_ready", "app_subscribed")

    def clean_token_variable(self) -> str:
        """Refuse anything but a variable's name, so that no token is ever stored by mistake."""
        name = str(self.cleaned_data["token_variable"])
        if not name.isascii() or not name.isidentifier() or name != name.upper():
            raise forms.ValidationError(_("Name the environment variable, e.g. META_ACCESS_TOKEN; never the token."))
        return name


@admin.register(MetaAccount)
class MetaAccountAdmin(DeskModelAdmin):
    """Destination accounts. Tokens stay in the environment."""

    form = MetaAccountForm
    list_display = ("name", "waba_id", "payment_ready", "app_subscribed")
    ordering = ("name", "id")
