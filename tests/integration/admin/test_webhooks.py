"""Webhooks in the admin: a lead sees where they go and what came of them, switches and sends again; a secret is never shown."""

from datetime import datetime

import pytest

from config.core.actor import SYSTEM
from tests.factories.desk import Key
from tests.factories.servers import PartnerServer
from tests.factories.webhooks import Hook, make_hook
from tests.integration.admin.conftest import Person, text_of, told
from tickets.services.webhook_outbox import send_ping


@pytest.fixture
def hook(client_key: Key, partner: PartnerServer, now: datetime) -> Hook:
    found = make_hook(client_key, partner.url, now=now, contact_email="ops@sol.example")
    partner.says = b"<b>Nope</b>"
    partner.be(500)
    send_ping(endpoint_id=found.row.pk, by=SYSTEM, now=now)
    found.send(now)
    return found


def test_a_lead_sees_endpoints_and_deliveries_but_no_secret(lead_at_desk: Person, hook: Hook) -> None:
    (delivery,) = hook.deliveries()
    pages = [
        text_of(lead_at_desk.get("tickets_webhookendpoint_changelist")),
        text_of(lead_at_desk.get("tickets_webhookendpoint_change", hook.row.pk)),
        text_of(lead_at_desk.get("tickets_webhookdelivery_changelist")),
        text_of(lead_at_desk.get("tickets_webhookdelivery_change", delivery.pk)),
    ]
    for page in pages:
        assert "http_500" in page
        assert hook.secret.removeprefix("whsec_") not in page
        assert hook.row.secret_sealed not in page
    assert "Padaria Sol" in pages[0]
    assert "&lt;b&gt;Nope" in pages[3]


def test_a_lead_switches_off_and_on_and_sends_again(
    lead_at_desk: Person, hook: Hook, partner: PartnerServer, now: datetime
) -> None:
    (delivery,) = hook.deliveries()
    lead_at_desk.post("tickets_webhookendpoint_switch", hook.row.pk)
    assert (hook.fresh().active, hook.fresh().off_reason) == (False, "by_desk")
    refused = lead_at_desk.post("tickets_webhookdelivery_redeliver", delivery.pk)
    assert "Switch it on first" in told(refused)
    lead_at_desk.post("tickets_webhookendpoint_switch", hook.row.pk, active="on")
    assert hook.fresh().active
    assert "sent again" in told(lead_at_desk.post("tickets_webhookdelivery_redeliver", delivery.pk))
    (delivery,) = hook.deliveries()
    assert delivery.next_at is not None
    partner.be(200)
    hook.send(delivery.next_at)
    assert hook.deliveries()[0].state == "delivered"
    assert lead_at_desk.get("tickets_webhookendpoint_switch", hook.row.pk).status_code == 405


def test_an_agent_sees_none_of_it(agent_at_desk: Person, hook: Hook) -> None:
    (delivery,) = hook.deliveries()
    for name, pk in (("webhookendpoint", hook.row.pk), ("webhookdelivery", delivery.pk)):
        assert agent_at_desk.get(f"tickets_{name}_changelist").status_code == 403
        assert agent_at_desk.get(f"tickets_{name}_change", pk).status_code == 403
    assert agent_at_desk.post("tickets_webhookendpoint_switch", hook.row.pk).status_code == 403
    assert agent_at_desk.post("tickets_webhookdelivery_redeliver", delivery.pk).status_code == 403
    assert hook.fresh().active
