"""The published API description: made from the views, committed, and served as committed."""

import json
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.urls import include, path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.codes import CATALOGUE
from config.core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from config.core.api.schema import ALWAYS, described
from config.core.api.shapes import ANYTHING, SHAPES, TEXT, WHOLE, Shape, problem_of
from config.core.api.views import ApiView
from config.openapi_examples import add_examples
from config.openapi_links import add_links
from config.openapi_words import explain
from migrations_app.api.eligibility import SHAPES as ELIGIBILITY_SHAPES
from migrations_app.api.exports import SHAPES as EXPORT_SHAPES
from migrations_app.api.handover import SHAPES as HAND_OVER_SHAPES
from migrations_app.api.shapes import SHAPES as MIGRATION_SHAPES
from providers.api.shapes import SHAPES as PROVIDER_SHAPES
from tickets.api.shapes import SHAPES as TICKET_SHAPES
from tickets.api.webhook_shapes import webhooks

OPENAPI_FILE = settings.BASE_DIR / "docs" / "openapi.json"
INTRODUCTION = """Moves WhatsApp Business numbers from one Business Solution Provider to another.

File a ticket, answer what it asks for, choose a time for the verification-code call, and watch it by polling with the
`ETag` you were given. Every refusal is a problem document (RFC 9457) whose `code` is stable and whose `type` is an address
that explains it. Every POST takes an `Idempotency-Key`. Nothing here ever takes, shows or stores a 6-digit code or a
two-step PIN.
"""
TAGS = {
    "Tickets": "Filing, reading, changing and ending tickets.",
    "Requirements": "What must be true before the call, and who is reminded of it.",
    "Share links": "Links to the page of a ticket for people without an account.",
    "Pin calls": "The appointment in which the 6-digit codes are received and the numbers are cut over.",
    "Conversation": "Public comments, files, and what happened.",
    "Webhooks": "Being told of what happens, instead of asking.",
    "Exports": "Tickets as a file: CSV, NDJSON or XLSX.",
    "Directories": "Words, providers, destinations, queues.",
    "Service": "The caller, and this description.",
}
_HEADERS: dict[str, str] = {
    "X-Request-Id": "The request's id: the caller's own if it sent a sane one.",
    "RateLimit-Policy": 'The policy that counts, e.g. `"read";q=6000;w=60`.',
    "RateLimit": 'What is left of it, e.g. `"read";r=5999;t=42`.',
    "Content-Language": "The language of titles, details and messages.",
    "ETag": "A strong tag: equal tags, equal documents. Send it back in If-None-Match or If-Match.",
    "Location": "The address of what was made.",
    "Link": 'The next page, `rel="next"`.',
    "Idempotency-Replayed": "`true` when this is the stored answer of an earlier request with the same key.",
    "Retry-After": "Seconds to wait before repeating.",
    "Content-Disposition": "The file's name.",
    "Deprecation": "Since when this should not be used any more (RFC 9745), e.g. `@1798761600`. Link tells what to use.",
    "Sunset": "When it may be gone (RFC 8594).",
}
_WHEN_DEPRECATED = {"Deprecation", "Sunset"}
_LANGUAGES = [code for code, _name in settings.LANGUAGES]


class OpenApiView(ApiView):
    """The API description."""

    read_scope: ClassVar[str | None] = None

    @described("getOpenApi", ANYTHING, tag="Service")
    def get(self, request: Request) -> Response:
        """This document (OpenAPI 3.1)."""
        return Response(published())


class DocsView(SpectacularSwaggerSplitView):
    """The description as a page to read and try; scripts and styles come from here alone."""

    url_name = "openapi"
    template_name = "docs.html"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the page, or its script."""
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return response


@cache
def published() -> dict[str, Any]:
    """Return the committed description."""
    document: dict[str, Any] = json.loads(OPENAPI_FILE.read_text(encoding="utf-8"))
    return document


class Doubtful(Exception):
    """The generator was not sure of something; its words tell where."""


def generated() -> str:
    """Return the description that the code makes, as the text to commit.

    :raises Doubtful: the generator has warnings or errors.
    """
    GENERATOR_STATS.reset()
    with patched_settings(_generator_settings()), GENERATOR_STATS.silence():
        untyped: Any = SchemaGenerator
        document = untyped(patterns=[path("api/v1/", include("config.api_urls"))]).get_schema(public=True)
    doubts = [*GENERATOR_STATS._error_cache, *GENERATOR_STATS._warn_cache]  # noqa: SLF001  (it offers no reader)
    if doubts:
        raise Doubtful("\n".join(map(str, doubts)))
    # Shapes are used many times over: only a copy can be told what it means at each place.
    whole = _without_marks(_completed(document))
    explain(whole)
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _generator_settings() -> dict[str, Any]:
    return {
        "DESCRIPTION": INTRODUCTION,
        "TAGS": [{"name": name, "description": words} for name, words in TAGS.items()],
        "SERVERS": [{"url": "/"}],
        "COMPONENT_SPLIT_REQUEST": False,
        "COMPONENT_SPLIT_PATCH": False,
        "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
        # Words stand where they are used: no enum components with made-up names.
        "POSTPROCESSING_HOOKS": [],
    }


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    document["webhooks"] = webhooks()
    components = document["components"]
    components["schemas"] |= {
        **SHAPES,
        **MIGRATION_SHAPES,
        **ELIGIBILITY_SHAPES,
        **EXPORT_SHAPES,
        **HAND_OVER_SHAPES,
        **PROVIDER_SHAPES,
        **TICKET_SHAPES,
    }
    components["parameters"] = _parameters()
    components["headers"] = {
        name: {"description": text, "schema": WHOLE if name == "Retry-After" else TEXT}
        for name, text in _HEADERS.items()
        if name not in _WHEN_DEPRECATED or f"/{name}'" in str(document["paths"])
    }
    always = {name: {"$ref": f"#/components/headers/{name}"} for name in ALWAYS}
    waiting = {**always, "Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    components["responses"] = {
        f"Problem{status}": {**problem_of(status), "headers": waiting if status in {409, 429, 503} else always}
        for status in sorted({kind.status for kind in CATALOGUE.values()})
        if f"/Problem{status}'" in str(document["paths"])
    }
    add_links(document)
    add_examples(document)
    components["responses"]["NotModified"] = {
        "description": "You have it already.",
        "headers": {**always, "ETag": {"$ref": "#/components/headers/ETag"}},
    }
    return document


def _without_marks(node: Any) -> Any:
    """Return the document without the generator's own bookkeeping."""
    if isinstance(node, dict):
        return {name: _without_marks(value) for name, value in node.items() if name != "x-spec-enum-id"}
    return [_without_marks(each) for each in node] if isinstance(node, list) else node


def _parameters() -> dict[str, Any]:
    key = {"type": "string", "minLength": 1, "maxLength": 255}
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    return {
        "AcceptLanguage": _parameter("Accept-Language", f"The best of {', '.join(_LANGUAGES)} is chosen."),
        "RequestId": _parameter(
            "X-Request-Id", "An id of your own: 1 to 128 letters, digits, and `.` `_` `:` `/` `+` `=` `@` `-`."
        ),
        "IdempotencyKey": _parameter("Idempotency-Key", "Makes repeating this request harmless for 24 hours.", key),
        "IfNoneMatch": _parameter("If-None-Match", "ETags you have; if one is current, the answer is 304."),
        "IfMatch": {**_parameter("If-Match", "The ETag of the copy you changed."), "required": True},
        "Limit": _parameter("limit", "Most entries of a page.", limit, where="query"),
        "Cursor": _parameter("cursor", "`next_cursor` of the page before, same filters.", where="query"),
    }


def _parameter(name: str, text: str, shape: Shape = TEXT, *, where: str = "header") -> dict[str, Any]:
    return {"name": name, "in": where, "description": text, "schema": shape}
