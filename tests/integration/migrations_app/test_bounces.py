"""Messages that come back after they had left: the ladder goes back to the rung, once."""

from datetime import timedelta

import pytest

from config.core.actor import SYSTEM
from migrations_app.enums import AttemptState
from migrations_app.models import ChaseAttempt, Notice
from migrations_app.services import outreach
from providers.models import Exchange
from tests.factories.forms import NO_PHONE
from tests.factories.servers import MailServer, Mood
from tests.factories.walks import Path, Walk, Walker

SENT, PLANNED, BOUNCED, UNKNOWN = (
    AttemptState.SENT,
    AttemptState.PLANNED,
    AttemptState.BOUNCED,
    AttemptState.UNKNOWN,
)


def states(walked: Walk) -> list[tuple[str, int]]:
    return [(attempt.state, attempt.step) for attempt in walked.attempts()]


def bounce(walked: Walk, *, permanent: bool = True, reason: str = "5.1.1", place: int = 0) -> bool:
    exchange_id = walked.attempts()[place].exchange_id
    assert exchange_id is not None
    walked.later(minutes=1)
    return outreach.mark_bounced(exchange_id=exchange_id, permanent=permanent, reason=reason, by=SYSTEM, now=walked.now)


def test_an_address_that_is_bad_for_good_is_told_and_the_ladder_keeps_its_plan(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.WAITING_TWO_STEP, client=NO_PHONE)
    due = walked.planned().due_at
    assert bounce(walked)
    assert states(walked) == [(BOUNCED, 0), (PLANNED, 1)]
    assert walked.planned().due_at == due
    first = walked.attempts()[0]
    assert (first.failure, first.undelivered_at) == ("5.1.1", walked.now)
    exchange = Exchange.objects.get()
    assert (exchange.state, exchange.error) == ("bounced", {"reason": "5.1.1"})
    told = {event.type: event for event in walked.events() if event.internal}
    assert told["chase.attempt_bounced"].data["reason"] == "5.1.1"
    assert "chase.attempt_undelivered" in told


def test_the_same_report_twice_changes_nothing(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    assert bounce(walked)
    before = (states(walked), walked.event_types())
    assert not bounce(walked)
    assert (states(walked), walked.event_types()) == before


def test_a_full_mailbox_is_tried_again_in_the_place_of_the_next_rung(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    assert bounce(walked, permanent=False, reason="4.2.2")
    assert states(walked) == [(BOUNCED, 0), (PLANNED, 0)]
    assert walked.planned().try_no == 2
    assert walked.chase().next_at == walked.planned().due_at < walked.now + timedelta(minutes=8)
    walked.now = walked.planned().due_at
    walked.send_all_due()
    assert states(walked) == [(BOUNCED, 0), (SENT, 0), (PLANNED, 1)]


def test_a_report_about_an_older_message_does_not_turn_the_ladder_back(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    walked.now = walked.planned().due_at
    walked.send_all_due()
    assert bounce(walked, permanent=False)
    assert states(walked) == [(BOUNCED, 0), (SENT, 1), (PLANNED, 2)]


def test_a_chase_that_was_answered_meanwhile_is_left_alone(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    walked.claim()
    assert bounce(walked, permanent=False)
    assert states(walked) == [(BOUNCED, 0)]
    assert walked.attempts()[0].undelivered_at is None


def test_what_came_back_had_left_even_where_nobody_knew(walk: Walker, smtp: MailServer) -> None:
    smtp.be(Mood.DROP_AFTER_DATA)
    walked = walk(Path.WAITING_TWO_STEP)
    assert states(walked)[0] == (UNKNOWN, 0)
    assert bounce(walked)
    assert states(walked)[0] == (BOUNCED, 0)
    assert Exchange.objects.get().state == "bounced"


@pytest.mark.usefixtures("claims_suffice")
def test_a_single_message_that_came_back_is_tried_again(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.READY)
    walked.send_all_due()
    invitation = Notice.objects.get(state=SENT)
    assert invitation.exchange_id is not None
    assert outreach.mark_bounced(
        exchange_id=invitation.exchange_id, permanent=False, reason="4.2.2", by=SYSTEM, now=walked.now
    )
    assert [(row.state, row.try_no) for row in walked.notices()] == [(BOUNCED, 1), (PLANNED, 2)]
    assert not ChaseAttempt.objects.filter(state=BOUNCED).exists()


def test_an_address_that_turns_bad_during_a_promise_is_seen_before_the_promise_is_over(
    walk: Walker, smtp: MailServer
) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    promised = walked.now + timedelta(days=9)
    walked.ask_bsp(promised_for=promised)
    assert bounce(walked)
    first, then = walked.attempts()
    assert (first.state, first.undelivered_at, first.failure) == (BOUNCED, walked.now, "5.1.1")
    # The other way is gone all the same when it is time.
    assert (then.state, then.channel, then.due_at >= promised) == (PLANNED, "phone", True)
    assert "chase.attempt_undelivered" in walked.event_types()


def test_an_address_that_is_bad_at_another_time_is_a_call_at_once_and_nothing_more(
    walk: Walker, smtp: MailServer
) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    assert bounce(walked)
    assert walked.attempts()[0].undelivered_at is None
    assert walked.planned().channel == "phone"
