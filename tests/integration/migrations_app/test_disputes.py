"""Two organizations claim one line: the desk gets one dispute, whatever door the claim came through."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from config.core.actor import Actor
from config.core.uow import IllegalTransition
from migrations_app.enums import NumberState
from migrations_app.enums.disputes import DisputeState
from migrations_app.models import NumberMove, OwnershipDispute
from migrations_app.services import endings, importing, intake, moves, rulings
from migrations_app.services.disputes import ReasonMissing
from migrations_app.services.editing import Edit, edit_ticket
from migrations_app.services.intake import NumberAlreadyOpen
from tests.factories.desk import Key
from tests.factories.forms import NUMBER, OTHER_NUMBER, form
from tests.factories.walks import Path, Walk, Walker

AtOnce = Callable[[list[Callable[[], Any]]], list[Any]]


@pytest.fixture
def held(walk: Walker) -> Walk:
    """The line of NUMBER is held by the client's ticket."""
    return walk(Path.FILED)


def file_for(key: Key, walked: Walk, *numbers: str, by: Actor | None = None, **changes: Any) -> None:
    intake.file_ticket(
        organization=key.organization, form=form(*numbers, **changes), by=by or key.actor, now=walked.later(minutes=1)
    )


def claim(key: Key, walked: Walk, *numbers: str, **more: Any) -> None:
    with pytest.raises(NumberAlreadyOpen):
        file_for(key, walked, *numbers, **more)


def the_dispute() -> OwnershipDispute:
    return OwnershipDispute.objects.get()


def test_a_foreign_filing_is_a_dispute_and_the_next_one_is_the_same(held: Walk, stranger: Key) -> None:
    claim(stranger, held)
    first = held.now
    revision = held.fresh().revision
    claim(stranger, held, "+551187654321")
    dispute = the_dispute()
    assert (dispute.number, dispute.match_key, dispute.state) == (NUMBER, held.number().match_key, "open")
    assert (dispute.holder, dispute.claimant, dispute.times) == (held.case, stranger.organization, 2)
    assert (dispute.raised_at, dispute.last_claimed_at) == (first, held.now)
    assert dispute.raised_by == stranger.actor.label
    [event] = [event for event in held.events() if event.type == "ticket.ownership_disputed"]
    assert event.internal
    assert event.data == {"numbers": [NUMBER], "claimed_by": "Farmacia Lua", "state": "open"}
    assert held.fresh().revision == revision + 1


def test_ones_own_duplicate_and_a_test_ticket_are_no_dispute(held: Walk, client_key: Key, stranger: Key) -> None:
    claim(client_key, held)
    intake.file_ticket(
        organization=stranger.organization, form=form(test=True), by=stranger.actor, now=held.now
    )  # holds nothing, so nothing is in its way
    assert not OwnershipDispute.objects.exists()


def test_what_the_desk_files_for_an_organization_is_that_organizations_claim(
    held: Walk, stranger: Key, client_key: Key
) -> None:
    claim(client_key, held, by=held.desk)
    assert not OwnershipDispute.objects.exists()
    claim(stranger, held, by=held.desk)
    assert the_dispute().claimant == stranger.organization


def test_submitting_a_draft_is_a_claim_with_its_ticket(held: Walk, stranger: Key, walk: Walker) -> None:
    draft = walk(Path.DRAFT, key=stranger)
    with pytest.raises(NumberAlreadyOpen):
        intake.submit_draft(ticket_id=draft.ticket.pk, by=stranger.actor, now=held.now)
    assert the_dispute().claimant_ticket == draft.ticket
    assert draft.fresh().status == "draft"
    intake.delete_draft(ticket_id=draft.ticket.pk, by=stranger.actor, now=held.now)
    assert the_dispute().claimant_ticket is None


def test_adding_a_number_by_an_edit_is_a_claim(held: Walk, stranger: Key, walk: Walker) -> None:
    other = walk(Path.FILED, OTHER_NUMBER, key=stranger)
    edit = Edit(changes={"phone_numbers": [OTHER_NUMBER, NUMBER]}, version=None)
    with pytest.raises(NumberAlreadyOpen):
        edit_ticket(ticket_id=other.ticket.pk, edit=edit, by=stranger.actor, now=held.now)
    assert the_dispute().claimant_ticket == other.ticket
    assert len(other.numbers()) == 1


def test_reopening_is_a_claim(walk: Walker, stranger: Key) -> None:
    theirs = walk(Path.FILED, key=stranger)
    theirs.cancel()
    held = walk(Path.FILED)
    with pytest.raises(NumberAlreadyOpen):
        endings.reopen(ticket_id=theirs.ticket.pk, by=stranger.actor, now=theirs.now)
    assert (the_dispute().holder, the_dispute().claimant_ticket) == (held.case, theirs.ticket)


def test_a_row_of_a_sheet_is_a_claim_when_it_is_tried_and_when_it_is_filed(held: Walk, stranger: Key) -> None:
    forms = [form(OTHER_NUMBER), form(NUMBER)]
    sheet: dict[str, Any] = {
        "organization": stranger.organization,
        "forms": forms,
        "by": stranger.actor,
        "now": held.now,
    }
    assert isinstance(importing.try_rows(**sheet)[1].refusal, NumberAlreadyOpen)
    assert the_dispute().times == 1
    with pytest.raises(importing.RowsRefused):
        importing.file_rows(**sheet)
    assert the_dispute().times == 2
    assert NumberMove.objects.count() == 1


def test_every_claimed_line_is_a_dispute_of_its_own_and_each_holder_is_told_once(
    walk: Walker, stranger: Key, partner_org: Any
) -> None:
    held = walk(Path.FILED, NUMBER, OTHER_NUMBER)
    claim(stranger, held, NUMBER, OTHER_NUMBER)
    assert set(OwnershipDispute.objects.values_list("number", flat=True)) == {NUMBER, OTHER_NUMBER}
    assert held.event_types().count("ticket.ownership_disputed") == 1


def test_a_dispute_ends_by_itself_when_the_holders_ticket_ends(held: Walk, stranger: Key) -> None:
    claim(stranger, held)
    held.cancel()
    dispute = the_dispute()
    assert (dispute.state, dispute.decided_by, dispute.decided_at) == ("dismissed", held.by.label, held.now)
    file_for(stranger, held)


def test_a_dispute_ends_by_itself_when_the_number_is_taken_out(walk: Walker, stranger: Key) -> None:
    held = walk(Path.FILED, NUMBER, OTHER_NUMBER)
    claim(stranger, held, NUMBER)
    edit = Edit(changes={"phone_numbers": [OTHER_NUMBER]}, version=None)
    edit_ticket(ticket_id=held.ticket.pk, edit=edit, by=held.by, now=held.now)
    assert the_dispute().state == "dismissed"


@pytest.mark.usefixtures("meta")
def test_a_dispute_ends_by_itself_when_the_number_is_live(walk: Walker, stranger: Key) -> None:
    held = walk(Path.IN_CALL)
    claim(stranger, held)
    held.move()
    if held.number().state != NumberState.LIVE:
        moves.check_live(number_id=held.number().pk, by=held.desk, now=held.now)
    assert the_dispute().state == "dismissed"


def test_a_lead_keeps_the_line_with_its_holder_for_a_reason(held: Walk, stranger: Key) -> None:
    claim(stranger, held)
    ruling: dict[str, Any] = {"dispute_id": the_dispute().pk, "by": held.desk, "now": held.now}
    with pytest.raises(ReasonMissing):
        rulings.keep_with_holder(**ruling, reason="  ")
    rulings.keep_with_holder(**ruling, reason="They sent the invoice.")
    dispute = the_dispute()
    assert (dispute.state, dispute.decided_by, dispute.reason) == ("upheld", "bea", "They sent the invoice.")
    assert held.number().holding
    with pytest.raises(IllegalTransition):
        rulings.keep_with_holder(**ruling, reason="Again.")
    claim(stranger, held)
    assert OwnershipDispute.objects.filter(state=DisputeState.OPEN).count() == 1


def test_a_lead_lets_the_holder_go_and_the_claimant_files(walk: Walker, stranger: Key, colleague: Key) -> None:
    held = walk(Path.FILED, NUMBER, OTHER_NUMBER)
    claim(stranger, held, NUMBER, OTHER_NUMBER)
    one = OwnershipDispute.objects.order_by("id").first()
    assert one is not None
    rulings.let_holder_go(dispute_id=one.pk, reason="Not theirs.", by=held.desk, now=held.now)
    assert held.fresh().status == "cancelled"
    assert set(OwnershipDispute.objects.values_list("state", flat=True)) == {"dismissed"}
    assert OwnershipDispute.objects.get(pk=one.pk).reason == "Not theirs."
    file_for(stranger, held)


@pytest.mark.usefixtures("meta")
def test_a_number_that_has_been_cut_over_is_not_let_go_by_a_ruling(walk: Walker, stranger: Key) -> None:
    held = walk(Path.IN_CALL, NUMBER, OTHER_NUMBER)
    claim(stranger, held, OTHER_NUMBER)
    held.move(1)
    with pytest.raises(IllegalTransition):
        rulings.let_holder_go(dispute_id=the_dispute().pk, reason="No.", by=held.desk, now=held.now)
    assert the_dispute().state == "open"
    assert held.number(2).holding


def test_a_dispute_says_who_ended_it_or_is_open(held: Walk, stranger: Key) -> None:
    claim(stranger, held)
    wrongs: tuple[dict[str, Any], ...] = (
        {"state": "upheld"},
        {"state": "upheld", "decided_by": "leo", "decided_at": held.now},
        {"decided_by": "leo"},
        {"last_claimed_at": held.now - timedelta(days=1)},
    )
    for wrong in wrongs:
        with pytest.raises(IntegrityError), transaction.atomic():
            OwnershipDispute.objects.update(**wrong)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_eight_claims_at_once_are_one_dispute(walk: Walker, stranger: Key, at_once: AtOnce) -> None:
    held = walk(Path.FILED)
    now = held.later(minutes=1)

    def file() -> None:
        intake.file_ticket(organization=stranger.organization, form=form(), by=stranger.actor, now=now)

    results = at_once([file] * 8)
    assert {type(result) for result in results} == {NumberAlreadyOpen}
    assert the_dispute().times == 8


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_claim_and_the_end_of_the_holder_leave_no_open_dispute(walk: Walker, stranger: Key, at_once: AtOnce) -> None:
    held = walk(Path.FILED)

    def file() -> None:
        intake.file_ticket(organization=stranger.organization, form=form(), by=stranger.actor, now=held.now)

    at_once([file, held.cancel])
    assert held.fresh().status == "cancelled"
    assert not OwnershipDispute.objects.filter(state=DisputeState.OPEN).exists()
