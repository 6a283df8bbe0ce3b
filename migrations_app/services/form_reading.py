"""From well-typed answers (API body or admin form) to a `Form`: numbers normalised, every wrong place named.

Shapes and enums are the edges' business; what the field knows about numbers and identifiers is decided here, once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from config.core.errors import FieldProblem, Invalid
from migrations_app.enums import (
    BusinessVerification,
    ConnectionStatus,
    DisplayNameStatus,
    Hosting,
    LineType,
    Moves,
    OtpMethod,
    TwoStep,
    WabaOwner,
)
from migrations_app.models import Playbook
from migrations_app.rules.identifiers import identifier_problems
from migrations_app.rules.phone import NotAPhoneNumber, match_key, parse_phone
from migrations_app.services.intake import FiledNumber, Form
from providers.selectors.directory import bsp_named
from tickets.enums import Source
from tickets.services.tickets import ClientSnapshot

MAX_NUMBERS = 100
REQUIRED = ("current_bsp", "business_verification", "hosting", "connection_status")


def read_form(data: Mapping[str, Any], *, source: Source, test: bool) -> Form:
    """Return the form that these answers make.

    :raises Invalid: something does not hold; every wrong place is named at once.
    """
    submit = bool(data.get("submit", True))
    client = data.get("client") or {}
    missing = _missing(data, client)
    problems = (
        [FieldProblem(pointer, "required", _("This field is required to submit.")) for pointer in missing]
        if submit
        else []
    )
    phone = _contact_phone(client, problems)
    numbers = _numbers(data.get("phone_numbers") or [], client.get("country") or None, problems)
    problems += [
        FieldProblem(f"#/{name}", code, detail)
        for name, code, detail in identifier_problems(
            {name: data.get(name) or "" for name in ("waba_id", "business_manager_id")},
            [number.number for number in numbers],
        )
    ]
    playbook = _playbook(data.get("destination"), problems)
    if data.get("uses_business_app"):
        _refuse_app_number(problems)
    if problems or playbook is None:
        raise Invalid(problems)
    return _form(data, client, phone, numbers, playbook, source=source, test=test, submit=submit)


def _missing(data: Mapping[str, Any], client: Mapping[str, Any]) -> list[str]:
    """Return the pointers of what is needed to submit and was not answered."""
    wanted = {"#/client/contact_email": client.get("contact_email"), "#/phone_numbers": data.get("phone_numbers")}
    wanted |= {f"#/{name}": data.get(name) for name in REQUIRED}
    return [pointer for pointer, value in wanted.items() if not value]


def _refuse_app_number(problems: list[FieldProblem]) -> None:
    """Refuse numbers of the WhatsApp Business app: they cannot be moved, only join (Source: Meta, migration by API)."""
    errors = [
        *problems,
        FieldProblem(
            "#/uses_business_app",
            "business_app_number",
            _("A number used in the WhatsApp Business app cannot be migrated."),
        ),
    ]
    code = "validation_failed" if problems else "business_app_number"
    raise Invalid(errors, code=code, extra={"suggested_kind": "coexistence"})


def _contact_phone(client: Mapping[str, Any], problems: list[FieldProblem]) -> str:
    return _phone(client.get("contact_phone"), client.get("country"), "#/client/contact_phone", problems)


def _phone(raw: str | None, region: str | None, pointer: str, problems: list[FieldProblem]) -> str:
    if not raw:
        return ""
    try:
        return parse_phone(raw, region=region or None).number
    except NotAPhoneNumber:
        problems.append(
            FieldProblem(pointer, "invalid_phone_number", _("This is no phone number in international form."))
        )
        return ""


def _numbers(
    rows: Sequence[str | Mapping[str, Any]], region: str | None, problems: list[FieldProblem]
) -> list[FiledNumber]:
    if len(rows) > MAX_NUMBERS:
        problems.append(FieldProblem("#/phone_numbers", "too_many_items", _("At most 100 numbers.")))
        return []
    found: list[FiledNumber] = []
    seen: dict[str, int] = {}
    for place, raw in enumerate(rows):
        row: Mapping[str, Any] = {"number": raw} if isinstance(raw, str) else raw
        pointer = f"#/phone_numbers/{place}" if isinstance(raw, str) else f"#/phone_numbers/{place}/number"
        number = _number(row, region, place, pointer, problems)
        if number is None:
            continue
        key = match_key(number.number)
        if key in seen:
            detail = _("This number is already in place %(place)s.") % {"place": seen[key] + 1}
            problems.append(FieldProblem(pointer, "duplicate_in_request", detail))
        seen.setdefault(key, place)
        found.append(number)
    return found


def _number(
    row: Mapping[str, Any], region: str | None, place: int, pointer: str, problems: list[FieldProblem]
) -> FiledNumber | None:
    contact = row.get("otp_contact") or {}
    contact_phone = _phone(contact.get("phone"), region, f"#/phone_numbers/{place}/otp_contact/phone", problems)
    try:
        phone = parse_phone(str(row.get("number") or ""), region=region)
    except NotAPhoneNumber:
        detail = _("This is no phone number in international form, e.g. +5511987654321.")
        problems.append(FieldProblem(pointer, "invalid_phone_number", detail))
        return None
    filed = LineType(row.get("line_type") or LineType.UNKNOWN)
    status = row.get("connection_status")
    return FiledNumber(
        number=phone.number,
        country=phone.country,
        line_type=phone.line_type if filed is LineType.UNKNOWN else filed,
        behind_ivr=row.get("behind_ivr"),
        otp_method=OtpMethod(row["otp_method"]) if row.get("otp_method") else None,
        contact_name=contact.get("name") or "",
        contact_phone=contact_phone,
        contact_email=contact.get("email") or "",
        contact_language=contact.get("language") or "",
        display_name=row.get("display_name") or "",
        display_name_status=DisplayNameStatus(row.get("display_name_status") or DisplayNameStatus.UNKNOWN),
        connection_status=ConnectionStatus(status) if status else None,
        warnings=[{"code": code, "candidate": candidate} for code, candidate in phone.warnings],
    )


def _playbook(slug: str | None, problems: list[FieldProblem]) -> Playbook | None:
    active = Playbook.objects.select_related("meta_account").filter(active=True)
    found = active.filter(slug=slug).first() if slug else active.filter(is_default=True).first()
    if found is None:
        problems.append(
            FieldProblem("#/destination", "invalid_choice", _("There is no such destination; see GET /destinations."))
        )
    return found


def _form(
    data: Mapping[str, Any], client: Mapping[str, Any], phone: str, numbers: Sequence[FiledNumber], playbook: Playbook,
    *, source: Source, test: bool, submit: bool,
) -> Form:  # fmt: skip
    bsp_text = data.get("current_bsp") or ""
    return Form(
        client=ClientSnapshot(
            name=client.get("name") or "",
            contact_name=client.get("contact_name") or "",
            contact_email=client.get("contact_email") or "",
            contact_phone=phone,
            language=client.get("language") or "en",
            timezone=client.get("timezone") or "UTC",
            country=client.get("country") or (numbers[0].country if numbers else ""),
        ),
        numbers=[_with_holder(number, client, phone) for number in numbers],
        current_bsp=bsp_named(bsp_text),
        current_bsp_name=bsp_text.strip(),
        playbook=playbook,
        business_verification=BusinessVerification(data.get("business_verification") or "unknown"),
        hosting=Hosting(data.get("hosting") or "unknown"),
        connection_status=ConnectionStatus(data.get("connection_status") or "unknown"),
        waba_id=data.get("waba_id") or "",
        business_manager_id=data.get("business_manager_id") or "",
        waba_owner=WabaOwner(data.get("waba_owner") or "unknown"),
        two_step_verification=TwoStep(data.get("two_step_verification") or "unknown"),
        uses_business_app=data.get("uses_business_app"),
        moves=Moves(data.get("moves") or "unknown"),
        low_traffic_windows=data.get("low_traffic_windows") or [],
        notes=data.get("notes") or "",
        unanswered=_missing(data, client),
        client_reference=data.get("client_reference") or "",
        group_reference=data.get("group_reference") or "",
        source=source,
        test=test,
        submit=submit,
    )


def _with_holder(number: FiledNumber, client: Mapping[str, Any], phone: str) -> FiledNumber:
    """Let the client's contact hold the phone of a number without its own holder, unless that phone is the number itself."""
    usable = client.get("contact_name") and phone and match_key(phone) != match_key(number.number)
    if number.contact_name or not usable:
        return number
    return FiledNumber(
        **{
            **number.__dict__,
            "contact_name": client["contact_name"],
            "contact_phone": phone,
            "contact_email": client.get("contact_email") or "",
            "contact_language": client.get("language") or "",
        }
    )
