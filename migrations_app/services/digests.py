"""The text of a digest: what several cases ask of one recipient, in one message."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from migrations_app.enums import RequirementCode
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import ChaseAttempt, MigrationCase
from migrations_app.rules.wording import PREPARE
from migrations_app.services.asked import open_titles
from migrations_app.services.letters import Attachment, number_file
from migrations_app.services.message_facts import all_numbers, bsp_name, case_context, numbered
from migrations_app.services.messages import NotNow
from migrations_app.services.page_links import page_mark
from migrations_app.services.rendering import known_language, local_day, render
from migrations_app.services.wording import wording_of
from providers.types import OutboundMessage
from tickets.enums import Party
from tickets.models import Ticket

DIGEST, DIGEST_BSP = "chase_digest", "chase_digest_bsp"


def entry_of(attempt: ChaseAttempt, ticket: Ticket, case: MigrationCase, *, now: datetime) -> dict[str, Any]:
    """Return what a digest says of one case. The attempt carries the text that it stands for from then on.

    :raises NotNow: nothing of it suits the moment.
    """
    wording = wording_of(attempt, ticket, case, now=now)
    if wording is None:
        raise NotNow
    attempt.message = wording.name
    code, language = RequirementCode(attempt.chase.requirement_code), attempt.language
    numbers = wording.numbers or all_numbers(case)
    with translation.override(known_language(language)):
        title = str(REQUIREMENT_TEXTS[code][0])
        items = [item for item in open_titles(case, attempt.chase, known_language(language)) if item != title]
        if wording.name == PREPARE:
            # By its own name the point would ask for what must not be done yet.
            title = f"{gettext('Two-step verification')}: {gettext('Prepare now, switch off later')}"
            items = wording.waits_for
    promised = [promise.promised for promise in wording.promises if promise.promised]
    return {
        "reference": ticket.reference,
        "old_bsp_name": bsp_name(case),
        "company": " ".join(ticket.client_name.split()),
        "title": title,
        "items": items,
        "numbers": numbered(numbers)["numbers"],
        "since": local_day(attempt.chase.created_at, ticket.timezone, language),
        "promised": ", ".join(dict.fromkeys(promised)),
        "all_numbers": numbers,
        "status_url": page_mark(attempt, ticket),
    }


_NAMED = 3
"""So many tickets are named in the subject of a digest; of the others it says how many they are."""


def _references(entries: Sequence[dict[str, Any]]) -> str:
    """Return the tickets of a digest as its subject names them."""
    names = list(dict.fromkeys(str(entry["reference"]) for entry in entries))
    rest = len(names) - _NAMED
    return ", ".join([*names[:_NAMED], *([f"+{rest}"] if rest > 0 else [])])


def compose_digest(
    entries: Sequence[dict[str, Any]], ticket: Ticket, case: MigrationCase, *, attempt: ChaseAttempt, recipient: str
) -> OutboundMessage:
    """Return one message for several cases; ticket, case and attempt are those of the first. Nobody is copied.

    A client must not read of another's case: who asks for a digest to a BSP sees to it that only the BSP gets it.
    """
    to_bsp = attempt.recipient_party == Party.OLD_BSP
    context = case_context(ticket, case) | {"entries": list(entries), "references": _references(entries)}
    subject, body = render(DIGEST_BSP if to_bsp else DIGEST, attempt.language, context)
    files: list[Attachment] = number_file(
        [each for entry in entries for each in entry["all_numbers"]], attempt.language
    )
    return OutboundMessage(
        recipient=recipient,
        title=subject,
        body=body,
        language=attempt.language,
        ticket_reference=ticket.reference,
        attachments=tuple(files),
        test=ticket.test,
    )
