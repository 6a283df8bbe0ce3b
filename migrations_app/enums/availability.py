"""The words of sharing out calls among agents."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CallAssignment(TextChoices):
    """Who of the agents that are free at a moment takes its call."""

    LEAST_LOADED = "least_loaded", _("Whoever has the fewest calls ahead")
    ROUND_ROBIN = "round_robin", _("In turn")
