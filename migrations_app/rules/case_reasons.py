"""Reasons that lie in the answers about the whole case: the account, the business, the old BSP, the destination.

They hold for every number of the form. A rule yields nothing, or the reasons of its code.
"""

from collections.abc import Iterator

from migrations_app.enums import Blocks, BusinessVerification, Flow, Hosting, WabaOwner
from migrations_app.enums import RequirementCode as Needs
from migrations_app.enums.reasons import ReasonCode, Severity
from migrations_app.rules.reasons import FormFacts, LineFacts, Reason, refusal, warning
from tickets.enums import Party

Reasons = Iterator[Reason]
CAP_UNVERIFIED = 2
CAP_VERIFIED = 20
"""How many numbers a business portfolio may register, before and after its verification. Source: Meta, phone numbers page."""
_AT_DESTINATION = (
    Needs.DESTINATION_ACCOUNT_READY,
    Needs.WALLET_FUNDED,
    Needs.DESTINATION_PAYMENT,
    Needs.APP_SUBSCRIBED,
)


def business_app_number(form: FormFacts, _line: LineFacts) -> Reasons:
    """Refuse numbers of the WhatsApp Business app: they can only join. Source: Meta, migrating numbers by API."""
    if form.answers.uses_business_app:
        yield refusal(ReasonCode.BUSINESS_APP_NUMBER, "#/uses_business_app")


def on_premise_sunset(form: FormFacts, _line: LineFacts) -> Reasons:
    """Tell that the On-Premises API ended on 23 October 2025. Source: Meta, On-Premises API sunset; 360dialog."""
    if form.answers.hosting == Hosting.ON_PREMISE:
        yield warning(ReasonCode.ON_PREMISE_SUNSET, "#/hosting", before=Blocks.SCHEDULE)


def business_not_verified(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop while Meta has not verified the business. Source: Meta, migrating numbers by API; Sinch's questions."""
    if form.answers.business_verification != BusinessVerification.PENDING:
        yield from _verification(ReasonCode.BUSINESS_NOT_VERIFIED, form, line, Party.CLIENT)


def business_verification_pending(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop while Meta still verifies the business. Source: as for `business_not_verified`."""
    if form.answers.business_verification == BusinessVerification.PENDING:
        yield from _verification(ReasonCode.BUSINESS_VERIFICATION_PENDING, form, line, Party.META)


def _verification(code: ReasonCode, form: FormFacts, line: LineFacts, party: Party) -> Reasons:
    place = "#/business_verification"
    reason = None
    if place not in form.unanswered:
        reason = form.asked(code, Needs.BUSINESS_VERIFIED, line, place, party=party)
    if reason:
        yield reason


def waba_id_missing(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop while the account's ID is missing. Source: Sinch's questions; Meta's migration call names the account."""
    reason = form.asked(ReasonCode.WABA_ID_MISSING, Needs.WABA_ID, line, "#/waba_id", party=Party.CLIENT)
    if reason:
        yield reason


def business_manager_id_missing(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop while the portfolio's ID is missing: both accounts must belong to one business. Source: Meta, error 2388103."""
    code, place = ReasonCode.BUSINESS_MANAGER_ID_MISSING, "#/business_manager_id"
    reason = form.asked(code, Needs.BUSINESS_MANAGER_ID, line, place, party=Party.CLIENT)
    if reason:
        yield reason


def invalid_identifier(form: FormFacts, _line: LineFacts) -> Reasons:
    """Refuse identifiers that are not 10 to 20 digits. Source: Meta's OpenAPI description and its examples."""
    return _identifiers(ReasonCode.INVALID_IDENTIFIER, form)


def identifiers_not_distinct(form: FormFacts, _line: LineFacts) -> Reasons:
    """Refuse identifiers that are equal, or that are one of the numbers. Source: Twilio 63059; what people paste."""
    return _identifiers(ReasonCode.IDENTIFIERS_NOT_DISTINCT, form)


def _identifiers(code: ReasonCode, form: FormFacts) -> Reasons:
    for name, found in form.mixed_up:
        if found == code:
            yield refusal(code, f"#/{name}")


def waba_owned_by_bsp(form: FormFacts, _line: LineFacts) -> Reasons:
    """Tell that only the old BSP can act on the account. Source: Meta, migrating by Embedded Signup; switching partners."""
    if form.answers.waba_owner == WabaOwner.OLD_BSP and form.flow is not Flow.HOSTING_CHANGE:
        yield warning(ReasonCode.WABA_OWNED_BY_BSP, "#/waba_owner", before=Blocks.SCHEDULE, party=Party.OLD_BSP)


def destination_not_ready(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop while account, money, payment method or app are missing where the numbers go. Source: Meta, 2388103; the playbooks."""
    for requirement in _AT_DESTINATION:
        found = form.demands(requirement, line)
        if found:
            # The first is the one that stops the earliest step.
            code = ReasonCode.DESTINATION_NOT_READY
            yield Reason(code, Severity.BLOCK, found.blocks, found.owner, "#/destination", requirement=requirement)
            return


def number_cap_exceeded(form: FormFacts, _line: LineFacts) -> Reasons:
    """Tell that a portfolio may not hold so many numbers yet. Source: Meta, phone numbers page."""
    verified = form.answers.business_verification == BusinessVerification.VERIFIED
    cap = CAP_VERIFIED if verified else CAP_UNVERIFIED
    if form.plan.call and len(form.keys) > cap:
        yield warning(ReasonCode.NUMBER_CAP_EXCEEDED, "#/phone_numbers", before=Blocks.START, cap=str(cap))


def unknown_bsp(form: FormFacts, _line: LineFacts) -> Reasons:
    """Tell that the directory does not know the old BSP: a person looks at the ticket first. Source: the directory."""
    if form.bsp and not form.bsp.known:
        yield warning(ReasonCode.UNKNOWN_BSP, "#/current_bsp", before=Blocks.SCHEDULE, party=Party.ONBOARDING)


def old_bsp_client_only(form: FormFacts, _line: LineFacts) -> Reasons:
    """Tell that the old BSP listens to its own client alone. Source: the directory; 360dialog's page for leavers."""
    if form.bsp and form.bsp.client_only:
        yield warning(ReasonCode.OLD_BSP_CLIENT_ONLY, "#/current_bsp", before=Blocks.SCHEDULE)
