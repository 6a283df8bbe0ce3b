"""The BSP directory as the API shows it."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.pagination import LIST_PARAMETERS, page
from config.core.api.schema import described
from config.core.api.shapes import named, page_shape
from config.core.api.views import ApiView
from providers.models import Bsp
from providers.selectors.directory import directory


class BspsView(ApiView):
    """The directory of Business Solution Providers."""

    query_parameters: ClassVar = {"GET": LIST_PARAMETERS}

    @described("listBsps", page_shape(named("Bsp")), tag="Directories")
    def get(self, request: Request) -> Response:
        """List BSPs by slug with the facts that are known of them, and where they come from."""
        return page(request, directory(), order="slug", present=lambda rows: [bsp_document(bsp) for bsp in rows])


def bsp_document(bsp: Bsp) -> dict[str, Any]:
    """Return one BSP. Contacts are not part of it: clients write through their own channels."""
    return {
        "slug": bsp.slug,
        "name": bsp.name,
        "aliases": bsp.aliases,
        "two_step_off_by": bsp.two_step_off_by,
        "accepts_request_from": bsp.accepts_request_from,
        "procedure": {"kind": bsp.procedure_kind, "text": bsp.procedure},
        "stated_turnaround": bsp.stated_turnaround or None,
        "exit_conditions": bsp.exit_conditions,
        "source_url": bsp.source_url or None,
        "verified_on": bsp.verified_on.isoformat() if bsp.verified_on else None,
    }
