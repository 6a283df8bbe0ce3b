"""What the agent of a call is told by mail, with the invitation: booked, moved, taken away.

The agent of a shared call is told once, for the ticket by which something was done, and of all its tickets.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from config.core.uow import UnitOfWork
from migrations_app.enums import AttemptState, PinCallState
from migrations_app.models import MigrationCase, Notice, PinCall
from migrations_app.selectors.agent_calls import language_of
from migrations_app.selectors.cases import case_of
from migrations_app.services.notices import LEFT
from migrations_app.services.rendering import known_language
from tickets.enums import Party

BOOKED, MOVED, OFF = "agent_call_booked", "agent_call_moved", "agent_call_cancelled"


@dataclass(frozen=True)
class Told:
    """Who had a call, and the start that this agent was told; None where no mail about it has left."""

    agent: Any
    start: datetime | None


def tell_agent(uow: UnitOfWork, case: MigrationCase, call: PinCall) -> None:
    """Plan the mail about a call that was booked, or that a ticket has joined.

    It tells of all tickets of the call, so it takes the place of one that has not left yet.
    """
    _about(call).filter(agent=call.agent, message=BOOKED, state=AttemptState.PLANNED).delete()
    _plan(uow, case, call, BOOKED, Told(call.agent, None))


def what_agent_knows(call: PinCall) -> Told:
    """Return what the agent of a call was told so far. Ask before anything of the call changes."""
    notices = _about(call).filter(agent=call.agent_id)
    if not notices.filter(message__in=[BOOKED, MOVED], state__in=LEFT).exists():
        return Told(call.agent, None)
    # A mail about a move that has not left yet: the agent knows the time before it.
    waiting = notices.filter(message=MOVED, state=AttemptState.PLANNED).values_list("moved_from", flat=True).first()
    return Told(call.agent, waiting or call.start)


def tell_agents_moved(uow: UnitOfWork, case: MigrationCase, call: PinCall, *, known: Told) -> None:
    """Plan the mails about a call that was moved: to who has it now, and to who has it no more."""
    if known.agent.pk != call.agent_id:
        if known.start is not None:
            _plan(uow, case, call, OFF, known)
        _plan(uow, case, call, BOOKED, Told(call.agent, None))
    elif known.start is None:
        _plan(uow, case, call, BOOKED, known)
    elif known.start != call.start:
        _plan(uow, case, call, MOVED, known)


def tell_agent_off(uow: UnitOfWork, case: MigrationCase, call: PinCall, *, known: Told) -> None:
    """Plan the mail about a call that was cancelled, or that a ticket has left; not where the agent heard nothing of it.

    Then the agent is told of what is left of the call, if the mail about it was that of the ticket that has left.
    """
    if known.start is not None:
        _plan(uow, case, call, OFF, known)
    elif not _about(call).filter(agent=call.agent, message=BOOKED, state=AttemptState.PLANNED).exists():
        left = PinCall.objects.filter(uid=call.uid, state=PinCallState.BOOKED).order_by("ticket_id").first()
        if left is not None:
            _plan(uow, case_of(left.ticket_id), left, BOOKED, Told(left.agent, None))


def still_news(notice: Notice, call: PinCall) -> bool:
    """Tell whether an agent still has to be told: the call may have come back to it, or gone to another one."""
    has_it = notice.agent_id == call.agent_id
    if notice.message == OFF:
        return call.state == PinCallState.CANCELLED or not has_it
    return has_it and call.state == PinCallState.BOOKED


def _about(call: PinCall) -> QuerySet[Notice]:
    return Notice.objects.filter(pin_call__uid=call.uid)


def _plan(uow: UnitOfWork, case: MigrationCase, call: PinCall, message: str, told: Told) -> None:
    if not told.agent.email:
        return
    Notice.objects.create(
        case=case,
        pin_call=call,
        agent=told.agent,
        moved_from=told.start,
        message=message,
        recipient_party=Party.ONBOARDING,
        language=known_language(language_of(told.agent)),
        address=told.agent.email,
        due_at=uow.now,
        created_at=uow.now,
        updated_at=uow.now,
    )
