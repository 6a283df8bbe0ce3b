"""The chase: whom we ask, when, and when we fall silent."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.mail import EmailMessage

from config.core.actor import OPERATOR, SYSTEM
from migrations_app.enums import AttemptState, RequirementState
from migrations_app.models import ChaseAttempt, Ladder
from migrations_app.services import outreach
from migrations_app.services.endings import reopen
from migrations_app.services.moves import skip
from providers.models import Bsp
from providers.services.directory import keep_edit
from providers.services.outreach import send
from tests.factories.forms import NO_PHONE, NUMBER, OTHER_NUMBER
from tests.factories.walks import Path, Walk, Walker

CODE = "two_step_disabled"


def make_reachable(
    slug: str, *, accepts: str = "client_or_partner", email: str = "offboarding@infobip.example"
) -> None:
    bsp = Bsp.objects.get(slug=slug)
    bsp.accepts_request_from, bsp.contact_email, bsp.channel = accepts, email, "email"
    fields = ["accepts_request_from", "contact_email", "channel"]
    keep_edit(bsp=bsp, fields=fields, by=OPERATOR, now=datetime(2026, 3, 1, tzinfo=UTC))


def climb_all(walked: Walk) -> list[str]:
    """Let time pass until nothing is planned any more; return who was sent what."""
    while (attempt := next((a for a in walked.attempts() if a.state == AttemptState.PLANNED), None)) is not None:
        walked.now = max(walked.now, attempt.due_at)
        walked.send_all_due()
    return [f"{a.recipient_party}:{a.message}" for a in walked.attempts()]


@pytest.mark.parametrize(
    ("owner", "first"),
    [("client", "two_step_guide"), ("old_bsp", "two_step_letter"), ("unknown", "two_step_letter")],
)
def test_the_first_thing_asked_depends_on_who_owns_the_waba(walk: Walker, owner: str, first: str) -> None:
    attempt = walk(Path.FILED, waba_owner=owner).planned()
    assert (attempt.message, attempt.recipient_party, attempt.due_at) == (first, "client", walk.now)


def test_the_first_message_goes_at_once_even_on_a_sunday_night(walk: Walker) -> None:
    walk.now = datetime(2026, 3, 8, 3, 0, tzinfo=UTC)
    walked = walk(Path.WAITING_TWO_STEP)
    assert [a.state for a in walked.attempts()] == [AttemptState.SENT, AttemptState.PLANNED]


def test_later_messages_keep_to_business_hours(walk: Walker) -> None:
    make_reachable("infobip")
    walk.now = datetime(2026, 3, 8, 3, 0, tzinfo=UTC)  # Sunday, midnight in Sao Paulo
    walked = walk(Path.WAITING_TWO_STEP, waba_owner="old_bsp")
    second = walked.planned()
    assert (second.recipient_party, second.message) == ("old_bsp", "two_step_bsp_request")
    assert second.due_at == datetime(2026, 3, 9, 12, 0, tzinfo=UTC)  # Monday, nine o'clock


@pytest.mark.parametrize(
    ("accepts", "email", "reached"),
    [
        ("client_or_partner", "offboarding@infobip.example", True),
        ("client_or_partner", "", False),
        ("client_only", "offboarding@infobip.example", False),
        ("unknown", "offboarding@infobip.example", False),
    ],
)
def test_an_old_bsp_is_written_to_only_if_it_listens_to_us_and_has_an_address(
    walk: Walker, accepts: str, email: str, reached: bool
) -> None:
    make_reachable("infobip", accepts=accepts, email=email)
    sent = climb_all(walk(Path.FILED, waba_owner="old_bsp"))
    assert ("old_bsp:two_step_bsp_request" in sent) is reached
    assert sent[0] == "client:two_step_letter"


def test_the_ladder_is_climbed_in_order_and_then_a_person_takes_over(walk: Walker) -> None:
    walked = walk(Path.FILED, client=NO_PHONE)
    assert climb_all(walked) == [
        "client:two_step_guide",
        "client:two_step_letter",
        "client:two_step_reminder",
        "client:two_step_reminder",
    ]
    chase = walked.chase()
    assert chase.state == "active"
    assert chase.next_at is not None
    assert not outreach.escalate(chase.pk, walked.ticket.pk, by=SYSTEM, now=walked.now)
    walked.now = chase.next_at
    assert outreach.escalate(chase.pk, walked.ticket.pk, by=SYSTEM, now=walked.now)
    assert walked.chase().state == "exhausted"
    assert walked.fresh().waiting_on == "client"
    assert "onboarding" in walked.ticket.waiting_also
    assert walked.event_types().count("chase.escalated") == 1
    assert not outreach.escalate(chase.pk, walked.ticket.pk, by=SYSTEM, now=walked.now)


def test_rungs_are_apart_by_business_days(walk: Walker) -> None:
    walked = walk(Path.FILED, client=NO_PHONE)
    climb_all(walked)
    zone_days = [a.due_at.astimezone(UTC).date() for a in walked.attempts()]
    assert zone_days == [
        datetime(2026, 3, day, tzinfo=UTC).date() for day in (2, 3, 5, 9)
    ]  # Monday, Tuesday, Thursday, then (the BSP's rung left out) two business days over the weekend


@pytest.mark.usefixtures("claims_suffice")
def test_a_claim_silences_the_chase_and_its_planned_message_is_never_sent(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    sent = len(mailoutbox)
    planned = walked.planned()
    walked.claim()
    assert walked.chase().state == "answered"
    assert "chase.answered" in walked.event_types()
    walked.later(days=30)
    assert outreach.send_due(type(planned), planned.pk, by=SYSTEM, now=walked.now) is None
    walked.send_all_due()
    assert len(mailoutbox) == sent + 2  # the invitation to book, and what is still missing for the call
    assert len(walked.attempts()) == 1


def test_proof_satisfies_the_chase(walk: Walker) -> None:
    walked = walk(Path.READY)
    walked.decide(CODE, RequirementState.MET)
    assert walked.chase().state == "satisfied"


def test_a_claim_that_was_false_sends_the_ladder_one_rung_on(walk: Walker) -> None:
    walked = walk(Path.READY)
    walked.decide(CODE, RequirementState.UNMET)
    assert walked.chase().state == "active"
    assert walked.planned().message == "two_step_letter"
    assert walked.fresh().stage == "requirements"


def test_a_claim_that_was_false_at_filing_starts_the_chase(walk: Walker) -> None:
    walked = walk(Path.FILED, two_step_verification="disabled")
    assert walked.fresh().stage == "ready"
    walked.decide(CODE, RequirementState.UNMET)
    assert walked.planned().due_at == walked.now


def test_nothing_is_nudged_before_the_promised_date(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    promised = walked.now + timedelta(days=9)
    walked.ask_bsp(promised_for=promised)
    assert walked.planned().due_at == promised
    assert walked.fresh().next_nudge_at == promised
    walked.now = promised - timedelta(minutes=1)
    assert walked.send_all_due() == []
    walked.now = promised
    assert walked.send_all_due() == [AttemptState.SENT]


def test_an_early_promise_does_not_bring_the_reminder_forward(walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    before = walked.planned().due_at
    walked.ask_bsp(promised_for=walked.now + timedelta(minutes=5))
    assert walked.planned().due_at == before


def test_while_one_number_is_promised_the_other_is_still_chased(walk: Walker, mailoutbox: list[EmailMessage]) -> None:
    walked = walk(Path.WAITING_TWO_STEP, NUMBER, OTHER_NUMBER)
    walked.ask_bsp(numbers=[NUMBER], promised_for=walked.now + timedelta(days=20))
    walked.now = walked.planned().due_at
    walked.send_all_due()
    body = mailoutbox[-1].body
    assert OTHER_NUMBER in body
    assert NUMBER not in body


def test_after_the_promised_date_only_the_promised_numbers_are_named(
    walk: Walker, mailoutbox: list[EmailMessage]
) -> None:
    walked = walk(Path.WAITING_TWO_STEP, NUMBER, OTHER_NUMBER)
    walked.claim(numbers=[OTHER_NUMBER])
    walked.ask_bsp(numbers=[NUMBER], promised_for=walked.now + timedelta(days=3))
    walked.now = walked.planned().due_at
    # What else is due to the client would leave with it.
    ChaseAttempt.objects.filter(state=AttemptState.PLANNED).exclude(pk=walked.planned().pk).delete()
    outreach.send_due(ChaseAttempt, walked.planned().pk, by=SYSTEM, now=walked.now)
    assert NUMBER in mailoutbox[-1].body
    assert OTHER_NUMBER not in mailoutbox[-1].body


def test_ending_a_ticket_stops_its_chases(walk: Walker) -> None:
    walked = walk(Path.CANCELLED)
    assert walked.chase().state == "stopped"
    assert not [a for a in walked.attempts() if a.state == AttemptState.PLANNED]
    assert walked.ticket.next_nudge_at is None


def test_a_reopened_ticket_is_chased_on(walk: Walker) -> None:
    walked = walk(Path.CANCELLED)
    reopen(ticket_id=walked.ticket.pk, by=walked.by, now=walked.later(days=2))
    assert walked.chase().state == "active"
    assert walked.planned().message == "two_step_letter"


def test_one_chase_asks_for_both_unknown_identifiers(walk: Walker) -> None:
    walked = walk(Path.FILED, waba_id=None, business_manager_id=None, two_step_verification="disabled")
    chases = list(walked.case.chases.values_list("requirement_code", flat=True))
    assert chases == ["waba_id"]
    walked.claim("waba_id", value="102290129340398")
    assert walked.case.chases.get().state == "active"
    walked.claim("business_manager_id", value="506914307656634")
    assert walked.case.chases.get(requirement_code="waba_id").state == "satisfied"


def test_a_skipped_number_is_not_chased_any_more(walk: Walker) -> None:
    walked = walk(Path.FILED, NUMBER, OTHER_NUMBER)
    walked.claim(numbers=[NUMBER])
    assert walked.chase().state == "active"
    skip(number_id=walked.number(2).pk, reason="stays", by=walked.desk, now=walked.now)
    assert walked.chase().state != "active"
    walked.later(days=30)
    assert walked.attempts() == []
    assert walked.fresh().status_details == []


def test_a_running_chase_keeps_the_rungs_it_started_with(walk: Walker) -> None:
    walked = walk(Path.FILED)
    Ladder.objects.update(steps=[{"escalate": True}])
    assert len(climb_all(walked)) == 4


def test_a_false_claim_while_the_message_is_still_on_its_way_does_not_plan_twice(walk: Walker) -> None:
    """The worker holds the first message; meanwhile the client claims and an agent finds out that it is not so."""
    walked = walk(Path.FILED)
    claimed = outreach._claim(type(walked.planned()), walked.planned().pk, by=SYSTEM, now=walked.now)
    assert claimed is not None
    walked.claim()
    walked.decide(CODE, RequirementState.UNMET)
    assert [a.state for a in walked.attempts()] == [AttemptState.SENDING]
    outcome = send(claimed.message, channel=claimed.channel)
    outreach._record(type(walked.attempts()[0]), claimed, outcome, by=SYSTEM, now=walked.now)
    assert [a.state for a in walked.attempts()] == [AttemptState.SENT, AttemptState.PLANNED]
