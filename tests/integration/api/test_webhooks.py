"""Webhooks through the API: who is told of what, what was sent, and once more. The sending itself: tests of the help desk."""

import socket
import uuid
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from config.core.actor import SYSTEM
from config.openapi import published
from tests.factories.desk import Key, make_key
from tests.factories.servers import PartnerServer
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Answer, Caller
from tickets import tasks
from tickets.enums import FEED_EVENTS
from tickets.models import Event, WebhookDelivery, WebhookEndpoint
from tickets.services import webhook_outbox
from tickets.services.webhook_sending import send_next

URL = "http://127.0.0.1:9/hook"


@pytest.fixture(autouse=True)
def _no_name_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names lead where the tests say."""
    real = socket.getaddrinfo
    known = {"hooks.sol.example": "93.184.215.14", "inside.sol.example": "10.0.0.8"}

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        if host in known:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[host], port))]
        if host.endswith(".example"):
            raise socket.gaierror
        return real(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def made(api: Caller, **more: Any) -> Answer:
    answer = api.post("webhook-endpoints", {"url": URL, **more})
    assert answer.status == 201, answer.text
    return answer


def at(answer: Answer) -> str:
    return f"webhook-endpoints/{answer.json['id']}"


def sent(now: Any) -> None:
    for row in WebhookEndpoint.objects.all():
        while send_next(endpoint_id=row.pk, by=SYSTEM, now=now):
            pass


def test_an_endpoint_is_made_and_shows_its_secret_once(api: Caller) -> None:
    body = {"url": "https://hooks.sol.example/portero", "types": ["ticket.created"], "contact_email": "ops@sol.example"}
    answer = api.post("webhook-endpoints", body, Idempotency_Key="hook-1")
    assert answer.status == 201
    assert answer.json["secret"].startswith("whsec_")
    assert answer.json["types"] == ["ticket.created"]
    assert (answer.json["active"], answer.json["test"], answer.json["switched_off"]) == (True, False, None)
    again = api.post("webhook-endpoints", body, Idempotency_Key="hook-1")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert {**again.json, "secret": answer.json["secret"]} == answer.json
    assert again.json["secret"] is None
    shown = api.get(at(answer))
    assert "secret" not in shown.json
    assert answer.headers["Location"].endswith(at(answer))
    assert answer.etag == shown.etag
    assert api.get(at(answer), If_None_Match=shown.etag).status == 304
    assert [row["id"] for row in api.get("webhook-endpoints").data] == [answer.json["id"]]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.sol.example/",
        "ftp://hooks.sol.example/",
        "https://",
        "https://user:secret@hooks.sol.example/",
        "https://hooks.sol.example/#x",
        "https://10.0.0.8/",
        "https://[::ffff:10.0.0.8]/",
        "https://[fec0::1]/",
        "https://169.254.169.254/latest",
        "https://167772168/",
        "https://inside.sol.example/",
        "https://hooks.sol.example/a b",
    ],
)
def test_an_address_that_is_never_called_is_refused(api: Caller, url: str) -> None:
    answer = api.post("webhook-endpoints", {"url": url})
    assert (answer.status, answer.entries) == (422, [("#/url", "invalid")])
    good = made(api)
    changed = api.patch(at(good), {"url": url}, If_Match=good.etag)
    assert (changed.status, changed.entries) == (422, [("#/url", "invalid")])


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "https://127.0.0.1/", "https://localhost/", "https://2130706433/", "https://[::1]/"]
)
def test_this_machine_is_called_in_embedded_mode_only(api: Caller, settings: Settings, url: str) -> None:
    assert api.post("webhook-endpoints", {"url": url}).status == 201
    settings.WEBHOOK_ALLOW = "public"
    assert api.post("webhook-endpoints", {"url": url}).entries == [("#/url", "invalid")]


def test_a_name_that_nobody_knows_yet_may_be_known_later(api: Caller) -> None:
    assert api.post("webhook-endpoints", {"url": "https://soon.sol.example/"}).status == 201


@pytest.mark.parametrize(
    ("body", "entries"),
    [
        ({}, [("#/url", "required")]),
        ({"url": 7}, [("#/url", "invalid")]),
        ({"url": URL, "types": ["ticket.gone"]}, [("#/types/0", "invalid_choice")]),
        ({"url": URL, "types": ["chase.stopped"]}, [("#/types/0", "invalid_choice")]),
        ({"url": URL, "active": "yes"}, [("#/active", "invalid")]),
        ({"url": URL, "contact_email": "nobody"}, [("#/contact_email", "invalid")]),
        ({"url": URL, "contact_language": "xx"}, [("#/contact_language", "invalid_choice")]),
        ({"url": URL, "secret": "mine"}, [("#/secret", "unknown_field")]),
    ],
)
def test_a_form_that_does_not_hold_says_where(api: Caller, body: Any, entries: Any) -> None:
    answer = api.post("webhook-endpoints", body)
    assert (answer.status, answer.entries) == (422, entries)


def test_no_more_than_twenty(api: Caller) -> None:
    for _ in range(20):
        made(api)
    answer = api.post("webhook-endpoints", {"url": URL})
    assert (answer.status, answer.entries) == (422, [("#", "too_many_items")])


def test_a_secret_needs_a_key_to_be_kept(api: Caller, settings: Settings) -> None:
    settings.TOKEN_ENCRYPTION_KEYS = []
    assert api.post("webhook-endpoints", {"url": URL}).code == "temporarily_unavailable"


def test_an_endpoint_is_changed_as_it_is_known(api: Caller) -> None:
    hook = made(api, types=["ticket.created", "sla.warned"])
    assert api.patch(at(hook), {"active": False}).code == "precondition_required"
    off = api.patch(at(hook), {"active": False, "types": []}, If_Match=hook.etag)
    assert (off.json["active"], off.json["switched_off"]["reason"], off.json["types"]) == (False, "by_owner", [])
    assert api.patch(at(hook), {"active": True}, If_Match=hook.etag).code == "precondition_failed"
    on = api.patch(at(hook), {"active": True, "contact_email": None}, If_Match=off.etag)
    assert (on.json["active"], on.json["switched_off"]) == (True, None)
    same = api.patch(at(hook), {"active": True}, If_Match=on.etag)
    assert same.json["version"] == on.json["version"]


def test_a_secret_is_rotated_and_shown_once(api: Caller) -> None:
    hook = made(api)
    first = api.post(f"{at(hook)}/rotate-secret", Idempotency_Key="r-1")
    assert (first.status, first.json["secret"] == hook.json["secret"]) == (200, False)
    assert first.json["previous_secret_until"]
    assert api.post(f"{at(hook)}/rotate-secret", Idempotency_Key="r-1").json["secret"] is None


def test_a_deleted_endpoint_is_gone_and_told_nothing(api: Caller, walk: Walker) -> None:
    hook = made(api)
    assert api.delete(at(hook)).status == 204
    assert api.get(at(hook)).status == 404
    assert api.delete(at(hook)).status == 404
    assert api.get("webhook-endpoints").data == []
    walk(Path.FILED)
    assert not WebhookDelivery.objects.exists()
    row = WebhookEndpoint.objects.get()
    assert (row.secret_sealed, row.active) == ("", False)


def test_what_somebody_waits_for_is_handed_to_a_worker_at_once(
    api: Caller,
    now: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    handed: list[Any] = []
    monkeypatch.setattr(tasks.send_webhook, "apply_async", lambda **told: handed.append(told["kwargs"]))
    hook = made(api)
    span = {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}
    with django_capture_on_commit_callbacks(execute=True):
        delivery = api.post(f"{at(hook)}/test").json["id"]
    with django_capture_on_commit_callbacks(execute=True):
        api.post(f"{at(hook)}/deliveries/{delivery}/redeliver")
    with django_capture_on_commit_callbacks(execute=True):
        api.post(f"{at(hook)}/replay", span)
    assert handed == [{"endpoint_id": WebhookEndpoint.objects.get().pk}] * 3

    def gone(**_: Any) -> None:
        raise ConnectionError("the broker is away")

    monkeypatch.setattr(tasks.send_webhook, "apply_async", gone)
    with django_capture_on_commit_callbacks(execute=True):
        assert api.post(f"{at(hook)}/test").status == 202


def test_a_trial_is_sent_and_its_delivery_tells_what_came_of_it(api: Caller, partner: PartnerServer, now: Any) -> None:
    hook = made(api, url=partner.url)
    asked = api.post(f"{at(hook)}/test")
    assert (asked.status, asked.json["type"], asked.json["state"]) == (202, "webhook.ping", "planned")
    partner.says = b"Thanks"
    partner.be(200)
    sent(now)
    told = api.get(f"{at(hook)}/deliveries/{asked.json['id']}").json
    assert (told["state"], told["tries"], told["webhook_id"]) == ("delivered", 1, partner.received[0][0]["webhook-id"])
    assert told["body"].encode() == partner.received[0][1]
    (attempt,) = told["attempts"]
    assert (attempt["status"], attempt["error"], attempt["response_excerpt"]) == (200, None, "Thanks")


def test_deliveries_are_listed_narrowed_and_sent_again(
    api: Caller, partner: PartnerServer, walk: Walker, now: Any
) -> None:
    hook = made(api, url=partner.url)
    reference = walk(Path.FILED).ticket.reference
    partner.be(500, 200)
    sent(now)
    sent(now + timedelta(seconds=1))
    rows = api.get(f"{at(hook)}/deliveries?limit=200").data
    assert {row["ticket"] for row in rows} == {reference}
    assert [row["webhook_id"] for row in rows] == [event["id"] for event in api.get("events?limit=200").data][::-1]
    (failed,) = api.get(f"{at(hook)}/deliveries?state=planned").data
    assert (failed["last_error"], failed["next_try_at"] is None) == ("http_500", False)
    assert len(api.get(f"{at(hook)}/deliveries?state=delivered,failed&limit=200").data) == len(rows) - 1
    assert api.get(f"{at(hook)}/deliveries?state=lost").code == "invalid_parameter"
    again = api.post(f"{at(hook)}/deliveries/{rows[0]['id']}/redeliver")
    assert (again.status, again.json["state"], again.json["webhook_id"]) == (202, "planned", rows[0]["webhook_id"])
    sent(now + timedelta(seconds=2))
    names = [headers["webhook-id"] for headers, _body in partner.received]
    assert names.count(rows[0]["webhook_id"]) == 2


def test_a_span_is_replayed(api: Caller, partner: PartnerServer, walk: Walker, monkeypatch: pytest.MonkeyPatch) -> None:
    walk(Path.FILED)
    hook = made(api, url=partner.url)
    told = Event.objects.filter(internal=False).count()
    span = {"from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"}
    answer = api.post(f"{at(hook)}/replay", span)
    assert (answer.status, answer.json) == (202, {"planned": told})
    assert api.post(f"{at(hook)}/replay", {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}).json == {
        "planned": 0
    }
    backwards = api.post(f"{at(hook)}/replay", {"from": span["to"], "to": span["from"]})
    assert backwards.entries == [("#/to", "invalid")]
    assert api.post(f"{at(hook)}/replay", {"from": "2020-01-01"}).entries == [
        ("#/from", "invalid"),
        ("#/to", "required"),
    ]
    monkeypatch.setattr(webhook_outbox, "MOST_REPLAYED", told - 1)
    assert api.post(f"{at(hook)}/replay", span).entries == [("#/from", "too_many_items")]


def test_what_is_just_being_sent_is_not_sent_again(api: Caller, now: Any) -> None:
    hook = made(api)
    delivery = api.post(f"{at(hook)}/test").json["id"]
    assert WebhookDelivery.objects.update(state="sending", next_at=None, claimed_at=now) == 1
    answer = api.post(f"{at(hook)}/deliveries/{delivery}/redeliver")
    assert (answer.status, answer.code) == (409, "illegal_transition")


@pytest.mark.parametrize("what", ["test", "replay", "redeliver"])
def test_nothing_is_sent_to_an_endpoint_that_is_off(api: Caller, what: str) -> None:
    hook = made(api)
    asked = api.post(f"{at(hook)}/test").json["id"]
    api.patch(at(hook), {"active": False}, If_Match=hook.etag)
    path = f"deliveries/{asked}/redeliver" if what == "redeliver" else what
    body: dict[str, str] = {"from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"} if what == "replay" else {}
    assert api.post(f"{at(hook)}/{path}", body).code == "illegal_transition"


def test_nobody_else_finds_it_and_nobody_without_the_scope_may_look(
    api: Caller, api_stranger: Caller, api_partner: Caller, api_test: Caller, api_reader: Caller, api_nobody: Caller
) -> None:
    hook = made(api)
    delivery = api.post(f"{at(hook)}/test").json["id"]
    paths = ["", "/rotate-secret", "/test", "/replay", "/deliveries", f"/deliveries/{delivery}"]
    paths.append(f"/deliveries/{delivery}/redeliver")
    missing = str(uuid.uuid4())
    for verb in ("GET", "POST", "PATCH", "DELETE"):
        for path in (f"{at(hook)}{each}" for each in paths):
            body: dict[str, str] | None = None if verb == "GET" else {}
            for other in (api_stranger, api_partner, api_test):
                answer = other.send(verb, path, body)
                assert answer.status == 404, f"{verb} {path}"
                nothing = other.send(verb, path.replace(hook.json["id"], missing), body)
                assert {**answer.json, "instance": ""} == {**nothing.json, "instance": ""}
            assert api_reader.send(verb, path, body).code == "permission_denied"
            assert api_nobody.send(verb, path, body).code == "not_authenticated"
    for other in (api_stranger, api_partner, api_test):
        assert other.get("webhook-endpoints").data == []


def test_a_test_key_makes_endpoints_of_the_test_world(api_test: Caller, client_key: Key, now: Any) -> None:
    hook = made(api_test)
    assert hook.json["test"] is True
    only_webhooks = Caller(make_key(client_key.organization, now=now, test=True, scopes=("webhooks:manage",)).secret)
    assert only_webhooks.get(at(hook)).status == 200


def test_the_description_tells_of_every_type() -> None:
    told = published()["webhooks"]
    assert set(told) == {kind.value for kind in FEED_EVENTS} | {"webhook.ping"}
    body = told["ticket.created"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["type"] == {"const": "ticket.created"}
