"""The body of a webhook and its signature, after the conventions of Standard Webhooks."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.views.decorators.debug import sensitive_variables
from standardwebhooks import Webhook

MOST_BYTES = 20_000
"""Bodies stay below. Source: Standard Webhooks, "Payload size"."""


def rendered(kind: str, *, at: str | None, data: Mapping[str, Any]) -> str:
    """Return a body. One that would be too large leaves its facts out and says so: the feed has them."""
    whole = _written(kind, at, {**data, "thin": False})
    return whole if len(whole.encode()) < MOST_BYTES else _written(kind, at, {**data, "data": {}, "thin": True})


def _written(kind: str, at: str | None, data: Mapping[str, Any]) -> str:
    return json.dumps({"type": kind, "timestamp": at, "data": data}, ensure_ascii=False, separators=(",", ":"))


@sensitive_variables()
def headers_of(body: str, *, webhook_id: str, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """Return the headers of one try at a moment (UTC); each secret signs, so that a receiver can change over."""
    signatures = (Webhook(secret).sign(webhook_id, at, body) for secret in secrets)
    return {
        "content-type": "application/json",
        "user-agent": "Portero",
        "accept-encoding": "identity",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
