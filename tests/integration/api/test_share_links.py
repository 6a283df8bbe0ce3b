"""Links to a ticket's page: made once, listed without their address, ended for good."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from migrations_app.models import CallLink
from migrations_app.services.handing_over import hand_over
from tests.factories.desk import Key
from tests.factories.walks import Path, Walk, Walker
from tests.integration.api.caller import Answer, Caller
from tickets.models import Event, IdempotencyRecord, ShareLink
from tickets.selectors.share_links import digest_of


@pytest.fixture
def walked(walk: Walker) -> Walk:
    return walk(Path.FILED)


def links(walked: Walk) -> str:
    return f"tickets/{walked.ticket.reference}/share-links"


def make(api: Caller, walked: Walk, **body: object) -> Answer:
    return api.post(links(walked), body)


def opens(url: str) -> bool:
    return Client().get(urlsplit(url).path).status_code == 200


def test_a_link_is_shown_once_and_only_its_digest_is_kept(api: Caller, walked: Walk, now: datetime) -> None:
    made = make(api, walked, permissions=["answer"], label="Ana")
    assert made.status == 201
    token = made.json["url"].rsplit("/t/", 1)[1]
    assert len(token) >= 22, "128 bits and more"
    assert made.json | {"id": "", "url": ""} == {
        "id": "",
        "url": "",
        "permissions": ["view", "answer"],
        "label": "Ana",
        "created_by": {"type": "client", "name": "Padaria Sol"},
        "created_at": "2026-03-02T15:00:00Z",
        "expires_at": "2026-03-16T15:00:00Z",
    }
    [listed] = api.get(links(walked)).data
    assert listed == made.json | {"url": None}
    assert ShareLink.objects.get().digest == digest_of(token)
    kept = [list(model._default_manager.values()) for model in (ShareLink, Event, IdempotencyRecord)]
    assert token not in str(kept)


def test_a_repeated_request_makes_no_other_link_and_tells_no_address(api: Caller, walked: Walk) -> None:
    first = api.post(links(walked), {"permissions": ["view"]}, Idempotency_Key="once")
    again = api.post(links(walked), {"permissions": ["view"]}, Idempotency_Key="once")
    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json == first.json | {"url": None}
    assert ShareLink.objects.count() == 1


def test_a_link_lives_as_long_as_was_asked_for(
    api: Caller, walked: Walk, now: datetime, clock_at: Callable[[datetime], None]
) -> None:
    url = make(api, walked, expires_in_seconds=60).json["url"]
    clock_at(now + timedelta(seconds=59))
    assert opens(url)
    clock_at(now + timedelta(seconds=60))
    assert not opens(url)


def test_a_revoked_link_opens_nothing_and_is_gone(api: Caller, walked: Walk) -> None:
    made = make(api, walked).json
    assert made["permissions"] == ["view"]
    assert opens(made["url"])
    assert api.delete(f"{links(walked)}/{made['id']}").status == 204
    assert not opens(made["url"])
    assert api.get(links(walked)).data == []
    assert api.delete(f"{links(walked)}/{made['id']}").status == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"permissions": ["view", "cancel"]}, "#/permissions/1"),
        ({"permissions": [7]}, "#/permissions/0"),
        ({"permissions": "view"}, "#/permissions"),
        ({"permissions": []}, "#/permissions"),
        ({"expires_in_seconds": 90 * 86400 + 1}, "#/expires_in_seconds"),
        ({"expires_in_seconds": 0}, "#/expires_in_seconds"),
        ({"label": "x" * 101}, "#/label"),
        ({"expires_at": "2026-03-03T15:00:00Z"}, "#/expires_at"),
    ],
)
def test_a_wish_that_does_not_hold_is_refused(api: Caller, walked: Walk, body: dict[str, object], pointer: str) -> None:
    answer = make(api, walked, **body)
    assert (answer.status, [place for place, _code in answer.entries]) == (422, [pointer])
    assert not ShareLink.objects.exists()


def test_the_desk_alone_is_told_that_a_link_was_made(api: Caller, walked: Walk) -> None:
    made = make(api, walked).json
    api.delete(f"{links(walked)}/{made['id']}")
    told = [event for event in walked.events() if event.type.startswith("share_link.")]
    assert [(event.type, event.internal) for event in told] == [("share_link.made", True), ("share_link.revoked", True)]
    assert "share_link" not in api.get("events?limit=200").text


def test_a_ticket_given_to_another_organization_leaves_no_link_behind(api: Caller, walked: Walk, stranger: Key) -> None:
    url = make(api, walked).json["url"]
    CallLink.objects.create(case=walked.case, token_hash="0" * 64, created_at=walked.now)
    assert opens(url)
    hand_over(
        ticket_id=walked.ticket.pk,
        organization_id=stranger.organization.pk,
        reason="They own the line.",
        contact=None,
        by=walked.desk,
        now=walked.now,
    )
    assert not opens(url)
    assert not CallLink.objects.exists()
