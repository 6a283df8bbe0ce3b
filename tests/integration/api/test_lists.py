"""Lists: pages without loss or repetition, cursors that cannot be bent, and every filter."""

from datetime import datetime, timedelta
from itertools import product
from urllib.parse import quote

import pytest

from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Answer, Caller
from tickets.enums import Visibility
from tickets.models import Ticket
from tickets.services.comments import post_comment
from tickets.services.tickets import set_hold

LISTS = ["tickets", "bsps", "destinations", "queues", "requirement-types", "statuses", "problems"]


def walk_pages(api: Caller, path: str, limit: int) -> list[Answer]:
    joint = "&" if "?" in path else "?"
    pages = [api.get(f"{path}{joint}limit={limit}")]
    while pages[-1].json["next_cursor"]:
        link = pages[-1].headers["Link"]
        address, relation = link.split("; ")
        assert relation == 'rel="next"'
        pages.append(api.get(address.strip("<>").removeprefix("http://testserver")))
    assert "Link" not in pages[-1].headers
    return pages


def fourteen(walk: Walker, now: datetime) -> list[str]:
    """Tickets, some of which were filed and changed in the same instant."""
    references = [
        walk(Path.DRAFT, f"+34600111{place:03d}", client={"country": "ES"}).ticket.reference for place in range(14)
    ]
    for place, reference in enumerate(references):
        moment = now - timedelta(minutes=place // 3)
        Ticket.objects.filter(reference=reference).update(created_at=moment, updated_at=moment)
    return references


def test_a_walk_through_pages_loses_and_repeats_nothing(api: Caller, walk: Walker, now: datetime) -> None:
    references = fourteen(walk, now)
    for sort, limit in product(("created_at", "-created_at", "updated_at", "-updated_at"), (1, 4, 14)):
        pages = walk_pages(api, f"tickets?sort={sort}", limit)
        walked = [row["reference"] for page in pages for row in page.data]
        moments = [row[sort.lstrip("-")] for page in pages for row in page.data]
        assert sorted(walked) == sorted(references), (sort, limit)
        assert moments == sorted(moments, reverse=sort.startswith("-")), (sort, limit)
        assert len(pages) == -(-14 // limit), (sort, limit)


def test_every_list_has_pages(api: Caller, walk: Walker) -> None:
    walk(Path.DRAFT, NUMBER)
    walk(Path.DRAFT, OTHER_NUMBER)
    for path in LISTS:
        whole = api.get(path).data
        assert len(whole) >= 2, path
        assert [row for page in walk_pages(api, path, 1) for row in page.data] == whole, path


def test_lists_below_a_ticket_have_pages(api: Caller, walk: Walker) -> None:
    reference = walk(Path.READY, waba_id=None, waba_owner="old_bsp").ticket.reference
    for body in ("one", "two", "three"):
        api.post(f"tickets/{reference}/comments", {"body": body})
    for tail in ("comments", "events", "chases"):
        whole = api.get(f"tickets/{reference}/{tail}").data
        assert len(whole) >= 2, tail
        assert [row for page in walk_pages(api, f"tickets/{reference}/{tail}", 1) for row in page.data] == whole, tail


def test_a_ticket_filed_meanwhile_does_not_disturb_a_walk(api: Caller, walk: Walker, now: datetime) -> None:
    references = fourteen(walk, now)
    first = api.get("tickets?sort=-created_at&limit=5")
    walk(Path.DRAFT, NUMBER)
    rest = walk_pages(api, first.headers["Link"].split(">")[0][1:].removeprefix("http://testserver"), 5)
    walked = [row["reference"] for page in (first, *rest) for row in page.data]
    assert sorted(walked) == sorted(references)


def test_the_limit_may_change_on_the_way(api: Caller, walk: Walker, now: datetime) -> None:
    fourteen(walk, now)
    cursor = api.get("tickets?limit=2").json["next_cursor"]
    assert len(api.get(f"tickets?limit=100&cursor={cursor}").data) == 12


def test_a_cursor_belongs_to_its_list_and_filters(api: Caller, walk: Walker, now: datetime) -> None:
    fourteen(walk, now)
    cursor = api.get("tickets?limit=2").json["next_cursor"]
    spoiled = ["x", "", cursor[:-1], cursor + "A", quote("ключ")]
    bent = [f"tickets?cursor={each}" for each in spoiled]
    bent += [
        f"tickets?cursor={cursor}&sort=created_at",
        f"tickets?cursor={cursor}&status=draft",
        f"bsps?cursor={cursor}",
    ]
    for path in bent:
        answer = api.get(path)
        assert (answer.status, answer.code) == (400, "cursor_invalid"), path


@pytest.fixture
def three(api: Caller, walk: Walker, now: datetime) -> dict[str, str]:
    waiting = walk(Path.FILED, NUMBER, client_reference="SOL-1", group_reference="G").ticket
    draft = walk(
        Path.DRAFT, "+34600111222", client={"name": "Café Niño", "country": "ES"}, client_reference="N-2",
        current_bsp="twilio", group_reference="G",
    ).ticket  # fmt: skip
    triage = walk(Path.TRIAGE, "+551176543210", client_reference="Ü 3", group_reference=None).ticket
    for minutes, ticket in enumerate((waiting, draft, triage)):
        moment = now + timedelta(minutes=minutes)
        Ticket.objects.filter(pk=ticket.pk).update(created_at=moment, updated_at=moment + timedelta(hours=1))
    return {waiting.reference: "waiting", draft.reference: "draft", triage.reference: "triage"}


FILTERS = [
    ("", "waiting draft triage"),
    ("status=waiting", "waiting"),
    ("status=waiting,draft", "waiting draft"),
    ("status=waiting&status=open", "waiting triage"),
    ("status=closed", ""),
    ("stage=requirements", "waiting"),
    ("stage=requirements,triage", "waiting triage"),
    ("waiting_on=onboarding", "triage"),
    ("waiting_on=client", "waiting draft"),
    ("kind=number_migration", "waiting draft triage"),
    ("kind=question", ""),
    ("queue=latam", "waiting"),
    ("queue=latam,triage", "waiting triage"),
    ("queue=latam&queue=triage", "waiting triage"),
    ("queue=nowhere", ""),
    ("current_bsp=infobip", "waiting"),
    ("current_bsp=infobip,twilio", "waiting draft"),
    ("phone_number=%2B5511987654321", "waiting"),
    ("phone_number=5511987654321", "waiting"),
    ("phone_number=+55 11 98765-4321", "waiting"),
    ("phone_number=%2B5511987654321&status=draft", ""),
    ("phone_number=%2B551176543210", "triage"),
    ("phone_number=%2B5511976543210", "triage"),
    ("phone_number=%2B551187654321", "waiting"),
    ("client_reference=SOL-1", "waiting"),
    ("client_reference=sol-1", ""),
    ("client_reference=%C3%9C 3", "triage"),
    ("group_reference=G", "waiting draft"),
    ("created_after=2026-03-02T15:00:00Z", "draft triage"),
    ("created_after=2026-03-02T12:00:00-03:00", "draft triage"),
    ("created_before=2026-03-02T15:01:00Z", "waiting"),
    ("updated_since=2026-03-02T16:01:00Z", "draft triage"),
    ("q=cafe nino", "draft"),
    ("q=NIÑO", "draft"),
    ("q=98765-4321", "waiting"),
    ("q=nothing of that", ""),
    ("status=draft&current_bsp=twilio&q=caf", "draft"),
]


def test_filters_narrow_the_list(api: Caller, three: dict[str, str]) -> None:
    found = {query: {three[row["reference"]] for row in api.get(f"tickets?{query}").data} for query, _ in FILTERS}
    assert found == {query: set(expected.split()) for query, expected in FILTERS}


def test_the_newest_change_comes_first(api: Caller, three: dict[str, str]) -> None:
    assert [three[row["reference"]] for row in api.get("tickets").data] == ["triage", "draft", "waiting"]


def test_on_hold_is_a_status_of_its_own(api: Caller, walk: Walker, now: datetime) -> None:
    walked = walk(Path.FILED)
    set_hold(ticket_id=walked.ticket.pk, on_hold=True, by=walked.desk, now=now)
    assert [row["status"]["value"] for row in api.get("tickets?status=on_hold").data] == ["on_hold"]
    assert api.get("tickets?status=waiting").data == []
    assert len(api.get("tickets?status=waiting,on_hold").data) == 1


def test_a_list_shows_the_same_document_as_the_ticket(api: Caller, walk: Walker) -> None:
    reference = walk(Path.SCHEDULED).ticket.reference
    assert api.get("tickets").data == [api.get(f"tickets/{reference}").json]


def test_comments_are_told_oldest_first_with_who_said_it(api: Caller, walk: Walker, now: datetime) -> None:
    walked = walk(Path.FILED)
    api.post(f"tickets/{walked.ticket.reference}/comments", {"body": "When?"})
    post_comment(ticket_id=walked.ticket.pk, body="Soon.", visibility=Visibility.PUBLIC, by=walked.desk, now=now)
    told = api.get(f"tickets/{walked.ticket.reference}/comments").data
    assert [(row["body"], row["author"]["type"]) for row in told] == [("When?", "client"), ("Soon.", "onboarding")]
