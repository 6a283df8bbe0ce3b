"""What happens when nobody has answered a whole ladder, besides that a person takes over."""

from collections.abc import Collection

from django.utils.translation import gettext_noop

from config.core.uow import UnitOfWork
from migrations_app.enums import RequirementState
from migrations_app.enums.ladders import AtEnd
from migrations_app.models import Chase, MigrationCase, Requirement
from migrations_app.rules.ladders import at_end
from tickets.enums import EventType
from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.marks import mark, raise_priority, unmark

TAG = "old_bsp_unresponsive"
BSP_SILENT = gettext_noop("The old provider has not answered our reminders.")
_OPEN = frozenset({RequirementState.UNMET, RequirementState.REQUESTED, RequirementState.FAILED})


def act_on_end(uow: UnitOfWork, ticket: Ticket, chase: Chase, covered: Collection[str]) -> None:
    """Do what the ladder of a locked ticket's chase says for its end; `covered` are the codes it asked for.

    The priority rises once per chase, however often its ladder comes to its end.
    """
    wanted = at_end(chase.on_exhausted)
    if AtEnd.ESCALATE in wanted:
        record(uow, ticket, EventType.CHASE_ESCALATED, chase=chase.pk, requirement=chase.requirement_code)
    if AtEnd.RAISE_PRIORITY in wanted and not chase.raised_priority:
        raise_priority(uow, ticket)
        Chase.objects.filter(pk=chase.pk).update(raised_priority=True)
        chase.raised_priority = True
    if AtEnd.OLD_BSP_UNRESPONSIVE in wanted:
        _mark_bsp(uow, ticket, chase, covered)


def _mark_bsp(uow: UnitOfWork, ticket: Ticket, chase: Chase, covered: Collection[str]) -> None:
    """Say on the ticket and on what is open that the old BSP does not answer; said once it stays as it is."""
    rows = Requirement.objects.filter(case_id=chase.case_id, code__in=list(covered), state__in=list(_OPEN))
    if not rows.update(detail=BSP_SILENT, updated_at=uow.now):
        return
    fresh = MigrationCase.objects.filter(pk=chase.case_id, bsp_silent_since=None)
    if fresh.update(bsp_silent_since=uow.now):
        mark(ticket, TAG)
        record(uow, ticket, EventType.OLD_BSP_SILENT, internal=True, requirement=chase.requirement_code, silent=True)


def take_back(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, chase: Chase, covered: Collection[str]) -> None:
    """Forget that the old BSP did not answer, as far as this chase said so: what it asked for is settled."""
    if AtEnd.OLD_BSP_UNRESPONSIVE not in at_end(chase.on_exhausted):
        return
    said = Requirement.objects.filter(case=case, detail=BSP_SILENT)
    said.filter(code__in=list(covered)).update(detail="")
    marked = MigrationCase.objects.filter(pk=case.pk, bsp_silent_since__isnull=False)
    if not said.exists() and marked.update(bsp_silent_since=None):
        unmark(ticket, TAG)
        record(uow, ticket, EventType.OLD_BSP_SILENT, internal=True, requirement=chase.requirement_code, silent=False)
