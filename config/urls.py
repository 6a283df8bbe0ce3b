"""Wiring: which address leads where."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from config import hooks
from config.catalog import api_catalog
from config.core.api.middleware import not_found
from config.health import healthz, metrics, readyz
from config.openapi import DocsView

urlpatterns = [
    # In the order in which they are asked for most: each that does not match takes time.
    path("api/v1/", include("config.api_urls")),
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path(".well-known/api-catalog", api_catalog, name="api-catalog"),
    path("api/docs", DocsView.as_view(), name="docs"),
    re_path(r"^api/.*$", not_found),
    path("hooks/", include(hooks.patterns)),
    path("admin/", admin.site.urls),
    path("", include("migrations_app.portal.urls")),
]
