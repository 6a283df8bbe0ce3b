"""Which open requirements the client is reminded of together, and when."""

from migrations_app.enums import Blocks, RequirementCode, Stage
from migrations_app.rules.progress import CaseFacts, RequirementFacts
from migrations_app.rules.requirements import CLOSING_CODES, VALUE_CODES
from tickets.enums import Party

ASKED_APART = frozenset({RequirementCode.TWO_STEP_DISABLED, *VALUE_CODES, *CLOSING_CODES})
"""Requirements with chases of their own kind."""
_SLOW = frozenset({RequirementCode.DISPLAY_NAME_APPROVED})
"""They block only the start of the call, but take so long that they are asked for at once. Source: Meta reviews display names."""
_BEFORE_BOOKING = frozenset({Stage.TRIAGE, Stage.REQUIREMENTS})
_BEFORE_THE_MOVE = frozenset({Stage.READY, Stage.SCHEDULED})


def may_be_reminded(requirement: RequirementFacts) -> bool:
    """Tell whether somebody outside the desk can do something about it and it stands in the way of something."""
    return (
        requirement.owner != Party.ONBOARDING
        and requirement.blocks != Blocks.NOTHING
        and requirement.code not in ASKED_APART
    )


def awaited(case: CaseFacts) -> tuple[RequirementFacts, ...]:
    """Return the requirements, in whatever state, that the case's next step waits for: those reminders are sent about.

    What blocks only the start of a call is asked for when a call can be booked; earlier it would be noise.
    """
    return tuple(row for row in case.requirements if may_be_reminded(row) and _in_the_way(row, case))


def _in_the_way(row: RequirementFacts, case: CaseFacts) -> bool:
    if case.stage in _BEFORE_BOOKING:
        early = not case.plan.call or row.code in _SLOW
        return row.blocks == Blocks.SCHEDULE or (row.blocks == Blocks.START and early)
    if case.stage in _BEFORE_THE_MOVE:
        return row.blocks in {Blocks.SCHEDULE, Blocks.START}
    return case.stage == Stage.VERIFYING and row.blocks == Blocks.RESOLVE
