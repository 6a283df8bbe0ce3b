"""Correcting whom the desk reaches at a client: the form of the ticket page and of the undelivered messages."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _

from config.core.actor import Actor
from migrations_app.admin.deeds import Action, BadForm, Deed
from migrations_app.enums import AttemptState, ChannelName
from migrations_app.models import ChaseAttempt, Notice
from migrations_app.rules.bundles import plain_address
from migrations_app.rules.channels import address_is_dead
from migrations_app.selectors.dead_letters import undelivered_of
from migrations_app.services.editing import Edit, edit_ticket
from tickets.enums import OPEN_STATUSES, Party, TicketStatus
from tickets.models import Ticket

FIELDS = ("contact_name", "contact_email", "contact_phone", "language")


class ContactForm(forms.Form):
    """Shapes only; whether a phone is one is decided by the service that reads the form."""

    contact_name = forms.CharField(required=False, max_length=200)
    contact_email = forms.EmailField(max_length=254)
    contact_phone = forms.CharField(required=False, max_length=40)
    language = forms.ChoiceField(choices=settings.LANGUAGES)


def context_of(ticket: Ticket, page: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the card shows beside the contact: whether it may be corrected, and whether its mailbox refused for good.

    `page` shows the case with its chases and single messages already.
    """
    lines = [*(line for chase in page.get("chases", []) for line in chase["attempts"]), *page.get("notices", [])]
    rows = [line["row"] for line in lines]
    return {
        "may_correct": "case" in page and may_correct(ticket),
        "languages": settings.LANGUAGES,
        "mail_refused": ticket.status in OPEN_STATUSES and any(_refused_by_mailbox(row, ticket) for row in rows),
    }


def may_correct(ticket: Ticket) -> bool:
    """Tell whether the contact can be corrected by itself; a draft is changed in its form, an ended ticket not at all."""
    return ticket.status in OPEN_STATUSES and ticket.status != TicketStatus.DRAFT


def correct(ticket: Ticket, data: Mapping[str, Any], *, by: Actor, now: datetime) -> str:
    """Write a corrected contact onto a ticket and return what the person is told; nothing left out is changed.

    :raises BadForm: the e-mail address or the language is none.
    :raises DomainError: the service refuses, e.g. a phone that is none, or a ticket that has ended.
    """
    form = ContactForm({name: data.get(name, getattr(ticket, name)) for name in FIELDS})
    if not form.is_valid():
        raise BadForm(" ".join(str(words) for errors in form.errors.values() for words in errors))
    changed = {name: form.cleaned_data[name] for name in FIELDS if form.cleaned_data[name] != getattr(ticket, name)}
    if not changed:
        raise BadForm(_("Nothing was changed."))
    seen = str(data.get("version", ""))
    version = int(seen) if seen.isascii() and seen.isdecimal() else ticket.version
    edit_ticket(ticket_id=ticket.pk, edit=Edit({"client": changed}, version=version), by=by, now=now)
    if undelivered_of(ticket):
        return _("The contact is corrected. What was undelivered waits: “Try again” sends it to the new address.")
    return _("The contact is corrected; what is still to come goes to the new address.")


def is_for_contact(row: ChaseAttempt | Notice) -> bool:
    """Tell whether a message is for the client's contact, not for a phone holder, an agent or a BSP."""
    to_other = isinstance(row, Notice) and (row.holder_id or row.agent_id)
    return row.recipient_party == Party.CLIENT and not to_other


def address_now(row: ChaseAttempt | Notice, ticket: Ticket) -> str:
    """Return where a message to the client's contact would go now by its way; as it was for other recipients."""
    if not is_for_contact(row):
        return row.address
    present = {
        ChannelName.EMAIL.value: plain_address(ticket.contact_email),
        ChannelName.PHONE.value: ticket.contact_phone,
        ChannelName.WHATSAPP.value: ticket.contact_phone,
    }
    return present.get(row.channel, row.address)


def would_refuse(row: ChaseAttempt | Notice, ticket: Ticket) -> bool:
    """Tell whether a message was refused for good at an address that nobody has corrected since."""
    return address_is_dead(row.failure) and address_now(row, ticket) == row.address


def _refused_by_mailbox(row: ChaseAttempt | Notice, ticket: Ticket) -> bool:
    """Tell the same of one row as `client_mail_refused` of all of a case."""
    by_mail = row.channel == ChannelName.EMAIL and row.state in {AttemptState.FAILED, AttemptState.BOUNCED}
    return by_mail and is_for_contact(row) and would_refuse(row, ticket)


def _correct(deed: Deed) -> str:
    return correct(deed.ticket, deed.data, by=deed.by, now=deed.now)


CONTACT_ACTIONS: dict[str, Action] = {"contact": Action(_correct)}
