"""Proposals when many do the same at the same moment. Real threads, real commits, on both databases."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from config.core.errors import Conflict
from migrations_app.enums import PinCallState
from migrations_app.enums.proposals import ProposalState
from migrations_app.models import CallPolicy, CallProposal, PinCall
from migrations_app.services import calls, proposals
from migrations_app.services.call_answers import decline
from migrations_app.services.slot_taking import Wish
from tests.factories.desk import Desk
from tests.factories.walks import Path, Walk, Walker
from tickets.models import Comment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


@pytest.fixture
def invited(walk: Walker, claims_suffice: None) -> Walk:
    walked = walk(Path.READY)
    walked.send_all_due()
    return walked


def newest(walked: Walk) -> CallProposal:
    return CallProposal.objects.filter(case=walked.case).latest("id")


def test_sweeps_at_once_propose_anew_once(invited: Walk, at_once: AtOnce) -> None:
    proposal = newest(invited)
    now = proposal.answer_due_at
    assert at_once([lambda: proposals.look_after(proposal_id=proposal.pk, now=now)] * 6) == [None] * 6
    assert newest(invited).state == ProposalState.SILENT
    assert [notice.state for notice in invited.notices()] == ["sent", "planned"]


def test_a_call_booked_unasked_and_one_chosen_at_the_same_moment_are_one(
    invited: Walk, desk: Desk, now: datetime, at_once: AtOnce
) -> None:
    CallPolicy.objects.create(queue=desk.latam, book_without_answer=True, created_at=now, updated_at=now)
    CallProposal.objects.update(round=3)
    proposal = newest(invited)
    then = proposal.answer_due_at
    start = datetime.fromisoformat(proposal.starts[-1])

    def choose() -> None:
        calls.book(ticket_id=invited.ticket.pk, wish=Wish(start), by=invited.by, now=then)

    results = at_once([choose, lambda: proposals.look_after(proposal_id=proposal.pk, now=then)])
    assert all(result is None or isinstance(result, Conflict) for result in results), results
    assert PinCall.objects.filter(ticket=invited.ticket, state=PinCallState.BOOKED).count() == 1
    assert newest(invited).state in {ProposalState.ANSWERED, ProposalState.BOOKED}


def test_a_button_pressed_many_times_says_it_once(invited: Walk, at_once: AtOnce) -> None:
    case = invited.case
    at_once([lambda: decline(case=case, wish="Only on Saturdays", by=invited.by, now=invited.now)] * 5)
    assert Comment.objects.filter(ticket=invited.ticket).count() == 1
    assert newest(invited).state == ProposalState.DECLINED
