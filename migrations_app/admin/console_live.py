"""The call page kept true without loading it again: its moving parts, and a tag that changes when one of them does."""

import hashlib
import re

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.utils.http import parse_etags

from config.core import clock
from migrations_app.admin.call_company import row_in_front
from migrations_app.admin.console_page import parts_of
from migrations_app.models import PinCall

_MASKED = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
"""Masked anew in every answer; the secret behind it stays the same."""


def answer(request: HttpRequest, call: PinCall) -> HttpResponse:
    """Return the moving parts of the page, or 304 when they are as the browser has them."""
    call = row_in_front(call, request.user)
    chosen, shown = request.GET.get("number", ""), request.GET.get("shown", "")
    parts = parts_of(call, user=request.user, chosen=chosen, shown=shown, now=clock.now())
    text = render_to_string("admin/desk/_call_live.html", parts, request)
    tag = f'"{hashlib.sha256(_MASKED.sub("", text).encode()).hexdigest()[:32]}"'
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(text)
    response.headers["ETag"] = tag
    return response
