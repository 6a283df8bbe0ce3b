"""Which text suits the moment, when switching off has to wait, and how long lists of numbers stay readable.

A rung names the text it was planned with. Between planning and sending the case goes on, so the text is chosen when it leaves.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote

from migrations_app.enums import RequirementCode, RequirementState
from migrations_app.rules.lifecycle import CLEAR_FOR_SCHEDULING
from migrations_app.rules.progress import RequirementFacts
from tickets.enums import Party

LONG_BLOCKERS = frozenset(
    {
        RequirementCode.BUSINESS_VERIFIED,
        RequirementCode.DISPLAY_NAME_APPROVED,
        RequirementCode.ACCOUNT_APPROVED,
        RequirementCode.DESTINATION_ACCOUNT_READY,
    }
)
"""What may take Meta or the client weeks. Until then a number without two-step verification would be at risk."""

PREPARE = "two_step_prepare"
BSP_REQUEST, BSP_REMINDER, IDS_BSP_REQUEST = "two_step_bsp_request", "two_step_bsp_reminder", "waba_id_bsp_request"
PROMISE, PROMISE_BSP = "promise_outcome", "promise_outcome_bsp"
OWN_SUBJECT = frozenset({PREPARE})
"""Texts that would say the contrary of the subject under which a conversation began, or the other way round."""
_GUIDE, _CLOSING = "two_step_guide", "closing_reminder"

OPEN = frozenset({RequirementState.UNMET, RequirementState.FAILED})

EACH_ON_A_LINE = 20
"""So many numbers stand one a line; more stand in rows, and a file with all of them goes along."""
_IN_A_ROW = 4
SUBJECT_MOST = 118
MAILTO_MOST = 2000
"""Some mail programs cut longer links. A text that does not fit is left out: the letter stands in the mail to be pasted."""
WISH_DAYS = 5
_SATURDAY = 5


@dataclass(frozen=True)
class Hold:
    """The numbers whose two-step verification is still to be switched off: now, or only when we say so."""

    free: frozenset[int] = frozenset()
    held: frozenset[int] = frozenset()

    @property
    def waits(self) -> bool:
        """Tell whether nothing may be switched off yet."""
        return bool(self.held) and not self.free

    def quiet(self, prepared: Collection[int]) -> bool:
        """Tell whether all has been said until a blocker goes; `prepared` are the numbers that were told to prepare."""
        return self.waits and self.held <= set(prepared)

    def released(self, prepared: Collection[int]) -> bool:
        """Tell whether a number that was told to prepare may be switched off now."""
        return bool(self.free & set(prepared))


def hold_of(requirements: Iterable[RequirementFacts], *, in_call: Collection[int] = ()) -> Hold:
    """Return which open numbers have to wait: all while a long blocker of the case is open, else those with one of their own.

    `in_call`: numbers of a call that is running. Everybody is there and waits for nothing else: they are switched off now.
    """
    rows = list(requirements)
    blocked = {row.number_id for row in rows if row.code in LONG_BLOCKERS and row.state not in CLEAR_FOR_SCHEDULING}
    asked = {
        row.number_id
        for row in rows
        if row.code == RequirementCode.TWO_STEP_DISABLED and row.state in OPEN and row.number_id is not None
    }
    held = (asked if None in blocked else asked & blocked) - set(in_call)
    return Hold(frozenset(asked - held), frozenset(held))


@dataclass(frozen=True)
class Moment:
    """What decides on the text: whose chase and rung it is, and what has been said and promised already."""

    demand: RequirementCode
    recipient: Party
    hold: Hold = Hold()
    only_promised: bool = False
    """Nothing of the demand is open but what the old BSP has been asked for."""
    bsp_asked: bool = False
    """The old BSP has been written to about this demand before."""


def message_for(planned: str, moment: Moment) -> str | None:
    """Return the text that suits the moment instead of the planned one; None when this rung is better passed by."""
    to_bsp = moment.recipient == Party.OLD_BSP
    if planned == _CLOSING:
        return planned
    if moment.only_promised:
        return PROMISE_BSP if to_bsp else PROMISE
    if moment.demand == RequirementCode.TWO_STEP_DISABLED and moment.hold.waits:
        return None if to_bsp else PREPARE
    if to_bsp and moment.demand == RequirementCode.WABA_ID and moment.hold.free:
        # The request about two-step verification asks that BSP for the account as well: one letter, not two.
        return None
    if planned in {BSP_REQUEST, BSP_REMINDER}:
        return BSP_REMINDER if moment.bsp_asked else BSP_REQUEST
    return _GUIDE if planned == PREPARE else planned


def letter_languages(of_bsp: str | None, of_client: str) -> tuple[str, ...]:
    """Return the languages of the client's letter: the BSP's own; for a BSP that nobody knows the client's and English."""
    if of_bsp:
        return (of_bsp,)
    return tuple(dict.fromkeys((of_client, "en")))


def number_lines(numbers: Sequence[str]) -> list[str]:
    """Return how numbers are listed: each by itself, many of them in rows."""
    if len(numbers) <= EACH_ON_A_LINE:
        return list(numbers)
    return [", ".join(numbers[at : at + _IN_A_ROW]) for at in range(0, len(numbers), _IN_A_ROW)]


def wished_by(today: date) -> date:
    """Return the day by which a letter asks for the work: five days later, Saturdays and Sundays not counted."""
    day, left = today, WISH_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return day


def short_subject(subject: str, reference: str) -> str:
    """Return a subject that mail programs show whole: what stands before the reference is shortened, never the reference."""
    if len(subject) <= SUBJECT_MOST:
        return subject
    end = f" ({reference})" if reference in subject else ""
    return subject[: SUBJECT_MOST - len(end) - 1].rstrip(" ,.:;") + "…" + end


def mailto(address: str, *, title: str, body: str) -> str:
    """Return a link that opens a mail with subject and text; without the text where mail programs would cut it."""
    if not address:
        return ""
    link = f"mailto:{quote(address, safe='@')}?subject={quote(title)}"
    whole = f"{link}&body={quote(body.replace(chr(10), chr(13) + chr(10)))}"
    return whole if len(whole) <= MAILTO_MOST else link
