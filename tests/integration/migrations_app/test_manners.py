"""Silence by promise, by a person, and for good; what the plan and the ticket say meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest

from config.core.actor import SYSTEM
from config.core.errors import NotFound
from config.core.uow import IllegalTransition
from migrations_app.enums import AttemptState, RequirementState
from migrations_app.models import Chase, ChaseAttempt
from migrations_app.services import manners, outreach
from providers.models import Bsp
from tests.factories.forms import NO_PHONE, OTHER_NUMBER
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import Party
from tickets.models import Ticket

CODE = "two_step_disabled"


def snooze(walked: Walk, days: float, *, reason: str = "On holiday", chase: Chase | None = None) -> datetime:
    until = walked.now + timedelta(days=days)
    manners.snooze(
        ticket_id=walked.ticket.pk,
        chase_id=(chase or walked.chase()).pk,
        until=until,
        reason=reason,
        said_by=Party.CLIENT,
        by=walked.desk,
        now=walked.now,
    )
    return until


def stop(walked: Walk, reason: str = "They are friends of the boss") -> None:
    manners.stop(ticket_id=walked.ticket.pk, chase_id=walked.chase().pk, reason=reason, by=walked.desk, now=walked.now)


def resume(walked: Walk) -> None:
    manners.resume(ticket_id=walked.ticket.pk, chase_id=walked.chase().pk, by=walked.desk, now=walked.now)


def planned(walked: Walk) -> list[ChaseAttempt]:
    return [attempt for attempt in walked.attempts() if attempt.state == AttemptState.PLANNED]


def climb_to_the_end(walked: Walk) -> None:
    while planned(walked):
        walked.now = walked.planned().due_at
        walked.send_all_due()


def exhaust(walked: Walk) -> None:
    climb_to_the_end(walked)
    ends = walked.chase().next_at
    assert ends is not None
    walked.now = ends
    assert outreach.escalate(walked.chase().pk, walked.ticket.pk, by=SYSTEM, now=walked.now)


# ------------------------------------------------------------------------------------------------------------ holidays


def test_a_holiday_of_the_clients_country_is_no_day_for_reminders(walk: Walker) -> None:
    """Asked on Thursday, 2 April 2026: Friday is a holiday in Brazil, and a working day in Ukraine."""
    walk.now = datetime(2026, 4, 2, 22, 30, tzinfo=UTC)
    sao_paulo = walk(Path.WAITING_TWO_STEP)
    kyiv = {"timezone": "Europe/Kyiv", "country": "UA"}
    walk.now = datetime(2026, 4, 2, 16, 30, tzinfo=UTC)
    in_kyiv = walk(Path.WAITING_TWO_STEP, OTHER_NUMBER, client=kyiv)
    assert sao_paulo.planned().due_at == datetime(2026, 4, 6, 20, 45, tzinfo=UTC)  # Monday evening
    assert in_kyiv.planned().due_at == datetime(2026, 4, 3, 14, 45, tzinfo=UTC)  # Friday evening


def test_a_bsp_is_written_to_in_the_hours_of_its_own_office(walk: Walker) -> None:
    bsp = Bsp.objects.get(slug="infobip")
    bsp.accepts_request_from, bsp.contact_email = "client_or_partner", "exit@infobip.example"
    bsp.office_timezone, bsp.office_country = "Europe/Zagreb", "HR"
    bsp.save()
    walked = walk(Path.FILED, waba_owner="old_bsp")
    walked.now = datetime(2026, 5, 1, 15, tzinfo=UTC)  # Friday noon in Sao Paulo; Labour Day in Croatia, too
    walked.send_all_due()
    letter = walked.planned()
    assert letter.recipient_party == Party.OLD_BSP
    assert letter.due_at == datetime(2026, 5, 4, 7, tzinfo=UTC)  # Monday, nine o'clock in Zagreb


def test_a_place_that_nobody_knows_stops_no_sweep(walk: Walker) -> None:
    walked = walk(Path.FILED)
    Ticket.objects.filter(pk=walked.ticket.pk).update(timezone="Mars/Olympus", country="??")
    walked.send_all_due()
    assert walked.planned().due_at > walked.now
    climb_to_the_end(walked)
    assert len(walked.attempts()) == 4


# ------------------------------------------------------------------------------------------------------------ promises


def test_the_plan_follows_the_promise_both_ways_but_not_before_the_ladders_own_time(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    own = walked.planned().due_at
    for days in (9, 16, 7):
        walked.ask_bsp(promised_for=walked.now + timedelta(days=days))
        assert walked.planned().due_at == walked.now + timedelta(days=days)
        assert walked.fresh().next_nudge_at == walked.planned().due_at
    walked.ask_bsp(promised_for=walked.now + timedelta(minutes=5))
    assert walked.planned().due_at == own


def test_a_promise_for_the_night_is_asked_about_in_the_morning(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    walked.ask_bsp(promised_for=datetime(2026, 3, 14, 2, 0, tzinfo=UTC))  # Friday, 11 at night in Sao Paulo
    assert walked.planned().due_at == datetime(2026, 3, 16, 12, 0, tzinfo=UTC)


def test_without_a_date_the_wait_of_the_rung_begins_anew(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    before = walked.planned().due_at
    walked.later(hours=20)
    walked.ask_bsp()
    assert walked.planned().due_at > before
    after = walked.planned().due_at
    walked.claim("open_conversations_ack")  # the case is settled once more
    assert walked.planned().due_at == after


def test_a_promise_that_is_taken_back_gives_the_ladder_its_own_time_again(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    own = walked.planned().due_at
    walked.ask_bsp(promised_for=walked.now + timedelta(days=30))
    walked.decide(CODE, RequirementState.UNMET)
    assert walked.planned().due_at == own


def test_somebody_asks_for_the_outcome_of_a_promise_made_after_the_ladder_had_ended(walk: Walker) -> None:
    walked = walk(Path.FILED, client=NO_PHONE)
    exhaust(walked)
    sent = len(walked.attempts())
    walked.now = walked.now.replace(hour=15)
    promised = walked.now + timedelta(days=7)
    walked.ask_bsp(promised_for=promised)
    assert walked.chase().state == "active"
    assert walked.planned().due_at == promised
    exhaust(walked)
    assert len(walked.attempts()) == sent + 1, "the same promise is asked about once, then a person has it again"
    walked.claim("open_conversations_ack")
    assert walked.chase().state == "exhausted"


def test_a_promise_after_an_answer_plans_the_question_for_its_outcome(walk: Walker) -> None:
    walked = walk(Path.READY)
    assert walked.chase().state == "answered"
    walked.decide(CODE, RequirementState.UNMET)
    Chase.objects.update(state="answered")
    ChaseAttempt.objects.filter(state=AttemptState.PLANNED).delete()
    promised = walked.now + timedelta(days=7)
    walked.ask_bsp(promised_for=promised)
    assert (walked.chase().state, walked.planned().due_at) == ("active", promised)


def test_an_answer_that_waits_for_its_judgement_is_not_talked_over(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    Chase.objects.update(state="answered", to_judge_since=walked.now, next_at=None)
    ChaseAttempt.objects.filter(state=AttemptState.PLANNED).delete()
    walked.ask_bsp(promised_for=walked.now + timedelta(days=7))
    assert planned(walked) == []


# -------------------------------------------------------------------------------------------------------------- snooze


def test_a_snooze_moves_the_plan_and_the_ticket_and_ends_by_itself(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    until = snooze(walked, 11)  # a Friday noon
    assert walked.planned().due_at == walked.chase().next_at == walked.fresh().next_nudge_at == until
    walked.now = until
    assert walked.send_all_due() == [AttemptState.SENT]
    assert walked.planned().due_at > until
    told = walked.events()
    assert [(event.data["said_by"], event.internal) for event in told if event.type == "chase.snoozed"] == [
        ("client", True)
    ]


def test_a_snooze_while_a_message_is_on_its_way_holds_the_next_one(walk: Walker) -> None:
    walked = walk(Path.FILED)
    ChaseAttempt.objects.update(state=AttemptState.SENDING, claimed_at=walked.now)
    until = snooze(walked, 11)
    outreach.mark_lost(ChaseAttempt, walked.attempts()[0].pk, by=SYSTEM, now=walked.later(minutes=5))
    assert walked.planned().due_at == until


def test_a_snooze_holds_the_escalation_too(walk: Walker) -> None:
    walked = walk(Path.FILED)
    climb_to_the_end(walked)
    until = snooze(walked, 30)
    ends = walked.chase().next_at
    assert ends is not None
    assert ends >= until
    resume(walked)
    again = walked.chase().next_at
    assert again is not None
    assert walked.now < again < until


def test_an_earlier_day_and_no_snooze_at_all_bring_the_plan_back(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    own = walked.planned().due_at
    snooze(walked, 30)
    earlier = snooze(walked, 7)
    assert walked.planned().due_at == earlier
    resume(walked)
    assert walked.planned().due_at == own
    assert walked.fresh().next_nudge_at == own
    with pytest.raises(IllegalTransition):
        resume(walked)


@pytest.mark.parametrize(
    ("days", "reason", "refusal"),
    [
        (5, "  ", manners.WhyMissing),
        (0, "x", manners.NotAhead),
        (-1, "x", manners.NotAhead),
        (400, "x", manners.NotAhead),
    ],
)
def test_a_snooze_needs_a_reason_and_a_day_to_come(
    walk: Walker, days: float, reason: str, refusal: type[Exception]
) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    with pytest.raises(refusal):
        snooze(walked, days, reason=reason)
    assert walked.chase().snoozed_until is None


# ------------------------------------------------------------------------------------------------------- stop and resume


def test_a_chase_stopped_for_good_stays_so_whatever_happens_on_the_ticket(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    with pytest.raises(manners.WhyMissing):
        stop(walked, " ")
    stop(walked)
    assert (walked.chase().state, walked.chase().stopped_by) == ("stopped", "bea")
    assert planned(walked) == []
    assert walked.fresh().next_nudge_at is None
    walked.claim()
    walked.decide(CODE, RequirementState.UNMET)
    walked.ask_bsp(promised_for=walked.now + timedelta(days=3))
    assert walked.chase().state == "stopped"
    assert planned(walked) == []
    with pytest.raises(IllegalTransition):
        stop(walked)
    with pytest.raises(IllegalTransition):
        snooze(walked, 3)
    stopped = [event for event in walked.events() if event.type == "chase.stopped"]
    assert [(event.data["reason"], event.internal) for event in stopped] == [("They are friends of the boss", True)]


def test_a_stopped_chase_goes_on_where_it_was(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    message = walked.planned().message
    stop(walked)
    walked.later(days=7)
    resume(walked)
    assert (walked.chase().state, walked.chase().stop_reason) == ("active", "")
    assert walked.planned().message == message
    assert walked.planned().due_at > walked.now
    assert "chase.resumed" in walked.event_types()


def test_a_chase_goes_on_only_if_something_is_still_open(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    stop(walked)
    walked.decide(CODE, RequirementState.MET)
    resume(walked)
    assert walked.chase().stopped_by == ""
    assert planned(walked) == []


def test_nobody_touches_the_chase_of_another_ticket(walk: Walker) -> None:
    mine, other = walk(Path.WAITING_TWO_STEP), walk(Path.WAITING_TWO_STEP, OTHER_NUMBER)
    with pytest.raises(NotFound):
        snooze(mine, 3, chase=other.chase())
    assert other.chase().snoozed_until is None
