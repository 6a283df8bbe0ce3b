"""The owner of a webhook endpoint hears by mail that it was switched off: once, in its language, and truthfully."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from config.core.actor import SYSTEM
from migrations_app import tasks
from providers.models import Exchange
from providers.services import exchanges
from tests.factories.desk import Key
from tests.factories.servers import MailServer, Mood, PartnerServer
from tests.factories.webhooks import Hook, make_hook
from tickets.models import WebhookEndpoint
from tickets.services.webhook_notices import take_notice
from tickets.services.webhook_outbox import send_ping

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).resolve().parents[3] / "migrations_app" / "templates" / "webhooks" / "switched_off"


@pytest.fixture
def hook(partner: PartnerServer, client_key: Key, now: datetime, clock_at: Callable[[datetime], None]) -> Hook:
    clock_at(now)
    return make_hook(client_key, partner.url, now=now, contact_email="ops@sol.example", contact_language="pt-br")


def switched_off(hook: Hook, partner: PartnerServer, now: datetime, *answers: int) -> None:
    for days, answer in zip((0, 6), answers, strict=False):
        partner.be(answer)
        send_ping(endpoint_id=hook.row.pk, by=SYSTEM, now=now + timedelta(days=days))
        hook.send(now + timedelta(days=days))
    WebhookEndpoint.objects.exclude(notice_due_at=None).update(notice_due_at=now)


def test_nothing_but_failures_for_days_is_told_once(
    hook: Hook, partner: PartnerServer, smtp: MailServer, now: datetime
) -> None:
    switched_off(hook, partner, now, 500, 500)
    assert not hook.fresh().active
    tasks.sweep_webhook_notices()
    tasks.sweep_webhook_notices()
    (mail,) = smtp.received
    assert mail["To"] == "ops@sol.example"
    assert mail["Subject"] == "Seu endpoint de webhooks foi desativado (Padaria Sol)"
    text = mail.get_content()
    assert partner.url in text
    assert "2 de março de 2026, 15:00" in text
    assert f"/webhook-endpoints/{hook.row.uid}/replay" in text
    row = Exchange.objects.get(purpose="notice.webhook_off")
    assert (row.state, row.recipient, row.ticket_reference) == ("sent", "ops@sol.example", "")


def test_who_answered_gone_is_told_so_and_without_an_address_nobody_is(
    hook: Hook, partner: PartnerServer, smtp: MailServer, now: datetime
) -> None:
    switched_off(hook, partner, now, 410)
    tasks.sweep_webhook_notices()
    assert "410 Gone" in smtp.received[0].get_content()
    WebhookEndpoint.objects.update(active=True, off_reason="", off_at=None, contact_email="")
    switched_off(hook, partner, now, 410)
    tasks.sweep_webhook_notices()
    assert len(smtp.received) == 1


def test_a_mail_server_that_is_busy_is_asked_again(
    hook: Hook, partner: PartnerServer, smtp: MailServer, now: datetime, clock_at: Callable[[datetime], None]
) -> None:
    switched_off(hook, partner, now, 410)
    smtp.be(Mood.BUSY_AT_RECIPIENT, Mood.ACCEPT)
    tasks.sweep_webhook_notices()
    assert smtp.received == []
    clock_at(now + timedelta(minutes=11))
    tasks.sweep_webhook_notices()
    assert len(smtp.received) == 1


def test_who_has_switched_it_on_again_is_not_told(
    hook: Hook, partner: PartnerServer, smtp: MailServer, now: datetime
) -> None:
    switched_off(hook, partner, now, 410)
    WebhookEndpoint.objects.update(active=True, off_reason="", off_at=None)
    tasks.sweep_webhook_notices()
    assert smtp.received == []


def test_a_process_that_dies_while_the_mail_leaves_is_not_repeated_blindly(
    hook: Hook,
    partner: PartnerServer,
    smtp: MailServer,
    now: datetime,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    switched_off(hook, partner, now, 410)
    monkeypatch.setattr("migrations_app.services.webhook_notices.send", lambda *_args, **_more: 1 / 0)
    tasks.sweep_webhook_notices()  # logs it
    assert take_notice(endpoint_id=hook.row.pk, by=SYSTEM, now=now) is None
    exchanges.mark_lost(before=now + timedelta(minutes=5), by=SYSTEM, now=now)
    assert Exchange.objects.get(purpose="notice.webhook_off").state == "unknown"


def test_the_mail_says_the_same_in_all_languages(settings: Settings) -> None:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert set(texts) == {code for code, _name in settings.LANGUAGES}
    facts = {code: sorted(re.findall(r"{[{%] ?[\w. ]+ ?[%}]}", text)) for code, text in texts.items()}
    assert all(found == facts["en"] for found in facts.values())
