"""Clocks of tickets on their way: what starts them, stands them still, meets them; policies and calendars that change."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from config.core.actor import OPERATOR, SYSTEM
from migrations_app.services import endings, intake
from migrations_app.services.desk import load_desk
from tests.factories.desk import DESTINATION_WABA, Desk
from tests.factories.forms import form
from tests.factories.levels import ANSWER_IN_AN_HOUR, clock_of, make_calendar, make_policy, published, retarget
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import ClockState, Priority, SlaMetric, Visibility
from tickets.models import Calendar, Event, SlaClock, SlaPolicy, Ticket
from tickets.selectors.service_levels import missed, near, outdated
from tickets.services.comments import post_comment
from tickets.services.routing import reroute
from tickets.services.service_levels import advance_clocks, forget_policy
from tickets.services.tickets import set_hold

ANSWER, TURN = SlaMetric.FIRST_RESPONSE, SlaMetric.REQUIREMENT_TURNAROUND
BOOKED, MOVED = SlaMetric.TIME_TO_SCHEDULE, SlaMetric.TIME_TO_MIGRATE
TUESDAY = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
"""Four working hours after the factories' Monday, three in the afternoon, by the desk's hours (9 to 18, UTC)."""


def states(ticket: Ticket) -> dict[str, str]:
    """What the ticket shows, metric by metric."""
    return {entry["metric"]: entry["state"] for entry in Ticket.objects.get(pk=ticket.pk).sla}


def say(walked: Walk, *, desk: bool, visibility: Visibility = Visibility.PUBLIC) -> None:
    by = walked.desk if desk else walked.by
    post_comment(ticket_id=walked.ticket.pk, body="words", visibility=visibility, by=by, now=walked.now)


def sweep(now: datetime) -> None:
    for ticket_id in {*missed(now=now, limit=500), *near(now=now, limit=500), *outdated(limit=500)}:
        advance_clocks(ticket_id=ticket_id, now=now)


def told(ticket: Ticket) -> list[tuple[str, Any, Any]]:
    rows = Event.objects.filter(ticket_id=ticket.pk, type__startswith="sla.").order_by("sequence")
    return [(row.type, row.data["metric"], row.data["cycle"]) for row in rows]


# What starts, pauses and meets them -------------------------------------------------------------------------------------


def test_filing_starts_the_answer_and_what_depends_on_others_waits_for_them(walk: Walker) -> None:
    ticket = walk(Path.FILED).ticket
    assert states(ticket) == {ANSWER: "running", BOOKED: "paused", MOVED: "paused"}
    assert clock_of(ticket, ANSWER).due_at == TUESDAY
    assert clock_of(ticket, ANSWER).terms["policy"] == "Standard"
    assert (ticket.sla_due_at, ticket.sla_breached) == (TUESDAY, False)


def test_a_draft_has_no_clock_until_it_is_submitted(walk: Walker) -> None:
    walked = walk(Path.DRAFT)
    say(walked, desk=False)
    assert not SlaClock.objects.exists()
    later = walked.later(hours=1)
    intake.submit_draft(ticket_id=walked.ticket.pk, by=walked.by, now=later)
    assert clock_of(walked.ticket, ANSWER).started_at == later


def test_each_step_of_a_migration_meets_its_own_clock(walk: Walker, meta: object) -> None:
    walked = walk(Path.RESOLVED)
    # Nobody said a word to the client in all that time.
    assert states(walked.ticket) == {ANSWER: "breached", BOOKED: "met", MOVED: "met"}
    booked, moved = clock_of(walked.ticket, BOOKED), clock_of(walked.ticket, MOVED)
    assert booked.met_at is not None
    assert moved.met_at is not None
    assert booked.met_at < moved.met_at
    assert walked.fresh().sla_due_at is None


def test_our_turn_is_a_new_cycle_each_time(walk: Walker, desk: Desk) -> None:
    walked = walk(Path.TRIAGE)
    assert states(walked.ticket)[TURN] == "running"
    for cycle, queue in enumerate([desk.latam, desk.triage, desk.latam], start=1):
        later = walked.later(hours=1)
        reroute(ticket_id=walked.ticket.pk, queue_id=queue.pk, reason="here", by=walked.desk, now=later)
        assert SlaClock.objects.filter(metric=TURN).count() == (cycle + 2) // 2
    assert [row.state for row in SlaClock.objects.filter(metric=TURN).order_by("cycle")] == ["met", "met"]


def test_the_desks_public_word_answers_and_the_clients_asks_anew(walk: Walker) -> None:
    walked = walk(Path.FILED)
    walked.later(minutes=5)
    say(walked, desk=True, visibility=Visibility.INTERNAL)
    post_comment(ticket_id=walked.ticket.pk, body="x", visibility=Visibility.PUBLIC, by=SYSTEM, now=walked.now)
    assert states(walked.ticket)[ANSWER] == "running"
    say(walked, desk=True)
    assert states(walked.ticket)[ANSWER] == "met"
    walked.later(hours=1)
    say(walked, desk=False)
    asked = walked.now
    walked.later(minutes=30)
    say(walked, desk=False)
    clock = clock_of(walked.ticket, ANSWER)
    assert (clock.cycle, clock.state, clock.started_at) == (2, "running", asked)


def test_an_answer_does_not_wait_for_anybody(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    assert walked.ticket.waiting_on == "client"
    set_hold(ticket_id=walked.ticket.pk, on_hold=True, by=walked.desk, now=walked.later(minutes=1))
    assert clock_of(walked.ticket, ANSWER).state == ClockState.RUNNING


def test_a_hold_stops_our_turn_and_lifting_it_goes_on(walk: Walker) -> None:
    walked = walk(Path.TRIAGE)
    for on_hold, state in ((True, "paused"), (False, "running")):
        set_hold(ticket_id=walked.ticket.pk, on_hold=on_hold, by=walked.desk, now=walked.later(hours=1))
        assert states(walked.ticket)[TURN] == state
    assert len(clock_of(walked.ticket, TURN).spans) == 2


def test_the_end_stops_what_is_open_and_a_reopened_ticket_gets_new_clocks(walk: Walker) -> None:
    walked = walk(Path.CANCELLED)
    assert states(walked.ticket) == {ANSWER: "stopped", BOOKED: "stopped", MOVED: "stopped"}
    assert not SlaClock.objects.filter(ended_at=None).exists()
    endings.reopen(ticket_id=walked.ticket.pk, by=walked.by, now=walked.later(hours=1))
    assert (clock_of(walked.ticket, BOOKED).cycle, states(walked.ticket)[BOOKED]) == (2, "paused")
    assert clock_of(walked.ticket, ANSWER).cycle == 1


def test_what_a_client_says_after_the_end_wants_an_answer(walk: Walker) -> None:
    walked = walk(Path.CANCELLED)
    walked.later(hours=1)
    say(walked, desk=False)
    assert states(walked.ticket)[ANSWER] == "running"
    assert walked.fresh().sla_due_at is not None


def test_a_move_without_a_call_has_no_clock_for_the_booking(walk: Walker) -> None:
    assert set(states(walk(Path.FILED, moves="hosting").ticket)) == {ANSWER, MOVED}


# The sweep --------------------------------------------------------------------------------------------------------------


def test_a_target_is_told_when_it_is_near_and_when_it_is_missed_once_each(walk: Walker) -> None:
    walked = walk(Path.FILED)
    sweep(walked.now)
    assert told(walked.ticket) == []
    for _beat in range(2):
        sweep(TUESDAY - timedelta(minutes=30))
    assert told(walked.ticket) == [("sla.warned", ANSWER, 1)]
    revision = walked.fresh().revision
    for _beat in range(2):
        sweep(TUESDAY + timedelta(seconds=5))
    assert told(walked.ticket)[1:] == [("sla.breached", ANSWER, 1)]
    ticket = walked.fresh()
    assert (ticket.sla_breached, ticket.sla_due_at, ticket.revision) == (True, TUESDAY, revision + 1)
    assert clock_of(ticket, ANSWER).breached_at == TUESDAY


def test_a_late_answer_leaves_the_miss_on_record_and_ends_the_clock(walk: Walker) -> None:
    walked = walk(Path.FILED)
    walked.now = TUESDAY + timedelta(minutes=1)
    say(walked, desk=True)
    assert told(walked.ticket) == [("sla.breached", ANSWER, 1)]
    clock = clock_of(walked.ticket, ANSWER)
    assert (clock.state, clock.met_at, walked.fresh().sla_due_at) == ("breached", walked.now, None)
    assert walked.ticket.sla_breached


def test_two_sweeps_at_once_tell_once(walk: Walker, at_once: Callable[[list[Callable[[], Any]]], list[Any]]) -> None:
    ticket = walk(Path.FILED).ticket
    now = TUESDAY + timedelta(minutes=1)
    found = at_once([lambda: advance_clocks(ticket_id=ticket.pk, now=now)] * 4)
    assert found == [None] * 4
    assert told(ticket) == [("sla.breached", ANSWER, 1)]


# Policies and calendars that change -------------------------------------------------------------------------------------


def test_a_changed_target_reaches_running_clocks_and_leaves_history_alone(walk: Walker, desk: Desk) -> None:
    policy = SlaPolicy.objects.get()
    walked, other = walk(Path.FILED), walk(Path.FILED, "+34600111222", client={"name": "Lua", "country": "BR"})
    walked.later(minutes=10)
    say(walked, desk=True)
    before = SlaClock.objects.filter(ticket=walked.ticket, metric=ANSWER).values().get()
    retarget(policy, {ANSWER: 9 * 60}, now=walked.now)
    sweep(walked.now)
    assert clock_of(other.ticket, ANSWER).due_at == TUESDAY + timedelta(hours=5)
    assert other.fresh().sla_due_at == TUESDAY + timedelta(hours=5)
    assert SlaClock.objects.filter(ticket=walked.ticket, metric=ANSWER).values().get() == before
    assert outdated(limit=9) == []


def test_a_changed_policy_keeps_the_pauses(walk: Walker) -> None:
    """Eight hours of a hold in the middle of our turn stay outside, whatever the target is."""
    walked = walk(Path.TRIAGE)
    set_hold(ticket_id=walked.ticket.pk, on_hold=True, by=walked.desk, now=walked.later(hours=1))
    set_hold(ticket_id=walked.ticket.pk, on_hold=False, by=walked.desk, now=walked.later(hours=24))
    spans = clock_of(walked.ticket, TURN).spans
    retarget(SlaPolicy.objects.get(), {TURN: 180}, now=walked.now)
    sweep(walked.now)
    clock = clock_of(walked.ticket, TURN)
    assert clock.spans == spans
    # An hour on Monday counts; on again on Tuesday at four, so that two hours are over at six.
    assert clock.due_at == datetime(2026, 3, 3, 18, 0, tzinfo=UTC)


def test_a_closed_day_moves_deadlines_once_it_is_saved(walk: Walker, now: datetime) -> None:
    ticket = walk(Path.FILED).ticket
    calendar = Calendar.objects.get()
    changed = published(calendar, now=now, closed=date(2026, 3, 3))
    assert changed.version == calendar.version + 1
    sweep(now)
    assert clock_of(ticket, ANSWER).due_at == TUESDAY + timedelta(days=1)
    assert published(changed, now=now).version == changed.version


def test_the_policy_of_the_queue_counts_and_follows_the_ticket(walk: Walker, desk: Desk, now: datetime) -> None:
    calendar = make_calendar("Recife", "America/Recife", now=now)
    make_policy("LATAM", calendar, queues=[desk.latam], targets=ANSWER_IN_AN_HOUR, now=now)
    walked = walk(Path.FILED)
    assert set(states(walked.ticket)) == {ANSWER}
    assert clock_of(walked.ticket, ANSWER).due_at == now + timedelta(hours=1)
    reroute(
        ticket_id=walked.ticket.pk, queue_id=desk.triage.pk, reason="?", by=walked.desk, now=walked.later(minutes=30)
    )
    clock = clock_of(walked.ticket, ANSWER)
    assert (clock.due_at, clock.terms["policy"], clock.started_at) == (TUESDAY, "Standard", now)
    assert states(walked.ticket)[TURN] == "running"


def test_a_policy_for_a_priority_takes_no_other(walk: Walker, now: datetime) -> None:
    calendar = make_calendar("Recife", "America/Recife", now=now)
    make_policy("Urgent", calendar, priorities=[Priority.URGENT], targets=ANSWER_IN_AN_HOUR, now=now)
    normal = walk(Path.FILED)
    filed = replace(form("+34600111222"), priority=Priority.URGENT)
    urgent = intake.file_ticket(organization=normal.ticket.organization, form=filed, by=normal.by, now=now)
    assert [clock_of(ticket, ANSWER).terms["policy"] for ticket in (normal.ticket, urgent)] == ["Standard", "Urgent"]


def test_clocks_stop_when_no_policy_has_a_target_for_them(walk: Walker, now: datetime) -> None:
    ticket = walk(Path.FILED).ticket
    SlaPolicy.objects.get().delete()
    forget_policy(by=OPERATOR, now=now)
    sweep(now)
    assert set(states(ticket).values()) == {"stopped"}
    assert walk(Path.FILED, "+34600111222").ticket.sla == []


def test_a_ticket_older_than_its_policy_is_not_asked_for_an_answer_it_had(walk: Walker, now: datetime) -> None:
    SlaPolicy.objects.all().delete()
    answered, silent = walk(Path.FILED), walk(Path.FILED, "+34600111222")
    say(answered, desk=True)
    make_policy("New", make_calendar("Recife", now=now), targets=ANSWER_IN_AN_HOUR, now=now)
    for walked in (answered, silent):
        walked.later(hours=1)
        walked.claim("waba_id", value="102290129340398")
    assert states(answered.ticket) == {}
    assert clock_of(silent.ticket, ANSWER).started_at == silent.now


def test_loading_the_desk_again_keeps_what_a_lead_has_made_of_it(desk: Desk, now: datetime) -> None:
    policy = SlaPolicy.objects.get()
    retarget(policy, {ANSWER: 15}, now=now)
    load_desk(by=OPERATOR, now=now, waba_id=DESTINATION_WABA)
    policy.refresh_from_db()
    assert (policy.version, policy.plan["targets"][ANSWER]) == (2, 15)
    assert Calendar.objects.get().version == 1


@pytest.mark.parametrize("metric", [ANSWER, TURN])
def test_a_ticket_has_one_open_clock_a_metric(walk: Walker, metric: SlaMetric) -> None:
    walk(Path.TRIAGE)
    open_now = SlaClock.objects.filter(ended_at=None).values_list("metric", flat=True)
    assert sorted(open_now) == sorted(set(open_now))
    assert metric in open_now
