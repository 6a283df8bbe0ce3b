"""Words for times that are proposed to a client."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProposalState(TextChoices):
    """What became of times that were proposed."""

    OPEN = "open", _("Waiting for an answer")
    ANSWERED = "answered", _("A time was chosen")
    DECLINED = "declined", _("None suits")
    SILENT = "silent", _("No answer")
    BOOKED = "booked", _("Booked without an answer")
    WITHDRAWN = "withdrawn", _("Not needed any more")
