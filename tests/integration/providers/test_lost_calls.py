"""Calls to Meta whose process died, and calls of test tickets."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from config.core.actor import SYSTEM
from providers.enums import ExchangeState
from providers.models import Exchange
from providers.services import exchanges, whatsapp
from providers.services.whatsapp import CallContext
from tests.factories.desk import DESTINATION_WABA

pytestmark = pytest.mark.django_db
NUMBER = "+5511987654321"


def begun(at: datetime) -> Exchange:
    return exchanges.begin_meta_call(
        purpose="meta.read", subject_key=NUMBER, ticket_reference="MIG-1", target="1", now=at
    )


def test_a_call_whose_process_died_becomes_unknown_and_a_running_one_does_not(now: datetime) -> None:
    lost, running = begun(now - timedelta(minutes=5)), begun(now)

    assert exchanges.mark_lost(before=now - timedelta(minutes=2), by=SYSTEM, now=now) == 1

    lost.refresh_from_db()
    running.refresh_from_db()
    assert (lost.state, lost.error, lost.finished_at) == (ExchangeState.UNKNOWN, {"key": "process_lost"}, now)
    assert running.state == ExchangeState.SENDING


def test_a_test_ticket_never_reaches_the_graph_api(settings: Settings, now: datetime) -> None:
    # Nobody listens here: a call that went to the live address would not be answered.
    settings.META_BASE_URL = "http://127.0.0.1:1"
    test = CallContext(NUMBER, "MIG-1", test=True, by=SYSTEM, now=now)

    found = whatsapp.start_migration(
        account=None, waba_id=DESTINATION_WABA, country_code="55", national_number="11987654321", context=test
    )

    assert found.startswith("999"), "an id that Meta gives to nobody"
