"""The hand-over sheet on a page, and as a file in the client's language."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from config.core.errors import NotFound
from migrations_app.admin.words import STATE_COLOURS
from migrations_app.enums.aftercare import TemplateOutcome
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.handover import Sheet, sheet_of
from migrations_app.services.handover import (
    billing_words,
    message_address,
    no_templates_words,
    sheet_file,
    webhook_words,
)
from tickets.enums import Party
from tickets.models import Ticket


def show(page: Any, request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Show the sheet, or give it as the file that goes along with the last mail (`?file`).

    :raises Http404: the ticket has no case.
    """
    try:
        case = case_of(ticket.pk)
    except NotFound:
        raise Http404 from None
    if "file" in request.GET:
        name, content, media_type = sheet_file(ticket, case, language=ticket.language)
        answer = HttpResponse(content, content_type=f"{media_type}; charset=utf-8")
        answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
        return answer
    shown: HttpResponse = page.render_page(
        request, "admin/desk/hand_over.html", _context(ticket, sheet_of(ticket, case))
    )
    return shown


def _context(ticket: Ticket, sheet: Sheet) -> dict[str, Any]:
    return {
        "title": _("Hand-over sheet %(reference)s") % {"reference": ticket.reference},
        "ticket": ticket,
        "sheet": sheet,
        "webhooks": webhook_words(sheet),
        "billing": billing_words(sheet),
        "numbers": [
            {"line": line, "address": message_address(line), "colour": STATE_COLOURS.get(line.state, "grey")}
            for line in sheet.numbers
        ],
        "no_templates": no_templates_words(sheet),
        "templates": [(TemplateOutcome(name).label, count) for name, count in sheet.templates.items()],
        "remaining": [
            {"title": REQUIREMENT_TEXTS[item.code][0], "owner": Party(item.owner).label, "due_at": item.due_at}
            for item in sheet.remaining
        ],
    }
