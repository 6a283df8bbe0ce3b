"""The words of what is looked at after numbers have moved."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CheckKind(TextChoices):
    """What is read or done at Meta."""

    LIVE = "live", _("Connected, and an app subscribed")
    QUALITY = "quality", _("Quality after 24 hours")
    TEMPLATES_BEFORE = "templates_before", _("Templates before the move")
    COPY = "copy", _("Copying templates")
    TEMPLATES = "templates", _("Templates after the move")


class CheckState(TextChoices):
    """How far it is. Failed: nobody tries again by itself."""

    PLANNED = "planned", _("Planned")
    RUNNING = "running", _("Under way")
    DONE = "done", pgettext_lazy("a check", "Done")
    FAILED = "failed", _("Failed")


class TemplateOutcome(TextChoices):
    """What became of one template in one language."""

    COPIED = "copied", _("Copied")
    THERE_BEFORE = "there_before", _("Was there before")
    PENDING = "pending", _("In review at the destination")
    REJECTED = "rejected", _("Rejected at the destination")
    FAILED = "failed", _("Could not be copied")
    MISSING = "missing", _("Missing")
    NOT_EXPECTED = "not_expected", _("Not copied by Meta")
