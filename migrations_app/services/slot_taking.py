"""Taking a slot: which numbers, which agent, and the quarters of an hour that the unique key keeps apart.

Availability is checked and taken in one transaction; the unique cells decide between two that come at once.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from config.core.errors import Conflict
from config.core.uow import IllegalTransition
from migrations_app.enums import Blocks, PinCallState, Stage
from migrations_app.models import AgentProfile, CallCell, MigrationCase, NumberMove, PinCall, PinCallNumber
from migrations_app.rules.call_policy import Policy
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.phone import match_key
from migrations_app.rules.progress import CaseFacts, blocking, resting_numbers, schedulable_numbers
from migrations_app.rules.requirements import CATALOGUE
from migrations_app.selectors.call_policies import policy_of
from migrations_app.selectors.cases import facts_of
from migrations_app.selectors.shared_calls import cells_of
from migrations_app.selectors.slots import SlotFrame, offered_slots, takers
from migrations_app.services.actions import not_now
from migrations_app.services.lengths import call_length
from migrations_app.services.test_calls import is_taken_by_fate, make_machine
from tickets.models import Ticket


class SlotTaken(Conflict):
    """Somebody else was faster."""

    code = "slot_taken"


class SlotNotAvailable(Conflict):
    """This moment is not offered at all."""

    code = "slot_not_available"


@dataclass(frozen=True)
class Wish:
    """What the caller wants: when, for which numbers (the first clear ones when None), told in which zone.

    `joins` is the UID of the client's call that a person has chosen to join; tickets of one group join each other without it.
    """

    start: datetime
    numbers: Sequence[str] | None = None
    timezone: str | None = None
    joins: uuid.UUID | None = None
    among: frozenset[int] | None = None
    """The agents who come into question (ids), where others than the ticket's queue decide too."""


def numbers_for_call(
    ticket: Ticket, case: MigrationCase, wanted: Sequence[str] | None = None, *, at: datetime | None = None
) -> list[NumberMove]:
    """Return the numbers a call can be booked for now, in their order, as many as fit.

    Numbers that cool down can be `wanted` for a call `at` a moment when their rest is over.

    :raises IllegalTransition: the move needs no call, requirements block scheduling (`blocking` names them), or all clear numbers
        have their call already. `allowed` are the numbers that a call can be booked for.
    """
    facts = facts_of(case, ticket)
    if not facts.plan.call:
        raise IllegalTransition(
            gettext("This move needs no verification-code call."), extra={"allowed": [], "blocking": []}
        )
    clear = schedulable_numbers(facts)
    rested = set(resting_numbers(facts)) if wanted is not None and at is not None else set()
    rows = [row for row in open_numbers(case) if row.pk in clear or (row.pk in rested and is_rested(row, at=at))]
    if wanted is not None:
        keys = {match_key(number) for number in wanted}
        chosen = [row for row in rows if row.match_key in keys]
        if len(chosen) != len(keys):
            raise IllegalTransition(extra={"allowed": [row.number for row in rows], "blocking": _missing(facts)})
        rows = chosen
    if not rows or case.stage not in {Stage.REQUIREMENTS, Stage.READY, Stage.SCHEDULED}:
        missing = _missing(facts)
        detail = gettext("The requirements named in `blocking` come first.") if missing else ""
        raise not_now(ticket, case, detail, blocking=missing)
    return rows[: call_length().most_numbers]


def clear_numbers(ticket: Ticket, case: MigrationCase) -> list[NumberMove]:
    """Return all numbers that a call can be booked for now, in their order, more than one call may take included."""
    clear = schedulable_numbers(facts_of(case, ticket))
    return [row for row in open_numbers(case) if row.pk in clear]


def is_rested(number: NumberMove, *, at: datetime | None) -> bool:
    """Tell whether a number may be tried again at a moment."""
    return number.cool_down_until is None or (at is not None and number.cool_down_until <= at)


def demand_rested(numbers: Iterable[NumberMove], *, at: datetime) -> None:
    """Refuse a call at a moment when one of its numbers still rests.

    :raises SlotNotAvailable: one does.
    """
    if not all(is_rested(number, at=at) for number in numbers):
        raise SlotNotAvailable


def _missing(facts: CaseFacts) -> list[str]:
    """Return the codes that block scheduling, in the order of the catalogue."""
    missing = {requirement.code for requirement in blocking(facts, Blocks.SCHEDULE)}
    return [code.value for code in CATALOGUE if code in missing]


def open_numbers(case: MigrationCase) -> list[NumberMove]:
    """Return the numbers of a case that are still to be moved and have no call booked."""
    busy = PinCallNumber.objects.filter(
        number__case=case, pin_call__state__in=[PinCallState.BOOKED, PinCallState.STARTED]
    ).values_list("number_id", flat=True)
    return list(case.numbers.exclude(state__in=MOVED).exclude(pk__in=busy).order_by("position"))


def free_agents(
    ticket: Ticket, case: MigrationCase, start: datetime, minutes: int, *, now: datetime, present: int | None = None
) -> list[int]:
    """Return who could take a call at this moment, best first. `present`: who has it now, where it is moved.

    :raises SlotNotAvailable: the moment is not offered.
    :raises SlotTaken: it is, but everybody is taken, or has as many calls on that day as a day takes.
    """
    policy = policy_of(ticket.queue_id)
    if ticket.test:
        make_machine(ticket)
        if is_taken_by_fate(case, start):
            raise SlotTaken
    else:
        _one_at_a_time(ticket.queue_id, policy)
    end = start + timedelta(seconds=1)
    frame = SlotFrame(start, end, minutes, ticket.timezone, ticket.queue_id)
    for slot in offered_slots(frame, case, now=now):
        if slot.start == start:
            return takers(slot.agent_ids, policy, ticket, present=present)
    if any(slot.start == start for slot in offered_slots(frame, case, now=now, ignore_taken=True)):
        raise SlotTaken
    raise SlotNotAvailable


def _one_at_a_time(queue_id: int | None, policy: Policy) -> None:
    """Where calls a day are limited, let bookings of the same agents follow each other.

    Two calls at different hours of a day have no quarter in common: the unique cells do not keep them apart. Agents are locked
    after the ticket, by ascending id.
    """
    agents = get_user_model().objects.filter(queues=queue_id)
    if policy.daily_capacity is not None or agents.filter(call_profile__daily_capacity__isnull=False).exists():
        list(agents.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))


def occupy(call: PinCall, agents: Sequence[int], *, now: datetime) -> None:
    """Save the call with the first agent whose cells are still free under the unique key, in that agent's meeting room.

    :raises SlotTaken: nobody's are.
    """
    wanted = cells_of(call)
    fresh = call.pk is None
    rooms = dict(AgentProfile.objects.filter(agent__in=agents).values_list("agent_id", "meeting_url"))
    for agent_id in agents:
        call.agent_id, call.join_url = agent_id, rooms.get(agent_id, "")
        try:
            with transaction.atomic():
                call.save()
                take_cells(call, wanted, now=now)
        except IntegrityError:
            if fresh:
                # The savepoint took the row back.
                call.pk, call._state.adding = None, True  # noqa: SLF001
            continue
        return
    raise SlotTaken


def take_cells(call: PinCall, wanted: Sequence[datetime], *, now: datetime) -> None:
    """Take quarters of an hour of the call's agent; those of holds that are over are free.

    :raises IntegrityError: somebody has one of them.
    """
    CallCell.objects.filter(
        agent_id=call.agent_id, start__in=wanted, pin_call__state=PinCallState.HELD, pin_call__expires_at__lte=now
    ).delete()
    CallCell.objects.bulk_create(CallCell(agent_id=call.agent_id, start=cell, pin_call=call) for cell in wanted)


def keep_taken(call: PinCall, *, now: datetime) -> None:
    """Take the quarters of a living hold once more.

    Another process may think that the hold is over: its clock is ahead, or it has waited less long. It frees the quarters and
    takes them; whoever comes second meets the unique cells.

    :raises SlotTaken: somebody else has them.
    """
    CallCell.objects.filter(pin_call=call).delete()
    occupy(call, [call.agent_id], now=now)
