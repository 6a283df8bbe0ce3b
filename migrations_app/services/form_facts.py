"""From well-typed answers to what the rules judge: numbers in E.164, who holds their phones, BSP and destination."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

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
from migrations_app.rules.facts import Answers, DestinationFacts, NumberAnswers
from migrations_app.rules.flows import flow_of
from migrations_app.rules.phone import NotAPhoneNumber, Phone, is_short_code, match_key, parse_phone
from migrations_app.rules.reasons import BspFacts, FormFacts, LineFacts
from migrations_app.services.deriving import destination_of, playbook_copy
from migrations_app.services.intake import FiledNumber
from providers.enums import AcceptsRequestFrom
from providers.models import Bsp
from providers.selectors.directory import bsp_named

REQUIRED = ("current_bsp", "business_verification", "hosting", "connection_status")


@dataclass(frozen=True)
class Reading:
    """A body understood. `numbers` stand in its order, None where a text is no number; `playbook` is None if there is none."""

    facts: FormFacts
    numbers: tuple[FiledNumber | None, ...]
    missing: tuple[str, ...]
    bsp: Bsp | None
    playbook: Playbook | None


def read_facts(data: Mapping[str, Any]) -> Reading:
    """Return what these answers say, whether it holds or not."""
    client = data.get("client") or {}
    region = client.get("country") or None
    contact_phone, bad = _phone(client.get("contact_phone"), region)
    lines = _lines(data.get("phone_numbers") or [], client, contact_phone)
    playbook = _playbook(data.get("destination"))
    destination = destination_of(playbook_copy(playbook)) if playbook else DestinationFacts()
    bsp = bsp_named(data.get("current_bsp") or "")
    answers = _answers(data, [line.answers for line, _ in lines if line.answers])
    missing = tuple(_missing(data, client))
    facts = FormFacts(
        answers=answers,
        destination=destination,
        flow=flow_of(answers, destination),
        lines=tuple(line for line, _ in lines),
        bsp=bsp_facts(bsp, data.get("current_bsp") or ""),
        contact_phone=contact_phone,
        bad_contact_phone=bad,
        unanswered=frozenset(missing),
    )
    return Reading(facts, tuple(filed for _, filed in lines), missing, bsp, playbook)


def bsp_facts(bsp: Bsp | None, filed: str) -> BspFacts | None:
    """Return what the directory knows of the old BSP; None while nobody named it."""
    if not filed.strip():
        return None
    return BspFacts(bsp is not None, bool(bsp and bsp.accepts_request_from == AcceptsRequestFrom.CLIENT_ONLY))


def _missing(data: Mapping[str, Any], client: Mapping[str, Any]) -> Iterator[str]:
    """Return the pointers of what is needed to submit and was not answered."""
    wanted = {"#/client/contact_email": client.get("contact_email"), "#/phone_numbers": data.get("phone_numbers")}
    wanted |= {f"#/{name}": data.get(name) for name in REQUIRED}
    return (pointer for pointer, value in wanted.items() if not value)


def _playbook(slug: str | None) -> Playbook | None:
    active = Playbook.objects.select_related("meta_account").filter(active=True)
    return active.filter(slug=slug).first() if slug else active.filter(is_default=True).first()


def _answers(data: Mapping[str, Any], numbers: Sequence[NumberAnswers]) -> Answers:
    return Answers(
        business_verification=BusinessVerification(data.get("business_verification") or "unknown"),
        hosting=Hosting(data.get("hosting") or "unknown"),
        connection_status=ConnectionStatus(data.get("connection_status") or "unknown"),
        waba_id=data.get("waba_id") or "",
        business_manager_id=data.get("business_manager_id") or "",
        waba_owner=WabaOwner(data.get("waba_owner") or "unknown"),
        two_step=TwoStep(data.get("two_step_verification") or "unknown"),
        uses_business_app=bool(data.get("uses_business_app")),
        moves=Moves(data.get("moves") or "unknown"),
        has_low_traffic_windows=bool(data.get("low_traffic_windows")),
        numbers=tuple(numbers),
    )


def _phone(raw: str | None, region: str | None) -> tuple[str, bool]:
    """Return somebody's phone in E.164 ("" without one), and whether what was given is none."""
    if not raw:
        return "", False
    try:
        return parse_phone(raw, region=region).number, False
    except NotAPhoneNumber:
        return "", True


def _lines(
    rows: Sequence[str | Mapping[str, Any]], client: Mapping[str, Any], contact_phone: str
) -> list[tuple[LineFacts, FiledNumber | None]]:
    seen: dict[str, int] = {}
    found: list[tuple[LineFacts, FiledNumber | None]] = []
    for place, row in enumerate(rows):
        line, filed = _line(row, f"#/phone_numbers/{place}", client, contact_phone)
        if filed is not None:
            key = match_key(filed.number)
            line = replace(line, repeats=seen.get(key))
            seen.setdefault(key, place + 1)
        found.append((line, filed))
    return found


def _line(
    row: str | Mapping[str, Any], place: str, client: Mapping[str, Any], contact_phone: str
) -> tuple[LineFacts, FiledNumber | None]:
    """Return one item of the form for the rules and, if it is a number, for the case."""
    given: Mapping[str, Any] = {"number": row} if isinstance(row, str) else row
    region = client.get("country") or None
    text = str(given.get("number") or "")
    contact = given.get("otp_contact") or {}
    phone_of_contact, bad = _phone(contact.get("phone"), region)
    line = LineFacts(place, detailed=not isinstance(row, str), own_contact=bool(contact), bad_contact_phone=bad)
    try:
        phone = parse_phone(text, region=region)
    except NotAPhoneNumber:
        return replace(line, short_code=is_short_code(text)), None
    filed = _with_holder(_filed(given, phone, contact, phone_of_contact), client, contact_phone)
    return replace(line, phone=phone, answers=_number_answers(filed), holder_phone=filed.contact_phone), filed


def _filed(given: Mapping[str, Any], phone: Phone, contact: Mapping[str, Any], contact_phone: str) -> FiledNumber:
    line_type = LineType(given.get("line_type") or LineType.UNKNOWN)
    status = given.get("connection_status")
    return FiledNumber(
        number=phone.number,
        country=phone.country,
        line_type=phone.line_type if line_type is LineType.UNKNOWN else line_type,
        behind_ivr=given.get("behind_ivr"),
        otp_method=OtpMethod(given["otp_method"]) if given.get("otp_method") else None,
        contact_name=contact.get("name") or "",
        contact_phone=contact_phone,
        contact_email=contact.get("email") or "",
        contact_language=contact.get("language") or "",
        display_name=given.get("display_name") or "",
        display_name_status=DisplayNameStatus(given.get("display_name_status") or DisplayNameStatus.UNKNOWN),
        connection_status=ConnectionStatus(status) if status else None,
    )


def _number_answers(filed: FiledNumber) -> NumberAnswers:
    return NumberAnswers(
        number=filed.number,
        line_type=filed.line_type,
        behind_ivr=filed.behind_ivr,
        otp_method=filed.otp_method,
        has_otp_contact=bool(filed.contact_name and (filed.contact_phone or filed.contact_email)),
        display_name_status=filed.display_name_status,
        connection_status=filed.connection_status,
    )


def _with_holder(number: FiledNumber, client: Mapping[str, Any], phone: str) -> FiledNumber:
    """Let the client's contact hold the phone of a number without its own holder, unless that phone is the number itself."""
    usable = client.get("contact_name") and phone and match_key(phone) != match_key(number.number)
    if number.contact_name or not usable:
        return number
    return replace(
        number,
        contact_name=client["contact_name"],
        contact_phone=phone,
        contact_email=client.get("contact_email") or "",
        contact_language=client.get("language") or "",
    )
