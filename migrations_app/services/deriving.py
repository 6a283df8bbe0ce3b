"""What follows from the answers of a case: its copy of the playbook, the facts that rules look at, its requirements."""

from datetime import datetime
from typing import Any

from migrations_app.enums import (
    BusinessVerification,
    ConnectionStatus,
    DisplayNameStatus,
    Execution,
    Hosting,
    LineType,
    Moves,
    OtpMethod,
    RequirementState,
    TwoStep,
    WabaOwner,
)
from migrations_app.models import MigrationCase, Playbook, Requirement
from migrations_app.rules.facts import Answers, DestinationFacts, NumberAnswers
from migrations_app.rules.requirements import derive


def playbook_copy(playbook: Playbook) -> dict[str, Any]:
    """Return what a case keeps of its playbook: later edits do not touch running cases."""
    account = playbook.meta_account
    return {
        "slug": playbook.slug,
        "name": playbook.name,
        "version": playbook.version,
        "execution": playbook.execution,
        "requirements": list(playbook.requirements),
        "meta_account_id": account.pk if account else None,
        "payment_ready": bool(account and account.payment_ready),
        "app_subscribed": bool(account and account.app_subscribed),
    }


def answers_of(case: MigrationCase) -> Answers:
    """Return a case's answers as the rules see them."""
    return Answers(
        business_verification=BusinessVerification(case.business_verification),
        hosting=Hosting(case.hosting),
        connection_status=ConnectionStatus(case.connection_status),
        waba_id=case.waba_id,
        business_manager_id=case.business_manager_id,
        waba_owner=WabaOwner(case.waba_owner),
        two_step=TwoStep(case.two_step_verification),
        uses_business_app=bool(case.uses_business_app),
        moves=Moves(case.moves),
        has_low_traffic_windows=bool(case.low_traffic_windows),
        numbers=tuple(
            NumberAnswers(
                number=row.number,
                line_type=LineType(row.line_type),
                behind_ivr=row.behind_ivr,
                otp_method=OtpMethod(row.otp_method) if row.otp_method else None,
                has_otp_contact=bool(row.otp_contact_name and (row.otp_contact_phone or row.otp_contact_email)),
                display_name_status=DisplayNameStatus(row.display_name_status),
            )
            for row in case.numbers.order_by("position")
        ),
    )


def derive_requirements(case: MigrationCase, now: datetime) -> None:
    """Write the requirements of a case that is submitted, each with its first state."""
    copy = case.playbook_copy
    destination = DestinationFacts(
        execution=Execution(copy["execution"]),
        requirements=tuple(copy["requirements"]),
        payment_ready=copy["payment_ready"],
        app_subscribed=copy["app_subscribed"],
    )
    numbers = {row.number: row for row in case.numbers.all()}
    Requirement.objects.bulk_create(
        Requirement(
            case=case,
            number=numbers[derived.number] if derived.number else None,
            code=derived.code,
            owner=derived.owner,
            blocks=derived.blocks,
            state=derived.state,
            evidence=None
            if derived.state is RequirementState.UNMET
            else {"confirmed_by": "form", "at": now.isoformat()},
            created_at=now,
            updated_at=now,
        )
        for derived in derive(answers_of(case), destination)
    )
