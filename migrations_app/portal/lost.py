"""What is shown at an address of a page behind a link from which the link's secret part got lost, wholly or in part."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from migrations_app.portal.pages import limited, not_valid

_PAGES: Final = {"c": "call", "h": "holder", "t": "client", "u": "nudges"}


@csrf_exempt
@never_cache
@limited
def lost(request: HttpRequest, page: str) -> HttpResponse:
    """Say that the link is not valid, as the page itself would."""
    return not_valid(request, f"portal/{_PAGES[page]}.html")
