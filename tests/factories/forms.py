"""Answers as a client files them, and the form that the product reads from them."""

from copy import deepcopy
from typing import Any

from migrations_app.services.form_reading import read_form
from migrations_app.services.intake import Form
from tickets.enums import Source

NUMBER = "+5511987654321"
OTHER_NUMBER = "+5511976543210"
NO_PHONE = {"contact_phone": ""}
"""A client whom only messages reach: with a phone, a person would call where they fail, or near the end of a ladder."""
HOLDER = {"name": "Ana", "phone": "+551130001000", "email": None, "language": "pt-br"}

_ANSWERS: dict[str, Any] = {
    "kind": "number_migration",
    "client": {
        "name": "Padaria Sol",
        "contact_name": "Ana Souza",
        "contact_email": "ana@padariasol.example",
        "contact_phone": "+551130001000",
        "language": "pt-br",
        "timezone": "America/Sao_Paulo",
        "country": "BR",
    },
    "client_reference": "SOL-1",
    "current_bsp": "infobip",
    "business_verification": "verified",
    "hosting": "cloud_api",
    "connection_status": "connected",
    "waba_id": "102290129340398",
    "business_manager_id": "506914307656634",
    "waba_owner": "client",
    "two_step_verification": "enabled",
    "uses_business_app": False,
    "moves": "number",
    "low_traffic_windows": [{"weekday": 0, "start": "06:00", "end": "09:00"}],
    "submit": True,
}


def number_answers(number: str = NUMBER, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "line_type": "mobile",
        "behind_ivr": False,
        "otp_method": "sms",
        "otp_contact": dict(HOLDER),
        "display_name": "Padaria Sol",
        "display_name_status": "approved",
        "connection_status": "connected",
        **changes,
    }


def answers(*numbers: str | dict[str, Any], client: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A body that could be posted: everything is in order but two-step verification, which is on."""
    body = deepcopy(_ANSWERS)
    body["client"] |= client or {}
    body["phone_numbers"] = [number_answers(n) if isinstance(n, str) else n for n in numbers or (NUMBER,)]
    return body | changes


def form(
    *numbers: str | dict[str, Any], client: dict[str, Any] | None = None, test: bool = False, **changes: Any
) -> Form:
    return read_form(answers(*numbers, client=client, **changes), source=Source.API, test=test)
