"""A lead says when calls can be; an agent enters own absences. What is entered by a wall clock is meant by it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.contrib.messages import get_messages

from migrations_app.models import AgentAbsence, AgentHours, AgentProfile, CallPolicy
from migrations_app.rules.call_policy import Policy
from migrations_app.selectors.call_policies import policy_of
from tests.factories.desk import Desk, make_agent
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person, text_of

AWAY = {"start_0": "2026-03-03", "start_1": "09:00:00", "end_0": "2026-03-04", "end_1": "12:30:00"}
"""By the clock of Sao Paulo."""
MADRID = "Europe/Madrid"


def rows(prefix: str, *added: dict[str, Any], there: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(there) + len(added), f"{prefix}-INITIAL_FORMS": len(there)}
    for place, row in enumerate((*there, *added)):
        found |= {f"{prefix}-{place}-{name}": value for name, value in row.items()}
    return found


def page_of(*, hours: Any = (), absences: Any = (), profile: Any = ()) -> dict[str, Any]:
    return {**rows("working_hours", *hours), **rows("absences", *absences), **rows("call_profile", *profile)}


def test_a_lead_enters_hours_absences_and_particulars_on_one_page(lead_at_desk: Person, desk: Desk) -> None:
    dora = make_agent("dora", desk.latam)
    AgentHours.objects.filter(agent=dora).delete()
    sent = page_of(
        hours=[
            {"weekday": 0, "start": "09:00", "end": "14:00", "timezone": MADRID},
            {"weekday": 0, "start": "15:00", "end": "18:00", "timezone": MADRID},
        ],
        profile=[{"languages": ["es", "ca"], "country": "ES", "subdivision": "CT", "daily_capacity": "4"}],
    )
    answer = lead_at_desk.post("migrations_app_callagent_change", dora.pk, **sent)
    assert answer.status_code == 302, answer.context["errors"]
    assert AgentHours.objects.filter(agent=dora).count() == 2
    profile = AgentProfile.objects.get(agent=dora)
    assert (profile.languages, profile.country, profile.subdivision, profile.daily_capacity) == (
        ["es", "ca"],
        "ES",
        "CT",
        4,
    )
    page = text_of(lead_at_desk.get("migrations_app_callagent_change", dora.pk))
    assert "Mon 9 Mar, 09:00 – 14:00  (08:00 – 13:00 UTC)" in page
    listed = text_of(lead_at_desk.get("migrations_app_callagent_changelist"))
    assert "Europe/Madrid" in listed
    assert "ES CT" in listed
    dora.refresh_from_db()
    assert dora.username == "dora"


def test_hours_over_midnight_are_said_and_the_days_ahead_are_told_whole(
    lead_at_desk: Person, desk: Desk, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(datetime(2026, 3, 2, 15, tzinfo=UTC))  # a Monday, noon in Sao Paulo
    dora = make_agent("dora", desk.latam)
    AgentHours.objects.filter(agent=dora).delete()
    zone = "America/Sao_Paulo"
    sent = page_of(
        hours=[
            {"weekday": 0, "start": "14:00", "end": "18:00", "timezone": zone},
            {"weekday": 0, "start": "22:00", "end": "06:00", "timezone": zone},
            {"weekday": 6, "start": "09:00", "end": "09:00", "timezone": zone},
        ],
    )
    answer = lead_at_desk.post("migrations_app_callagent_change", dora.pk, **sent)
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert [words for words in said if "over midnight" in words] == [
        "The hours of Monday, 22:00 – 06:00, run over midnight: they end on Tuesday at 06:00.",
        "The hours of Sunday, 09:00 – 09:00, run over midnight: they end on Monday at 09:00.",
    ]
    page = text_of(lead_at_desk.get("migrations_app_callagent_change", dora.pk))
    told = re.findall(r"<div>(\w{3} \d+ \w{3}, [\d:]+ – [\d:]+) ", page)
    # The last day is the Monday after: at its noon nothing is cut short, nor at its midnight.
    assert told == [
        "Mon 2 Mar, 14:00 – 18:00",
        "Mon 2 Mar, 22:00 – 06:00",
        "Sun 8 Mar, 09:00 – 09:00",
        "Mon 9 Mar, 14:00 – 18:00",
        "Mon 9 Mar, 22:00 – 06:00",
    ]
    # The name that "Add another" has, and that of all of them.
    assert "Add another Stretch of hours" in page
    assert "Working hours" in page


def test_places_zones_and_languages_that_nobody_knows_are_refused(lead_at_desk: Person, agent_user: User) -> None:
    wrong = (
        {"hours": [{"weekday": 6, "start": "09:00", "end": "14:00", "timezone": "Mars/Base"}]},
        {"profile": [{"country": "XX"}]},
        {"profile": [{"country": "ES", "subdivision": "SP"}]},
        {"profile": [{"languages": ["tlh"]}]},
        {"profile": [{"daily_capacity": "0"}]},
        {"absences": [{**AWAY, "end_0": "2026-03-02"}]},
    )
    for each in wrong:
        assert (
            lead_at_desk.post("migrations_app_callagent_change", agent_user.pk, **page_of(**each)).status_code == 200
        ), each
    assert not AgentProfile.objects.exists()
    assert not AgentAbsence.objects.exists()


def test_an_absence_is_entered_and_shown_by_the_agents_own_clock(lead_at_desk: Person, agent_user: User) -> None:
    sent = page_of(absences=[{**AWAY, "reason": "Dentist"}])
    assert lead_at_desk.post("migrations_app_callagent_change", agent_user.pk, **sent).status_code == 302
    row = AgentAbsence.objects.get()
    assert (row.start, row.end) == (datetime(2026, 3, 3, 12, tzinfo=UTC), datetime(2026, 3, 4, 15, 30, tzinfo=UTC))
    page = text_of(lead_at_desk.get("migrations_app_callagent_change", agent_user.pk))
    assert 'value="09:00"' in page
    assert 'value="12:30"' in page
    assert "09:00:00" not in page
    again = {**AWAY, "reason": "Dentist", "agent": agent_user.pk}
    assert lead_at_desk.post("migrations_app_agentabsence_change", row.pk, **again).status_code == 302
    row.refresh_from_db()
    assert row.start == datetime(2026, 3, 3, 12, tzinfo=UTC)


def test_an_absence_that_ends_in_an_hour_shown_twice_ends_with_the_first(
    lead_at_desk: Person, agent_user: User
) -> None:
    AgentHours.objects.filter(agent=agent_user).update(timezone=MADRID)
    night = {
        "start_0": "2026-03-29",
        "start_1": "02:30",
        "end_0": "2026-10-25",
        "end_1": "02:30",
        "agent": agent_user.pk,
    }
    assert lead_at_desk.post("migrations_app_agentabsence_add", **night).status_code == 302
    row = AgentAbsence.objects.get()
    assert (row.start, row.end) == (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC))


def test_an_agent_enters_own_absences_and_no_others(
    agent_at_desk: Person, desk: Desk, agent_user: User, now: datetime
) -> None:
    dora = make_agent("dora", desk.latam)
    theirs = AgentAbsence.objects.create(
        agent=dora, start=now, end=now + timedelta(days=1), reason="Surgery", created_at=now, updated_at=now
    )
    form = text_of(agent_at_desk.get("migrations_app_agentabsence_add"))
    assert "By the clock of America/Sao_Paulo." in form
    assert 'name="agent"' not in form
    assert agent_at_desk.post("migrations_app_agentabsence_add", **AWAY, agent=dora.pk).status_code == 302
    own = AgentAbsence.objects.exclude(pk=theirs.pk).get()
    assert own.agent == agent_user
    listed = text_of(agent_at_desk.get("migrations_app_agentabsence_changelist"))
    assert "Surgery" not in listed
    assert agent_at_desk.get("migrations_app_agentabsence_change", theirs.pk).status_code == 302
    assert "Surgery" not in text_of(agent_at_desk.get("migrations_app_callagent_change", dora.pk))
    assert agent_at_desk.post("migrations_app_agentabsence_delete", theirs.pk, post="yes").status_code == 302
    assert AgentAbsence.objects.filter(pk=theirs.pk).exists()
    assert agent_at_desk.post("migrations_app_agentabsence_delete", own.pk, post="yes").status_code == 302
    assert not AgentAbsence.objects.filter(pk=own.pk).exists()


def test_agents_read_each_others_hours_and_change_none(agent_at_desk: Person, desk: Desk) -> None:
    dora = make_agent("dora", desk.latam)
    assert "09:00" in text_of(agent_at_desk.get("migrations_app_callagent_change", dora.pk))
    sent = page_of(hours=[{"weekday": 6, "start": "09:00", "end": "14:00", "timezone": MADRID}])
    assert agent_at_desk.post("migrations_app_callagent_change", dora.pk, **sent).status_code == 403
    assert agent_at_desk.get("migrations_app_callpolicy_changelist").status_code == 403


def test_calls_that_are_booked_in_an_absence_are_named(walk: Walker, lead_at_desk: Person, agent_user: User) -> None:
    walked = walk(Path.SCHEDULED)
    answer = lead_at_desk.post("migrations_app_agentabsence_add", **AWAY, agent=agent_user.pk)
    told = " ".join(str(message) for message in get_messages(answer.wsgi_request))
    assert f"1 call is booked in this absence and stays until it is moved: {walked.ticket.reference}" in told
    assert walked.current_call().state == "booked"


def test_a_lead_sets_the_rules_of_a_queue_and_reads_what_is_in_force(lead_at_desk: Person, desk: Desk) -> None:
    form = text_of(lead_at_desk.get("migrations_app_callpolicy_add"))
    assert "As the desk: 120" in form
    assert "As the desk: no limit" in form
    sent = {"queue": desk.latam.pk, "buffer_before_minutes": "30", "keep_assignee": "no", "assignment": "round_robin"}
    assert lead_at_desk.post("migrations_app_callpolicy_add", **sent).status_code == 302
    row = CallPolicy.objects.get()
    assert policy_of(desk.latam.pk) == Policy(buffer_before_minutes=30, keep_assignee=False, assignment="round_robin")
    page = text_of(lead_at_desk.get("migrations_app_callpolicy_change", row.pk))
    assert "free minutes before a call: 30" in page.lower()
    assert (
        lead_at_desk.post(
            "migrations_app_callpolicy_change", row.pk, assignment="", book_without_answer="yes"
        ).status_code
        == 302
    )
    assert policy_of(desk.latam.pk) == Policy(book_without_answer=True)
    assert "LATAM onboarding" in text_of(lead_at_desk.get("migrations_app_callpolicy_changelist"))
    assert lead_at_desk.post("migrations_app_callpolicy_change", row.pk, horizon_days="0").status_code == 200
