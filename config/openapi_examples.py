"""The examples of the API description: requests, and what the service answered to them.

They are recorded by a test from a running story (`tests/contracts/test_examples.py`) and kept in `docs/api/examples.json`.
"""

import json
from typing import Any

from django.conf import settings

EXAMPLES_FILE = settings.BASE_DIR / "docs" / "api" / "examples.json"


def add_examples(document: dict[str, Any]) -> None:
    """Write each operation's example into its request and its successful response."""
    kept: dict[str, dict[str, Any]] = json.loads(EXAMPLES_FILE.read_text(encoding="utf-8"))
    for methods in document["paths"].values():
        for operation in methods.values():
            example = kept.get(operation["operationId"], {})
            if "request" in example:
                _put(operation["requestBody"]["content"], example["request"])
            for status, response in operation["responses"].items():
                if status == example.get("status") and "response" in example:
                    _put(response["content"], example["response"])


def _put(content: dict[str, Any], value: Any) -> None:
    for name, media_type in content.items():
        if "json" in name:
            media_type.setdefault("examples", {"recorded": {"summary": "As it came, lists shortened", "value": value}})
