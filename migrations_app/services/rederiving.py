"""Requirements after a change of the form: only what the answers decide moves, and only if they decide it differently now."""

from config.core.uow import UnitOfWork
from migrations_app.enums import RequirementState
from migrations_app.models import MigrationCase, Requirement
from migrations_app.rules.lifecycle import REQUIREMENT, SATISFIED
from migrations_app.rules.requirements import DerivedRequirement
from migrations_app.services.chases import stop_unasked
from migrations_app.services.deriving import derived_requirements, first_evidence, write_requirements
from migrations_app.services.requirements import change_state
from tickets.models import Ticket

NOT_NEEDED = "not_needed"
"""Why a requirement is waived that the new destination does not ask for."""

Place = tuple[str, str | None]
"""A requirement's code and, for those of a number, the number."""


def derived_of(case: MigrationCase) -> dict[Place, DerivedRequirement]:
    """Return what the answers of a case, as stored now, demand."""
    return {(line.code.value, line.number): line for line in derived_requirements(case)}


def rederive(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, before: dict[Place, DerivedRequirement]) -> None:
    """Bring the requirements of a locked ticket in line with its changed answers; `before` is what the old ones demanded."""
    now = derived_of(case)
    rows: dict[Place, Requirement] = {
        (row.code, row.number.number if row.number else None): row
        for row in Requirement.objects.select_related("number").filter(case=case)
    }
    for place, row in rows.items():
        line = now.get(place)
        if line is None:
            _waive(uow, ticket, row)
        elif row.state == RequirementState.WAIVED and row.reason == NOT_NEEDED:
            change_state(uow, ticket, row, RequirementState.UNMET, reason="", decided_by="")
            _follow(uow, ticket, row, line.state)
        elif place not in before or before[place].state != line.state:
            _follow(uow, ticket, row, line.state)
    stop_unasked(uow, ticket, case, {code for code, _number in now})
    write_requirements(case, [line for place, line in now.items() if place not in rows], uow.now)


def _follow(uow: UnitOfWork, ticket: Ticket, row: Requirement, to: RequirementState) -> None:
    """Move a requirement to what the answers say now; what is under way or decided by a person stays."""
    old = RequirementState(row.state)
    under_way = to is RequirementState.UNMET and old not in {RequirementState.MET, RequirementState.CLAIMED}
    if old is to or under_way or not REQUIREMENT.allows(old, to):
        return
    change_state(uow, ticket, row, to, evidence=first_evidence(to, uow.now), detail="")


def _waive(uow: UnitOfWork, ticket: Ticket, row: Requirement) -> None:
    if row.state not in SATISFIED:
        change_state(uow, ticket, row, RequirementState.WAIVED, reason=NOT_NEEDED, decided_by=uow.by.label)
