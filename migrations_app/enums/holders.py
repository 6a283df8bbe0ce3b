"""The words of what phone holders are asked."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class HolderState(TextChoices):
    """What the holder of a number has said of its call."""

    OPEN = "open", _("Not asked yet")
    ASKED = "asked", _("Asked")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUSED = "refused", _("Cannot")


class HolderStep(TextChoices):
    """What is done next about a holder."""

    ASK = "ask", _("Ask")
    RING = "ring", _("Ring up")
    NOTHING = "nothing", _("Nothing")
