"""Message templates of accounts: listed, and copied from one account to another.

Source: Meta, template migration (`migrate_message_templates`); Meta, migrating phone numbers among solution partners (templates are
duplicated, those at the destination stay as they are); Meta, template fundamentals (limits, each language counts).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from providers.meta.simulator.answers import Refusal
from providers.meta.simulator.reads import paged, selected
from providers.meta.simulator.state import Template, Waba, World

SET_SIZE = 500
LIMIT_UNVERIFIED, LIMIT_VERIFIED = 250, 6_000
_DEFAULT = "id,name,language,status,category"
_BY_ITSELF = frozenset({"GREEN"})
_BY_HAND = frozenset({"GREEN", "UNKNOWN"})


def templates_of(world: World, waba_id: str, params: Mapping[str, str]) -> dict[str, Any]:
    """GET <waba>/message_templates."""
    templates = _seen(world, waba_id).templates
    fields = params.get("fields") or _DEFAULT
    return paged([selected(_node(one), fields) for one in templates], [one.id for one in templates], params)


def migrate_templates(world: World, waba_id: str, params: Mapping[str, str]) -> dict[str, Any]:
    """POST <destination>/migrate_message_templates."""
    source_id = params.get("source_waba_id", "")
    page, count = params.get("page_number", "0"), params.get("count", str(SET_SIZE))
    if not (source_id.isdecimal() and page.isdecimal() and count.isdecimal() and 0 < int(count) <= SET_SIZE):
        raise Refusal("invalid_parameter", details="source_waba_id, page_number or count is not valid.")
    source = _seen(world, source_id)
    target = world.wabas.setdefault(waba_id, Waba(waba_id))
    if source.business_id and target.business_id and source.business_id != target.business_id:
        raise Refusal("invalid_parameter", details="Both accounts must be owned by the same Meta business.")
    start = int(page) * int(count)
    copied, failed = _copy(world, target, source.templates[start : start + int(count)], _BY_HAND)
    return {"migrated_templates": copied, "failed_templates": failed}


def copy_by_itself(world: World, source_id: str, waba_id: str) -> None:
    """What Meta does when a number is registered at its destination: good templates follow it."""
    source = world.waba(source_id)
    if source_id == waba_id or not source.templates or not world.waba(waba_id).copies_by_itself:
        return
    _copy(world, world.wabas.setdefault(waba_id, Waba(waba_id)), source.templates, _BY_ITSELF)


def limit_of(waba: Waba) -> int:
    """How many templates an account may hold, every language counted."""
    return waba.template_limit or (LIMIT_VERIFIED if waba.approved else LIMIT_UNVERIFIED)


def _copy(
    world: World, target: Waba, templates: Iterable[Template], qualities: frozenset[str]
) -> tuple[list[str], dict[str, str]]:
    copied: list[str] = []
    failed: dict[str, str] = {}
    for one in templates:
        if one.status != "APPROVED" or one.quality not in qualities:
            continue
        if any((there.name, there.language) == (one.name, one.language) for there in target.templates):
            continue
        if one.fails_with:
            failed[one.id] = one.fails_with
        elif len(target.templates) >= limit_of(target):
            failed[one.id] = "Template limit exceeded"
        else:
            target.templates.append(_copy_of(world, one))
            copied.append(one.id)
    return copied, failed


def _copy_of(world: World, one: Template) -> Template:
    """A copy is approved at once, may be rejected when its category is looked at again, and begins without a quality."""
    reason = "INVALID_FORMAT" if one.becomes == "REJECTED" else "NONE"
    return Template(
        world.new_template_id(), one.name, one.language, one.becomes, one.category, "UNKNOWN", reason=reason
    )


def _seen(world: World, waba_id: str) -> Waba:
    waba = world.waba(waba_id)
    if not waba.shared:
        raise Refusal(
            "invalid_parameter",
            details="Unsupported request: the object does not exist or the token may not see it.",
        )
    return waba


def _node(one: Template) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "language": one.language,
        "status": one.status,
        "category": one.category,
        "quality_score": {"score": one.quality},
        "rejected_reason": one.reason,
    }
