"""What the service says of itself: who you are, its queues, statuses and problems."""

from typing import Any, ClassVar

from django.utils.translation import gettext
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.codes import CATALOGUE
from config.core.api.pagination import LIST_PARAMETERS, page, page_of
from config.core.api.permissions import ANY_KEY
from config.core.api.problems import problem_url
from config.core.api.renderers import ApiJSONRenderer, HtmlProblemRenderer
from config.core.api.schema import described
from config.core.api.shapes import named, page_shape
from config.core.api.times import utc
from config.core.api.views import ApiView
from config.core.errors import NotFound
from tickets.enums import ON_HOLD, TicketStatus
from tickets.models import Queue
from tickets.rules.lifecycle import TICKET, category
from tickets.selectors.api import key_with_organization


class MeView(ApiView):
    """The caller."""

    read_scope: ClassVar[str | None] = ANY_KEY

    @described("getMe", named("Me"), tag="Service")
    def get(self, request: Request) -> Response:
        """Return organization and key of the caller."""
        key = key_with_organization(self.key.id)
        body = {
            "organization": {"name": key.organization.name, "kind": key.organization.kind},
            "key": {
                "prefix": key.prefix,
                "scopes": sorted(key.scopes),
                "test": key.test,
                "expires_at": utc(key.expires_at),
            },
        }
        return Response(body)


class QueuesView(ApiView):
    """The onboarding queues."""

    query_parameters: ClassVar = {"GET": LIST_PARAMETERS}

    @described("listQueues", page_shape(named("Queue")), tag="Directories")
    def get(self, request: Request) -> Response:
        """List queues by slug."""
        return page(request, Queue.objects.all(), order="slug", present=_queues)


def _queues(rows: list[Queue]) -> list[dict[str, Any]]:
    return [{"slug": queue.slug, "name": queue.name} for queue in rows]


class StatusesView(ApiView):
    """The statuses of a ticket, and which may follow which."""

    read_scope: ClassVar[str | None] = None
    query_parameters: ClassVar = {"GET": LIST_PARAMETERS}

    @described("listStatuses", page_shape(named("Status")), tag="Directories")
    def get(self, request: Request) -> Response:
        """List statuses with category and successors."""
        rows = [
            {
                "value": status.value,
                "label": str(status.label),
                "category": category(status, on_hold=False).value,
                "next": sorted(following.value for following in TICKET.successors(status)),
            }
            for status in TicketStatus
        ]
        rows.append({"value": ON_HOLD, "label": gettext("On hold"), "category": "pending", "next": []})
        return page_of(request, rows)


def problem_page(code: str) -> dict[str, Any]:
    """Return what is told of one kind of problem."""
    kind = CATALOGUE[code]
    return {
        "code": code,
        "type": problem_url(code),
        "status": kind.status,
        "title": str(kind.title),
        "how_to_fix": str(kind.fix),
    }


class ProblemsView(ApiView):
    """Every kind of problem the API answers with."""

    read_scope: ClassVar[str | None] = None
    query_parameters: ClassVar = {"GET": LIST_PARAMETERS}

    @described("listProblems", page_shape(named("ProblemType")), tag="Directories")
    def get(self, request: Request) -> Response:
        """List problems by code."""
        return page_of(request, [problem_page(code) for code in sorted(CATALOGUE)])


class ProblemView(ApiView):
    """One kind of problem, for machines and for people."""

    read_scope: ClassVar[str | None] = None
    renderer_classes = [ApiJSONRenderer, HtmlProblemRenderer]

    def load(self, request: Request, **kwargs: Any) -> None:
        """Find the problem.

        :raises NotFound: there is no such code.
        """
        if kwargs["code"] not in CATALOGUE:
            raise NotFound

    @described("getProblem", named("ProblemType"), tag="Directories")
    def get(self, request: Request, *, code: str) -> Response:
        """Tell what the problem means and how to put it right."""
        return Response(problem_page(code))
