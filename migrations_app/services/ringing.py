"""A person rings the client: after a second missed call, or when none of the proposed times suits."""

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext

from config.core.uow import UnitOfWork
from migrations_app.enums import DeskTaskKind, DeskTaskState
from migrations_app.models import DeskTask, MigrationCase
from migrations_app.services.desk_tasks import NewTask, drop_tasks, open_task
from migrations_app.services.rendering import known_language
from tickets.enums import Party
from tickets.models import Ticket

MISSED_BEFORE = 2
"""After so many missed calls a person rings."""


def ring_after_missed(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Ask a person to ring the client of a locked ticket who has missed calls again and again."""
    with translation.override(known_language(ticket.language)):
        title = gettext("Ring the client: calls were missed again")
        words = gettext(
            "Hello, this is Portero onboarding about %(reference)s. We have missed each other twice in the verification-code "
            "call. When does it suit you really, and who will have the phone of each number at hand? We can book it right now."
        )
    _open(uow, ticket, case, title, words % {"reference": ticket.reference})


def ring_for_other_time(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, wish: str) -> None:
    """Ask a person to find a time with the client of a locked ticket; `wish`: what it wrote, if anything."""
    with translation.override(known_language(ticket.language)):
        title = gettext("Ring the client: none of the times suits")
        words = gettext(
            "Hello, this is Portero onboarding about %(reference)s. None of the times that we proposed suits you. "
            "Which day and hour is best for you, and quiet for your customers?"
        ) % {"reference": ticket.reference}
    _open(uow, ticket, case, title, f"{words}\n\n“{wish}”" if wish else words)


def _open(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, title: str, text: str) -> None:
    new = NewTask(
        kind=DeskTaskKind.RING_CLIENT,
        recipient_party=Party.CLIENT,
        language=ticket.language,
        contact=ticket.contact_phone,
        title=title,
        text=text,
    )
    open_task(uow, case, new)


def no_need_to_ring(uow: UnitOfWork, case: MigrationCase) -> None:
    """Take the ringing off the list: a time is booked."""
    drop_tasks(uow, _open_tasks(case))


def is_to_be_rung(case: MigrationCase) -> bool:
    """Tell whether a person is asked to ring the client already."""
    return _open_tasks(case).exists()


def _open_tasks(case: MigrationCase) -> QuerySet[DeskTask]:
    return DeskTask.objects.filter(case=case, kind=DeskTaskKind.RING_CLIENT, state=DeskTaskState.OPEN)
