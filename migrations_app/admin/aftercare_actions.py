"""Actions after the move: the test of sending and receiving, looking again, the app, templates."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.models import NumberMove
from migrations_app.rules.templates import BadList, read_list
from migrations_app.services import aftercare_desk, templates

LONGEST_LIST = 4_000_000


def _ids(deed: Deed, name: str) -> list[int]:
    """Return the posted ids of the ticket's numbers; anything else is passed over."""
    posted = set(deed.data.getlist(name))
    numbers = NumberMove.objects.filter(case__ticket=deed.ticket)
    return [number_id for number_id in numbers.values_list("pk", flat=True) if str(number_id) in posted]


def _tested(deed: Deed) -> str:
    complete = aftercare_desk.record_test(
        ticket_id=deed.ticket.pk, sent=_ids(deed, "sent"), received=_ids(deed, "received"), note=deed.text("note"),
        by=deed.by, now=deed.now,
    )  # fmt: skip
    if complete:
        return _("Recorded: every live number sends and receives.")
    return _("Recorded. The test stays open until every live number has sent and received.")


def _look_again(deed: Deed) -> str:
    aftercare_desk.look_again(ticket_id=deed.ticket.pk, by=deed.by, now=deed.now)
    return _("Meta is read again within some seconds; look again then.")


def _subscribe(deed: Deed) -> str:
    aftercare_desk.subscribe_our_app(ticket_id=deed.ticket.pk, by=deed.by, now=deed.now)
    return _("Our app receives the account's webhooks now.")


def _copy(deed: Deed) -> str:
    templates.start_copy(ticket_id=deed.ticket.pk, by=deed.by, now=deed.now)
    return _("Meta is asked to copy the templates, page by page; the list is compared afterwards.")


def _list(deed: Deed) -> str:
    upload = deed.upload("file")
    text = upload.content.decode("utf-8", errors="replace") if upload else str(deed.data.get("templates", ""))
    if not text.strip() or len(text) > LONGEST_LIST:
        raise BadForm(_("Paste or choose a list: a line each with name and language."))
    try:
        found = read_list(text)
    except BadList as bad:
        raise BadForm(_("Line %(line)s is no template: name, language, status, quality.") % {"line": bad}) from None
    count = templates.take_list(ticket_id=deed.ticket.pk, templates=found, by=deed.by, now=deed.now)
    return ngettext("%(count)s template is on the list.", "%(count)s templates are on the list.", count) % {
        "count": count
    }


AFTERCARE_ACTIONS: dict[str, Action] = {
    "tested": Action(_tested),
    "look-again": Action(_look_again, stale_ok=True),
    "subscribe-app": Action(_subscribe, stale_ok=True),
    "copy-templates": Action(_copy, stale_ok=True),
    "template-list": Action(_list),
}
