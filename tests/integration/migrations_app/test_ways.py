"""From one way to the next: mail and a partner's own system, bounces, giving up, and what a person does then."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from config.core.actor import OPERATOR, SYSTEM
from migrations_app.enums import AttemptState, ChannelName, ChaseState
from migrations_app.models import Chase, ChaseAttempt, Notice, OrganizationEndpoint
from migrations_app.services import dead_letters, outreach
from providers.models import Bsp, Exchange, HttpEndpoint
from providers.services import endpoints
from providers.services.directory import keep_edit
from tests.factories.forms import NO_PHONE
from tests.factories.servers import DROP, HANG, MailServer, Mood, PartnerServer
from tests.factories.walks import Path, Walk, Walker
from tickets.models import Organization, Ticket

SENT, FAILED, PLANNED, UNKNOWN, BOUNCED = (
    AttemptState.SENT,
    AttemptState.FAILED,
    AttemptState.PLANNED,
    AttemptState.UNKNOWN,
    AttemptState.BOUNCED,
)
EMAIL, HTTP = ChannelName.EMAIL, ChannelName.HTTP


@pytest.fixture
def endpoint(partner: PartnerServer, walk: Walker, client_org: Organization) -> HttpEndpoint:
    """The client's organization has a system of its own."""
    row = HttpEndpoint.objects.create(name="Sol", url=partner.url, created_at=walk.now, updated_at=walk.now)
    OrganizationEndpoint.objects.create(organization=client_org, endpoint=row)
    return row


def tries(walked: Walk) -> list[tuple[str, str, int]]:
    return [(attempt.channel, attempt.state, attempt.step) for attempt in walked.attempts()]


def go_to_planned(walked: Walk) -> None:
    walked.now = walked.planned().due_at
    walked.send_all_due()


def retry(walked: Walk, row: ChaseAttempt | Notice) -> None:
    dead_letters.retry(type(row), row.pk, by=walked.desk, now=walked.now)


def test_mail_goes_first_and_the_endpoint_is_not_called(
    walk: Walker, smtp: MailServer, partner: PartnerServer, endpoint: HttpEndpoint
) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    assert tries(walked) == [(EMAIL, SENT, 0), (EMAIL, PLANNED, 1)]
    assert partner.received == []


def test_a_refused_mail_goes_on_by_http_with_the_same_rung(
    walk: Walker, smtp: MailServer, partner: PartnerServer, endpoint: HttpEndpoint
) -> None:
    smtp.be(Mood.REFUSE_RECIPIENT)
    walked = walk(Path.WAITING_TWO_STEP)
    assert tries(walked) == [(EMAIL, FAILED, 0), (HTTP, PLANNED, 0)]
    planned = walked.planned()
    assert (planned.due_at, planned.address, planned.try_no) == (walked.now, partner.url, 1)
    walked.send_all_due()
    assert tries(walked) == [(EMAIL, FAILED, 0), (HTTP, SENT, 0), (HTTP, PLANNED, 1)], "a dead address comes last"
    exchange = Exchange.objects.get(channel="http")
    headers, _body = partner.received[0]
    assert (exchange.state, exchange.message_id) == ("sent", headers["webhook-id"])
    assert exchange.recipient == partner.url
    assert not ChaseAttempt.objects.filter(undelivered_at__isnull=False).exists()


def test_a_corrected_address_is_written_to_again(
    walk: Walker, smtp: MailServer, partner: PartnerServer, endpoint: HttpEndpoint
) -> None:
    smtp.be(Mood.REFUSE_RECIPIENT, Mood.ACCEPT)
    walked = walk(Path.WAITING_TWO_STEP)
    Ticket.objects.filter(pk=walked.ticket.pk).update(contact_email="new@padariasol.example")
    walked.send_all_due()
    assert tries(walked) == [(EMAIL, FAILED, 0), (HTTP, SENT, 0), (EMAIL, PLANNED, 1)]


def test_a_rung_by_http_goes_by_http(
    walk: Walker, smtp: MailServer, partner: PartnerServer, endpoint: HttpEndpoint
) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    steps = walked.chase().steps
    steps[1]["channel"] = "http"
    Chase.objects.update(steps=steps)
    ChaseAttempt.objects.filter(pk=walked.planned().pk).delete()
    bounced = walked.attempts()[0]
    assert bounced.exchange_id is not None
    outreach.mark_bounced(exchange_id=bounced.exchange_id, permanent=True, reason="5.1.1", by=SYSTEM, now=walked.now)
    assert tries(walked) == [(EMAIL, BOUNCED, 0), (HTTP, PLANNED, 0)], "a bounce goes on by the next way too"
    walked.send_all_due()
    assert tries(walked)[1:] == [(HTTP, SENT, 0), (HTTP, PLANNED, 1)]


def test_a_client_without_mail_is_reached_by_its_own_system(
    walk: Walker, smtp: MailServer, partner: PartnerServer, endpoint: HttpEndpoint
) -> None:
    bsp = Bsp.objects.get(slug="infobip")
    bsp.accepts_request_from, bsp.http_endpoint = "client_or_partner", endpoint
    keep_edit(bsp=bsp, fields=[], by=OPERATOR, now=walk.now)
    walked = walk(Path.WAITING_TWO_STEP, waba_owner="old_bsp")
    go_to_planned(walked)
    letter = walked.attempts()[1]
    assert (letter.recipient_party, letter.channel, letter.state) == ("old_bsp", HTTP, SENT)
    assert Exchange.objects.get(channel="http").copied_to == []


def test_a_bsp_that_listens_to_its_client_only_is_never_called(
    walk: Walker, smtp: MailServer, partner: PartnerServer, endpoint: HttpEndpoint
) -> None:
    Bsp.objects.filter(slug="infobip").update(accepts_request_from="client_only", http_endpoint=endpoint)
    walked = walk(Path.WAITING_TWO_STEP, waba_owner="old_bsp")
    for _ in range(4):
        if ChaseAttempt.objects.filter(state=PLANNED).exists():
            go_to_planned(walked)
    assert {attempt.recipient_party for attempt in walked.attempts()} == {"client"}
    assert partner.received == []


@pytest.mark.parametrize("answer", [DROP, HANG])
def test_a_call_of_unknown_outcome_is_repeated_once_with_the_same_id(
    walk: Walker, smtp: MailServer, partner: PartnerServer, endpoint: HttpEndpoint, answer: int
) -> None:
    smtp.be(Mood.REFUSE_RECIPIENT)
    partner.be(answer)
    walked = walk(Path.WAITING_TWO_STEP)
    walked.send_all_due()
    assert tries(walked)[1:] == [(HTTP, UNKNOWN, 0), (HTTP, PLANNED, 0)]
    go_to_planned(walked)
    assert tries(walked)[1:4] == [(HTTP, UNKNOWN, 0), (HTTP, UNKNOWN, 0), (HTTP, PLANNED, 1)]
    assert len({headers["webhook-id"] for headers, _body in partner.received}) == 1
    assert len(partner.received) == 2


def test_a_worker_that_died_with_a_call_is_made_good_by_repeating_it(
    walk: Walker, smtp: MailServer, partner: PartnerServer, endpoint: HttpEndpoint
) -> None:
    smtp.be(Mood.REFUSE_RECIPIENT)
    walked = walk(Path.WAITING_TWO_STEP)
    claimed = outreach._claim(ChaseAttempt, walked.planned().pk, by=SYSTEM, now=walked.now)
    assert claimed is not None
    assert outreach.mark_lost(ChaseAttempt, claimed.attempt_ids[0], by=SYSTEM, now=walked.later(minutes=5))
    go_to_planned(walked)
    assert tries(walked)[1:3] == [(HTTP, UNKNOWN, 0), (HTTP, SENT, 0)]
    assert partner.received[0][0]["webhook-id"] == claimed.message.message_id


def test_an_endpoint_that_is_gone_is_switched_off(
    walk: Walker, smtp: MailServer, partner: PartnerServer, endpoint: HttpEndpoint
) -> None:
    smtp.be(Mood.REFUSE_RECIPIENT, Mood.ACCEPT)
    partner.be(410)
    walked = walk(Path.WAITING_TWO_STEP, client=NO_PHONE)
    walked.send_all_due()
    assert tries(walked) == [(EMAIL, FAILED, 0), (HTTP, FAILED, 0), (EMAIL, PLANNED, 1)]
    endpoint.refresh_from_db()
    assert (endpoint.active, endpoint.off_since) == (False, walked.now)
    given_up = walked.attempts()[1]
    assert (given_up.undelivered_at, given_up.failure) == (walked.now, "gone")


def test_what_the_other_side_asks_for_is_waited_for(
    walk: Walker, smtp: MailServer, partner: PartnerServer, endpoint: HttpEndpoint
) -> None:
    smtp.be(Mood.REFUSE_RECIPIENT)
    partner.be((429, {"Retry-After": "3600"}), 204)
    walked = walk(Path.WAITING_TWO_STEP)
    walked.send_all_due()
    assert walked.planned().due_at == walked.now + timedelta(hours=1)
    assert walked.planned().message_key == walked.attempts()[1].message_key


@pytest.mark.usefixtures("claims_suffice")
def test_a_notice_goes_on_by_http_too(
    walk: Walker, smtp: MailServer, partner: PartnerServer, endpoint: HttpEndpoint
) -> None:
    walked = walk(Path.READY)
    smtp.be(Mood.REFUSE_RECIPIENT)
    walked.send_all_due()
    walked.send_all_due()
    assert [(row.channel, row.state) for row in walked.notices()] == [(EMAIL, FAILED), (HTTP, SENT)]


def test_another_try_of_a_nudge_waits_for_the_recipients_morning(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    closing = walked.planned().due_at.replace(hour=20, minute=59)  # 17:59 in Sao Paulo
    ChaseAttempt.objects.filter(state=PLANNED).update(due_at=closing)
    smtp.be(Mood.BUSY_AT_DATA)
    go_to_planned(walked)
    again = walked.planned()
    assert (again.step, again.try_no) == (1, 2)
    assert again.due_at == closing.replace(hour=12, minute=0) + timedelta(days=1)


# The list of what could not be delivered


@pytest.fixture
def dead(walk: Walker, smtp: MailServer) -> Walk:
    """The first message of a chase is in the list, its second rung is planned."""
    smtp.be(Mood.REFUSE_RECIPIENT, Mood.ACCEPT)
    walked = walk(Path.WAITING_TWO_STEP, client=NO_PHONE)
    assert walked.attempts()[0].undelivered_at is not None
    return walked


def test_a_person_tries_once_more(dead: Walk, smtp: MailServer) -> None:
    retry(dead, dead.attempts()[0])
    assert tries(dead) == [(EMAIL, FAILED, 0), (EMAIL, PLANNED, 0)]
    assert dead.attempts()[0].undelivered_at is None
    dead.send_all_due()
    assert tries(dead) == [(EMAIL, FAILED, 0), (EMAIL, SENT, 0), (EMAIL, PLANNED, 1)]
    assert "chase.attempt_retried" in dead.event_types()
    with pytest.raises(dead_letters.NotUndelivered):
        retry(dead, dead.attempts()[0])


def test_the_ladder_does_not_turn_back_after_an_older_message_was_tried_again(dead: Walk, smtp: MailServer) -> None:
    go_to_planned(dead)
    retry(dead, dead.attempts()[0])
    dead.send_all_due()
    assert tries(dead)[-2:] == [(EMAIL, SENT, 0), (EMAIL, PLANNED, 2)]


def test_a_ladder_that_had_ended_goes_on_from_there(dead: Walk, smtp: MailServer) -> None:
    dead.later(days=30)
    for _ in range(9):
        if ChaseAttempt.objects.filter(state=PLANNED).exists():
            ChaseAttempt.objects.filter(state=PLANNED).update(due_at=dead.now)
            dead.send_all_due()
    chase = dead.chase()
    dead.now = chase.next_at or dead.now
    assert outreach.escalate(chase.pk, dead.ticket.pk, by=SYSTEM, now=dead.now)
    retry(dead, dead.attempts()[0])
    assert dead.chase().state == ChaseState.ACTIVE
    dead.send_all_due()
    assert dead.attempts()[-1].state == SENT


def test_what_nobody_waits_for_is_not_tried_again(dead: Walk) -> None:
    dead.claim()
    with pytest.raises(dead_letters.NotNeededAnyMore):
        retry(dead, dead.attempts()[0])
    assert dead.attempts()[0].undelivered_at is not None


def test_while_another_message_is_in_flight_nothing_is_tried_again(dead: Walk, smtp: MailServer) -> None:
    dead.now = dead.planned().due_at
    assert outreach._claim(ChaseAttempt, dead.planned().pk, by=SYSTEM, now=dead.now) is not None
    with pytest.raises(dead_letters.AnotherOnItsWay):
        retry(dead, dead.attempts()[0])


def test_a_message_is_set_aside_with_a_reason(dead: Walk) -> None:
    row = dead.attempts()[0]
    with pytest.raises(dead_letters.ReasonNeeded):
        dead_letters.set_aside(ChaseAttempt, row.pk, reason=" ", by=dead.desk, now=dead.now)
    dead_letters.set_aside(ChaseAttempt, row.pk, reason="I called", by=dead.desk, now=dead.now)
    assert dead.attempts()[0].undelivered_at is None
    told = next(event for event in dead.events() if event.type == "chase.attempt_set_aside")
    assert (told.internal, told.data["reason"]) == (True, "I called")
    with pytest.raises(dead_letters.NotUndelivered):
        dead_letters.set_aside(ChaseAttempt, row.pk, reason="again", by=dead.desk, now=dead.now)


def test_a_message_that_a_person_found_lost_joins_the_list(walk: Walker, smtp: MailServer) -> None:
    smtp.be(Mood.DROP_AFTER_DATA, Mood.ACCEPT)
    walked = walk(Path.WAITING_TWO_STEP)
    row = walked.attempts()[0]
    outreach.judge_unknown(ChaseAttempt, row.pk, arrived=False, by=walked.desk, now=walked.now)
    row = walked.attempts()[0]
    assert (row.undelivered_at, row.failure) == (walked.now, "judged_lost")
    retry(walked, row)
    walked.send_all_due()
    assert tries(walked)[1] == (EMAIL, SENT, 0)


@pytest.mark.usefixtures("claims_suffice")
def test_a_single_message_is_tried_again_too(walk: Walker, smtp: MailServer) -> None:
    walked = walk(Path.READY)
    smtp.be(Mood.REFUSE_RECIPIENT, Mood.ACCEPT)
    walked.send_all_due()
    invitation = Notice.objects.get(undelivered_at__isnull=False)
    retry(walked, invitation)
    walked.send_all_due()
    assert [row.state for row in walked.notices()] == [FAILED, SENT]


@pytest.mark.usefixtures("claims_suffice")
def test_a_refused_invitation_is_not_sent_again_and_again_but_a_corrected_address_gets_it(
    walk: Walker, smtp: MailServer
) -> None:
    walked = walk(Path.READY)
    smtp.be(Mood.REFUSE_RECIPIENT, Mood.ACCEPT)
    for _ in range(3):
        walked.send_all_due()
    assert [row.state for row in walked.notices()] == [FAILED]
    Ticket.objects.filter(pk=walked.ticket.pk).update(contact_email="new@padariasol.example")
    walked.claim("open_conversations_ack")
    walked.send_all_due()
    assert [(row.state, row.address) for row in walked.notices()][1:] == [(SENT, "new@padariasol.example")]


# Keys


def test_a_key_is_shown_once_and_both_sign_after_a_change(endpoint: HttpEndpoint, walk: Walker) -> None:
    asked: dict[str, Any] = {"endpoint_id": endpoint.pk, "by": OPERATOR, "now": walk.now}
    first = endpoints.show_secret(**asked)
    assert first.startswith("whsec_")
    with pytest.raises(endpoints.KeyShownAlready):
        endpoints.show_secret(**asked)
    before = endpoints.opened(endpoint.pk, at=walk.now)
    second = endpoints.new_secret(**asked)
    after = endpoints.opened(endpoint.pk, at=walk.now + timedelta(hours=23))
    later = endpoints.opened(endpoint.pk, at=walk.now + timedelta(hours=24))
    assert before is not None
    assert after is not None
    assert later is not None
    assert first != second
    assert after.keys == (later.keys[0], before.keys[0])
    assert len(later.keys) == 1
    assert first not in repr(before)
    stored = " ".join(str(value) for value in HttpEndpoint.objects.values_list()[0])
    assert first not in stored
    assert second not in stored


@pytest.mark.django_db(transaction=True)
def test_two_agents_who_try_again_at_once_send_one_message(
    dead: Walk, at_once: Callable[[list[Callable[[], Any]]], list[Any]]
) -> None:
    row = dead.attempts()[0]
    results = at_once([lambda: retry(dead, row)] * 3)
    assert sum(result is None for result in results) == 1
    assert all(result is None or isinstance(result, dead_letters.NotUndelivered) for result in results)
    assert tries(dead) == [(EMAIL, FAILED, 0), (EMAIL, PLANNED, 0)]
