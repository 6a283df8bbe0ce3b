"""Webhooks: written with the event, signed, tried for days, and never in anybody's way."""

import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from config.core.actor import SYSTEM
from config.core.uow import unit_of_work
from tests.factories.desk import Key, make_key
from tests.factories.servers import DRIP, HANG, PartnerServer
from tests.factories.walks import Path, Walker
from tests.factories.webhooks import Hook, make_hook
from tickets import tasks
from tickets.checks import check_webhook_secrets
from tickets.enums import DeliveryState, EventType
from tickets.models import Event, Ticket, WebhookDelivery, WebhookEndpoint, WebhookTry
from tickets.rules.webhooks import MOST_TRIES
from tickets.selectors import webhooks
from tickets.services import webhook_keeping, webhook_outbox, webhook_sending
from tickets.services.events import record
from tickets.services.tickets import lock_ticket
from tickets.services.webhook_endpoints import rotate_secret
from tickets.types import Told

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)


class _Then(datetime):
    """The clock of the reference library, which takes no moment: it is NOW there too, however long the suite runs."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "_Then":
        return cls.fromtimestamp(NOW.timestamp(), tz)


@pytest.fixture(autouse=True)
def _receiver_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standardwebhooks.webhooks.datetime", _Then)


@pytest.fixture
def ticket(walk: Walker) -> Ticket:
    return walk(Path.FILED).ticket


@pytest.fixture
def hook(partner: PartnerServer, client_key: Key, ticket: Ticket) -> Hook:
    """An endpoint that is told of everything from now on."""
    return make_hook(client_key, partner.url, now=NOW)


def happen(ticket: Ticket, *, kind: EventType = EventType.TICKET_UPDATED, at: datetime = NOW, **data: Any) -> None:
    """Let something happen to a ticket."""
    with unit_of_work(by=SYSTEM, now=at) as uow:
        record(uow, lock_ticket(uow, ticket.pk), kind, internal=data.pop("internal", False), **data)


def only(hook: Hook) -> WebhookDelivery:
    (row,) = hook.deliveries()
    return row


# The outbox


def test_what_happened_is_sent_as_the_feed_tells_it(hook: Hook, ticket: Ticket, partner: PartnerServer) -> None:
    happen(ticket, changed=["notes"])
    hook.send_all(NOW)
    headers, body = partner.received[0]
    event = Event.objects.filter(type="ticket.updated").latest("id")
    stamp = event.occurred_at.isoformat().replace("+00:00", "Z")
    name = f"evt_{event.organization_id}_{event.sequence}"
    assert json.loads(body) == {
        "type": "ticket.updated",
        "timestamp": stamp,
        "data": {
            "id": name,
            "type": "ticket.updated",
            "ticket": ticket.reference,
            "occurred_at": stamp,
            "actor": {"type": "system", "name": "Portero"},
            "data": {"changed": ["notes"]},
            "test": False,
            "thin": False,
        },
    }
    assert headers["webhook-id"] == name
    assert Webhook(hook.secret).verify(body, headers) == json.loads(body)
    row = only(hook)
    assert (row.state, row.tries, row.next_at) == ("delivered", 1, None)


def test_what_is_taken_back_is_told_to_nobody(hook: Hook, ticket: Ticket) -> None:
    def broken() -> None:
        with unit_of_work(by=SYSTEM, now=NOW) as uow:
            record(uow, lock_ticket(uow, ticket.pk), EventType.TICKET_UPDATED)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert hook.deliveries() == []


def test_only_the_own_organization_world_and_types_are_told(
    hook: Hook, ticket: Ticket, client_key: Key, stranger: Key, partner: PartnerServer
) -> None:
    test_key = make_key(client_key.organization, now=NOW, test=True)
    others = [make_hook(stranger, partner.url, now=NOW), make_hook(test_key, partner.url, now=NOW)]
    others.append(make_hook(client_key, partner.url, now=NOW, types=("ticket.cancelled",)))
    others.append(make_hook(client_key, partner.url, now=NOW, active=False))
    happen(ticket)
    happen(ticket, kind=EventType.TASK_ENDED, internal=True)
    assert [row.type for row in hook.deliveries()] == ["ticket.updated"]
    assert [other.deliveries() for other in others] == [[], [], [], []]
    happen(ticket, kind=EventType.TICKET_CANCELLED)
    assert [row.type for row in others[2].deliveries()] == ["ticket.cancelled"]


def test_where_nobody_listens_an_event_costs_one_query_more_at_most(ticket: Ticket) -> None:
    with CaptureQueriesContext(connection) as queries:
        happen(ticket)
    asked = [query["sql"] for query in queries if "webhook" in query["sql"]]
    assert len(asked) == 1


def test_what_is_too_large_is_left_in_the_feed(hook: Hook, ticket: Ticket) -> None:
    happen(ticket, changed=["ä" * 100] * 100)
    body = only(hook).body
    assert len(body.encode()) < 20_000
    data = json.loads(body)["data"]
    assert (data["thin"], data["data"], data["ticket"]) == (True, {}, ticket.reference)


# Signatures


def test_wish_6_the_secret_that_was_shown_verifies_every_try(
    hook: Hook, ticket: Ticket, partner: PartnerServer
) -> None:
    """The first try, the next one, a delivery sent again, and the trial; a stranger's secret verifies none."""
    partner.be(500, 200)
    happen(ticket)
    hook.send_all(NOW)
    hook.send_all(NOW + timedelta(seconds=10))
    webhook_outbox.redeliver(endpoint_id=hook.row.pk, delivery_id=only(hook).pk, by=SYSTEM, now=NOW)
    hook.send_all(NOW + timedelta(seconds=20))
    webhook_outbox.send_ping(endpoint_id=hook.row.pk, by=SYSTEM, now=NOW)
    hook.send_all(NOW + timedelta(seconds=30))
    stamps, names = [], []
    for headers, body in partner.received:
        Webhook(hook.secret).verify(body, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook("whsec_" + "A" * 44).verify(body, headers)
        stamps.append(int(headers["webhook-timestamp"]) - int(NOW.timestamp()))
        names.append(headers["webhook-id"])
    assert stamps == [0, 10, 20, 30]
    assert len(set(names[:3])) == 1
    assert names[3].startswith("ping_")


def test_after_a_rotation_both_secrets_sign_for_a_day(hook: Hook, ticket: Ticket, partner: PartnerServer) -> None:
    _row, fresh = rotate_secret(endpoint_id=hook.row.pk, by=SYSTEM, now=NOW - timedelta(hours=23))
    happen(ticket)
    hook.send_all(NOW)
    headers, body = partner.received[-1]
    for secret in (hook.secret, fresh):
        Webhook(secret).verify(body, headers)
    assert len(headers["webhook-signature"].split()) == 2
    WebhookEndpoint.objects.update(old_secret_until=NOW)
    happen(ticket)
    hook.send_all(NOW)
    headers, body = partner.received[-1]
    Webhook(fresh).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(hook.secret).verify(body, headers)


def test_secrets_stand_in_no_table_in_clear(
    hook: Hook, settings: Settings, ticket: Ticket, partner: PartnerServer
) -> None:
    stored = " ".join(str(value) for value in WebhookEndpoint.objects.values_list().get())
    assert hook.secret.removeprefix("whsec_") not in stored
    settings.TOKEN_ENCRYPTION_KEYS = []
    happen(ticket)
    hook.send(NOW)
    assert (partner.received, only(hook).last_error, only(hook).state) == ([], "secret_unreadable", "planned")


def test_a_change_of_keys_takes_the_secrets_along(
    hook: Hook, settings: Settings, ticket: Ticket, partner: PartnerServer
) -> None:
    rotate_secret(endpoint_id=hook.row.pk, by=SYSTEM, now=NOW)
    (old,) = settings.TOKEN_ENCRYPTION_KEYS
    new = Fernet.generate_key().decode()
    settings.TOKEN_ENCRYPTION_KEYS = [new, old]
    call_command("reencrypt_tokens", stdout=StringIO())
    settings.TOKEN_ENCRYPTION_KEYS = [new]
    happen(ticket)
    hook.send_all(NOW)
    headers, body = partner.received[0]
    Webhook(hook.secret).verify(body, headers)
    assert check_webhook_secrets() == []
    settings.TOKEN_ENCRYPTION_KEYS = [old]
    assert [error.id for error in check_webhook_secrets()] == ["portero.E013"]
    with pytest.raises(CommandError, match="Its owner rotates it"):
        call_command("reencrypt_tokens", stdout=StringIO())


# Tries


def test_it_is_tried_ten_times_within_about_three_days(hook: Hook, ticket: Ticket, partner: PartnerServer) -> None:
    partner.be(500)
    happen(ticket)
    moments = []
    while only(hook).state == DeliveryState.PLANNED:
        moments.append(only(hook).next_at or NOW)
        hook.send(moments[-1])
    assert len(moments) == len(partner.received) == MOST_TRIES == 10
    assert timedelta(days=2.8) < moments[-1] - moments[0] < timedelta(days=3.6)
    row = only(hook)
    assert (row.state, row.last_error, row.attempts.count()) == ("failed", "http_500", 10)
    assert hook.fresh().failing_since
    assert hook.fresh().active


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ((429, {"Retry-After": "120"}), 120),
        ((503, {"Retry-After": "3600"}), 3600),
        ((503, {"Retry-After": "999999999"}), 24 * 3600),
        ((502, {"Retry-After": "1"}), 5),
        ((500, {"Retry-After": "120"}), 5),
        ((429, {"Retry-After": "soon"}), 5),
    ],
)
def test_a_receiver_may_ask_for_time(
    hook: Hook, ticket: Ticket, partner: PartnerServer, answer: Any, seconds: int
) -> None:
    partner.be(answer)
    happen(ticket)
    hook.send(NOW)
    again = only(hook).next_at
    assert again is not None
    assert again - NOW == pytest.approx(timedelta(seconds=seconds), abs=timedelta(seconds=2))


def test_who_is_gone_is_told_nothing_any_more(hook: Hook, ticket: Ticket, partner: PartnerServer) -> None:
    partner.be(410)
    happen(ticket)
    happen(ticket)
    hook.send_all(NOW)
    hook.send_all(NOW)
    row = hook.fresh()
    assert (row.active, row.off_reason, len(partner.received)) == (False, "gone", 1)
    assert [each.state for each in hook.deliveries()] == ["failed", "planned"]
    happen(ticket)
    assert len(hook.deliveries()) == 2


@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [((302, {"Location": "/elsewhere"}), "redirected", 302), (404, "http_404", 404), (HANG, "timeout", None)],
)
def test_whatever_is_not_taken_is_tried_again(
    hook: Hook, ticket: Ticket, partner: PartnerServer, settings: Settings, answer: Any, error: str, status: int | None
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 0.3
    partner.be(answer)
    happen(ticket)
    hook.send(NOW)
    row = only(hook)
    attempt = row.attempts.get()
    assert (row.state, row.last_error, attempt.error, attempt.status) == ("planned", error, error, status)
    assert len(partner.received) == 1, "redirects are not followed"


def test_a_drip_of_bytes_is_cut_when_the_time_is_over(
    hook: Hook, ticket: Ticket, partner: PartnerServer, settings: Settings
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 0.4
    partner.be(DRIP)
    happen(ticket)
    hook.send(NOW)
    attempt = only(hook).attempts.get()
    assert attempt.error == "timeout"
    assert attempt.duration_ms is not None
    assert 300 < attempt.duration_ms < 900


def test_of_an_answer_the_beginning_is_kept(hook: Hook, ticket: Ticket, partner: PartnerServer) -> None:
    partner.says = b"No\x00pe \xff" + b"x" * 100_000
    partner.be(500)
    happen(ticket)
    hook.send(NOW)
    excerpt = only(hook).attempts.get().excerpt
    assert excerpt.startswith("No\ufffdpe \ufffdxxx")
    assert len(excerpt) == 1000


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Let the name servers give these addresses, one each time, for names; the last one stays."""
    real, left = socket.getaddrinfo, list(answers)

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        if host.replace(".", "").isdecimal():
            return real(host, port, *args, **kwargs)
        ip = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_a_name_that_has_come_to_mean_a_private_address_is_not_called(
    client_key: Key, ticket: Ticket, partner: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, "10.0.0.8")
    hook = make_hook(client_key, f"https://hooks.partner.example:{partner.port}/", now=NOW)
    happen(ticket)
    hook.send(NOW)
    assert (only(hook).state, only(hook).last_error, partner.received) == ("planned", "private_address", [])


# Switched off


def test_an_endpoint_that_takes_nothing_for_days_is_switched_off(
    hook: Hook, ticket: Ticket, partner: PartnerServer
) -> None:
    partner.be(500)
    happen(ticket)
    hook.send(NOW)
    assert hook.fresh().failing_since == pytest.approx(NOW, abs=timedelta(seconds=1))
    happen(ticket, at=NOW + timedelta(days=4))
    hook.send(NOW + timedelta(days=4))
    assert hook.fresh().active
    happen(ticket, at=NOW + timedelta(days=5, hours=1))
    hook.send(NOW + timedelta(days=5, hours=1))
    row = hook.fresh()
    assert (row.active, row.off_reason) == (False, "failing")


def test_one_success_and_the_days_are_counted_anew(hook: Hook, ticket: Ticket, partner: PartnerServer) -> None:
    partner.be(500, 200, 200, 500)
    for days in (0, 4, 6):
        happen(ticket, at=NOW + timedelta(days=days))
        hook.send(NOW + timedelta(days=days))
        hook.send(NOW + timedelta(days=days))
    row = hook.fresh()
    assert row.active
    assert row.failing_since is not None
    assert row.failing_since >= NOW + timedelta(days=6)


# Processes that die


def test_a_process_that_dies_after_the_commit_loses_nothing(hook: Hook, ticket: Ticket, partner: PartnerServer) -> None:
    """Before the claim the row is still due. After it, it is due again when the lease is over: told twice, under one name."""
    happen(ticket)
    assert webhooks.due_endpoints(now=NOW, limit=9) == [hook.row.pk]
    assert webhook_sending._claim(hook.row.pk, by=SYSTEM, now=NOW) is not None  # and here it dies
    assert webhooks.due_endpoints(now=NOW, limit=9) == []
    assert not hook.send(NOW)
    later = NOW + webhook_sending.lease()
    (lost,) = webhooks.lost_deliveries(claimed_before=later - webhook_sending.lease(), limit=9)
    webhook_sending.give_back_lost(lost, by=SYSTEM, now=later)
    hook.send_all(later)
    assert len(partner.received) == 1
    assert [row.error for row in only(hook).attempts.order_by("id")] == ["process_lost", ""]
    assert only(hook).state == "delivered"


def test_an_answer_that_comes_when_another_has_taken_over_changes_nothing(hook: Hook, ticket: Ticket) -> None:
    happen(ticket)
    claimed = webhook_sending._claim(hook.row.pk, by=SYSTEM, now=NOW)
    assert claimed is not None
    later = NOW + webhook_sending.lease()
    webhook_sending.give_back_lost(claimed.delivery_id, by=SYSTEM, now=later)
    assert webhook_sending._claim(hook.row.pk, by=SYSTEM, now=later) is not None
    webhook_sending._record(claimed, Told(status=200), by=SYSTEM, now=later)
    assert only(hook).state == "sending"
    assert hook.fresh().busy_until == later + webhook_sending.lease()


# Turns


def test_endpoints_take_turns_and_one_try_at_a_time(
    client_key: Key, stranger: Key, ticket: Ticket, partner: PartnerServer
) -> None:
    first, second = (make_hook(client_key, f"{partner.url}&n={n}", now=NOW) for n in (1, 2))
    for _ in range(3):
        happen(ticket)
    assert webhooks.due_endpoints(now=NOW, limit=9) == [first.row.pk, second.row.pk]
    assert first.send(NOW), "there is more: its next turn comes at the end of the queue"
    assert webhooks.due_endpoints(now=NOW, limit=9) == [second.row.pk, first.row.pk]
    partner.be(500)
    assert not second.send(NOW), "who fails waits for the next sweep"
    assert webhooks.due_endpoints(now=NOW, limit=9) == [first.row.pk, second.row.pk]


@pytest.mark.django_db(transaction=True)
def test_wish_8_a_receiver_that_hangs_is_in_nobodys_way(
    client_key: Key, ticket: Ticket, partner: PartnerServer, settings: Settings, at_once: Callable[[Any], list[Any]]
) -> None:
    """While one endpoint's try hangs, events are written, other endpoints are told, and it gets no second try."""
    settings.WEBHOOK_TIMEOUT_SECONDS = 0.8
    slow, good = (make_hook(client_key, f"{partner.url}&n={n}", now=NOW) for n in (1, 2))
    happen(ticket)
    happen(ticket)
    partner.be(HANG, 204)
    took: dict[str, float] = {}

    def others() -> list[bool]:
        while not partner.received:
            pass
        started = datetime.now(UTC)
        again = slow.send(NOW)
        happen(ticket)
        good.send_all(NOW)
        took["others"] = (datetime.now(UTC) - started).total_seconds()
        return [again]

    found = at_once([lambda: slow.send(NOW), others])
    assert found == [False, [False]]
    assert took["others"] < 0.6, "they had to wait for the one that hangs"
    assert [row.state for row in good.deliveries()] == ["delivered"] * 3
    assert [row.state for row in slow.deliveries()] == ["planned"] * 3
    assert WebhookTry.objects.filter(delivery__endpoint=slow.row).get().error == "timeout"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_workers_never_try_one_endpoint_at_the_same_time(
    client_key: Key, ticket: Ticket, partner: PartnerServer, at_once: Callable[[Any], list[Any]]
) -> None:
    hook = make_hook(client_key, partner.url, now=NOW)
    for _ in range(20):
        happen(ticket)
    found = at_once([lambda: hook.send(NOW)] * 8)
    assert all(isinstance(each, bool) for each in found), found
    hook.send_all(NOW)
    names = [headers["webhook-id"] for headers, _body in partner.received]
    assert len(names) == len(set(names)) == 20


def test_the_sweep_hands_out_and_a_turn_hands_on(
    hook: Hook, ticket: Ticket, partner: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def note(**options: Any) -> None:
        assert options["expires"] > 0
        asked.append(options["kwargs"]["endpoint_id"])

    monkeypatch.setattr(tasks.send_webhook, "apply_async", note)
    happen(ticket)
    happen(ticket)
    tasks.sweep_webhooks()
    assert asked == [hook.row.pk]
    tasks.send_webhook(endpoint_id=hook.row.pk)
    assert asked == [hook.row.pk] * 2
    tasks.send_webhook(endpoint_id=hook.row.pk)
    assert (len(asked), len(partner.received)) == (2, 2)


def test_webhooks_have_a_queue_of_their_own(settings: Settings) -> None:
    queue = settings.CELERY_TASK_ROUTES["tickets.send_webhook"]["queue"]
    assert queue == settings.WEBHOOK_QUEUE != settings.CELERY_TASK_DEFAULT_QUEUE


# Again, and no more


def test_a_span_is_replayed_from_the_feed(hook: Hook, ticket: Ticket, partner: PartnerServer) -> None:
    """What was sent is sent again under its old name, what nobody was told of is sent too."""
    happen(ticket)
    hook.send_all(NOW)
    Event.objects.filter(type="ticket.updated").update(occurred_at=NOW)
    before = Event.objects.filter(internal=False).exclude(occurred_at=NOW).count()
    span = {"since": NOW - timedelta(days=365), "until": NOW + timedelta(seconds=1)}
    planned = webhook_outbox.replay(endpoint_id=hook.row.pk, by=SYSTEM, now=NOW, **span)
    assert planned == before + 1
    assert webhook_outbox.replay(endpoint_id=hook.row.pk, by=SYSTEM, now=NOW, **span) == 0, "all are on their way"
    hook.send_all(NOW)
    names = [headers["webhook-id"] for headers, _body in partner.received]
    assert len(names) == planned + 1
    assert len(set(names)) == planned
    for headers, body in partner.received:
        Webhook(hook.secret).verify(body, headers)


def test_what_is_old_is_forgotten(hook: Hook, ticket: Ticket) -> None:
    happen(ticket)
    hook.send_all(NOW)
    happen(ticket)
    assert webhook_keeping.forget_old_webhooks(now=NOW + timedelta(days=29)) == 0
    assert webhook_keeping.forget_old_webhooks(now=NOW + timedelta(days=31)) == 1
    assert [row.state for row in hook.deliveries()] == ["planned"]
    assert not WebhookTry.objects.exists()
    WebhookEndpoint.objects.update(active=False, off_reason="by_owner", off_at=NOW)
    assert webhook_keeping.forget_old_webhooks(now=NOW + timedelta(days=31)) == 1
    WebhookEndpoint.objects.update(deleted_at=NOW)
    webhook_keeping.forget_old_webhooks(now=NOW + timedelta(days=2))
    assert not WebhookEndpoint.objects.exists()
