"""Moving numbers against the simulator over real HTTP: the happy path, refusals, lost answers, limits, and no secret kept."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core import serializers
from django.db import connection, models
from pytest_django import Settings

from config.core.actor import SYSTEM
from config.core.errors import Invalid, NotFound
from config.core.uow import IllegalTransition
from migrations_app.enums import NumberState, RequirementState
from migrations_app.models import NumberMove
from migrations_app.services import call_run, move_steps, moves, pins
from providers.models import Exchange, MetaAccount
from providers.services import exchanges
from tests.factories.forms import NUMBER, OTHER_NUMBER, number_answers
from tests.factories.servers import Meta
from tests.factories.walks import NEW_PIN, Path, Walk, Walker

pytestmark = pytest.mark.usefixtures("meta")
OLD_PIN = "135790"


@pytest.fixture
def in_call(walk: Walker) -> Walk:
    return walk(Path.IN_CALL)


def purposes() -> list[tuple[str, str]]:
    return list(Exchange.objects.filter(channel="meta").order_by("id").values_list("purpose", "state"))


def test_a_number_goes_live_step_by_step(in_call: Walk, meta: Meta) -> None:
    assert in_call.ask_code() == NumberState.CODE_REQUESTED
    number = in_call.number()
    assert number.phone_number_id == meta.at_destination(NUMBER)[0]
    assert number.code_requested_at == in_call.now
    assert in_call.requirement("two_step_disabled").state == RequirementState.MET
    assert "meta_accepted_migration" in in_call.evidence("two_step_disabled")
    assert in_call.verify() == NumberState.CODE_VERIFIED
    assert in_call.register() == NumberState.LIVE
    number = in_call.number()
    assert (number.live_at, number.billing_from, number.busy_since, number.holding) == (
        in_call.now,
        in_call.now,
        None,
        False,
    )
    assert meta.is_connected_here(NUMBER)
    assert purposes() == [
        ("meta.start", "sent"),
        ("meta.request_code", "sent"),
        ("meta.verify_code", "sent"),
        ("meta.register", "sent"),
        ("meta.read", "sent"),
        ("meta.read", "sent"),
    ]
    states = [e.data["new"] for e in in_call.events() if e.type == "number.state_changed"]
    assert states == ["initiated", "code_requested", "code_verified", "registered", "live"]


def test_the_last_live_number_ends_the_call_and_asks_for_the_test(in_call: Walk) -> None:
    in_call.move()
    assert in_call.call is not None
    in_call.call.refresh_from_db()
    assert in_call.call.state == "finished"
    assert (in_call.fresh().stage, in_call.ticket.status, in_call.ticket.waiting_on) == (
        "verifying",
        "in_progress",
        "onboarding",
    )


def test_numbers_move_one_after_another_and_live_ones_go_on_alone(walk: Walker) -> None:
    walked = walk(Path.IN_CALL, NUMBER, OTHER_NUMBER)
    walked.move(1)
    assert [number.state for number in walked.numbers()] == ["live", "pending"]
    assert walked.fresh().stage == "in_call"
    walked.finish_call()
    assert walked.fresh().stage == "ready"
    moves.skip(number_id=walked.number(2).pk, reason="client keeps it", by=walked.desk, now=walked.now)
    assert (walked.fresh().stage, walked.number(2).state, walked.number(2).holding) == ("verifying", "skipped", False)


@pytest.mark.parametrize("where", ["requirements", "scheduled"])
def test_leaving_out_the_last_number_ends_the_moving_wherever_the_case_stands(walk: Walker, where: str) -> None:
    walked = walk(Path.IN_CALL, NUMBER, OTHER_NUMBER)
    walked.move(1)
    walked.finish_call()
    if where == "scheduled":
        walked.book((walked.now + timedelta(days=1)).replace(minute=0))
    else:
        walked.decide("otp_channel", RequirementState.UNMET, number_id=walked.number(2).pk)
    assert walked.fresh().stage == where
    moves.skip(number_id=walked.number(2).pk, reason="client keeps it", by=walked.desk, now=walked.now)
    assert walked.fresh().stage == "verifying"


def test_a_case_without_a_test_at_the_end_is_resolved_with_its_last_number(in_call: Walk) -> None:
    in_call.decide("send_receive_test", RequirementState.WAIVED, reason="The client tests by itself.")
    in_call.move()
    assert (in_call.fresh().stage, in_call.ticket.status) == ("closing", "resolved")


@pytest.mark.parametrize("method", ["sms", "voice"])
def test_the_code_comes_by_the_numbers_own_method_in_its_holders_language(
    walk: Walker, meta: Meta, method: str
) -> None:
    walked = walk(Path.IN_CALL, number_answers(otp_method=method))
    walked.ask_code()
    assert meta.server.world.line(NUMBER.lstrip("+")).inbox[-1].method == method.upper()


def test_a_code_that_never_arrives_by_text_can_be_asked_for_by_voice(in_call: Walk, meta: Meta) -> None:
    in_call.ask_code()
    assert in_call.ask_code(voice=True) == NumberState.CODE_REQUESTED
    assert [m.method for m in meta.server.world.line(NUMBER.lstrip("+")).inbox] == ["SMS", "VOICE"]


def test_a_wrong_code_can_be_typed_again(in_call: Walk, meta: Meta) -> None:
    in_call.ask_code()
    wrong = f"{(int(meta.code_for(NUMBER)) + 1) % 1_000_000:06d}"
    with pytest.raises(move_steps.MetaSaidNo) as refusal:
        in_call.verify(wrong)
    assert refusal.value.extra["key"] == "code_incorrect"
    assert wrong not in str(refusal.value)
    number = in_call.number()
    assert (number.state, number.busy_since, (number.last_error or {})["key"]) == (
        "code_requested",
        None,
        "code_incorrect",
    )
    assert in_call.verify() == NumberState.CODE_VERIFIED
    assert in_call.number().last_error is None


def test_a_code_that_is_too_old_is_asked_for_anew(in_call: Walk) -> None:
    in_call.ask_code()
    in_call.later(minutes=11)
    with pytest.raises(move_steps.MetaSaidNo) as refusal:
        in_call.verify()
    assert refusal.value.extra["key"] == "code_expired"
    assert in_call.ask_code() == NumberState.CODE_REQUESTED
    assert in_call.verify() == NumberState.CODE_VERIFIED


@pytest.mark.parametrize("given", ["12345", "1234567", "12345a", "", "１２３４５６"])
def test_what_is_no_code_never_leaves_and_blocks_nothing(in_call: Walk, given: str) -> None:
    in_call.ask_code()
    before = purposes()
    with pytest.raises(Invalid) as refusal:
        moves.verify(number_id=in_call.number().pk, code=given, by=in_call.desk, now=in_call.now)
    assert [error.pointer for error in refusal.value.errors] == ["#/code"]
    assert not given or given not in str(refusal.value.errors)
    assert purposes() == before
    assert in_call.number().busy_since is None
    assert in_call.verify() == NumberState.CODE_VERIFIED
    with pytest.raises(Invalid):
        in_call.register(given)
    assert in_call.register() == NumberState.LIVE


def test_two_step_still_on_opens_the_requirement_and_the_chase_again(in_call: Walk, meta: Meta) -> None:
    meta.protect(NUMBER)
    with pytest.raises(move_steps.MetaSaidNo) as refusal:
        in_call.ask_code()
    assert refusal.value.extra["key"] == "two_step_enabled"
    row = in_call.requirement("two_step_disabled")
    assert (row.state, row.evidence) == (RequirementState.UNMET, None)
    assert in_call.chase().state == "active"
    # The call waits for it: what comes next leaves now, once, and not in a day.
    assert (in_call.planned().message, in_call.planned().due_at) == ("two_step_letter", in_call.now)
    in_call.send_all_due()
    assert [a.message for a in in_call.attempts() if a.state == "sent"][-1] == "two_step_letter"
    assert in_call.planned().due_at > in_call.now
    in_call.finish_call()
    assert (in_call.fresh().stage, in_call.ticket.waiting_on) == ("requirements", "client")
    meta.unprotect(NUMBER)
    in_call.claim()
    in_call.book((in_call.now + timedelta(days=1)).replace(minute=0))
    in_call.start_call()
    in_call.move()
    assert in_call.number().state == NumberState.LIVE


def test_a_pin_that_meta_does_not_take_means_that_two_step_is_on(in_call: Walk, meta: Meta) -> None:
    in_call.ask_code()
    in_call.verify()
    meta.protect(NUMBER, pin=OLD_PIN)
    with pytest.raises(move_steps.MetaSaidNo) as refusal:
        in_call.register("602917")
    assert refusal.value.extra["key"] == "pin_incorrect"
    assert in_call.requirement("two_step_disabled").state == RequirementState.UNMET
    # The ownership stays proven: the next call needs no second code.
    assert in_call.number().state == NumberState.CODE_VERIFIED


def test_after_three_codes_the_number_rests_for_eight_hours(in_call: Walk, meta: Meta) -> None:
    for _ in range(3):
        in_call.ask_code()
    with pytest.raises(move_steps.CoolingDown) as refusal:
        in_call.ask_code()
    until = in_call.now + timedelta(hours=8)
    assert refusal.value.extra == {"until": until.isoformat()}
    assert meta.codes_sent_to(NUMBER) == 3
    number = in_call.number()
    assert (number.state, number.cool_down_until) == ("cooling_down", until)
    in_call.finish_call()
    assert (in_call.fresh().stage, in_call.ticket.waiting_on, in_call.ticket.next_action) == (
        "ready",
        "meta",
        "wait_for_cool_down",
    )
    assert not moves.end_cool_down(number_id=number.pk, by=SYSTEM, now=in_call.later(hours=7, minutes=59))
    assert moves.end_cool_down(number_id=number.pk, by=SYSTEM, now=in_call.later(minutes=1))
    assert not moves.end_cool_down(number_id=number.pk, by=SYSTEM, now=in_call.now)
    assert (in_call.number().state, in_call.number().cool_down_until) == ("initiated", None)
    assert in_call.fresh().waiting_on == "client"


def test_the_rest_counts_from_the_last_code_and_not_from_the_click_too_many(in_call: Walk) -> None:
    for _ in range(3):
        in_call.ask_code()
        in_call.later(minutes=20)
    last = in_call.now - timedelta(minutes=20)
    with pytest.raises(move_steps.CoolingDown) as refusal:
        in_call.ask_code()
    assert refusal.value.extra == {"until": (last + timedelta(hours=8)).isoformat()}
    assert in_call.number().cool_down_until == last + timedelta(hours=8)


def test_requests_that_never_left_are_no_attempts(in_call: Walk, meta: Meta, settings: Settings) -> None:
    in_call.ask_code()
    settings.META_BASE_URL = "http://127.0.0.1:1"
    for _ in range(5):
        with pytest.raises(move_steps.NoAnswer):
            in_call.ask_code()
    settings.META_BASE_URL = meta.base_url
    assert in_call.ask_code() == NumberState.CODE_REQUESTED


def test_registrations_come_free_one_by_one_as_the_window_moves(in_call: Walk, meta: Meta) -> None:
    in_call.ask_code()
    in_call.verify()
    first = in_call.now
    meta.fault("register", error_key="registration_failed", times=10)
    for place in range(10):
        with pytest.raises(move_steps.MetaSaidNo):
            in_call.register()
        in_call.later(hours=1 if place == 0 else 0)
    with pytest.raises(move_steps.CoolingDown) as refusal:
        in_call.register()
    assert refusal.value.extra == {"until": (first + timedelta(hours=72)).isoformat()}


def test_metas_own_limit_on_codes_is_kept_too(in_call: Walk, meta: Meta) -> None:
    meta.fault("request_code", error_key="too_many_codes")
    with pytest.raises(move_steps.MetaSaidNo):
        in_call.ask_code()
    number = in_call.number()
    assert number.state == NumberState.COOLING_DOWN
    assert number.cool_down_until is not None
    assert number.cool_down_until > in_call.now


def test_an_expired_code_leaves_the_number_ready_for_another_one(in_call: Walk, meta: Meta) -> None:
    in_call.ask_code()
    in_call.later(minutes=11)
    with pytest.raises(move_steps.MetaSaidNo):
        in_call.verify()
    assert in_call.number().state == NumberState.CODE_REQUESTED
    assert (in_call.number().last_error or {})["key"] == "code_expired"
    in_call.ask_code()
    in_call.verify()
    assert in_call.number().state == NumberState.CODE_VERIFIED


def test_a_failed_number_rests_too_when_the_limit_is_reached(in_call: Walk, meta: Meta) -> None:
    for _ in range(3):
        in_call.ask_code()
    meta.fault("verify_code", error_key="not_being_migrated")
    with pytest.raises(move_steps.MetaSaidNo):
        in_call.verify()
    assert in_call.number().state == NumberState.FAILED
    with pytest.raises(move_steps.CoolingDown):
        in_call.ask_code()
    assert in_call.number().state == NumberState.COOLING_DOWN


def test_after_ten_registrations_we_stop_before_meta_does(in_call: Walk, meta: Meta) -> None:
    in_call.ask_code()
    in_call.verify()
    meta.fault("register", error_key="registration_failed", times=10)
    for _ in range(10):
        with pytest.raises(move_steps.MetaSaidNo):
            in_call.register()
    with pytest.raises(move_steps.CoolingDown) as refusal:
        in_call.register()
    assert refusal.value.extra == {"until": (in_call.now + timedelta(hours=72)).isoformat()}
    assert Exchange.objects.filter(purpose="meta.register").count() == 10
    moves.end_cool_down(number_id=in_call.number().pk, by=SYSTEM, now=in_call.later(hours=72))
    assert in_call.number().state == NumberState.CODE_VERIFIED


# Lost answers


def test_a_lost_answer_to_the_start_is_found_by_reading(in_call: Walk, meta: Meta) -> None:
    meta.fault("start_migration", drop="after")
    assert in_call.ask_code() == NumberState.CODE_REQUESTED
    assert len(meta.at_destination(NUMBER)) == 1
    assert purposes()[:3] == [("meta.start", "unknown"), ("meta.read", "sent"), ("meta.request_code", "sent")]


def test_a_lost_start_can_be_repeated(in_call: Walk, meta: Meta) -> None:
    meta.fault("start_migration", drop="before")
    with pytest.raises(move_steps.NoAnswer):
        in_call.ask_code()
    assert (in_call.number().state, in_call.number().busy_since) == ("pending", None)
    assert in_call.ask_code() == NumberState.CODE_REQUESTED


def test_a_lost_answer_to_the_code_request_counts_as_asked(in_call: Walk, meta: Meta) -> None:
    meta.fault("request_code", drop="after")
    assert in_call.ask_code() == NumberState.CODE_REQUESTED
    assert in_call.verify() == NumberState.CODE_VERIFIED


def test_a_lost_answer_to_the_code_is_found_by_reading(in_call: Walk, meta: Meta) -> None:
    in_call.ask_code()
    meta.fault("verify_code", drop="after")
    assert in_call.verify() == NumberState.CODE_VERIFIED


def test_a_lost_code_can_be_given_again(in_call: Walk, meta: Meta) -> None:
    in_call.ask_code()
    meta.fault("verify_code", drop="before")
    with pytest.raises(move_steps.NoAnswer):
        in_call.verify()
    assert (in_call.number().state, in_call.number().last_error) == ("code_requested", {"key": "unanswered"})
    assert in_call.verify() == NumberState.CODE_VERIFIED


def test_a_lost_answer_to_the_registration_is_found_by_reading(in_call: Walk, meta: Meta) -> None:
    in_call.ask_code()
    in_call.verify()
    meta.fault("register", drop="after")
    assert in_call.register() == NumberState.LIVE
    assert Exchange.objects.filter(purpose="meta.register").count() == 1


def test_a_lost_registration_can_be_repeated(in_call: Walk, meta: Meta) -> None:
    in_call.ask_code()
    in_call.verify()
    meta.fault("register", drop="before")
    with pytest.raises(move_steps.NoAnswer):
        in_call.register()
    assert not meta.is_connected_here(NUMBER)
    assert in_call.register() == NumberState.LIVE


def test_a_registered_number_that_meta_does_not_show_yet_waits_for_us_and_needs_no_call(
    in_call: Walk, meta: Meta
) -> None:
    in_call.ask_code()
    in_call.verify()
    meta.fault("number_facts", drop="after")
    assert in_call.register() == NumberState.REGISTERED
    in_call.finish_call()
    assert (in_call.fresh().stage, in_call.ticket.waiting_on) == ("verifying", "onboarding")
    assert "slot_invitation" not in [n.message for n in in_call.notices() if n.created_at == in_call.now]
    assert moves.check_live(number_id=in_call.number().pk, by=in_call.desk, now=in_call.now) == NumberState.LIVE


def dies(step: Callable[[], object]) -> None:
    """A step whose process was killed while Meta answered: the call is made, and nothing is recorded after it."""
    with pytest.MonkeyPatch.context() as patch:

        def killed(*_parts: object, **_named: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(exchanges, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            step()


def test_a_process_that_dies_while_it_registers_leaves_a_verified_number_and_no_second_code_is_needed(
    in_call: Walk, meta: Meta
) -> None:
    in_call.ask_code()
    in_call.verify()
    dies(lambda: in_call.register("629174"))
    assert (in_call.number().state, in_call.number().pin_set_at) == (NumberState.CODE_VERIFIED, None)
    assert meta.is_connected_here(NUMBER)
    in_call.later(seconds=91)
    assert in_call.register("903718") == NumberState.LIVE
    line = meta.server.world.line(NUMBER.lstrip("+"))
    assert (line.pin_fits("629174"), line.pin_fits("903718")) == (False, True)
    assert meta.codes_sent_to(NUMBER) == 1
    assert [name for name, _state in purposes()].count("meta.register") == 1
    assert in_call.requirement("two_step_disabled").state == RequirementState.MET
    assert in_call.number().pin_set_at == in_call.now
    # It is seen off like any other: what is found at the destination before it counts as live.
    assert in_call.requirement("two_step_reenabled").state == RequirementState.MET


@pytest.mark.parametrize("fault", [{"error_key": "pin_too_fast"}, {"drop": "before"}])
def test_a_number_that_was_registered_unheard_is_live_though_meta_does_not_take_the_new_pin(
    in_call: Walk, meta: Meta, fault: dict[str, str]
) -> None:
    in_call.ask_code()
    in_call.verify()
    dies(in_call.register)
    in_call.later(seconds=91)
    meta.fault("set_pin", **fault)
    with pytest.raises(pins.PinNotSet if "error_key" in fault else move_steps.NoAnswer):
        in_call.register("903718")
    assert in_call.number().state == NumberState.LIVE
    pins.set_pin(number_id=in_call.number().pk, pin="903718", by=in_call.desk, now=in_call.now)
    assert meta.server.world.line(NUMBER.lstrip("+")).pin_fits("903718")


def test_a_code_that_was_used_up_unheard_is_found_by_reading(in_call: Walk, meta: Meta) -> None:
    in_call.ask_code()
    code = meta.code_for(NUMBER)
    dies(in_call.verify)
    in_call.later(seconds=91)
    assert in_call.verify(code) == NumberState.CODE_VERIFIED
    assert meta.codes_sent_to(NUMBER) == 1


def test_a_slow_answer_counts_as_none(in_call: Walk, meta: Meta, settings: Settings) -> None:
    settings.META_TIMEOUT_SECONDS = 0.3
    in_call.ask_code()
    meta.fault("verify_code", delay_seconds=0.8)
    assert in_call.verify() == NumberState.CODE_VERIFIED


def test_a_meta_that_cannot_be_reached_changes_nothing(in_call: Walk, settings: Settings) -> None:
    settings.META_BASE_URL = "http://127.0.0.1:1"
    with pytest.raises(move_steps.NoAnswer):
        in_call.ask_code()
    assert (in_call.number().state, in_call.number().busy_since) == ("pending", None)
    assert purposes() == [("meta.start", "failed")]


# Who may do what, and when


def test_a_second_click_finds_the_number_busy_and_a_dead_claim_does_not_last(in_call: Walk) -> None:
    NumberMove.objects.update(busy_since=in_call.now)
    for step in STEPS.values():
        with pytest.raises(move_steps.AnotherStepRuns):
            step(in_call)
    assert purposes() == []
    in_call.later(seconds=91)
    assert in_call.ask_code() == NumberState.CODE_REQUESTED


def test_a_step_says_who_takes_it_and_how_the_code_goes(in_call: Walk) -> None:
    in_call.ask_code(voice=True)
    number = in_call.number()
    assert (number.steps, number.busy_by, number.busy_with, number.code_method) == (
        1,
        in_call.desk.label,
        "ask",
        "voice",
    )


def test_a_form_made_before_the_last_step_does_nothing(in_call: Walk, meta: Meta) -> None:
    number, by, now = in_call.number(), in_call.desk, in_call.now
    moves.ask_for_code(number_id=number.pk, voice=None, seen=number.steps, by=by, now=now)
    with pytest.raises(move_steps.Overtaken):
        moves.ask_for_code(number_id=number.pk, voice=None, seen=number.steps, by=by, now=now)
    assert meta.codes_sent_to(NUMBER) == 1
    with pytest.raises(move_steps.Overtaken):
        moves.verify(number_id=number.pk, code="123456", seen=number.steps, by=by, now=now)
    with pytest.raises(move_steps.Overtaken):
        moves.register(number_id=number.pk, pin=NEW_PIN, seen=number.steps, by=by, now=now)
    assert [name for name, _state in purposes()] == ["meta.start", "meta.request_code"]


STEPS: dict[str, Callable[[Walk], object]] = {
    "ask": lambda w: w.ask_code(),
    "verify": lambda w: w.verify("123456"),
    "register": lambda w: w.register(),
}
REACH: dict[str, Callable[[Walk], object]] = {
    "pending": lambda _w: None,
    "code_requested": lambda w: w.ask_code(),
    "code_verified": lambda w: (w.ask_code(), w.verify()),
    "live": lambda w: w.move(),
}
POSSIBLE = {("ask", "pending"), ("ask", "code_requested"), ("verify", "code_requested"), ("register", "code_verified")}


@pytest.mark.parametrize("state", REACH)
def test_every_step_in_every_state_that_does_not_allow_it(walk: Walker, subtests: pytest.Subtests, state: str) -> None:
    walked = walk(Path.IN_CALL, NUMBER, OTHER_NUMBER)  # the second number keeps the call open
    REACH[state](walked)
    before = purposes()
    for step in (step for step in STEPS if (step, state) not in POSSIBLE):
        with subtests.test(step=step):
            with pytest.raises(IllegalTransition):
                STEPS[step](walked)
            assert walked.number().state == state
            assert purposes() == before


@pytest.mark.parametrize("path", [Path.READY, Path.SCHEDULED, Path.CANCELLED, Path.LIVE])
def test_no_step_is_taken_outside_a_call(walk: Walker, subtests: pytest.Subtests, path: Path) -> None:
    walked = walk(path)
    for name, step in STEPS.items():
        with subtests.test(step=name), pytest.raises(move_steps.NotInCall):
            step(walked)


def test_cancelling_in_the_call_ends_it(in_call: Walk) -> None:
    in_call.cancel()
    assert in_call.call is not None
    in_call.call.refresh_from_db()
    assert in_call.call.state == "finished"
    with pytest.raises(move_steps.NotInCall):
        in_call.ask_code()


def test_where_others_execute_we_call_nobody(in_call: Walk) -> None:
    case = in_call.case
    case.playbook_copy["execution"] = "provider_console"
    case.save(update_fields=["playbook_copy"])
    with pytest.raises(move_steps.NotInCall):
        in_call.ask_code()
    assert purposes() == []


def test_a_destination_without_account_cannot_be_moved_to(in_call: Walk) -> None:
    MetaAccount.objects.update(waba_id="")
    with pytest.raises(move_steps.NotInCall):
        in_call.ask_code()
    assert in_call.number().busy_since is None


def test_a_number_that_does_not_exist(in_call: Walk) -> None:
    for act in (
        lambda: moves.ask_for_code(number_id=0, voice=None, by=in_call.desk, now=in_call.now),
        lambda: moves.verify(number_id=0, code="123456", by=in_call.desk, now=in_call.now),
        lambda: moves.register(number_id=0, pin=NEW_PIN, by=in_call.desk, now=in_call.now),
        lambda: moves.check_live(number_id=0, by=in_call.desk, now=in_call.now),
        lambda: moves.skip(number_id=0, reason="", by=in_call.desk, now=in_call.now),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_live_number_cannot_be_left_out(walk: Walker) -> None:
    walked = walk(Path.LIVE)
    with pytest.raises(IllegalTransition):
        moves.skip(number_id=walked.number().pk, reason="", by=walked.desk, now=walked.now)


def test_a_number_that_is_at_the_destination_already_goes_on_from_there(in_call: Walk, meta: Meta) -> None:
    meta.fault("start_migration", error_key="already_at_destination")
    with pytest.raises(move_steps.MetaSaidNo):
        in_call.ask_code()
    assert in_call.number().state == NumberState.FAILED


def test_a_no_show_in_the_call_frees_its_numbers(in_call: Walk) -> None:
    uid = str(in_call.current_call().uid)
    call_run.mark_no_show(ticket_id=in_call.ticket.pk, call_id=uid, by=in_call.desk, now=in_call.now)
    assert in_call.fresh().stage == "ready"


def test_nobody_came_is_not_said_of_a_call_that_got_a_number_on(in_call: Walk) -> None:
    in_call.ask_code()
    in_call.verify()
    uid = str(in_call.current_call().uid)
    with pytest.raises(IllegalTransition):
        call_run.mark_no_show(ticket_id=in_call.ticket.pk, call_id=uid, by=in_call.desk, now=in_call.now)


# Secrets


def everything_in_the_database() -> Iterator[str]:
    from django.apps import apps  # noqa: PLC0415  (only here)

    existing = set(connection.introspection.table_names())
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table in existing and not model._meta.proxy:
            rows: models.QuerySet[models.Model] = model._default_manager.all()
            yield serializers.serialize("json", rows, ensure_ascii=False)


def test_neither_code_nor_pin_is_anywhere_in_the_database_or_the_log(
    in_call: Walk, meta: Meta, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    in_call.ask_code()
    code = meta.code_for(NUMBER)
    meta.fault("verify_code", error_key="code_incorrect")
    with pytest.raises(move_steps.MetaSaidNo) as wrong:
        in_call.verify()
    meta.fault("verify_code", drop="after")
    in_call.verify()
    meta.fault("register", error_key="registration_failed")
    with pytest.raises(move_steps.MetaSaidNo) as failed:
        in_call.register()
    in_call.register()
    text = "\n".join([*everything_in_the_database(), caplog.text, repr(wrong.value), repr(failed.value)])
    assert NUMBER in text
    for secret in (code, NEW_PIN):
        assert not re.search(rf"(?<![0-9a-fA-F]){secret}(?![0-9a-fA-F])", text)
