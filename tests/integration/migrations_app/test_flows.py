"""Moves without a call from filing to the end, an agent's decision on the flow, and moves recorded by hand."""

import pytest
from django.db import IntegrityError, transaction

from config.core.errors import Forbidden, NotFound
from config.core.uow import IllegalTransition
from migrations_app.enums import ChaseState, Flow, NumberState, RequirementState
from migrations_app.models import Chase, MigrationCase, Notice, PinCall
from migrations_app.services import call_run, editing, flow_choice, move_recording
from migrations_app.services.call_run import NotReady
from migrations_app.services.flow_choice import ReasonForFlowNeeded
from migrations_app.services.messages import compose_notice
from tests.factories.forms import OTHER_NUMBER
from tests.factories.walks import Path, Walk, Walker

State = RequirementState


def decide(
    walk: Walk, flow: Flow | None, reason: str = "The client owns the account and wants all of it moved."
) -> None:
    flow_choice.choose_flow(ticket_id=walk.ticket.pk, flow=flow, reason=reason, by=walk.desk, now=walk.now)


def moved(walk: Walk, *positions: int) -> None:
    ids = [walk.number(position).pk for position in positions] or None
    move_recording.record_moved(ticket_id=walk.ticket.pk, number_ids=ids, by=walk.desk, now=walk.now)


def live(walk: Walk, *positions: int) -> None:
    ids = [walk.number(position).pk for position in positions] or None
    move_recording.record_live(ticket_id=walk.ticket.pk, number_ids=ids, by=walk.desk, now=walk.now)


def where(walk: Walk) -> tuple[str, str, str, str]:
    ticket = walk.fresh()
    return ticket.stage, ticket.status, ticket.waiting_on, ticket.next_action


@pytest.fixture
def switch(walk: Walker) -> Walk:
    """A WABA switch that is ready."""
    walked = walk(Path.FILED, moves="waba")
    walked.claim("open_conversations_ack")
    return walked


def test_a_waba_switch_skips_the_ladder_and_the_call(walk: Walker) -> None:
    walked = walk(Path.FILED, moves="waba")
    codes = {row.code for row in walked.case.requirements.all()}
    assert walked.case.flow == Flow.WABA_SWITCH
    assert not codes & {"two_step_disabled", "two_step_reenabled", "otp_channel", "otp_contact"}
    [chase] = Chase.objects.filter(case=walked.case)
    assert (chase.requirement_code, chase.ladder_slug) == ("open_conversations_ack", "requirements")
    assert where(walked) == ("requirements", "waiting", "client", "answer_requirements")
    walked.claim("open_conversations_ack")
    assert where(walked) == ("ready", "waiting", "client", "switch_waba")
    assert [notice.message for notice in walked.notices()] == ["move_instructions"]


def test_the_client_is_told_how_and_on_which_days_not(switch: Walk) -> None:
    notice = switch.notices()[0]
    notice.language = "en"
    message = compose_notice(notice, switch.ticket, switch.case, None, minutes=0)
    assert "not in the last three or the first four days of a month" in message.body
    assert "  - +5511987654321\n" in message.body
    assert message.recipient == "ana@padariasol.example"


def test_an_agent_records_the_move_and_then_that_it_works(switch: Walk) -> None:
    moved(switch)
    assert where(switch)[:3] == ("verifying", "in_progress", "onboarding")
    live(switch)
    number = switch.number()
    assert (number.state, number.live_at, number.billing_from) == ("live", switch.now, switch.now)
    assert not number.holding
    for code in ("send_receive_test", "templates_checked"):
        switch.decide(code, State.MET)
    assert where(switch)[:2] == ("closing", "resolved")
    assert "move_done" in [notice.message for notice in switch.notices()]
    changes = [event.data["new"] for event in switch.events() if event.type == "number.state_changed"]
    assert changes == ["registered", "live"]


def test_a_hosting_change_is_ours_to_make_and_the_client_gets_no_instructions(walk: Walker) -> None:
    walked = walk(Path.FILED, moves="hosting")
    assert where(walked) == ("ready", "open", "onboarding", "change_hosting")
    assert not Notice.objects.filter(case=walked.case).exists()


def test_numbers_of_one_case_are_recorded_one_by_one(walk: Walker) -> None:
    walked = walk(Path.FILED, "+5511987654321", OTHER_NUMBER, moves="waba")
    walked.claim("open_conversations_ack")
    moved(walked, 1)
    assert where(walked)[0] == "ready"
    moved(walked)
    assert [row.state for row in walked.numbers()] == ["registered", "registered"]
    live(walked, 2)
    assert [row.state for row in walked.numbers()] == ["registered", "live"]


def test_a_move_cannot_be_recorded_while_something_is_missing(walk: Walker) -> None:
    walked = walk(Path.FILED, moves="waba")
    with pytest.raises(NotReady) as refusal:
        moved(walked)
    assert refusal.value.extra["blocking"] == ["open_conversations_ack"]
    with pytest.raises(IllegalTransition):
        live(walked)
    assert walked.number().state == "pending"


def test_only_the_desk_records_moves_and_only_of_numbers_of_the_ticket(switch: Walk, walk: Walker) -> None:
    other = walk(Path.FILED, OTHER_NUMBER)
    with pytest.raises(Forbidden):
        move_recording.record_moved(ticket_id=switch.ticket.pk, by=switch.by, now=switch.now)
    with pytest.raises(NotFound):
        move_recording.record_moved(
            ticket_id=switch.ticket.pk, number_ids=[other.number().pk], by=switch.desk, now=switch.now
        )


def test_numbers_that_we_move_at_meta_are_not_recorded_by_hand(walk: Walker) -> None:
    in_call = walk(Path.IN_CALL)
    with pytest.raises(IllegalTransition):
        moved(in_call)
    assert in_call.number().state == "pending"


def test_numbers_moved_in_a_console_are_recorded_in_their_call(walk: Walker) -> None:
    walked = walk(Path.FILED, destination="chat-tonic-gupshup")
    for code in ("destination_account_ready", "wallet_funded", "two_step_disabled", "open_conversations_ack"):
        walked.claim(code)
    with pytest.raises(IllegalTransition):
        moved(walked)
    walked.book()
    walked.start_call()
    moved(walked)
    live(walked)
    assert walked.number().state == "live"
    assert PinCall.objects.get(ticket=walked.ticket).state == "finished"
    assert where(walked)[0] == "verifying"


def test_no_call_can_be_booked_where_none_is_needed(switch: Walk) -> None:
    for step in (switch.book, switch.hold):
        with pytest.raises(IllegalTransition) as refusal:
            step()
        assert refusal.value.extra == {"allowed": [], "blocking": []}
        assert "call" in refusal.value.detail


# An agent decides


def test_deciding_for_another_flow_stops_the_ladder_and_waives_what_is_not_needed(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    decide(walked, Flow.WABA_SWITCH)
    case = walked.case
    assert (case.flow, case.flow_decided_by) == (Flow.WABA_SWITCH, walked.desk.label)
    assert (walked.requirement("two_step_disabled").state, walked.requirement("two_step_disabled").reason) == (
        "waived",
        "not_needed",
    )
    assert walked.requirement("campaigns_paused").state == "unmet"
    assert walked.chase().state == ChaseState.STOPPED
    assert not [attempt for attempt in walked.attempts() if attempt.state == "planned"]
    event = next(event for event in walked.events() if event.data.get("flow"))
    assert (event.type, event.data["fields"], event.data["old_flow"]) == ("ticket.updated", ["flow"], "number_by_api")
    assert "owns the account" not in str([event.data for event in walked.events()])


def test_a_booked_call_that_is_not_needed_is_cancelled(walk: Walker) -> None:
    walked = walk(Path.SCHEDULED)
    decide(walked, Flow.HOSTING_CHANGE)
    assert PinCall.objects.get(ticket=walked.ticket).state == "cancelled"
    assert "pin_call.cancelled" in walked.event_types()
    assert where(walked)[3] == "change_hosting"


def test_deciding_back_asks_again_for_what_was_waived(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    decide(walked, Flow.WABA_SWITCH)
    decide(walked, None, "")
    assert (walked.case.flow, walked.case.flow_decided_by, walked.case.flow_reason) == (Flow.NUMBER_BY_API, "", "")
    assert walked.requirement("two_step_disabled").state == "unmet"
    assert walked.requirement("campaigns_paused").state == "waived"
    assert walked.chase().state == ChaseState.ACTIVE


def test_later_edits_of_the_form_do_not_undo_a_decision(walk: Walker) -> None:
    walked = walk(Path.FILED)
    decide(walked, Flow.WABA_SWITCH)
    for changes in ({"moves": "hosting"}, {"notes": "hello"}, {"destination": "embedded-signup"}):
        editing.edit_ticket(ticket_id=walked.ticket.pk, edit=editing.Edit(changes, None), by=walked.by, now=walked.now)
        assert walked.case.flow == Flow.WABA_SWITCH
    decide(walked, None)
    assert walked.case.flow == Flow.HOSTING_CHANGE


def test_a_decision_needs_the_desk_a_reason_and_an_open_ticket(walk: Walker) -> None:
    walked = walk(Path.FILED)
    with pytest.raises(ReasonForFlowNeeded):
        decide(walked, Flow.WABA_SWITCH, "  ")
    with pytest.raises(Forbidden):
        flow_choice.choose_flow(
            ticket_id=walked.ticket.pk, flow=Flow.WABA_SWITCH, reason="x", by=walked.by, now=walked.now
        )
    walked.cancel()
    with pytest.raises(IllegalTransition):
        decide(walked, Flow.WABA_SWITCH)


def test_a_number_that_meta_is_moving_keeps_its_flow(walk: Walker, meta: object) -> None:
    in_call = walk(Path.IN_CALL)
    in_call.ask_code()
    with pytest.raises(IllegalTransition) as refusal:
        decide(in_call, Flow.WABA_SWITCH)
    assert refusal.value.extra["numbers"] == [in_call.number().number]


def test_who_decided_and_why_stand_together(walk: Walker) -> None:
    rows = MigrationCase.objects.filter(ticket=walk(Path.FILED).ticket)
    for half in ({"flow_decided_by": "bea"}, {"flow_reason": "because"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**half)
    rows.update(flow_decided_by="bea", flow_reason="because")


def test_an_agent_may_decide_for_coexistence(walk: Walker) -> None:
    walked = walk(Path.FILED)
    decide(walked, Flow.BUSINESS_APP_COEXISTENCE)
    assert where(walked) == ("ready", "waiting", "client", "connect_app")


# What still blocks is named


def test_who_tries_too_early_is_told_what_blocks(walk: Walker) -> None:
    walked = walk(Path.FILED, waba_id="")
    with pytest.raises(IllegalTransition) as refusal:
        walked.book()
    assert refusal.value.extra == {"allowed": ["cancel"], "blocking": ["waba_id", "two_step_disabled"]}
    scheduled = walk(Path.SCHEDULED, OTHER_NUMBER)
    with pytest.raises(NotReady) as start:
        call_run.start_call(
            ticket_id=scheduled.ticket.pk, call_id=str(scheduled.current_call().uid), by=scheduled.desk,
            now=scheduled.now,
        )  # fmt: skip
    assert start.value.extra["blocking"] == start.value.extra["missing"] == ["open_conversations_ack"]


def test_all_life_without_a_call_keeps_numbers_free_of_meta(switch: Walk) -> None:
    moved(switch)
    assert switch.number().phone_number_id == ""
    assert NumberState(switch.number().state) is NumberState.REGISTERED
