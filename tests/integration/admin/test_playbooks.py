"""The playbook page of a lead: nothing is typed as code, every edit that matters is a version, running cases keep theirs."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from config.core.actor import OPERATOR
from migrations_app.models import Playbook
from migrations_app.services.playbooks import load_playbooks
from tests.factories.forms import OTHER_NUMBER
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person, text_of


def posted(lead: Person, playbook: Playbook, **changes: Any) -> dict[str, Any]:
    """The form as the page shows it, with changes; stages included."""
    page = lead.get("migrations_app_playbook_change", playbook.pk)
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    (inline,) = page.context["inline_admin_formsets"]
    formset = inline.formset
    values |= {
        f"{formset.prefix}-{name}": formset.management_form[name].value() for name in formset.management_form.fields
    }
    for row in formset.forms:
        values |= {f"{row.prefix}-{name}": row[name].value() for name in row.fields}
    values |= changes
    return {name: value for name, value in values.items() if value not in (None, False, "")}


def save(lead: Person, playbook: Playbook, **changes: Any) -> int:
    answer = lead.post("migrations_app_playbook_change", playbook.pk, **posted(lead, playbook, **changes))
    playbook.refresh_from_db()
    return int(answer.status_code)


@pytest.fixture
def sinch(lead_at_desk: Person) -> Playbook:
    return Playbook.objects.get(slug="sinch")


def test_saving_without_a_change_is_no_new_version(lead_at_desk: Person, sinch: Playbook) -> None:
    copied = list(sinch.stages.values_list("slug", "requirements", "lasts_most"))
    assert save(lead_at_desk, sinch) == 302
    assert sinch.version == 1
    assert list(sinch.stages.values_list("slug", "requirements", "lasts_most")) == copied


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"requirements": ["waba_id", "wallet_funded"]}, "requirements", ["waba_id", "wallet_funded"]),
        ({"ladder_waba_id": "waba-id"}, "ladders", {"waba_id": "waba-id"}),
        ({"wallet_minimum_usd": "250"}, "wallet_minimum_usd", 250),
        ({"execution": "provider_console"}, "execution", "provider_console"),
    ],
)
def test_a_change_makes_a_version(
    lead_at_desk: Person, sinch: Playbook, changes: dict[str, Any], field: str, expected: object
) -> None:
    assert save(lead_at_desk, sinch, **changes) == 302
    assert (sinch.version, sinch.edited, getattr(sinch, field)) == (2, True, expected)


def test_the_list_of_one_flow_and_what_blocks_are_ticked(lead_at_desk: Person, sinch: Playbook) -> None:
    changes = {"flow_waba_switch": ["waba_id", "campaigns_paused"], "blocks_campaigns_paused": "start"}
    assert save(lead_at_desk, sinch, **changes) == 302
    assert sinch.flow_requirements["waba_switch"] == ["waba_id", "campaigns_paused"]
    assert sinch.flow_requirements["hosting_change"]
    assert sinch.blocking == {"campaigns_paused": "start"}


def test_a_changed_stage_makes_a_version_and_switching_off_makes_none(lead_at_desk: Person, sinch: Playbook) -> None:
    assert save(lead_at_desk, sinch, **{"stages-0-title": "Seven questions"}) == 302
    assert (sinch.version, sinch.stages.all()[0].title) == (2, "Seven questions")
    assert save(lead_at_desk, sinch, active="") == 302
    assert (sinch.version, sinch.active) == (2, False)


@pytest.mark.parametrize(
    "changes",
    [
        {"requirements": ["nonsense"]},
        {"requirements": []},
        {"flow_waba_switch": ["two_step_disabled"]},
        {"flow_hosting_change": ["otp_contact"]},
        {"ladder_closing": "no-such-ladder"},
        {"ladder_waba_id": "closing"},
        {"blocks_campaigns_paused": "submit"},
        {"blocks_contacts_exported": "start", "flow_business_app_coexistence": ["business_verified"]},
        {"stages-0-requirements": ["nonsense"]},
        {"stages-2-lasts_most": ""},
        {"stages-2-lasts_least": "9"},
        {"stages-1-slug": "questions"},
    ],
)
def test_a_playbook_that_could_not_work_is_refused(
    lead_at_desk: Person, sinch: Playbook, changes: dict[str, Any]
) -> None:
    assert save(lead_at_desk, sinch, **changes) == 200
    assert sinch.version == 1


def test_running_cases_keep_their_version_and_new_ones_get_the_new(
    lead_at_desk: Person, walk: Walker, sinch: Playbook
) -> None:
    running = walk(Path.FILED, destination="sinch")
    before = running.case.playbook_copy
    rows = list(running.case.requirements.values_list("code", "state"))
    save(lead_at_desk, sinch, requirements=["waba_id"], **{"stages-0-title": "Only one question"})
    assert running.case.playbook_copy == before
    assert list(running.case.requirements.values_list("code", "state")) == rows
    new = walk(Path.FILED, OTHER_NUMBER, destination="sinch")
    assert [row.code for row in new.case.requirements.all()] == ["waba_id"]
    copy = new.case.playbook_copy
    assert (copy["version"], copy["stages"][0]["title"]) == (2, "Only one question")


def test_every_edit_stands_in_the_history(lead_at_desk: Person, sinch: Playbook) -> None:
    save(lead_at_desk, sinch, wallet_minimum_usd="250")
    entry = LogEntry.objects.latest("id")
    assert (entry.user, entry.object_id) == (lead_at_desk.user, str(sinch.pk))
    assert "credit" in entry.get_change_message()
    assert lead_at_desk.get("migrations_app_playbook_history", sinch.pk).status_code == 200


def test_what_a_lead_has_edited_survives_the_next_data_file(
    lead_at_desk: Person, sinch: Playbook, now: datetime
) -> None:
    save(lead_at_desk, sinch, requirements=["waba_id"])
    Playbook.objects.update(data_version=0)
    added, changed = load_playbooks(account=None, by=OPERATOR, now=now)
    sinch.refresh_from_db()
    assert (added, changed, sinch.requirements) == (0, 4, ["waba_id"])


def test_a_lead_makes_a_playbook_of_its_own(lead_at_desk: Person, walk: Walker) -> None:
    data = {"name": "Own console", "slug": "own", "active": "on", "execution": "provider_console",
            "account_flow": "multi_partner", "requirements": ["waba_id"], "stages-TOTAL_FORMS": "1",
            "stages-INITIAL_FORMS": "0", "stages-0-position": "1", "stages-0-slug": "one", "stages-0-title": "Only stage",
            "stages-0-what": "Everything.", "stages-0-requirements": ["waba_id"], "stages-0-lasts_unit": "hours"}  # fmt: skip
    assert lead_at_desk.post("migrations_app_playbook_add", **data).status_code == 302
    assert [stage.title for stage in Playbook.objects.get(slug="own").stages.all()] == ["Only stage"]
    assert walk(Path.FILED, destination="own", moves="waba").case.flow == "multi_partner"


def test_an_agent_reads_playbooks_and_changes_none(agent_at_desk: Person, sinch: Playbook) -> None:
    assert "Six questions" in text_of(agent_at_desk.get("migrations_app_playbook_change", sinch.pk))
    assert agent_at_desk.post("migrations_app_playbook_change", sinch.pk, name="X").status_code == 403


# The ticket page


def test_the_ticket_page_shows_the_stages_with_their_progress(agent_at_desk: Person, walk: Walker) -> None:
    page = agent_at_desk.page(walk(Path.FILED, destination="chat-tonic-gupshup"))
    for words in (
        "1. Two-step verification off",
        "3. Joint session",
        "30 minutes",
        "Least credit in the wallet: USD 100.",
    ):
        assert words in page, words


def test_an_agent_decides_the_flow_and_records_the_move_on_the_page(agent_at_desk: Person, walk: Walker) -> None:
    walked = walk(Path.FILED)
    assert "Choose a flow." in agent_at_desk.do(walked, "flow", flow="nonsense", reason="x")
    assert "Say why" in agent_at_desk.do(walked, "flow", flow="waba_switch")
    assert "WABA switch" in agent_at_desk.do(walked, "flow", flow="waba_switch", reason="All of the account moves.")
    page = agent_at_desk.page(walked)
    assert "All of the account moves." in page
    assert "Next possible day: 5 March 2026." in page
    assert "Still missing: Open conversations: understood" in agent_at_desk.do(walked, "moved")
    walked.claim("open_conversations_ack")
    assert "Record as moved" in agent_at_desk.page(walked)
    assert "+5511987654321" in agent_at_desk.do(walked, "moved", number_id=walked.number().pk)
    assert "Record as live" in agent_at_desk.page(walked)
    assert "+5511987654321" in agent_at_desk.do(walked, "live")
    assert walked.number().state == "live"
    assert "The form decides" in agent_at_desk.do(walk(Path.FILED, OTHER_NUMBER), "flow", flow="by_form")


def test_a_client_sees_neither_buttons_nor_reasons(agent_at_desk: Person, client_person: Person, walk: Walker) -> None:
    walked = walk(Path.FILED)
    agent_at_desk.do(walked, "flow", flow="waba_switch", reason="Said so on the phone.")
    page = client_person.page(walked)
    assert "Said so on the phone." not in page
    for action in ("flow", "moved", "live"):
        answer = client_person.post("tickets_ticket_do", walked.ticket.pk, action, version=walked.fresh().version)
        assert answer.status_code == 403
