"""How one answer leads to the next request: OpenAPI links, for readers and for the tests that follow them."""

from collections.abc import Iterator
from typing import Any, Final

_REFERENCE = {"reference": "$response.body#/reference"}
_SAME = {"reference": "$request.path.reference"}
_CALL = {**_SAME, "call_id": "$response.body#/id"}
_FILED = ("fileTicket", "201")
_HELD = ("holdSlot", "201")
_BOOKED = ("bookCall", "201")

Link = tuple[tuple[str, str], str, dict[str, str], Any]
"""Operation and status that lead on, the operation they lead to, its parameters, its body."""

_LINKS: Final[list[Link]] = [
    *[
        (_FILED, operation, _REFERENCE, None)
        for operation in (
            "getTicket", "pollTicket", "listSlots", "listChases", "listComments", "listTicketEvents", "listAttachments",
            "getHandOver", "addComment", "addAttachment", "submitTicket", "cancelTicket", "deleteDraft",
        )
    ],
    (("cancelTicket", "200"), "reopenTicket", _REFERENCE, None),
    (_FILED, "changeTicket", {**_REFERENCE, "If-Match": "$response.header.ETag"}, None),
    (_FILED, "claimRequirement", {**_REFERENCE, "code": "$response.body#/requirements/blocking/0"}, {"confirmed_by": "client"}),
    (_FILED, "recordRequest", {**_REFERENCE, "code": "$response.body#/requirements/blocking/0"}, None),
    (("getTicket", "200"), "changeTicket", {**_REFERENCE, "If-Match": "$response.header.ETag"}, None),
    (("pollTicket", "200"), "pollTicket", {**_REFERENCE, "If-None-Match": "$response.header.ETag"}, None),
    (("listSlots", "200"), "holdSlot", _SAME, {"start": "$response.body#/data/0/start"}),
    (("listSlots", "200"), "bookCall", _SAME, {"start": "$response.body#/data/0/start"}),
    (_HELD, "bookCall", _SAME, {"hold_id": "$response.body#/id"}),
    *[(_BOOKED, operation, _CALL, None) for operation in ("getCall", "getInvitation", "moveCall", "cancelCall")],
    (("addAttachment", "201"), "getAttachment", {**_SAME, "file_id": "$response.body#/id"}, None),
    (
        ("addAttachment", "201"),
        "claimRequirement",
        {**_SAME, "code": "two_step_disabled"},
        {"attachment": "$response.body#/id"},
    ),
    (("listEvents", "200"), "listEvents", {"after": "$response.body#/next_cursor"}, None),
    (("listTickets", "200"), "listTickets", {"cursor": "$response.body#/next_cursor"}, None),
    (("listTickets", "200"), "getTicket", {"reference": "$response.body#/data/0/reference"}, None),
]  # fmt: skip


def add_links(document: dict[str, Any]) -> None:
    """Write the links into the responses that they start from."""
    operations = {operation["operationId"]: operation for operation in _operations(document)}
    for (source, status), target, parameters, body in _LINKS:
        link: dict[str, Any] = {"operationId": target, "parameters": parameters}
        if body is not None:
            link["requestBody"] = body
        operations[source]["responses"][status].setdefault("links", {})[f"{source}.{target}"] = link


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()
