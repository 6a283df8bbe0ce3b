"""The new two-step PIN after the move: set again where it was lost, noted once the client has it, kept nowhere."""

import pytest

from config.core.errors import Forbidden, Invalid, NotFound
from config.core.uow import IllegalTransition
from migrations_app.enums import NumberState
from migrations_app.models import MigrationCase, NumberMove, PinCallNumber
from migrations_app.services import call_order, move_steps, pins
from providers.models import Exchange
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import NEW_PIN, Path, Walk, Walker

ANOTHER = "904817"


@pytest.fixture
def live(walk: Walker, meta: Meta) -> Walk:
    return walk(Path.LIVE)


def set_another(walked: Walk, pin: str = ANOTHER, seen: int | None = None) -> None:
    pins.set_pin(number_id=walked.number().pk, pin=pin, seen=seen, by=walked.desk, now=walked.now)


def note(walked: Walk, seen: int | None = None) -> None:
    pins.note_pin(number_id=walked.number().pk, seen=seen, by=walked.desk, now=walked.now)


def steps_told(walked: Walk) -> list[str]:
    return [event.data["step"] for event in walked.events() if event.type == "pin_call.step"]


def test_registering_says_that_a_pin_was_set_and_that_nobody_has_noted_it(live: Walk) -> None:
    number = live.number()
    assert (number.pin_set_at, number.pin_noted_at) == (number.live_at, None)


def test_what_the_client_wrote_down_is_recorded_once_and_without_the_pin(live: Walk) -> None:
    note(live)
    first = live.now
    live.later(minutes=1)
    note(live)
    number = live.number()
    assert (number.pin_noted_at, number.pin_noted_by) == (first, live.desk.label)
    assert steps_told(live).count("pin_noted") == 1
    assert all(event.internal for event in live.events() if event.type == "pin_call.step")


def test_a_lost_pin_is_replaced_after_the_call_and_has_to_be_noted_anew(live: Walk, meta: Meta) -> None:
    note(live)
    live.later(minutes=5)
    set_another(live)
    line = meta.server.world.line(NUMBER.lstrip("+"))
    assert (line.pin_fits(NEW_PIN), line.pin_fits(ANOTHER)) == (False, True)
    number = live.number()
    assert (number.pin_set_at, number.pin_noted_at, number.busy_since) == (live.now, None, None)
    assert number.state == NumberState.LIVE
    assert "pin_set" in steps_told(live)
    assert Exchange.objects.filter(purpose="meta.set_pin", state="sent").count() == 1


def test_a_page_that_is_sent_twice_sets_no_second_pin(live: Walk, meta: Meta) -> None:
    seen = live.number().steps
    set_another(live, seen=seen)
    with pytest.raises(move_steps.Overtaken):
        set_another(live, "917203", seen=seen)
    with pytest.raises(move_steps.Overtaken):
        note(live, seen=seen)
    assert meta.server.world.line(NUMBER.lstrip("+")).pin_fits(ANOTHER)


def test_a_pin_that_meta_refuses_leaves_the_old_one_and_says_why(live: Walk, meta: Meta) -> None:
    before = live.number().pin_set_at
    meta.fault("set_pin", error_key="pin_too_fast")
    with pytest.raises(move_steps.MetaSaidNo) as refusal:
        set_another(live)
    number = live.number()
    assert refusal.value.extra["key"] == (number.last_error or {})["key"] == "pin_too_fast"
    assert (number.state, number.busy_since, number.pin_set_at) == (NumberState.LIVE, None, before)
    meta.fault("set_pin", drop="before")
    with pytest.raises(move_steps.NoAnswer):
        set_another(live)
    assert live.number().busy_since is None


def test_who_may_and_what_cannot_be(live: Walk, walk: Walker, meta: Meta) -> None:
    number = live.number()
    with pytest.raises(Forbidden):
        pins.set_pin(number_id=number.pk, pin=ANOTHER, by=live.by, now=live.now)
    with pytest.raises(Forbidden):
        pins.note_pin(number_id=number.pk, by=live.by, now=live.now)
    with pytest.raises(Invalid) as wrong:
        set_another(live, "12345a")
    assert "12345a" not in str(wrong.value.errors)
    for act in (pins.note_pin, lambda **who: pins.set_pin(pin=ANOTHER, **who)):
        with pytest.raises(NotFound):
            act(number_id=0, by=live.desk, now=live.now)
    NumberMove.objects.update(busy_since=live.now)
    with pytest.raises(move_steps.AnotherStepRuns):
        set_another(live)
    NumberMove.objects.update(busy_since=None, phone_number_id="")
    with pytest.raises(move_steps.NotInCall):
        set_another(live)
    case = MigrationCase.objects.get()
    case.playbook_copy["execution"] = "provider_console"
    case.save(update_fields=["playbook_copy"])
    with pytest.raises(move_steps.NotInCall):
        set_another(live)


def test_a_number_that_we_have_not_registered_has_no_pin_of_ours(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)
    with pytest.raises(IllegalTransition):
        set_another(walked)
    with pytest.raises(IllegalTransition):
        note(walked)


# The order of the call


def test_a_number_is_put_off_and_nothing_of_it_is_final(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.IN_CALL, NUMBER, OTHER_NUMBER)
    call, number = walked.current_call(), walked.number()
    call_order.put_off(call_pk=call.pk, number_id=number.pk, by=walked.desk, now=walked.now)
    assert PinCallNumber.objects.get(number=number).set_aside_at == walked.now
    assert walked.number().state == NumberState.PENDING
    assert steps_told(walked)[-1] == "put_off"
    walked.move()
    assert walked.number().state == NumberState.LIVE
    with pytest.raises(IllegalTransition):
        call_order.put_off(call_pk=call.pk, number_id=number.pk, by=walked.desk, now=walked.now)
    for call_pk, number_id in ((0, number.pk), (call.pk, 0)):
        with pytest.raises(NotFound):
            call_order.put_off(call_pk=call_pk, number_id=number_id, by=walked.desk, now=walked.now)


def test_nothing_is_put_off_in_a_call_that_does_not_run(walk: Walker) -> None:
    walked = walk(Path.SCHEDULED)
    call = walked.current_call()
    with pytest.raises(IllegalTransition):
        call_order.put_off(call_pk=call.pk, number_id=walked.number().pk, by=walked.desk, now=walked.now)
