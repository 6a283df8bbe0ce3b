"""JSON in: strict, of bounded size and depth."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_DEPTH = 32
"""Our deepest body has five levels; what is deeper is an attack on somebody's recursion limit."""


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name given twice: which of the two was meant cannot be known."""
    found = dict(pairs)
    if len(found) != len(pairs):
        reason = "a member name occurs twice"
        raise ValueError(reason)
    return found


def _demand_bounded_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(depth)
        nested = [each for each in level if isinstance(each, dict | list)]
        level = [child for each in nested for child in (each.values() if isinstance(each, dict) else each)]


class StrictJSONParser(BaseParser):
    """JSON without NaN, duplicate members, half characters or anything after the document."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the parsed body.

        :raises ParseError: it is not well-formed JSON in UTF-8.
        """
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        try:
            text = body.decode("utf-8")
            found = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_no_duplicates)
            if text.count("{") + text.count("[") > MAX_DEPTH:
                _demand_bounded_depth(found)
            if "\\ud" in text.lower():
                # Half of a surrogate pair is no character: it could be neither stored nor told back.
                json.dumps(found, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError) as error:
            raise ParseError from error
        return found


class MergePatchParser(StrictJSONParser):
    """RFC 7396 bodies are JSON too."""

    media_type = "application/merge-patch+json"
