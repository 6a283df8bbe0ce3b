"""The chases card: what a person decides about reminders, and by whose hours they go."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.enums import ChaseState
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import Chase, MigrationCase
from migrations_app.rules.bundles import plain_address
from migrations_app.rules.hours import doubts, zone_of
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.nudges import stops_of
from migrations_app.services import manners
from migrations_app.services.left_alone import remind_again
from migrations_app.services.recipients import contacts_of
from tickets.enums import Party
from tickets.models import Ticket

MAX_WHY = 1000
_SAID_BY = (Party.ONBOARDING, Party.CLIENT, Party.OLD_BSP)


def context_of(ticket: Ticket, case: MigrationCase, chases: Iterable[Chase]) -> Mapping[str, Any]:
    """Return what the card shows beside the chases: whose clock counts, and whom nobody reminds any more."""
    contacts = contacts_of(ticket, case).values()
    stopped = [chase for chase in chases if chase.state == ChaseState.STOPPED and chase.stopped_by]
    return {
        "stopped_chases": [str(REQUIREMENT_TEXTS[chase.requirement_code][0]) for chase in stopped],
        "left_alone": [
            {
                "party": contact.party.value,
                "name": contact.party.label,
                "address": contact.email,
                "since": stops_of(ticket.organization_id, {plain_address(contact.email)}).values_list(
                    "since", flat=True
                )[0],
            }
            for contact in contacts
            if contact.left_alone
        ],
        "reminder_places": [
            {
                "party": contact.party.label,
                "zone": zone_of(contact.timezone).key,
                "country": contact.country,
                "unknown": [_UNKNOWN[doubt](contact) for doubt in doubts(contact.timezone, contact.country)],
            }
            for contact in contacts
            if contact.email
        ],
        "said_by": [(party.value, party.label) for party in _SAID_BY],
    }


_UNKNOWN: Mapping[str, Any] = {
    "unknown_timezone": lambda contact: (
        _("The time zone “%(name)s” is not known: UTC counts.") % {"name": contact.timezone}
    ),
    "unknown_country": lambda contact: (
        _("The holidays of “%(name)s” are not known: none count.") % {"name": contact.country}
    ),
}


def _chase(deed: Deed) -> int:
    chase_id = deed.number("chase")
    if chase_id is None:
        raise BadForm(_("There is no such chase."))
    return chase_id


def _snooze(deed: Deed) -> str:
    try:
        day = parse_date(deed.text("until", _("Choose the day on which reminders go on.")))
    except ValueError:
        day = None
    if day is None:
        raise BadForm(_("Choose the day on which reminders go on."))
    said_by = deed.data.get("said_by", Party.ONBOARDING)
    if said_by not in _SAID_BY:
        raise BadForm(_("Say on whose word."))
    manners.snooze(
        ticket_id=deed.ticket.pk,
        chase_id=_chase(deed),
        until=_morning(day, deed.ticket.timezone),
        reason=deed.text("reason", _("Say why nobody is to be reminded.")),
        said_by=Party(said_by),
        by=deed.by,
        now=deed.now,
    )
    return _("Silent until then; the next reminder goes in the recipient's hours of that day or later.")


def _morning(day: date, timezone: str) -> datetime:
    """Return the beginning of a day where the client is."""
    return datetime.combine(day, time(), tzinfo=zone_of(timezone))


def _stop(deed: Deed) -> str:
    reason = deed.text("reason", _("Say why nobody is to be reminded."))
    manners.stop(ticket_id=deed.ticket.pk, chase_id=_chase(deed), reason=reason, by=deed.by, now=deed.now)
    return _("Stopped: nobody is reminded until a person lets it go on.")


def _resume(deed: Deed) -> str:
    manners.resume(ticket_id=deed.ticket.pk, chase_id=_chase(deed), by=deed.by, now=deed.now)
    return _("Reminders go on.")


def _remind(deed: Deed) -> str:
    contacts = contacts_of(deed.ticket, case_of(deed.ticket.pk))
    contact = next((each for each in contacts.values() if each.party == deed.data.get("party")), None)
    if contact is None or not contact.left_alone:
        raise BadForm(_("Nobody there has asked for no reminders."))
    reason = deed.text("reason", _("Say why: the recipient itself has stopped the reminders."))[:MAX_WHY]
    organizations = [deed.ticket.organization_id]
    remind_again(address=contact.email, organizations=organizations, reason=reason, by=deed.by, now=deed.now)
    return _("Reminders by mail go on.")


MANNERS_ACTIONS: dict[str, Action] = {
    "snooze-chase": Action(_snooze, stale_ok=True),
    "stop-chase": Action(_stop, stale_ok=True),
    "remind-again": Action(_remind, stale_ok=True),
    "resume-chase": Action(_resume, stale_ok=True),
}
