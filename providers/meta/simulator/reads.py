"""The calls that only read: fields of a number or an account, and lists with cursors."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from providers.meta.simulator.answers import Refusal
from providers.meta.simulator.state import CONNECTED, Phone, Waba, World

GRAPH_PAGE = 25
GRAPH_PAGE_MAX = 100
_NUMBER_DEFAULT = "id,verified_name,code_verification_status,display_phone_number,quality_rating,platform_type"
_WABA_DEFAULT = "id,name,timezone_id"
WABA_ONLY_FIELDS = frozenset(
    {"name", "account_review_status", "business_verification_status", "ownership_type", "country", "timezone_id"}
)


def number_facts(world: World, phone: Phone, params: Mapping[str, str]) -> dict[str, Any]:
    """GET <number>?fields=..."""
    return selected(_number_node(world, phone), params.get("fields") or _NUMBER_DEFAULT)


def waba_facts(world: World, waba_id: str, params: Mapping[str, str]) -> dict[str, Any]:
    """GET <waba>?fields=..."""
    return selected(_waba_node(world.waba(waba_id)), params.get("fields") or _WABA_DEFAULT)


def numbers_of(world: World, waba_id: str, params: Mapping[str, str]) -> dict[str, Any]:
    """GET <waba>/phone_numbers."""
    fields = params.get("fields") or _NUMBER_DEFAULT
    nodes = [selected(_number_node(world, phone), fields) for phone in world.phones_at(waba_id)]
    return paged(nodes, [phone.id for phone in world.phones_at(waba_id)], params)


def subscribed_apps(world: World, waba_id: str, params: Mapping[str, str]) -> dict[str, Any]:
    """GET <waba>/subscribed_apps."""
    apps = world.waba(waba_id).subscribed_apps
    nodes = [{"whatsapp_business_api_data": {"id": app, "name": f"App {app}", "link": ""}} for app in apps]
    return paged(nodes, apps, params)


def _number_node(world: World, phone: Phone) -> dict[str, Any]:
    line = world.lines[phone.digits]
    connected = phone.status == CONNECTED
    return {
        "id": phone.id,
        "display_phone_number": f"+{phone.digits}",
        "verified_name": line.display_name or f"Company {phone.digits[-4:]}",
        "code_verification_status": phone.ownership(world.clock()),
        "name_status": line.display_name_status,
        "new_name_status": "NONE",
        "quality_rating": line.quality_rating,
        "status": phone.status,
        "platform_type": "CLOUD_API" if connected else "NOT_APPLICABLE",
        "is_on_biz_app": False,
        "is_official_business_account": False,
        "account_mode": "LIVE",
        "throughput": {"level": "STANDARD" if connected else "NOT_APPLICABLE"},
    }


def _waba_node(waba: Waba) -> dict[str, Any]:
    return {
        "id": waba.id,
        "name": waba.name or f"Account {waba.id[-4:]}",
        "account_review_status": "APPROVED" if waba.approved else "PENDING",
        "business_verification_status": "VERIFIED" if waba.approved else "PENDING",
        "ownership_type": "SELF_OWNED",
        "country": waba.country,
        "timezone_id": "1",
    }


def selected(node: Mapping[str, Any], fields: str) -> dict[str, Any]:
    """Only the fields asked for, and the id, which always comes. Graph refuses names it does not know."""
    names = [name.strip() for name in fields.split(",") if name.strip()]
    unknown = [name for name in names if name not in node]
    if unknown:
        raise Refusal("invalid_parameter", details=f"Tried accessing nonexisting field ({unknown[0]}).")
    return {name: node[name] for name in (*names, "id")}


def paged(nodes: Sequence[Any], ids: Sequence[str], params: Mapping[str, str]) -> dict[str, Any]:
    """One page of a list, with cursors; `ids` name the nodes in order."""
    limit = params.get("limit") or str(GRAPH_PAGE)
    if not limit.isdecimal() or not int(limit):
        raise Refusal("invalid_parameter", details="limit must be a positive number.")
    size = min(int(limit), GRAPH_PAGE_MAX)
    after = params.get("after")
    start = _position(after, ids) + 1 if after else 0
    chosen = list(ids[start : start + size])
    answer: dict[str, Any] = {"data": list(nodes[start : start + size])}
    if chosen:
        answer["paging"] = {"cursors": {"before": _cursor(chosen[0]), "after": _cursor(chosen[-1])}}
        if start + size < len(ids):
            answer["paging"]["next"] = f"?limit={size}&after={_cursor(chosen[-1])}"
    return answer


def _cursor(node_id: str) -> str:
    return base64.urlsafe_b64encode(node_id.encode()).decode()


def _position(cursor: str, ids: Sequence[str]) -> int:
    try:
        return list(ids).index(base64.urlsafe_b64decode(cursor).decode())
    except (binascii.Error, ValueError):
        raise Refusal("invalid_parameter", details="The cursor is not valid.") from None
