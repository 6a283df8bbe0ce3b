"""Turning a due row into a message in the recipient's language. Nothing is written here: the same code makes previews."""

from datetime import datetime
from typing import Any

from django.utils import translation

from migrations_app.enums import ChannelName
from migrations_app.enums.texts import MOVE_STEPS
from migrations_app.models import ChaseAttempt, MigrationCase, Notice, PinCall
from migrations_app.models.chases import OutboundAttempt
from migrations_app.selectors.cases import case_plan
from migrations_app.selectors.proofs import still_on_numbers
from migrations_app.services.asked import open_items
from migrations_app.services.calendar_words import INVITING, calendar_context
from migrations_app.services.call_words import invited_context, proposal_context, unasked
from migrations_app.services.handover import sheet_file
from migrations_app.services.holder_links import MARK
from migrations_app.services.invitations import invitation_file
from migrations_app.services.letters import (
    IDENTIFIERS,
    TWO_STEP,
    Attachment,
    LetterWish,
    letter_context,
    letters_for,
    number_file,
    wish_in_words,
)
from migrations_app.services.message_facts import (
    all_numbers,
    bsp_context,
    call_context,
    case_context,
    holder_context,
    numbered,
)
from migrations_app.services.notices import INVITATION
from migrations_app.services.page_links import page_mark
from migrations_app.services.recipients import contact_of
from migrations_app.services.rendering import known_language, render
from migrations_app.services.slot_taking import clear_numbers
from migrations_app.services.wording import Wording, wording_of
from providers.types import OutboundMessage
from tickets.enums import Party
from tickets.models import Ticket

_ID_REQUEST = "waba_id_request"
_WITH_SHEET = frozenset({"migration_done", "move_done"})
_WITH_LETTER = frozenset({"two_step_letter", "two_step_reminder", _ID_REQUEST})


class NoAddress(Exception):
    """There is nobody to send the message to."""


class NotNow(Exception):
    """The rung is better passed by: what it would ask must wait, or another message asks it."""


def compose_chase(attempt: ChaseAttempt, ticket: Ticket, case: MigrationCase, *, now: datetime) -> OutboundMessage:
    """Return the message of a rung, one for all numbers of the case that still need it, in the text that suits the moment.

    The attempt carries the name of that text from then on; the caller saves it or, for a preview, does not.

    :raises NotNow: nothing suits the moment.
    :raises NoAddress: the recipient cannot be reached any more.
    """
    wording = wording_of(attempt, ticket, case, now=now)
    if wording is None:
        raise NotNow
    attempt.message = wording.name
    context, files = _facts(wording, attempt, ticket, case, now)
    return _addressed(attempt, ticket, case, context, files)


def _facts(
    wording: Wording, attempt: ChaseAttempt, ticket: Ticket, case: MigrationCase, now: datetime
) -> tuple[dict[str, Any], list[Attachment]]:
    """Return what the message may mention, and the files that go along."""
    language = attempt.language
    numbers = wording.numbers or all_numbers(case)
    context = case_context(ticket, case) | bsp_context(case.current_bsp, language) | numbered(numbers)
    context |= {
        "step": attempt.step + 1,
        "items": open_items(case, attempt.chase, known_language(language)),
        "later_numbers": numbered(wording.later)["numbers"],
        "waits_for": wording.waits_for,
        "wished_by": wish_in_words(ticket, language, now),
        "promises": [vars(promise) for promise in wording.promises],
        "first_asked": wording.first_asked,
        "case_numbers": ", ".join(wording.case_numbers),
        "with_two_step": bool(wording.free),
    }
    files = number_file(numbers, language)
    if wording.name in _WITH_LETTER:
        # Where both are open, the letter about two-step verification asks for the account too: the BSP gets one letter.
        about = TWO_STEP if wording.free or wording.name != _ID_REQUEST else IDENTIFIERS
        letters = letters_for(ticket, case, LetterWish(about, wording.free or numbers, language), now=now)
        context |= letter_context(letters, language)
        files = [*(letter.attachment for letter in letters), *files]
    return context, files


def compose_notice(
    notice: OutboundAttempt, ticket: Ticket, case: MigrationCase, call: PinCall | None, *, minutes: int
) -> OutboundMessage:
    """Return a single message about a case or a call; `minutes` is the length of a call for the case's numbers.

    :raises NoAddress: the recipient cannot be reached any more.
    """
    context = case_context(ticket, case) | {"call_minutes": str(minutes)}
    if notice.message == "move_instructions":
        context["items"] = _move_steps(case, notice.language)
    if notice.message == "two_step_still_on":
        context |= numbered(still_on_numbers(case))
    if notice.message == INVITATION:
        context |= invited_context(ticket, case)
        length = int(context["call_minutes"])
        context |= proposal_context(ticket, case, language=notice.language, minutes=length)
    files: list[Attachment] = []
    if call is not None:
        context |= call_context(call, ticket, language=notice.language) | {"unasked": unasked(call)}
        if isinstance(notice, Notice) and notice.message in INVITING:
            context |= calendar_context(notice, call) | {"further": len(clear_numbers(ticket, case))}
            files = [invitation_file(notice, call, ticket)]
    if isinstance(notice, Notice) and notice.holder is not None:
        context |= holder_context(notice.holder, ticket, language=notice.language) | {"link": MARK}
    if notice.message in _WITH_SHEET:
        files = [sheet_file(ticket, case, language=notice.language)]
    return _addressed(notice, ticket, case, context, files)


def _move_steps(case: MigrationCase, language: str) -> list[str]:
    """Return what the client does to make the move itself, step by step."""
    with translation.override(known_language(language)):
        return [str(words) for words in MOVE_STEPS[case_plan(case).action]]


def _addressed(
    row: OutboundAttempt, ticket: Ticket, case: MigrationCase, context: dict[str, Any], files: list[Attachment]
) -> OutboundMessage:
    contact = contact_of(row, ticket, case)
    recipient = contact.address_by(ChannelName(row.channel))
    if not recipient:
        raise NoAddress
    context |= {"status_url": page_mark(row, ticket)}
    subject, body = render(row.message, row.language, context)
    endpoint = contact.endpoint if row.channel == ChannelName.HTTP else None
    return OutboundMessage(
        recipient=recipient,
        title=subject,
        body=body,
        language=row.language,
        ticket_reference=ticket.reference,
        copied_to=_copied_to(row, ticket),
        attachments=tuple(files),
        message=row.message,
        requirement=row.chase.requirement_code if isinstance(row, ChaseAttempt) else "",
        recipient_party=row.recipient_party,
        numbers=tuple(context["numbers"]),
        endpoint_id=endpoint.pk if endpoint is not None else None,
        test=ticket.test,
    )


def _copied_to(row: OutboundAttempt, ticket: Ticket) -> tuple[str, ...]:
    """The client reads along what its old BSP is asked by mail."""
    by_mail_to_bsp = row.recipient_party == Party.OLD_BSP and row.channel == ChannelName.EMAIL
    return (ticket.contact_email,) if by_mail_to_bsp and ticket.contact_email else ()
