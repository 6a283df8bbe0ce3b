"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MigrationsAppConfig(AppConfig):
    """Number migrations."""

    name = "migrations_app"
    verbose_name = _("Number migrations")

    def ready(self) -> None:
        """Connect the one receiver."""
        from migrations_app import receivers  # noqa: F401  (connects itself on import)
