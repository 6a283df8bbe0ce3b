"""Is the process up, can it serve, and its numbers for Prometheus."""

import ipaddress
import secrets

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django_prometheus.exports import ExportToDjangoView
from kombu.exceptions import OperationalError

from config.celery import app
from config.core.api.problems import problem_response


def healthz(_request: HttpRequest) -> JsonResponse:
    """Say that the process answers."""
    return JsonResponse({"status": "ok", "release": settings.RELEASE})


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except DatabaseError:
        return False


def _migrations_applied() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


def _broker_answers() -> bool:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return False
    return True


def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether database, migrations and broker are there; a problem with status 503 names the part that is not."""
    parts = {"database": _database_answers()}
    parts["migrations"] = parts["database"] and _migrations_applied()
    parts["broker"] = _broker_answers()
    failing = [name for name, fine in parts.items() if not fine]
    if failing:
        detail = gettext("Not ready: %(parts)s.") % {"parts": ", ".join(failing)}
        return problem_response(request, "temporarily_unavailable", detail=detail, failing=failing, parts=parts)
    return JsonResponse({"status": "ok", "failing": [], "parts": parts})


def metrics(request: HttpRequest) -> HttpResponse:
    """Give the numbers to callers on this machine, or to those who know the metrics token."""
    offered = request.headers.get("Authorization", "").removeprefix("Bearer ")
    knows_token = bool(settings.METRICS_TOKEN) and secrets.compare_digest(
        offered.encode(), settings.METRICS_TOKEN.encode()
    )
    local = not settings.METRICS_TOKEN and ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "::").is_loopback
    if not (knows_token or local):
        return problem_response(request, "not_found")
    answer: HttpResponse = ExportToDjangoView(request)
    return answer
