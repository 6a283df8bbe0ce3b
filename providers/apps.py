"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProvidersConfig(AppConfig):
    """Providers."""

    name = "providers"
    verbose_name = _("Providers")

    def ready(self) -> None:
        """Register the checks that look into the database."""
        from providers import checks  # noqa: F401  (checks register themselves on import)
