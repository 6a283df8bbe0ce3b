"""By which way and when the rungs of a ladder leave for one case: what the planner plans and what a preview shows."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from migrations_app.enums import BY_PERSON, RequirementCode
from migrations_app.enums.ladders import RungLanguage
from migrations_app.models import Chase, MigrationCase
from migrations_app.rules.channels import ways
from migrations_app.rules.ladders import Due, Rung, Step, Way, timetable
from migrations_app.rules.wording import Hold
from migrations_app.selectors.chases import hold_of_case
from migrations_app.services.pacing import answers_filing, rung_due
from migrations_app.services.recipients import Contact, contacts_of, dead_ways, for_nudges
from tickets.enums import Party
from tickets.models import Ticket

Contacts = Mapping[Party, Contact]
NOTHING_WAITS = Hold()


def hold_for(chase: Chase, case: MigrationCase) -> Hold:
    """Return which numbers a chase may ask to switch off now; what is not about two-step verification never waits."""
    about = chase.requirement_code == RequirementCode.TWO_STEP_DISABLED
    return hold_of_case(case) if about else Hold()


def way_to(case: MigrationCase, contacts: Contacts, hold: Hold = NOTHING_WAITS) -> Way:
    """Return the rule that tells by which channel a rung's recipient is reached; empty where it cannot be.

    While everything waits for a long blocker, the old BSP is asked nothing.

    A rung by person is climbed by just that way or not at all: it is there because the machine's ways have been tried.
    """

    def way(step: Step) -> str:
        contact = contacts.get(step.recipient)
        known = contact.ways if contact is not None else frozenset()
        if hold.waits and step.recipient is Party.OLD_BSP:
            return ""
        if step.channel in BY_PERSON and step.channel not in known:
            return ""
        found = ways(step.channel, there_are=known, dead=dead_ways(case.pk, contact) if contact is not None else ())
        return found[0].value if found else ""

    return way


def due_for(ticket: Ticket, chase: Chase, contacts: Contacts) -> Due:
    """Return the rule that tells when a chase's rungs are due: in the recipient's hours, the very first at once."""

    def due(step: Step, previous: datetime, first: bool) -> datetime:  # noqa: FBT001  (the shape of a rule)
        return rung_due(ticket, chase, step, contacts[step.recipient], previous=previous, first=first)

    return due


def rungs_of(
    ladder: Sequence[Step],
    ticket: Ticket,
    case: MigrationCase,
    chase: Chase,
    *,
    after: int | None,
    start: datetime,
    opening: float | None = None,
) -> Iterator[Rung]:
    """Yield the rungs that follow rung `after` of a case, with channel and time; see `timetable`.

    The chase tells of promise, snooze and round; where there is none yet, a new one that is not stored.
    """
    contacts = contacts_of(ticket, case)
    due = due_for(ticket, chase, contacts)
    hold = hold_for(chase, case)
    answering, reminding = way_to(case, contacts, hold), way_to(case, for_nudges(contacts), hold)

    def way(step: Step) -> str:
        # What answers a filing goes also to who wants no reminders.
        return answering(step) if answers_filing(chase, step) else reminding(step)

    return timetable(ladder, after=after, start=start, way=way, due=due, opening=opening)


def language_of(step: Step, contacts: Contacts) -> str:
    """Return the language of a rung's message."""
    party = {RungLanguage.BSP: Party.OLD_BSP, RungLanguage.CLIENT: Party.CLIENT}.get(step.language, step.recipient)
    return contacts[party].language
