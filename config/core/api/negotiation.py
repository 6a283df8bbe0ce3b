"""Content negotiation with a short way for what nearly everybody sends."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_ANYTHING = frozenset({"", "*/*"})


class QuickNegotiation(DefaultContentNegotiation):
    """A caller that names no format, or the first one we have, gets it without a comparison of media ranges."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        """Return renderer and media type.

        :raises NotAcceptable: none of ours is wanted.
        """
        choice = list(renderers)
        first = choice[0]
        accept = request.META.get("HTTP_ACCEPT", "")
        if accept in _ANYTHING or accept == first.media_type:
            return first, first.media_type
        return super().select_renderer(request, choice, format_suffix)
