"""An address that will go says so in every answer and in the description: one line on the view."""

from datetime import date
from typing import Any, ClassVar

import pytest
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.deprecation import Deprecation
from config.core.api.schema import described
from config.core.api.shapes import ANYTHING
from config.core.api.views import ApiView
from tests.integration.api.caller import Caller


class OldView(ApiView):
    """Something that will go."""

    deprecation = Deprecation(date(2027, 1, 1), date(2027, 7, 1), successor="/api/v2/new")
    read_scope: ClassVar[str | None] = None

    @described("getOld", ANYTHING, tag="Service")
    def get(self, request: Request) -> Response:
        """Answer."""
        return Response({"old": True})


urlpatterns = [path("api/v1/old", OldView.as_view(), name="old")]
pytestmark = pytest.mark.urls(__name__)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE"])
def test_every_answer_announces_it_refusals_too(api_nobody: Caller, method: str) -> None:
    headers = api_nobody.send(method, "old").headers
    assert headers["Deprecation"] == "@1798761600"
    assert headers["Sunset"] == "Thu, 01 Jul 2027 00:00:00 GMT"
    assert headers["Link"].endswith('/api/v2/new>; rel="successor-version"')


def test_the_description_marks_it() -> None:
    untyped: Any = SchemaGenerator
    document = untyped(patterns=urlpatterns).get_schema(public=True)
    operation = document["paths"]["/api/v1/old"]["get"]
    assert operation["deprecated"] is True
    assert {"Deprecation", "Sunset", "Link"} <= set(operation["responses"]["200"]["headers"])
