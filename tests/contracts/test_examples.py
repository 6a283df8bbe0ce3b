"""The examples of the API description are what the service answers, and hold the description.

`EXAMPLES=write` before pytest records them anew; a new operation gets its place in `tests/factories/examples.py`.
"""

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from config.openapi import published
from config.openapi_examples import EXAMPLES_FILE
from tests.factories.desk import Key
from tests.factories.examples import Recorder, play, shape
from tests.integration.api.caller import Caller

AGAIN = "Record them: EXAMPLES=write pytest tests/contracts/test_examples.py, then manage.py openapi."


def operations() -> dict[str, dict[str, Any]]:
    return {each["operationId"]: each for methods in published()["paths"].values() for each in methods.values()}


@pytest.mark.django_db
@pytest.mark.usefixtures("agent_user", "claims_suffice")
def test_the_examples_are_what_comes(
    client_key: Key, clock_at: Callable[[datetime], None], now: datetime, files: Path
) -> None:
    clock_at(now)
    recorded = play(Recorder(Caller(client_key.secret)))
    if os.environ.get("EXAMPLES") == "write":
        text = json.dumps(recorded, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        EXAMPLES_FILE.write_text(text, encoding="utf-8")
    kept = json.loads(EXAMPLES_FILE.read_text(encoding="utf-8"))
    assert set(kept) == set(recorded), AGAIN
    for operation, example in recorded.items():
        assert kept[operation].get("request") == example.get("request"), f"{operation}: {AGAIN}"
        assert set(shape(kept[operation])) == set(shape(example)), f"{operation}: {AGAIN}"


def test_every_operation_has_examples() -> None:
    lacking = []
    for name, operation in operations().items():
        contents = [
            content
            for holder in (operation.get("requestBody", {}), *operation["responses"].values())
            for media_type, content in holder.get("content", {}).items()
            if "json" in media_type
        ]
        lacking += [name for content in contents if not content.get("examples")]
    assert lacking == [], AGAIN


def examples_of(node: Any) -> Any:
    """Give each schema of a request or answer with the examples beside it."""
    if isinstance(node, dict):
        if "schema" in node and "examples" in node:
            yield node["schema"], node["examples"]
        for value in node.values():
            yield from examples_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from examples_of(value)


def test_every_example_holds_its_schema() -> None:
    document = published()
    found = 0
    for schema, examples in examples_of({"paths": document["paths"], "responses": document["components"]["responses"]}):
        validator = Draft202012Validator({**schema, "components": document["components"]})
        for name, example in examples.items():
            found += 1
            wrong = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(example["value"])]
            assert not wrong, f"{name}: {wrong[:3]}"
    assert found > 80


def test_links_lead_to_operations_and_name_their_parameters() -> None:
    document, known = published(), operations()
    for methods in document["paths"].values():
        for operation in methods.values():
            for response in operation["responses"].values():
                for link in response.get("links", {}).values():
                    target = known[link["operationId"]]
                    names = {each.get("name") or each["$ref"].rsplit("/", 1)[1] for each in target["parameters"]}
                    wanted = {name.replace("-", "") if name.startswith("If") else name for name in link["parameters"]}
                    assert {name.capitalize() if name == "cursor" else name for name in wanted} <= names, link
