"""The admin's content security policy: the strict one of the whole service, loosened by what its theme needs."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

ADMIN_PREFIX = "/admin/"
LOOSENED = {
    # Alpine evaluates the expressions in the theme's attributes.
    "script-src": ["'self'", "'unsafe-eval'"],
    # The theme writes its colours into a style element.
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
}


class AdminCspMiddleware:
    """Loosen the policy under the admin's path and nowhere else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(ADMIN_PREFIX):
            response._csp_replace = LOOSENED  # type: ignore[attr-defined]  # noqa: SLF001  (django-csp's documented hook)
        return response
