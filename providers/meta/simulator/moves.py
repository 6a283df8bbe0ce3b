"""The calls that change something at Meta: a migration from its start to the moment of cut-over."""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from providers.meta.simulator.answers import Refusal
from providers.meta.simulator.state import CONNECTED, DISCONNECTED, MIGRATED, PENDING, Line, Message, Phone, Waba, World
from providers.meta.simulator.templates import copy_by_itself

CODE_LIFE = timedelta(minutes=10)  # Source: Meta's OpenAPI description, verify_code
SIX_DIGITS = re.compile(r"[0-9]{6}")
SUCCESS: dict[str, Any] = {"success": True}


def start_migration(world: World, waba_id: str, params: Mapping[str, str]) -> dict[str, Any]:
    """POST <waba>/phone_numbers with migrate_phone_number."""
    digits = number_of(params)
    if not digits:
        raise Refusal("invalid_parameter", details="cc and phone_number must be digits.")
    if params.get("migrate_phone_number", "").lower() not in {"true", "1"}:
        raise Refusal("invalid_parameter", details="The number is in use elsewhere: set migrate_phone_number.")
    line = world.line(digits)
    here = [phone for phone in world.phones_of(digits) if phone.waba_id == waba_id]
    if any(phone.status == CONNECTED for phone in here):
        raise Refusal("already_at_destination")
    _check_destination(world.waba(waba_id))
    _check_source(line, world.waba(waba_id))
    phone = next((phone for phone in here if phone.status == PENDING), None)
    if phone is None:
        _check_cap(world, world.waba(waba_id))
        phone = world.add_phone(digits, waba_id, status=PENDING)
    phone.migrating = True
    return {"id": phone.id}


def request_code(world: World, phone: Phone, params: Mapping[str, str]) -> dict[str, Any]:
    """POST <number>/request_code."""
    now = world.clock()
    method = params.get("code_method", "")
    if method not in {"SMS", "VOICE"}:
        raise Refusal("invalid_parameter", details="code_method must be SMS or VOICE.")
    if not re.fullmatch(r"[a-z]{2}_[A-Z]{2}", params.get("language", "")):
        raise Refusal("invalid_parameter", details="language must look like en_US.")
    if phone.ownership(now) == "VERIFIED":
        raise Refusal("already_verified")
    if not phone.migrating:
        raise Refusal("not_being_migrated")
    line = world.line(phone.digits)
    if not line.code_requests.take(now):
        raise Refusal("too_many_codes", seconds=line.code_requests.seconds_left(now))
    phone.code, phone.code_sent_at = world.new_code(), now
    if line.receives(method):
        text = f"WhatsApp code {phone.code[:3]}-{phone.code[3:]}"
        line.inbox.append(Message(at=now, method=method, code=phone.code, text=text))
    return SUCCESS


def verify_code(world: World, phone: Phone, params: Mapping[str, str]) -> dict[str, Any]:
    """POST <number>/verify_code."""
    now = world.clock()
    code = params.get("code", "")
    if not SIX_DIGITS.fullmatch(code):
        raise Refusal("invalid_parameter", details="code must be six digits.")
    if not phone.migrating:
        raise Refusal("not_being_migrated/verify")
    if not phone.code or not hmac.compare_digest(phone.code, code):
        raise Refusal("code_incorrect")
    if phone.code_sent_at is None or now - phone.code_sent_at > CODE_LIFE:
        raise Refusal("code_expired")
    phone.code, phone.code_sent_at, phone.verified_at = "", None, now
    return SUCCESS


def register(world: World, phone: Phone, params: Mapping[str, str]) -> dict[str, Any]:
    """POST <number>/register: from here on the number works at its destination, and only there."""
    now = world.clock()
    pin = params.get("pin", "")
    _check_product(params)
    if not SIX_DIGITS.fullmatch(pin):
        raise Refusal("invalid_parameter", details="pin must be six digits.")
    line = world.line(phone.digits)
    _count_registration(line, now)
    if phone.status != CONNECTED and phone.ownership(now) != "VERIFIED":
        raise Refusal("not_verified")
    if line.two_step and not line.pin_fits(pin):
        raise Refusal("pin_incorrect")
    line.set_pin(pin)
    for other in world.phones_of(phone.digits):
        if other is not phone:
            if other.status == CONNECTED:
                copy_by_itself(world, other.waba_id, phone.waba_id)
            _leave(other)
    phone.status, phone.migrating = CONNECTED, False
    return SUCCESS


def deregister(world: World, phone: Phone, params: Mapping[str, str]) -> dict[str, Any]:
    """POST <number>/deregister."""
    _check_product(params)
    _count_registration(world.line(phone.digits), world.clock())
    if phone.status != CONNECTED:
        raise Refusal("not_registered")
    phone.status = DISCONNECTED
    return SUCCESS


def set_pin(world: World, phone: Phone, params: Mapping[str, str]) -> dict[str, Any]:
    """POST <number> with a pin: another two-step PIN for a registered number."""
    if not SIX_DIGITS.fullmatch(params["pin"]):
        raise Refusal("invalid_parameter", details="pin must be six digits.")
    if phone.status != CONNECTED:
        raise Refusal("not_registered")
    world.line(phone.digits).set_pin(params["pin"])
    return SUCCESS


def subscribe_app(world: World, waba_id: str, _params: Mapping[str, str]) -> dict[str, Any]:
    """POST <waba>/subscribed_apps: the app of the token, one and the same here, receives the webhooks."""
    waba = world.wabas.setdefault(waba_id, Waba(waba_id))
    waba.subscribed_apps = waba.subscribed_apps or Waba(waba_id).subscribed_apps
    return SUCCESS


def number_of(params: Mapping[str, str]) -> str:
    """The E.164 digits of a start_migration call; empty when they are not a number."""
    country, national = params.get("cc", ""), params.get("phone_number", "")
    digits = country + national
    fits = re.fullmatch(r"[1-9][0-9]{0,2}", country) and re.fullmatch(r"[0-9]{4,14}", national)
    return digits if fits and re.fullmatch(r"[1-9][0-9]{6,14}", digits) else ""


def _check_destination(waba: Waba) -> None:
    if not waba.approved:
        raise Refusal("destination_not_approved")
    if not waba.messaging_for_approved:
        raise Refusal("messaging_for_pending")
    if not waba.payment:
        raise Refusal("destination_payment_missing")
    if not waba.subscribed_apps:
        raise Refusal("webhooks_missing")


def _check_source(line: Line, destination: Waba) -> None:
    if line.free:
        raise Refusal("number_is_free")
    if not line.source_set_up:
        raise Refusal("source_not_set_up")
    if line.business_id and destination.business_id and line.business_id != destination.business_id:
        raise Refusal("different_business")
    if line.display_name_status not in {"APPROVED", "AVAILABLE_WITHOUT_REVIEW"}:
        raise Refusal("display_name_not_approved")
    if line.two_step:
        raise Refusal("two_step_enabled")


def _check_cap(world: World, waba: Waba) -> None:
    held = [phone for phone in world.phones_at(waba.id) if phone.status != MIGRATED]
    if waba.number_cap and len(held) >= waba.number_cap:
        raise Refusal("number_cap_exceeded")


def _check_product(params: Mapping[str, str]) -> None:
    if params.get("messaging_product") != "whatsapp":
        raise Refusal("invalid_parameter", details="messaging_product must be whatsapp.")


def _count_registration(line: Line, now: datetime) -> None:
    if not line.registrations.take(now):
        raise Refusal("register_limit", seconds=line.registrations.seconds_left(now))


def _leave(phone: Phone) -> None:
    """The number was registered elsewhere: connected objects become MIGRATED, running migrations end."""
    if phone.status == CONNECTED:
        phone.status = MIGRATED
    phone.migrating, phone.verified_at, phone.code = False, None, ""
