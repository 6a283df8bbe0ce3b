"""The BSP directory as the API shows it."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import queries
from config.core.api.pagination import LIST_PARAMETERS, page
from config.core.api.schema import described
from config.core.api.shapes import named, page_shape
from config.core.api.views import ApiView
from providers.models import Bsp
from providers.selectors.directory import bsps_like, conditions_of, directory, procedure_of, turnaround_text

_Q = OpenApiParameter("q", str, description="In slug, name or alias; case, accents and blanks do not matter.")


class BspsView(ApiView):
    """The directory of Business Solution Providers."""

    query_parameters: ClassVar = {"GET": LIST_PARAMETERS | {"q"}}

    @described("listBsps", page_shape(named("Bsp")), tag="Directories", parameters=[_Q])
    def get(self, request: Request) -> Response:
        """List BSPs by slug with the facts that are known of them, and where they come from."""
        wanted = queries.text(request, "q")
        rows = directory() if wanted is None else bsps_like(directory(), wanted)
        return page(request, rows, order="slug", present=lambda found: [bsp_document(bsp) for bsp in found])


def bsp_document(bsp: Bsp) -> dict[str, Any]:
    """Return one BSP. Contacts are not part of it: clients write through their own channels."""
    return {
        "slug": bsp.slug,
        "name": bsp.name,
        "aliases": bsp.aliases,
        "direction": bsp.direction,
        "two_step_off_by": bsp.two_step_off_by,
        "accepts_request_from": bsp.accepts_request_from,
        "channel": bsp.channel,
        "stated_turnaround": _turnaround(bsp),
        "exit_conditions": [
            {"code": entry.code, "days": entry.days, "text": entry.text} for entry in conditions_of(bsp)
        ],
        "procedure": {
            "kind": bsp.procedure_kind,
            "steps": [{"code": step.code, "text": step.text} for step in procedure_of(bsp)],
        },
        "source_url": bsp.source_url or None,
        "verified_on": bsp.verified_on.isoformat() if bsp.verified_on else None,
    }


def _turnaround(bsp: Bsp) -> dict[str, Any] | None:
    if not bsp.turnaround_of:
        return None
    least, most = bsp.turnaround_least, bsp.turnaround_most
    return {
        "of": bsp.turnaround_of,
        "least": None if least is None else float(least),
        "most": None if most is None else float(most),
        "unit": bsp.turnaround_unit,
        "text": turnaround_text(bsp),
    }
