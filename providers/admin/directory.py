"""The BSP directory."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import TabularInline
from unfold.decorators import display

from config.core import clock
from config.core.admin.base import DeskModelAdmin, user_actor
from providers.forms import BspForm
from providers.models import Bsp, BspName
from providers.selectors.directory import conditions_of, procedure_of
from providers.services.directory import keep_edit


class LearnedNames(TabularInline):
    """Names that the desk has learned from tickets; a wrong one is deleted here."""

    model = BspName
    extra = 0
    fields = ("name",)
    readonly_fields = ("name",)
    verbose_name_plural = _("Names learned from tickets (shown to nobody else)")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BspName]:
        rows: QuerySet[BspName] = super().get_queryset(request).filter(learned=True)
        return rows

    def has_add_permission(self, request: HttpRequest, obj: Bsp | None = None) -> bool:
        return False


@admin.register(Bsp)
class BspAdmin(DeskModelAdmin):
    """What a lead edits here stays, whatever later data files say."""

    form = BspForm
    inlines = (LearnedNames,)
    list_display = ("name", "off_by", "listens_to", "channel", "procedure_from", "verified", "source", "edited")
    list_filter = ("two_step_off_by", "accepts_request_from", "procedure_kind", "direction")
    search_fields = ("name", "slug", "names__name")
    ordering = ("name", "id")
    readonly_fields = ("shown_procedure", "edited", "data_version")
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    fieldsets = (
        (None, {"fields": ("slug", "name", "aliases", "countries")}),
        (
            _("Leaving it"),
            {"fields": ("direction", "two_step_off_by", "accepts_request_from", "channel", "contact_email", "contact_url",
                        "http_endpoint", "letter_language", "office_timezone", "office_country", "waba_ownership")},
        ),
        (_("Stated time"), {"fields": ("turnaround_of", "turnaround_least", "turnaround_most", "turnaround_unit")}),
        (_("Procedure"), {"fields": ("procedure_kind", "procedure", "exit_conditions", "shown_procedure")}),
        (_("Where it comes from"), {"fields": ("source_url", "verified_on", "data_version", "edited")}),
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Bsp | None = None) -> tuple[str, ...]:
        """Keep the slug of a known BSP: tickets, rules and partners know it by that."""
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    @display(description=_("Two-step off by"), ordering="two_step_off_by")
    def off_by(self, row: Bsp) -> str:
        return str(row.get_two_step_off_by_display())

    @display(
        description=_("Listens to"), label={"client_or_partner": "success", "client_only": "warning", "unknown": None}
    )
    def listens_to(self, row: Bsp) -> tuple[str, Any]:
        return row.accepts_request_from, row.get_accepts_request_from_display()

    @display(description=_("Procedure from"), label={"documented": "success", "reported": "warning", "generic": None})
    def procedure_from(self, row: Bsp) -> tuple[str, Any]:
        return row.procedure_kind, row.get_procedure_kind_display()

    @display(description=_("Verified"), ordering="verified_on")
    def verified(self, row: Bsp) -> str:
        """Say how long ago the facts were checked; the day itself is on the entry's page."""
        if row.verified_on is None:
            return str(_("never"))
        days = max((clock.now().date() - row.verified_on).days, 0)
        return ngettext("%(days)s day ago", "%(days)s days ago", days) % {"days": days}

    @display(description=_("Source"))
    def source(self, row: Bsp) -> str:
        if not row.source_url:
            return "–"
        link = '<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>'
        return format_html(link, row.source_url, urlsplit(row.source_url).netloc)

    @display(description=_("Edited by a lead"))
    def edited(self, row: Bsp) -> str:
        labels = {field.name: str(field.verbose_name) for field in Bsp._meta.fields}
        names = [labels.get(name, name) for name in row.edited_fields]
        return ", ".join(names) or "–"

    @display(description=_("As clients read it"))
    def shown_procedure(self, row: Bsp) -> str:
        if row._state.adding:  # noqa: SLF001  (Django's documented flag of a row not saved yet)
            return "–"
        lines = [entry.text for entry in (*procedure_of(row), *conditions_of(row))]
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}</li>", ((line,) for line in lines)))

    def save_model(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: Any) -> None:
        changed = [name for name in form.changed_data if not change or getattr(obj, name) != _stored(obj, name)]
        keep_edit(bsp=obj, fields=changed, by=user_actor(request, of_desk=True), now=clock.now())


def _stored(bsp: Bsp, name: str) -> Any:
    """Return a field as it is in the database: an empty list counts as changed to Django's form, but is not."""
    return Bsp.objects.values_list(name, flat=True).get(pk=bsp.pk)
