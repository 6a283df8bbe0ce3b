"""Reading which tickets of a group can come to one call, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from migrations_app.models import MigrationCase
from migrations_app.rules.slots import Slot
from migrations_app.selectors.slots import SlotFrame, offered_slots
from tickets.models import Ticket


@dataclass(frozen=True)
class Member:
    """A ticket that can come to a call now, with the numbers it brings."""

    ticket: Ticket
    case: MigrationCase
    numbers: tuple[str, ...]


def group_slots(members: Sequence[Member], frame: SlotFrame, *, now: datetime) -> list[Slot]:
    """Return the moments free for a call of the frame's length, with the agents who work for the queues of all members."""
    first, *others = members
    found = {slot.start: slot for slot in offered_slots(frame, first.case, now=now)}
    for queue_id in {member.ticket.queue_id for member in others} - {first.ticket.queue_id}:
        theirs = {
            slot.start: set(slot.agent_ids)
            for slot in offered_slots(replace(frame, queue_id=queue_id), first.case, now=now)
        }
        found = {
            start: replace(slot, agent_ids=tuple(agent for agent in slot.agent_ids if agent in theirs.get(start, ())))
            for start, slot in found.items()
        }
    return [slot for slot in found.values() if slot.agent_ids]
