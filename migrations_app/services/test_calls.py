"""The calls of test tickets before they are held: who takes them, when, and what a magic number does to a booking."""

from datetime import datetime

from django.contrib.auth import get_user_model

from config.core.uow import UnitOfWork
from migrations_app.models import MigrationCase, PinCall
from migrations_app.selectors.haste import sooner
from migrations_app.selectors.test_desk import fates_in, machine_name
from tickets.models import Ticket


def make_machine(ticket: Ticket) -> None:
    """Make the account that takes an organization's test calls, where it is missing. Nobody can log in with it."""
    names = {"first_name": "Test", "last_name": "desk", "is_active": False, "password": "!"}
    get_user_model().objects.get_or_create(username=machine_name(ticket.organization_id), defaults=names)


def is_taken_by_fate(case: MigrationCase, start: datetime) -> bool:
    """Tell whether a magic number lets somebody else be faster: whoever wants a full hour is too late, other starts are free."""
    return start.minute == 0 and any(fate.slot_taken for fate in fates_in(case))


def plan_play(uow: UnitOfWork, ticket: Ticket, call: PinCall) -> None:
    """Write down when the call of a locked test ticket is held; a live one is held by people."""
    if ticket.test:
        call.play_at = sooner(ticket, call.start, since=uow.now)
        PinCall.objects.filter(pk=call.pk).update(play_at=call.play_at, looked_at=None)
