"""Saying in time that something will go: on the view, one line; in every answer and in the description it follows.

deprecation = Deprecation(since=date(2027, 1, 1), sunset=date(2027, 7, 1), successor="/api/v2/tickets")
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings
from django.utils.http import http_date


@dataclass(frozen=True)
class Deprecation:
    """Since when something should not be used any more, until when it works, and what to use instead.

    Source: RFC 9745 (Deprecation, a structured date) and RFC 8594 (Sunset, an HTTP date), with their link relations.
    """

    since: date
    sunset: date | None = None
    """From this day on (UTC) it may be gone."""
    successor: str | None = None
    """Path of what takes its place."""
    guide: str | None = None
    """Address that explains the change."""

    def headers(self) -> dict[str, str]:
        """Return the headers without Link."""
        found = {"Deprecation": f"@{_seconds(self.since)}"}
        if self.sunset:
            found["Sunset"] = http_date(_seconds(self.sunset))
        return found

    def links(self) -> list[str]:
        """Return the entries of the Link header."""
        named = {"deprecation": self.guide, "sunset": self.guide if self.sunset else None}
        found = [f'<{target}>; rel="{name}"; type="text/html"' for name, target in named.items() if target]
        if self.successor:
            found.append(f'<{settings.PORTERO_BASE_URL}{self.successor}>; rel="successor-version"')
        return found

    def announce(self, response: Any) -> None:
        """Add the headers to an answer; a Link that is there already stays."""
        for name, value in self.headers().items():
            response[name] = value
        links = [response["Link"]] if "Link" in response else []
        links += self.links()
        if links:
            response["Link"] = ", ".join(links)


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
