"""What a planned message would say if it left now. Nothing is written."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.models import ChaseAttempt, MigrationCase, Notice
from migrations_app.rules.wording import OWN_SUBJECT
from migrations_app.services.lengths import call_length
from migrations_app.services.messages import NoAddress, NotNow, compose_chase, compose_notice
from migrations_app.services.threads import threaded
from providers.types import OutboundMessage
from tickets.models import Ticket

NOT_NOW, NO_ADDRESS = "not_now", "no_address"


@dataclass(frozen=True)
class Preview:
    """The message, or why there is none: `not_now` or `no_address`. `name` is the text that suits the moment."""

    name: str
    message: OutboundMessage | None = None
    why: str = ""


def preview_of(row: ChaseAttempt | Notice, ticket: Ticket, case: MigrationCase, *, now: datetime) -> Preview:
    """Return what a planned row would send at this moment."""
    try:
        if isinstance(row, ChaseAttempt):
            message = compose_chase(row, ticket, case, now=now)
            if row.chase.reply_token:
                # A chase without one gets it when something leaves; looking writes nothing.
                message = threaded(message, chase=row.chase, key="preview", own_title=row.message in OWN_SUBJECT)
        else:
            minutes = call_length().minutes(case.numbers.count())
            message = compose_notice(row, ticket, case, row.pin_call, minutes=minutes)
    except NotNow:
        return Preview(row.message, why=NOT_NOW)
    except NoAddress:
        return Preview(row.message, why=NO_ADDRESS)
    return Preview(row.message, message)
