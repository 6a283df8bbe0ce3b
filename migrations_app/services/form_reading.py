"""From well-typed answers (API body, admin form, row of a sheet) to a `Form`, with every wrong place named.

Shapes and enums are the edges' business; what refuses a form is decided by the rules of eligibility, which the check asks too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from config.core.errors import FieldProblem, Invalid
from migrations_app.enums.reasons import ReasonCode
from migrations_app.enums.texts import reason_text
from migrations_app.models import Playbook
from migrations_app.rules.eligibility import judge, refusals
from migrations_app.rules.reasons import Reason
from migrations_app.services.form_facts import Reading, read_facts
from migrations_app.services.intake import FiledNumber, Form
from tickets.enums import Source
from tickets.services.tickets import ClientSnapshot

MAX_NUMBERS = 100
_REFUSED_AS = {ReasonCode.NOT_A_WHATSAPP_CAPABLE_LINE: ReasonCode.INVALID_PHONE_NUMBER}
"""Reasons that are no code of their own among the places of a refusal."""


def read_form(data: Mapping[str, Any], *, source: Source, test: bool) -> Form:
    """Return the form that these answers make.

    :raises Invalid: something does not hold; every wrong place is named at once.
    """
    too_many = _too_many(data)
    if too_many:
        # The rest is judged all the same, by the first of them.
        data = {**data, "phone_numbers": data["phone_numbers"][:MAX_NUMBERS]}
    reading = read_facts(data)
    submit = bool(data.get("submit", True))
    problems = [*too_many, *(_unanswered(reading.missing) if submit else ())]
    problems += [_problem(reason) for reason in refusals(reading.facts)]
    if reading.playbook is None:
        problems.append(no_such_destination())
    if problems or reading.playbook is None:
        raise _refused(problems)
    return _form(data, reading, reading.playbook, source=source, test=test, submit=submit)


def demand_size(data: Mapping[str, Any]) -> None:
    """Refuse more numbers than one form may have.

    :raises Invalid: there are more.
    """
    too_many = _too_many(data)
    if too_many:
        raise Invalid(too_many)


def _too_many(data: Mapping[str, Any]) -> list[FieldProblem]:
    if len(data.get("phone_numbers") or []) <= MAX_NUMBERS:
        return []
    return [FieldProblem("#/phone_numbers", "too_many_items", _("At most 100 numbers."))]


def no_such_destination() -> FieldProblem:
    """Return the complaint about a destination that is not offered."""
    return FieldProblem("#/destination", "invalid_choice", _("There is no such destination; see GET /destinations."))


def _unanswered(missing: Iterable[str]) -> Iterable[FieldProblem]:
    return (FieldProblem(pointer, "required", _("This field is required to submit.")) for pointer in missing)


def _problem(reason: Reason) -> FieldProblem:
    code = _REFUSED_AS.get(reason.code, reason.code)
    return FieldProblem(reason.place, code.value, reason_text(reason.code, reason.facts))


def _refused(problems: Sequence[FieldProblem]) -> Invalid:
    """Return the refusal; that of a number of the WhatsApp Business app names the kind to file instead."""
    codes = {problem.code for problem in problems}
    alone = ReasonCode.BUSINESS_APP_NUMBER.value
    if alone not in codes:
        return Invalid(problems)
    return Invalid(problems, code=alone if codes == {alone} else None, extra={"suggested_kind": "coexistence"})


def _form(
    data: Mapping[str, Any], reading: Reading, playbook: Playbook, *, source: Source, test: bool, submit: bool
) -> Form:
    numbers = list(_with_warnings(reading))
    answers = reading.facts.answers
    return Form(
        client=_client(data.get("client") or {}, reading.facts.contact_phone, numbers),
        numbers=numbers,
        current_bsp=reading.bsp,
        current_bsp_name=(data.get("current_bsp") or "").strip(),
        playbook=playbook,
        business_verification=answers.business_verification,
        hosting=answers.hosting,
        connection_status=answers.connection_status,
        waba_id=answers.waba_id,
        business_manager_id=answers.business_manager_id,
        waba_owner=answers.waba_owner,
        two_step_verification=answers.two_step,
        uses_business_app=data.get("uses_business_app"),
        moves=answers.moves,
        low_traffic_windows=data.get("low_traffic_windows") or [],
        notes=data.get("notes") or "",
        unanswered=list(reading.missing),
        client_reference=data.get("client_reference") or "",
        group_reference=data.get("group_reference") or "",
        source=source,
        test=test,
        submit=submit,
    )


def _client(client: Mapping[str, Any], phone: str, numbers: Sequence[FiledNumber]) -> ClientSnapshot:
    return ClientSnapshot(
        name=client.get("name") or "",
        contact_name=client.get("contact_name") or "",
        contact_email=client.get("contact_email") or "",
        contact_phone=phone,
        language=client.get("language") or "en",
        timezone=client.get("timezone") or "UTC",
        country=client.get("country") or (numbers[0].country if numbers else ""),
    )


def _with_warnings(reading: Reading) -> Iterable[FiledNumber]:
    """Return the numbers, each with what the rules want to be known about it."""
    for number, verdict in zip(reading.numbers, judge(reading.facts), strict=True):
        if number is not None:
            yield replace(number, warnings=stored(verdict.warnings))


def stored(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    """Return warnings as a number keeps them: codes and facts, never words."""
    return [{"code": reason.code.value, **reason.facts} for reason in reasons]
