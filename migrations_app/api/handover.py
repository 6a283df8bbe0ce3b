"""The hand-over sheet: what an integrator needs to know of moved numbers."""

from typing import Any, Final

from django.utils.translation import get_language
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.renderers import ApiJSONRenderer, MarkdownRenderer
from config.core.api.schema import described
from config.core.api.shapes import FLAG, MOMENT, NUMBER, TEXT, WHOLE, Shape, members, named, nullable, several, words
from config.core.api.times import utc
from migrations_app import enums
from migrations_app.api.base import TicketView
from migrations_app.enums.aftercare import TemplateOutcome
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.rules.requirements import CATALOGUE
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.handover import NumberLine, Remaining, Sheet, sheet_of
from migrations_app.services.handover import billing_words, message_address, sheet_text, webhook_words
from tickets.enums import Party

_HAND_OVER: Final[Shape] = members(
    reference=TEXT,
    test=FLAG,
    client=TEXT,
    destination=TEXT,
    waba_id=nullable(TEXT),
    webhooks=members(subscribed_apps=nullable(several(TEXT)), message=TEXT),
    phone_numbers=several(
        members(
            number=NUMBER,
            state=words(enums.NumberState),
            phone_number_id=nullable(TEXT),
            messages_url=nullable(TEXT),
            live_at=nullable(MOMENT),
            billing_from=nullable(MOMENT),
            status=nullable(TEXT),
            quality=nullable(TEXT),
            read_at=nullable(MOMENT),
        )
    ),
    billing=members(old_bsp=nullable(TEXT), message=TEXT),
    templates=members(
        compared=FLAG,
        counts=several(members(outcome=words(TemplateOutcome), count=WHOLE)),
        open=several(members(name=TEXT, language=TEXT, outcome=words(TemplateOutcome), message=nullable(TEXT))),
    ),
    numbers_to_move=several(NUMBER),
    remaining=several(
        members(
            code=words(CATALOGUE),
            title=TEXT,
            owner=words(Party),
            state=words(enums.RequirementState),
            due_at=nullable(MOMENT),
        )
    ),
    timezone=TEXT,
)
SHAPES: Final[dict[str, Shape]] = {"HandOver": _HAND_OVER}


class HandOverView(TicketView):
    """What an integrator needs to know of a ticket's numbers."""

    renderer_classes = [ApiJSONRenderer, MarkdownRenderer]
    http_method_names = ["get", "head", "options"]

    @described("getHandOver", named("HandOver"), tag="Tickets")
    def get(self, request: Request, **_: Any) -> Response:
        """The sheet for integrators: new ids, webhooks, billing, templates, what remains.

        With `Accept: text/markdown` it is a text for people.
        """
        sheet = sheet_of(self.ticket, case_of(self.ticket.pk))
        if request.accepted_renderer.format == MarkdownRenderer.format:
            return Response(sheet_text(sheet, language=get_language() or "en"))
        return Response(hand_over_document(sheet))


def hand_over_document(sheet: Sheet) -> dict[str, Any]:
    """Return the sheet as JSON, words in the active language."""
    apps = None if sheet.apps is None else list(sheet.apps)
    return {
        "reference": sheet.reference,
        "test": sheet.test,
        "client": sheet.client,
        "destination": sheet.destination,
        "waba_id": sheet.waba_id or None,
        "webhooks": {"subscribed_apps": apps, "message": webhook_words(sheet)},
        "phone_numbers": [_number(number) for number in sheet.numbers],
        "billing": {"old_bsp": sheet.old_bsp or None, "message": billing_words(sheet)},
        "templates": _templates(sheet),
        "numbers_to_move": list(sheet.to_move),
        "remaining": [_remaining(item) for item in sheet.remaining],
        "timezone": sheet.zone,
    }


def _number(number: NumberLine) -> dict[str, Any]:
    return {
        "number": number.number,
        "state": number.state.value,
        "phone_number_id": number.phone_number_id or None,
        "messages_url": message_address(number) or None,
        "live_at": utc(number.live_at),
        "billing_from": utc(number.billing_from),
        "status": number.status or None,
        "quality": number.quality or None,
        "read_at": utc(number.read_at),
    }


def _templates(sheet: Sheet) -> dict[str, Any]:
    return {
        "compared": sheet.templates_compared,
        "counts": [{"outcome": name, "count": count} for name, count in sheet.templates.items()],
        "open": [
            {"name": entry.name, "language": entry.language, "outcome": entry.outcome, "message": entry.words or None}
            for entry in sheet.open_templates
        ],
    }


def _remaining(item: Remaining) -> dict[str, Any]:
    return {
        "code": item.code,
        "title": str(REQUIREMENT_TEXTS[item.code][0]),
        "owner": item.owner,
        "state": item.state,
        "due_at": utc(item.due_at),
    }
