"""The control calls under /_sim/: what a person or a test does to the simulated world."""

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import unquote

from providers.meta.simulator.faults import BadFault, Faults
from providers.meta.simulator.graph import Answer
from providers.meta.simulator.moves import SIX_DIGITS
from providers.meta.simulator.state import CONNECTED, DELETED, Line, Template, Waba, World

PREFIX = "/_sim/"
_TARGET = re.compile(r"/_sim/(inbox|numbers|wabas|phones)/\+?([0-9]{1,20})/?")
_LINE_OPTIONS: dict[str, type] = {
    "two_step": bool,
    "display_name": str,
    "display_name_status": str,
    "business_id": str,
    "line_type": str,
    "ivr": bool,
    "otp_never_arrives": bool,
    "sms_never_arrives": bool,
    "free": bool,
    "source_set_up": bool,
    "source_waba_id": str,
    "quality_rating": str,
}
_WABA_OPTIONS: dict[str, type] = {
    "name": str,
    "payment": bool,
    "subscribed_apps": list,
    "approved": bool,
    "messaging_for_approved": bool,
    "business_id": str,
    "number_cap": int,
    "country": str,
    "templates": list,
    "template_limit": int,
    "copies_by_itself": bool,
    "shared": bool,
}
_TEMPLATE_OPTIONS: dict[str, type] = dict.fromkeys(
    ("name", "language", "status", "category", "quality", "reason", "fails_with", "becomes"), str
)


class BadControl(ValueError):
    """A control call cannot be understood; the text says why and never repeats a value."""


class Control:
    """Answers control calls; every one under the world's lock, held by the caller."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    def answer(self, *, method: str, path: str, body: object) -> Answer:
        """Do one control call; 400 for one that makes no sense, 404 for one that does not exist."""
        try:
            return self._answer(method, unquote(path), body)
        except (BadControl, BadFault) as bad:
            return 400, {"error": str(bad)}

    def _answer(self, method: str, path: str, body: object) -> Answer:
        plain: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
            ("GET", "/_sim/"): self._overview,
            ("GET", "/_sim/faults"): self._listed_faults,
            ("POST", "/_sim/faults"): lambda: self._add_faults(body),
            ("POST", "/_sim/reset"): self._reset,
        }
        if (method, path) in plain:
            return 200, plain[method, path]()
        found = _TARGET.fullmatch(path)
        aimed: dict[tuple[str, str], Callable[[str], dict[str, Any]]] = {
            ("GET", "inbox"): self._inbox,
            ("GET", "numbers"): self._number,
            ("PUT", "numbers"): lambda digits: self._set_number(digits, body),
            ("GET", "wabas"): lambda waba_id: asdict(self._world.waba(waba_id)),
            ("PUT", "wabas"): lambda waba_id: self._set_waba(waba_id, body),
            ("PUT", "phones"): lambda phone_id: self._set_phone(phone_id, body),
        }
        if found is None or (method, found[1]) not in aimed:
            return 404, {"error": "no such control call"}
        return 200, aimed[method, found[1]](found[2])

    def _overview(self) -> dict[str, Any]:
        return {"numbers": sorted(self._world.lines), "wabas": sorted(self._world.wabas)}

    def _listed_faults(self) -> dict[str, Any]:
        return {"faults": self._faults.listed()}

    def _add_faults(self, body: object) -> dict[str, Any]:
        self._faults.add(body)
        return self._listed_faults()

    def _reset(self) -> dict[str, Any]:
        self._world.clear()
        self._faults.clear()
        return self._overview()

    def _inbox(self, digits: str) -> dict[str, Any]:
        line = self._world.lines.get(digits)
        messages = line.inbox if line else []
        return {"messages": [asdict(message) | {"at": message.at.isoformat()} for message in messages]}

    def _number(self, digits: str) -> dict[str, Any]:
        line = self._world.lines.get(digits) or Line(digits)
        now = self._world.clock()
        phones = [
            {"id": phone.id, "waba_id": phone.waba_id, "status": phone.status, "migrating": phone.migrating}
            | {"code_verification_status": phone.ownership(now)}
            for phone in self._world.phones_of(digits)
        ]
        return {"digits": digits, **{name: getattr(line, name) for name in _LINE_OPTIONS}, "phones": phones}

    def _set_number(self, digits: str, body: object) -> dict[str, Any]:
        options = _options(body, _LINE_OPTIONS | {"pin": str})
        pin = options.pop("pin", None)
        if pin is not None and not SIX_DIGITS.fullmatch(pin):
            raise BadControl("pin must be six digits")
        line = self._world.line(digits)
        if pin is not None:
            line.set_pin(pin)
        for name, value in options.items():
            setattr(line, name, value)
        self._place(line)
        return self._number(digits)

    def _place(self, line: Line) -> None:
        """Make the object at the source agree with the line: free numbers have none, others sit where they are told."""
        for phone in self._world.phones_of(line.digits)[:1]:
            phone.waba_id = line.source_waba_id
            if line.free:
                phone.status = DELETED
            elif phone.status == DELETED:
                phone.status = CONNECTED

    def _set_phone(self, phone_id: str, body: object) -> dict[str, Any]:
        """What a person does in WhatsApp Manager: remove one object of a number. There is no call of Graph for it."""
        options = _options(body, {"deleted": bool})
        phone = self._world.phones.get(phone_id)
        if phone is None or options != {"deleted": True}:
            raise BadControl("only an object that exists can be deleted, with deleted: true")
        phone.status, phone.migrating = DELETED, False
        return self._number(phone.digits)

    def _set_waba(self, waba_id: str, body: object) -> dict[str, Any]:
        options = _options(body, _WABA_OPTIONS)
        if "subscribed_apps" in options:
            options["subscribed_apps"] = [str(app) for app in options["subscribed_apps"]]
        if "templates" in options:
            options["templates"] = [self._template(one) for one in options["templates"]]
        waba = self._world.wabas.setdefault(waba_id, Waba(waba_id))
        for name, value in options.items():
            setattr(waba, name, value)
        return asdict(waba)

    def _template(self, body: object) -> Template:
        options = _options(body, _TEMPLATE_OPTIONS)
        if not options.get("name") or not options.get("language"):
            raise BadControl("a template has a name and a language")
        return Template(self._world.new_template_id(), **options)


def _options(body: object, known: dict[str, type]) -> dict[str, Any]:
    """Names and types of a PUT body checked. Raises BadControl."""
    if not isinstance(body, dict):
        raise BadControl("a JSON object is expected")
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise BadControl(f"unknown options: {', '.join(unknown)}")
    wrong = sorted(name for name, value in body.items() if type(value) is not known[name])
    if wrong:
        raise BadControl(f"options of the wrong type: {', '.join(wrong)}")
    return dict(body)
