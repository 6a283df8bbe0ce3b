"""The words of links to a ticket's page."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SharePermission(TextChoices):
    """What whoever has a link to a ticket's page may do there; every link shows the page."""

    VIEW = "view", _("See the ticket")
    ANSWER = "answer", _("Answer, attach files, comment")
    SCHEDULE = "schedule", _("Choose, move and cancel the call")
