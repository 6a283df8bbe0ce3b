"""What a call leaves over: which numbers, why, and the next call for them with one click."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.core.errors import DomainError
from migrations_app.admin.deeds import BadForm
from migrations_app.admin.ticket_slots import best_of, choice_of
from migrations_app.enums import Blocks, NumberState
from migrations_app.enums.texts import REQUIREMENT_TEXTS, meta_text
from migrations_app.models import MigrationCase, NumberMove, PinCall
from migrations_app.rules.hours import zone_of
from migrations_app.rules.progress import CUT_OVER, CaseFacts, blocking
from migrations_app.selectors.call_policies import policy_of
from migrations_app.selectors.cases import case_of, facts_of
from migrations_app.selectors.slots import SlotFrame, offered_slots
from migrations_app.services import calls
from migrations_app.services.lengths import call_length
from migrations_app.services.slot_taking import Wish, numbers_for_call, open_numbers

if TYPE_CHECKING:
    from migrations_app.admin.console import StepForm

OFFERED = 3
"""How many moments are offered; all of them stand on the ticket's own page."""


@dataclass(frozen=True)
class Line:
    """One number that is left, and why it is."""

    number: NumberMove
    words: str


@dataclass(frozen=True)
class Rest:
    """What is left of a finished call. `until`: the longest rest of the numbers that a call can be booked for."""

    lines: list[Line]
    numbers: list[NumberMove]
    minutes: int
    until: datetime | None
    choices: list[dict[str, Any]]

    @property
    def free(self) -> bool:
        """Whether a call can be booked for some of them at once."""
        return any(number.state != NumberState.COOLING_DOWN for number in self.numbers)


def rest_of(call: PinCall, *, now: datetime) -> Rest:
    """Return what a finished call left over of its ticket, and three moments for another call."""
    ticket, case = call.ticket, case_of(call.ticket_id)
    left = [row for row in call.numbers.order_by("call_lines__position") if row.state not in CUT_OVER]
    waiting = {row.pk for row in open_numbers(case)}
    facts = facts_of(case, ticket)
    lines = [Line(row, _words(row, facts, booked=row.pk not in waiting)) for row in left]
    until = now + timedelta(days=policy_of(ticket.queue_id).horizon_days)
    numbers = _bookable(call, case, [row for row in left if row.pk in waiting], at=until)
    rests = [row.cool_down_until for row in numbers if row.cool_down_until]
    earliest = max([now, *rests])
    minutes = call_length().minutes(len(numbers)) if numbers else 0
    choices = []
    if numbers:
        slots = offered_slots(SlotFrame(earliest, until, minutes, ticket.timezone, ticket.queue_id), case, now=now)
        choices = [choice_of(slot, zone_of(ticket.timezone)) for slot in best_of(slots, OFFERED)]
    # A rest that is over, or ends before the queue could call at all, keeps no time from being offered.
    could = now + timedelta(minutes=policy_of(ticket.queue_id).min_notice_minutes)
    return Rest(lines, numbers, minutes, max((rest for rest in rests if rest > could), default=None), choices)


def _bookable(call: PinCall, case: MigrationCase, left: list[NumberMove], *, at: datetime) -> list[NumberMove]:
    """Return those of the numbers that one call could take, each judged by itself: one that is blocked stops no other."""
    found = []
    for row in left:
        try:
            found += numbers_for_call(call.ticket, case, [row.number], at=at)
        except DomainError:
            continue
    return found[: call_length().most_numbers]


def _words(row: NumberMove, facts: CaseFacts, *, booked: bool) -> str:
    if booked:
        return _("has another call already")
    if row.cool_down_until:
        return _("rests until %(when)s UTC") % {"when": date_format(row.cool_down_until, "D j M, H:i")}
    missing = [
        str(REQUIREMENT_TEXTS[requirement.code][0])
        for requirement in blocking(facts, Blocks.SCHEDULE, number_ids=[row.pk])
    ]
    if missing:
        return _("waits for: %(missing)s") % {"missing": ", ".join(dict.fromkeys(missing))}
    if row.last_error:
        return meta_text(row.last_error)[0]
    return str(NumberState(row.state).label)


def _book_rest(form: "StepForm") -> str:
    """Book a call for what is left, at the chosen moment."""
    numbers = [str(number) for number in form.data.getlist("numbers")][: call_length().most_numbers]
    try:
        start = datetime.fromisoformat(str(form.data.get("start", "")))
    except ValueError:
        raise BadForm(_("Choose a time.")) from None
    if start.tzinfo is None:
        raise BadForm(_("Choose a time."))
    call = calls.book(ticket_id=form.call.ticket_id, wish=Wish(start, numbers), by=form.by, now=form.now)
    local = call.start.astimezone(zone_of(call.timezone))
    when = date_format(local, "j M Y, H:i")
    return _("Booked for %(when)s (%(zone)s); the client is told.") % {"when": when, "zone": call.timezone}


STEPS: dict[str, Callable[["StepForm"], str]] = {"book_rest": _book_rest}
