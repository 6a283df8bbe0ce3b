"""Who may do what: every endpoint under every verb for the whole cast; nothing of another organization shows anywhere."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path as Folder
from typing import Any

import pytest

from tests.factories.desk import Key, make_key
from tests.factories.forms import OTHER_NUMBER, answers
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Caller
from tickets.enums import Visibility
from tickets.models import ApiKey, Organization
from tickets.services.comments import post_comment
from tickets.services.files import Upload, attach
from tickets.services.organizations import revoke_api_key

VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]
OF_A_TICKET = [
    "",
    "/status",
    "/actions/submit",
    "/actions/cancel",
    "/actions/reopen",
    "/comments",
    "/events",
    "/attachments",
    "/attachments/{file}",
    "/chases",
    "/message-profile",
    "/slots",
    "/slot-holds",
    "/pin-calls",
    "/pin-calls/{call}",
    "/pin-calls/{call}.ics",
    "/requirements/two_step_disabled/claim",
    "/requirements/two_step_disabled/requested",
]
PUBLIC = ["statuses", "problems", "problems/not_found", "requirement-types", "openapi.json"]
FOR_ANY_KEY = ["me"]
DIRECTORIES = ["bsps", "destinations", "queues", "events"]
READING = {"GET", "HEAD", "OPTIONS"}


@pytest.fixture
def addresses(walk: Walker, files: Folder) -> list[str]:
    scheduled = walk(Path.SCHEDULED)
    call = scheduled.current_call().uid
    upload = Upload("proof.txt", b"Off.")
    row = attach(
        ticket_id=scheduled.ticket.pk, upload=upload, visibility=Visibility.PUBLIC, by=scheduled.by, now=scheduled.now
    )
    names = {"call": call, "file": row.uid}
    return [f"tickets/{scheduled.ticket.reference}{tail.format(**names)}" for tail in OF_A_TICKET]


@pytest.mark.parametrize("who", ["api_stranger", "api_partner", "api_test"])
def test_a_ticket_of_somebody_else_does_not_exist_at_all(
    addresses: list[str], api: Caller, who: str, request: pytest.FixtureRequest
) -> None:
    other: Caller = request.getfixturevalue(who)
    before = api.get(addresses[0]).text
    for verb, address in product(VERBS, addresses):
        answer = other.send(verb, address, {} if verb not in READING else None)
        assert answer.status == 404, f"{verb} {address}"
        if verb == "HEAD":
            continue  # nothing to read
        missing = other.send(verb, address.replace("MIG-", "MIG-ZZ"), {} if verb not in READING else None)
        told, nothing = ({**each.json, "instance": ""} for each in (answer, missing))
        assert told == nothing
    assert api.get(addresses[0]).text == before


def test_without_a_key_nothing_of_a_ticket_is_answered(addresses: list[str], api_nobody: Caller) -> None:
    for verb, address in product(VERBS, [*addresses, "tickets", *DIRECTORIES, *FOR_ANY_KEY]):
        assert api_nobody.send(verb, address).status == 401, f"{verb} {address}"


def test_a_key_that_may_only_read_changes_nothing(addresses: list[str], api: Caller, api_reader: Caller) -> None:
    before = api.get(addresses[0]).text
    for verb, address in product(("POST", "PUT", "PATCH", "DELETE"), [*addresses, "tickets", *DIRECTORIES]):
        answer = api_reader.send(verb, address, {})
        assert (answer.status, answer.code) == (403, "permission_denied"), f"{verb} {address}"
    assert api.get(addresses[0]).text == before


def test_a_key_that_may_only_read_reads_everything(addresses: list[str], api_reader: Caller, api: Caller) -> None:
    for address in [*addresses, "tickets", *DIRECTORIES, *FOR_ANY_KEY]:
        assert api_reader.get(address).status == api.get(address).status, address


def test_a_colleague_sees_and_does_what_the_client_does(
    addresses: list[str], api: Caller, api_colleague: Caller
) -> None:
    assert api_colleague.get(addresses[0]).text == api.get(addresses[0]).text
    assert api_colleague.get("tickets").text == api.get("tickets").text
    assert api_colleague.post(f"{addresses[0]}/comments", {"body": "Hello"}).status == 201


def test_the_public_pages_need_no_key(api_nobody: Caller, api_reader: Caller) -> None:
    for address in PUBLIC:
        assert api_nobody.get(address).status == 200
        assert api_reader.get(address).status == 200


def test_a_key_for_webhooks_only_learns_who_it_is_and_no_more(
    client_org: Organization, now: datetime, addresses: list[str]
) -> None:
    webhooks = Caller(make_key(client_org, now=now, scopes=("webhooks:manage",)).secret)
    assert webhooks.get("me").json["key"]["scopes"] == ["webhooks:manage"]
    for address in [*addresses, "tickets", *DIRECTORIES]:
        assert webhooks.get(address).status == 403


def test_lists_and_searches_of_others_stay_empty(
    addresses: list[str], api_stranger: Caller, api_partner: Caller, api_test: Caller
) -> None:
    queries = ["", "?status=scheduled", "?q=Padaria", "?phone_number=%2B5511987654321", "?kind=number_migration"]
    for other, query in product((api_stranger, api_partner, api_test), queries):
        assert other.get(f"tickets{query}").json == {"data": [], "next_cursor": None}, query


def test_test_and_live_tickets_are_two_worlds(api: Caller, api_test: Caller) -> None:
    live = api.post("tickets", answers()).json["reference"]
    test = api_test.post("tickets", answers(OTHER_NUMBER)).json
    assert test["test"] is True
    assert [row["reference"] for row in api.get("tickets").data] == [live]
    assert [row["reference"] for row in api_test.get("tickets").data] == [test["reference"]]
    assert api.get(f"tickets/{test['reference']}").status == 404


def test_internal_comments_show_nowhere(api: Caller, walk: Walker, now: datetime) -> None:
    walked = walk(Path.FILED)
    post_comment(
        ticket_id=walked.ticket.pk, body="They look shady", visibility=Visibility.INTERNAL, by=walked.desk, now=now
    )
    reference = walked.ticket.reference
    for address in ("", "/comments", "/events", "/status"):
        assert "shady" not in api.get(f"tickets/{reference}{address}").text
    assert api.get(f"tickets/{reference}/comments").data == []
    assert "ticket.commented" not in {event["type"] for event in api.get(f"tickets/{reference}/events").data}


def _revoked(key: ApiKey, now: datetime, key_actor: Any) -> None:
    revoke_api_key(key_id=key.pk, by=key_actor, now=now)


def _expired(key: ApiKey, now: datetime, key_actor: Any) -> None:
    ApiKey.objects.filter(pk=key.pk).update(expires_at=now)


def _elsewhere(key: ApiKey, now: datetime, key_actor: Any) -> None:
    ApiKey.objects.filter(pk=key.pk).update(allowed_networks=["10.0.0.0/8", "2001:db8::/32"])


@pytest.mark.parametrize("spoil", [_revoked, _expired, _elsewhere])
def test_a_key_that_is_revoked_expired_or_used_from_elsewhere_is_refused_at_once(
    api: Caller, client_key: Key, now: datetime, spoil: Callable[[ApiKey, datetime, Any], None]
) -> None:
    assert api.get("me").status == 200
    spoil(client_key.row, now, client_key.actor)
    assert api.get("me").status == 401


def test_a_key_lives_until_the_moment_it_expires(api: Caller, client_key: Key, now: datetime) -> None:
    ApiKey.objects.filter(pk=client_key.row.pk).update(expires_at=now + timedelta(seconds=1))
    assert api.get("me").json["key"]["expires_at"] == "2026-03-02T15:00:01Z"


def test_a_key_works_from_the_networks_it_names(api: Caller, client_key: Key) -> None:
    ApiKey.objects.filter(pk=client_key.row.pk).update(allowed_networks=["127.0.0.0/8"])
    assert api.get("me").status == 200
