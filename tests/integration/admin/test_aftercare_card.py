"""What the ticket page says and offers after a move, and the page of the hand-over sheet."""

from typing import Any

import pytest

from config.core.actor import SYSTEM
from migrations_app.enums.aftercare import CheckKind
from migrations_app.models import MoveCheck, TemplateEntry
from migrations_app.selectors.aftercare import due_checks, outcome_counts
from migrations_app.services import aftercare_runs
from tests.factories.desk import DESTINATION_WABA
from tests.factories.forms import NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, text_of


def make_due(walked: Walk) -> None:
    for check_id in due_checks(now=walked.now, limit=50):
        aftercare_runs.make_due(check_id, by=SYSTEM, now=walked.now)


@pytest.fixture
def live(walk: Walker, meta: Meta) -> Walk:
    return walk(Path.LIVE)


def test_nothing_is_shown_before_the_move(agent_at_desk: Person, walk: Walker) -> None:
    assert 'id="aftercare"' not in agent_at_desk.page(walk(Path.READY))


def test_the_test_is_recorded_per_number_and_direction(agent_at_desk: Person, live: Walk) -> None:
    assert 'id="aftercare"' in agent_at_desk.page(live)
    pk = live.number().pk
    told = agent_at_desk.do(live, "tested", sent=[pk], note="my phone")
    assert "stays open" in told
    told = agent_at_desk.do(live, "tested", sent=[pk], received=[pk, "999999", "x"], note="my phone")
    assert "every live number" in told
    assert "my phone" in live.evidence("send_receive_test")["statement"]
    assert live.fresh().status == "resolved"


def test_a_missing_app_is_an_alarm_with_its_button(agent_at_desk: Person, live: Walk, meta: Meta) -> None:
    waba = meta.server.world.waba(DESTINATION_WABA)
    waba.subscribed_apps = []
    meta.server.world.wabas[DESTINATION_WABA] = waba
    live.later(minutes=10)
    make_due(live)
    page = agent_at_desk.page(live)
    assert "no app receives" in page
    assert "do/subscribe-app/" in page
    assert "receives the account" in agent_at_desk.do(live, "subscribe-app")
    assert "do/subscribe-app/" not in agent_at_desk.page(live)
    meta.fault("subscribe_app", error_key="token_invalid")
    assert "Meta refused" in agent_at_desk.do(live, "subscribe-app")


def test_reads_show_what_meta_said_and_can_be_asked_for_again(agent_at_desk: Person, live: Walk, meta: Meta) -> None:
    meta.fault("number_facts", error_key="rate_limited")
    live.later(minutes=10)
    make_due(live)
    assert "Too many calls to Meta" in agent_at_desk.page(live)
    assert "read again" in agent_at_desk.do(live, "look-again")
    row = MoveCheck.objects.get(case=live.case, kind=CheckKind.LIVE)
    MoveCheck.objects.filter(pk=row.pk).update(due_at=live.now)
    make_due(live)
    assert "CONNECTED" in agent_at_desk.page(live)


def test_a_clients_list_is_taken_and_compared(agent_at_desk: Person, walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE)
    walked.case.requirements.create(
        code="templates_checked", owner="onboarding", blocks="resolve", created_at=walked.now, updated_at=walked.now
    )
    assert "Line 2" in agent_at_desk.do(walked, "template-list", templates="welcome,es\nnot a template")
    assert "Paste or choose" in agent_at_desk.do(walked, "template-list", templates=" ")
    assert "2 templates" in agent_at_desk.do(walked, "template-list", templates="welcome,es\nsale,ru")
    assert "page by page" in agent_at_desk.do(walked, "copy-templates")
    make_due(walked)
    make_due(walked)
    assert outcome_counts(walked.case) == {"missing": 2}
    page = agent_at_desk.page(walked)
    assert "sale" in page
    assert "Missing" in page
    assert TemplateEntry.objects.filter(case=walked.case, from_client=True).count() == 2


def test_the_hand_over_sheet_is_a_page_and_a_file(agent_at_desk: Person, live: Walk) -> None:
    page = text_of(agent_at_desk.get("tickets_ticket_hand_over", live.ticket.pk))
    assert live.number().phone_number_id in page
    assert "Infobip" in page
    answer: Any = agent_at_desk.get("tickets_ticket_hand_over", live.ticket.pk, file="")
    assert f"hand-over-{live.ticket.reference}.txt" in answer["Content-Disposition"]
    assert NUMBER in answer.content.decode()


def test_only_the_desk_does_these_things(client_person: Person, live: Walk) -> None:
    assert client_person.get("tickets_ticket_hand_over", live.ticket.pk).status_code == 403
    for action in ("tested", "look-again", "subscribe-app", "copy-templates", "template-list"):
        answer = client_person.post("tickets_ticket_do", live.ticket.pk, action, version=live.fresh().version)
        assert answer.status_code == 403
