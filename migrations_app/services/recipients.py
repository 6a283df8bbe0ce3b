"""Who can be reached for a case, and how: the contacts of each party, read when a rung is planned and again when it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from migrations_app.enums import AttemptState, ChannelName
from migrations_app.models import ChaseAttempt, MigrationCase, Notice, OrganizationEndpoint
from migrations_app.models.chases import OutboundAttempt
from migrations_app.rules.bundles import plain_address
from migrations_app.rules.channels import address_is_dead
from migrations_app.rules.hours import Hours, office_hours
from migrations_app.selectors.nudges import left_alone
from providers.models import HttpEndpoint
from providers.selectors.directory import address_for_partner, endpoint_for_partner, hears_partners, page_for_partner
from tickets.enums import Party
from tickets.models import Ticket


@dataclass(frozen=True)
class Contact:
    """How one party of a case is reached: empty where a way is not known. Language and place decide words and hours.

    `country` is ISO 3166-1 (its public holidays are no days for reminders), `timezone` an IANA zone. By `phone` (calls and
    WhatsApp) and `url` (a page of the BSP) a person of the desk acts.
    """

    party: Party
    email: str = ""
    phone: str = ""
    url: str = ""
    language: str = "en"
    timezone: str = "UTC"
    country: str = ""
    endpoint: HttpEndpoint | None = None
    left_alone: bool = False
    """Whether it asked for no more reminders by mail."""

    def for_nudges(self) -> "Contact":
        """Return how this party may be reminded: not by mail if it asked to be left alone, and nobody calls it instead."""
        return replace(self, email="", phone="") if self.left_alone else self

    @property
    def ways(self) -> frozenset[ChannelName]:
        """The ways that are known."""
        return frozenset(way for way in ChannelName if self.address_by(way))

    def address_by(self, way: ChannelName) -> str:
        """Return what the party is reached at by one way, in words; empty where that way is not known."""
        endpoint = self.endpoint.url if self.endpoint is not None else ""
        return {
            ChannelName.EMAIL: plain_address(self.email),
            ChannelName.HTTP: endpoint[:320],
            ChannelName.PORTAL: self.url,
            ChannelName.PHONE: self.phone,
            ChannelName.WHATSAPP: self.phone,
        }.get(way, "")

    @property
    def hours(self) -> Hours:
        """When this party may be reminded."""
        return office_hours(self.timezone, self.country)


def contacts_of(ticket: Ticket, case: MigrationCase) -> Mapping[Party, Contact]:
    """Return how client and old BSP are reached. A BSP that listens only to its client has no way for us."""
    client = Contact(
        Party.CLIENT,
        email=ticket.contact_email,
        phone=ticket.contact_phone,
        language=ticket.language,
        timezone=ticket.timezone,
        country=ticket.country,
        endpoint=_endpoint_of(ticket.organization_id),
    )
    found = {Party.CLIENT: client, Party.OLD_BSP: _old_bsp(ticket, case)}
    addresses = {plain_address(each.email) for each in found.values() if each.email}
    # Nothing of a test ticket reaches anybody: who asked to be left alone is.
    silent = frozenset[str]() if ticket.test else left_alone(ticket.organization_id, addresses)
    return {party: replace(each, left_alone=plain_address(each.email) in silent) for party, each in found.items()}


def contact_of(attempt: OutboundAttempt, ticket: Ticket, case: MigrationCase) -> Contact:
    """Return how the recipient of one message is reached: its party, or by mail only the phone holder or agent it is for."""
    if isinstance(attempt, Notice) and attempt.agent is not None:
        return Contact(Party.ONBOARDING, email=attempt.agent.email, language=attempt.language)
    if isinstance(attempt, Notice) and attempt.holder is not None:
        holder = attempt.holder
        return Contact(
            Party.CLIENT,
            email=holder.email,
            language=holder.language,
            timezone=ticket.timezone,
            country=ticket.country,
        )
    return contacts_of(ticket, case)[Party(attempt.recipient_party)]


def _old_bsp(ticket: Ticket, case: MigrationCase) -> Contact:
    bsp = case.current_bsp
    if bsp is None or not hears_partners(bsp):
        # It hears from its client alone: no way of ours leads there, whatever address the directory holds.
        language = bsp.letter_language if bsp else ticket.language
        return Contact(Party.OLD_BSP, language=language, timezone=ticket.timezone, country=ticket.country)
    return Contact(
        Party.OLD_BSP,
        email=address_for_partner(bsp),
        url=page_for_partner(bsp),
        language=bsp.letter_language,
        # Where nobody has written down its office, the client's clock is the best guess; no holidays are guessed.
        timezone=bsp.office_timezone or ticket.timezone,
        country=bsp.office_country,
        endpoint=endpoint_for_partner(bsp),
    )


def hours_of(party: str, ticket: Ticket, case: MigrationCase) -> Hours:
    """Return when a party can be reached, as `contacts_of` has it, without reading anything more."""
    bsp = case.current_bsp
    if party == Party.OLD_BSP and bsp is not None and hears_partners(bsp):
        return office_hours(bsp.office_timezone or ticket.timezone, bsp.office_country)
    return office_hours(ticket.timezone, ticket.country)


def _endpoint_of(organization_id: int) -> HttpEndpoint | None:
    rows = OrganizationEndpoint.objects.filter(organization_id=organization_id, endpoint__active=True)
    found = rows.select_related("endpoint").first()
    return found.endpoint if found else None


def dead_ways(case_id: int, contact: Contact) -> frozenset[str]:
    """Return the ways by which a message of a case was refused for good at the address that is still the contact's."""
    failed = ChaseAttempt.objects.filter(
        chase__case_id=case_id,
        recipient_party=contact.party,
        state__in=[AttemptState.FAILED, AttemptState.BOUNCED],
    ).exclude(failure="")
    return frozenset(
        way
        for way, address, failure in failed.values_list("channel", "address", "failure")
        if address_is_dead(failure) and address == contact.address_by(ChannelName(way))
    )


def for_nudges(contacts: Mapping[Party, Contact]) -> Mapping[Party, Contact]:
    """Return how each party may be reminded."""
    return {party: contact.for_nudges() for party, contact in contacts.items()}


def client_mail_refused(ticket: Ticket, case: MigrationCase) -> bool:
    """Tell whether the mailbox of the client's contact, as it is entered now, refused a message of the case for good.

    Messages of chases and single ones to the contact count, not those to phone holders.
    """
    address = plain_address(ticket.contact_email)
    refused = {"address": address, "channel": ChannelName.EMAIL, "recipient_party": Party.CLIENT}
    ended = {"state__in": [AttemptState.FAILED, AttemptState.BOUNCED]}
    asked = ChaseAttempt.objects.filter(chase__case=case, **refused, **ended).values_list("failure", flat=True)
    told = Notice.objects.filter(case=case, holder=None, agent=None, **refused, **ended).values_list(
        "failure", flat=True
    )
    return bool(address) and any(address_is_dead(failure) for failure in asked.union(told, all=True))
