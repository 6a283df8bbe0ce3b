"""Times for the call are proposed, again after silence, and booked unasked where the queue wants it; missed calls; the cut-off."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.mail import EmailMessage

from config.core.uow import IllegalTransition
from migrations_app.enums import DeskTaskKind, DeskTaskState, PinCallState, TaskOutcome
from migrations_app.enums.proposals import ProposalState
from migrations_app.models import CallLink, CallPolicy, CallProposal, DeskTask, PinCall
from migrations_app.selectors.proposals import due_proposals
from migrations_app.services import call_run, calls, proposals, task_outcomes
from providers.models import Exchange
from tests.factories.desk import Desk
from tests.factories.walks import Path, Walk, Walker
from tickets.services.tickets import set_hold

LINK = re.compile(r"http://[^/]+/c/(\S+)")


@pytest.fixture
def invited(walk: Walker, claims_suffice: None) -> Walk:
    walked = walk(Path.READY)
    walked.send_all_due()
    walked.later(minutes=15)
    return walked


def to_client(mailoutbox: list[EmailMessage]) -> str:
    """The newest mail to the client: the agent of a call is told of it too."""
    return str([mail for mail in mailoutbox if not mail.to[0].endswith("@portero.example")][-1].body)


def newest(walked: Walk) -> CallProposal:
    return CallProposal.objects.filter(case=walked.case).latest("id")


def stay_silent(walked: Walk) -> CallProposal:
    """Let the time for an answer pass, as the sweep sees it; what is planned then leaves."""
    walked.now = newest(walked).answer_due_at
    for proposal_id in due_proposals(now=walked.now, limit=10):
        proposals.look_after(proposal_id=proposal_id, now=walked.now)
    walked.send_all_due()
    return newest(walked)


def books_unasked(desk: Desk, now: datetime) -> None:
    CallPolicy.objects.create(queue=desk.latam, book_without_answer=True, created_at=now, updated_at=now)


def test_an_invitation_proposes_three_times_with_links_that_only_its_reader_has(
    invited: Walk, mailoutbox: list[EmailMessage]
) -> None:
    proposal = newest(invited)
    starts = [datetime.fromisoformat(start) for start in proposal.starts]
    assert len(starts) == 3
    assert all(start >= invited.now + timedelta(hours=12) for start in starts)
    body = str(mailoutbox[-1].body)
    tokens = LINK.findall(body)
    assert len(set(tokens)) == 4
    assert CallLink.objects.filter(case=invited.case).count() == 4
    kept = Exchange.objects.latest("id").body + str(list(CallLink.objects.values()))
    assert not any(token in kept for token in tokens)
    assert "[link 1]" in kept
    assert "[link" not in body
    assert (proposal.round, proposal.missed, proposal.state) == (1, False, ProposalState.OPEN)


def test_times_beside_quiet_hours_are_marked(
    walk: Walker, claims_suffice: None, mailoutbox: list[EmailMessage]
) -> None:
    window = {"weekday": 2, "start": "09:00", "end": "12:00"}
    walked = walk(Path.READY, low_traffic_windows=[window], client={"language": "en"})
    walked.send_all_due()
    lines = [line for line in str(mailoutbox[-1].body).splitlines() if LINK.search(line) and line.startswith("  - ")]
    assert len(lines) == 3
    quiet = ["Wednesday" in line for line in lines]
    assert quiet.count(True) == 1
    assert ["outside your quiet hours" not in line for line in lines] == quiet


def test_silence_brings_fresh_times_three_times_and_no_more(invited: Walk, mailoutbox: list[EmailMessage]) -> None:
    first = newest(invited).starts
    second = stay_silent(invited)
    assert (second.round, second.starts == first) == (2, False)
    assert "have not heard" in str(mailoutbox[-1].body) or "Ainda não" in str(mailoutbox[-1].body)
    third = stay_silent(invited)
    assert third.round == 3
    sent = len(mailoutbox)
    assert stay_silent(invited).pk == third.pk
    assert newest(invited).state == ProposalState.SILENT
    assert len(mailoutbox) == sent
    assert not PinCall.objects.filter(ticket=invited.ticket).exists()


def test_after_the_last_round_a_call_is_booked_where_the_queue_wants_it(
    invited: Walk, desk: Desk, now: datetime, mailoutbox: list[EmailMessage]
) -> None:
    books_unasked(desk, now)
    for _round in range(3):
        stay_silent(invited)
    call = invited.current_call()
    assert call.start >= invited.now + timedelta(hours=48)
    assert (newest(invited).state, newest(invited).pin_call) == (ProposalState.BOOKED, call)
    body = to_client(mailoutbox)
    assert "marcamos o melhor" in body
    assert len(LINK.findall(body)) == 1
    assert invited.fresh().stage == "scheduled"


def test_who_has_missed_a_call_is_given_none_unasked(invited: Walk, desk: Desk, now: datetime) -> None:
    books_unasked(desk, now)
    miss(invited)
    for _round in range(3):
        stay_silent(invited)
    assert newest(invited).state == ProposalState.SILENT
    assert not PinCall.objects.filter(ticket=invited.ticket, state=PinCallState.BOOKED).exists()


def test_booking_by_whatever_way_answers_what_is_proposed(invited: Walk) -> None:
    call = invited.book()
    assert (newest(invited).state, newest(invited).pin_call) == (ProposalState.ANSWERED, call)
    assert due_proposals(now=invited.now + timedelta(days=30), limit=10) == []


def test_what_is_proposed_ends_with_the_ticket(invited: Walk) -> None:
    invited.cancel()
    assert newest(invited).state == ProposalState.WITHDRAWN


def test_a_ticket_on_hold_is_looked_at_again_later(invited: Walk) -> None:
    set_hold(ticket_id=invited.ticket.pk, on_hold=True, by=invited.desk, now=invited.now)
    due = newest(invited).answer_due_at
    assert stay_silent(invited).answer_due_at == due + timedelta(days=1)
    assert newest(invited).state == ProposalState.OPEN


def test_an_address_that_refuses_gets_no_more_rounds(invited: Walk) -> None:
    notice = invited.notices()[-1]
    type(notice).objects.filter(pk=notice.pk).update(state="bounced", failure="5.1.1")
    assert stay_silent(invited).state == ProposalState.SILENT


def miss(walked: Walk) -> PinCall:
    walked.later(minutes=15)
    call = walked.book(newest_start(walked))
    walked.now = call.start + timedelta(minutes=20)
    call_run.mark_no_show(ticket_id=walked.ticket.pk, call_id=str(call.uid), by=walked.desk, now=walked.now)
    walked.send_all_due()
    return call


def newest_start(walked: Walk) -> datetime:
    return datetime.fromisoformat(newest(walked).starts[0])


def ringing(walked: Walk) -> list[DeskTask]:
    return list(DeskTask.objects.filter(case=walked.case, kind=DeskTaskKind.RING_CLIENT).order_by("id"))


def test_a_missed_call_brings_new_times_at_once_and_after_the_second_a_person_rings(
    invited: Walk, mailoutbox: list[EmailMessage]
) -> None:
    miss(invited)
    assert (newest(invited).missed, newest(invited).round, newest(invited).state) == (True, 1, ProposalState.OPEN)
    assert "desencontramos" in str(mailoutbox[-1].body)
    assert not ringing(invited)
    miss(invited)
    (task,) = ringing(invited)
    assert (task.state, task.contact) == (DeskTaskState.OPEN, invited.ticket.contact_phone)
    assert "onboarding" in {invited.fresh().waiting_on, *invited.ticket.waiting_also}
    told = task_outcomes.Told(TaskOutcome.DONE, note="Thursday suits")
    task_outcomes.record_outcome(task_id=task.pk, told=told, by=invited.desk, now=invited.now)
    assert "onboarding" not in {invited.fresh().waiting_on, *invited.ticket.waiting_also}


def test_nobody_rings_once_a_time_is_booked(invited: Walk) -> None:
    miss(invited)
    miss(invited)
    invited.book(newest_start(invited))
    assert [task.state for task in ringing(invited)] == [DeskTaskState.DROPPED]


@pytest.mark.parametrize("change", ["move", "cancel"])
def test_clients_change_a_call_until_the_cut_off_and_agents_until_it_begins(
    invited: Walk, change: str, subtests: pytest.Subtests
) -> None:
    call = invited.book()

    def do(by: str, now: datetime) -> None:
        actor = invited.desk if by == "desk" else invited.by
        uid = str(call.uid)
        if change == "move":
            start = call.start + timedelta(days=1)
            calls.reschedule(ticket_id=invited.ticket.pk, call_id=uid, start=start, by=actor, now=now)
        else:
            calls.cancel_call(ticket_id=invited.ticket.pk, call_id=uid, by=actor, now=now)

    cut_off = call.start - timedelta(hours=2)
    with subtests.test("in time"), invited.undone():
        do("client", cut_off)
    with subtests.test("too late"), pytest.raises(IllegalTransition) as refusal, invited.undone():
        do("client", cut_off + timedelta(seconds=1))
    assert refusal.value.extra == {"allowed": [], "cut_off_at": cut_off.isoformat().replace("+00:00", "Z")}
    with subtests.test("the desk"), invited.undone():
        do("desk", call.start - timedelta(minutes=1))


def test_the_queue_says_how_late_is_too_late(invited: Walk, desk: Desk, now: datetime) -> None:
    CallPolicy.objects.create(queue=desk.latam, cut_off_minutes=0, created_at=now, updated_at=now)
    call = invited.book()
    late = call.start - timedelta(minutes=1)
    calls.cancel_call(ticket_id=invited.ticket.pk, call_id=str(call.uid), by=invited.by, now=late)


def test_a_mail_about_a_booked_call_has_a_link_to_change_it(
    invited: Walk, mailoutbox: list[EmailMessage], clock_at: Callable[[datetime], None]
) -> None:
    call = invited.book()
    invited.send_all_due()
    assert len(LINK.findall(to_client(mailoutbox))) == 1
    invited.now = call.start - timedelta(hours=1)
    invited.send_all_due()
    assert not LINK.findall(to_client(mailoutbox)), "nothing can be changed any more"
