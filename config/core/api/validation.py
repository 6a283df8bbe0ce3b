"""From DRF's nested error trees to flat entries with JSON pointers and our codes."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext, gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from config.core.errors import FieldProblem

_CODES = {
    "required": "required",
    "null": "required",
    "blank": "required",
    "empty": "required",
    "invalid_choice": "invalid_choice",
    "unknown_field": "unknown_field",
    "too_many_items": "too_many_items",
    "invalid_phone_number": "invalid_phone_number",
    "invalid_identifier": "invalid_identifier",
    "identifiers_not_distinct": "identifiers_not_distinct",
    "duplicate_in_request": "duplicate_in_request",
}


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def field_problems(tree: Any, pointer: str = "#") -> Iterator[FieldProblem]:
    """Yield every wrong place of a DRF error tree (dicts keyed by field or row index, lists of details)."""
    if isinstance(tree, Mapping):
        for key, branch in tree.items():
            here = pointer if key == "non_field_errors" else f"{pointer}/{_escape(str(key))}"
            yield from field_problems(branch, here)
    elif isinstance(tree, list):
        for index, branch in enumerate(tree):
            nested = isinstance(branch, Mapping | list)
            yield from field_problems(branch, f"{pointer}/{index}" if nested else pointer)
    elif isinstance(tree, ErrorDetail):
        yield FieldProblem(pointer, _CODES.get(tree.code or "", "invalid"), str(tree))


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses fields it does not know: nothing a caller sends is ignored silently."""

    default_error_messages: ClassVar = {"invalid": gettext_lazy("This must be a JSON object.")}

    def to_internal_value(self, data: Any) -> Any:
        """Validate, collecting unknown fields together with all other wrong places."""
        unknown: dict[str, Any] = {}
        if isinstance(data, Mapping):
            detail = gettext("This field is unknown.")
            unknown = {
                str(name): [ErrorDetail(detail, code="unknown_field")] for name in data if name not in self.fields
            }
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                raise serializers.ValidationError({**error.detail, **unknown}) from error
            raise
        if unknown:
            raise serializers.ValidationError(unknown)
        return value
