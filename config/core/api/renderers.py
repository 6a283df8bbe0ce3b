"""JSON out, and the one thing that is not JSON."""

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from rest_framework.renderers import BaseRenderer, JSONRenderer


class ApiJSONRenderer(JSONRenderer):
    """Plain JSON in UTF-8; the media type of problems is set by the problem itself."""

    charset = None
    ensure_ascii = False


class CalendarRenderer(BaseRenderer):
    """A calendar file (RFC 5545)."""

    media_type = "text/calendar"
    format = "ics"
    charset = "utf-8"
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return the file's bytes as they are."""
        calendar: bytes = data
        return calendar


class MarkdownRenderer(BaseRenderer):
    """A text for people, in Markdown; problems below such an address are JSON all the same."""

    media_type = "text/markdown"
    format = "md"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> str:
        """Return the text as it is."""
        return str(data)


class FileRenderer(BaseRenderer):
    """A file of whatever type: it is given as it is, by a response that needs no rendering."""

    media_type = "*/*"
    format = "file"
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return the file's bytes as they are."""
        content: bytes = data
        return content


class HtmlProblemRenderer(BaseRenderer):
    """The page of a problem for people who follow its `type` in a browser."""

    media_type = "text/html"
    format = "html"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> str:
        """Return the page of a problem."""
        return render_to_string("problem.html", {"problem": data})
