"""Versions of the routing rules: a copy is edited, tested and made live; what is live or was stays as it is."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.core.actor import Actor
from config.core.errors import Invalid, NotFound
from migrations_app.services.routing_trials import Trial, try_version
from tests.factories.desk import Desk, actor_of, make_lead, make_rule
from tests.factories.walks import Path, Walker
from tickets.enums import RoutingState
from tickets.models import Queue, RoutingChange, RoutingVersion, Ticket
from tickets.selectors.routing import live_version, routing_of
from tickets.services.routing import reroute
from tickets.services.routing_versions import (
    NotADraft,
    NotTested,
    RuleDraft,
    copy_version,
    delete_draft,
    first_version,
    publish,
    remove_rule,
    save_rule,
)


class Lead:
    """Somebody who works on versions."""

    def __init__(self, by: Actor, now: datetime) -> None:
        self.by, self.now = by, now

    def copy(self, source: RoutingVersion | None = None) -> RoutingVersion:
        wanted = source or live_version()
        return copy_version(source_id=wanted.pk if wanted else None, note="more queues", by=self.by, now=self.now)

    def rule(self, version: RoutingVersion, name: str, queue: Queue, rule_id: int | None = None, **more: Any) -> int:
        rule = RuleDraft(name, more.pop("position", 1), queue.pk, more.pop("conditions", {}), **more)
        return save_rule(version_id=version.pk, rule_id=rule_id, rule=rule, by=self.by, now=self.now).pk

    def test(self, version: RoutingVersion, limit: int = 100) -> Trial:
        return try_version(version_id=version.pk, limit=limit, by=self.by, now=self.now)

    def publish(self, version: RoutingVersion) -> RoutingVersion:
        return publish(version_id=version.pk, by=self.by, now=self.now)


@pytest.fixture
def lead(desk: Desk, now: datetime) -> Lead:
    return Lead(actor_of(make_lead("leo")), now)


def live_rules() -> list[str]:
    return [rule.name for rule in routing_of(live_version()).rules]


def routed(ticket: Ticket, walk: Walker) -> dict[str, Any]:
    from tickets.models import Event  # noqa: PLC0415  (one place)

    event = Event.objects.filter(ticket_id=ticket.pk, type="ticket.routed").latest("id")
    return dict(event.data)


def test_a_tested_copy_goes_live_and_the_old_version_retires(lead: Lead, desk: Desk, walk: Walker) -> None:
    before = live_version()
    draft = lead.copy()
    lead.rule(draft, "Infobip first", desk.triage, conditions={"bsp": ["infobip"]})
    lead.test(draft)
    assert live_rules() == ["Latin America"]
    lead.publish(draft)
    assert live_rules() == ["Infobip first", "Latin America"]
    assert before is not None
    before.refresh_from_db()
    assert (before.state, before.retired_at, before.rules.count()) == ("retired", lead.now, 1)
    fresh = RoutingVersion.objects.get(pk=draft.pk)
    assert (fresh.state, fresh.published_by, fresh.published_at) == ("live", "leo", lead.now)
    ticket = walk(Path.FILED).ticket
    assert ticket.queue == desk.triage
    assert routed(ticket, walk) == {
        "queue": "triage", "old_queue": None, "reason": "rule", "rule": "Infobip first", "version": fresh.number,
    }  # fmt: skip


def test_what_was_not_tested_does_not_go_live(lead: Lead, desk: Desk) -> None:
    draft = lead.copy()
    with pytest.raises(NotTested):
        lead.publish(draft)
    assert RoutingVersion.objects.get(pk=draft.pk).state == RoutingState.DRAFT


@pytest.mark.parametrize("edit", ["add", "change", "rest", "remove"])
def test_an_edit_after_the_test_asks_for_another_test(lead: Lead, desk: Desk, edit: str) -> None:
    draft = lead.copy()
    rule = lead.rule(draft, "Two", desk.triage, conditions={"min_size": 2})
    lead.test(draft)
    if edit == "add":
        lead.rule(draft, "Three", desk.triage)
    elif edit == "remove":
        remove_rule(version_id=draft.pk, rule_id=rule, by=lead.by, now=lead.now)
    else:
        more: dict[str, Any] = {"active": False} if edit == "rest" else {"conditions": {"min_size": 3}}
        lead.rule(draft, "Two", desk.triage, rule_id=rule, **{"conditions": {"min_size": 2}, **more})
    with pytest.raises(NotTested):
        lead.publish(draft)
    lead.test(draft)
    lead.publish(draft)


def test_an_edit_that_is_taken_back_is_what_was_tested(lead: Lead, desk: Desk) -> None:
    draft = lead.copy()
    lead.test(draft)
    rule = lead.rule(draft, "Two", desk.triage)
    remove_rule(version_id=draft.pk, rule_id=rule, by=lead.by, now=lead.now)
    assert lead.publish(draft).number == draft.number


def test_a_draft_that_was_tested_against_another_live_version_is_tested_again(lead: Lead, desk: Desk) -> None:
    slow, quick = lead.copy(), lead.copy()
    lead.rule(quick, "Quick", desk.triage)
    lead.test(slow)
    lead.test(quick)
    lead.publish(quick)
    with pytest.raises(NotTested):
        lead.publish(slow)
    lead.test(slow)
    lead.publish(slow)
    assert live_rules() == ["Latin America"]


def test_going_back_is_a_copy_of_an_old_version(lead: Lead, desk: Desk) -> None:
    first = live_version()
    assert first is not None
    worse = lead.copy()
    lead.rule(worse, "Worse", desk.triage)
    lead.test(worse)
    lead.publish(worse)
    back = lead.copy(first)
    lead.test(back)
    lead.publish(back)
    assert (live_rules(), back.number, back.copied_from) == (["Latin America"], first.number + 2, first)
    with pytest.raises(NotADraft):
        publish(version_id=first.pk, by=lead.by, now=lead.now)


def test_rules_of_live_and_retired_versions_stay(lead: Lead, desk: Desk) -> None:
    live = live_version()
    assert live is not None
    rule = live.rules.get()
    for deed in (
        lambda: lead.rule(live, "New", desk.triage),
        lambda: lead.rule(live, "Latin America", desk.triage, rule_id=rule.pk),
        lambda: remove_rule(version_id=live.pk, rule_id=rule.pk, by=lead.by, now=lead.now),
        lambda: delete_draft(version_id=live.pk, by=lead.by, now=lead.now),
        lambda: lead.test(live),
    ):
        with pytest.raises(NotADraft):
            deed()
    assert live.rules.get().queue == desk.latam


def test_a_rule_that_could_not_be_judged_is_refused_with_its_place(lead: Lead, desk: Desk) -> None:
    draft = lead.copy()
    with pytest.raises(Invalid) as refusal:
        lead.rule(draft, "Odd", desk.triage, conditions={"colour": ["red"], "country": []})
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [
        ("#/conditions/colour", "unknown_condition"),
        ("#/conditions/country", "nothing_chosen"),
    ]
    with pytest.raises(Invalid):
        lead.rule(draft, "Latin America", desk.triage)
    with pytest.raises(NotFound):
        save_rule(version_id=draft.pk, rule_id=0, rule=RuleDraft("x", 1, desk.triage.pk, {}), by=lead.by, now=lead.now)
    with pytest.raises(NotFound):
        save_rule(version_id=draft.pk, rule_id=None, rule=RuleDraft("x", 1, 0, {}), by=lead.by, now=lead.now)


def test_a_rule_of_another_version_cannot_be_reached_through_a_draft(lead: Lead, desk: Desk) -> None:
    draft, live = lead.copy(), live_version()
    assert live is not None
    with pytest.raises(NotFound):
        remove_rule(version_id=draft.pk, rule_id=live.rules.get().pk, by=lead.by, now=lead.now)


def test_everything_done_with_a_version_is_on_record(lead: Lead, desk: Desk) -> None:
    draft = lead.copy()
    rule = lead.rule(draft, "Two", desk.triage, conditions={"min_size": 2})
    lead.rule(draft, "Two", desk.latam, rule_id=rule, conditions={"min_size": 2})
    lead.rule(draft, "Two", desk.latam, rule_id=rule, conditions={"min_size": 2})  # nothing changed
    remove_rule(version_id=draft.pk, rule_id=rule, by=lead.by, now=lead.now)
    lead.test(draft)
    lead.publish(draft)
    lines = list(RoutingChange.objects.filter(version_number=draft.number).order_by("id"))
    assert [line.deed for line in lines] == [
        "made", "rule_added", "rule_changed", "rule_removed", "tested", "published",
    ]  # fmt: skip
    assert {(line.actor_label, line.occurred_at) for line in lines} == {("leo", lead.now)}
    assert (lines[2].data["before"]["queue"], lines[2].data["after"]["queue"]) == ("triage", "latam")


def test_the_number_of_a_deleted_draft_is_not_given_again(lead: Lead, desk: Desk) -> None:
    draft = lead.copy()
    delete_draft(version_id=draft.pk, by=lead.by, now=lead.now)
    assert lead.copy().number == draft.number + 1
    assert RoutingChange.objects.filter(version_number=draft.number).count() == 2


def test_the_first_version_is_made_once(desk: Desk, lead: Lead) -> None:
    assert first_version(by=lead.by, now=lead.now) is None
    assert RoutingVersion.objects.filter(state="live").count() == 1


def test_a_desk_without_any_version_sends_everything_to_triage(desk: Desk, walk: Walker) -> None:
    RoutingVersion.objects.all().delete()
    ticket = walk(Path.FILED).ticket
    assert ticket.queue == desk.triage
    assert routed(ticket, walk)["version"] is None


# Tests against past tickets


def test_a_test_tells_where_each_ticket_would_go_and_changes_none(lead: Lead, desk: Desk, walk: Walker) -> None:
    big = walk(Path.FILED, "+5511987654001", "+5511987654002").ticket
    small = walk(Path.FILED, "+5511987654003").ticket
    lost = walk(Path.TRIAGE, "+5511987654004").ticket
    draft = lead.copy()
    lead.rule(draft, "Big ones", desk.triage, conditions={"min_size": 2})
    trial = lead.test(draft)
    found = {row.ticket.pk: (row.went_to, row.would_go_to, row.rule or row.reason) for row in trial.rows}
    assert found == {
        big.pk: ("latam", "triage", "Big ones"),
        small.pk: ("latam", "latam", "Latin America"),
        lost.pk: ("triage", "triage", "unknown_bsp"),
    }
    assert trial.moved == 1
    assert trial.queues == {"latam": (2, 1), "triage": (1, 2)}
    assert Ticket.objects.get(pk=big.pk).queue == desk.latam
    fresh = RoutingVersion.objects.get(pk=draft.pk)
    assert fresh.tested_result == {"tickets": 3, "moved": 1, "queues": {"latam": [2, 1], "triage": [1, 2]}}


def test_a_test_looks_at_live_tickets_of_the_last_ninety_days_newest_first(
    lead: Lead, desk: Desk, walk: Walker
) -> None:
    walk(Path.DRAFT, "+5511987654001")
    walk(Path.FILED, "+5511987654002", test=True)
    old = walk(Path.FILED, "+5511987654003").ticket
    Ticket.objects.filter(pk=old.pk).update(created_at=walk.now - timedelta(days=91))
    recent = [walk(Path.FILED, f"+551198765401{place}").ticket.pk for place in range(3)]
    draft = lead.copy()
    assert [row.ticket.pk for row in lead.test(draft).rows] == recent[::-1]
    assert [row.ticket.pk for row in lead.test(draft, limit=1).rows] == recent[-1:]


def test_a_ticket_that_was_moved_by_hand_counts_where_people_put_it(lead: Lead, desk: Desk, walk: Walker) -> None:
    walked = walk(Path.FILED)
    reroute(ticket_id=walked.ticket.pk, queue_id=desk.triage.pk, reason="a person knows", by=lead.by, now=lead.now)
    (row,) = lead.test(lead.copy()).rows
    assert (row.went_to, row.would_go_to, row.moves) == ("triage", "latam", True)


def test_a_test_costs_the_same_whatever_the_number_of_tickets(lead: Lead, desk: Desk, walk: Walker) -> None:
    draft = lead.copy()

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            lead.test(draft)
        return len(captured)

    walk(Path.FILED, "+5511987654001")
    few = cost()
    for place in range(5):
        walk(Path.FILED, f"+551198765401{place}")
    make_rule("Another", desk.triage, {"country": ["ES"]}, position=99, now=lead.now)
    assert cost() == few


# At the same moment


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_who_make_a_version_live_at_once_one_is_told_to_test_again(
    lead: Lead, desk: Desk, at_once: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    drafts = [lead.copy(), lead.copy()]
    for draft in drafts:
        lead.rule(draft, f"Of {draft.number}", desk.triage)
        lead.test(draft)
    results = at_once([lambda draft=draft: lead.publish(draft) for draft in drafts])  # type: ignore[misc]
    assert sorted(type(result).__name__ for result in results) == ["NotTested", "RoutingVersion"]
    assert RoutingVersion.objects.filter(state="live").count() == 1
