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


class RequestChannel(TextChoices):
    """How a BSP takes a client's request, where its own pages say so."""

    PORTAL = "portal", _("Its portal or console")
    EMAIL = "email", _("E-mail")
    IN_APP = "in_app", _("Inside its application")
    SUPPORT_TICKET = "support_ticket", _("Its support")
    API = "api", _("Its API")
    UNKNOWN = "unknown", _("Unknown")


class Direction(TextChoices):
    """Which way numbers go in what a BSP documents."""

    OUT = "out", _("Leaving it")
    IN = "in", _("Arriving at it")
    BOTH = "both", _("Both ways")
    NONE = "none", _("Nothing known")


class ProcedureKind(TextChoices):
    """Where a procedure comes from."""

    DOCUMENTED = "documented", _("The BSP's own pages")
    REPORTED = "reported", _("Told by others")
    GENERIC = "generic", _("Meta's general procedure")


class WabaOwnership(TextChoices):
    """Who usually owns the WhatsApp Business Account at a BSP."""

    CLIENT = "client", _("Client")
    OLD_BSP = "old_bsp", _("The BSP")
    MIXED = "mixed", _("Some of each")
    UNKNOWN = "unknown", _("Unknown")


class TurnaroundOf(TextChoices):
    """What a BSP states a time for."""

    NOT_STATED = "", _("Not stated")
    ARRIVAL = "arrival", _("Arriving numbers")
    ACCOUNT = "account", _("Registering the account")
    CHANNEL_REQUEST = "channel_request", _("Deciding a channel request")
    SESSION = "session", _("The session in which the number moves")
    TWO_STEP = "two_step", _("Switching two-step verification off")
    CONFIRMATION = "confirmation", _("Confirming the release, at most")


class TimeUnit(TextChoices):
    """The unit of a stated time."""

    NONE = "", "–"
    MINUTES = "minutes", _("minutes")
    HOURS = "hours", _("hours")
    DAYS = "days", _("days")
    WORKING_DAYS = "working_days", _("working days")
    WEEKS = "weeks", _("weeks")


class ChannelKind(TextChoices):
    """Ways to reach somebody."""

    EMAIL = "email", _("E-mail")
    HTTP = "http", _("HTTP call")
    META = "meta", _("Meta Graph API")


class ExchangeState(TextChoices):
    """How an outbound message or call ended."""

    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Outcome unknown")
    BOUNCED = "bounced", _("Bounced")
