"""What goes wrong beside the main road: poisoned rows, identifiers told twice, drafts thrown away, prefixes that Meta alters."""

from datetime import datetime, timedelta

import pytest

from config.core import clock
from config.core.actor import SYSTEM
from config.core.uow import IllegalTransition
from migrations_app import tasks
from migrations_app.api.documents import ticket_document
from migrations_app.enums import NumberState
from migrations_app.models import MigrationCase, NumberMove
from migrations_app.selectors.cases import documents
from migrations_app.services import endings
from providers.services import whatsapp
from providers.services.whatsapp import CallContext
from tests.factories.desk import DESTINATION_WABA
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walker
from tickets.enums import CancelReason

pytestmark = pytest.mark.django_db


def test_one_poisoned_row_does_not_stop_the_others_of_its_sweep(walk: Walker) -> None:
    poisoned, sound = walk(Path.READY, "+5511911110001").number(), walk(Path.READY, "+5511911110002").number()
    cooling = {"state": NumberState.COOLING_DOWN, "cool_down_until": clock.now() - timedelta(days=1)}
    NumberMove.objects.filter(pk=sound.pk).update(**cooling, state_before_pause="pending")
    NumberMove.objects.filter(pk=poisoned.pk).update(
        **{**cooling, "cool_down_until": clock.now() - timedelta(days=2)}, state_before_pause="nonsense"
    )

    tasks.sweep_clock()

    sound.refresh_from_db()
    poisoned.refresh_from_db()
    assert (poisoned.state, sound.state) == ("cooling_down", "pending")


def test_an_identifier_that_is_met_is_not_replaced_by_a_claim(walk: Walker) -> None:
    filed = walk(Path.WAITING_TWO_STEP)
    kept = filed.case.waba_id

    with pytest.raises(IllegalTransition):
        filed.claim("waba_id", value="999888777666555")
    filed.claim("waba_id", value=kept)

    assert filed.case.waba_id == kept


def test_a_draft_that_was_thrown_away_offers_nothing(walk: Walker) -> None:
    draft = walk(Path.DRAFT)
    endings.cancel(ticket_id=draft.ticket.pk, reason=CancelReason.OTHER, by=draft.by, now=draft.now)

    ticket = draft.fresh()

    assert ticket_document(ticket, documents([ticket])[ticket.pk])["available_actions"] == []


def test_a_closed_case_without_a_test_is_resolved_again_when_it_is_reopened(walk: Walker, meta: Meta) -> None:
    closed = walk(Path.CLOSED)
    MigrationCase.objects.get(ticket=closed.ticket).requirements.filter(code="send_receive_test").delete()

    endings.reopen(ticket_id=closed.ticket.pk, by=closed.by, now=closed.now)

    assert closed.fresh().status == "resolved"


def test_a_number_is_found_at_the_destination_in_the_form_that_meta_made_of_it(meta: Meta, now: datetime) -> None:
    context = CallContext("+551187654321", "MIG-1", test=False, by=SYSTEM, now=now)
    new_id = whatsapp.start_migration(
        account=None, waba_id=DESTINATION_WABA, country_code="55", national_number="11987654321", context=context
    )

    found = whatsapp.find_number(
        account=None, waba_id=DESTINATION_WABA, forms=["+551187654321", "+5511987654321"], context=context
    )

    assert found == new_id
