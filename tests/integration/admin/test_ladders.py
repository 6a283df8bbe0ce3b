"""The ladder page of a lead: rungs are chosen in a table, an edit is a version, and a preview tells the dates."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.forms import BoundField, ChoiceField

from migrations_app.admin.ladder_words import cases_in_words
from migrations_app.enums import AttemptState
from migrations_app.models import Ladder
from providers.models import Bsp
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person, text_of


def shown(field: BoundField) -> Any:
    """What a browser sends of a field: of a list without a choice the first line, which is the one that shows."""
    value = field.value()
    if value is None and isinstance(field.field, ChoiceField):
        choices: Any = field.field.choices
        return next(iter(choices))[0]
    return value


def posted(lead: Person, ladder: Ladder | None, *, copy: Ladder | None = None, **changes: Any) -> dict[str, Any]:
    """The form as the page shows it, with changes; rungs included."""
    query = {"copy": copy.pk} if copy else {}
    name, keys = ("change", (ladder.pk,)) if ladder else ("add", ())
    context = lead.get(f"migrations_app_ladder_{name}", *keys, **query).context
    values: dict[str, Any] = {field.name: field.value() for field in context["form"]}
    rungs = context["rungs"]
    values |= {f"rungs-{name}": rungs.management_form[name].value() for name in rungs.management_form.fields}
    for row in rungs:
        values |= {f"{row.prefix}-{name}": shown(row[name]) for name in row.fields}
    return {name: value for name, value in (values | changes).items() if value not in (None, False, "")}


def save(lead: Person, ladder: Ladder, **changes: Any) -> Any:
    answer = lead.post("migrations_app_ladder_change", ladder.pk, **posted(lead, ladder, **changes))
    ladder.refresh_from_db()
    return answer


@pytest.fixture
def waba_id(lead_at_desk: Person) -> Ladder:
    return Ladder.objects.get(slug="waba-id")


def test_a_changed_rung_makes_a_version_and_a_name_makes_none(
    lead_at_desk: Person, waba_id: Ladder, clock_at: Any, now: datetime
) -> None:
    clock_at(now + timedelta(days=1))
    assert save(lead_at_desk, waba_id, name="Identifiers").status_code == 302
    assert (waba_id.version, waba_id.name, waba_id.edited) == (1, "Identifiers", True)
    steps = waba_id.steps
    changes = {
        "rungs-1-days": "3",
        "rungs-1-hours": "4",
        "rungs-1-language": "bsp",
        "rungs-1-ORDER": "1",
        "rungs-0-ORDER": "2",
    }
    assert save(lead_at_desk, waba_id, **changes, on_exhausted=["escalate", "raise_priority"]).status_code == 302
    assert (waba_id.version, waba_id.created_at, waba_id.updated_at) == (2, now, now + timedelta(days=1))
    assert waba_id.steps[0] | {"language": "recipient"} == steps[1] | {"wait_business_days": 3, "wait_hours": 4}
    assert waba_id.steps[-1] == {"escalate": True, "wait_business_days": 2, "wait_hours": 0}
    assert waba_id.on_exhausted == ["escalate", "raise_priority"]
    entry = LogEntry.objects.latest("id")
    assert (entry.user, entry.object_id) == (lead_at_desk.user, str(waba_id.pk))
    assert "Rungs" in entry.get_change_message()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rungs-0-message": "closing_reminder"}, "This text asks for something else than the ladder does."),
        ({"rungs-0-channel": "portal"}, "The recipient cannot be reached this way."),
        ({"rungs-0-to": "old_bsp"}, "This text is written for somebody else than the recipient."),
        ({"rungs-0-message": "no_such_text"}, "Select a valid choice."),
        ({"rungs-0-days": "-1"}, "greater than or equal to 0"),
        (
            {"rungs-0-DELETE": "on", "rungs-1-DELETE": "on", "rungs-2-DELETE": "on", "rungs-3-DELETE": "on"},
            "A ladder needs a rung that sends something.",
        ),
        ({"active": ""}, "without it nobody would be reminded"),
        ({"priority": "high"}, "without it nobody would be reminded"),
        ({"demand": "closing"}, "An active ladder is for the same cases already"),
        ({"requirement": "otp_contact"}, "Only a ladder for other requirements"),
        ({"on_exhausted": []}, "This field is required."),
    ],
    ids=str,
)
def test_what_could_not_work_is_told_at_its_place(
    lead_at_desk: Person, waba_id: Ladder, changes: dict[str, Any], told: str
) -> None:
    answer = save(lead_at_desk, waba_id, **changes)
    assert told in text_of(answer)
    assert waba_id.version == 1


def test_a_lead_copies_a_ladder_for_one_bsp_and_lets_it_rest(lead_at_desk: Person, walk: Walker) -> None:
    source = Ladder.objects.get(slug="two-step-client-owns")
    infobip = Bsp.objects.get(slug="infobip")
    data = posted(lead_at_desk, None, copy=source, slug="infobip", bsp=infobip.pk, active="on")
    answer = lead_at_desk.post("migrations_app_ladder_add", **data)
    assert answer.status_code == 302
    copy = Ladder.objects.get(slug="infobip")
    assert (copy.name, copy.version) == (f"{source.name} (copy)", 1)
    assert [step["message"] for step in copy.steps if "message" in step] == [
        step["message"] for step in source.steps if "message" in step
    ]
    assert walk(Path.FILED).chase().ladder_slug == "infobip"
    assert save(lead_at_desk, copy, active="").status_code == 302
    assert (copy.active, copy.version) == (False, 1)


def test_an_agent_reads_ladders_and_changes_none(agent_at_desk: Person) -> None:
    ladder = Ladder.objects.get(slug="closing")
    page = text_of(agent_at_desk.get("migrations_app_ladder_change", ladder.pk))
    assert "Closing reminder" in page
    assert "<select" not in page.split('class="pt"')[1].split("</main")[0]
    assert agent_at_desk.post("migrations_app_ladder_change", ladder.pk, name="X").status_code == 403
    assert agent_at_desk.get("migrations_app_ladder_add").status_code == 403


# Preview


def test_the_preview_tells_the_dates_that_the_planner_keeps(agent_at_desk: Person, walk: Walker, now: datetime) -> None:
    """What the page foretells at filing is when the messages leave, rung by rung, if nobody answers."""
    ladder = Ladder.objects.get(slug="two-step-client-owns")
    walked = walk(Path.FILED)
    page = agent_at_desk.get("migrations_app_ladder_preview", ladder.pk, reference=walked.ticket.reference.lower())
    assert walked.ticket.client_name in text_of(page)
    assert (page.context["other"], page.context["fits"]) == (None, True)
    foretold = [line["desk"] for line in page.context["lines"] if line["desk"]]
    while planned := [each for each in walked.attempts() if each.state == AttemptState.PLANNED]:
        walked.now = planned[0].due_at
        walked.send_all_due()
        walked.nobody_answers()
    assert [*(each.due_at for each in walked.attempts()), walked.chase().next_at] == foretold
    unreachable = [line["why_not"] for line in page.context["lines"] if line["why_not"]]
    assert (
        "nobody knows whether it listens to partners" in unreachable or "it listens only to its client" in unreachable
    )
    assert "America/Sao_Paulo" in text_of(page)


def test_the_preview_of_a_chase_goes_on_from_its_present_rung(agent_at_desk: Person, walk: Walker) -> None:
    walked = walk(Path.WAITING_TWO_STEP)
    chase = walked.chase()
    assert f"/admin/migrations_app/chase/{chase.pk}/preview/" in agent_at_desk.page(walked)
    page = agent_at_desk.get("migrations_app_chase_preview", chase.pk)
    lines = page.context["lines"]
    assert (lines[0]["place"], lines[0]["desk"]) == (2, walked.planned().due_at)
    assert lines[-1]["end"]
    assert "A person takes over" in text_of(page)
    walked.claim()
    page = agent_at_desk.get("migrations_app_chase_preview", chase.pk)
    assert page.context["lines"] == []
    assert "Nobody is reminded at present: Answered." in text_of(page)


def test_the_preview_says_which_ladder_would_be_climbed_instead(agent_at_desk: Person, walk: Walker) -> None:
    walked = walk(Path.FILED, waba_owner="old_bsp")
    ladder = Ladder.objects.get(slug="two-step-client-owns")
    page = agent_at_desk.get("migrations_app_ladder_preview", ladder.pk, reference=walked.ticket.reference)
    assert page.context["other"].slug == "two-step-bsp-owns"
    assert "There is no such ticket." in text_of(
        agent_at_desk.get("migrations_app_ladder_preview", ladder.pk, reference="MIG-NOBODY22")
    )


def test_an_old_bsp_that_does_not_answer_is_shown_and_found(agent_at_desk: Person, walk: Walker) -> None:
    walked = walk(Path.FILED)
    case = walked.case
    listed = text_of(agent_at_desk.get("tickets_ticket_changelist", attention="bsp-silent"))
    assert walked.ticket.reference not in listed
    case.bsp_silent_since = walked.now
    case.save()
    walked.ticket.tags = ["old_bsp_unresponsive"]
    walked.ticket.save()
    assert walked.ticket.reference in text_of(agent_at_desk.get("tickets_ticket_changelist", attention="bsp-silent"))
    assert "Old BSP does not answer" in agent_at_desk.page(walked)


def test_a_ladder_names_the_cases_that_others_leave_to_it(lead_at_desk: Person, agent_at_desk: Person) -> None:
    def listed() -> dict[str, str]:
        rows = lead_at_desk.get("migrations_app_ladder_changelist").context["cl"].result_list
        return {row.slug: cases_in_words(row, row.others) for row in rows}

    words = listed()
    assert words["two-step-client-owns"] == "WABA owner: Client"
    assert words["two-step-bsp-owns"] == "WABA owner: Old BSP or Unknown"
    assert words["requirements"] == "all other cases"
    assert words["closing"] == "all cases"
    general = Ladder.objects.get(slug="two-step-bsp-owns")
    for person in (lead_at_desk, agent_at_desk):
        assert "For: WABA owner: Old BSP or Unknown" in text_of(person.get("migrations_app_ladder_change", general.pk))
    Ladder.objects.filter(slug="two-step-client-owns").update(active=False)
    assert listed()["two-step-bsp-owns"] == "all cases"
    assert listed()["two-step-client-owns"] == "WABA owner: Client"
