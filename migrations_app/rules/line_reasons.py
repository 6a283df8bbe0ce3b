"""Reasons that lie in a number: its form, its line, who holds its phone, what the old BSP shows of it.

A rule yields nothing, or the reasons of its code for one number of a form.
"""

from collections.abc import Iterator

from migrations_app.enums import Blocks, ConnectionStatus, DisplayNameStatus, OtpMethod
from migrations_app.enums import RequirementCode as Needs
from migrations_app.enums.reasons import ReasonCode, Severity
from migrations_app.rules.phone import is_pager, match_key
from migrations_app.rules.reasons import FormFacts, LineFacts, Reason, refusal, warning
from migrations_app.rules.requirements import default_otp_method, takes_no_code
from tickets.enums import Party

Reasons = Iterator[Reason]
_RESTRICTED = frozenset({ConnectionStatus.FLAGGED, ConnectionStatus.RESTRICTED, ConnectionStatus.RATE_LIMITED})


def invalid_phone_number(form: FormFacts, line: LineFacts) -> Reasons:
    """Refuse what is no number of any country, also as somebody's phone to call. Source: E.164; Google's metadata."""
    if line.unreadable:
        yield refusal(ReasonCode.INVALID_PHONE_NUMBER, line.at("number"))
    if line.bad_contact_phone:
        yield refusal(ReasonCode.INVALID_PHONE_NUMBER, line.at("otp_contact/phone"))
    if form.bad_contact_phone:
        yield refusal(ReasonCode.INVALID_PHONE_NUMBER, "#/client/contact_phone")


def not_a_whatsapp_capable_line(form: FormFacts, line: LineFacts) -> Reasons:
    """Refuse short codes; stop lines that take no 6-digit code. Source: Meta, phone numbers page."""
    code = ReasonCode.NOT_A_WHATSAPP_CAPABLE_LINE
    if line.short_code:
        yield refusal(code, line.at("number"))
    if line.answers is None or not takes_no_code(line.answers):
        return
    reason = form.asked(code, Needs.OTP_CHANNEL, line, line.at("number"), party=Party.CLIENT)
    if reason:
        hopeless = is_pager(line.answers.number)
        yield Reason(
            code, reason.severity, reason.blocks, reason.party, reason.place,
            requirement=reason.requirement, curable=not hopeless,
        )  # fmt: skip


def behind_ivr(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop numbers behind a voice menu: the call with the code cannot press keys. Source: Meta, phone numbers page; Twilio."""
    if line.answers and line.answers.behind_ivr:
        reason = form.asked(ReasonCode.BEHIND_IVR, Needs.OTP_CHANNEL, line, line.at("behind_ivr"), party=Party.CLIENT)
        if reason:
            yield reason


def otp_needs_voice(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop lines that an SMS may not reach, and tell of those that will be called. Source: Meta, phone numbers page."""
    answers = line.answers
    if answers is None or answers.behind_ivr or takes_no_code(answers):
        return
    place = line.at("otp_method")
    reason = form.asked(ReasonCode.OTP_NEEDS_VOICE, Needs.OTP_CHANNEL, line, place, party=Party.CLIENT)
    if reason:
        yield reason
    elif form.plan.call and answers.otp_method is None and default_otp_method(answers.line_type) is OtpMethod.VOICE:
        yield warning(ReasonCode.OTP_NEEDS_VOICE, place, before=Blocks.START)


def _old_form(code: ReasonCode, line: LineFacts) -> Reasons:
    for told, candidate in line.phone.warnings if line.phone else ():
        if told == code:
            yield warning(code, line.at("number"), before=Blocks.START, candidate=candidate)


def brazil_ninth_digit(_form: FormFacts, line: LineFacts) -> Reasons:
    """Tell of Brazilian mobiles without the ninth digit. Source: Meta, phone numbers page; 360dialog, number porting."""
    return _old_form(ReasonCode.BRAZIL_NINTH_DIGIT, line)


def mexico_prefix(_form: FormFacts, line: LineFacts) -> Reasons:
    """Tell of Mexican numbers with the old 1. Source: Meta, phone numbers page."""
    return _old_form(ReasonCode.MEXICO_PREFIX, line)


def contact_phone_is_migrating_number(form: FormFacts, line: LineFacts) -> Reasons:
    """Tell of a holder who is called on a number that moves; stop where no other is known.

    While the code arrives, somebody speaks with us: that cannot be the line that the code comes to. Source: our own calls;
    Sinch asks for the phone of whoever receives the code.
    """
    if line.phone is None or not form.plan.call:
        return
    place = line.at("otp_contact/phone") if line.own_contact else "#/client/contact_phone"
    if line.holder_phone and match_key(line.holder_phone) in form.keys:
        yield warning(ReasonCode.CONTACT_PHONE_IS_MIGRATING_NUMBER, place, before=Blocks.START)
    elif form.contact_phone and match_key(form.contact_phone) == match_key(line.phone.number):
        code = ReasonCode.CONTACT_PHONE_IS_MIGRATING_NUMBER
        reason = form.asked(code, Needs.OTP_CONTACT, line, place, party=Party.CLIENT)
        yield reason or warning(code, "#/client/contact_phone", before=Blocks.START)


def two_step_enabled(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop while two-step verification is on. Source: Meta, migrating numbers by API and by Embedded Signup."""
    return _two_step(ReasonCode.TWO_STEP_ENABLED, form, line, said="enabled")


def two_step_unknown(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop while nobody says that two-step verification is off: Meta lets nobody read it. Source: as for `enabled`."""
    return _two_step(ReasonCode.TWO_STEP_UNKNOWN, form, line, said="unknown")


def _two_step(code: ReasonCode, form: FormFacts, line: LineFacts, *, said: str) -> Reasons:
    if form.answers.two_step == said:
        place = "#/two_step_verification"
        reason = form.asked(code, Needs.TWO_STEP_DISABLED, line, place, party=Party.CLIENT)
        if reason:
            yield reason


def connection_not_connected(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop numbers that the old BSP does not show as connected. Source: Meta, migrating numbers by API; Sinch's questions."""
    others = set(ConnectionStatus) - {ConnectionStatus.CONNECTED, ConnectionStatus.BANNED} - _RESTRICTED
    return _status(ReasonCode.CONNECTION_NOT_CONNECTED, form, line, frozenset(others))


def number_banned(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop banned numbers for good: only Meta lifts a ban. Source: Meta, account status; Zendesk, porting guide."""
    banned = frozenset({ConnectionStatus.BANNED})
    return _status(ReasonCode.NUMBER_BANNED, form, line, banned, party=Party.META, curable=False)


def number_restricted(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop numbers that are flagged, restricted or rate limited. Source: Meta, phone number status."""
    return _status(ReasonCode.NUMBER_RESTRICTED, form, line, _RESTRICTED)


def _status(
    code: ReasonCode, form: FormFacts, line: LineFacts, wanted: frozenset[ConnectionStatus],
    *, party: Party = Party.CLIENT, curable: bool = True,
) -> Reasons:  # fmt: skip
    number = line.answers
    own = number.connection_status if number else None
    said = own or form.answers.connection_status
    if said not in wanted or (own is None and "#/connection_status" in form.unanswered):
        return
    # Where the playbook does not ask for it, it is still worth knowing.
    found = form.demands(Needs.ACCOUNT_APPROVED, line)
    severity, blocks = (Severity.BLOCK, found.blocks) if found else (Severity.WARN, Blocks.SCHEDULE)
    place = line.at("connection_status") if own else "#/connection_status"
    backed = Needs.ACCOUNT_APPROVED if found else None
    yield Reason(code, severity, blocks, party, place, requirement=backed, curable=curable)


def display_name_not_approved(form: FormFacts, line: LineFacts) -> Reasons:
    """Stop before the call while the display name is not approved. Source: Meta, migrating numbers by API; Blip."""
    if line.answers and line.answers.display_name_status != DisplayNameStatus.APPROVED:
        code, place = ReasonCode.DISPLAY_NAME_NOT_APPROVED, line.at("display_name_status")
        reason = form.asked(code, Needs.DISPLAY_NAME_APPROVED, line, place, party=Party.OLD_BSP)
        if reason:
            yield reason


def number_already_open(_form: FormFacts, line: LineFacts) -> Reasons:
    """Refuse a line that another ticket of the same organization moves. Source: the acceptance matrix, one open move a number."""
    if line.own_ticket:
        yield refusal(ReasonCode.NUMBER_ALREADY_OPEN, line.at("number"), ticket=line.own_ticket)


def duplicate_in_request(_form: FormFacts, line: LineFacts) -> Reasons:
    """Refuse a line that is in the form already, in whatever form it is written. Source: as for `number_already_open`."""
    if line.repeats is not None:
        yield refusal(ReasonCode.DUPLICATE_IN_REQUEST, line.at("number"), earlier=str(line.repeats))
