"""Strong entity tags made of counters: `"<version>-<revision>-<language>-<release>"`.

Nothing in a document is computed from the clock, so equal counters mean an equal document. `If-None-Match` compares the
whole tag; `If-Match` compares the version alone, which is what a change can conflict with.
"""

import re

from django.conf import settings
from django.utils.translation import get_language
from rest_framework.request import Request

from config.core.api.problems import ApiProblem
from config.core.errors import PreconditionFailed

_TAG = re.compile(r'"(\d+)-(\d+)-([a-z-]+)-([0-9.]+)(?:[-;][a-z]+)?"')
"""What is compressed, by us or by a server in front of us, has its encoding at the end."""
_LISTED = re.compile(r'(?:W/)?"[^"]*"')
_ENCODING = re.compile(r'[-;](?:gzip|br|zstd|deflate)"$')


def etag(*, version: int, revision: int) -> str:
    """Return the tag of a document in the active language."""
    return f'"{version}-{revision}-{get_language() or "en"}-{settings.RELEASE}"'


def matches(header: str | None, tag: str) -> bool:
    """Tell whether an If-None-Match header names this tag (weak comparison, as RFC 9110 demands for it), in any encoding."""
    if not header:
        return False
    if header.strip() == "*":
        return True
    return tag in {_ENCODING.sub('"', found.removeprefix("W/")) for found in _LISTED.findall(header)}


def demand_match(request: Request, *, version: int) -> int | None:
    """Let a change pass only if it was made on the present version, and return that version (None: any will do).

    The caller hands it to the service, which compares again under the ticket's lock.

    :raises ApiProblem: no If-Match header (428).
    :raises PreconditionFailed: the header names another version (412).
    """
    header = request.headers.get("If-Match")
    if not header:
        raise ApiProblem("precondition_required")
    if header.strip() == "*":
        return None
    # A weak tag never matches If-Match (RFC 9110, strong comparison).
    versions = {found[1] for tag in _LISTED.findall(header) if (found := _TAG.fullmatch(tag))}
    if str(version) not in versions:
        raise PreconditionFailed
    return version
