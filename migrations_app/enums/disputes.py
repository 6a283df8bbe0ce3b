"""The words of disputes over a line."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DisputeState(TextChoices):
    """How far a dispute over a line is."""

    OPEN = "open", _("To be decided")
    UPHELD = "upheld", _("Stays with its holder")
    TRANSFERRED = "transferred", _("Given to the claimant")
    DISMISSED = "dismissed", _("The line was let go")
