"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    """Help desk."""

    name = "tickets"
    verbose_name = _("Help desk")

    def ready(self) -> None:
        """Register the checks that look into the database."""
        from tickets import checks  # noqa: F401  (checks register themselves on import)
