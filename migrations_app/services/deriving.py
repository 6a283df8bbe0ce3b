"""What follows from the answers of a case: its copy of the playbook, the facts that rules look at, its requirements."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from migrations_app.enums import (
    BusinessVerification,
    ConnectionStatus,
    Execution,
    Flow,
    Hosting,
    Moves,
    RequirementState,
    TwoStep,
    WabaOwner,
)
from migrations_app.models import MigrationCase, NumberMove, Playbook, PlaybookStage, Requirement
from migrations_app.rules.facts import Answers, DestinationFacts
from migrations_app.rules.requirements import DerivedRequirement, derive
from migrations_app.selectors.cases import number_answers


def playbook_copy(playbook: Playbook) -> dict[str, Any]:
    """Return what a case keeps of its playbook: later edits do not touch running cases."""
    account = playbook.meta_account
    return {
        "slug": playbook.slug,
        "name": playbook.name,
        "version": playbook.version,
        "execution": playbook.execution,
        "account_flow": playbook.account_flow,
        "requirements": list(playbook.requirements),
        "flow_requirements": dict(playbook.flow_requirements),
        "blocking": dict(playbook.blocking),
        "ladders": dict(playbook.ladders),
        "wallet_minimum_usd": playbook.wallet_minimum_usd,
        "stages": [stage_copy(stage) for stage in playbook.stages.all()],
        "meta_account_id": account.pk if account else None,
        "payment_ready": bool(account and account.payment_ready),
        "app_subscribed": bool(account and account.app_subscribed),
    }


def stage_copy(stage: PlaybookStage) -> dict[str, Any]:
    """Return one stage as plain values; its words stay as stored."""
    return {
        "slug": stage.slug,
        "title": stage.title,
        "what": stage.what,
        "requirements": list(stage.requirements),
        "moves": stage.moves,
        "lasts": [stage.lasts_least, stage.lasts_most, stage.lasts_unit] if stage.lasts_least is not None else None,
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
        numbers=tuple(number_answers(row) for row in case.numbers.order_by("position")),
    )


def destination_of(copy: Mapping[str, Any]) -> DestinationFacts:
    """Return a case's copy of its playbook as the rules see it."""
    return DestinationFacts(
        execution=Execution(copy["execution"]),
        # Cases filed before playbooks told how they take whole accounts have no such entry.
        account_flow=Flow(copy.get("account_flow", Flow.WABA_SWITCH)),
        requirements=tuple(copy["requirements"]),
        flow_requirements={flow: tuple(codes) for flow, codes in copy.get("flow_requirements", {}).items()},
        blocking=copy.get("blocking", {}),
        account_held=copy.get("meta_account_id") is not None,
        payment_ready=copy["payment_ready"],
        app_subscribed=copy["app_subscribed"],
    )


def derived_requirements(case: MigrationCase) -> list[DerivedRequirement]:
    """Return what the answers of a case, as stored now, demand."""
    return derive(answers_of(case), destination_of(case.playbook_copy), Flow(case.flow))


def write_requirements(case: MigrationCase, derived: Iterable[DerivedRequirement], now: datetime) -> None:
    """Write requirements that a case did not have, each with its first state."""
    numbers = {row.number: row for row in NumberMove.objects.filter(case=case)}
    Requirement.objects.bulk_create(
        Requirement(
            case=case,
            number=numbers[line.number] if line.number else None,
            code=line.code,
            owner=line.owner,
            blocks=line.blocks,
            state=line.state,
            evidence=first_evidence(line.state, now),
            created_at=now,
            updated_at=now,
        )
        for line in derived
    )


def first_evidence(state: RequirementState, now: datetime) -> dict[str, str] | None:
    """Return the evidence of a state that follows from the form alone."""
    return None if state is RequirementState.UNMET else {"confirmed_by": "form", "at": now.isoformat()}
