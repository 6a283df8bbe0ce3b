"""A filter by requirement, in words."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from migrations_app.admin.ticket_filters import Choices
from migrations_app.enums.texts import REQUIREMENT_TEXTS


class RequirementFilter(SimpleListFilter):
    """By the requirement that a row is about."""

    title = _("requirement")
    parameter_name = "requirement_code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Offer what there are rows of."""
        codes = model_admin.get_queryset(request).order_by().values_list("requirement_code", flat=True).distinct()
        return sorted(
            ((code, REQUIREMENT_TEXTS[code][0]) for code in codes if code in REQUIREMENT_TEXTS), key=lambda c: str(c[1])
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(requirement_code=self.value()) if self.value() else queryset
