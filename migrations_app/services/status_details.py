"""Why a ticket waits: one coded reason per requirement, and which words about it are true. The words are made when it is shown."""

from collections.abc import Collection
from datetime import datetime

from migrations_app.enums import AttemptState, RequirementCode, RequirementState, Stage, TwoStep, WabaOwner
from migrations_app.enums.texts import STILL_SEEN_ON
from migrations_app.models import ChaseAttempt, MigrationCase
from migrations_app.rules.progress import CaseFacts, Position, RequirementFacts, party_of, refused
from migrations_app.services.asked import covered_by
from tickets.enums import Party

_DETAIL_CODES = {
    RequirementCode.TWO_STEP_DISABLED: "two_step_enabled",
    RequirementCode.WABA_ID: "waba_id_missing",
    RequirementCode.BUSINESS_MANAGER_ID: "business_manager_id_missing",
    RequirementCode.BUSINESS_VERIFIED: "business_not_verified",
    RequirementCode.ACCOUNT_APPROVED: "connection_not_connected",
    RequirementCode.DISPLAY_NAME_APPROVED: "display_name_not_approved",
    RequirementCode.DESTINATION_ACCOUNT_READY: "destination_not_ready",
    RequirementCode.WALLET_FUNDED: "destination_not_ready",
    RequirementCode.OTP_CHANNEL: "otp_needs_voice",
}


def planned_of(case: MigrationCase) -> list[ChaseAttempt]:
    """Return the messages of a case's chases that are planned."""
    return list(ChaseAttempt.objects.filter(chase__case=case, state=AttemptState.PLANNED).select_related("chase"))


def reminded_of(planned: Collection[ChaseAttempt], now: datetime) -> frozenset[RequirementCode]:
    """Return of what the client is going to be reminded; a chase that somebody has silenced promises nothing."""
    found: set[RequirementCode] = set()
    for attempt in planned:
        silent = attempt.chase.snoozed_until is not None and attempt.chase.snoozed_until > now
        if attempt.recipient_party == Party.CLIENT and not silent:
            found |= covered_by(attempt.chase)
    return frozenset(found)


def details_of(
    where: Position, case: MigrationCase, facts: CaseFacts, *, reminded: Collection[RequirementCode]
) -> list[dict[str, str]]:
    """Return one coded reason per requirement that blocks scheduling; `text` names words that are more exact."""
    if where.stage == Stage.SCHEDULED:
        return _from_meta(where, facts, set())
    if where.stage not in {Stage.REQUIREMENTS, Stage.READY, Stage.TRIAGE}:
        return []
    found: dict[str, dict[str, str]] = {}
    for requirement in where.blocking:
        if requirement.state in {RequirementState.MET, RequirementState.WAIVED}:
            continue
        code = _code(requirement, case, facts)
        entry = {"code": code, "requirement": requirement.code.value, "action_by": party_of(requirement, facts).value}
        if code == "two_step_enabled" and (text := _two_step_text(requirement, case, reminded)):
            entry["text"] = text
        found.setdefault(code, entry)
    return [*found.values(), *_from_meta(where, facts, set(found))]


_CLAIM_COUNTS = frozenset({Stage.READY, Stage.SCHEDULED})


def _from_meta(where: Position, facts: CaseFacts, named: set[str]) -> list[dict[str, str]]:
    """Return what Meta said against the case although a call can be booked: a claim denied, something missing for the move."""
    found = [
        {"code": r.code.value, "requirement": r.code.value, "action_by": party_of(r, facts).value}
        for r in refused(facts)
        if r.code.value not in named
    ]
    if facts.contested and where.stage in _CLAIM_COUNTS and "two_step_enabled" not in named:
        entry = {"code": "two_step_enabled", "requirement": RequirementCode.TWO_STEP_DISABLED.value}
        found.insert(0, entry | {"action_by": Party.CLIENT.value, "text": STILL_SEEN_ON})
    return list({entry["code"]: entry for entry in found}.values())


def _code(requirement: RequirementFacts, case: MigrationCase, facts: CaseFacts) -> str:
    if requirement.code == RequirementCode.TWO_STEP_DISABLED and case.two_step_verification == TwoStep.UNKNOWN:
        return "two_step_unknown"
    if requirement.code == RequirementCode.BUSINESS_VERIFIED and facts.verification_pending:
        return "business_verification_pending"
    return _DETAIL_CODES.get(requirement.code, requirement.code.value)


def _two_step_text(
    requirement: RequirementFacts, case: MigrationCase, reminded: Collection[RequirementCode]
) -> str | None:
    """Return which words are true while two-step verification is on: who can switch it off, and whether we remind anybody."""
    if requirement.state == RequirementState.REQUESTED:
        return "two_step_requested"
    if requirement.state == RequirementState.FAILED:
        return "two_step_with_us"
    if case.waba_owner == WabaOwner.OLD_BSP:
        return "two_step_of_bsp"
    return "two_step_reminded" if requirement.code in reminded else None
