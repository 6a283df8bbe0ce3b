"""Short words for JSON Schema, so that what an endpoint answers can be read at a glance; and the shapes of refusals."""

from collections.abc import Iterable
from enum import Enum
from typing import Any, Final

from config.core.api.codes import CATALOGUE

Shape = dict[str, Any]

TEXT: Final[Shape] = {"type": "string"}
WHOLE: Final[Shape] = {"type": "integer"}
FLAG: Final[Shape] = {"type": "boolean"}
MOMENT: Final[Shape] = {"type": "string", "format": "date-time", "examples": ["2026-03-02T15:00:00Z"]}
DAY: Final[Shape] = {"type": "string", "format": "date"}
LINK: Final[Shape] = {"type": "string", "format": "uri"}
UUID: Final[Shape] = {"type": "string", "format": "uuid"}
BINARY: Final[Shape] = {"type": "string", "format": "binary"}
ANYTHING: Final[Shape] = {"type": "object"}
NUMBER: Final[Shape] = {"type": "string", "description": "A phone number in E.164.", "examples": ["+5511987654321"]}


def words(*lists: type[Enum] | Iterable[str]) -> Shape:
    """Return the shape of one word out of these lists."""
    found = [word.value if isinstance(word, Enum) else word for words_ in lists for word in words_]
    return {"type": "string", "enum": found}


def nullable(shape: Shape) -> Shape:
    """Return the shape or null."""
    kind = shape.get("type")
    if isinstance(kind, str):
        wider = {**shape, "type": [kind, "null"]}
        return {**wider, "enum": [*shape["enum"], None]} if "enum" in shape else wider
    return {"anyOf": [shape, {"type": "null"}]}


def several(shape: Shape) -> Shape:
    """Return an array of the shape."""
    return {"type": "array", "items": shape}


def members(**properties: Shape) -> Shape:
    """Return an object that always has exactly these members; nulls are explicit."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def named(name: str) -> Shape:
    """Return the reference to a named shape."""
    return {"$ref": f"#/components/schemas/{name}"}


def page_shape(shape: Shape) -> Shape:
    """Return a page of a list."""
    return members(data=several(shape), next_cursor={**nullable(TEXT), "description": "Send it as `cursor`."})


_PLACE = members(
    pointer={"type": "string", "description": "JSON pointer into the body.", "examples": ["#/phone_numbers/0/number"]},
    code=words(CATALOGUE),
    detail=TEXT,
)

PROBLEM: Final[Shape] = {
    **members(type=LINK, title=TEXT, status=WHOLE, detail=TEXT, instance=TEXT, code=words(CATALOGUE)),
    "description": "RFC 9457. Members beyond the six depend on the code.",
}
PROBLEM["properties"] |= {
    "errors": {**several(_PLACE), "description": "Every wrong place (422)."},
    "parameter": {**TEXT, "description": "The query parameter that is wrong (400)."},
    "allowed": {
        **several(TEXT),
        "description": "What could be sent or done instead; of a refused action the actions that are possible.",
    },
    "blocking": {**several(TEXT), "description": "Codes of the requirements that come first (409)."},
    "cut_off_at": {**MOMENT, "description": "Since when it is too late to change the call (409)."},
    "numbers": {**several(NUMBER), "description": "The numbers that stand in the way (409)."},
    "existing_ticket": {**TEXT, "description": "Your own ticket that holds the number (409)."},
    "suggested_kind": {**TEXT, "description": "The kind to file instead (422 business_app_number)."},
    "retry_after": {**WHOLE, "description": "Seconds, as in Retry-After."},
}

_MEMBERS: Final[dict[str, Shape]] = {
    "invalid_parameter": {"parameter": "limit"},
    "unknown_parameter": {"parameter": "colour"},
    "validation_failed": {
        "errors": [
            {"pointer": "#/hosting", "code": "invalid_choice", "detail": "“moon” is not one of the listed values."}
        ]
    },
    "number_already_open": {"numbers": ["+5511987654321"], "existing_ticket": "MIG-7K3QXA2P"},
    "illegal_transition": {"allowed": ["cancel"]},
    "business_app_number": {
        "errors": [
            {
                "pointer": "#/uses_business_app",
                "code": "business_app_number",
                "detail": "It is used in the Business app.",
            }
        ],
        "suggested_kind": "coexistence",
    },
    "throttled": {"retry_after": 12},
    "idempotency_in_progress": {"retry_after": 1},
    "temporarily_unavailable": {"retry_after": 1},
}
"""What a problem of this code has besides the six members."""

SHAPES: Final[dict[str, Shape]] = {"Problem": PROBLEM}


def problem_of(status: int) -> Shape:
    """Return the response object of one status, with the codes it can carry."""
    codes = sorted(kind.code for kind in CATALOGUE.values() if kind.status == status)
    narrowed = {"properties": {"code": {"enum": codes}, "status": {"const": status}}}
    shown = {code: {"summary": str(CATALOGUE[code].title), "value": _example(code)} for code in codes}
    content = {"schema": {"allOf": [named("Problem"), narrowed]}, "examples": shown}
    return {
        "description": "Codes: " + ", ".join(f"`{code}`" for code in codes),
        "content": {"application/problem+json": content},
    }


def _example(code: str) -> Shape:
    """Return a problem document as it comes, with the members that its code brings."""
    kind = CATALOGUE[code]
    return {
        "type": f"https://portero.example/api/v1/problems/{code}",
        "title": str(kind.title),
        "status": kind.status,
        "detail": str(kind.fix),
        "instance": "urn:portero:request:8c5d0f2e91b74a7d",
        "code": code,
        **_MEMBERS.get(code, {}),
    }
