"""Silent clients: two ladders, a warning, and the line is free again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from config.core.actor import SYSTEM
from config.core.uow import IllegalTransition
from migrations_app import tasks
from migrations_app.enums import NumberState, RequirementState
from migrations_app.models import MigrationCase, Notice
from migrations_app.rules.silence import SilenceStep
from migrations_app.selectors import due
from migrations_app.services import endings, letting_go, outreach
from migrations_app.services.requirements import TicketEnded
from tests.factories.forms import NO_PHONE
from tests.factories.servers import MailServer, Mood
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import TicketStatus, Visibility
from tickets.models import Event, Ticket
from tickets.services.comments import post_comment
from tickets.services.tickets import set_hold

pytestmark = pytest.mark.usefixtures("meta")
WARNING = "client_unresponsive_warning"
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


def tick(walked: Walk) -> list[SilenceStep | None]:
    """What the sweep does at this moment, and the worker after it."""
    found = due.silent_tickets(now=walked.now, limit=100)
    steps = [letting_go.look_after(ticket_id=ticket_id, now=walked.now) for ticket_id in found]
    for chase_id, ticket_id in due.ended_ladders(now=walked.now, limit=100):
        outreach.escalate(chase_id, ticket_id, by=SYSTEM, now=walked.now)
    walked.send_all_due()
    return [step for step in steps if step]


def live_until(walked: Walk, happens: Callable[[], bool], *, days: int = 90) -> list[tuple[int, SilenceStep | None]]:
    """Let quarters of a day pass with all sweeps until something is so; return what was done about the silence, with the day."""
    begin = walked.now
    story: list[tuple[int, SilenceStep | None]] = []
    while not happens():
        assert walked.now < begin + timedelta(days=days), story
        walked.later(hours=6)
        story += [((walked.now - begin).days, step) for step in tick(walked)]
    return story


def warned(walked: Walk) -> bool:
    return walked.fresh().let_go_at is not None


def ended(walked: Walk) -> bool:
    return walked.fresh().status == TicketStatus.CANCELLED


def say(walked: Walk, **more: Any) -> None:
    post_comment(
        ticket_id=walked.ticket.pk, body="Please wait.", visibility=Visibility.PUBLIC,
        by=more.get("by", walked.by), now=walked.now,
    )  # fmt: skip


def warnings_of(walked: Walk) -> list[Notice]:
    return [notice for notice in walked.notices() if notice.message == WARNING]


def test_a_client_silent_through_two_ladders_is_warned_and_cancelled_a_week_later(
    walk: Walker, mailoutbox: list[Any]
) -> None:
    walked = walk(Path.FILED, client=NO_PHONE)
    story = live_until(walked, lambda: ended(walked))
    assert [step for _day, step in story] == [SilenceStep.NEXT_LADDER, SilenceStep.WARN, SilenceStep.LET_GO]
    assert [attempt.message for attempt in walked.attempts()].count("two_step_guide") == 2
    assert walked.ticket.cancel_reason == "client_unresponsive"
    assert not walked.number().holding
    assert walked.ticket.let_go_at is None
    [warning] = warnings_of(walked)
    assert warning.sent_at is not None
    assert walked.ticket.status_since - warning.sent_at >= timedelta(days=7)
    mail = next(mail for mail in mailoutbox if "seguir com a migração" in mail.subject)
    assert "março" in mail.body or "abril" in mail.body
    assert walked.case.silence_due_at is None
    assert due.silent_tickets(now=walked.later(days=400), limit=9) == []


def test_the_second_ladder_begins_within_the_clients_office_hours(walk: Walker) -> None:
    walked = walk(Path.FILED, client=NO_PHONE)
    live_until(walked, lambda: walked.chase().round == 2)
    first = walked.planned() if walked.chase().next_at and walked.chase().last_step is None else walked.attempts()[-1]
    assert 9 <= (first.due_at - timedelta(hours=3)).hour <= 18
    assert first.due_at.weekday() < 5


@pytest.mark.parametrize("path", [Path.READY, Path.TRIAGE])
def test_an_abandoned_ticket_is_warned_after_45_days_and_let_go_a_week_later(
    walk: Walker, mailoutbox: list[Any], path: Path
) -> None:
    walked = walk(path)
    seen = walked.ticket.client_seen_at
    assert seen is not None
    story = live_until(walked, lambda: ended(walked))
    ends = [(days, step) for days, step in story if step is not SilenceStep.NEXT_LADDER]
    assert [step for _days, step in ends] == [SilenceStep.WARN, SilenceStep.LET_GO]
    if path is Path.READY:
        assert 44 <= ends[0][0] <= 47
    assert ends[1][0] - ends[0][0] >= 7


@pytest.mark.parametrize("act", ["comment", "claim", "edit"])
def test_a_sign_of_life_after_the_warning_keeps_the_ticket(walk: Walker, mailoutbox: list[Any], act: str) -> None:
    walked = walk(Path.FILED)
    live_until(walked, lambda: warned(walked))
    assert walked.case.silence_due_at == walked.ticket.let_go_at
    date = walked.ticket.let_go_at
    walked.later(days=1)
    if act == "comment":
        say(walked)
    elif act == "claim":
        walked.claim()
    else:
        walked.ask_bsp()
    ticket = walked.fresh()
    assert (ticket.let_go_at, ticket.client_seen_at) == (None, walked.now)
    told = [event.data["let_go_at"] for event in walked.events() if "let_go_at" in event.data]
    assert len(told) == 2
    assert told[-1] is None
    assert date is not None
    walked.now = date + timedelta(hours=1)
    assert SilenceStep.LET_GO not in tick(walked)
    assert walked.fresh().status != "cancelled"


def test_what_the_desk_or_a_stranger_does_is_no_sign_of_life(
    walk: Walker, mailoutbox: list[Any], stranger: Any
) -> None:
    walked = walk(Path.FILED)
    live_until(walked, lambda: warned(walked))
    seen = walked.ticket.client_seen_at
    say(walked, by=walked.desk)
    say(walked, by=stranger.actor)
    ticket = walked.fresh()
    assert ticket.let_go_at is not None
    assert ticket.client_seen_at == seen


def test_an_agent_keeps_a_ticket_open(walk: Walker, mailoutbox: list[Any]) -> None:
    walked = walk(Path.READY)
    with pytest.raises(IllegalTransition):
        letting_go.keep_open(ticket_id=walked.ticket.pk, by=walked.desk, now=walked.now)
    live_until(walked, lambda: warned(walked))
    letting_go.keep_open(ticket_id=walked.ticket.pk, by=walked.desk, now=walked.later(days=2))
    assert walked.fresh().let_go_at is None
    assert walked.case.silence_due_at == walked.now + timedelta(days=45)
    story = live_until(walked, lambda: ended(walked))
    assert [step for _day, step in story] == [SilenceStep.WARN, SilenceStep.LET_GO]
    assert len(warnings_of(walked)) == 2


def test_on_hold_nothing_counts_and_off_hold_all_the_time_is_there_again(walk: Walker, mailoutbox: list[Any]) -> None:
    walked = walk(Path.READY)
    live_until(walked, lambda: warned(walked))
    set_hold(ticket_id=walked.ticket.pk, on_hold=True, by=walked.desk, now=walked.later(days=1))
    assert (walked.fresh().let_go_at, walked.case.silence_due_at) == (None, None)
    set_hold(ticket_id=walked.ticket.pk, on_hold=False, by=walked.desk, now=walked.later(days=100))
    assert walked.case.silence_due_at == walked.now + timedelta(days=45)


def test_a_booked_call_ends_the_count(walk: Walker, mailoutbox: list[Any]) -> None:
    walked = walk(Path.READY)
    assert walked.case.silence_due_at is not None
    walked.book(walked.now.replace(minute=0) + timedelta(hours=24))
    assert walked.case.silence_due_at is None


def test_nobody_is_let_go_before_the_warning_had_its_week(walk: Walker, smtp: MailServer) -> None:
    """The mail server is out for a while: the date moves with the day on which the warning really left."""
    walked = walk(Path.READY)
    live_until(walked, lambda: warned(walked))
    Notice.objects.filter(message=WARNING).update(sent_at=walked.now + timedelta(days=3))
    walked.now = walked.ticket.let_go_at or walked.now
    assert tick(walked) == [SilenceStep.LET_GO]
    assert walked.fresh().status != "cancelled"
    late = Notice.objects.get(message=WARNING).sent_at
    assert late is not None
    assert walked.ticket.let_go_at == late + timedelta(days=7)
    walked.now = late + timedelta(days=7)
    tick(walked)
    assert ended(walked)


def test_a_warning_that_cannot_be_delivered_leaves_it_to_the_desk(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.READY)
    smtp.be(*[Mood.REFUSE_RECIPIENT] * 20)
    walked.later(days=46)
    assert tick(walked) == [SilenceStep.WARN]
    assert [warning.state for warning in warnings_of(walked)] == ["failed"]
    walked.later(days=8)
    assert tick(walked) == [SilenceStep.LET_GO]
    assert not warned(walked)
    assert walked.fresh().status == "waiting"
    event = Event.objects.get(ticket_id=walked.ticket.pk, type="ticket.client_silent")
    assert event.internal
    assert event.data == {"reason": "warning_not_delivered"}
    assert walked.case.silence_due_at == walked.now + timedelta(days=45)


def test_a_partly_moved_ticket_is_never_let_go_but_the_desk_is_told(walk: Walker) -> None:
    walked = walk(Path.LIVE, "+5511987654321", "+5511976543210")
    other = walked.number(2)
    assert other.state in {NumberState.LIVE, NumberState.REGISTERED}
    # The second number fails after the first is live: the case waits again.
    type(other).objects.filter(pk=other.pk).update(state="failed", live_at=None, billing_from=None, holding=True)
    set_hold(ticket_id=walked.ticket.pk, on_hold=True, by=walked.desk, now=walked.now)
    walked.decide("two_step_disabled", RequirementState.UNMET, number_id=other.pk)
    set_hold(ticket_id=walked.ticket.pk, on_hold=False, by=walked.desk, now=walked.now)
    assert walked.fresh().stage in {"requirements", "ready"}
    walked.later(days=46)
    assert SilenceStep.TELL_DESK in tick(walked)
    assert walked.fresh().let_go_at is None
    assert walked.event_types().count("ticket.client_silent") == 1
    assert SilenceStep.TELL_DESK not in tick(walked)


def test_an_abandoned_draft_is_announced_and_deleted(walk: Walker, mailoutbox: list[Any]) -> None:
    walked = walk(Path.DRAFT)
    walked.later(days=89)
    assert tick(walked) == []
    walked.later(days=2)
    assert tick(walked) == [SilenceStep.WARN]
    assert walked.fresh().let_go_at is not None
    walked.later(days=10)
    assert tick(walked) == [SilenceStep.LET_GO]
    assert not Ticket.objects.filter(pk=walked.ticket.pk).exists()
    assert Event.objects.filter(type="ticket.deleted").count() == 1
    assert not mailoutbox


def test_a_draft_that_is_worked_on_stays(walk: Walker) -> None:
    walked = walk(Path.DRAFT)
    walked.later(days=91)
    tick(walked)
    say(walked)
    assert walked.fresh().let_go_at is None
    walked.later(days=30)
    tick(walked)
    assert walked.fresh().status == "draft"
    assert walked.case.silence_due_at == walked.ticket.client_seen_at + timedelta(days=90)  # type: ignore[operator]


def test_who_comes_back_after_being_let_go_is_asked_from_the_first_rung(walk: Walker, mailoutbox: list[Any]) -> None:
    walked = walk(Path.FILED, client=NO_PHONE)
    live_until(walked, lambda: ended(walked))
    endings.reopen(ticket_id=walked.ticket.pk, by=walked.by, now=walked.later(hours=1))
    chase = walked.chase()
    assert (chase.state, chase.round, walked.planned().message) == ("active", 1, "two_step_guide")
    assert walked.number().holding


def test_the_sweep_goes_on_after_a_row_that_fails(
    walk: Walker, clock_at: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = walk(Path.READY, "+5511987654321"), walk(Path.READY, "+5511976543210")
    MigrationCase.objects.filter(ticket=first.ticket).update(silence_due_at=first.now)
    clock_at(first.later(days=60))
    real = letting_go.look_after

    def look(*, ticket_id: int, now: datetime) -> SilenceStep | None:
        if ticket_id == first.ticket.pk:
            raise RuntimeError
        return real(ticket_id=ticket_id, now=now)

    monkeypatch.setattr(letting_go, "look_after", look)
    tasks.sweep_abandoned()
    assert second.fresh().let_go_at is not None


def test_the_desks_patience_is_a_setting(walk: Walker, settings: Settings, mailoutbox: list[Any]) -> None:
    settings.ABANDONED_DAYS = 3
    walked = walk(Path.READY)
    assert walked.case.silence_due_at == (walked.ticket.client_seen_at or walked.now) + timedelta(days=3)


# Mails that were one too many


@pytest.mark.usefixtures("claims_suffice")
def test_cancelling_and_reopening_at_once_invites_once(walk: Walker, mailoutbox: list[Any]) -> None:
    walked = walk(Path.READY)
    walked.cancel()
    endings.reopen(ticket_id=walked.ticket.pk, by=walked.by, now=walked.now)
    walked.send_all_due()
    assert [notice.message for notice in walked.notices()] == ["slot_invitation"]


@pytest.mark.usefixtures("claims_suffice")
def test_an_invitation_that_was_sent_is_not_sent_again_within_a_day(walk: Walker, mailoutbox: list[Any]) -> None:
    walked = walk(Path.READY)
    walked.send_all_due()
    walked.cancel()
    walked.later(hours=2)
    endings.reopen(ticket_id=walked.ticket.pk, by=walked.by, now=walked.now)
    assert [notice.message for notice in walked.notices()] == ["slot_invitation"]
    walked.cancel()
    endings.reopen(ticket_id=walked.ticket.pk, by=walked.by, now=walked.later(days=2))
    assert [notice.message for notice in walked.notices()] == ["slot_invitation", "slot_invitation"]


def test_a_claim_meets_a_ticket_that_was_let_go(walk: Walker, mailoutbox: list[Any]) -> None:
    walked = walk(Path.FILED)
    live_until(walked, lambda: ended(walked))
    with pytest.raises(TicketEnded):
        walked.claim()


# Many at once


def at_the_end(walk: Walker) -> Walk:
    """A ticket whose client was warned a week ago."""
    walked = walk(Path.READY)
    live_until(walked, lambda: warned(walked))
    walked.later(days=8)
    return walked


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_beats_warn_once_and_let_go_once(walk: Walker, at_once: AtOnce, mailoutbox: list[Any]) -> None:
    walked = walk(Path.READY)
    look = lambda: letting_go.look_after(ticket_id=walked.ticket.pk, now=walked.now)  # noqa: E731
    walked.later(days=46)
    assert sorted(map(str, at_once([look] * 4))) == ["None", "None", "None", "warn"]
    assert len(warnings_of(walked)) == 1
    walked.later(hours=1)
    walked.send_all_due()
    walked.later(days=8)
    assert sorted(map(str, at_once([look] * 4))) == ["None", "None", "None", "let_go"]
    assert walked.event_types().count("ticket.cancelled") == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_a_word_and_the_end_at_once_end_in_one_of_two_true_stories(
    walk: Walker, at_once: AtOnce, mailoutbox: list[Any], attempt: int
) -> None:
    walked = at_the_end(walk)
    results = at_once([
        lambda: letting_go.look_after(ticket_id=walked.ticket.pk, now=walked.now),
        lambda: walked.book(walked.now.replace(hour=15, minute=0) + timedelta(days=3)),
    ])  # fmt: skip
    step, booked = results
    ticket = walked.fresh()
    assert ticket.let_go_at is None
    if isinstance(booked, IllegalTransition):
        assert (step, ticket.status, walked.number().holding) == (SilenceStep.LET_GO, "cancelled", False)
    else:
        assert not isinstance(booked, Exception), booked
        assert (step, ticket.status, walked.number().holding) == (None, "scheduled", True)
