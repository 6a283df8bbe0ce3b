"""Which schema the published description gives for an answer."""

import re
from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator

from config.openapi import published


def validator_for(method: str, path: str, status: int) -> Draft202012Validator | None:
    """Return the validator of an answer's body; None for addresses and methods that are not described."""
    template = _template(method.lower(), path)
    return None if template is None else _validator(template, method.lower(), str(status))


def codes_of(method: str, path: str) -> list[str] | None:
    """Return the codes with which the description says an address refuses a method; None where it is not described."""
    template = _template(method.lower(), path)
    return None if template is None else published()["paths"][template][method.lower()]["x-codes"]


def _template(method: str, path: str) -> str | None:
    for template, operations in published()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/.]+", template), path) and method in operations:
            return str(template)
    return None


@cache
def _validator(template: str, method: str, status: str) -> Draft202012Validator | None:
    document = published()
    responses = document["paths"][template][method]["responses"]
    assert status in responses, f"{method.upper()} {template} answers {status}, which is not described"
    response = responses[status]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    content = response.get("content", {})
    if not content:
        return None
    schema = next(iter(content.values())).get("schema", {})
    return Draft202012Validator({**_closed(schema), "components": {"schemas": _schemas()}})


@cache
def _schemas() -> dict[str, Any]:
    named = published()["components"]["schemas"]
    return {name: schema if name == "Problem" else _closed(schema) for name, schema in named.items()}


def _closed(node: Any) -> Any:
    """Return the schema with nothing allowed beyond what it names: a member that is not described is a mistake here."""
    if isinstance(node, list):
        return [_closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    closed = {name: _closed(value) for name, value in node.items()}
    return {**closed, "additionalProperties": False} if "properties" in node and "required" in node else closed
