"""Who may do what: readers, colleagues, two worlds, keys that end. Strangers are swept in test_tenancy_sweep."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path as Folder
from typing import Any

import pytest
from pytest_django import Settings

from tests.factories.desk import Key, make_key
from tests.factories.forms import OTHER_NUMBER, answers
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Caller
from tickets.enums import Visibility
from tickets.models import ApiKey, Organization
from tickets.services.comments import post_comment
from tickets.services.files import Upload, attach
from tickets.services.organizations import revoke_api_key
from tickets.services.share_links import LinkWish, make_link

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
    "/share-links",
    "/share-links/{link}",
    "/requirements/two_step_disabled/claim",
    "/requirements/two_step_disabled/requested",
]
PUBLIC = ["statuses", "problems", "problems/not_found", "requirement-types", "openapi.json"]
FOR_ANY_KEY = ["me"]
DIRECTORIES = ["bsps", "destinations", "queues", "events"]


@pytest.fixture
def addresses(walk: Walker, files: Folder) -> list[str]:
    scheduled = walk(Path.SCHEDULED)
    call = scheduled.current_call().uid
    upload = Upload("proof.txt", b"Off.")
    row = attach(
        ticket_id=scheduled.ticket.pk, upload=upload, visibility=Visibility.PUBLIC, by=scheduled.by, now=scheduled.now
    )
    link = make_link(ticket_id=scheduled.ticket.pk, wish=LinkWish(), by=scheduled.by, now=scheduled.now)
    names = {"call": call, "file": row.uid, "link": link.row.uid}
    return [f"tickets/{scheduled.ticket.reference}{tail.format(**names)}" for tail in OF_A_TICKET]


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


@pytest.mark.parametrize(("proxies", "status"), [(["127.0.0.0/8"], 200), ([], 401), (["10.0.0.0/8"], 401)])
def test_behind_a_trusted_proxy_a_network_is_the_callers(
    client_key: Key, settings: Settings, proxies: list[str], status: int
) -> None:
    ApiKey.objects.filter(pk=client_key.row.pk).update(allowed_networks=["198.51.100.0/24"])
    settings.TRUSTED_PROXIES = proxies
    api = Caller(client_key.secret)
    assert api.get("me", X_Forwarded_For="198.51.100.7").status == status
