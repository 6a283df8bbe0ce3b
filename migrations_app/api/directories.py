"""Destinations and requirement types."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.pagination import LIST_PARAMETERS, page, page_of
from config.core.api.schema import described
from config.core.api.shapes import named, page_shape
from config.core.api.views import ApiView
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import Playbook
from migrations_app.rules.requirements import CATALOGUE
from migrations_app.selectors.playbooks import active_playbooks


class DestinationsView(ApiView):
    """Where numbers can go."""

    query_parameters: ClassVar = {"GET": LIST_PARAMETERS}

    @described("listDestinations", page_shape(named("Destination")), tag="Directories")
    def get(self, request: Request) -> Response:
        """List destinations by slug with who executes the move."""
        return page(request, active_playbooks(), order="slug", present=_destinations)


def _destinations(rows: list[Playbook]) -> list[dict[str, Any]]:
    return [
        {
            "slug": row.slug,
            "name": row.name,
            "execution": row.execution,
            "default": row.is_default,
            "requirements": row.requirements,
        }
        for row in rows
    ]


class RequirementTypesView(ApiView):
    """The closed list of requirements."""

    read_scope: ClassVar[str | None] = None
    query_parameters: ClassVar = {"GET": LIST_PARAMETERS}

    @described("listRequirementTypes", page_shape(named("RequirementType")), tag="Directories")
    def get(self, request: Request) -> Response:
        """List requirement types in the caller's language."""
        rows = [
            {
                "code": line.code.value,
                "owner": line.owner.value,
                "scope": "number" if line.per_number else "case",
                "blocks": line.blocks.value,
                "title": str(REQUIREMENT_TEXTS[line.code][0]),
                "help": str(REQUIREMENT_TEXTS[line.code][1]),
            }
            for line in CATALOGUE.values()
        ]
        return page_of(request, rows)
