"""Pin calls: what is offered, held, booked, moved and cancelled. Overlap is impossible."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from config.core.actor import SYSTEM
from config.core.errors import NotFound
from config.core.uow import IllegalTransition
from migrations_app.enums import RequirementState
from migrations_app.models import AgentHours, CallCell, PinCall
from migrations_app.selectors.slots import SlotFrame, offered_slots
from migrations_app.services import call_run, calls, slot_taking
from tests.factories.desk import Desk, make_agent
from tests.factories.forms import NUMBER, OTHER_NUMBER, number_answers
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tickets.models import Ticket
from tickets.services.routing import reroute

TUESDAY = datetime(2026, 3, 3, tzinfo=UTC)
TEN = TUESDAY.replace(hour=13)  # ten o'clock in Sao Paulo
MORE = tuple(f"+55119876543{place:02d}" for place in range(30, 60))


def ready(walk: Walker, *numbers: str) -> Walk:
    return walk(Path.READY, *numbers)


def another(walk: Walker, place: int = 0) -> Walk:
    return walk(Path.READY, MORE[place])


def taken(call: PinCall) -> list[datetime]:
    return list(CallCell.objects.filter(pin_call=call).order_by("start").values_list("start", flat=True))


def test_a_booked_call_takes_its_quarters_with_the_buffer_and_is_announced(walk: Walker, agent_user: User) -> None:
    walked = ready(walk, NUMBER, OTHER_NUMBER)
    call = walked.book(TEN)
    assert (call.state, call.agent, call.end - call.start) == ("booked", agent_user, timedelta(minutes=45))
    assert taken(call) == [TEN + timedelta(minutes=15 * step) for step in range(4)]
    assert (walked.fresh().status, walked.ticket.stage, walked.ticket.waiting_on) == (
        "scheduled",
        "scheduled",
        "client",
    )
    booked = next(event for event in walked.events() if event.type == "pin_call.booked")
    assert booked.data["numbers"] == [NUMBER, OTHER_NUMBER]
    assert list(call.lines.order_by("position").values_list("number__number", flat=True)) == [NUMBER, OTHER_NUMBER]


def test_calls_of_one_agent_never_overlap_buffer_included(walk: Walker, subtests: pytest.Subtests) -> None:
    first = ready(walk, NUMBER, OTHER_NUMBER)
    first.book(TEN)  # 45 minutes and 15 of buffer: ten to eleven
    second = another(walk)
    for minutes_later in (-30, 0, 15, 30, 45):
        with subtests.test(minutes_later=minutes_later):
            with pytest.raises(slot_taking.SlotTaken):
                second.book(TEN + timedelta(minutes=minutes_later))
            assert not PinCall.objects.filter(ticket=second.ticket).exists()
    for minutes_later in (-45, 60):
        with subtests.test(minutes_later=minutes_later), second.undone():
            assert second.book(TEN + timedelta(minutes=minutes_later)).state == "booked"


def test_the_database_itself_refuses_a_quarter_taken_twice(walk: Walker) -> None:
    call = ready(walk).book(TEN)
    with pytest.raises(IntegrityError), transaction.atomic():
        CallCell.objects.create(agent=call.agent, start=TEN, pin_call=call)


def test_a_second_agent_takes_the_same_moment(walk: Walker, desk: Desk) -> None:
    make_agent("caio", desk.latam)
    agents = {ready(walk).book(TEN).agent.username, another(walk).book(TEN).agent.username}
    assert agents == {"bea", "caio"}
    with pytest.raises(slot_taking.SlotTaken):
        another(walk, 1).book(TEN)


def test_only_agents_of_the_tickets_queue_are_offered(walk: Walker, desk: Desk, agent_user: User) -> None:
    make_agent("otto", desk.triage)
    first, second = ready(walk), another(walk)
    assert first.book(TEN).agent == agent_user
    with pytest.raises(slot_taking.SlotTaken):
        second.book(TEN)


def test_an_agent_who_has_left_is_not_offered(walk: Walker, agent_user: User) -> None:
    agent_user.is_active = False
    agent_user.save()
    with pytest.raises(slot_taking.SlotNotAvailable):
        ready(walk).book(TEN)


def test_the_tickets_own_agent_comes_first_then_who_has_fewest_calls(walk: Walker, desk: Desk) -> None:
    caio = make_agent("caio", desk.latam)
    mine = ready(walk)
    mine.ticket.assignee = caio
    mine.ticket.save(update_fields=["assignee"])
    assert mine.book(TEN).agent == caio
    assert another(walk).book(TEN + timedelta(hours=3)).agent.username == "bea"


NOT_OFFERED = [
    TUESDAY.replace(hour=11, minute=45),  # before the agent begins
    TUESDAY.replace(hour=20, minute=45),  # would end after the agent has gone
    datetime(2026, 3, 7, 13, 0, tzinfo=UTC),  # Saturday
    TEN + timedelta(minutes=5),  # off the grid
    TEN + timedelta(seconds=1),
    datetime(2026, 3, 2, 16, 45, tzinfo=UTC),  # less than two hours' notice
    datetime(2026, 2, 27, 13, 0, tzinfo=UTC),  # past
    datetime(2026, 4, 1, 13, 0, tzinfo=UTC),  # beyond the horizon of 21 days
]


def test_moments_that_are_not_offered_cannot_be_booked(walk: Walker, subtests: pytest.Subtests) -> None:
    walked = ready(walk)
    for start in NOT_OFFERED:
        with subtests.test(start=start):
            with pytest.raises(slot_taking.SlotNotAvailable):
                walked.book(start)
            assert not CallCell.objects.exists()


def test_every_offered_slot_can_be_booked(walk: Walker) -> None:
    walked = ready(walk)
    ticket = walked.ticket
    frame = SlotFrame(walked.now, walked.now + timedelta(days=3), 30, ticket.timezone, ticket.queue_id)
    offered = offered_slots(frame, walked.case, now=walked.now)
    assert offered
    for slot in (offered[0], offered[len(offered) // 2], offered[-1]):
        call = walked.book(slot.start)
        calls.cancel_call(ticket_id=ticket.pk, call_id=str(call.uid), by=walked.by, now=walked.now)


def test_an_agent_working_over_midnight_elsewhere_is_offered(walk: Walker, desk: Desk, agent_user: User) -> None:
    AgentHours.objects.all().delete()
    AgentHours.objects.create(agent=agent_user, weekday=0, start="22:00", end="02:00", timezone="Asia/Kolkata")
    late = datetime(2026, 3, 9, 17, 30, tzinfo=UTC)  # Monday, 23:00 in India
    assert ready(walk).book(late).start == late


def test_a_hold_lasts_some_minutes_and_keeps_others_out(walk: Walker) -> None:
    walked, other = ready(walk), another(walk)
    held = walked.hold(TEN)
    assert held.expires_at == walked.now + timedelta(minutes=5)
    with pytest.raises(slot_taking.SlotTaken):
        other.book(TEN)
    assert walked.fresh().stage == "ready"
    assert "pin_call.booked" not in walked.event_types()


def test_a_new_hold_replaces_the_old_one(walk: Walker) -> None:
    walked = ready(walk)
    first = walked.hold(TEN)
    walked.hold(TEN + timedelta(hours=1))
    assert PinCall.objects.get(pk=first.pk).state == "expired"
    assert another(walk).book(TEN).state == "booked"


def test_a_refused_new_hold_leaves_the_old_one_alone(walk: Walker) -> None:
    walked = ready(walk)
    first = walked.hold(TEN)
    with pytest.raises(slot_taking.SlotNotAvailable):
        walked.hold(TEN + timedelta(minutes=1))
    assert PinCall.objects.get(pk=first.pk).state == "held"
    assert taken(first)


def test_a_living_hold_becomes_the_booking(walk: Walker) -> None:
    walked = ready(walk)
    held = walked.hold(TEN)
    call = calls.book_hold(ticket_id=walked.ticket.pk, hold_id=str(held.uid), by=walked.by, now=walked.later(minutes=4))
    assert (call.pk, call.state, call.expires_at) == (held.pk, "booked", None)
    assert walked.fresh().stage == "scheduled"


def test_an_expired_hold_cannot_be_booked_and_frees_its_slot_at_once_even_unswept(walk: Walker) -> None:
    walked, other = ready(walk), another(walk)
    held = walked.hold(TEN)
    walked.later(minutes=5)
    with pytest.raises(calls.HoldExpired):
        calls.book_hold(ticket_id=walked.ticket.pk, hold_id=str(held.uid), by=walked.by, now=walked.now)
    other.now = walked.now
    assert other.book(TEN).state == "booked"
    assert PinCall.objects.get(pk=held.pk).state == "held"
    assert calls.expire_hold(ticket_id=walked.ticket.pk, hold_pk=held.pk, by=SYSTEM, now=walked.now)
    assert PinCall.objects.get(pk=held.pk).state == "expired"
    assert not calls.expire_hold(ticket_id=walked.ticket.pk, hold_pk=held.pk, by=SYSTEM, now=walked.now)


def test_a_sweep_before_the_time_does_not_expire_a_hold(walk: Walker) -> None:
    walked = ready(walk)
    held = walked.hold(TEN)
    assert not calls.expire_hold(ticket_id=walked.ticket.pk, hold_pk=held.pk, by=SYSTEM, now=walked.later(minutes=4))
    assert taken(held)


def test_a_hold_of_somebody_else_does_not_exist(walk: Walker) -> None:
    mine, other = ready(walk), another(walk)
    held = other.hold(TEN)
    for uid in (str(held.uid), "not-a-uid"):
        with pytest.raises(NotFound):
            calls.book_hold(ticket_id=mine.ticket.pk, hold_id=uid, by=mine.by, now=mine.now)


def test_rescheduling_keeps_the_invitation_and_raises_its_sequence(walk: Walker) -> None:
    walked = walk(Path.READY)
    call = walked.book(TEN)
    later = TEN + timedelta(hours=2)
    moved = calls.reschedule(
        ticket_id=walked.ticket.pk, call_id=str(call.uid), start=later, by=walked.by, now=walked.now
    )
    assert (moved.pk, moved.uid, moved.sequence, moved.start, moved.end - later) == (
        call.pk,
        call.uid,
        1,
        later,
        timedelta(minutes=30),
    )
    told = next(event for event in walked.events() if event.type == "pin_call.rescheduled")
    assert (told.data["old_start"], told.data["start"]) == (TEN.isoformat(), later.isoformat())
    assert another(walk).book(TEN).state == "booked"
    reminders = [n.due_at for n in walked.notices() if n.message == "call_reminder_1h"]
    assert reminders == [later - timedelta(hours=1)]


def test_a_call_can_be_moved_by_a_quarter_of_an_hour_over_itself(walk: Walker) -> None:
    walked = ready(walk)
    call = walked.book(TEN)
    start = TEN + timedelta(minutes=15)
    calls.reschedule(ticket_id=walked.ticket.pk, call_id=str(call.uid), start=start, by=walked.by, now=walked.now)
    assert taken(call) == [start + timedelta(minutes=15 * step) for step in range(3)]


def test_a_refused_reschedule_leaves_the_call_where_it_was(walk: Walker) -> None:
    walked = ready(walk)
    call = walked.book(TEN)
    another(walk).book(TEN + timedelta(hours=2))
    with pytest.raises(slot_taking.SlotTaken):
        calls.reschedule(
            ticket_id=walked.ticket.pk,
            call_id=str(call.uid),
            start=TEN + timedelta(hours=2),
            by=walked.by,
            now=walked.now,
        )
    fresh = PinCall.objects.get(pk=call.pk)
    assert (fresh.start, fresh.sequence, taken(fresh)[0]) == (TEN, 0, TEN)


def test_cancelling_frees_the_slot_and_the_numbers(walk: Walker) -> None:
    walked = ready(walk)
    call = walked.book(TEN)
    calls.cancel_call(ticket_id=walked.ticket.pk, call_id=str(call.uid), by=walked.by, now=walked.now)
    assert (walked.fresh().stage, walked.event_types().count("pin_call.cancelled")) == ("ready", 1)
    assert another(walk).book(TEN).state == "booked"
    assert walked.book(TEN + timedelta(hours=2)).state == "booked"


def test_after_a_no_show_the_numbers_can_be_booked_again(walk: Walker) -> None:
    walked = walk(Path.SCHEDULED)
    call = walked.current_call()
    walked.now = call.start
    call_run.mark_no_show(ticket_id=walked.ticket.pk, call_id=str(call.uid), by=walked.desk, now=walked.now)
    assert (walked.fresh().stage, walked.event_types().count("pin_call.no_show")) == ("ready", 1)
    assert walked.book(walked.now + timedelta(hours=24)).state == "booked"


ACTIONS: dict[str, Callable[[Walk, str], object]] = {
    "reschedule": lambda w, uid: calls.reschedule(
        ticket_id=w.ticket.pk, call_id=uid, start=w.now + timedelta(days=1), by=w.by, now=w.now
    ),
    "cancel": lambda w, uid: calls.cancel_call(ticket_id=w.ticket.pk, call_id=uid, by=w.by, now=w.now),
    "start": lambda w, uid: call_run.start_call(ticket_id=w.ticket.pk, call_id=uid, by=w.desk, now=w.now),
    "finish": lambda w, uid: call_run.finish_call(ticket_id=w.ticket.pk, call_id=uid, by=w.desk, now=w.now),
    "no_show": lambda w, uid: call_run.mark_no_show(ticket_id=w.ticket.pk, call_id=uid, by=w.desk, now=TEN),
}
ALLOWED = {
    "held": {"cancel"},
    "booked": {"reschedule", "cancel", "start", "no_show"},
    "started": {"finish", "no_show"},
    "finished": set(),
    "cancelled": set(),
    "no_show": set(),
    "expired": set(),
}


def _bring_to(walked: Walk, state: str) -> PinCall:
    if state in {"held", "expired"}:
        call = walked.hold(TEN)
        if state == "expired":
            calls.expire_hold(ticket_id=walked.ticket.pk, hold_pk=call.pk, by=SYSTEM, now=walked.later(minutes=6))
        return call
    call = walked.book(TEN)
    uid = str(call.uid)
    if state in {"started", "finished"}:
        ACTIONS["start"](walked, uid)
    if state in {"finished", "cancelled", "no_show"}:
        ACTIONS[{"finished": "finish", "cancelled": "cancel", "no_show": "no_show"}[state]](walked, uid)
    return call


@pytest.mark.parametrize("state", ALLOWED)
def test_every_action_in_every_state_that_does_not_allow_it(
    walk: Walker, subtests: pytest.Subtests, state: str
) -> None:
    walked = ready(walk)
    walked.claim("open_conversations_ack")
    call = _bring_to(walked, state)
    for action in ACTIONS.keys() - ALLOWED[state]:
        with subtests.test(action=action):
            with pytest.raises(IllegalTransition):
                ACTIONS[action](walked, str(call.uid))
            assert PinCall.objects.get(pk=call.pk).state == state


@pytest.mark.parametrize("path", [Path.FILED, Path.TRIAGE, Path.DRAFT, Path.CANCELLED, Path.RESOLVED, Path.IN_CALL])
def test_a_call_cannot_be_booked_where_nothing_can_be_scheduled(walk: Walker, meta: Meta, path: Path) -> None:
    walked = walk(path)
    start = (walked.now + timedelta(days=1)).replace(minute=0)
    with pytest.raises(IllegalTransition):
        walked.book(start)


def test_the_rest_of_the_numbers_waits_for_a_further_call(walk: Walker) -> None:
    walked = walk(Path.READY, *MORE[:12])
    call = walked.book(TEN)
    assert call.end - call.start == timedelta(minutes=120)
    assert call.lines.count() == 10
    rest = walked.book(TEN + timedelta(hours=3))
    assert list(rest.lines.values_list("number__number", flat=True)) == list(MORE[10:12])
    with pytest.raises(IllegalTransition):
        walked.book(TEN + timedelta(hours=5))


def test_a_call_can_be_booked_for_the_clear_numbers_alone(walk: Walker) -> None:
    walked = walk(Path.FILED, NUMBER, OTHER_NUMBER)
    walked.claim(numbers=[OTHER_NUMBER])
    with pytest.raises(IllegalTransition):
        walked.book(TEN, [NUMBER])
    call = walked.book(TEN, ["+551176543210"])  # the same line without the ninth digit
    assert list(call.lines.values_list("number__number", flat=True)) == [OTHER_NUMBER]


def test_a_ticket_that_is_in_a_call_cannot_be_put_into_triage(walk: Walker, desk: Desk) -> None:
    walked = walk(Path.SCHEDULED)
    with pytest.raises(IllegalTransition):
        reroute(ticket_id=walked.ticket.pk, queue_id=desk.triage.pk, reason="?", by=walked.desk, now=walked.now)
    assert walked.fresh().queue == desk.latam


def test_a_call_does_not_start_while_something_that_blocks_it_is_open(walk: Walker) -> None:
    walked = walk(Path.SCHEDULED, number_answers(display_name_status="pending"), OTHER_NUMBER)
    call = walked.current_call()
    walked.now = call.start
    with pytest.raises(call_run.NotReady) as refusal:
        ACTIONS["start"](walked, str(call.uid))
    assert refusal.value.extra["missing"] == ["display_name_approved", "open_conversations_ack"]
    assert PinCall.objects.get(pk=call.pk).state == "booked"
    walked.claim("open_conversations_ack")
    walked.decide("display_name_approved", RequirementState.MET)
    ACTIONS["start"](walked, str(call.uid))
    assert walked.fresh().stage == "in_call"


def test_finishing_a_call_in_which_nothing_moved_goes_back_to_booking(walk: Walker) -> None:
    walked = walk(Path.IN_CALL)
    walked.finish_call()
    assert (walked.fresh().stage, walked.ticket.status) == ("ready", "waiting")


def test_who_has_the_call_has_the_ticket_where_nobody_had_it(walk: Walker, desk: Desk) -> None:
    walked = walk(Path.SCHEDULED)
    assert walked.fresh().assignee_id == walked.current_call().agent_id
    (told,) = [event for event in walked.events() if event.type == "ticket.assigned"]
    assert told.data == {"assignee": walked.ticket.assignee_id, "reason": "pin_call"}
    kept = walk(Path.READY, OTHER_NUMBER)
    other = make_agent("leo", desk.latam)
    Ticket.objects.filter(pk=kept.ticket.pk).update(assignee=other)
    kept.book(kept.now.replace(minute=0) + timedelta(hours=27))
    assert kept.fresh().assignee_id == other.pk, "who has it keeps it"
