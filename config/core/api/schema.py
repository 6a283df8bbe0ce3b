"""How our conventions look in OpenAPI: what every operation has because of the view's declarations, nobody repeats."""

from collections.abc import Callable, Iterable
from inspect import cleandoc
from typing import Any, TypeVar

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse, extend_schema

from config.core.api.pagination import LIST_PARAMETERS
from config.core.api.shapes import Shape

Handler = TypeVar("Handler", bound=Callable[..., Any])
ALWAYS = ("X-Request-Id", "RateLimit-Policy", "RateLimit", "Content-Language")
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_CODES: dict[str, tuple[str, ...]] = {
    "400": ("invalid_body", "invalid_parameter", "unknown_parameter"),
    "401": ("not_authenticated",),
    "403": ("permission_denied",),
    "404": ("not_found",),
    "406": ("not_acceptable",),
    "409": ("illegal_transition",),
    "412": ("precondition_failed",),
    "413": ("payload_too_large",),
    "415": ("unsupported_media_type",),
    "422": ("validation_failed",),
    "428": ("precondition_required",),
    "429": ("throttled",),
    "500": ("internal_error",),
    "503": ("temporarily_unavailable",),
}
"""Codes that every operation with this status may answer with; further ones are named where the operation is described."""
_CODES_OF_KEYS = {"idempotency_key_invalid", "idempotency_key_reused", "idempotency_in_progress"}


def described(
    operation_id: str,
    answer: Shape | None,
    *,
    tag: str,
    status: int = 200,
    takes: Any = None,
    headers: Iterable[str] = (),
    refusals: Iterable[int | str] = (),
    media_type: str = "application/json",
    **more: Any,
) -> Callable[[Handler], Handler]:
    """Describe one handler: what it takes and answers, its own headers and what it refuses with.

    `refusals` are what no view's declaration tells: statuses, and codes (a number that is held, a slot that is taken).

    `more` are further arguments of drf-spectacular's `extend_schema`: parameters and examples.

    Authentication, limits, languages, conditional requests and idempotency keys follow from the view's declarations.
    """

    def describe(handler: Handler) -> Handler:
        summary, _, description = (handler.__doc__ or "").strip().partition("\n")
        response: Any = OpenApiResponse(response=answer, description=summary)
        decorated: Handler = extend_schema(
            operation_id=operation_id,
            summary=summary.rstrip("."),
            description=cleandoc(description) or None,
            tags=[tag],
            request=takes,
            responses={(status, media_type) if answer else status: response},
            extensions={"x-headers": list(headers), "x-refusals": list(refusals)},
            **more,
        )(handler)
        return decorated

    return describe


class ApiAutoSchema(AutoSchema):
    """An operation with everything that the view's declarations imply."""

    @property
    def _declared(self) -> Any:
        """Return the view: always one of ours, which the generator cannot know."""
        return self.view

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Return the operation, completed; None where it is not described."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        _say_once(operation)
        own_headers = operation.pop("x-headers", [])
        refusals = operation.pop("x-refusals", [])
        if self._declared.scope_for(self.method) is None:
            operation["security"] = [{}]
        if self._declared.deprecation:
            operation["deprecated"] = True
            own_headers = [*own_headers, *self._declared.deprecation.headers(), "Link"]
        self._complete_parameters(operation)
        for status, response in operation["responses"].items():
            self._complete_headers(int(status), response, own_headers)
        if "requestBody" in operation:
            operation["requestBody"]["required"] = self._declared.takes_body
        if self.method == "GET":
            operation["responses"]["304"] = {"$ref": "#/components/responses/NotModified"}
        codes = {refusal for refusal in refusals if isinstance(refusal, str)}
        for status in sorted({*self._refusals(), *refusals} - codes):
            operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
        operation["responses"] = dict(sorted(operation["responses"].items()))
        operation["x-codes"] = sorted(codes | self._codes(operation, refusals))
        return operation

    def _codes(self, operation: dict[str, Any], refusals: list[int | str]) -> set[str]:
        """Return the codes that follow from the operation's statuses and the view's declarations."""
        found = {code for status, codes in _CODES.items() if status in operation["responses"] for code in codes}
        known = self._declared.query_parameters.get(self.method, frozenset())
        if known >= LIST_PARAMETERS:
            found.add("cursor_invalid")
        if self.method == "POST":
            found |= _CODES_OF_KEYS
        if self.method not in _BODY_METHODS:
            found.discard("invalid_body")
        if "{" not in self.path and 409 not in refusals:  # noqa: PLR2004
            # What is made or asked has no state yet.
            found.discard("illegal_transition")
        return found

    def _complete_parameters(self, operation: dict[str, Any]) -> None:
        names = ["AcceptLanguage", "RequestId"]
        known = self._declared.query_parameters.get(self.method, frozenset())
        names += [name.capitalize() for name in sorted(LIST_PARAMETERS & known)]
        if self.method == "POST":
            names.append("IdempotencyKey")
        if self.method == "GET":
            names.append("IfNoneMatch")
        if self.method in self._declared.conditional_methods:
            names.append("IfMatch")
        operation.setdefault("parameters", []).extend({"$ref": f"#/components/parameters/{name}"} for name in names)

    def _complete_headers(self, status: int, response: dict[str, Any], own: Iterable[str]) -> None:
        names = [*ALWAYS, *own]
        if self.method == "GET" and "content" in response:
            names.append("ETag")
        if self.method == "POST":
            names.append("Idempotency-Replayed")
        if self._declared.query_parameters.get(self.method, frozenset()) >= LIST_PARAMETERS:
            names.append("Link")
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in dict.fromkeys(names)}
        if status == 204:  # noqa: PLR2004
            response.pop("content", None)

    def _refusals(self) -> set[int]:
        found = {400, 401, 406, 429, 500, 503}
        if self._declared.scope_for(self.method):
            found.add(403)
        if "{" in self.path:
            found.add(404)
        if self.method in _BODY_METHODS:
            found |= {413, 415, 422}
        if self.method in self._declared.conditional_methods:
            found |= {412, 428}
        if self.method == "POST":
            # A key whose first request is still running.
            found.add(409)
        return found


def _say_once(operation: dict[str, Any]) -> None:
    """Take away a description that repeats the summary: the generator's own where there is no more to say."""
    if operation.get("description", "").rstrip(".") == operation["summary"]:
        del operation["description"]


class StrictSerializerShape(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Bodies have no members beyond those described."""

    target_class = "config.core.api.validation.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> Any:
        """Return the serializer's schema, closed."""
        plain: Any = auto_schema
        schema = plain._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001
        return {**schema, "additionalProperties": False}


class TextOrObjectShape(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A field that takes a plain text or an object."""

    target_class = "config.core.api.fields.TextOrObject"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> Any:
        """Return either shape."""
        plain: Any = auto_schema
        component = plain.resolve_serializer(self.target.object_form, direction)
        return {"oneOf": [{"type": "string", "maxLength": self.target.max_length}, component.ref]}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Bearer keys."""

    target_class = "tickets.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer <key>`"}
