"""The words of claims tried at Meta."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProofState(TextChoices):
    """How far one try of a claim at Meta is, and what Meta said."""

    PLANNED = "planned", _("Planned")
    TRYING = "trying", _("Under way")
    ACCEPTED = "accepted", _("Accepted: it is off")
    STILL_ON = "still_on", _("Refused: it is still on")
    REFUSED = "refused", _("Refused for another reason")
    POSTPONED = "postponed", _("Meta asks to try later")
    UNANSWERED = "unanswered", _("No answer")


class ProofOccasion(TextChoices):
    """Why a claim is tried at Meta."""

    CLAIM = "claim", _("Claimed")
    AGAIN = "again", _("The last proof is old")
    AGENT = "agent", _("An agent asked for it")
    CALL = "call", _("The call begins")
