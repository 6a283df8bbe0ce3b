"""How tickets end and come back."""

from datetime import timedelta

import pytest

from config.core.uow import IllegalTransition
from migrations_app.enums import RequirementState
from migrations_app.models import CallCell, PinCall, Requirement
from migrations_app.services import endings
from migrations_app.services.intake import NumberAlreadyOpen
from tests.factories.forms import OTHER_NUMBER
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import CancelReason
from tickets.models import Comment

pytestmark = pytest.mark.usefixtures("meta")

CAN_CANCEL = {Path.DRAFT, Path.FILED, Path.WAITING_TWO_STEP, Path.READY, Path.SCHEDULED, Path.IN_CALL, Path.TRIAGE}
CAN_REOPEN = {Path.RESOLVED, Path.CLOSED, Path.CANCELLED}
CAN_CLOSE = {Path.RESOLVED}
CAN_REJECT = CAN_CANCEL - {Path.DRAFT}


def reopen(walked: Walk) -> None:
    endings.reopen(ticket_id=walked.ticket.pk, by=walked.by, now=walked.later(hours=1))


def close(walked: Walk) -> None:
    endings.close(ticket_id=walked.ticket.pk, by=walked.desk, now=walked.now)


def reject(walked: Walk) -> None:
    endings.reject(ticket_id=walked.ticket.pk, reason="Not yours.", by=walked.desk, now=walked.now)


@pytest.mark.parametrize("path", sorted(CAN_CANCEL))
def test_a_ticket_is_cancelled_with_its_reason(walk: Walker, path: Path) -> None:
    walked = walk(path)
    walked.cancel(CancelReason.OLD_BSP_REFUSED)
    ticket = walked.fresh()
    assert (ticket.status, ticket.cancel_reason, ticket.waiting_on) == ("cancelled", "old_bsp_refused", "nobody")
    assert not any(number.holding for number in walked.numbers())
    assert not PinCall.objects.filter(state__in=["held", "booked", "started"]).exists()
    assert walked.event_types().count("ticket.cancelled") == 1


@pytest.mark.parametrize("path", Path)
def test_an_end_that_is_not_allowed_is_refused_and_nothing_is_said(
    walk: Walker, subtests: pytest.Subtests, path: Path
) -> None:
    walked = walk(path)
    status, comments = walked.ticket.status, Comment.objects.count()
    if path not in CAN_CANCEL:
        with subtests.test("what has ended or has been cut over cannot be cancelled"):
            with pytest.raises(IllegalTransition) as refusal:
                walked.cancel()
            assert "cancel" not in refusal.value.extra["allowed"]
    if path not in CAN_REOPEN:
        with subtests.test("what has not ended cannot be reopened"), pytest.raises(IllegalTransition):
            reopen(walked)
    if path not in CAN_CLOSE:
        with subtests.test("only a resolved ticket is closed"), pytest.raises(IllegalTransition):
            close(walked)
    if path not in CAN_REJECT:
        with subtests.test("what has ended cannot be rejected"), pytest.raises(IllegalTransition):
            reject(walked)
    assert walked.fresh().status == status
    assert Comment.objects.count() == comments


def test_cancelling_frees_the_call(walk: Walker) -> None:
    walked = walk(Path.SCHEDULED)
    walked.cancel()
    assert not CallCell.objects.exists()
    assert "pin_call.cancelled" in walked.event_types()


def test_rejecting_tells_the_client_why(walk: Walker) -> None:
    walked = walk(Path.REJECTED)
    comment = Comment.objects.get()
    assert (comment.visibility, comment.from_desk) == ("public", True)
    assert walked.ticket.status == "rejected"


def test_a_resolved_ticket_closes_by_itself_after_five_weeks(walk: Walker) -> None:
    walked = walk(Path.RESOLVED)
    due = walked.now + timedelta(days=35)
    assert walked.ticket.auto_close_at == due
    assert not endings.close_if_due(ticket_id=walked.ticket.pk, now=due - timedelta(seconds=1))
    assert endings.close_if_due(ticket_id=walked.ticket.pk, now=due)
    assert not endings.close_if_due(ticket_id=walked.ticket.pk, now=due)
    assert walked.fresh().status == "closed"
    assert walked.fresh().auto_close_at is None


def test_closing_reminders_lapse_when_the_ticket_closes(walk: Walker) -> None:
    walked = walk(Path.CLOSED)
    rows = Requirement.objects.filter(case=walked.case, blocks="nothing").exclude(code="two_step_reenabled")
    left = rows.values_list("state", "reason")
    assert left
    assert set(left) == {("waived", "lapsed")}
    assert walked.requirement("two_step_reenabled").state == "met", "registering has proven it"
    assert walked.ticket.stage == "done"


def test_a_reminder_that_was_answered_does_not_lapse(walk: Walker) -> None:
    walked = walk(Path.RESOLVED)
    walked.claim("old_contract_cancelled")
    walked.decide("old_contract_cancelled", RequirementState.MET)
    close(walked)
    assert walked.requirement("old_contract_cancelled").state == "met"


def test_the_closing_reminders_are_a_chase_of_their_own_that_blocks_nothing(walk: Walker) -> None:
    walked = walk(Path.RESOLVED)
    chase = walked.case.chases.get(requirement_code="old_contract_cancelled")
    assert chase.state == "active"
    assert walked.ticket.status == "resolved"
    assert "migration_done" in [notice.message for notice in walked.notices()]
    close(walked)
    chase.refresh_from_db()
    assert chase.state == "stopped"


def test_a_cancelled_ticket_comes_back_with_its_lines(walk: Walker) -> None:
    walked = walk(Path.CANCELLED)
    reopen(walked)
    ticket = walked.fresh()
    assert (ticket.status, ticket.stage, ticket.cancel_reason) == ("waiting", "requirements", "")
    assert walked.number().holding


def test_a_reopened_line_that_somebody_else_moves_by_now_is_refused(walk: Walker) -> None:
    walked = walk(Path.CANCELLED)
    other = walk(Path.FILED)
    with pytest.raises(NumberAlreadyOpen) as refusal:
        reopen(walked)
    assert refusal.value.extra["existing_ticket"] == other.ticket.reference
    assert walked.fresh().status == "cancelled"


@pytest.mark.parametrize("path", [Path.RESOLVED, Path.CLOSED])
def test_a_resolved_or_closed_ticket_is_tested_again(walk: Walker, path: Path) -> None:
    walked = walk(path)
    reopen(walked)
    assert (walked.fresh().stage, walked.ticket.status, walked.ticket.auto_close_at) == (
        "verifying",
        "in_progress",
        None,
    )
    walked.decide("send_receive_test", RequirementState.MET)
    assert walked.fresh().status == "resolved"
    assert walked.ticket.auto_close_at == walked.now + timedelta(days=35)


def test_a_reopened_test_ticket_still_holds_nothing(walk: Walker) -> None:
    walked = walk(Path.CANCELLED, OTHER_NUMBER, test=True)
    reopen(walked)
    assert not walked.number().holding


def test_a_draft_that_was_cancelled_comes_back_as_nothing_that_could_be_booked(walk: Walker) -> None:
    walked = walk(Path.DRAFT)
    walked.cancel()
    with pytest.raises(IllegalTransition):
        reopen(walked)
