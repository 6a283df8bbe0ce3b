"""The hand-over sheet for whoever connects the client's systems to the moved numbers, as text in the reader's language."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.utils import translation
from django.utils.translation import gettext as _

from migrations_app.enums.aftercare import TemplateOutcome
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import MigrationCase
from migrations_app.rules.progress import CUT_OVER
from migrations_app.selectors.handover import NumberLine, Sheet, sheet_of
from migrations_app.services.rendering import known_language, local_time
from providers.services.whatsapp import API_VERSION
from tickets.enums import Party
from tickets.models import Ticket

Attachment = tuple[str, bytes, str]


def sheet_text(sheet: Sheet, *, language: str) -> str:
    """Return the sheet in Markdown, times by the client's clock."""
    with translation.override(known_language(language)):
        return "\n".join(_lines(sheet, known_language(language))) + "\n"


def sheet_file(ticket: Ticket, case: MigrationCase, *, language: str) -> Attachment:
    """Return the sheet as a file of a mail."""
    text = sheet_text(sheet_of(ticket, case), language=language)
    return (f"hand-over-{ticket.reference}.txt", text.encode(), "text/plain")


def message_address(number: NumberLine) -> str:
    """Return where messages of a number are sent; empty while it has not moved: Meta gives the id long before."""
    if number.state not in CUT_OVER or not number.phone_number_id:
        return ""
    return f"https://graph.facebook.com/{API_VERSION}/{number.phone_number_id}/messages"


def billing_words(sheet: Sheet) -> str:
    """Return who bills which messages. Source: Meta, migrating phone numbers (sent before: the source, even if delivered later)."""
    return _(
        "Each number has its own moment of billing: messages sent before it are billed by %(old)s, even if they were delivered "
        "later; from it on %(new)s bills."
    ) % {"old": sheet.old_bsp or _("the old provider"), "new": sheet.destination or _("the destination")}


def no_templates_words(sheet: Sheet) -> str:
    """Return what is said where no template is counted: there was none, or nobody has compared them yet."""
    return _("Compared: there was no template to copy.") if sheet.templates_compared else _("Not compared.")


def webhook_words(sheet: Sheet) -> str:
    """Return what is known of the account's webhooks, and what is to be set."""
    if sheet.apps is None:
        return _("Not read yet: check that your app is subscribed to the account.")
    if not sheet.apps:
        return _(
            "No app is subscribed: nothing that is written to the numbers arrives. Subscribe your app to the account."
        )
    return _(
        "Subscribed apps: %(apps)s. Set your webhook in the app; addresses at the old provider receive nothing any more."
    ) % {"apps": ", ".join(sheet.apps)}


def _lines(sheet: Sheet, language: str) -> Iterator[str]:
    yield "# " + _("Hand-over sheet %(reference)s") % {"reference": sheet.reference}
    yield ""
    yield f"{sheet.client} · {sheet.destination}"
    yield ""
    yield "- " + _("WABA ID") + f": {sheet.waba_id or '–'}"
    yield "- " + _("Webhooks") + f": {webhook_words(sheet)}"
    yield ""
    yield "## " + _("Numbers")
    for number in sheet.numbers:
        yield ""
        yield from _number(sheet, number, language)
    yield ""
    yield "## " + _("Billing")
    yield ""
    yield billing_words(sheet)
    yield ""
    yield "## " + _("Templates")
    yield ""
    yield from _templates(sheet)
    yield ""
    yield "## " + _("What remains")
    yield ""
    yield from _remaining(sheet, language)


def _number(sheet: Sheet, number: NumberLine, language: str) -> Iterator[str]:
    yield f"### {number.number}"
    yield ""
    yield "- " + _("State") + f": {number.state.label}"
    yield "- " + _("Phone number ID (new)") + f": {number.phone_number_id or '–'}"
    if message_address(number):
        yield "- " + _("Messages are sent to") + f": {message_address(number)}"
    yield "- " + _("Live since") + f": {_moment(number.live_at, sheet, language)}"
    yield "- " + _("Billed by the destination from") + f": {_moment(number.billing_from, sheet, language)}"
    if number.status:
        yield "- " + _("Status at Meta") + f": {number.status}, " + _("quality") + f" {number.quality or '–'}"


def _moment(moment: datetime | None, sheet: Sheet, language: str) -> str:
    if moment is None:
        return "–"
    return f"{local_time(moment, sheet.zone, language)} ({sheet.zone}; {moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ})"


def _templates(sheet: Sheet) -> Iterator[str]:
    if not sheet.templates:
        yield no_templates_words(sheet)
    for name, count in sheet.templates.items():
        yield f"- {TemplateOutcome(name).label}: {count}"
    for entry in sheet.open_templates:
        words = f" ({entry.words})" if entry.words else ""
        yield f"  - {entry.name} [{entry.language}]: {TemplateOutcome(entry.outcome).label}{words}"


def _remaining(sheet: Sheet, language: str) -> Iterator[str]:
    if not sheet.remaining and not sheet.to_move:
        yield _("Nothing.")
    if sheet.to_move:
        yield "- " + _("Numbers still to be moved") + f": {', '.join(sheet.to_move)}"
    for item in sheet.remaining:
        due = f" · {_moment(item.due_at, sheet, language)}" if item.due_at else ""
        yield f"- {REQUIREMENT_TEXTS[item.code][0]} ({Party(item.owner).label}){due}"
