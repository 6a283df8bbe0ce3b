"""Whether numbers can be filed and moved, and exactly why not: one set of rules for the check and for filing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrations_app.enums import Blocks, RequirementCode
from migrations_app.enums.reasons import ReasonCode, Severity
from migrations_app.rules import case_reasons, line_reasons
from migrations_app.rules.reasons import NO_LINE, FormFacts, LineFacts, Reason

Rule = Callable[[FormFacts, LineFacts], Iterator[Reason]]

RULES: dict[ReasonCode, Rule] = {
    ReasonCode.INVALID_PHONE_NUMBER: line_reasons.invalid_phone_number,
    ReasonCode.NOT_A_WHATSAPP_CAPABLE_LINE: line_reasons.not_a_whatsapp_capable_line,
    ReasonCode.DUPLICATE_IN_REQUEST: line_reasons.duplicate_in_request,
    ReasonCode.NUMBER_ALREADY_OPEN: line_reasons.number_already_open,
    ReasonCode.INVALID_IDENTIFIER: case_reasons.invalid_identifier,
    ReasonCode.IDENTIFIERS_NOT_DISTINCT: case_reasons.identifiers_not_distinct,
    ReasonCode.BUSINESS_APP_NUMBER: case_reasons.business_app_number,
    ReasonCode.NUMBER_BANNED: line_reasons.number_banned,
    ReasonCode.NUMBER_RESTRICTED: line_reasons.number_restricted,
    ReasonCode.CONNECTION_NOT_CONNECTED: line_reasons.connection_not_connected,
    ReasonCode.TWO_STEP_ENABLED: line_reasons.two_step_enabled,
    ReasonCode.TWO_STEP_UNKNOWN: line_reasons.two_step_unknown,
    ReasonCode.BUSINESS_NOT_VERIFIED: case_reasons.business_not_verified,
    ReasonCode.BUSINESS_VERIFICATION_PENDING: case_reasons.business_verification_pending,
    ReasonCode.WABA_ID_MISSING: case_reasons.waba_id_missing,
    ReasonCode.BUSINESS_MANAGER_ID_MISSING: case_reasons.business_manager_id_missing,
    ReasonCode.BEHIND_IVR: line_reasons.behind_ivr,
    ReasonCode.OTP_NEEDS_VOICE: line_reasons.otp_needs_voice,
    ReasonCode.CONTACT_PHONE_IS_MIGRATING_NUMBER: line_reasons.contact_phone_is_migrating_number,
    ReasonCode.DESTINATION_NOT_READY: case_reasons.destination_not_ready,
    ReasonCode.DISPLAY_NAME_NOT_APPROVED: line_reasons.display_name_not_approved,
    ReasonCode.BRAZIL_NINTH_DIGIT: line_reasons.brazil_ninth_digit,
    ReasonCode.MEXICO_PREFIX: line_reasons.mexico_prefix,
    ReasonCode.ON_PREMISE_SUNSET: case_reasons.on_premise_sunset,
    ReasonCode.WABA_OWNED_BY_BSP: case_reasons.waba_owned_by_bsp,
    ReasonCode.OLD_BSP_CLIENT_ONLY: case_reasons.old_bsp_client_only,
    ReasonCode.UNKNOWN_BSP: case_reasons.unknown_bsp,
    ReasonCode.NUMBER_CAP_EXCEEDED: case_reasons.number_cap_exceeded,
}
"""One rule a code, in the order in which reasons are told: what refuses the form, what stops scheduling, what to know."""


@dataclass(frozen=True)
class Verdict:
    """What the rules say about one number of a form.

    `eligible`: False, this number cannot be moved as things are said to be, and no chasing cures it; None, file it, something is
    open; True, nothing would stand in the way of booking the call. `blocking` are the requirements that would.
    """

    reasons: tuple[Reason, ...]
    can_submit: bool
    eligible: bool | None
    blocking: tuple[RequirementCode, ...]

    @property
    def warnings(self) -> tuple[Reason, ...]:
        """Return what a filed number keeps as its warnings: what neither refuses the form nor is chased as a requirement."""
        return tuple(reason for reason in self.reasons if not reason.refuses and reason.requirement is None)


def judge(form: FormFacts) -> list[Verdict]:
    """Return what is to be said about each number of a form, in the form's order."""
    return [_verdict(form, line) for line in form.lines]


def refusals(form: FormFacts) -> list[Reason]:
    """Return for what filing refuses the form, each wrong place once."""
    found: dict[tuple[str, str], Reason] = {}
    for line in form.lines or (NO_LINE,):
        for reason in _verdict(form, line).reasons:
            if reason.refuses:
                found.setdefault((reason.code, reason.place), reason)
    return list(found.values())


def _verdict(form: FormFacts, line: LineFacts) -> Verdict:
    reasons = tuple(reason for rule in RULES.values() for reason in rule(form, line))
    can_submit = not any(reason.refuses for reason in reasons)
    blocking = tuple(form.blocking(line))
    return Verdict(reasons, can_submit, _eligible(form, reasons, blocking, can_submit=can_submit), blocking)


def _eligible(
    form: FormFacts, reasons: tuple[Reason, ...], blocking: tuple[RequirementCode, ...], *, can_submit: bool
) -> bool | None:
    if not can_submit or not all(reason.curable for reason in reasons):
        return False
    stopped = any(reason.severity is Severity.BLOCK and reason.blocks is Blocks.SCHEDULE for reason in reasons)
    return None if stopped or blocking or form.unanswered else True
