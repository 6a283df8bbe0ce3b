"""Beginning a number's move at Meta. Both the call and the trying of claims do it here, and here only.

A lost answer is resolved by reading the destination's list before anything is repeated. The same call a second time is harmless:
it gives the same object again.
"""

from typing import Any

from config.core.uow import UnitOfWork
from migrations_app.enums import NumberState, RequirementCode, RequirementState, Stage
from migrations_app.models import MigrationCase, NumberMove, Requirement
from migrations_app.rules.lifecycle import SATISFIED
from migrations_app.rules.phone import split, variants
from migrations_app.rules.progress import ENDED
from migrations_app.services.move_steps import Step
from migrations_app.services.numbers import move_number
from migrations_app.services.refusals import DISPROVED, settle_refused
from migrations_app.services.requirements import change_state
from providers.services import whatsapp
from providers.services.whatsapp import Refused, Unanswered
from tickets.models import Ticket

_MAY_BE_DONE = frozenset({"already_at_destination", "server_unavailable"})
"""Refusals under which the number may stand at the destination all the same."""


def begin(step: Step, *, read_first: bool = False) -> str:
    """Ask Meta to begin the move and return the number's id at the destination; no transaction may be open.

    `read_first`: an earlier answer was lost, so the destination's list is read before anything is asked for. A number that had
    an object there already is asked for in any case: finding it again would prove nothing.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer, and reading did not settle it.
    """
    known = bool(step.number.phone_number_id)
    if read_first and not known:
        found = find(step)
        if found is not None:
            return found
    country_code, national = split(step.number.number)
    try:
        return whatsapp.start_migration(
            account=step.account,
            waba_id=_waba_of(step),
            country_code=country_code,
            national_number=national,
            context=step.context,
        )
    except Refused as refusal:
        look, failure = refusal.problem.key in _MAY_BE_DONE, refusal
        return _found_or(failure, step, look=look and not (known and refusal.problem.key == "server_unavailable"))
    except Unanswered as silence:
        return _found_or(silence, step, look=silence.left and not known)


def _found_or(failure: Refused | Unanswered, step: Step, *, look: bool) -> str:
    """Return the id under which the destination holds the number after all, else raise the failure."""
    if look:
        try:
            found = find(step)
        except (Refused, Unanswered):
            found = None
        if found is not None:
            return found
    raise failure


def find(step: Step) -> str | None:
    """Return the id under which the destination holds the number, by reading its list.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    return whatsapp.find_number(
        account=step.account, waba_id=_waba_of(step), forms=variants(step.number.number), context=step.context
    )


def _waba_of(step: Step) -> str:
    return step.account.waba_id if step.account else ""


def accept(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, number: NumberMove, phone_number_id: str) -> None:
    """Record for a locked ticket that Meta accepted the move: that is the proof that two-step verification is off."""
    if number.state in {NumberState.PENDING, NumberState.FAILED}:
        move_number(uow, ticket, number, NumberState.INITIATED, phone_number_id=phone_number_id, last_error=None)
    else:
        columns: dict[str, Any] = {"phone_number_id": phone_number_id}
        if number.state != NumberState.SKIPPED:
            columns["last_error"] = None
        NumberMove.objects.filter(pk=number.pk).update(**columns, updated_at=uow.now)
    if Stage(case.stage) in ENDED:
        return
    settle_refused(uow, ticket, case, DISPROVED, number)
    evidence = {"meta_accepted_migration": phone_number_id, "at": uow.now.isoformat()}
    for row in two_step_rows(number):
        if row.state not in SATISFIED:
            change_state(uow, ticket, row, RequirementState.MET, evidence=evidence, detail="", decided_by="Meta")


def two_step_rows(number: NumberMove) -> list[Requirement]:
    """Return the number's requirement that two-step verification is off; none where the move does not ask for it."""
    rows = Requirement.objects.select_related("number").filter(number=number, code=RequirementCode.TWO_STEP_DISABLED)
    return list(rows)
