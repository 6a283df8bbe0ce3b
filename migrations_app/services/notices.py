"""Single messages about a case or a call: rows with a due time, written in the transaction that gives rise to them."""

from datetime import datetime, timedelta

from django.db.models import Max, Q

from config.core.uow import UnitOfWork
from migrations_app.enums import AttemptState, PinCallState, Stage
from migrations_app.models import MigrationCase, Notice, PinCall
from migrations_app.rules.progress import schedulable_numbers, waits_for_us
from migrations_app.selectors.cases import case_plan, facts_of
from migrations_app.selectors.haste import sooner, wait_of
from migrations_app.services.holder_plan import drop_checks, plan_checks
from migrations_app.services.proof_facts import is_contested
from tickets.enums import Party
from tickets.models import Ticket

REMINDERS = (
    ("call_reminder_24h", timedelta(hours=24)),
    ("call_reminder_1h", timedelta(hours=1)),
    ("call_reminder_10m", timedelta(minutes=10)),
)
WARNING = "client_unresponsive_warning"
INVITATION = "slot_invitation"
_AGAIN_AFTER = timedelta(hours=24)
"""A client that was invited so lately is not invited again, unless it has booked in between."""
ENDS = ("call_cancelled", "agent_call_cancelled")
"""What still has to be said when nothing else about the call has."""
_CONFIRMATIONS = ("call_booked", "call_moved")
_IN_VAIN = (AttemptState.FAILED, AttemptState.BOUNCED)
LEFT = (AttemptState.SENDING, AttemptState.SENT, AttemptState.UNKNOWN)
_STAGE_MESSAGES = {Stage.READY: INVITATION, Stage.CLOSING: "migration_done"}


def plan_notice(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, message: str, *, due: datetime, call: PinCall | None = None,
    moved_from: datetime | None = None,
) -> None:  # fmt: skip
    """Plan one message to the client; `moved_from` is the start of the call that the client knew before."""
    Notice.objects.create(
        case=case,
        pin_call=call,
        moved_from=moved_from,
        message=message,
        recipient_party=Party.CLIENT,
        language=ticket.language,
        address=ticket.contact_email,
        due_at=due,
        created_at=uow.now,
        updated_at=uow.now,
    )


def tell_stage(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Tell the client once per visit that a stage has been reached which asks something of it.

    A visit that follows at once, e.g. after a cancellation by mistake, is the same visit to the client. Nobody is invited to a
    call while Meta is being asked about a claim, or does not believe it, or refuses the move for something of ours, or while all
    that is left cools down; the end of each try and of each rest settles the case anew.
    """
    message = _stage_message(case)
    if message is None or not ticket.contact_email:
        return
    since = case.stage_since
    if since == uow.now:
        since = _since_booking(case, uow.now - wait_of(ticket, _AGAIN_AFTER))
    # What an address has refused is not sent there again by itself (a person may); a corrected address is told anew.
    in_vain = Q(state__in=_IN_VAIN) & ~Q(address__in=["", ticket.contact_email])
    told = Notice.objects.filter(case=case, message=message, created_at__gte=since).exclude(in_vain)
    if not told.exists() and not (message == INVITATION and _must_wait(ticket, case, now=uow.now)):
        plan_notice(uow, ticket, case, message, due=uow.now)


def _must_wait(ticket: Ticket, case: MigrationCase, *, now: datetime) -> bool:
    """Tell whether nobody is invited to a call yet: something speaks against it at Meta, or what is left still cools down."""
    return held_back(ticket, case, now=now) or not schedulable_numbers(facts_of(case, ticket))


def held_back(ticket: Ticket, case: MigrationCase, *, now: datetime) -> bool:
    """Tell whether no time is proposed although one could be booked.

    Meta is asked about a claim or denies it, or refuses the move for something that is ours to mend.
    """
    return is_contested(ticket, case, now=now) or waits_for_us(facts_of(case, ticket))


def _stage_message(case: MigrationCase) -> str | None:
    """Return what the client is told on reaching this stage: without a call, how to take the step itself, if it is the client's."""
    plan = case_plan(case)
    if plan.call:
        return _STAGE_MESSAGES.get(Stage(case.stage))
    if case.stage == Stage.READY:
        return "move_instructions" if plan.mover is Party.CLIENT else None
    return "move_done" if case.stage == Stage.CLOSING else None


def _since_booking(case: MigrationCase, earliest: datetime) -> datetime:
    """Return the moment itself, or the case's last booking if that was later; a missed call was booked even if no mail said so."""
    told = Notice.objects.filter(case=case, message__in=_CONFIRMATIONS).aggregate(at=Max("created_at"))["at"]
    missed = PinCall.objects.filter(ticket_id=case.ticket_id, state=PinCallState.NO_SHOW)
    known: list[datetime] = [at for at in (told, missed.aggregate(at=Max("created_at"))["at"]) if at is not None]
    return max([*known, earliest])


def plan_call_notices(
    uow: UnitOfWork, ticket: Ticket, case: MigrationCase, call: PinCall, *, known: datetime | None = None
) -> None:
    """Plan the confirmation and the reminders of a booked call, and the questions to its phone holders.

    Reminders whose time has passed are left out. `known` is the start that the client was told before: a call that is back at
    it needs no confirmation.
    """
    if known is None:
        plan_notice(uow, ticket, case, "call_booked", due=uow.now, call=call)
    elif known != call.start:
        plan_notice(uow, ticket, case, "call_moved", due=uow.now, call=call, moved_from=known)
    plan_checks(ticket, call, now=uow.now)
    for message, before in REMINDERS:
        if call.start - before > uow.now:
            due = sooner(ticket, call.start - before, since=uow.now)
            plan_notice(uow, ticket, case, message, due=due, call=call)


def comes_too_late(notice: Notice, *, now: datetime) -> bool:
    """Tell whether a reminder of a call that could not leave in time says what is true no more.

    The next reminder is due as well then, or the call is there.
    """
    names = [message for message, _before in REMINDERS]
    if notice.pin_call is None or notice.message not in names:
        return False
    following = REMINDERS[names.index(notice.message) + 1 :]
    return notice.pin_call.start - (following[0][1] if following else timedelta()) <= now


def was_announced(call: PinCall) -> bool:
    """Tell whether the client was told of a call (or may have been): only then is its end news."""
    return Notice.objects.filter(pin_call=call, message__in=_CONFIRMATIONS, state__in=LEFT).exists()


def what_client_knows(call: PinCall) -> datetime | None:
    """Return the start of a call that the client was told; None where no mail has left. Ask before anything is changed."""
    if not was_announced(call):
        return None
    # A mail about a move that has not left yet: the client knows the time before it.
    waiting = Notice.objects.filter(pin_call=call, message="call_moved", state=AttemptState.PLANNED)
    return waiting.values_list("moved_from", flat=True).first() or call.start


def drop_call_notices(call: PinCall) -> None:
    """Forget the messages of a call that are only planned, and ask its phone holders nothing more.

    Those that take it out of somebody's calendar stay.
    """
    drop_checks(call)
    Notice.objects.filter(pin_call=call, state=AttemptState.PLANNED).exclude(message__in=ENDS).delete()


def drop_case_notices(case: MigrationCase) -> None:
    """Forget the messages of a case that ends which are only planned and about no call: they ask for what nobody needs now."""
    Notice.objects.filter(case=case, pin_call=None, state=AttemptState.PLANNED).delete()
