"""App configuration of the shared core: it only registers the system checks."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The shared core: errors, unit of work, base model, API plumbing."""

    name = "config.core"
    label = "core"
    verbose_name = "Portero core"

    def ready(self) -> None:
        """Register the checks for wrong combinations of settings."""
        from config.core import checks  # noqa: F401  (checks register themselves on import)
