"""Graph's answers turned into plain values: tolerant of what is missing, strict about shape."""

from collections.abc import Mapping
from typing import Any

from providers.types import CodeVerification, NumberFacts, TemplateCopies, TemplateFacts, WabaFacts

NUMBER_FIELDS = (
    "id",
    "display_phone_number",
    "verified_name",
    "code_verification_status",
    "name_status",
    "quality_rating",
    "status",
    "platform_type",
)
WABA_FIELDS = (
    "id",
    "name",
    "account_review_status",
    "business_verification_status",
    "ownership_type",
    "country",
    "timezone_id",
)

TEMPLATE_FIELDS = ("id", "name", "language", "status", "category", "quality_score", "rejected_reason")

_CODE_VERIFICATION = {
    "VERIFIED": CodeVerification.VERIFIED,
    "NOT_VERIFIED": CodeVerification.NOT_VERIFIED,
    "UNVERIFIED": CodeVerification.NOT_VERIFIED,
    "EXPIRED": CodeVerification.EXPIRED,
}


class UnreadableAnswer(ValueError):
    """The answer is not shaped as documented; carries no part of it."""


def number_facts(node: object) -> NumberFacts:
    """Read one phone-number node. Raises UnreadableAnswer when it has no id."""
    values = _mapping(node)
    raw = _text(values, "code_verification_status")
    return NumberFacts(
        id=_id(values),
        display_phone_number=_text(values, "display_phone_number"),
        verified_name=_text(values, "verified_name"),
        code_verification_status=_CODE_VERIFICATION.get(raw.upper(), CodeVerification.UNKNOWN),
        code_verification_status_raw=raw,
        name_status=_text(values, "name_status"),
        quality_rating=_text(values, "quality_rating"),
        status=_text(values, "status"),
        platform_type=_text(values, "platform_type"),
    )


def waba_facts(node: object) -> WabaFacts:
    """Read one WABA node. Raises UnreadableAnswer when it has no id."""
    values = _mapping(node)
    return WabaFacts(
        id=_id(values),
        name=_text(values, "name"),
        account_review_status=_text(values, "account_review_status"),
        business_verification_status=_text(values, "business_verification_status"),
        ownership_type=_text(values, "ownership_type"),
        country=_text(values, "country"),
        timezone_id=_text(values, "timezone_id"),
    )


def template_facts(node: object) -> TemplateFacts:
    """Read one message template. Raises UnreadableAnswer when it has no id, no name or no language."""
    values = _mapping(node)
    name, language = _text(values, "name"), _text(values, "language")
    if not name or not language:
        raise UnreadableAnswer("a template without name or language")
    score = values.get("quality_score")
    quality = _text(score, "score") if isinstance(score, Mapping) else _text(values, "quality_score")
    reason = _text(values, "rejected_reason").upper()
    return TemplateFacts(
        id=_id(values),
        name=name,
        language=language,
        status=_text(values, "status").upper(),
        category=_text(values, "category").upper(),
        quality=quality.upper(),
        reason="" if reason == "NONE" else reason,
    )


def template_copies(payload: object) -> TemplateCopies:
    """Read what became of a page of templates. Raises UnreadableAnswer when neither list is there."""
    values = _mapping(payload)
    copied, failed = values.get("migrated_templates"), values.get("failed_templates")
    if not isinstance(copied, list) and not isinstance(failed, Mapping):
        raise UnreadableAnswer("no templates")
    return TemplateCopies(
        copied=tuple(str(one) for one in copied or ()),
        failed={str(key): str(reason) for key, reason in failed.items()} if isinstance(failed, Mapping) else {},
    )


def new_id(payload: object) -> str:
    """Read the id of what a call created. Raises UnreadableAnswer when there is none."""
    return _id(_mapping(payload))


def page(payload: object) -> tuple[list[Any], str]:
    """Read one page of a list: its nodes, and the cursor of the next page ("" on the last one).

    The ready-made `next` address is never followed: Graph writes the access token into it.
    """
    values = _mapping(payload)
    nodes = values.get("data")
    if not isinstance(nodes, list):
        raise UnreadableAnswer("a list without data")
    paging = values.get("paging")
    if not isinstance(paging, Mapping) or not paging.get("next"):
        return nodes, ""
    cursors = paging.get("cursors")
    return nodes, _text(cursors, "after") if isinstance(cursors, Mapping) else ""


def app_id(node: object) -> str:
    """Read the id of one subscribed app. Raises UnreadableAnswer when there is none."""
    return _id(_mapping(_mapping(node).get("whatsapp_business_api_data")))


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UnreadableAnswer("not an object")
    return value


def _id(values: Mapping[str, Any]) -> str:
    found = _text(values, "id")
    if not found:
        raise UnreadableAnswer("an object without id")
    return found


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return "" if value is None else str(value)
