"""The base of every API view: the order of refusals, the actor, scopes, limits and headers in one place."""

from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import get_language
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.core.actor import Actor
from config.core.api.problems import ApiProblem
from config.core.api.throttling import Allowance, take
from config.core.api.validation import StrictSerializer

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ApiView(APIView):
    """One resource. Subclasses say which scope it needs, which query parameters it knows, and load their object.

    Refusals come in this order: 401, 403, 404, 405/406/415, 400, 428, 412, 422, 409.
    """

    read_scope: ClassVar[str | None] = "tickets:read"
    write_scope: ClassVar[str | None] = "tickets:write"
    query_parameters: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Known query parameters by method; anything else is refused."""
    takes_body: ClassVar[bool] = True

    actor: Actor
    key: Any
    """The caller's API key."""
    _allowance: Allowance | None = None

    @property
    def organization_id(self) -> int:
        """Return the caller's organization."""
        return int(self.actor.organization_id or 0)

    def scope_for(self, method: str | None) -> str | None:
        """Return the scope that this method needs; None means that no key is needed."""
        return self.read_scope if method in READ_METHODS else self.write_scope

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
        self.perform_authentication(request)
        self._limit(request)
        caller: Any = request.user
        if caller is not None:
            self.actor, self.key = caller, request.auth
        elif self.scope_for(request.method) is not None:
            raise exceptions.NotAuthenticated
        self.check_permissions(request)
        self.load(request, **kwargs)
        if not hasattr(self, str(request.method).lower()):
            raise exceptions.MethodNotAllowed(str(request.method))
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self._judge_body(request)
        self._judge_query(request)

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> NoReturn:
        """Refuse for lack of scope; who is not known at all was refused before."""
        raise exceptions.PermissionDenied

    def _limit(self, request: Request) -> None:
        caller: Any = request.user
        if caller is None:
            policy, principal = "anonymous", str(request.META.get("REMOTE_ADDR", ""))
        else:
            policy = "read" if request.method in READ_METHODS else "write"
            principal = str(caller.id)
        allowance = take(policy, principal, cost=self.cost(request))
        request._request.rate_allowance = allowance  # type: ignore[attr-defined]  # noqa: SLF001
        if allowance.exceeded:
            raise exceptions.Throttled(wait=allowance.seconds)

    def _judge_body(self, request: Request) -> None:
        if request.method in READ_METHODS or request.method == "DELETE":
            return
        declared = str(request.META.get("CONTENT_LENGTH") or "0")
        if declared.isdigit() and int(declared) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        if declared == "0" and not self.takes_body:
            return
        if request.content_type and not any(
            request.content_type.split(";")[0].strip().lower() == parser.media_type for parser in self.get_parsers()
        ):
            raise exceptions.UnsupportedMediaType(request.content_type)
        if not isinstance(self.body(request), dict):
            raise ApiProblem("invalid_body")

    def body(self, request: Request) -> Any:
        """Return the parsed body; an empty one counts as an empty object where the view needs none."""
        data = request.data
        return {} if not self.takes_body and not data else data

    def _judge_query(self, request: Request) -> None:
        known = self.query_parameters.get(str(request.method), frozenset())
        for name, values in request.query_params.lists():
            if name not in known:
                raise ApiProblem("unknown_parameter", parameter=name)
            if any("\x00" in value for value in values):
                raise ApiProblem("invalid_parameter", parameter=name)

    def valid(self, serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
        """Return the body as the serializer understands it.

        :raises ValidationError: it does not hold (422, every wrong place at once).
        """
        form = serializer(data=self.body(request))
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add the headers that every answer of the API carries."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code < 400:  # noqa: PLR2004
            response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers["Content-Language"] = get_language() or "en"
        response.headers["Vary"] = "Authorization, Accept-Language, Accept-Encoding"
        return response


def not_modified(tag: str) -> Response:
    """Return the empty 304 answer."""
    response = Response(status=304)
    response["ETag"] = tag
    return response
