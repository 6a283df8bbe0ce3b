"""Reading incoming mail: what it may belong to, who may see it, what of it waits for a person."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, F, Max, Q, QuerySet

from migrations_app.enums import ChaseState, DeskTaskKind, DeskTaskState
from migrations_app.enums.mail import MailState
from migrations_app.models import Chase, ChaseAttempt, DeskTask, InboundMail, MigrationCase, Notice
from migrations_app.rules.answers import Known, Place, Traces
from providers.enums import ChannelKind
from providers.models import Exchange
from tickets.enums import Party
from tickets.models import Membership, Ticket
from tickets.selectors.desk import is_agent, is_lead, visible_tickets

# To what it may belong ------------------------------------------------------------------------------------------------


def known_of(traces: Traces) -> Known:
    """Return what the desk knows of a mail's traces."""
    tickets = list(Ticket.objects.filter(reference__in=traces.references))
    return Known(
        tokens=_by_token(traces.tokens),
        message_ids=_by_message_id(traces.message_ids),
        references={ticket.reference: Place(ticket.pk, asking_chase(ticket.pk)) for ticket in tickets},
        senders={ticket.pk: set().union(*known_senders(ticket).values()) for ticket in tickets},
    )


def _by_token(tokens: Iterable[str]) -> dict[str, Place]:
    rows = Chase.objects.filter(reply_token__in=list(tokens))
    return {
        str(token): Place(ticket, pk) for token, ticket, pk in rows.values_list("reply_token", "case__ticket_id", "pk")
    }


def _by_message_id(ids: Sequence[str]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for message_id in ids:
        exchange = exchange_of([message_id])
        place = place_of(exchange) if exchange else None
        if place is not None:
            found[message_id] = place
            break  # they come in the order in which they are believed
    return found


def exchange_of(ids: Sequence[str]) -> Exchange | None:
    """Return the newest message of ours that has one of these ids, by our own name or by a mail provider's."""
    if not ids:
        return None
    forms = [form for each in ids for form in (each, f"<{each}>")]
    given = [form for each in ids for form in (each, f"<{each}>", each.split("@")[0])]
    rows = Exchange.objects.filter(Q(message_id__in=forms) | Q(provider_id__in=given), channel=ChannelKind.EMAIL)
    return rows.order_by("-id").first()


def place_of(exchange: Exchange) -> Place | None:
    """Return the ticket that a message of ours was about, and the chase that sent it."""
    attempt = ChaseAttempt.objects.filter(exchange=exchange).select_related("chase__case").order_by("id").first()
    if attempt is not None:
        return Place(attempt.chase.case.ticket_id, attempt.chase_id)
    notice = Notice.objects.filter(exchange=exchange).select_related("case").order_by("id").first()
    if notice is not None:
        return Place(notice.case.ticket_id)
    ticket = Ticket.objects.filter(reference=exchange.ticket_reference).values_list("pk", flat=True).first()
    return Place(ticket) if ticket is not None else None


def asking_chase(ticket_id: int) -> int | None:
    """Return the chase of a ticket that asked last and still waits; what comes without its address is taken for its answer."""
    rows = Chase.objects.filter(case__ticket_id=ticket_id, state__in=[ChaseState.ACTIVE, ChaseState.EXHAUSTED])
    asked = rows.annotate(asked_at=Max("attempts__sent_at")).order_by(F("asked_at").desc(nulls_last=True), "id")
    return asked.values_list("pk", flat=True).first()


def known_senders(ticket: Ticket) -> dict[Party, set[str]]:
    """Return the addresses from which client and old BSP of a ticket write, in lower case."""
    case = MigrationCase.objects.select_related("current_bsp").filter(ticket=ticket).first()
    client = {ticket.contact_email}
    client |= set(
        Membership.objects.filter(organization_id=ticket.organization_id).values_list("user__email", flat=True)
    )
    bsp: set[str] = set()
    if case is not None:
        client |= set(case.numbers.values_list("otp_contact_email", flat=True))
        bsp = {case.current_bsp.contact_email} if case.current_bsp else set()
    return {Party.CLIENT: _plain(client), Party.OLD_BSP: _plain(bsp) - _plain(client)}


def written_to(ticket: Ticket) -> set[str]:
    """Return the addresses to which we have written about a ticket, in lower case."""
    rows = Exchange.objects.filter(ticket_reference=ticket.reference, channel=ChannelKind.EMAIL)
    found = {ticket.contact_email}
    for recipient, copied in rows.values_list("recipient", "copied_to"):
        found |= {recipient, *copied}
    return _plain(found)


def _plain(addresses: Iterable[str | None]) -> set[str]:
    return {address.strip().lower() for address in addresses if address}


# Who may see it -------------------------------------------------------------------------------------------------------


def visible_mails(user: Any) -> QuerySet[InboundMail]:
    """Return the mail this person may see: a lead all, an agent that of own tickets; others none.

    Mail that belongs to no ticket may be anybody's: it is shown to agents of the triage queue.
    """
    rows = InboundMail.objects.select_related("ticket", "chase")
    if is_lead(user):
        return rows
    if not is_agent(user):
        return rows.none()
    triages = Exists(user.queues.filter(is_triage=True))
    return rows.filter(Q(ticket__in=visible_tickets(user)) | (Q(ticket=None) & Q(triages)))


def waiting_mails(user: Any) -> QuerySet[InboundMail]:
    """Return the mail that somebody has to file, as far as this person may see it."""
    return visible_mails(user).filter(state=MailState.UNMATCHED)


# What waits for a person ----------------------------------------------------------------------------------------------


def received_mails(*, limit: int) -> list[int]:
    """Return the ids of mails that nothing has been done with yet, oldest first."""
    rows = InboundMail.objects.filter(state=MailState.RECEIVED).order_by("received_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def mails_of(ticket: Ticket) -> list[InboundMail]:
    """Return the mail that was filed on a ticket, oldest first."""
    return list(InboundMail.objects.filter(ticket=ticket).prefetch_related("files").order_by("received_at", "id"))


def answers_to_judge(case: MigrationCase) -> list[DeskTask]:
    """Return the open tasks of judging an answer, oldest first."""
    rows = DeskTask.objects.filter(case=case, kind=DeskTaskKind.JUDGE_ANSWER, state=DeskTaskState.OPEN)
    return list(rows.select_related("chase").prefetch_related("mails__files__attachment").order_by("created_at", "id"))
