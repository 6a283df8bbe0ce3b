"""The base of every API view: the order of refusals, the actor, scopes, limits and headers in one place."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from django.utils.translation import get_language
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.core import clock
from config.core.actor import Actor
from config.core.api.deprecation import Deprecation
from config.core.api.negotiation import QuickNegotiation
from config.core.api.problems import VARY, ApiProblem
from config.core.api.renderers import ApiJSONRenderer
from config.core.api.throttling import take
from config.core.api.validation import StrictSerializer

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_JSON = ApiJSONRenderer()


class ApiView(APIView):
    """One resource. Subclasses say which scope it needs, which query parameters it knows, and load their object.

    Refusals come in this order: 401, 403, 404, 405/406/415, 400, 428, 412, 422, 409.
    """

    read_scope: ClassVar[str | None] = "tickets:read"
    write_scope: ClassVar[str | None] = "tickets:write"
    query_parameters: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Known query parameters by method (HEAD knows GET's); anything else is refused."""
    conditional_methods: ClassVar[frozenset[str]] = frozenset()
    """Methods that demand If-Match."""
    reading_methods: ClassVar[frozenset[str]] = READ_METHODS
    """Methods that change nothing: they need the scope for reading and count as reads."""
    content_negotiation_class = QuickNegotiation
    counters_with_key: ClassVar[bool] = False
    """Whether the counters of the ticket in the address are read along with the key: one question to the database for a poll."""
    takes_body: ClassVar[bool] = True
    """Whether a body is needed; where it is not, an empty one counts as an empty object."""

    deprecation: ClassVar[Deprecation | None] = None
    """Since when it should not be used any more; every answer and the description say so."""

    max_body: ClassVar[int | None] = None
    """Most bytes of a body; None: what the settings allow."""

    actor: Actor
    key: Any
    """The caller's API key."""
    now: datetime
    """The moment of the request: one for everything that it does."""

    @property
    def organization_id(self) -> int:
        """Return the caller's organization."""
        return int(self.actor.organization_id or 0)

    def scope_for(self, method: str | None) -> str | None:
        """Return the scope that this method needs; None means that no key is needed."""
        return self.read_scope if method in self.reading_methods else self.write_scope

    def cost(self, request: Request) -> int:
        """Return how many requests this one counts as."""
        return 1

    def load(self, request: Request, **kwargs: Any) -> None:
        """Find the object that the URL names, before anything else of the request is judged.

        :raises NotFound: it does not exist for this caller.
        """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Judge the request in the published order of refusals."""
        self.format_kwarg = None
        self.now = clock.now()
        self._identify(request)
        self.check_permissions(request)
        self.load(request, **kwargs)
        method = str(request.method).lower()
        if method not in self.http_method_names or not hasattr(self, method):
            raise exceptions.MethodNotAllowed(str(request.method))
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self._judge_body(request)
        self._judge_query(request)

    def _identify(self, request: Request) -> None:
        try:
            caller: Any = request.user
        except exceptions.AuthenticationFailed:
            # Guessing keys is counted against the address it comes from.
            self._limit(request, None)
            raise
        self._limit(request, caller)
        if caller is not None:
            self.actor, self.key = caller, request.auth
        elif self.scope_for(request.method) is not None:
            raise exceptions.NotAuthenticated

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> NoReturn:
        """Refuse for lack of scope; who is not known at all was refused before."""
        raise exceptions.PermissionDenied

    def charge(self, request: Request, cost: int) -> None:
        """Count this request as `cost` further ones.

        :raises Throttled: they are more than the caller's limit allows.
        """
        if cost > 0:
            self._limit(request, self.actor, cost=cost)

    def _limit(self, request: Request, caller: Any, *, cost: int | None = None) -> None:
        if caller is None:
            policy, principal = "anonymous", str(request.META.get("REMOTE_ADDR", ""))
        else:
            policy = "read" if request.method in self.reading_methods else "write"
            principal = str(caller.id)
        allowance = take(policy, principal, cost=self.cost(request) if cost is None else cost)
        request._request.rate_allowance = allowance  # type: ignore[attr-defined]  # noqa: SLF001
        if allowance.exceeded:
            raise exceptions.Throttled(wait=allowance.seconds)

    def _judge_body(self, request: Request) -> None:
        if request.method in READ_METHODS or request.method == "DELETE":
            return
        declared = str(request.META.get("CONTENT_LENGTH") or "0")
        if declared.isdigit() and int(declared) > (self.max_body or settings.DATA_UPLOAD_MAX_MEMORY_SIZE):
            raise RequestDataTooBig
        if declared == "0":
            if self.takes_body:
                raise ApiProblem("invalid_body")
            return
        media_type = str(request.content_type or "").split(";")[0].strip().lower()
        if all(media_type != parser.media_type for parser in self.get_parsers()):
            raise exceptions.UnsupportedMediaType(media_type)
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
            raise exceptions.UnsupportedMediaType(media_type)
        if not isinstance(request.data, dict):
            raise ApiProblem("invalid_body")
        self.judge_content(request)

    def judge_content(self, request: Request) -> None:
        """Refuse a body for what its parts are (415), before anything is said about the query or about values."""

    def _judge_query(self, request: Request) -> None:
        method = "GET" if request.method == "HEAD" else str(request.method)
        known = self.query_parameters.get(method, frozenset())
        for name, values in request.query_params.lists():
            if name not in known:
                raise ApiProblem("unknown_parameter", parameter=name)
            # What was no UTF-8 has become U+FFFD on its way here.
            if any("\x00" in value or "\ufffd" in value for value in values):
                raise ApiProblem("invalid_parameter", parameter=name)

    def valid(self, serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
        """Return the body as the serializer understands it.

        :raises ValidationError: it does not hold (422, every wrong place at once).
        """
        form = serializer(data=request.data or {})
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        """Say which methods there are; the description of everything else is openapi.json."""
        return Response(status=204)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add the headers that every answer of the API carries."""
        if response.status_code >= 400:  # noqa: PLR2004
            # A refusal is a problem document whatever format was asked for.
            request.accepted_renderer, request.accepted_media_type = _JSON, _JSON.media_type
        response = super().finalize_response(request, response, *args, **kwargs)
        headers = response.headers
        headers.setdefault("Cache-Control", "private, no-cache")
        headers.setdefault("Content-Language", get_language() or "en")
        headers["Vary"] = VARY
        if self.deprecation:
            self.deprecation.announce(response)
        return response


def not_modified(tag: str) -> HttpResponse:
    """Return the empty 304 answer."""
    response = HttpResponse(status=304, headers={"ETag": tag})
    del response.headers["Content-Type"]
    return response
