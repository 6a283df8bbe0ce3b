"""Reading what was shown for requirements."""

from migrations_app.models import Evidence
from tickets.models import Ticket


def evidence_files(ticket: Ticket) -> list[tuple[int, str]]:
    """Return for every file of a ticket that was shown as evidence its id and the requirement's code, in order."""
    rows = Evidence.objects.filter(requirement__case__ticket=ticket, attachment__isnull=False).order_by("id")
    return [(int(file_id), code) for file_id, code in rows.values_list("attachment_id", "requirement__code")]
