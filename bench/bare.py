"""The yardstick: a bare Django view, without middleware, that reads one ticket by its reference and says three things of it.

A project in one file, served as `bench.bare:application`. Two addresses: `/orm/<reference>` asks as everybody does,
`/sql/<reference>` by plain SQL, which no product of any size is written in.
"""

import os
from typing import Any, ClassVar

import environ
from django.conf import settings

ADDRESS = dict(environ.Env.db_url_config(os.environ["DATABASE_URL"]))
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": ADDRESS | {"CONN_MAX_AGE": None}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[],
    MIDDLEWARE=[],
    ROOT_URLCONF="bench.bare",
    SECRET_KEY="nothing is signed here",  # noqa: S106
    USE_TZ=True,
)

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()

from django.db import connection, models  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402


class Row(models.Model):
    """A ticket, as far as this view looks at it."""

    reference = models.CharField(max_length=20)
    status = models.CharField(max_length=20)
    revision = models.IntegerField()
    objects: ClassVar[models.Manager["Row"]] = models.Manager()

    class Meta:
        app_label = "bare"
        managed = False
        db_table = "tickets_ticket"

    def __str__(self) -> str:
        return self.reference


def by_orm(_request: HttpRequest, reference: str) -> JsonResponse:
    """Return one row, found by its index."""
    return JsonResponse(Row.objects.values("reference", "status", "revision").get(reference=reference))


def by_sql(_request: HttpRequest, reference: str) -> JsonResponse:
    """Return the same row by a statement that nothing has to build."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reference, status, revision FROM tickets_ticket WHERE reference = %s", [reference])
        row: tuple[Any, ...] = cursor.fetchone()
    return JsonResponse(dict(zip(("reference", "status", "revision"), row, strict=True)))


urlpatterns = [path("orm/<str:reference>", by_orm), path("sql/<str:reference>", by_sql)]
