"""Giving a ticket to another organization: nothing is lost, and nobody reads what was said to somebody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from config.core.errors import NotFound
from config.core.uow import IllegalTransition
from migrations_app.enums import RequirementState
from migrations_app.models import NumberMove, OwnershipDispute
from migrations_app.services import handing_over, intake
from migrations_app.services.disputes import ReasonMissing
from migrations_app.services.handing_over import CallInTheWay, hand_over
from migrations_app.services.intake import NumberAlreadyOpen
from tests.factories.desk import Key
from tests.factories.files import PDF
from tests.factories.forms import NUMBER, OTHER_NUMBER, answers, form
from tests.factories.walks import Path, Walk, Walker
from tests.integration.api.caller import Caller
from tickets.enums import Visibility
from tickets.models import Comment, Event, Ticket
from tickets.selectors.desk import matching, timeline
from tickets.selectors.files import attachments_of
from tickets.services.comments import post_comment
from tickets.services.files import Upload, attach
from tickets.services.transfers import Contact, NotTransferable

NEW = Contact("Rui Lima", "rui@lua.example", "+551130009999")
AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


def give(walked: Walk, key: Key, *, contact: Contact | None = NEW, reason: str = "They own the line.") -> Ticket:
    return hand_over(
        ticket_id=walked.ticket.pk,
        organization_id=key.organization.pk,
        reason=reason,
        contact=contact,
        by=walked.desk,
        now=walked.later(minutes=5),
    )


def feed(organization_id: int, walked: Walk) -> list[tuple[str, dict[str, Any]]]:
    rows = Event.objects.filter(organization_id=organization_id, ticket_id=walked.ticket.pk, internal=False)
    return [(event.type, event.data) for event in rows.order_by("sequence")]


def test_a_ticket_changes_hands_with_its_lines(walk: Walker, client_key: Key, stranger: Key) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    before = walked.fresh()
    give(walked, stranger)
    ticket = walked.fresh()
    assert (ticket.organization, ticket.reference) == (stranger.organization, before.reference)
    assert (ticket.client_reference, ticket.group_reference) == ("", "")
    assert (ticket.contact_name, ticket.contact_email, ticket.contact_phone) == (NEW.name, NEW.email, NEW.phone)
    assert (ticket.status, ticket.stage) == (before.status, before.stage)
    assert ticket.version > before.version
    assert (ticket.origin, ticket.tags) == (before.origin, before.tags) == ("infobip", ["bsp:infobip"])
    assert walked.number().holding
    with pytest.raises(NumberAlreadyOpen):
        intake.file_ticket(organization=client_key.organization, form=form(), by=client_key.actor, now=walked.now)


def test_each_organization_has_its_own_part_of_the_story(walk: Walker, client_key: Key, stranger: Key) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    give(walked, stranger)
    old, new = client_key.organization.pk, stranger.organization.pk
    assert feed(old, walked)[-1] == ("ticket.deleted", {"reason": "transferred"})
    assert feed(new, walked)[:3] == [
        ("ticket.created", {"kind": "number_migration", "source": "api"}),
        ("ticket.submitted", {}),
        ("ticket.status_changed", {"old": "new", "new": "waiting"}),
    ]
    for organization in (old, new):
        numbers = Event.objects.filter(organization_id=organization).order_by("sequence")
        assert list(numbers.values_list("sequence", flat=True)) == list(range(1, numbers.count() + 1))
    shown = list(timeline(walked.fresh(), internal=False).values_list("organization_id", flat=True))
    assert set(shown) == {new}
    told = Event.objects.get(type="ticket.transferred")
    assert told.internal
    assert told.data == {"old": "Padaria Sol", "new": "Farmacia Lua", "reason": "They own the line."}


def test_what_was_said_stays_with_the_desk(walk: Walker, stranger: Key) -> None:
    walked = walk(Path.WAITING_TWO_STEP, notes="Our shop closes in May.")
    for by in (walked.by, walked.desk):
        post_comment(
            ticket_id=walked.ticket.pk, body="Between us.", visibility=Visibility.PUBLIC, by=by, now=walked.now
        )
    walked.claim(statement="Maria switched it off.")
    give(walked, stranger)
    assert not Comment.objects.filter(ticket=walked.ticket, visibility=Visibility.PUBLIC).exists()
    kept = Comment.objects.filter(ticket=walked.ticket).order_by("-id")[0].body
    assert "Our shop closes in May." in kept
    assert "two_step_disabled: Maria switched it off." in kept
    assert walked.case.notes == ""
    requirement = walked.requirement("two_step_disabled")
    assert requirement.state == "claimed"
    assert "Maria" not in str(requirement.evidence)
    assert walked.by.label not in f"{requirement.evidence} {requirement.decided_by}"
    assert (requirement.evidence or {})["confirmed_by"] == "client"


def test_the_new_people_are_written_to_from_the_first_rung(walk: Walker, stranger: Key, mailoutbox: list[Any]) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    walked.later(days=2)
    walked.send_all_due()
    mailoutbox.clear()
    give(walked, stranger)
    assert walked.planned().step == 0
    walked.send_all_due()
    assert [mail.to for mail in mailoutbox] == [[NEW.email]]
    number = walked.number()
    assert (number.otp_contact_name, number.otp_contact_email) == (NEW.name, NEW.email)


def test_the_new_people_are_asked_to_prepare_too(walk: Walker, stranger: Key) -> None:
    walked = walk(Path.WAITING_TWO_STEP, business_verification="pending")
    assert [attempt.message for attempt in walked.attempts()] == ["two_step_prepare"]
    give(walked, stranger)
    assert walked.planned().message == "two_step_prepare"


def test_with_the_same_contact_the_chase_goes_on_where_it_was(walk: Walker, stranger: Key) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    planned, contact = walked.planned(), walked.ticket.contact_email
    give(walked, stranger, contact=None)
    assert (walked.planned().pk, walked.fresh().contact_email) == (planned.pk, contact)
    assert walked.number().otp_contact_name == "Ana"


def test_words_of_the_old_organization_are_not_found_any_more(walk: Walker, stranger: Key) -> None:
    walked = walk(Path.FILED, client_reference="SOL-SECRET")
    give(walked, stranger)
    tickets = Ticket.objects.all()
    assert not matching(tickets, "SOL-SECRET").exists()
    assert not matching(tickets, "ana@padariasol.example").exists()
    assert matching(tickets, NUMBER).exists()


@pytest.mark.parametrize("path", [Path.DRAFT, Path.TRIAGE, Path.READY])
def test_whatever_waits_can_be_given_away(walk: Walker, stranger: Key, path: Path) -> None:
    walked = walk(path)
    stage = walked.ticket.stage
    give(walked, stranger)
    assert (walked.fresh().organization, walked.ticket.stage) == (stranger.organization, stage)


@pytest.mark.usefixtures("meta")
@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        (Path.SCHEDULED, CallInTheWay),
        (Path.IN_CALL, CallInTheWay),
        (Path.CANCELLED, IllegalTransition),
        (Path.CLOSED, IllegalTransition),
        (Path.REJECTED, IllegalTransition),
    ],
)
def test_what_cannot_be_given_away(
    walk: Walker, client_key: Key, stranger: Key, path: Path, refusal: type[Exception]
) -> None:
    walked = walk(path)
    with pytest.raises(refusal):
        give(walked, stranger)
    assert walked.fresh().organization == client_key.organization


def test_test_tickets_and_ones_own_stay_and_a_reason_is_needed(walk: Walker, client_key: Key, stranger: Key) -> None:
    trial, walked = walk(Path.FILED, test=True), walk(Path.FILED, OTHER_NUMBER)
    with pytest.raises(NotTransferable):
        give(trial, stranger)
    with pytest.raises(NotTransferable):
        give(walked, client_key)
    with pytest.raises(ReasonMissing):
        give(walked, stranger, reason=" ")
    with pytest.raises(NotFound):
        handing_over.hand_over(
            ticket_id=walked.ticket.pk, organization_id=0, reason="x", contact=None, by=walked.desk, now=walked.now
        )


def test_the_claimants_dispute_ends_with_the_transfer_and_another_ones_goes_on(
    walk: Walker, stranger: Key, partner_org: Any
) -> None:
    walked = walk(Path.FILED, NUMBER, OTHER_NUMBER)
    for organization in (stranger.organization, partner_org):
        with pytest.raises(NumberAlreadyOpen):
            intake.file_ticket(
                organization=organization, form=form(NUMBER, OTHER_NUMBER), by=walked.desk, now=walked.now
            )
    give(walked, stranger)
    states = set(OwnershipDispute.objects.values_list("claimant__name", "state"))
    assert states == {("Farmacia Lua", "transferred"), ("Agencia Norte", "open")}


def test_a_client_that_got_a_ticket_has_all_its_time(walk: Walker, stranger: Key) -> None:
    walked = walk(Path.READY)
    Ticket.objects.filter(pk=walked.ticket.pk).update(let_go_at=walked.now + timedelta(days=3))
    give(walked, stranger)
    assert (walked.fresh().let_go_at, walked.ticket.client_seen_at) == (None, walked.now)
    assert walked.case.silence_due_at == walked.now + timedelta(days=45)


def test_files_links_and_earlier_rounds_stay_with_the_desk(walk: Walker, stranger: Key) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    upload = Upload(filename="contract-of-sol.pdf", content=PDF)
    file = attach(ticket_id=walked.ticket.pk, upload=upload, visibility=Visibility.PUBLIC, by=walked.by, now=walked.now)
    walked.claim(statement="First words.")
    walked.decide("two_step_disabled", RequirementState.UNMET)
    walked.claim(statement="Second words.", link="https://sol.example/proof", attachment=file.uid)
    give(walked, stranger)
    assert not attachments_of(walked.fresh(), internal=False).exists()
    assert attachments_of(walked.ticket, internal=True).count() == 1
    kept = Comment.objects.filter(ticket=walked.ticket).order_by("-id")[0].body
    said = ("First words.", "Second words.", "https://sol.example/proof", "contract-of-sol.pdf")
    assert all(words in kept for words in said)
    shown = Caller(stranger.secret).get(f"tickets/{walked.ticket.reference}").text
    assert not [words for words in (*said, str(file.uid)) if words in shown]
    assert walked.requirement("two_step_disabled").state == "claimed"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_claim_and_a_transfer_at_once_are_both_kept(walk: Walker, stranger: Key, at_once: AtOnce) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    now = walked.later(minutes=5)
    results = at_once([
        lambda: hand_over(
            ticket_id=walked.ticket.pk, organization_id=stranger.organization.pk, reason="x", contact=NEW,
            by=walked.desk, now=now,
        ),
        walked.claim,
    ])  # fmt: skip
    assert not [result for result in results if isinstance(result, Exception)], results
    assert walked.requirement("two_step_disabled").state == "claimed"
    assert walked.fresh().organization == stranger.organization
    assert NumberMove.objects.get().holding


def test_the_old_key_finds_nothing_and_a_repeat_is_judged_anew(
    walk: Walker, client_key: Key, stranger: Key, desk: Any
) -> None:
    old, new = Caller(client_key.secret), Caller(stranger.secret)
    filed = old.post("tickets", answers(), Idempotency_Key="once")
    reference = filed.json["reference"]
    address = f"tickets/{reference}"
    assert old.get(address).status == 200
    walked = Walk(Ticket.objects.get(reference=reference), client_key.actor, walk.agent, walk.now)
    walked.send_all_due()
    walked.later(minutes=1)
    give(walked, stranger)
    for tail in ("", "/status", "/comments", "/events", "/chases"):
        assert old.get(f"{address}{tail}").status == 404
        assert new.get(f"{address}{tail}").status == 200
    assert "Padaria Sol" not in new.get(f"{address}/events").text
    [chase] = new.get(f"{address}/chases").data
    assert [attempt["state"] for attempt in chase["attempts"]] == ["planned"], (
        "what the old organization was sent is gone"
    )
    again = old.post("tickets", answers(), Idempotency_Key="once")
    assert (again.status, again.code) == (409, "number_already_open")
    assert reference not in again.text
