"""What must be true, derived from the answers: the catalogue and the first state of each requirement."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrations_app.enums import (
    Blocks,
    BusinessVerification,
    ConnectionStatus,
    DisplayNameStatus,
    Flow,
    LineType,
    OtpMethod,
    RequirementCode,
    RequirementState,
    TwoStep,
)
from migrations_app.rules.facts import Answers, DestinationFacts, NumberAnswers
from migrations_app.rules.flows import FlowPlan, plan_of
from migrations_app.rules.phone import is_pager, is_personal_number
from tickets.enums import Party


@dataclass(frozen=True)
class RequirementType:
    """One line of the catalogue: who must change something, what it blocks, whether each number has its own."""

    code: RequirementCode
    owner: Party
    blocks: Blocks
    per_number: bool = False


def _catalogue() -> Iterator[RequirementType]:
    code, client, bsp, desk, meta = RequirementCode, Party.CLIENT, Party.OLD_BSP, Party.ONBOARDING, Party.META
    for name in (code.WABA_ID, code.BUSINESS_MANAGER_ID, code.DESTINATION_ACCOUNT_READY, code.WALLET_FUNDED):
        yield RequirementType(name, client, Blocks.SCHEDULE)
    yield RequirementType(code.TWO_STEP_DISABLED, bsp, Blocks.SCHEDULE, per_number=True)
    yield RequirementType(code.BUSINESS_VERIFIED, meta, Blocks.SCHEDULE)
    yield RequirementType(code.ACCOUNT_APPROVED, meta, Blocks.SCHEDULE)
    yield RequirementType(code.OTP_CHANNEL, client, Blocks.SCHEDULE, per_number=True)
    yield RequirementType(code.OTP_CONTACT, client, Blocks.SCHEDULE, per_number=True)
    yield RequirementType(code.DISPLAY_NAME_APPROVED, bsp, Blocks.START, per_number=True)
    yield RequirementType(code.DESTINATION_PAYMENT, desk, Blocks.START)
    yield RequirementType(code.APP_SUBSCRIBED, desk, Blocks.START)
    for name in (code.NOTIFICATION_ACCEPTED, code.OPEN_CONVERSATIONS_ACK, code.TEMPLATES_ACK):
        yield RequirementType(name, client, Blocks.START)
    for name in SOFT_CODES:
        yield RequirementType(name, client, Blocks.NOTHING)
    yield RequirementType(code.SEND_RECEIVE_TEST, desk, Blocks.RESOLVE)
    yield RequirementType(code.TEMPLATES_CHECKED, desk, Blocks.RESOLVE)
    for name in CLOSING_CODES:
        yield RequirementType(name, desk if name == code.QUALITY_24H else client, Blocks.NOTHING)


CLOSING_CODES = (
    RequirementCode.TWO_STEP_REENABLED,
    RequirementCode.QUALITY_24H,
    RequirementCode.OLD_CONTRACT_CANCELLED,
    RequirementCode.REFUND_CLAIMED,
)
"""Reminders after the migration; they never block and lapse when the ticket closes by itself."""

SOFT_CODES = (
    RequirementCode.LOW_TRAFFIC_WINDOW,
    RequirementCode.INVOICES_SETTLED,
    RequirementCode.CONTACTS_EXPORTED,
    RequirementCode.CAMPAIGNS_PAUSED,
)
"""Requirements that block nothing unless a playbook says what."""

CATALOGUE: dict[RequirementCode, RequirementType] = {line.code: line for line in _catalogue()}

VALUE_CODES = frozenset({RequirementCode.WABA_ID, RequirementCode.BUSINESS_MANAGER_ID})
"""Requirements that are answered by telling an identifier."""

TWO_STEP_CODES = frozenset({RequirementCode.TWO_STEP_DISABLED, RequirementCode.TWO_STEP_REENABLED})
CALL_CODES = frozenset({RequirementCode.OTP_CHANNEL, RequirementCode.OTP_CONTACT})

DESK_ONLY_CODES = frozenset(line.code for line in CATALOGUE.values() if line.owner == Party.ONBOARDING)
"""Only the desk can claim these."""

_VOICE_LINES = frozenset({LineType.LANDLINE, LineType.VOIP, LineType.TOLL_FREE, LineType.OTHER})


def default_otp_method(line_type: LineType) -> OtpMethod | None:
    """Return how the code should reach such a line; None when nobody can tell yet.

    Source: Meta, phone numbers page: SMS is not recommended for anything but mobiles.
    """
    if line_type == LineType.MOBILE:
        return OtpMethod.SMS
    return OtpMethod.VOICE if line_type in _VOICE_LINES else None


def takes_no_code(number: NumberAnswers) -> bool:
    """Tell whether neither SMS nor a call is a way to bring the 6-digit code to such a line.

    What the client says about the line goes before the metadata, except for pagers. Source: Meta, phone numbers page: neither
    way is recommended for shared-cost and personal numbers, pagers are not supported.
    """
    if is_pager(number.number) or number.line_type == LineType.SHARED_COST:
        return True
    return number.line_type == LineType.UNKNOWN and is_personal_number(number.number)


def otp_channel_works(number: NumberAnswers) -> bool:
    """Tell whether the 6-digit code can reach the line: no voice menu in front, and a method that suits the line.

    Source: Meta, phone numbers page (a registration call cannot navigate an IVR).
    """
    if number.behind_ivr or takes_no_code(number):
        return False
    method = number.otp_method or default_otp_method(number.line_type)
    if method is None:
        return False
    return not (method == OtpMethod.SMS and number.line_type in _VOICE_LINES)


@dataclass(frozen=True)
class DerivedRequirement:
    """One requirement of a new case with its first state; `number` is set for those of one number."""

    code: RequirementCode
    owner: Party
    blocks: Blocks
    state: RequirementState
    number: str | None = None


def _met(*, when: bool) -> RequirementState:
    return RequirementState.MET if when else RequirementState.UNMET


def _all_connected(answers: Answers) -> bool:
    """Tell whether the old BSP shows every number as connected; one that is banned or pending stays behind otherwise."""
    shown = {answers.status_of(number) for number in answers.numbers} or {answers.connection_status}
    return shown == {ConnectionStatus.CONNECTED}


_CASE_RULES: dict[RequirementCode, Callable[[Answers, DestinationFacts], RequirementState]] = {
    RequirementCode.WABA_ID: lambda a, _d: _met(when=bool(a.waba_id)),
    RequirementCode.BUSINESS_MANAGER_ID: lambda a, _d: _met(when=bool(a.business_manager_id)),
    RequirementCode.BUSINESS_VERIFIED: lambda a, _d: _met(
        when=a.business_verification == BusinessVerification.VERIFIED
    ),
    RequirementCode.ACCOUNT_APPROVED: lambda a, _d: _met(when=_all_connected(a)),
    RequirementCode.LOW_TRAFFIC_WINDOW: lambda a, _d: _met(when=a.has_low_traffic_windows),
    # An account of ours exists; whether money and app are there is asked apart.
    RequirementCode.DESTINATION_ACCOUNT_READY: lambda _a, d: _met(when=d.account_held),
    RequirementCode.DESTINATION_PAYMENT: lambda _a, d: _met(when=d.payment_ready),
    RequirementCode.APP_SUBSCRIBED: lambda _a, d: _met(when=d.app_subscribed),
}


def _open_at_first(_answers: Answers, _destination: DestinationFacts) -> RequirementState:
    return RequirementState.UNMET


_NUMBER_RULES: dict[RequirementCode, Callable[[Answers, NumberAnswers], RequirementState]] = {
    # "Disabled" at filing is a claim like any other: it is believed for scheduling and proven before the call.
    RequirementCode.TWO_STEP_DISABLED: lambda a, _n: (
        RequirementState.CLAIMED if a.two_step == TwoStep.DISABLED else RequirementState.UNMET
    ),
    RequirementCode.DISPLAY_NAME_APPROVED: lambda _a, n: _met(when=n.display_name_status == DisplayNameStatus.APPROVED),
    RequirementCode.OTP_CHANNEL: lambda _a, n: _met(when=otp_channel_works(n)),
    RequirementCode.OTP_CONTACT: lambda _a, n: _met(when=n.has_otp_contact),
}


def suits(code: RequirementCode, plan: FlowPlan) -> bool:
    """Tell whether such a move may ask for this at all: two-step verification and code lines only where they play a part."""
    return (plan.two_step_off or code not in TWO_STEP_CODES) and (plan.call or code not in CALL_CODES)


def codes_for(flow: Flow, destination: DestinationFacts) -> frozenset[RequirementCode]:
    """Return what the destination's playbook asks of such a move.

    A move with a call takes the playbook's list. One without takes the list of its flow, else what suits it of the playbook's.
    """
    plan = plan_of(flow, destination.execution)
    listed = destination.requirements
    if not plan.call:
        listed = destination.flow_requirements.get(flow, listed)
    return frozenset(code for code in CATALOGUE if code.value in listed and suits(code, plan))


def derive(answers: Answers, destination: DestinationFacts, flow: Flow) -> list[DerivedRequirement]:
    """Return the requirements of a new case of this flow in catalogue order, each with its first state.

    The destination's playbook says which codes apply, and what the soft ones block.
    """
    derived: list[DerivedRequirement] = []
    codes = codes_for(flow, destination)
    for line in CATALOGUE.values():
        if line.code not in codes:
            continue
        if line.per_number:
            rule = _NUMBER_RULES[line.code]
            derived += [
                DerivedRequirement(line.code, line.owner, line.blocks, rule(answers, number), number.number)
                for number in answers.numbers
            ]
        else:
            first = _CASE_RULES.get(line.code, _open_at_first)
            blocks = Blocks(destination.blocking[line.code]) if line.code in destination.blocking else line.blocks
            derived.append(DerivedRequirement(line.code, line.owner, blocks, first(answers, destination)))
    return derived
