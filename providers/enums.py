"""The words of the providers app."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class TwoStepOffBy(TextChoices):
    """Who can switch a number's two-step verification off at a BSP."""

    CLIENT = "client", _("The client itself")
    OLD_BSP = "old_bsp", _("The BSP")
    BOTH = "both", _("Either")
    UNKNOWN = "unknown", _("Unknown")


class AcceptsRequestFrom(TextChoices):
    """To whom a BSP listens."""

    CLIENT_ONLY = "client_only", _("Its client only")
    CLIENT_OR_PARTNER = "client_or_partner", _("Its client or a partner")
    UNKNOWN = "unknown", _("Unknown")


class ChannelKind(TextChoices):
    """Ways to reach somebody."""

    EMAIL = "email", _("E-mail")
    META = "meta", _("Meta Graph API")


class ExchangeState(TextChoices):
    """How an outbound message or call ended."""

    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Outcome unknown")
    BOUNCED = "bounced", _("Bounced")
