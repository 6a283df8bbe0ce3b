"""Live and test apart on the desk's pages: lists show live work unless somebody asks for the other; a badge tells them apart."""

from typing import Any, ClassVar, Protocol

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from migrations_app.admin.words import badge


class Marked(Protocol):
    """What belongs to the live or to the test world."""

    test: Any


def named(row: Marked, words: Any) -> SafeString:
    """Return what a list calls something, with a badge where it is only tried."""
    if not row.test:
        return format_html("{}", words)
    return format_html("{} {}", words, badge(gettext("TEST"), "warning"))


class WorldFilter(DropdownFilter):
    """Live rows, unless somebody asks for test ones or looks for something by name; `path` leads to the ticket's flag."""

    title = _("test")
    parameter_name = "test"
    all_option: ClassVar = ["", _("Live tickets")]
    path = "test"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("test", _("Test tickets")), ("all", _("Live and test tickets"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value == "all" or (value is None and request.GET.get("q")):
            return queryset
        return queryset.filter(**{f"{self.path}__in": [value == "test"]})


class CaseWorldFilter(WorldFilter):
    """The same for what belongs to a case: the desk's tasks, chases."""

    path = "case__ticket__test"


class CallWorldFilter(WorldFilter):
    """The same for calls."""

    path = "ticket__test"
