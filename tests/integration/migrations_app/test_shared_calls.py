"""One call for tickets of one client: joining, leaving, moving, beginning and ending it; and further calls."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from config.core.errors import NotFound
from migrations_app.models import CallCell, NumberMove, PinCall
from migrations_app.rules.shared_calls import packs
from migrations_app.rules.slots import Slot
from migrations_app.selectors.shared_calls import JoinQuestion, numbers_in, slots_with_shared
from migrations_app.selectors.slots import SlotFrame
from migrations_app.services import call_run, calls, endings, moves, slot_taking
from migrations_app.services.lengths import call_length
from migrations_app.services.slot_taking import open_numbers
from tests.factories.desk import Desk, make_agent
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import CancelReason
from tickets.models import Ticket

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]
TEN = datetime(2026, 3, 3, 13, tzinfo=UTC)  # ten o'clock in Sao Paulo
LINES = tuple(f"+55119876543{place:02d}" for place in range(40))
GROUP = "sol-2026"


def grouped(walk: Walker, *numbers: str, path: Path = Path.READY, **changes: Any) -> Walk:
    return walk(path, *numbers, group_reference=GROUP, **changes)


def row(walked: Walk) -> PinCall:
    return PinCall.objects.filter(ticket=walked.ticket).latest("pk")


def taken(agent: User | None = None) -> list[datetime]:
    rows = CallCell.objects.order_by("start")
    return list((rows.filter(agent=agent) if agent else rows).values_list("start", flat=True))


def quarters(count: int, start: datetime = TEN) -> list[datetime]:
    return [start + timedelta(minutes=15 * step) for step in range(count)]


def slots_of(walked: Walk, numbers: int = 1) -> list[Slot]:
    ticket = walked.fresh()
    question = JoinQuestion(ticket, walked.case, numbers, call_length())
    frame = SlotFrame(TEN, TEN + timedelta(hours=2), 30, ticket.timezone, ticket.queue_id)
    return slots_with_shared(frame, question, now=walked.now)


def shared(walk: Walker) -> tuple[Walk, Walk, PinCall, PinCall]:
    one, two = grouped(walk, LINES[0]), grouped(walk, LINES[1], LINES[2])
    return one, two, one.book(TEN), two.book(TEN)


def test_a_ticket_of_the_group_joins_the_call_which_gets_longer(walk: Walker) -> None:
    one, two, first, second = shared(walk)
    first.refresh_from_db()
    assert first.uid == second.uid
    assert first.agent == second.agent
    assert first.end == second.end == TEN + timedelta(minutes=45)  # three numbers
    assert first.sequence == second.sequence == 1
    assert taken() == quarters(4)
    assert list(numbers_in(second).values_list("number", flat=True)) == list(LINES[:3])
    assert list(first.numbers.values_list("number", flat=True)) == [LINES[0]]
    assert (one.event_types().count("pin_call.booked"), two.event_types().count("pin_call.booked")) == (1, 1)
    assert not {"pin_call.rescheduled", "pin_call.cancelled"} & {*one.event_types(), *two.event_types()}
    assert one.fresh().stage == two.fresh().stage == "scheduled"
    assert next(n.message for n in two.notices() if n.pin_call_id == second.pk) == "call_booked"


def test_joining_changes_what_the_other_ticket_shows_so_its_revision_rises(walk: Walker) -> None:
    one, two = grouped(walk, LINES[0]), grouped(walk, LINES[1])
    one.book(TEN)
    before = one.fresh().revision
    two.book(TEN)
    assert one.fresh().revision > before


def test_without_a_group_the_same_client_does_not_join_by_itself(walk: Walker) -> None:
    one, two = walk(Path.READY, LINES[0]), walk(Path.READY, LINES[1])
    call = one.book(TEN)
    with pytest.raises(slot_taking.SlotTaken):
        two.book(TEN)
    wish = slot_taking.Wish(TEN, joins=call.uid)
    joined = calls.book(ticket_id=two.ticket.pk, wish=wish, by=two.desk, now=two.now)
    assert joined.uid == call.uid


OTHERS = [
    {"client": {"name": "Padaria Lua"}},
    {"client": {"contact_email": "rui@padariasol.example"}},
    {"group_reference": "another"},
]


@pytest.mark.parametrize("changes", OTHERS)
def test_who_is_not_the_same_client_or_group_does_not_join(walk: Walker, changes: dict[str, Any]) -> None:
    one = grouped(walk, LINES[0])
    one.book(TEN)
    two = walk(Path.READY, LINES[1], **{"group_reference": GROUP} | changes)
    with pytest.raises(slot_taking.SlotTaken):
        two.book(TEN)
    assert not [slot for slot in slots_of(two) if slot.joins]


def test_a_named_call_of_somebody_else_cannot_be_joined(walk: Walker) -> None:
    call = walk(Path.READY, LINES[0]).book(TEN)
    other = walk(Path.READY, LINES[1], client={"name": "Padaria Lua"})
    with pytest.raises(slot_taking.SlotNotAvailable):
        calls.book(ticket_id=other.ticket.pk, wish=slot_taking.Wish(TEN, joins=call.uid), by=other.desk, now=other.now)


def test_test_tickets_never_meet_live_ones(walk: Walker) -> None:
    live = grouped(walk, LINES[0]).book(TEN)
    test = grouped(walk, LINES[1], test=True).book(TEN)
    assert test.uid != live.uid
    assert test.agent != live.agent, "the hour of a live agent is not taken"


def test_a_full_call_takes_nobody_in(walk: Walker, desk: Desk) -> None:
    make_agent("caio", desk.latam)
    first = grouped(walk, *LINES[:9]).book(TEN)
    own = grouped(walk, LINES[10], LINES[11]).book(TEN)
    assert own.uid != first.uid
    assert own.agent != first.agent
    assert grouped(walk, LINES[12]).book(TEN).uid in {first.uid, own.uid}


def test_the_agents_next_quarters_must_be_free(walk: Walker) -> None:
    one, two = grouped(walk, LINES[0]), grouped(walk, LINES[1], LINES[2])
    one.book(TEN)
    walk(Path.READY, LINES[5]).book(TEN + timedelta(minutes=45))
    assert not [slot for slot in slots_of(two, 2) if slot.joins]
    with pytest.raises(slot_taking.SlotTaken):
        two.book(TEN)
    assert row(one).end == TEN + timedelta(minutes=30)


def test_a_call_does_not_grow_beyond_the_agents_hours(walk: Walker) -> None:
    last = TEN.replace(hour=20, minute=30)  # hours end at 21:00 UTC
    grouped(walk, LINES[0]).book(last)
    with pytest.raises((slot_taking.SlotTaken, slot_taking.SlotNotAvailable)):
        grouped(walk, LINES[1], LINES[2]).book(last)


def test_an_agent_of_another_queue_is_not_made_to_see_the_ticket(walk: Walker, desk: Desk) -> None:
    one, two = grouped(walk, LINES[0]), grouped(walk, LINES[1])
    one.book(TEN)
    Ticket.objects.filter(pk=two.ticket.pk).update(queue=desk.triage)
    assert not [slot for slot in slots_of(two) if slot.joins]


def test_slots_offer_the_groups_call_even_where_nobody_else_is_free(walk: Walker) -> None:
    one, two = grouped(walk, LINES[0]), grouped(walk, LINES[1])
    one.book(TEN)
    offered = {slot.start: slot for slot in slots_of(two)}
    assert offered[TEN].joins
    assert offered[TEN].end == TEN + timedelta(minutes=45)
    assert [start for start, slot in offered.items() if slot.joins] == [TEN]
    assert two.book(TEN).uid == row(one).uid
    assert not [slot for slot in slots_of(two) if slot.joins]


def test_a_hold_keeps_the_place_in_the_call(walk: Walker) -> None:
    one, two, third = grouped(walk, LINES[0]), grouped(walk, LINES[1], LINES[2]), walk(Path.READY, LINES[5])
    call = one.book(TEN)
    held = two.hold(TEN)
    assert held.uid != call.uid
    with pytest.raises(slot_taking.SlotTaken):
        third.book(TEN + timedelta(minutes=45))
    booked = calls.book_hold(ticket_id=two.ticket.pk, hold_id=str(held.uid), by=two.by, now=two.now)
    assert booked.uid == call.uid
    assert taken() == quarters(4)


def test_a_hold_on_a_call_that_was_moved_away_becomes_a_call_of_its_own(walk: Walker) -> None:
    one, two = grouped(walk, LINES[0]), grouped(walk, LINES[1], LINES[2])
    call = one.book(TEN)
    held = two.hold(TEN)
    later = TEN + timedelta(hours=3)
    calls.reschedule(ticket_id=one.ticket.pk, call_id=str(call.uid), start=later, by=one.by, now=one.now)
    booked = calls.book_hold(ticket_id=two.ticket.pk, hold_id=str(held.uid), by=two.by, now=two.now)
    assert (booked.uid != call.uid, booked.start) == (True, TEN)
    assert CallCell.objects.filter(pin_call=booked).count() == 4


@pytest.mark.parametrize("leaves", [0, 1])
def test_cancelling_takes_only_ones_own_numbers_out(walk: Walker, leaves: int) -> None:
    one, two, *_rows = shared(walk)
    gone, stays = (one, two) if leaves == 0 else (two, one)
    calls.cancel_call(ticket_id=gone.ticket.pk, call_id=str(row(gone).uid), by=gone.by, now=gone.now)
    left = row(stays)
    assert (row(gone).state, left.state, left.uid) == ("cancelled", "booked", row(gone).uid)
    assert gone.event_types().count("pin_call.cancelled") == 1
    assert "pin_call.cancelled" not in stays.event_types()
    numbers = left.lines.count()
    assert left.end == TEN + timedelta(minutes=call_length().minutes(numbers))
    assert taken() == quarters({1: 3, 2: 4}[numbers])
    assert set(CallCell.objects.values_list("pin_call_id", flat=True)) == {left.pk}
    calls.cancel_call(ticket_id=stays.ticket.pk, call_id=str(left.uid), by=stays.by, now=stays.now)
    assert taken() == []


def test_a_ticket_that_ends_leaves_the_others_their_call(walk: Walker) -> None:
    one, two, *_rows = shared(walk)
    endings.cancel(ticket_id=one.ticket.pk, reason=CancelReason.CLIENT_STAYED, by=one.by, now=one.now)
    assert (row(one).state, row(two).state, two.fresh().stage) == ("cancelled", "booked", "scheduled")
    assert taken() == quarters(4)
    assert set(CallCell.objects.values_list("pin_call_id", flat=True)) == {row(two).pk}


def test_who_left_can_join_again(walk: Walker) -> None:
    _one, two, first, _second = shared(walk)
    calls.cancel_call(ticket_id=two.ticket.pk, call_id=str(first.uid), by=two.by, now=two.now)
    again = two.book(TEN)
    assert again.uid == first.uid
    assert taken() == quarters(4)
    calls.cancel_call(ticket_id=two.ticket.pk, call_id=str(first.uid), by=two.by, now=two.now)
    assert list(PinCall.objects.filter(ticket=two.ticket).values_list("state", flat=True)) == ["cancelled"] * 2


def test_rescheduling_moves_the_call_for_all_and_tells_each(walk: Walker) -> None:
    one, two, first, _second = shared(walk)
    later = TEN + timedelta(hours=3)
    calls.reschedule(ticket_id=two.ticket.pk, call_id=str(first.uid), start=later, by=two.by, now=two.now)
    for walked in (one, two):
        moved = row(walked)
        assert (moved.start, moved.end, moved.sequence) == (later, later + timedelta(minutes=45), 2)
        told = [event for event in walked.events() if event.type == "pin_call.rescheduled"]
        assert [(event.data["old_start"], event.data["start"]) for event in told] == [
            (TEN.isoformat(), later.isoformat())
        ]
        reminders = [n.due_at for n in walked.notices() if n.message == "call_reminder_1h"]
        assert reminders == [later - timedelta(hours=1)]
    assert taken() == quarters(4, later)


def test_rescheduling_finds_an_agent_whom_all_queues_have(walk: Walker, desk: Desk) -> None:
    one, two, first, _second = shared(walk)
    make_agent("caio", desk.latam)
    walk(Path.READY, LINES[9]).book(TEN + timedelta(hours=3))
    later = TEN + timedelta(hours=3)
    calls.reschedule(ticket_id=one.ticket.pk, call_id=str(first.uid), start=later, by=one.by, now=one.now)
    assert row(one).agent == row(two).agent


def test_all_tickets_of_a_call_begin_and_end_together(walk: Walker) -> None:
    one, two, first, _second = shared(walk)
    for walked in (one, two):
        walked.now = TEN
    one.claim("open_conversations_ack")
    with pytest.raises(call_run.NotReady) as refusal:
        one.start_call()
    assert refusal.value.extra["missing"] == ["open_conversations_ack"]
    two.claim("open_conversations_ack")
    one.start_call()
    assert {row(one).state, row(two).state} == {"started"}
    assert one.fresh().stage == two.fresh().stage == "in_call"
    call_run.finish_call(ticket_id=two.ticket.pk, call_id=str(first.uid), by=two.desk, now=TEN)
    assert {row(one).state, row(two).state} == {"finished"}
    assert one.fresh().stage == two.fresh().stage == "ready"


def test_nobody_came_for_any_ticket(walk: Walker) -> None:
    one, two, first, _second = shared(walk)
    call_run.mark_no_show(ticket_id=one.ticket.pk, call_id=str(first.uid), by=one.desk, now=TEN)
    for walked in (one, two):
        assert (row(walked).state, walked.fresh().stage) == ("no_show", "ready")
        assert walked.event_types().count("pin_call.no_show") == 1
    assert taken() == []


def test_each_ticket_ends_when_its_own_numbers_are_done(walk: Walker) -> None:
    one, two, *_rows = shared(walk)
    for walked in (one, two):
        walked.claim("open_conversations_ack")
    one.start_call()
    moves.skip(number_id=one.number().pk, reason="SIM lost", by=one.desk, now=one.now)
    assert (row(one).state, row(two).state) == ("finished", "started")


def test_another_tickets_call_is_not_ones_own(walk: Walker) -> None:
    one, _two, first, _second = shared(walk)
    stranger = walk(Path.READY, LINES[20])
    with pytest.raises(NotFound):
        calls.cancel_call(ticket_id=stranger.ticket.pk, call_id=str(first.uid), by=one.by, now=one.now)


def test_twenty_five_numbers_are_three_calls_and_until_the_last_is_booked_it_is_the_clients_turn(walk: Walker) -> None:
    walked = walk(Path.READY, *LINES[:25])
    assert len(packs(call_length(), len(open_numbers(walked.case)))) == 3
    for place, numbers, left, action in ((0, 10, 2, "book_call"), (1, 10, 1, "book_call"), (2, 5, 0, "join_call")):
        assert walked.book(TEN + timedelta(hours=3 * place)).lines.count() == numbers
        ticket = walked.fresh()
        assert (ticket.stage, ticket.next_action) == ("scheduled", action)
        assert ticket.waiting_on == "client"
        assert len(packs(call_length(), len(open_numbers(walked.case)))) == left


def test_what_failed_or_was_left_for_later_is_booked_into_a_further_call(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.IN_CALL, *LINES[:3])
    walked.move(1)
    assert walked.number(1).state == "live"
    NumberMove.objects.filter(pk=walked.number(2).pk).update(state="failed")
    walked.finish_call()
    assert (walked.fresh().stage, walked.ticket.next_action) == ("ready", "book_call")
    again = walked.book(TEN + timedelta(days=1))
    assert list(again.numbers.order_by("position").values_list("number", flat=True)) == list(LINES[1:3])


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(2))
def test_tickets_that_join_at_once_are_all_in_the_call(walk: Walker, at_once: AtOnce, attempt: int) -> None:
    walks = [grouped(walk, LINES[place]) for place in range(5)]
    # The last one books first: the others' locks are taken in the order of ids all the same.
    call = walks[-1].book(TEN)

    def book(walked: Walk) -> Callable[[], PinCall]:
        return lambda: walked.book(TEN)

    results = at_once([book(walked) for walked in walks[:-1]])
    strange = [each for each in results if isinstance(each, Exception) and not _was_overtaken(each)]
    assert not strange, strange
    for walked, result in zip(walks[:-1], results, strict=True):
        if isinstance(result, Exception):
            walked.book(TEN)
    rows = PinCall.objects.filter(uid=call.uid, state="booked")
    assert rows.count() == 5
    assert len(set(rows.values_list("start", "end", "sequence", "agent"))) == 1
    assert taken() == quarters(6)  # five numbers: 75 minutes and the buffer


def _was_overtaken(error: Exception) -> bool:
    return getattr(error, "code", "") in {"illegal_transition", "slot_taken"}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_who_leave_at_once_free_every_quarter(walk: Walker, at_once: AtOnce) -> None:
    one, two, *_rows = shared(walk)

    def end(walked: Walk) -> Callable[[], object]:
        return lambda: endings.cancel(
            ticket_id=walked.ticket.pk, reason=CancelReason.CLIENT_STAYED, by=walked.by, now=walked.now
        )

    assert [each for each in at_once([end(one), end(two)]) if isinstance(each, Exception)] == []
    assert taken() == []
