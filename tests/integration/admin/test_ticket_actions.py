"""Every action calls one service; a refusal is told in words; a form from before somebody else's change does nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from config.core.actor import SYSTEM
from migrations_app.enums import AttemptState, PinCallState, RequirementState
from migrations_app.models import ChaseAttempt, PinCall
from migrations_app.services.outreach import mark_lost
from tests.factories.desk import Desk, make_agent
from tests.factories.forms import OTHER_NUMBER
from tests.factories.levels import clock_of, make_calendar, make_policy
from tests.factories.walks import CALL_IN, Path, Walker
from tests.integration.admin.conftest import Person, text_of
from tickets.enums import Priority, SlaMetric
from tickets.models import Comment, Event


def test_assigning_takes_agents_of_the_queue_only(walk: Walker, agent_at_desk: Person, desk: Desk) -> None:
    walked = walk(Path.FILED)
    agent_at_desk.do(walked, "assign", user=agent_at_desk.user.pk)
    assert walked.fresh().assignee_id == agent_at_desk.user.pk
    outsider = make_agent("otto", desk.triage)
    agent_at_desk.do(walked, "assign", user=outsider.pk)
    assert walked.fresh().assignee_id == agent_at_desk.user.pk
    agent_at_desk.do(walked, "assign", user="")
    assert walked.fresh().assignee_id is None


def test_moving_to_another_queue_needs_a_reason(walk: Walker, lead_at_desk: Person, desk: Desk) -> None:
    walked = walk(Path.FILED)
    lead_at_desk.do(walked, "reroute", queue=desk.triage.pk, reason="  ")
    assert walked.fresh().queue_id == desk.latam.pk
    lead_at_desk.do(walked, "reroute", queue=desk.triage.pk, reason="speaks Russian")
    assert walked.fresh().queue_id == desk.triage.pk
    assert Event.objects.filter(ticket_id=walked.ticket.pk, internal=True, data__note="speaks Russian").exists()


def test_an_agent_sets_the_priority_and_the_list_filters_by_it(
    walk: Walker, agent_at_desk: Person, now: datetime
) -> None:
    """Service levels follow: an urgent ticket gets the clocks of the policy for urgent ones."""
    calendar = make_calendar("Recife", "America/Recife", now=now)
    make_policy("Urgent", calendar, priorities=[Priority.URGENT], targets={SlaMetric.FIRST_RESPONSE: 60}, now=now)
    walked, other = walk(Path.FILED), walk(Path.FILED, OTHER_NUMBER)
    agent_at_desk.do(walked, "priority", priority="terribly")
    assert walked.fresh().priority == Priority.NORMAL
    agent_at_desk.do(walked, "priority", priority="urgent")
    assert walked.fresh().priority == Priority.URGENT
    assert clock_of(walked.ticket, SlaMetric.FIRST_RESPONSE).terms["policy"] == "Urgent"
    page = text_of(agent_at_desk.get("tickets_ticket_changelist", priority="urgent"))
    assert walked.ticket.reference in page
    assert other.ticket.reference not in page
    assert "Priority: Urgent." in agent_at_desk.page(walked)


def test_hold_cancel_reopen_reject_close(walk: Walker, agent_at_desk: Person, meta: Any) -> None:
    walked = walk(Path.FILED)
    agent_at_desk.do(walked, "hold")
    assert walked.fresh().on_hold
    agent_at_desk.do(walked, "unhold")
    assert not walked.fresh().on_hold
    agent_at_desk.do(walked, "cancel", reason="no_such_reason")
    assert walked.fresh().status == "waiting"
    agent_at_desk.do(walked, "cancel", reason="client_stayed")
    assert (walked.fresh().status, walked.ticket.cancel_reason) == ("cancelled", "client_stayed")
    agent_at_desk.do(walked, "reopen")
    assert walked.fresh().status == "waiting"
    agent_at_desk.do(walked, "reject", reason="Not your number")
    assert walked.fresh().status == "rejected"
    assert Comment.objects.get(ticket=walked.ticket).body == "Not your number"
    resolved = walk(Path.RESOLVED)
    agent_at_desk.do(resolved, "close")
    assert resolved.fresh().status == "closed"


def test_requirements_are_confirmed_waived_failed_and_opened_again(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.FILED)
    code = "open_conversations_ack"

    def decide(state: str, reason: str = "") -> str:
        agent_at_desk.do(walked, "decide", code=code, state=state, reason=reason)
        return walked.requirement(code).state

    assert decide("met") == RequirementState.MET
    assert decide("unmet") == RequirementState.MET
    assert decide("unmet", "the client wrote again") == RequirementState.UNMET
    assert decide("failed") == RequirementState.UNMET
    assert decide("failed", "the client refuses") == RequirementState.FAILED
    assert decide("waived", "told by phone") == RequirementState.WAIVED
    assert walked.requirement(code).decided_by == "bea"
    assert decide("claimed") == RequirementState.WAIVED


def test_a_decision_may_be_about_one_number(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.FILED, "+5511911110001", "+5511911110002")
    agent_at_desk.do(walked, "decide", code="two_step_disabled", state="met", number_id=walked.number(2).pk)
    assert walked.requirement("two_step_disabled", 1).state == RequirementState.UNMET
    assert walked.requirement("two_step_disabled", 2).state == RequirementState.MET


def test_asking_the_old_bsp_keeps_its_case_number_and_promise(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.FILED)
    agent_at_desk.do(
        walked, "requested", code="two_step_disabled", external_reference="INC-4", promised_for="2026-03-06"
    )
    row = walked.requirement("two_step_disabled", 1)
    assert (row.state, row.external_reference) == (RequirementState.REQUESTED, "INC-4")
    assert row.promised_for is not None
    assert row.promised_for.isoformat() == "2026-03-06T21:00:00+00:00"
    assert agent_at_desk.do(walked, "requested", code="two_step_disabled", promised_for="2026-13-77")


def test_identifiers_are_told_with_their_value(walk: Walker, agent_at_desk: Person, client_person: Person) -> None:
    walked = walk(Path.FILED, waba_id=None, business_manager_id=None)
    assert "10 to 20 digits" in client_person.do(walked, "claim", code="waba_id", value="12")
    client_person.do(walked, "claim", code="waba_id", value="102290129340398")
    agent_at_desk.do(walked, "claim", code="business_manager_id", value="506914307656634")
    assert (walked.case.waba_id, walked.case.business_manager_id) == ("102290129340398", "506914307656634")
    told_by = {code: walked.requirement(code).evidence or {} for code in ("waba_id", "business_manager_id")}
    assert told_by["waba_id"]["confirmed_by"] == "client"
    assert told_by["business_manager_id"]["confirmed_by"] == "onboarding"


def test_a_client_claims_what_it_did_but_not_what_is_the_desks(walk: Walker, client_person: Person) -> None:
    walked = walk(Path.FILED)
    client_person.do(walked, "claim", code="two_step_disabled", statement="done at nine")
    assert walked.requirement("two_step_disabled", 1).state == RequirementState.CLAIMED
    assert client_person.do(walked, "claim", code="send_receive_test")
    assert walked.requirement("send_receive_test").state == RequirementState.UNMET


@pytest.mark.parametrize(("verdict", "state"), [("arrived", AttemptState.SENT), ("lost", AttemptState.FAILED)])
def test_a_person_judges_a_message_of_unknown_outcome(
    verdict: str, state: AttemptState, walk: Walker, agent_at_desk: Person
) -> None:
    walked = walk(Path.FILED)
    attempt = walked.planned()
    ChaseAttempt.objects.filter(pk=attempt.pk).update(state="sending", claimed_at=walked.now)
    mark_lost(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.later(minutes=10))
    agent_at_desk.do(walked, "judge", attempt=attempt.pk, kind="chase", verdict=verdict)
    attempt.refresh_from_db()
    assert attempt.state == state
    assert agent_at_desk.do(walked, "judge", attempt=attempt.pk, kind="chase", verdict=verdict)
    other = walk(Path.FILED, "+5511911110001")
    assert agent_at_desk.do(other, "judge", attempt=attempt.pk, kind="chase", verdict="arrived")


def test_a_call_is_booked_moved_and_cancelled(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.READY)
    page = text_of(agent_at_desk.get("tickets_ticket_slots", walked.ticket.pk))
    start = (walked.now + CALL_IN).replace(minute=0)
    assert f'value="{start.isoformat()}"' in page
    agent_at_desk.do(walked, "book", start=start.isoformat())
    call = walked.current_call()
    assert (call.start, call.state) == (start, PinCallState.BOOKED)
    assert f'value="{call.uid}"' in text_of(
        agent_at_desk.get("tickets_ticket_slots", walked.ticket.pk, call=str(call.uid))
    )
    agent_at_desk.do(
        walked, "reschedule", call=str(call.uid), start=(start + timedelta(hours=1)).isoformat(), reason="Ana is ill"
    )
    call.refresh_from_db()
    assert (call.start, call.sequence) == (start + timedelta(hours=1), 1)
    agent_at_desk.do(walked, "cancel-call", call=str(call.uid), reason="Not before May")
    call.refresh_from_db()
    assert call.state == PinCallState.CANCELLED
    page = agent_at_desk.page(walked)
    assert "Why the call was moved: Ana is ill" in page
    assert "Why the call was cancelled: Not before May" in page


def test_slots_are_refused_in_words_while_something_blocks(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    assert agent_at_desk.get("tickets_ticket_slots", walked.ticket.pk).status_code == 302
    assert agent_at_desk.do(walked, "book", start=(walked.now + CALL_IN).isoformat())
    assert agent_at_desk.do(walked, "book", start="tomorrow") == "Choose a time."
    assert not PinCall.objects.exists()


def test_a_form_from_before_somebody_elses_change_does_nothing(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.FILED)
    old = walked.ticket.version
    walked.cancel()
    assert "Somebody changed this ticket" in agent_at_desk.do(walked, "reopen", version=old)
    assert walked.fresh().status == "cancelled"
    assert "Somebody changed" in agent_at_desk.do(walked, "reopen", version="")
    agent_at_desk.do(walked, "comment", body="still worth saying", version=old)
    assert Comment.objects.filter(body="still worth saying").exists()


def test_refusals_are_words_not_errors(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.FILED)
    for action, data in (
        ("close", {}),
        ("reopen", {}),
        ("decide", {"code": "nonsense", "state": "met"}),
        ("decide", {"code": "wallet_funded", "state": "met"}),
        ("claim", {"code": ""}),
        ("cancel-call", {"call": "nonsense", "reason": "none"}),
        ("cancel-call", {"call": "", "reason": ""}),
        ("reschedule", {"call": "", "start": "2026-03-03T15:00:00"}),
        ("judge", {"attempt": "9" * 30}),
        ("assign", {"user": "٣"}),
        ("reroute", {"queue": "999999", "reason": "x"}),
        ("comment", {"body": "   "}),
        ("comment", {"body": "x" * 6000}),
    ):
        said = agent_at_desk.do(walked, action, **data)
        assert said, action
    assert walked.fresh().status == "waiting"


def test_actions_want_a_post_and_a_known_name(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.FILED)
    assert agent_at_desk.get("tickets_ticket_do", walked.ticket.pk, "hold").status_code == 405
    assert agent_at_desk.post("tickets_ticket_do", walked.ticket.pk, "delete").status_code == 404
    assert not walked.fresh().on_hold


def test_actions_want_the_csrf_token(walk: Walker, agent_at_desk: Person) -> None:
    walked = walk(Path.FILED)
    agent_at_desk.web.handler.enforce_csrf_checks = True
    answer = agent_at_desk.post("tickets_ticket_do", walked.ticket.pk, "hold", version=walked.ticket.version)
    assert answer.status_code == 403
