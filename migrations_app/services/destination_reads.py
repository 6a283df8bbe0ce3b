"""Reading the destination's account at Meta before a call: is it approved, does an app listen? No transaction is open meanwhile."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from config.core.actor import Actor
from config.core.uow import unit_of_work
from migrations_app.enums import RequirementCode
from migrations_app.models import MigrationCase, PinCall
from migrations_app.rules.checks import READ_HOLDS, AccountRead
from migrations_app.rules.readiness import is_approved
from migrations_app.selectors.cases import case_of, is_by_api
from migrations_app.services.readiness_facts import account_read
from migrations_app.services.refusals import settle_refused
from migrations_app.services.settle import settle
from providers.models import MetaAccount
from providers.services import accounts
from providers.services.tokens import token_of
from providers.services.whatsapp import CallContext, Refused, Unanswered
from tickets.services.tickets import lock_ticket


def read_destinations(rows: Sequence[PinCall], *, by: Actor, now: datetime, again: bool = False) -> None:
    """Read the account of every case of a call where we hold one and it was not read in the last minutes.

    `rows` are those of all tickets that share the call. `again`: read again although it was read a moment ago, since a person asks.
    """
    cases = MigrationCase.objects.filter(numbers__call_lines__pin_call__in=rows).distinct().select_related("ticket")
    for case in cases.order_by("ticket_id"):
        last = account_read(case)
        fresh = last is not None and last.answered and last.at > now - READ_HOLDS
        if not fresh or again:
            _read(case, by=by, now=now)


def _read(case: MigrationCase, *, by: Actor, now: datetime) -> None:
    account = MetaAccount.objects.filter(pk=case.playbook_copy.get("meta_account_id")).first()
    ticket = case.ticket
    if not is_by_api(case) or account is None or not account.waba_id:
        return
    if not ticket.test and not token_of(account):
        return
    context = CallContext(f"waba:{account.waba_id}", ticket.reference, ticket.test, by, now)
    found = _ask(account, context)
    with unit_of_work(by=by, now=now) as uow:
        ticket = lock_ticket(uow, ticket.pk)
        kept: dict[str, Any] = {**asdict(found), "at": found.at.isoformat()}
        MigrationCase.objects.filter(pk=case.pk).update(destination_read=kept)
        if is_approved(found) and settle_refused(uow, ticket, case, {RequirementCode.DESTINATION_ACCOUNT_READY}):
            settle(uow, ticket, case_of(ticket.pk))


def _ask(account: MetaAccount, context: CallContext) -> AccountRead:
    try:
        facts = accounts.waba_facts(account=account, waba_id=account.waba_id, context=context)
        apps = accounts.subscribed_apps(account=account, waba_id=account.waba_id, context=context)
    except (Refused, Unanswered):
        # A token that may not read this is no reason to keep people waiting: Meta says it again at the first step.
        return AccountRead(context.now, answered=False)
    return AccountRead(
        context.now,
        review=facts.account_review_status,
        verification=facts.business_verification_status,
        apps=len(apps),
    )
