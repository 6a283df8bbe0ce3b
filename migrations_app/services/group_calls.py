"""One call for several tickets of a client's group, booked in one step."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from config.core.actor import Actor
from config.core.errors import DomainError
from config.core.uow import unit_of_work
from migrations_app.models import MigrationCase, PinCall
from migrations_app.rules.shared_calls import belong_together, fitting
from migrations_app.selectors.cases import case_of
from migrations_app.selectors.group_calls import Member, group_slots
from migrations_app.selectors.shared_calls import caller_of
from migrations_app.selectors.slots import SlotFrame
from migrations_app.services.calls import book
from migrations_app.services.lengths import call_length
from migrations_app.services.slot_taking import SlotNotAvailable, Wish, numbers_for_call
from tickets.models import Ticket


def members_of(ticket: Ticket, others: Iterable[Ticket]) -> list[Member]:
    """Return the tickets of one group that can come to one call, the given one first; empty where it cannot or is alone.

    Of `others` those of the same client whose numbers are clear are taken in their order, as many as fit into one call.
    """
    first = _member(ticket)
    if first is None:
        return []
    asks = caller_of(ticket, first.case.playbook_copy.get("execution", ""))
    found = [first]
    for other in others:
        case = MigrationCase.objects.filter(ticket=other).first()
        if case is None or not belong_together(asks, caller_of(other, case.playbook_copy.get("execution", ""))):
            continue
        member = _member(other)
        if member is not None and fitting(call_length(), [len(each.numbers) for each in [*found, member]]) > len(found):
            found.append(member)
    return found if len(found) > 1 else []


def _member(ticket: Ticket) -> Member | None:
    try:
        case = case_of(ticket.pk)
        rows = numbers_for_call(ticket, case)
    except DomainError:
        return None
    return Member(ticket, case, tuple(row.number for row in rows))


def frame_of(members: Sequence[Member], since: datetime, until: datetime) -> SlotFrame:
    """Return the question for a moment of a call with the numbers of all members."""
    ticket = members[0].ticket
    minutes = call_length().minutes(sum(len(member.numbers) for member in members))
    return SlotFrame(since, until, minutes, ticket.timezone, ticket.queue_id)


def book_together(*, members: Sequence[Member], start: datetime, by: Actor, now: datetime) -> list[PinCall]:
    """Book one call for all members: all of them or none.

    :raises SlotNotAvailable: the moment is not offered for so many numbers.
    :raises SlotTaken: somebody else was faster.
    :raises IllegalTransition: a number of theirs cannot be booked any more.
    """
    with unit_of_work(by=by, now=now) as uow:
        uow.lock(Ticket, *(member.ticket.pk for member in members))
        frame = frame_of(members, start, start + timedelta(seconds=1))
        agents = {agent for slot in group_slots(members, frame, now=now) for agent in slot.agent_ids}
        if not agents:
            raise SlotNotAvailable
        first, *others = members
        wish = Wish(start, first.numbers, among=frozenset(agents))
        found = [book(ticket_id=first.ticket.pk, wish=wish, by=by, now=now)]
        for other in others:
            wish = Wish(start, other.numbers, joins=found[0].uid)
            found.append(book(ticket_id=other.ticket.pk, wish=wish, by=by, now=now))
        return found
