"""The story from which the examples of the API description are recorded: each operation once, by way of HTTP."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from migrations_app.api.shapes import FILING
from tests.factories.files import MULTIPART, TXT, multipart
from tests.integration.api.caller import Answer, Caller

LONGEST = 2
"""Most entries of a list in an example."""
_STANDING = [
    (re.compile(r"MIG-[0-9A-Z]{8}"), "MIG-7K3QXA2P"),
    (
        re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
        "7e112905-827f-4116-a6cc-03d7af966d2e",
    ),
    (re.compile(r"evt_\d+_"), "evt_1_"),
    (re.compile(r"ping_[\w-]+"), "ping_2f6c1d9be0a84f7c"),
    (re.compile(r"mig_(live|test)_[0-9a-f]{8}"), r"mig_\1_5f3a9c21"),
    (re.compile(r"https?://(testserver|127\.0\.0\.1:\d+|localhost)(:\d+)?"), "https://portero.example"),
    (re.compile(r"/t/[\w-]+"), "/t/0mDkVd7Yt3nQ5c1XhB8rWw"),
    (re.compile(r"whsec_[A-Za-z0-9+/=]+"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
]
_CURSORS = {"next_cursor"}
_COUNTED = {"chase"}
_FORM = {**FILING, "waba_id": None, "client": {**FILING["client"], "language": "en"}}


@dataclass
class Recorder:
    """Calls operations and keeps what was sent and what came."""

    api: Caller
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __call__(self, operation: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Call it, and keep the example if it is the first of its operation."""
        answer = self.api.send(method, path, body, **headers)
        assert answer.status < 400, f"{operation}: {answer.status} {answer.text}"
        example: dict[str, Any] = {"status": str(answer.status)}
        if isinstance(body, dict):
            example["request"] = plain(body)
        if "json" in answer.headers.get("Content-Type", ""):
            example["response"] = plain(answer.json)
        self.kept.setdefault(operation, example)
        return answer


def plain(node: Any, name: str = "") -> Any:
    """Return a document with standing words for what is another one each time, and with short lists."""
    if isinstance(node, dict):
        return {key: plain(value, key) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node[: len(node) if name in {"hours", ""} else LONGEST]]
    if isinstance(node, str):
        if name in _CURSORS:
            return "eyJwbGFjZSI6NDJ9"
        if name == "id" and node.isdigit():
            return "1"
        for pattern, standing in _STANDING:
            node = pattern.sub(standing, node)
        return node
    return 1 if name in _COUNTED else node


def play(call: Recorder) -> dict[str, dict[str, Any]]:
    """Play the story and return the examples by operation."""
    for chapter in (_service, _webhooks, _file, _answer, _book, _end):
        chapter(call)
    return call.kept


def _service(call: Recorder) -> None:
    call("getMe", "GET", "me")
    for operation, path in (
        ("listBsps", "bsps?q=infobip"),
        ("listDestinations", "destinations"),
        ("listQueues", "queues"),
        ("listRequirementTypes", "requirement-types"),
        ("listStatuses", "statuses"),
        ("listProblems", "problems"),
        ("getProblem", "problems/slot_taken"),
    ):
        call(operation, "GET", path)


def _webhooks(call: Recorder) -> None:
    wish = {
        "url": "http://127.0.0.1:9/portero",
        "types": ["ticket.status_changed"],
        "contact_email": "ops@padariasol.example",
    }
    made = call("createWebhookEndpoint", "POST", "webhook-endpoints", wish)
    at = f"webhook-endpoints/{made.json['id']}"
    call("listWebhookEndpoints", "GET", "webhook-endpoints")
    call("getWebhookEndpoint", "GET", at)
    call("changeWebhookEndpoint", "PATCH", at, {"types": []}, If_Match=made.etag)
    ping = call("testWebhookEndpoint", "POST", f"{at}/test", {})
    call("listWebhookDeliveries", "GET", f"{at}/deliveries")
    call("getWebhookDelivery", "GET", f"{at}/deliveries/{ping.json['id']}")
    call("redeliverWebhook", "POST", f"{at}/deliveries/{ping.json['id']}/redeliver", {})
    call("replayWebhooks", "POST", f"{at}/replay", {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"})
    call("rotateWebhookSecret", "POST", f"{at}/rotate-secret", {})
    call("deleteWebhookEndpoint", "DELETE", at)


def _file(call: Recorder) -> None:
    call(
        "checkEligibility",
        "POST",
        "eligibility-checks",
        {"phone_numbers": ["+5511987654321"], "current_bsp": "infobip"},
    )
    call("fileTicket", "POST", "tickets", _FORM)
    call("listTickets", "GET", "tickets?limit=1")
    call("fileTickets", "POST", "tickets/batch", {"tickets": [
        {**_FORM, "phone_numbers": ["+5511987650001"], "group_reference": "ROLLOUT-1"},
        {"client": {"name": "Padaria Lua"}, "phone_numbers": ["12"]},
    ]})  # fmt: skip
    draft = call("fileTicket", "POST", "tickets", {**_FORM, "phone_numbers": ["+5511987650002"], "submit": False})
    at = f"tickets/{draft.json['reference']}"
    call("changeTicket", "PATCH", at, {"notes": "Call in the morning."}, If_Match=draft.etag)
    call("submitTicket", "POST", f"{at}/actions/submit", {})
    another = call("fileTicket", "POST", "tickets", {"client": {"name": "Padaria Lua"}, "submit": False})
    call("deleteDraft", "DELETE", f"tickets/{another.json['reference']}")


def _ticket(call: Recorder) -> str:
    found = call("listTickets", "GET", "tickets?sort=created_at&limit=1")
    return f"tickets/{found.data[0]['reference']}"


def _answer(call: Recorder) -> None:
    at = _ticket(call)
    asked = {"external_reference": "CASE-4711", "promised_for": "2026-03-06"}
    call("recordRequest", "POST", f"{at}/requirements/two_step_disabled/requested", asked)
    file = call("addAttachment", "POST", f"{at}/attachments", multipart(TXT, "off.txt"), Content_Type=MULTIPART)
    call("listAttachments", "GET", f"{at}/attachments")
    call("getAttachment", "GET", f"{at}/attachments/{file.json['id']}")
    claim = {
        "statement": "Switched off; the link in the e-mail is opened.",
        "confirmed_by": "old_bsp",
        "attachment": file.json["id"],
    }
    call("claimRequirement", "POST", f"{at}/requirements/two_step_disabled/claim", claim)
    call("claimRequirement", "POST", f"{at}/requirements/waba_id/claim", {"value": "102290129340398"})
    call("addComment", "POST", f"{at}/comments", {"body": "The shop opens at nine."})
    call("listComments", "GET", f"{at}/comments")
    shared = call("makeShareLink", "POST", f"{at}/share-links", {"permissions": ["view", "answer", "schedule"]})
    call("listShareLinks", "GET", f"{at}/share-links")
    call("revokeShareLink", "DELETE", f"{at}/share-links/{shared.json['id']}")
    call("listChases", "GET", f"{at}/chases")


def _book(call: Recorder) -> None:
    at = _ticket(call)
    hours = {"hours": [[0] * 7 + [12] * 14 + [3] * 3] * 7}
    call("setMessageProfile", "PUT", f"{at}/message-profile", hours)
    call("getMessageProfile", "GET", f"{at}/message-profile")
    call("deleteMessageProfile", "DELETE", f"{at}/message-profile")
    slots = call("listSlots", "GET", f"{at}/slots").data
    hold = call("holdSlot", "POST", f"{at}/slot-holds", {"start": slots[0]["start"]})
    booked = call("bookCall", "POST", f"{at}/pin-calls", {"hold_id": hold.json["id"]})
    calls = f"{at}/pin-calls/{booked.json['id']}"
    call("listCalls", "GET", f"{at}/pin-calls")
    call("getCall", "GET", calls)
    call("moveCall", "PATCH", calls, {"start": slots[4]["start"]})
    call("getInvitation", "GET", f"{calls}.ics")
    call("getTicket", "GET", at)
    call("pollTicket", "GET", f"{at}/status")


def _end(call: Recorder) -> None:
    at = _ticket(call)
    calls = call("getTicket", "GET", at).json["pin_calls"]
    call("cancelCall", "DELETE", f"{at}/pin-calls/{calls[0]['id']}")
    call("getHandOver", "GET", f"{at}/hand-over")
    call("cancelTicket", "POST", f"{at}/actions/cancel", {"reason": "client_stayed"})
    call("reopenTicket", "POST", f"{at}/actions/reopen", {})
    call("listTicketEvents", "GET", f"{at}/events")
    call("listEvents", "GET", "events?limit=2")
    asked = call("askForExport", "POST", "exports", {"format": "csv", "filters": {"status": ["new", "open"]}})
    call("listExports", "GET", "exports")
    call("getExport", "GET", f"exports/{asked.json['id']}")
    call("deleteExport", "DELETE", f"exports/{asked.json['id']}")
    call.kept["getOpenApi"] = {"status": "200", "response": {"openapi": "3.1.0"}}


def shape(node: Any, where: str = "") -> Iterator[str]:
    """Give every place of a document with its kind of value; null fits anything."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield f"{where}/{name}"
            yield from shape(value, f"{where}/{name}")
    elif isinstance(node, list):
        for value in node:
            yield from shape(value, f"{where}/-")
