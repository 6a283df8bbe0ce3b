"""Where programs look for APIs (RFC 9727): ours, its description, its page, its health."""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

_MEDIA_TYPE = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'


@require_safe
def api_catalog(_request: HttpRequest) -> JsonResponse:
    """Return the links of the API as a linkset (RFC 9264)."""
    base = settings.PORTERO_BASE_URL
    api = {
        "anchor": f"{base}/api/v1",
        "service-desc": [{"href": f"{base}/api/v1/openapi.json", "type": "application/json"}],
        "service-doc": [{"href": f"{base}/api/docs", "type": "text/html"}],
        "status": [{"href": f"{base}/readyz", "type": "application/json"}],
    }
    link = f'<{base}/.well-known/api-catalog>; rel="api-catalog"'
    return JsonResponse({"linkset": [api]}, content_type=_MEDIA_TYPE, headers={"Link": link})
