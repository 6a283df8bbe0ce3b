"""The words of ladders, stored as text; labels are for people."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Demand(TextChoices):
    """What a ladder asks for."""

    TWO_STEP = "two_step", _("Two-step verification off")
    IDENTIFIERS = "identifiers", _("Missing identifiers")
    REQUIREMENT = "requirement", _("Other open requirements")
    CLOSING = "closing", _("Closing reminders")


class RungLanguage(TextChoices):
    """In whose language a rung's message is written."""

    RECIPIENT = "recipient", _("The recipient's")
    BSP = "bsp", _("The old BSP's")
    CLIENT = "client", _("The client's")


class AtEnd(TextChoices):
    """What happens when nobody has answered the whole ladder."""

    ESCALATE = "escalate", _("A person takes over")
    RAISE_PRIORITY = "raise_priority", _("The priority rises one step")
    OLD_BSP_UNRESPONSIVE = "old_bsp_unresponsive", _("The old BSP is marked as not answering")
