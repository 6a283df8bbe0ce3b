"""What is shown at an address of a page behind a link from which the link's secret part got lost, wholly or in part."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from migrations_app.portal.pages import kept, language_of

_PAGES: Final = {"c": "call", "h": "holder", "u": "nudges"}


@csrf_exempt
@never_cache
def lost(request: HttpRequest, page: str) -> HttpResponse:
    """Say that the link is not valid, as the page itself would."""
    answer = render(request, f"portal/{_PAGES[page]}.html", {"known": False}, status=404)
    return kept(answer, language_of(request))
