"""The readiness gate for one number: proof, code, person, phone, attempts left."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from migrations_app.enums import LineType, NumberState, OtpMethod, RequirementCode, RequirementState
from migrations_app.enums.readiness import CheckCode, Standing, Why
from migrations_app.rules.attempts import Budget
from migrations_app.rules.checks import (
    STARTS,
    CaseFacts,
    Check,
    LineFacts,
    required,
)
from migrations_app.rules.facts import NumberAnswers
from migrations_app.rules.lifecycle import SATISFIED
from migrations_app.rules.phone import is_pager
from migrations_app.rules.progress import RequirementFacts
from migrations_app.rules.proof import HOLDS
from migrations_app.rules.requirements import CATALOGUE, default_otp_method, otp_channel_works, takes_no_code
from tickets.enums import Party


def of_line(case: CaseFacts, line: LineFacts, now: datetime) -> Iterator[Check]:
    """Return what must be true of one number before it is moved in the call."""
    rows = {row.code: row for row in line.requirements}
    needs_code = line.state is not NumberState.CODE_VERIFIED
    if is_pager(line.answers.number):
        yield Check(CheckCode.LINE.value, Standing.MISSING, Why.PAGER, Party.CLIENT, final=True)
    for code in CATALOGUE:
        if code in rows and rows[code].blocks in STARTS:
            yield _of_requirement(rows[code], case, line, now)
    if needs_code:
        yield _person(line)
    if line.state is NumberState.COOLING_DOWN:
        who, until = Party.META, line.cool_down_until
        yield Check(CheckCode.RESTED.value, Standing.MISSING, Why.RESTS, who, until, final=True)
    if case.by_api:
        if needs_code:
            yield from _counted(CheckCode.CODES_LEFT, line.codes, Why.CODES_USED, Why.LAST_CODE)
        left = CheckCode.REGISTRATIONS_LEFT
        yield from _counted(left, line.registrations, Why.REGISTRATIONS_USED, Why.FEW_REGISTRATIONS)


def _of_requirement(row: RequirementFacts, case: CaseFacts, line: LineFacts, now: datetime) -> Check:
    check = required(row, case)
    if row.code == RequirementCode.TWO_STEP_DISABLED:
        return _two_step(check, row, line, now)
    if row.code == RequirementCode.OTP_CHANNEL and line.state is not NumberState.CODE_VERIFIED:
        return _channel(check, line.answers)
    if row.code == RequirementCode.OTP_CONTACT and check.standing is Standing.MISSING:
        return Check(check.code, Standing.MISSING, Why.NO_CONTACT, check.who)
    if row.code == RequirementCode.DISPLAY_NAME_APPROVED and row.state is RequirementState.CLAIMED:
        return (
            check
            if check.standing is Standing.MISSING
            else Check(check.code, Standing.DOUBTFUL, Why.SAID_ONLY, check.who)
        )
    return check


def _two_step(check: Check, row: RequirementFacts, line: LineFacts, now: datetime) -> Check:
    """A proof is good for 72 hours. What an agent confirmed by its own word is not doubted."""
    if check.standing is Standing.MISSING:
        why = Why.META_REFUSED if line.refused and row.state not in SATISFIED else check.why
        return Check(check.code, Standing.MISSING, why, Party.CLIENT)
    if row.state is RequirementState.CLAIMED:
        return Check(check.code, Standing.DOUBTFUL, Why.SAID_ONLY, check.who)
    if row.state is RequirementState.MET and line.proven_at is not None and line.proven_at <= now - HOLDS:
        return Check(check.code, Standing.DOUBTFUL, Why.PROOF_OLD, check.who)
    return check


def _channel(check: Check, answers: NumberAnswers) -> Check:
    """Whether the code can reach the line. What an agent has let pass in spite of the facts stays doubtful."""
    why = _channel_trouble(answers)
    if check.standing is Standing.MISSING:
        return Check(check.code, Standing.MISSING, check.why if why is Why.NONE else why, check.who)
    return check if why is Why.NONE else Check(check.code, Standing.DOUBTFUL, why, check.who)


def _channel_trouble(answers: NumberAnswers) -> Why:
    """Return why the code may not reach a line. Source: Meta, phone numbers page."""
    if otp_channel_works(answers):
        return Why.NONE
    if takes_no_code(answers):
        return Why.NO_CODE_LINE
    if answers.behind_ivr:
        return Why.BEHIND_IVR
    by_sms = answers.otp_method is OtpMethod.SMS and answers.line_type is not LineType.UNKNOWN
    known = answers.otp_method or default_otp_method(answers.line_type)
    return Why.SMS_UNSUITED if by_sms else Why.LINE_UNKNOWN if known is None else Why.NOT_MET


def _person(line: LineFacts) -> Check:
    code = CheckCode.PERSON_PRESENT.value
    if line.here or line.said:
        return Check(code, who=Party.CLIENT)
    if line.said is False:
        return Check(code, Standing.MISSING, Why.HOLDER_REFUSED, Party.CLIENT)
    return Check(
        code,
        Standing.DOUBTFUL,
        Why.NOT_CONFIRMED if line.answers.has_otp_contact else Why.NO_CONTACT,
        Party.CLIENT,
    )


def _counted(code: CheckCode, budget: Budget | None, none_left: Why, few_left: Why) -> Iterator[Check]:
    """Nobody can talk Meta out of its limits: one more try makes the rest longer."""
    if budget is None:
        return
    check = Check(code.value, used=budget.used, most=budget.most)
    if budget.free_at is not None:
        check = replace(
            check, standing=Standing.MISSING, why=none_left, who=Party.META, until=budget.free_at, final=True
        )
    elif budget.warns:
        check = replace(check, standing=Standing.DOUBTFUL, why=few_left)
    yield check
