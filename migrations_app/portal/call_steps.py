"""What a client does about the call on a page behind a link: choose a time, move the call, cancel it, ask for another time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from config.core.actor import Actor
from config.core.errors import Conflict, NotFound
from migrations_app.models import MigrationCase
from migrations_app.portal.call_page import booked_call
from migrations_app.services import calls
from migrations_app.services.call_answers import decline
from migrations_app.services.slot_taking import SlotNotAvailable, SlotTaken, Wish


@dataclass(frozen=True)
class Refused:
    """Why something was not done, in words, with the status of the answer. `form` is the id of the form it is told at."""

    words: str
    status: int
    form: str = ""


@dataclass(frozen=True)
class Step:
    """One posted form about a case."""

    request: HttpRequest
    case: MigrationCase
    by: Actor
    now: datetime

    @property
    def start(self) -> datetime:
        """Return the posted time.

        :raises ValueError: it is none.
        """
        start = datetime.fromisoformat(self.request.POST.get("start", ""))
        if start.tzinfo is None:
            raise ValueError(start)
        return start.astimezone(UTC)

    @property
    def call_id(self) -> str:
        """Return the UID of the call that is booked.

        :raises NotFound: none is.
        """
        found = booked_call(self.case)
        if found is None:
            raise NotFound
        return str(found.uid)


def nothing_chosen() -> Refused:
    """Return what is said of a form that asks for nothing we know."""
    return Refused(_("Nothing was chosen."), 400)


def take_step(step: Step) -> Refused | None:
    """Do what is posted about the call; return why it was not done."""
    run = CALL_STEPS.get(step.request.POST.get("do", ""))
    if run is None:
        return nothing_chosen()
    try:
        run(step)
    except (SlotTaken, SlotNotAvailable):
        return Refused(_("This time is not free any more. Please choose another one."), 409, "call")
    except (Conflict, NotFound) as conflict:
        words = conflict.detail or _("This cannot be changed any more. Here is how it stands now.")
        return Refused(words, 409, "call")
    except ValueError:
        return Refused(_("Choose a time."), 400, "call")
    return None


def _book(step: Step) -> None:
    # The numbers that the form was about: the same button pressed twice books no call for the next ones.
    own = set(step.case.numbers.values_list("number", flat=True))
    numbers = [number for number in step.request.POST.getlist("number") if number in own] or None
    calls.book(ticket_id=step.case.ticket_id, wish=Wish(step.start, numbers), by=step.by, now=step.now)


def _move(step: Step) -> None:
    call_id, start = step.call_id, step.start
    calls.reschedule(ticket_id=step.case.ticket_id, call_id=call_id, start=start, by=step.by, now=step.now)


def _cancel(step: Step) -> None:
    calls.cancel_call(ticket_id=step.case.ticket_id, call_id=step.call_id, by=step.by, now=step.now)


def _none(step: Step) -> None:
    decline(case=step.case, wish=step.request.POST.get("wish", ""), by=step.by, now=step.now)


CALL_STEPS: dict[str, Callable[[Step], None]] = {"book": _book, "move": _move, "cancel": _cancel, "none": _none}
DONE_WORDS = {"move": "moved", "cancel": "cancelled", "none": "none"}
"""What the page confirms after a step, by the code in its address; a booked call is confirmed by being shown."""
