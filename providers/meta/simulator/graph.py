"""Graph's side of the server: which call a request is, and its answer."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from providers.meta.simulator import moves, reads, templates
from providers.meta.simulator.answers import Refusal, error_answer
from providers.meta.simulator.state import Phone, World

Params = Mapping[str, str]
Answer = tuple[int, dict[str, Any]]

_PATH = re.compile(r"/v[0-9]+\.[0-9]+/([0-9]{1,20})(?:/([a-z_]+))?/?")
_EDGES = {
    ("POST", "phone_numbers"): "start_migration",
    ("GET", "phone_numbers"): "numbers_of",
    ("GET", "subscribed_apps"): "subscribed_apps",
    ("POST", "subscribed_apps"): "subscribe_app",
    ("GET", "message_templates"): "templates_of",
    ("POST", "migrate_message_templates"): "migrate_templates",
    ("POST", "request_code"): "request_code",
    ("POST", "verify_code"): "verify_code",
    ("POST", "register"): "register",
    ("POST", "deregister"): "deregister",
}
_OF_WABA: dict[str, Callable[[World, str, Params], dict[str, Any]]] = {
    "start_migration": moves.start_migration,
    "numbers_of": reads.numbers_of,
    "waba_facts": reads.waba_facts,
    "subscribed_apps": reads.subscribed_apps,
    "subscribe_app": moves.subscribe_app,
    "templates_of": templates.templates_of,
    "migrate_templates": templates.migrate_templates,
}
_OF_PHONE: dict[str, Callable[[World, Phone, Params], dict[str, Any]]] = {
    "request_code": moves.request_code,
    "verify_code": moves.verify_code,
    "register": moves.register,
    "deregister": moves.deregister,
    "set_pin": moves.set_pin,
    "number_facts": reads.number_facts,
}
CALLS = frozenset(_OF_WABA) | frozenset(_OF_PHONE)


@dataclass(frozen=True, slots=True)
class Call:
    """A recognised request: its name ("" when Graph has no such call), its object, and the number it is about."""

    name: str
    node_id: str
    digits: str


def recognise(world: World, *, method: str, path: str, params: Params) -> Call:
    """Tell which call a request is."""
    found = _PATH.fullmatch(path)
    if found is None:
        return Call("", "", "")
    node_id, edge = found[1], found[2] or ""
    if edge:
        name = _EDGES.get((method, edge), "")
    elif method == "GET":
        name = _node_call(world, node_id, params)
    else:
        name = "set_pin" if method == "POST" and "pin" in params else ""
    phone = world.phones.get(node_id)
    return Call(name, node_id, phone.digits if phone else moves.number_of(params))


def answer(world: World, call: Call, params: Params) -> Answer:
    """Do the call. Everything happens under the world's lock, held by the caller."""
    try:
        return 200, _done(world, call, params)
    except Refusal as refusal:
        return error_answer(refusal.key, **refusal.fill)


def _node_call(world: World, node_id: str, params: Params) -> str:
    """Accounts are taken on trust, numbers are not: an unknown id is an account only if its fields say so."""
    asked = {name.strip() for name in params.get("fields", "").split(",")}
    if node_id in world.phones:
        return "number_facts"
    return "waba_facts" if node_id in world.wabas or asked & reads.WABA_ONLY_FIELDS else "number_facts"


def _done(world: World, call: Call, params: Params) -> dict[str, Any]:
    phone = world.phones.get(call.node_id)
    if call.name in _OF_WABA and phone is None:
        return _OF_WABA[call.name](world, call.node_id, params)
    if call.name in _OF_PHONE and phone is not None:
        return _OF_PHONE[call.name](world, phone, params)
    raise Refusal("invalid_parameter", details="Unsupported request: the object or the call does not exist.")
