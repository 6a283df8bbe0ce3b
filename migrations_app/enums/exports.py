"""Words of exports."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ExportFormat(TextChoices):
    """What an export is written as."""

    CSV = "csv", "CSV"
    NDJSON = "ndjson", "NDJSON"
    XLSX = "xlsx", "XLSX"


class ExportState(TextChoices):
    """How far an export is."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Being written")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("File deleted")
