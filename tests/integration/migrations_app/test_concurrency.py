"""What must hold when many do the same at the same moment. Real threads, real commits, on both databases.

SQLite lets one writer in after the other, so there the proofs show that nobody fails; on PostgreSQL they show the locks.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from config.core.actor import SYSTEM
from config.core.uow import unit_of_work
from migrations_app.enums import AttemptState, RequirementState
from migrations_app.models import CallCell, ChaseAttempt, NumberMove, PinCall, Requirement
from migrations_app.services import calls, intake, move_steps, moves, outreach, requirements, slot_taking
from tests.factories.forms import form
from tests.factories.servers import MailServer, Meta
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import Visibility
from tickets.models import Event, Organization, Ticket
from tickets.services.comments import post_comment
from tickets.services.tickets import lock_ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


def refusals(results: list[Any], kind: type[Exception]) -> int:
    strange = [result for result in results if isinstance(result, Exception) and not isinstance(result, kind)]
    assert not strange, strange
    return sum(isinstance(result, kind) for result in results)


@pytest.mark.parametrize("attempt", range(3))
def test_two_who_each_meet_one_of_the_last_two_requirements_leave_the_case_ready(
    walk: Walker, at_once: AtOnce, attempt: int
) -> None:
    """Without the ticket's lock each would see the other's requirement still open, and nobody would settle the case."""
    walked = walk(Path.FILED, business_verification="unverified")
    assert walked.ticket.stage == "requirements"

    def meet(code: str) -> Callable[[], None]:
        return lambda: walked.decide(code, RequirementState.MET)

    results = at_once([meet("two_step_disabled"), meet("business_verified")])
    assert results == [None, None]
    assert (walked.fresh().stage, walked.case.stage) == ("ready", "ready")
    assert [notice.message for notice in walked.notices()] == ["slot_invitation"]


@pytest.mark.postgres
def test_the_loser_waits_until_the_winner_has_committed(walk: Walker, at_once: AtOnce) -> None:
    """The same proof step by step: the second reads its children only after the first has let go of the ticket."""
    walked = walk(Path.FILED, business_verification="unverified")
    locked = threading.Event()

    def first() -> None:
        with unit_of_work(by=SYSTEM, now=walked.now) as uow:
            lock_ticket(uow, walked.ticket.pk)
            locked.set()
            deadline = time.monotonic() + 10
            while not _somebody_waits():
                assert time.monotonic() < deadline, "nobody waits for the ticket's lock"
                time.sleep(0.01)
            walked.decide("two_step_disabled", RequirementState.MET)

    def second() -> None:
        assert locked.wait(timeout=10)
        walked.decide("business_verified", RequirementState.MET)

    assert at_once([first, second]) == [None, None]
    assert walked.fresh().stage == "ready"


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        # Of this database: other tests run on the same server. What it tells is kept until the transaction ends.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def test_sixteen_who_file_the_same_number_make_one_ticket(walk: Walker, at_once: AtOnce) -> None:
    organization, by, now = walk.key.organization, walk.key.actor, walk.now
    forms = [form("+5511987654321" if place % 2 else "+551187654321") for place in range(16)]

    def file(place: int) -> Callable[[], Ticket]:
        return lambda: intake.file_ticket(organization=organization, form=forms[place], by=by, now=now)

    results = at_once([file(place) for place in range(16)])
    assert refusals(results, intake.NumberAlreadyOpen) == 15
    assert Ticket.objects.count() == NumberMove.objects.filter(holding=True).count() == 1
    assert list(Event.objects.order_by("sequence").values_list("sequence", flat=True)) == list(
        range(1, Event.objects.count() + 1)
    )


def test_twenty_who_book_one_slot_make_one_call(walk: Walker, at_once: AtOnce) -> None:
    walks = [walk(Path.READY, f"+55119876543{place:02d}") for place in range(20)]
    start = (walk.now + timedelta(days=1)).replace(minute=0)

    def book(walked: Walk) -> Callable[[], PinCall]:
        return lambda: walked.book(start)

    results = at_once([book(walked) for walked in walks])
    assert refusals(results, slot_taking.SlotTaken) == 19
    call = PinCall.objects.get()
    assert CallCell.objects.count() == CallCell.objects.filter(pin_call=call).count() == 3
    assert Ticket.objects.filter(stage="scheduled").count() == 1


def test_overlapping_bookings_of_different_lengths_never_overlap(walk: Walker, at_once: AtOnce) -> None:
    walks = [walk(Path.READY, *(f"+5511987654{place:01d}{n:02d}" for n in range(1 + place % 3))) for place in range(8)]
    ten = (walk.now + timedelta(days=1)).replace(minute=0)

    def book(place: int, walked: Walk) -> Callable[[], PinCall]:
        return lambda: walked.book(ten + timedelta(minutes=15 * place))

    results = at_once([book(place, walked) for place, walked in enumerate(walks)])
    refusals(results, slot_taking.SlotTaken)
    spans = sorted(PinCall.objects.values_list("start", "end"))
    assert spans
    assert all(end <= later for (_start, end), (later, _end) in pairwise(spans))


def test_a_hold_and_a_booking_of_the_same_slot(walk: Walker, at_once: AtOnce) -> None:
    first, second = walk(Path.READY, "+5511987654301"), walk(Path.READY, "+5511987654302")
    start = (walk.now + timedelta(days=1)).replace(minute=0)
    results = at_once([lambda: first.hold(start), lambda: second.book(start)])
    assert refusals(results, slot_taking.SlotTaken) == 1
    assert PinCall.objects.count() == 1


@pytest.mark.postgres
def test_a_hold_that_is_being_given_away_cannot_be_booked(walk: Walker, at_once: AtOnce) -> None:
    """Clocks differ: to one process the hold is over, and it books the time; to the other there is a second left."""
    mine, other = walk(Path.READY, "+5511987654301"), walk(Path.READY, "+5511987654302")
    start = (walk.now + timedelta(days=1)).replace(minute=0)
    held = mine.hold(start)
    given_away, tried = threading.Event(), threading.Event()
    before, after = (mine.now + timedelta(minutes=5, seconds=seconds) for seconds in (-1, 1))

    def take() -> None:
        with unit_of_work(by=other.by, now=after):
            calls.book(ticket_id=other.ticket.pk, wish=slot_taking.Wish(start), by=other.by, now=after)
            given_away.set()
            deadline = time.monotonic() + 10
            while not _somebody_waits() and not tried.is_set() and time.monotonic() < deadline:
                time.sleep(0.01)

    def book() -> None:
        assert given_away.wait(timeout=10)
        try:
            calls.book_hold(ticket_id=mine.ticket.pk, hold_id=str(held.uid), by=mine.by, now=before)
        finally:
            tried.set()

    assert refusals(at_once([take, book]), calls.HoldExpired) == 1
    assert PinCall.objects.filter(state="booked").count() == 1


def test_a_hold_that_was_given_away_cannot_be_booked(walk: Walker) -> None:
    mine, other = walk(Path.READY, "+5511987654301"), walk(Path.READY, "+5511987654302")
    start = (walk.now + timedelta(days=1)).replace(minute=0)
    held = mine.hold(start)
    before, after = (mine.now + timedelta(minutes=5, seconds=seconds) for seconds in (-1, 1))
    calls.book(ticket_id=other.ticket.pk, wish=slot_taking.Wish(start), by=other.by, now=after)
    with pytest.raises(calls.HoldExpired):
        calls.book_hold(ticket_id=mine.ticket.pk, hold_id=str(held.uid), by=mine.by, now=before)
    assert PinCall.objects.filter(state="booked").count() == 1


@pytest.mark.postgres
def test_calls_a_day_are_counted_one_after_the_other(walk: Walker, at_once: AtOnce, settings: Settings) -> None:
    """Calls at different hours have no quarter in common, so the unique cells do not keep them apart."""
    settings.CALL_DAILY_CAPACITY = 2
    walks = [walk(Path.READY, f"+55119876543{place:02d}") for place in range(6)]
    ten = (walk.now + timedelta(days=1)).replace(hour=13, minute=0)

    def book(place: int, walked: Walk) -> Callable[[], PinCall]:
        return lambda: walked.book(ten + timedelta(hours=place))

    results = at_once([book(place, walked) for place, walked in enumerate(walks)])
    assert refusals(results, slot_taking.SlotTaken) == 4
    assert PinCall.objects.filter(state="booked").count() == 2


def test_many_workers_with_the_same_message_send_one_mail(walk: Walker, at_once: AtOnce, smtp: MailServer) -> None:
    walked = walk(Path.FILED)
    attempt = walked.planned()
    results = at_once([lambda: outreach.send_due(ChaseAttempt, attempt.pk, by=SYSTEM, now=walked.now)] * 6)
    assert sorted(result or "" for result in results) == ["", "", "", "", "", AttemptState.SENT]
    assert len(smtp.received) == 1


def test_the_feed_has_no_gap_and_no_twin_under_eight_writers(walk: Walker, at_once: AtOnce) -> None:
    walks = [walk(Path.FILED, f"+55119876543{place:02d}") for place in range(8)]
    before = Event.objects.count()

    def write(walked: Walk) -> Callable[[], None]:
        def talk() -> None:
            for turn in range(5):
                post_comment(
                    ticket_id=walked.ticket.pk,
                    body=f"turn {turn}",
                    visibility=Visibility.PUBLIC,
                    by=walked.by,
                    now=walked.now,
                )

        return talk

    assert at_once([write(walked) for walked in walks]) == [None] * 8
    rows = list(Event.objects.order_by("sequence").values_list("sequence", "id"))
    assert [sequence for sequence, _id in rows] == list(range(1, before + 40 + 1))
    assert Organization.objects.get(pk=walk.key.organization.pk).event_seq == before + 40


def test_two_clicks_on_the_same_step_ask_meta_once(walk: Walker, at_once: AtOnce, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)
    meta.fault("start_migration", delay_seconds=0.5)
    number = walked.number().pk
    click = lambda: moves.ask_for_code(number_id=number, voice=None, by=walked.desk, now=walked.now)  # noqa: E731
    results = at_once([click, click, click])
    assert refusals(results, move_steps.AnotherStepRuns) == 2
    assert meta.codes_sent_to(walked.number().number) == 1


def test_cancelling_and_claiming_at_once_end_in_one_of_two_true_stories(walk: Walker, at_once: AtOnce) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    results = at_once([walked.cancel, walked.claim])
    refusals(results, requirements.TicketEnded)
    assert walked.fresh().status == "cancelled"
    assert walked.chase().state == "stopped"
    assert Requirement.objects.filter(code="two_step_disabled").get().state in {"unmet", "claimed"}


def test_the_same_claim_from_both_sides_is_recorded_once(walk: Walker, at_once: AtOnce) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    assert at_once([walked.claim] * 4) == [None] * 4
    changes = [event for event in walked.events() if event.type == "requirement.changed"]
    assert len(changes) == 1
    assert walked.fresh().stage == "ready"
