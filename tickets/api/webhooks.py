"""Webhook endpoints: who is told of what, and with which secret it is signed."""

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.etags import demand_match, etag, matches
from config.core.api.fields import Email, Flag, Language, StrictText, Word
from config.core.api.idempotency import idempotent
from config.core.api.pagination import LIST_PARAMETERS, page
from config.core.api.parsers import MergePatchParser, StrictJSONParser
from config.core.api.schema import described
from config.core.api.shapes import named, page_shape
from config.core.api.times import utc
from config.core.api.validation import StrictSerializer
from config.core.api.views import ApiView, not_modified
from tickets.enums import FEED_EVENTS, EndpointOff, Scope
from tickets.models import WebhookEndpoint
from tickets.selectors.webhooks import endpoint_of, endpoints_of
from tickets.services import webhook_endpoints
from tickets.services.webhook_endpoints import EndpointWish

TAG = "Webhooks"
LONGEST_URL = 1000
_ONCE = ("secret",)


class _Types(serializers.ListField):
    """Types of the feed, each once."""

    def __init__(self, **kwargs: Any) -> None:
        child = Word([kind.value for kind in FEED_EVENTS], allow_null=False)
        super().__init__(child=child, max_length=len(FEED_EVENTS), **{"required": False, **kwargs})

    def to_internal_value(self, data: Any) -> list[str]:
        """Leave out what is said twice; the order is the list's own."""
        found = set(super().to_internal_value(data))
        return [kind.value for kind in FEED_EVENTS if kind.value in found]


class _Settings(StrictSerializer):
    """What can be said of an endpoint besides its address."""

    types = _Types(help_text="Types of events; empty: all.")
    active = Flag(allow_null=False)
    contact_email = Email(help_text="Who is told when the endpoint is switched off for its failures.")
    contact_language = Language(help_text="The language of that mail; English unless told.")


@extend_schema_serializer(component_name="NewWebhookEndpoint")
class EndpointIn(_Settings):
    """A new endpoint."""

    url = StrictText(max_length=LONGEST_URL, help_text="https to a public address, without user name and fragment.")


@extend_schema_serializer(component_name="WebhookEndpointPatch")
class EndpointPatch(_Settings):
    """Changes of an endpoint."""

    url = StrictText(max_length=LONGEST_URL, required=False)


@extend_schema_serializer(component_name="NothingToSay")
class NothingIn(StrictSerializer):
    """A body without members."""


def endpoint_document(row: WebhookEndpoint) -> dict[str, Any]:
    """Return what is told of an endpoint; its secret never is."""
    off = EndpointOff(row.off_reason)
    return {
        "id": str(row.uid),
        "url": row.url,
        "types": row.types,
        "active": row.active,
        "switched_off": {"reason": off.value, "at": utc(row.off_at), "message": str(off.label)} if off else None,
        "failing_since": utc(row.failing_since),
        "contact_email": row.contact_email or None,
        "contact_language": row.contact_language,
        "previous_secret_until": utc(row.old_secret_until),
        "test": row.test,
        "version": row.version,
        "revision": row.revision,
        "created_at": utc(row.created_at),
        "updated_at": utc(row.updated_at),
    }


def endpoint_answer(row: WebhookEndpoint, *, status: int = 200, **more: Any) -> Response:
    """Return an endpoint's document with its entity tag."""
    response = Response({**endpoint_document(row), **more}, status=status)
    response["ETag"] = _tag(row)
    return response


def _with_secret(row: WebhookEndpoint, secret: str, *, status: int) -> Response:
    """Return the document with a secret that a repeated request is not told again."""
    response = endpoint_answer(row, status=status, secret=secret)
    response.one_time_fields = _ONCE  # type: ignore[attr-defined]
    return response


def _tag(row: WebhookEndpoint) -> str:
    return etag(version=row.version, revision=row.revision)


class WebhooksView(ApiView):
    """Everything about webhooks needs its own scope, reading too: deliveries hold what other scopes guard."""

    read_scope: ClassVar[str | None] = Scope.WEBHOOKS_MANAGE.value
    write_scope: ClassVar[str | None] = Scope.WEBHOOKS_MANAGE.value
    url_problem: str = ""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Judge the request. An address in its body is looked up here, where no transaction is open."""
        super().initial(request, *args, **kwargs)
        body = request.data if request.method in {"POST", "PATCH"} else {}
        url = body.get("url") if isinstance(body, dict) else None
        if isinstance(url, str) and len(url) <= LONGEST_URL:
            self.url_problem = webhook_endpoints.judged(url)


class EndpointsView(WebhooksView):
    """The endpoints of the caller's organization: those of live or of test tickets, as its key."""

    query_parameters: ClassVar = {"GET": LIST_PARAMETERS}

    @described("listWebhookEndpoints", page_shape(named("WebhookEndpoint")), tag=TAG)
    def get(self, request: Request) -> Response:
        """List endpoints, oldest first."""
        rows = endpoints_of(self.organization_id, test=self.key.test)
        return page(request, rows, order="id", present=lambda found: [endpoint_document(row) for row in found])

    @described(
        "createWebhookEndpoint",
        named("WebhookEndpointWithSecret"),
        tag=TAG,
        status=201,
        takes=EndpointIn,
        headers=["Location", "ETag"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Add an endpoint.

        The answer shows its secret, once. A key for live tickets makes endpoints that are told of live tickets, a test key those
        that are told of test tickets.
        """
        data = self.valid(EndpointIn, request)
        webhook_endpoints.demand_good_url(data["url"], known_problem=self.url_problem)
        wish = EndpointWish(
            url=data["url"],
            types=tuple(data.get("types") or ()),
            active=data.get("active", True),
            contact_email=data.get("contact_email") or "",
            contact_language=data.get("contact_language") or "en",
        )
        row, secret = webhook_endpoints.create_endpoint(
            organization_id=self.organization_id, test=self.key.test, wish=wish, by=self.actor, now=self.now
        )
        response = _with_secret(row, secret, status=201)
        response["Location"] = request.build_absolute_uri(f"{request.path}/{row.uid}")
        return response


class OfEndpointView(WebhooksView):
    """A resource of one endpoint."""

    endpoint: WebhookEndpoint

    def load(self, request: Request, **kwargs: Any) -> None:
        """Find the endpoint.

        :raises NotFound: it does not exist for this caller.
        """
        self.endpoint = endpoint_of(self.organization_id, kwargs["endpoint_id"], test=self.key.test)


class EndpointView(OfEndpointView):
    """One endpoint."""

    parser_classes = [StrictJSONParser, MergePatchParser]
    conditional_methods = frozenset({"PATCH"})

    @described("getWebhookEndpoint", named("WebhookEndpoint"), tag=TAG)
    def get(self, request: Request, **_: Any) -> HttpResponse:
        """Return the endpoint, without its secret."""
        tag = _tag(self.endpoint)
        if matches(request.headers.get("If-None-Match"), tag):
            return not_modified(tag)
        return endpoint_answer(self.endpoint)

    @described(
        "changeWebhookEndpoint",
        named("WebhookEndpoint"),
        tag=TAG,
        takes={"application/merge-patch+json": EndpointPatch, "application/json": EndpointPatch},
        headers=["ETag"],
    )
    def patch(self, request: Request, **_: Any) -> Response:
        """Change the endpoint: a JSON merge patch made on a known version.

        Switched on again it is sent what waited for it; what happened while it was off can be replayed.
        """
        version = demand_match(request, version=self.endpoint.version)
        changes = self.valid(EndpointPatch, request)
        if "url" in changes:
            webhook_endpoints.demand_good_url(changes["url"], known_problem=self.url_problem)
        for name, default in (("contact_email", ""), ("contact_language", "en")):
            if name in changes:
                changes[name] = changes[name] or default
        row = webhook_endpoints.edit_endpoint(
            endpoint_id=self.endpoint.pk, changes=changes, version=version, by=self.actor, now=self.now
        )
        return endpoint_answer(row)

    @described("deleteWebhookEndpoint", None, tag=TAG, status=204)
    def delete(self, request: Request, **_: Any) -> Response:
        """Delete the endpoint; nothing is sent to it any more."""
        webhook_endpoints.delete_endpoint(endpoint_id=self.endpoint.pk, by=self.actor, now=self.now)
        return Response(status=204)


class RotateView(OfEndpointView):
    """A new secret."""

    takes_body = False

    @described("rotateWebhookSecret", named("WebhookEndpointWithSecret"), tag=TAG, takes=NothingIn, headers=["ETag"])
    @idempotent
    def post(self, request: Request, **_: Any) -> Response:
        """Make a new secret and show it, once; for 24 hours the old one signs too."""
        self.valid(NothingIn, request)
        row, secret = webhook_endpoints.rotate_secret(endpoint_id=self.endpoint.pk, by=self.actor, now=self.now)
        return _with_secret(row, secret, status=200)
