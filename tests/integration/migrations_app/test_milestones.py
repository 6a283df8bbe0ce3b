"""Moves that happen elsewhere: milestones with evidence on the call, and not one call to Meta."""

from typing import Any

import pytest

from config.core.errors import NotFound
from config.core.uow import IllegalTransition
from migrations_app.enums import NumberState, PinCallState
from migrations_app.enums.readiness import MilestoneKind
from migrations_app.models import CallMilestone, PinCallNumber, Playbook
from migrations_app.services import call_leaving, milestones, move_recording
from migrations_app.services.call_gate import start_proven_call
from migrations_app.services.milestones import EvidenceMissing, Seen
from providers.models import Exchange
from tests.factories.files import PNG
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tickets.models import Attachment
from tickets.services.files import Upload

OPENED, ACCEPTED, LIVE = MilestoneKind.OPENED, MilestoneKind.ACCEPTED, MilestoneKind.LIVE


@pytest.fixture(params=["embedded_signup", "provider_console"])
def elsewhere(request: pytest.FixtureRequest, walk: Walker, meta: Meta) -> Walk:
    """Two numbers in a call that begins as calls do; the destination is reached by Meta's popup, or in a console."""
    Playbook.objects.filter(is_default=True).update(execution=request.param)
    walked = walk(Path.SCHEDULED, NUMBER, OTHER_NUMBER)
    walked.claim("open_conversations_ack")
    call = walked.current_call()
    walked.now = call.start
    start_proven_call(ticket_id=walked.ticket.pk, call_id=str(call.uid), by=walked.desk, now=walked.now)
    return walked


def see(walked: Walk, kind: MilestoneKind, position: int = 1, **more: Any) -> CallMilestone:
    return milestones.record_milestone(
        ticket_id=walked.ticket.pk, call_id=str(walked.current_call().uid), number_id=walked.number(position).pk,
        seen=Seen(kind, **more), by=walked.desk, now=walked.now,
    )  # fmt: skip


def test_a_number_goes_live_by_what_was_seen_and_nothing_is_asked_of_meta(elsewhere: Walk) -> None:
    opened = see(elsewhere, OPENED)
    assert (opened.at, opened.by, elsewhere.number().state) == (elsewhere.now, elsewhere.desk.label, "initiated")
    elsewhere.later(minutes=4)
    accepted = see(elsewhere, ACCEPTED, note="The code is 123456")
    assert (accepted.note, elsewhere.number().state) == ("The code is ••••••", "code_verified")
    elsewhere.later(minutes=2)
    see(elsewhere, LIVE, note="Connected; both test messages came", upload=Upload("live.png", PNG))
    number = elsewhere.number()
    assert (number.state, number.live_at, number.billing_from) == ("live", elsewhere.now, elsewhere.now)
    row = CallMilestone.objects.get(line__number=number, kind=LIVE)
    assert row.file is not None
    assert row.file["filename"] == "live.png"
    (file,) = Attachment.objects.filter(ticket=elsewhere.ticket)
    assert (str(file.uid), file.visibility) == (row.file["id"], "internal")
    steps = [e.data["step"] for e in elsewhere.events() if e.type == "pin_call.step" and e.internal]
    assert steps == ["started", "opened", "accepted", "live"]
    states = [e.data["new"] for e in elsewhere.events() if e.type == "number.state_changed"]
    assert states == ["initiated", "code_verified", "registered", "live"]
    assert elsewhere.current_call().state == PinCallState.STARTED
    for kind in (OPENED, ACCEPTED):
        see(elsewhere, kind, 2)
    see(elsewhere, LIVE, 2, note="Connected")
    assert elsewhere.call is not None
    elsewhere.call.refresh_from_db()
    assert (elsewhere.call.state, elsewhere.fresh().stage) == ("finished", "verifying")
    # Reads would be allowed; there is nothing to read here, and certainly nothing to write.
    assert not Exchange.objects.filter(channel="meta").exclude(purpose="meta.read").exists()


def test_milestones_come_in_order_once_and_live_needs_evidence(elsewhere: Walk) -> None:
    for kind in (ACCEPTED, LIVE):
        with pytest.raises(IllegalTransition):
            see(elsewhere, kind)
    see(elsewhere, OPENED)
    with pytest.raises(IllegalTransition):
        see(elsewhere, OPENED)
    see(elsewhere, ACCEPTED)
    with pytest.raises(EvidenceMissing):
        see(elsewhere, LIVE, note="  ")
    assert elsewhere.number().state == NumberState.CODE_VERIFIED
    with pytest.raises(NotFound):
        milestones.record_milestone(
            ticket_id=elsewhere.ticket.pk, call_id=str(elsewhere.current_call().uid), number_id=0, seen=Seen(OPENED),
            by=elsewhere.desk, now=elsewhere.now,
        )  # fmt: skip


def test_two_step_found_on_elsewhere_takes_the_number_out_and_the_chase_goes_on(elsewhere: Walk) -> None:
    see(elsewhere, OPENED)
    call = elsewhere.current_call()
    given: dict[str, Any] = {
        "ticket_id": elsewhere.ticket.pk, "call_id": str(call.uid), "number_id": elsewhere.number().pk,
        "by": elsewhere.desk, "now": elsewhere.now,
    }  # fmt: skip
    milestones.record_two_step_on(**given)
    line = PinCallNumber.objects.get(number=elsewhere.number(), pin_call=call)
    assert (line.left_because, elsewhere.number().state, CallMilestone.objects.filter(line=line).count()) == (
        "two_step",
        "pending",
        0,
    )
    assert elsewhere.requirement("two_step_disabled", 1).state == "unmet"
    assert elsewhere.chase().state == "active"
    # Everybody waits: whoever has to switch it off hears now, and not in a day.
    assert elsewhere.planned().due_at == elsewhere.now
    for refused in (lambda: see(elsewhere, OPENED), lambda: milestones.record_two_step_on(**given)):
        with pytest.raises(IllegalTransition):
            refused()
    call_leaving.switched_off_now(**given)
    see(elsewhere, OPENED)
    assert elsewhere.number().state == "initiated"


def test_numbers_that_we_move_ourselves_have_no_milestones(walk: Walker, meta: Meta) -> None:
    walked = walk(Path.IN_CALL)
    with pytest.raises(IllegalTransition):
        see(walked, OPENED)


def test_what_was_begun_can_still_be_recorded_on_the_ticket(elsewhere: Walk) -> None:
    see(elsewhere, OPENED)
    given: dict[str, Any] = {"ticket_id": elsewhere.ticket.pk, "by": elsewhere.desk, "now": elsewhere.now}
    move_recording.record_moved(**given)
    move_recording.record_live(**given)
    assert [number.state for number in elsewhere.numbers()] == ["live", "live"]
