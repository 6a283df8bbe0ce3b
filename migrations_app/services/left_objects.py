"""Objects at the destination that no move will use any more: Meta offers no call for it, so a person removes them there."""

from collections.abc import Sequence

from config.core.uow import UnitOfWork
from migrations_app.enums import DeskTaskKind, NumberState, Stage
from migrations_app.models import MigrationCase, NumberMove
from migrations_app.rules.progress import ENDED
from migrations_app.rules.proof import CUT_OVER
from migrations_app.selectors.cases import is_by_api
from migrations_app.selectors.proofs import removals_of
from migrations_app.services.desk_tasks import NewTask, drop_tasks, open_task
from migrations_app.services.numbers import move_number
from providers.models import MetaAccount
from tickets.enums import TicketStatus
from tickets.models import Ticket

_MANAGER = "https://business.facebook.com/latest/whatsapp_manager/phone_numbers?asset_id={waba_id}"
"""Where a person removes a number."""


def see_to_objects(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, numbers: Sequence[NumberMove]) -> None:
    """Have numbers removed that wait at the destination for a move that will not come; leave alone those that go on."""
    ours = is_by_api(case)
    there = [number for number in numbers if number.phone_number_id and not (ours and number.state in CUT_OVER)]
    if not there:
        return
    leaving = {number.pk for number in there if _is_left(ticket, case, number)}
    drop_tasks(uow, [task for task in removals_of(case) if task.number_id not in leaving])
    account = MetaAccount.objects.filter(pk=case.playbook_copy.get("meta_account_id")).first()
    for number in there:
        if number.pk not in leaving:
            continue
        if number.state == NumberState.INITIATED and Stage(case.stage) not in ENDED:
            # The case goes another way now: for that way the number has not begun to move.
            move_number(uow, ticket, number, NumberState.PENDING)
        if not ticket.test:
            # What the sandbox has is at nobody's destination.
            open_task(uow, case, _removal(number, account))


def _is_left(ticket: Ticket, case: MigrationCase, number: NumberMove) -> bool:
    if ticket.status == TicketStatus.DRAFT:
        return False
    return Stage(case.stage) in ENDED or number.state == NumberState.SKIPPED or not is_by_api(case)


def _removal(number: NumberMove, account: MetaAccount | None) -> NewTask:
    waba_id = account.waba_id if account else ""
    return NewTask(
        kind=DeskTaskKind.REMOVE_NUMBER,
        number=number,
        url=_MANAGER.format(waba_id=waba_id) if waba_id else "",
        text=f"{number.number} · phone number ID {number.phone_number_id} · WABA {waba_id}",
    )
