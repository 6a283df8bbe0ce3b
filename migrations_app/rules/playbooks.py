"""Reading a playbook: which ladder it climbs, and how far each of its stages is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations_app.enums import RequirementState
from migrations_app.enums.ladders import Demand
from migrations_app.rules.lifecycle import SATISFIED

OCCASIONS: dict[str, Demand] = {
    "two_step_client_owns": Demand.TWO_STEP,
    "two_step_bsp_owns": Demand.TWO_STEP,
    "waba_id": Demand.IDENTIFIERS,
    "requirements": Demand.REQUIREMENT,
    "closing": Demand.CLOSING,
}
"""On which occasions a playbook may name the ladder that is climbed, and what such a ladder asks for."""


def occasion_of(demand: Demand, *, client_owns: bool) -> str:
    """Return the occasion under which a playbook names its ladder for a demand."""
    if demand is Demand.TWO_STEP:
        return "two_step_client_owns" if client_owns else "two_step_bsp_owns"
    return next(occasion for occasion, wanted in OCCASIONS.items() if wanted is demand)


@dataclass(frozen=True)
class StageProgress:
    """One stage of a running case: `state` is done, now or ahead; met and total count its requirements that apply."""

    stage: Mapping[str, Any]
    state: str
    met: int
    total: int


def stage_progress(
    stages: Sequence[Mapping[str, Any]],
    states: Mapping[str, Collection[RequirementState]],
    *,
    moved: bool,
) -> list[StageProgress]:
    """Return how far each stage is; `states` are those of a code's rows, `moved`: every number is where it should be.

    A stage is done when its requirements are met and, where the numbers move in it, they have moved. The first that is not
    done is the present one; later ones may be half done already, since people work on several things at once.
    """
    found: list[StageProgress] = []
    reached = False
    for stage in stages:
        asked = [code for code in stage["requirements"] if states.get(code)]
        met = sum(set(states[code]) <= SATISFIED for code in asked)
        done = met == len(asked) and (moved or not stage["moves"]) and bool(asked or stage["moves"])
        state = "done" if done else "ahead" if reached else "now"
        reached = reached or state == "now"
        found.append(StageProgress(stage, state, met, len(asked)))
    return found
