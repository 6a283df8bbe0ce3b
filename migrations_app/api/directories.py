"""Destinations and requirement types."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.pagination import LIST_PARAMETERS, page, page_of
from config.core.api.schema import described
from config.core.api.shapes import named, page_shape
from config.core.api.views import ApiView
from migrations_app.enums import Execution, Flow
from migrations_app.enums.texts import REQUIREMENT_TEXTS, stage_words
from migrations_app.models import Playbook
from migrations_app.rules.flows import plan_of
from migrations_app.rules.requirements import CATALOGUE, codes_for
from migrations_app.selectors.playbooks import active_playbooks
from migrations_app.services.deriving import destination_of, playbook_copy, stage_copy


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
            "flows": _flows(row),
            "stages": [_stage(stage_copy(stage)) for stage in row.stages.all()],
            "wallet_minimum": _wallet(row),
            "source_url": row.source_url or None,
            "verified_on": row.verified_on.isoformat() if row.verified_on else None,
            "version": row.version,
        }
        for row in rows
    ]


def _flows(row: Playbook) -> list[dict[str, Any]]:
    """Return which flows the destination takes, each with what it asks for and whether it needs a call."""
    facts = destination_of(playbook_copy(row))
    number_flow = Flow.NUMBER_BY_EMBEDDED_SIGNUP if facts.execution == Execution.EMBEDDED_SIGNUP else Flow.NUMBER_BY_API
    return [
        {
            "flow": flow.value,
            "call": plan_of(flow, facts.execution).call,
            "requirements": [code.value for code in CATALOGUE if code in codes_for(flow, facts)],
        }
        for flow in (number_flow, Flow(row.account_flow), Flow.HOSTING_CHANGE)
    ]


def _stage(stage: dict[str, Any]) -> dict[str, Any]:
    lasts = stage["lasts"]
    return {
        "slug": stage["slug"],
        "title": stage_words(stage["title"]),
        "description": stage_words(stage["what"]),
        "requirements": stage["requirements"],
        "numbers_move": stage["moves"],
        "duration": {"least": lasts[0], "most": lasts[1], "unit": lasts[2]} if lasts else None,
    }


def _wallet(row: Playbook) -> dict[str, Any] | None:
    return {"amount": row.wallet_minimum_usd, "currency": "USD"} if row.wallet_minimum_usd else None


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
