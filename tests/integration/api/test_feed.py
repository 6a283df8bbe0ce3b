"""The change feed: complete, in order, from any place on, for one organization and one of its two worlds."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from config.core.actor import SYSTEM
from config.core.uow import unit_of_work
from migrations_app.services import intake
from tests.factories.desk import Key, make_key
from tests.factories.forms import OTHER_NUMBER, answers
from tests.factories.walks import Path, Walk, Walker
from tests.integration.api.caller import Caller
from tickets.enums import FEED_EVENTS, Visibility
from tickets.models import Event, Organization, Ticket
from tickets.selectors import feed as selector
from tickets.services.comments import post_comment
from tickets.services.feed import forget_old_events
from tickets.services.tickets import lock_ticket

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


def follow(
    api: Caller, query: str = "", *, after: str | None = None, limit: int = 7
) -> tuple[list[dict[str, Any]], str]:
    """Read until nothing more is to be had at once; return everything and the last cursor."""
    found: list[dict[str, Any]] = []
    for _ in range(500):
        place = f"&after={after}" if after else ""
        page = api.get(f"events?limit={limit}{query}{place}")
        assert page.status == 200, page.text
        found += page.data
        after = str(page.json["next_cursor"])
        if not page.json["has_more"]:
            return found, after
    raise AssertionError("the feed has no end")


def public(walked: Walk) -> list[str]:
    return [f"evt_{e.organization_id}_{e.sequence}" for e in walked.events() if not e.internal]


def test_everything_that_happened_is_told_once_and_in_order(api: Caller, walk: Walker) -> None:
    walked = walk(Path.SCHEDULED)
    for limit in (1, 7, 200):
        found, _ = follow(api, limit=limit)
        assert [event["id"] for event in found] == public(walked)
        assert {event["ticket"] for event in found} == {walked.ticket.reference}


def test_an_event_tells_what_it_is_of_which_ticket_when_and_by_whom(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED)
    event = api.get("events?limit=1").data[0]
    assert (event["type"], event["ticket"], event["occurred_at"]) == (
        "ticket.created",
        walked.ticket.reference,
        "2026-03-02T15:00:00Z",
    )
    assert event["actor"]["name"] == "Padaria Sol"


def test_the_cursor_goes_on_where_the_reader_stopped(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED)
    first, cursor = follow(api)
    again = api.get(f"events?after={cursor}")
    assert (again.data, again.json["has_more"]) == ([], False)
    assert again.json["next_cursor"] == cursor
    walked.claim()
    new, _ = follow(api, after=cursor)
    assert [event["id"] for event in first + new] == public(walked)
    assert "requirement.changed" in {event["type"] for event in new}


def test_from_now_on_nothing_old_is_told(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED)
    start = api.get("events?after=now")
    assert (start.data, start.json["has_more"]) == ([], False)
    before = len(public(walked))
    walked.claim()
    new, _ = follow(api, after=start.json["next_cursor"])
    assert [event["id"] for event in new] == public(walked)[before:]


def test_an_organization_without_any_event_has_a_cursor_too(api_stranger: Caller) -> None:
    page = api_stranger.get("events").json
    assert (page["data"], page["has_more"]) == ([], False)
    assert api_stranger.get(f"events?after={page['next_cursor']}").status == 200


def test_the_address_of_the_next_page_stands_in_the_header(api: Caller, walk: Walker) -> None:
    walk(Path.FILED)
    page = api.get("events?limit=2&types=ticket.created,ticket.routed")
    link = page.headers["Link"]
    assert link.endswith('>; rel="next"')
    following = api.get(link[1:].split(">")[0].removeprefix("http://testserver"))
    assert following.status == 200
    assert not {event["id"] for event in page.data} & {event["id"] for event in following.data}


def test_types_narrow_the_feed(api: Caller, walk: Walker) -> None:
    walk(Path.SCHEDULED)
    for query in ("types=ticket.created,pin_call.booked", "types=ticket.created&types=pin_call.booked"):
        found, _ = follow(api, f"&{query}", limit=1)
        assert [event["type"] for event in found] == ["ticket.created", "pin_call.booked"]


def test_a_rare_type_is_looked_for_part_by_part_and_none_is_missed(
    api: Caller, walk: Walker, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked = walk(Path.SCHEDULED)
    monkeypatch.setattr(selector, "WINDOW", 3)
    first = api.get("events?types=pin_call.booked")
    assert (first.data, first.json["has_more"]) == ([], True)
    found, _ = follow(api, "&types=pin_call.booked")
    assert [event["type"] for event in found] == ["pin_call.booked"]
    assert [event["id"] for event in follow(api)[0]] == public(walked)


def test_one_ticket_narrows_the_feed_a_deleted_draft_too(api: Caller, walk: Walker) -> None:
    kept = walk(Path.FILED)
    draft = walk(Path.DRAFT, OTHER_NUMBER)
    reference = draft.ticket.reference
    intake.delete_draft(ticket_id=draft.ticket.pk, by=draft.by, now=draft.now)
    assert [event["type"] for event in follow(api, f"&ticket={reference}")[0]] == ["ticket.created", "ticket.deleted"]
    assert {event["ticket"] for event in follow(api, f"&ticket={kept.ticket.reference}")[0]} == {kept.ticket.reference}
    assert follow(api, "&ticket=MIG-NOBODY22")[0] == []


def test_what_is_for_the_desk_only_is_not_told(api: Caller, walk: Walker, now: datetime) -> None:
    walked = walk(Path.FILED)
    _, cursor = follow(api)
    post_comment(
        ticket_id=walked.ticket.pk, body="They look shady", visibility=Visibility.INTERNAL, by=walked.desk, now=now
    )
    page = api.get(f"events?after={cursor}")
    assert (page.data, page.json["has_more"]) == ([], False)
    assert {kind.value for kind in FEED_EVENTS} >= {event["type"] for event in follow(api)[0]}


def test_organizations_and_worlds_have_feeds_of_their_own(api: Caller, api_test: Caller, api_stranger: Caller) -> None:
    live = api.post("tickets", answers()).json["reference"]
    test = api_test.post("tickets", answers(OTHER_NUMBER)).json["reference"]
    assert {event["ticket"] for event in follow(api)[0]} == {live}
    assert {event["ticket"] for event in follow(api_test)[0]} == {test}
    assert follow(api_stranger)[0] == []
    assert follow(api, f"&ticket={test}")[0] == []
    assert follow(api_stranger, f"&ticket={live}")[0] == []


def test_the_events_of_a_deleted_test_draft_stay_in_the_test_world(api: Caller, api_test: Caller) -> None:
    draft = api_test.post("tickets", answers(submit=False)).json["reference"]
    assert api_test.delete(f"tickets/{draft}").status == 204
    assert follow(api)[0] == []
    assert [event["type"] for event in follow(api_test)[0]] == ["ticket.created", "ticket.deleted"]


@pytest.mark.parametrize(
    "spoil", [lambda c: c[:-1], lambda c: c + "A", lambda c: "x" + c, lambda _c: "", lambda _c: "1"]
)
def test_a_cursor_that_is_none_of_ours_is_refused(api: Caller, walk: Walker, spoil: Callable[[str], str]) -> None:
    walk(Path.FILED)
    answer = api.get(f"events?after={spoil(follow(api)[1])}")
    assert (answer.status, answer.code) == (400, "cursor_invalid")


def test_a_cursor_of_somebody_else_or_of_another_list_is_refused(
    api: Caller, api_stranger: Caller, api_test: Caller, api_colleague: Caller, walk: Walker
) -> None:
    walk(Path.FILED)
    walk(Path.FILED, OTHER_NUMBER)
    cursor = follow(api)[1]
    of_a_list = api.get("tickets?limit=1").json["next_cursor"]
    for caller, wrong in ((api_stranger, cursor), (api_test, cursor), (api, of_a_list)):
        answer = caller.get(f"events?after={wrong}")
        assert (answer.status, answer.code) == (400, "cursor_invalid")
    assert api_colleague.get(f"events?after={cursor}").status == 200
    assert api.get(f"tickets?cursor={cursor}").code == "cursor_invalid"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("since=2026-01-01", "unknown_parameter"),
        ("cursor=abc", "unknown_parameter"),
        ("types=ticket.exploded", "invalid_parameter"),
        ("types=pin_call.step", "invalid_parameter"),
        ("types=", "invalid_parameter"),
        ("limit=0", "invalid_parameter"),
        ("limit=201", "invalid_parameter"),
        ("ticket=", "invalid_parameter"),
    ],
)
def test_nothing_that_is_asked_for_is_ignored(api: Caller, walk: Walker, query: str, code: str) -> None:
    answer = api.get(f"events?{query}")
    assert (answer.status, answer.code) == (400, code)
    assert answer.json["parameter"] == query.split("=", maxsplit=1)[0]


def test_an_unchanged_page_is_answered_304_in_two_queries(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED)
    page = api.get("events?limit=200")
    cursor = page.json["next_cursor"]
    tag = ""
    for path in ("events?limit=200", f"events?after={cursor}"):
        tag = api.get(path).etag
        with CaptureQueriesContext(connection) as captured:
            assert api.get(path, If_None_Match=tag).status == 304
        assert len(captured) <= 2
    walked.claim()
    assert api.get(f"events?after={cursor}", If_None_Match=tag).status == 200


def test_tags_of_different_questions_differ(api: Caller, api_test: Caller, api_stranger: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED)
    cursor = follow(api)[1]
    queries = ["", "limit=1", "types=ticket.created", f"ticket={walked.ticket.reference}", f"after={cursor}"]
    tags = [caller.get(f"events?{query}").etag for caller in (api,) for query in queries]
    tags += [caller.get("events").etag for caller in (api_test, api_stranger)]
    assert len(set(tags)) == len(tags)


# What is forgotten


def _aged(walk: Walker, *paths: Path) -> tuple[Walk, Walk]:
    old, young = (walk(path, number) for path, number in zip(paths, ("+5511987654321", OTHER_NUMBER), strict=True))
    Event.objects.filter(ticket_id=old.ticket.pk).update(occurred_at=walk.now - timedelta(days=91))
    return old, young


def test_events_older_than_ninety_days_leave_the_feed_and_stay_with_their_ticket(api: Caller, walk: Walker) -> None:
    old, young = _aged(walk, Path.FILED, Path.FILED)
    before, first = follow(api, limit=2)[0], api.get("events?limit=1").json["next_cursor"]
    assert forget_old_events(now=walk.now) == 1
    assert forget_old_events(now=walk.now) == 0
    assert [event["id"] for event in follow(api)[0]] == public(young)
    assert len(before) == len(public(old)) + len(public(young))
    assert len(api.get(f"tickets/{old.ticket.reference}/events?limit=200").data) == len(public(old))
    answer = api.get(f"events?after={first}")
    assert (answer.status, answer.code) == (410, "cursor_expired")


def test_a_cursor_at_the_floor_has_missed_nothing(api: Caller, walk: Walker) -> None:
    old, young = _aged(walk, Path.FILED, Path.FILED)
    cursor = api.get(f"events?limit={len(public(old))}").json["next_cursor"]
    forget_old_events(now=walk.now)
    assert [event["id"] for event in follow(api, after=cursor)[0]] == public(young)


def test_only_what_no_ticket_needs_any_more_is_deleted(walk: Walker) -> None:
    old, _young = _aged(walk, Path.DRAFT, Path.FILED)
    kept = walk(Path.FILED, "+5511912345678")
    Event.objects.filter(ticket_id=kept.ticket.pk).update(occurred_at=walk.now - timedelta(days=91))
    ticket_id = old.ticket.pk
    intake.delete_draft(ticket_id=ticket_id, by=old.by, now=old.now)
    Event.objects.update(occurred_at=walk.now - timedelta(days=91))
    before = len(kept.events())
    forget_old_events(now=walk.now)
    assert not Event.objects.filter(ticket_id=ticket_id).exists()
    assert len(kept.events()) == before > 0


def test_a_young_event_is_never_passed_even_if_later_ones_are_old(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED)
    events = walked.events()
    Event.objects.exclude(pk=events[2].pk).update(occurred_at=walk.now - timedelta(days=91))
    forget_old_events(now=walk.now)
    assert Organization.objects.get(pk=walk.key.organization.pk).event_floor == events[2].sequence - 1


def test_how_long_events_are_kept_is_a_setting_and_part_by_part_they_go(
    api: Caller, walk: Walker, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk(Path.FILED)
    settings.EVENTS_KEPT_DAYS = 400
    monkeypatch.setattr("tickets.services.feed.BATCH", 2)
    later = walk.now + timedelta(days=401)
    assert forget_old_events(now=walk.now + timedelta(days=399)) == 0
    floors = []
    while forget_old_events(now=later):
        floors.append(Organization.objects.get(pk=walk.key.organization.pk).event_floor)
    head = Organization.objects.get(pk=walk.key.organization.pk).event_seq
    assert floors[0] == 2
    assert floors[-1] == head
    assert follow(api)[0] == []


def test_a_cursor_from_before_a_restore_has_expired(api: Caller, walk: Walker) -> None:
    walk(Path.FILED)
    cursor = follow(api)[1]
    Event.objects.all().delete()
    Organization.objects.update(event_seq=0)
    assert api.get(f"events?after={cursor}").code == "cursor_expired"


# Many at the same time


def _write(ticket: Ticket, now: datetime, writer: int, count: int) -> None:
    for place in range(count):
        with unit_of_work(by=SYSTEM, now=now) as uow:
            lock_ticket(uow, ticket.pk)
            post_comment(
                ticket_id=ticket.pk,
                body=f"{writer}-{place}",
                visibility=Visibility.INTERNAL if place % 5 == 4 else Visibility.PUBLIC,
                by=SYSTEM,
                now=now,
            )


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_readers_miss_nothing_while_eight_write(client_key: Key, walk: Walker, at_once: AtOnce) -> None:
    """Every reader sees every public event exactly once, in the order of commits, whatever it reads while others write."""
    tickets = [walk(Path.FILED, f"+55119876500{place:02d}").ticket for place in range(8)]
    start = str(Caller(client_key.secret).get("events?after=now").json["next_cursor"])
    each, done = 25, []

    def writer(place: int) -> Callable[[], None]:
        def write() -> None:
            _write(tickets[place], walk.now, place, each)
            done.append(place)

        return write

    def reader(limit: int) -> Callable[[], list[str]]:
        def read() -> list[str]:
            found: list[str] = []
            after = start
            while True:
                over = len(done) == len(tickets)
                new, after = follow(Caller(client_key.secret), after=after, limit=limit)
                found += [event["id"] for event in new]
                if over:
                    return found

        return read

    results = at_once([*(writer(place) for place in range(8)), reader(3), reader(200)])
    assert [result for result in results if isinstance(result, Exception)] == []
    wanted = Event.objects.filter(type="ticket.commented", internal=False).order_by("sequence")
    ids = [f"evt_{event.organization_id}_{event.sequence}" for event in wanted]
    assert len(ids) == 8 * each * 4 // 5
    assert results[8] == ids
    assert results[9] == ids


# What a page costs


def test_a_page_costs_three_queries_and_is_found_by_an_index(api: Caller, walk: Walker) -> None:
    walk(Path.SCHEDULED)
    api.get("me")
    for query in ("", "?types=ticket.created", "?after=now"):
        with CaptureQueriesContext(connection) as captured:
            assert api.get(f"events{query}").status == 200
        assert len(captured) <= 3
    wish = selector.FeedWish(walk.key.organization.pk, test=False)
    rows = Event.objects.filter(
        organization_id=wish.organization_id, test=False, internal=False, sequence__gt=5, sequence__lte=50
    )
    plan = rows.order_by("sequence")[:51].explain()
    if connection.vendor == "sqlite":
        # Either index leads to the first row at once and in order.
        assert "SEARCH" in plan
        assert "organization_id=? AND sequence>? AND sequence<?" in plan
        assert "TEMP B-TREE" not in plan


def test_a_key_for_webhooks_may_not_read_it(client_org: Organization, now: datetime, api_nobody: Caller) -> None:
    webhooks = Caller(make_key(client_org, now=now, scopes=("webhooks:manage",)).secret)
    assert webhooks.get("events").status == 403
    assert api_nobody.get("events").status == 401
