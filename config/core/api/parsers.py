"""JSON in: one object, strict, of bounded size and depth."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name given twice: which of the two was meant cannot be known."""
    found = dict(pairs)
    if len(found) != len(pairs):
        reason = "a member name occurs twice"
        raise ValueError(reason)
    return found


class StrictJSONParser(BaseParser):
    """JSON without NaN, duplicate members or anything after the document."""

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
            return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_no_duplicates)
        except (ValueError, RecursionError) as error:
            raise ParseError from error


class MergePatchParser(StrictJSONParser):
    """RFC 7396 bodies are JSON too."""

    media_type = "application/merge-patch+json"
