"""The list: filters, search, a constant number of queries, and nothing in bulk."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person, text_of
from tickets.services.tickets import assign, set_hold


def _found(person: Person, **query: Any) -> list[str]:
    answer = person.get("tickets_ticket_changelist", **query)
    assert answer.status_code == 200
    return [row.reference for row in answer.context["cl"].result_list]


def test_each_filter_narrows_the_list(walk: Walker, lead_at_desk: Person, agent_at_desk: Person) -> None:
    waiting = walk(Path.WAITING_TWO_STEP)
    lost = walk(Path.TRIAGE, "+5511911112222")
    tried = walk(Path.SCHEDULED, "+5511933334444", test=True)
    set_hold(ticket_id=lost.ticket.pk, on_hold=True, by=waiting.desk, now=waiting.now)
    assign(ticket_id=waiting.ticket.pk, user_id=agent_at_desk.user.pk, by=waiting.desk, now=waiting.now)
    by = {walked.ticket.reference: name for walked, name in ((waiting, "waiting"), (lost, "lost"), (tried, "tried"))}
    cases: list[tuple[dict[str, str], set[str]]] = [
        ({}, {"waiting", "lost"}),
        ({"test": "all"}, {"waiting", "lost", "tried"}),
        ({"status": "waiting"}, {"waiting"}),
        ({"status": "on_hold"}, {"lost"}),
        ({"stage": "scheduled"}, set()),
        ({"waiting_on": "onboarding"}, {"lost"}),
        ({"queue": "triage"}, {"lost"}),
        ({"bsp": "infobip"}, {"waiting"}),
        ({"bsp": "unknown"}, {"lost"}),
        ({"assignee": "nobody"}, {"lost"}),
        ({"assignee": str(agent_at_desk.user.pk)}, {"waiting"}),
        ({"test": "test"}, {"tried"}),
        ({"q": tried.ticket.reference}, {"tried"}),
    ]
    for query, expected in cases:
        assert {by[reference] for reference in _found(lead_at_desk, **query)} == expected, query
    assert {by[reference] for reference in _found(agent_at_desk, assignee="me")} == {"waiting"}


def test_overdue_is_what_waits_over_three_days(
    walk: Walker, lead_at_desk: Person, clock_at: Callable[[datetime], None], now: datetime
) -> None:
    walked = walk(Path.SCHEDULED)
    assert _found(lead_at_desk, overdue="yes") == []
    clock_at(now + timedelta(days=3, hours=1))
    assert _found(lead_at_desk, overdue="yes") == [walked.ticket.reference]
    walked.cancel()
    assert _found(lead_at_desk, overdue="yes") == []


@pytest.mark.parametrize(
    "wanted", ["PADÁRIA", "sol padaria", "ana@padariasol.example", "+55 (11) 98765-4321", "11 98765 4321", "102290129340398",
               "SOL-1", "987654321", "{reference}", "{end}"]
)  # fmt: skip
def test_search_finds_what_people_have_in_hand(wanted: str, walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.FILED)
    walk(Path.FILED, "+5511955556666", client={"name": "Outra Loja", "contact_email": "x@loja.example"},
         client_reference="LOJ-9", waba_id="102290129340777")  # fmt: skip
    reference = walked.ticket.reference
    words = wanted.format(reference=reference, end=reference[-6:].lower())
    assert _found(agent_at_desk, q=words) == [reference]


def test_the_number_of_queries_does_not_grow_with_the_list(walk: Walker, agent_at_desk: Person) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert agent_at_desk.get("tickets_ticket_changelist").status_code == 200
        return len(seen)

    first = walk(Path.FILED)
    assign(ticket_id=first.ticket.pk, user_id=agent_at_desk.user.pk, by=first.desk, now=first.now)
    agent_at_desk.get("tickets_ticket_changelist")
    one = queries()
    for last in range(8):
        other = walk(Path.FILED, f"+551195555000{last}")
        assign(ticket_id=other.ticket.pk, user_id=agent_at_desk.user.pk, by=other.desk, now=other.now)
    assert queries() == one <= 20


def test_nothing_can_be_done_in_bulk(walk: Walker, superuser: Person) -> None:
    walked = walk(Path.FILED)
    page = text_of(superuser.get("tickets_ticket_changelist"))
    assert "delete_selected" not in page
    answer = superuser.post(
        "tickets_ticket_changelist", action="delete_selected", _selected_action=walked.ticket.pk, post="yes"
    )
    assert answer.status_code == 405
    walked.fresh()


def test_the_order_is_the_same_every_time(walk: Walker, agent_at_desk: Person) -> None:
    for last in range(4):
        walk(Path.FILED, f"+551195555000{last}")
    answer = agent_at_desk.get("tickets_ticket_changelist")
    assert answer.context["cl"].queryset.query.order_by[-1] in {"-id", "-pk"}


def test_a_status_that_says_what_the_stage_says_is_said_once(walk: Walker, lead_at_desk: Person) -> None:
    walked = walk(Path.SCHEDULED)
    held = walk(Path.READY, "+5511933334444")
    set_hold(ticket_id=held.ticket.pk, on_hold=True, by=held.desk, now=held.now)
    listed = text_of(lead_at_desk.get("tickets_ticket_changelist"))
    cells = [re.sub(r"<[^>]+>|\s", "", cell) for cell in re.findall(r"<td[^>]*stage_label.*?</td>", listed, re.DOTALL)]
    assert sorted(cells) == ["ReadyOnhold", "Scheduled"]
    (badges,) = re.findall(r'<div class="pt-badges">(.*?)</div>', lead_at_desk.page(walked), re.DOTALL)
    assert badges.count("Scheduled") == 1
