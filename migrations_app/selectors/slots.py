"""Reading calendars: which moments can be offered for a call, and who takes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from migrations_app.models import MigrationCase
from migrations_app.rules.availability import Client, Frame, Taken, free_moments, in_order, in_reach
from migrations_app.rules.call_policy import Policy
from migrations_app.rules.hours import zone_of
from migrations_app.rules.slots import LowTrafficWindow, Slot, SlotQuestion, offers
from migrations_app.rules.traffic import profile_of
from migrations_app.selectors.agents import agents_of, loads_of, taken_by
from migrations_app.selectors.call_policies import policy_of
from migrations_app.selectors.test_desk import machine_as_agent
from tickets.models import Ticket
from tickets.selectors.service_levels import desk_hours

_LONGEST = timedelta(days=1)
"""No call lasts longer, buffers included."""


@dataclass(frozen=True)
class SlotFrame:
    """When, for whom and how long: everything but the calendars. `moving`: the UID of a call that looks for another time."""

    since: datetime
    until: datetime
    minutes: int
    timezone: str
    queue_id: int | None
    moving: UUID | None = None


def windows_of(case: MigrationCase) -> tuple[LowTrafficWindow, ...]:
    """Return the client's quiet stretches as filed."""
    return tuple(
        LowTrafficWindow(window["weekday"], time.fromisoformat(window["start"]), time.fromisoformat(window["end"]))
        for window in case.low_traffic_windows
    )


def offered_slots(frame: SlotFrame, case: MigrationCase, *, now: datetime, ignore_taken: bool = False) -> list[Slot]:
    """Return the free moments within the frame by the rules of its queue, in order of time.

    Agents are those of the queue; for a test ticket the machine that plays them, with a calendar of its own. Holds that have
    expired count as free, swept or not, and so does the ticket's own: whatever is taken next replaces it. `ignore_taken`: as if
    there were no other calls.
    """
    policy = policy_of(frame.queue_id)
    reach = in_reach(policy, frame.since, frame.until, now=now)
    if reach is None:
        return []
    since, until = reach
    ticket = case.ticket
    client = Client(zone_of(frame.timezone), ticket.country, ticket.language)
    asked = Frame(since, until, frame.minutes, client, policy, desk_hours(ticket) if policy.within_calendar else None)
    agents = agents_of(frame.queue_id, since=since, until=until + _LONGEST)
    if ticket.test:
        agents = [machine_as_agent(ticket, agents, zone=client.zone.key)]
    taken = Taken()
    if not ignore_taken:
        taken = taken_by(agents, since=since, until=until, ticket_id=ticket.pk, moving=frame.moving, now=now)
    question = SlotQuestion(
        since=since,
        until=until,
        minutes=frame.minutes,
        zone=client.zone,
        windows=windows_of(case),
        profile=profile_of(case.message_profile),
        asked_at=now,
    )
    return offers(question, free_moments(asked, agents, taken))


def takers(agent_ids: Sequence[int], policy: Policy, ticket: Ticket, *, present: int | None = None) -> list[int]:
    """Return who is asked to take a call of a ticket, one after the other.

    `present`: who has it now, for a call that is moved: the client was told that name.
    """
    loads, last_given = loads_of(agent_ids)
    first = (present, ticket.assignee_id if policy.keep_assignee else None)
    return in_order(agent_ids, policy, first=first, loads=loads, last_given=last_given)
