"""What the desk does after a move: the test of sending and receiving, subscribing our app, looking again now."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.utils.translation import gettext_noop

from config.core.actor import Actor
from config.core.errors import Conflict, Forbidden, NotFound
from config.core.uow import UnitOfWork, unit_of_work
from migrations_app.enums import RequirementCode, RequirementState, Stage
from migrations_app.enums.aftercare import CheckKind
from migrations_app.models import MigrationCase, MoveCheck, Requirement
from migrations_app.rules.progress import ENDED
from migrations_app.selectors.cases import case_of
from migrations_app.services.aftercare import account_of, live_numbers, plan_again
from migrations_app.services.aftercare_findings import note_apps
from migrations_app.services.move_steps import MetaSaidNo, NoAnswer
from migrations_app.services.requirements import TicketEnded, change_state
from migrations_app.services.settle import settle
from providers.services import accounts
from providers.services.whatsapp import CallContext, Refused, Unanswered
from providers.types import MetaProblem
from tickets.models import Ticket
from tickets.services.tickets import lock_ticket

TEST_INCOMPLETE = gettext_noop("Not every live number has been seen to send and to receive.")


class NothingLive(Conflict):
    """No number is live: there is nothing to test yet."""


def record_test(
    *, ticket_id: int, sent: Collection[int], received: Collection[int], note: str, by: Actor, now: datetime
) -> bool:
    """Record which live numbers were seen to send and to receive; tell whether that completes the test.

    Complete: the requirement is met, with each number and both directions as its evidence. Else it stays open and says so.

    :raises Forbidden: only the desk records this.
    :raises NotFound: the case asks for no test.
    :raises NothingLive: no number is live.
    :raises TicketEnded: the ticket has ended.
    """
    if not by.is_staff_of_desk:
        raise Forbidden
    with unit_of_work(by=by, now=now) as uow:
        ticket, case = _open(uow, ticket_id)
        row = Requirement.objects.select_related("number").filter(
            case=case, code=RequirementCode.SEND_RECEIVE_TEST
        ).first()  # fmt: skip
        if row is None:
            raise NotFound
        live = live_numbers(case)
        if not live:
            raise NothingLive
        seen = [(number.number, number.pk in set(sent), number.pk in set(received)) for number in live]
        complete = all(out and back for _number, out, back in seen)
        if complete and row.state != RequirementState.MET:
            _meet_test(uow, ticket, row, [number for number, _out, _back in seen], note)
        elif not complete:
            _leave_open(uow, ticket, row, by)
        settle(uow, ticket, case)
    return complete


def _meet_test(uow: UnitOfWork, ticket: Ticket, row: Requirement, numbers: Sequence[str], note: str) -> None:
    words = "; ".join(f"{number}: sent and received" for number in numbers)
    who = uow.by.label
    entry = {
        "statement": " · ".join(part for part in (words, note) if part),
        "confirmed_by": who,
        "claimed_by": who,
        "at": uow.now.isoformat(),
        "directions": [{"number": number, "sent": True, "received": True} for number in numbers],
    }
    change_state(uow, ticket, row, RequirementState.MET, evidence=entry, detail="", reason="", decided_by=who)


def _leave_open(uow: UnitOfWork, ticket: Ticket, row: Requirement, by: Actor) -> None:
    if row.state == RequirementState.UNMET:
        Requirement.objects.filter(pk=row.pk).update(detail=TEST_INCOMPLETE, updated_at=uow.now)
        return
    columns = {"evidence": None, "detail": TEST_INCOMPLETE, "decided_by": by.label}
    change_state(uow, ticket, row, RequirementState.UNMET, **columns)


def _open(uow: UnitOfWork, ticket_id: int) -> tuple[Ticket, MigrationCase]:
    ticket = lock_ticket(uow, ticket_id)
    case = case_of(ticket_id)
    if Stage(case.stage) in ENDED:
        raise TicketEnded(extra={"allowed": []})
    return ticket, case


def look_again(*, ticket_id: int, by: Actor, now: datetime) -> int:
    """Have everything that was read after the move read once more now; return how many reads that is.

    :raises TicketEnded: the ticket has ended.
    """
    kinds = (CheckKind.LIVE, CheckKind.TEMPLATES, CheckKind.TEMPLATES_BEFORE)
    with unit_of_work(by=by, now=now) as uow:
        ticket, case = _open(uow, ticket_id)
        rows = list(MoveCheck.objects.filter(case=case, kind__in=kinds))
        quality = MoveCheck.objects.filter(case=case, kind=CheckKind.QUALITY).exclude(result=None)
        rows += list(quality)
        for row in rows:
            plan_again(uow, row, due=now)
        settle(uow, ticket, case)
    return len(rows)


def subscribe_our_app(*, ticket_id: int, by: Actor, now: datetime) -> None:
    """Have the token's own app receive the destination account's webhooks, read it back, and let the case follow.

    :raises Forbidden: only the desk does this.
    :raises NotFound: we hold no account for this destination.
    :raises MetaSaidNo: Meta refused.
    :raises NoAnswer: Meta did not answer; asking again does no harm.
    :raises TicketEnded: the ticket has ended.
    """
    if not by.is_staff_of_desk:
        raise Forbidden
    with unit_of_work(by=by, now=now) as uow:
        ticket, case = _open(uow, ticket_id)
        account = account_of(case)
    if account is None:
        raise NotFound
    context = CallContext(f"waba:{account.waba_id}", ticket.reference, ticket.test, by, now)
    problem: MetaProblem | None = None
    apps: list[str] = []
    try:
        accounts.subscribe_app(account=account, waba_id=account.waba_id, context=context)
        apps = accounts.subscribed_apps(account=account, waba_id=account.waba_id, context=context)
    except Refused as refusal:
        problem = refusal.problem
    except Unanswered:
        raise NoAnswer from None
    if problem is not None:
        raise MetaSaidNo(problem.what_to_do, extra={"key": problem.key})
    with unit_of_work(by=by, now=now) as uow:
        ticket, case = _open(uow, ticket_id)
        note_apps(uow, ticket, case, apps)
        settle(uow, ticket, case)
