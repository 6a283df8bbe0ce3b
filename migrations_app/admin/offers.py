"""What may be done now with a requirement, and only that. The life cycle decides; the page shows one button per offer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from migrations_app.enums import Blocks, NumberState, RequirementCode, RequirementState
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import NumberMove, Requirement
from migrations_app.rules.lifecycle import REQUIREMENT, SATISFIED
from migrations_app.rules.requirements import CATALOGUE, DESK_ONLY_CODES, VALUE_CODES
from migrations_app.services.requirements import NOTHING_TO_ANSWER
from tickets.enums import Party

FEW = 5
"""Up to so many numbers are shown without a click while something of theirs is open."""


@dataclass(frozen=True)
class Offer:
    """One button. `form` names what it asks for first: nothing, a reason, a value, or the request's details."""

    action: str
    label: str
    form: str
    code: str
    state: str = ""
    number_id: int | None = None
    strong: bool = False


@dataclass(frozen=True)
class RequirementLine:
    """One requirement as a table row: of the whole case, or of all its numbers together."""

    code: str
    title: str
    help: str
    owner: str
    owner_label: str
    state: str
    state_label: str
    count: str
    rows: Sequence[Requirement]
    offers: Sequence[Offer]
    numbers: Sequence["NumberLine"]
    unfolded: bool = False


@dataclass(frozen=True)
class NumberLine:
    """One number's share of a requirement."""

    number: str
    row: Requirement
    offers: Sequence[Offer]


@dataclass(frozen=True)
class Viewer:
    """Who looks: the desk decides, a client claims; nobody answers a ticket that has ended."""

    desk: bool
    may_work: bool
    status: str
    call: bool = True


_WORST_FIRST = (
    RequirementState.FAILED,
    RequirementState.UNMET,
    RequirementState.REQUESTED,
    RequirementState.CLAIMED,
    RequirementState.MET,
    RequirementState.WAIVED,
)
_ASKED_ELSEWHERE = frozenset({Party.OLD_BSP, Party.META})


def offers_for(code: str, states: set[RequirementState], viewer: Viewer, number_id: int | None = None) -> list[Offer]:
    """Return what this viewer may do with a requirement whose rows are in these states."""
    if not viewer.may_work or viewer.status in NOTHING_TO_ANSWER:
        return []
    if viewer.desk:
        return list(_desk_offers(RequirementCode(code), states, number_id))
    if code in DESK_ONLY_CODES or states <= {*SATISFIED, RequirementState.CLAIMED}:
        return []
    asks_value = RequirementCode(code) in VALUE_CODES
    label = _("Tell the ID") if asks_value else _("This is done")
    return [Offer("claim", label, "value" if asks_value else "statement", code, number_id=number_id, strong=True)]


def _all_may(states: set[RequirementState], to: RequirementState) -> bool:
    moving = states - {to}
    return bool(moving) and all(REQUIREMENT.allows(state, to) for state in moving)


def _desk_offers(code: RequirementCode, states: set[RequirementState], number_id: int | None) -> Iterable[Offer]:
    def decide(to: RequirementState, label: str, form: str = "none", *, strong: bool = False) -> Offer:
        return Offer("decide", label, form, code, to.value, number_id, strong)

    if code in VALUE_CODES and not states <= {*SATISFIED, RequirementState.CLAIMED}:
        yield Offer("claim", _("Enter the ID"), "value", code, number_id=number_id, strong=True)
    elif code not in VALUE_CODES and _all_may(states, RequirementState.MET):
        yield decide(RequirementState.MET, _("Confirm"), strong=True)
    asked = CATALOGUE[code].owner in _ASKED_ELSEWHERE or code in VALUE_CODES
    if asked and all(
        state == RequirementState.REQUESTED or REQUIREMENT.allows(state, RequirementState.REQUESTED) for state in states
    ):
        yield Offer("requested", _("Asked for it"), "request", code, number_id=number_id)
    if RequirementState.MET not in states and _all_may(states, RequirementState.FAILED):
        yield decide(RequirementState.FAILED, _("Failed"), "reason")
    if _all_may(states, RequirementState.WAIVED):
        yield decide(RequirementState.WAIVED, _("Waive"), "reason")
    if RequirementState.UNMET not in states and _all_may(states, RequirementState.UNMET):
        yield decide(RequirementState.UNMET, _("Open again"), "reason")


def requirement_blocks(
    rows: Iterable[Requirement], numbers: Sequence[NumberMove], viewer: Viewer
) -> list[dict[str, Any]]:
    """Return the requirements grouped by what they block, in the order of the catalogue; what is settled stands apart."""
    by_code: dict[str, list[Requirement]] = {}
    for row in rows:
        by_code.setdefault(row.code, []).append(row)
    shown = {number.pk: number for number in numbers}
    lines = [(group[0].blocks, _line(code, group, shown, viewer)) for code, group in by_code.items()]
    labels = {
        Blocks.SCHEDULE: _("Before a call can be booked") if viewer.call else _("Before the move"),
        Blocks.START: _("Before the call starts") if viewer.call else _("Right before the move"),
        Blocks.RESOLVE: _("Before the ticket is resolved"),
        Blocks.NOTHING: _("Good to have; blocks nothing"),
    }
    return [
        {"label": label, **_parted([line for blocks, line in lines if blocks == block])}
        for block, label in labels.items()
        if any(blocks == block for blocks, _line_of in lines)
    ]


def _parted(lines: Sequence[RequirementLine]) -> dict[str, Sequence[RequirementLine]]:
    return {
        "open": [line for line in lines if line.state not in SATISFIED],
        "done": [line for line in lines if line.state in SATISFIED],
    }


def _line(code: str, rows: list[Requirement], numbers: dict[int, NumberMove], viewer: Viewer) -> RequirementLine:
    states = {RequirementState(row.state) for row in rows}
    worst = next(state for state in _WORST_FIRST if state in states)
    satisfied = sum(row.state in SATISFIED for row in rows)
    title, help_text = REQUIREMENT_TEXTS[code]
    per_number = [
        NumberLine(
            numbers[row.number_id].number,
            row,
            offers_for(code, {RequirementState(row.state)}, viewer, row.number_id),
        )
        for row in rows
        if row.number_id in numbers and numbers[row.number_id].state != NumberState.SKIPPED
    ]
    owner = Party(rows[0].owner)
    return RequirementLine(
        code=code,
        title=str(title),
        help=str(help_text),
        owner=owner.value,
        owner_label=str(owner.label),
        state=worst.value,
        state_label=str(worst.label),
        count=f"{satisfied}/{len(rows)}" if len(rows) > 1 else "",
        rows=rows,
        offers=offers_for(code, states, viewer),
        numbers=per_number if len(per_number) > 1 else [],
        unfolded=satisfied < len(rows) and len(per_number) <= FEW,
    )
