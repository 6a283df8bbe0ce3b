"""The door to Meta: every call leaves a row before it goes and its outcome after; no secret stays behind."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from config.core.actor import SYSTEM
from providers.models import Exchange
from providers.selectors.exchanges import may_have_happened, tried_at
from providers.services import whatsapp
from providers.services.whatsapp import CallContext, Refused, Unanswered
from tests.factories.desk import DESTINATION_WABA
from tests.factories.servers import Meta

pytestmark = pytest.mark.django_db
NUMBER = "+5511987654321"


@pytest.fixture
def context(now: datetime) -> CallContext:
    return CallContext(NUMBER, "MIG-1", test=False, by=SYSTEM, now=now)


def start(context: CallContext) -> str:
    return whatsapp.start_migration(
        account=None, waba_id=DESTINATION_WABA, country_code="55", national_number="11987654321", context=context
    )


def test_a_call_is_logged_with_its_time_and_target(meta: Meta, context: CallContext) -> None:
    start(context)
    row = Exchange.objects.get()
    assert (row.state, row.purpose, row.recipient, row.subject_key, row.ticket_reference, row.finished_at) == (
        "sent",
        "meta.start",
        DESTINATION_WABA,
        NUMBER,
        "MIG-1",
        context.now,
    )
    assert row.elapsed_ms is not None
    assert row.error is None
    assert list(Exchange.objects.filter(ticket_reference="MIG-1")) == [row]


def test_a_refusal_is_logged_with_what_metas_support_asks_for(meta: Meta, context: CallContext) -> None:
    meta.protect(NUMBER)
    with pytest.raises(Refused) as refusal:
        start(context)
    assert refusal.value.problem.key == "two_step_enabled"
    error = Exchange.objects.get().error or {}
    assert (error["key"], error["code"]) == ("two_step_enabled", 2388103)
    assert error["fbtrace_id"]


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_lost_answer_is_unknown(meta: Meta, context: CallContext, drop: str) -> None:
    meta.fault("start_migration", drop=drop)
    with pytest.raises(Unanswered) as silence:
        start(context)
    assert silence.value.left
    assert Exchange.objects.get().state == "unknown"
    found = whatsapp.find_number(account=None, waba_id=DESTINATION_WABA, forms=[NUMBER], context=context)
    assert (found is not None) == (drop == "after")


def test_what_never_left_is_failed(settings: Settings, context: CallContext) -> None:
    settings.META_BASE_URL = "http://127.0.0.1:1"
    with pytest.raises(Unanswered) as silence:
        start(context)
    assert not silence.value.left
    assert Exchange.objects.get().state == "failed"


def test_attempts_are_counted_in_a_moving_window_whatever_became_of_them(meta: Meta, context: CallContext) -> None:
    meta.fault("start_migration", drop="before")
    with pytest.raises(Unanswered):
        start(context)
    start(context)

    def count(since: datetime, purpose: str = whatsapp.START, number: str = NUMBER) -> int:
        return len(tried_at(subject_keys=[number], purpose=purpose, since=since))

    assert count(context.now - timedelta(seconds=1)) == 2
    assert count(context.now) == 0
    assert count(context.now - timedelta(seconds=1), purpose=whatsapp.REGISTER) == 0
    assert count(context.now - timedelta(seconds=1), number="+5511900000000") == 0


def test_a_call_whose_end_nobody_knows_may_have_happened(meta: Meta, settings: Settings, context: CallContext) -> None:
    def in_doubt() -> bool:
        return may_have_happened(purpose=whatsapp.START, target=DESTINATION_WABA)

    settings.META_BASE_URL = "http://127.0.0.1:1"
    with pytest.raises(Unanswered):
        start(context)
    settings.META_BASE_URL = meta.base_url
    meta.fault("start_migration", error_key="maintenance")
    with pytest.raises(Refused):
        start(context)
    assert not in_doubt()
    meta.fault("start_migration", drop="after")
    with pytest.raises(Unanswered):
        start(context)
    assert in_doubt()
    Exchange.objects.filter(state="unknown").update(state="sending")
    assert in_doubt()


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_meta_is_called(meta: Meta, context: CallContext) -> None:
    seen: list[bool] = []

    def look() -> datetime:
        seen.append(Exchange.objects.filter(state="sending").exists())
        connection.close()
        return context.now

    meta.server.world.clock, before = look, meta.server.world.clock
    try:
        start(context)
    finally:
        meta.server.world.clock = before
    assert seen
    assert all(seen)
