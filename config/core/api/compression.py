"""Gzip for answers of the API: strong tags stay strong, and no secret is compressed.

Bytes that differ need tags that differ (RFC 9110 §8.8.3.3), so a compressed answer's tag ends in `-gzip`. Whoever compares
tags (`config.core.api.etags`) looks past that ending: a tag is good in every encoding.

A secret beside text of somebody else's choosing can be guessed from the length of what is compressed (BREACH), so answers that
show a secret once leave as they are.
"""

import gzip
import re

from django.http import HttpRequest, HttpResponse

LEAST_BYTES = 1024
"""Shorter answers fit into one packet anyway."""
LEVEL = 4
_TEXTS = ("application/json", "text/")
_TAG = re.compile(r'"([^"]*)"')


def gzip_is_wanted(accept_encoding: str) -> bool:
    """Tell whether an Accept-Encoding header takes gzip (RFC 9110 §12.5.3)."""
    weights: dict[str, str] = {}
    for entry in accept_encoding.lower().split(","):
        coding, _, weight = entry.partition(";")
        weights[coding.strip()] = weight.strip().removeprefix("q=") or "1"
    weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", "0")))
    try:
        return float(weight) > 0
    except ValueError:
        return False


def compressed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the answer, compressed where the caller takes it and it pays."""
    wanted = gzip_is_wanted(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    tag = response.headers.get("ETag", "")
    if response.status_code == 304:  # noqa: PLR2004
        ours = _TAG.sub(r'"\1-gzip"', tag)
        if wanted and ours in request.META.get("HTTP_IF_NONE_MATCH", ""):
            response.headers["ETag"] = ours
        return response
    if not wanted or response.streaming or not _may_be(response):
        return response
    body = response.content
    if len(body) < LEAST_BYTES:
        return response
    response.content = gzip.compress(body, LEVEL, mtime=0)
    response.headers["Content-Encoding"] = "gzip"
    if tag:
        response.headers["ETag"] = _TAG.sub(r'"\1-gzip"', tag)
    return response


def _may_be(response: HttpResponse) -> bool:
    headers = response.headers
    secret = bool(getattr(response, "one_time_fields", ())) or "no-store" in headers.get("Cache-Control", "")
    return not secret and "Content-Encoding" not in headers and headers.get("Content-Type", "").startswith(_TEXTS)
