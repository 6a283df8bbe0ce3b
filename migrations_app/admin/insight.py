"""How long BSPs take, read-only, and the sentence on a ticket that rests on it."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from config.core.admin.base import ReadOnlyAdmin
from migrations_app.admin.requirement_filter import RequirementFilter
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import BspPace, MigrationCase

_IN_HOURS = timedelta(days=2)


def span(time: timedelta) -> str:
    """Return a length of time in words: hours up to two days, then days with one decimal."""
    if time < _IN_HOURS:
        hours = max(1, round(time / timedelta(hours=1)))
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    days = round(time / timedelta(days=1), 1)
    whole = days == int(days)
    shown = number_format(days, decimal_pos=0 if whole else 1)
    # Slavic languages put a fraction into the case that follows two.
    return ngettext("%(shown)s day", "%(shown)s days", int(days) if whole else 2) % {"shown": shown}


def ready_line(case: MigrationCase, zone: ZoneInfo, now: datetime) -> str:
    """Return the sentence about when the case should be ready; empty where nothing is predicted."""
    if case.ready_likely_at is None or case.ready_late_at is None:
        return ""
    facts: dict[str, Any] = {
        "likely": date_format(case.ready_likely_at.astimezone(zone), "j M"),
        "late": date_format(case.ready_late_at.astimezone(zone), "j M"),
        "count": case.ready_cases,
    }
    if case.ready_late_at <= now:
        return _("Takes longer than nine of ten of %(count)s known cases (%(late)s).") % facts
    if case.ready_likely_at <= now:
        return _("Slower than half of %(count)s known cases; nine of ten were ready by %(late)s.") % facts
    return _("Ready by %(likely)s in half of %(count)s known cases, by %(late)s in nine of ten.") % facts


@admin.register(BspPace)
class BspPaceAdmin(ReadOnlyAdmin):
    """One line per BSP and demand; the line without a BSP is all of them together."""

    list_display = ("who", "demand", "cases", "open_cases", "half", "nine_of_ten", "messages", "escalated_percent")
    list_filter = (RequirementFilter,)
    empty_note = gettext_lazy(
        "How long each old BSP took in past cases. Empty means that too few cases are through to say anything."
    )
    search_fields = ("bsp__name",)
    list_select_related = ("bsp",)
    ordering = ("requirement_code", "-median")
    fields = (*list_display, "updated_at")
    readonly_fields = fields

    @display(description=gettext_lazy("Old BSP"), ordering="bsp__name")
    def who(self, row: BspPace) -> str:
        return row.bsp.name if row.bsp else _("All together")

    @display(description=gettext_lazy("Demand"), ordering="requirement_code")
    def demand(self, row: BspPace) -> str:
        words = REQUIREMENT_TEXTS.get(row.requirement_code)
        return str(words[0]) if words else row.requirement_code

    @display(description=gettext_lazy("Half within"), ordering="median")
    def half(self, row: BspPace) -> str:
        return span(row.median)

    @display(description=gettext_lazy("Nine of ten within"), ordering="late")
    def nine_of_ten(self, row: BspPace) -> str:
        return span(row.late)
