"""What Meta's answers after a move do to the case, under its ticket's lock."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_noop

from config.core.uow import UnitOfWork
from migrations_app.enums import Blocks, DeskTaskKind, NumberState, RequirementCode, RequirementState
from migrations_app.enums.aftercare import CheckKind
from migrations_app.models import MigrationCase, MoveCheck, NumberMove, Requirement
from migrations_app.rules.aftercare import judge_quality
from migrations_app.rules.lifecycle import SATISFIED
from migrations_app.rules.progress import CUT_OVER
from migrations_app.rules.requirements import CATALOGUE
from migrations_app.services.desk_tasks import NewTask, open_task
from migrations_app.services.requirements import change_state
from providers.enums import ExchangeState
from providers.models import Exchange
from providers.services.whatsapp import REGISTER, SET_PIN
from providers.types import NumberFacts
from tickets.models import Ticket

NO_APP = gettext_noop("No app receives the account's webhooks: subscribe one.")
NOT_CONNECTED = gettext_noop("Meta does not show the number as connected any more.")
BAD_QUALITY = gettext_noop("Meta rates a number low; look at what it sends.")
"""Stored in English, translated where they are shown."""
_META = "Meta"


def open_row(case: MigrationCase, code: RequirementCode) -> Requirement | None:
    """Return a case's requirement of this code if nobody has settled it yet."""
    rows = Requirement.objects.select_related("number").filter(case=case, code=code, number=None)
    return rows.exclude(state__in=SATISFIED).first()


def meet(uow: UnitOfWork, ticket: Ticket, row: Requirement, statement: str, **more: Any) -> None:
    """Record what Meta showed as the proof of a requirement of a locked ticket."""
    entry = {"statement": statement, "confirmed_by": "meta", "claimed_by": _META, "at": uow.now.isoformat(), **more}
    change_state(uow, ticket, row, RequirementState.MET, evidence=entry, detail="", reason="", decided_by=_META)


def note_two_step(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Registering sets the number's new PIN: where each number's registration was accepted, two-step verification is on again.

    So it is where Meta took another PIN for a number whose registration was not heard of.
    Source: Meta, registration (`pin` sets the PIN where two-step verification is off).
    """
    row = open_row(case, RequirementCode.TWO_STEP_REENABLED)
    numbers = list(NumberMove.objects.filter(case=case).exclude(state=NumberState.SKIPPED).order_by("position"))
    if row is None or not numbers or any(number.state not in CUT_OVER for number in numbers):
        return
    wanted = {number.phone_number_id for number in numbers}
    done = Exchange.objects.filter(purpose__in=[REGISTER, SET_PIN], state=ExchangeState.SENT, recipient__in=wanted)
    if wanted <= set(done.values_list("recipient", flat=True)):
        words = ", ".join(number.number for number in numbers)
        meet(uow, ticket, row, f"Registered with a new two-step PIN: {words}")


def note_apps(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, apps: Sequence[str]) -> None:
    """Let a locked ticket's case follow from the apps that receive its account's webhooks."""
    rows = Requirement.objects.select_related("number").filter(case=case, code=RequirementCode.APP_SUBSCRIBED)
    row = rows.first()
    if apps:
        if row is not None and row.state not in SATISFIED:
            meet(uow, ticket, row, f"Apps that receive the account's webhooks: {', '.join(apps)}")
        return
    if row is None:
        line = CATALOGUE[RequirementCode.APP_SUBSCRIBED]
        Requirement.objects.create(
            case=case, code=line.code, owner=line.owner, blocks=Blocks(line.blocks), detail=NO_APP, decided_by=_META,
            created_at=uow.now, updated_at=uow.now,
        )  # fmt: skip
    elif row.state != RequirementState.UNMET:
        change_state(uow, ticket, row, RequirementState.UNMET, evidence=None, detail=NO_APP, decided_by=_META)
    else:
        Requirement.objects.filter(pk=row.pk).update(detail=NO_APP, updated_at=uow.now)


def note_status(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, number: NumberMove, facts: NumberFacts) -> None:
    """A live number that Meta does not show as connected: what was tested holds no more, and a person looks at it."""
    if facts.is_connected:
        return
    row = Requirement.objects.filter(case=case, code=RequirementCode.SEND_RECEIVE_TEST).select_related("number").first()
    if row is not None and row.state == RequirementState.MET:
        change_state(uow, ticket, row, RequirementState.UNMET, evidence=None, detail=NOT_CONNECTED, decided_by=_META)
    open_task(uow, case, NewTask(DeskTaskKind.META_PROBLEM, number=number, title=NOT_CONNECTED, text=facts.status))


def note_quality(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """Judge a locked ticket's numbers once each was read 24 hours after it went live, and file it as evidence."""
    row = Requirement.objects.select_related("number").filter(case=case, code=RequirementCode.QUALITY_24H).first()
    checks = MoveCheck.objects.filter(case=case, kind=CheckKind.QUALITY, number__state=NumberState.LIVE)
    read = {check.number: check.result for check in checks.select_related("number").order_by("number__position")}
    if row is None or not read or not all(read.values()):
        return
    verdict = judge_quality(
        {number.number: str((result or {})["quality"]) for number, result in read.items() if number}
    )
    if verdict.good and row.state not in SATISFIED:
        meet(uow, ticket, row, verdict.words)
    elif not verdict.good and row.state == RequirementState.MET:
        change_state(uow, ticket, row, RequirementState.UNMET, evidence=None, detail=BAD_QUALITY, decided_by=_META)
    elif not verdict.good:
        Requirement.objects.filter(pk=row.pk).update(detail=BAD_QUALITY, updated_at=uow.now)
