"""Business calendars and service levels in the admin: set up by a lead, seen by agents on tickets."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories.levels import clock_of
from tests.factories.walks import Path, Walker
from tests.integration.admin.conftest import Person, text_of
from tickets.models import Calendar, SlaClock, SlaPolicy
from tickets.services.service_levels import advance_clocks

ClockAt = Callable[[datetime], None]


def rows(prefix: str, *given: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """An inline's part of a posted form."""
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": initial}
    for place, row in enumerate(given):
        data |= {f"{prefix}-{place}-{name}": value for name, value in row.items()}
    return data


def calendar_form(*hours: dict[str, Any], days: Any = (), **changes: Any) -> dict[str, Any]:
    place = {"name": "Barcelona", "timezone": "Europe/Madrid", "country": "ES", "subdivision": "CT", "language": "ca"}
    return {**place, **rows("hours", *hours), **rows("days", *days), **changes}


MORNING = {"weekday": 0, "start": "09:00", "end": "14:00"}
EVENING = {"weekday": 0, "start": "16:00", "end": "19:00"}


def test_a_lead_makes_a_calendar_and_reads_what_it_means(lead_at_desk: Person) -> None:
    form = calendar_form(MORNING, EVENING, days=({"date": "2026-03-09", "name": "Trasllat"},))
    assert lead_at_desk.post("tickets_calendar_add", **form).status_code == 302
    calendar = Calendar.objects.get(name="Barcelona")
    assert calendar.spec["week"] == {"0": [["09:00:00", "14:00:00"], ["16:00:00", "19:00:00"]]}
    assert calendar.spec["days"] == {"2026-03-09": []}
    page = text_of(lead_at_desk.get("tickets_calendar_change", calendar.pk))
    assert "Mon 16 Mar, 09:00 – Mon 16 Mar, 14:00" in page
    assert "Mon 9 Mar, 09:00" not in page
    assert "Divendres Sant" in page


@pytest.mark.parametrize(
    "wrong",
    [{"timezone": "Europe/Barcelona"}, {"country": "XX"}, {"subdivision": "ZZ"}, {"language": "ru"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_place_that_nobody_knows_is_refused(lead_at_desk: Person, wrong: dict[str, str]) -> None:
    answer = lead_at_desk.post("tickets_calendar_add", **calendar_form(MORNING, **wrong))
    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) == set(wrong)


def test_half_a_stretch_is_refused(lead_at_desk: Person) -> None:
    form = calendar_form(MORNING, days=({"date": "2026-03-09", "start": "09:00"},))
    assert lead_at_desk.post("tickets_calendar_add", **form).status_code == 200
    assert not Calendar.objects.filter(name="Barcelona").exists()


def policy_form(policy: SlaPolicy, *targets: dict[str, Any], **changes: Any) -> dict[str, Any]:
    own = {
        "name": policy.name, "position": 5, "active": "on", "calendar": policy.calendar_id, "warn_percent": 50,
        "pauses_on": ["client"], "priorities": ["high"],
    }  # fmt: skip
    return {**own, **rows("targets", *targets), **changes}


def test_a_changed_policy_is_a_new_version_and_open_clocks_follow(
    lead_at_desk: Person, walk: Walker, now: datetime
) -> None:
    ticket = walk(Path.FILED).ticket
    policy = SlaPolicy.objects.get()
    target = policy.targets.get(metric="first_response")
    others = policy.targets.exclude(pk=target.pk)
    others.delete()
    form = policy_form(policy, {"id": target.pk, "policy": policy.pk, "metric": "first_response", "minutes": 60})
    form |= {"targets-INITIAL_FORMS": 1, "priorities": []}
    assert lead_at_desk.post("tickets_slapolicy_change", policy.pk, **form).status_code == 302
    policy.refresh_from_db()
    assert (policy.version, policy.plan["targets"], policy.plan["pauses_on"]) == (2, {"first_response": 60}, ["client"])
    advance_clocks(ticket_id=ticket.pk, now=now)
    assert clock_of(ticket, "first_response").due_at == now + timedelta(hours=1)
    assert clock_of(ticket, "time_to_migrate").state == "stopped"


def test_the_page_of_a_policy_tells_when_a_clock_started_now_would_end(lead_at_desk: Person) -> None:
    policy = SlaPolicy.objects.get()
    page = text_of(lead_at_desk.get("tickets_slapolicy_change", policy.pk))
    assert "Mon 2 Mar, 15:00 + 4 h → Tue 3 Mar, 10:00" in page


def test_a_removed_policy_lets_its_clocks_go(lead_at_desk: Person, walk: Walker) -> None:
    walk(Path.FILED)
    policy = SlaPolicy.objects.get()
    assert lead_at_desk.post("tickets_slapolicy_delete", policy.pk, post="yes").status_code == 302
    assert SlaClock.objects.filter(recompute_at__isnull=False).count() == 3


def test_an_agent_reads_service_levels_and_changes_none(agent_at_desk: Person) -> None:
    policy = SlaPolicy.objects.get()
    assert agent_at_desk.get("tickets_slapolicy_change", policy.pk).status_code == 200
    assert agent_at_desk.get("tickets_calendar_change", policy.calendar_id).status_code == 200
    assert agent_at_desk.post("tickets_slapolicy_change", policy.pk, **policy_form(policy)).status_code == 403


def test_a_ticket_shows_its_clocks_and_the_list_the_next_target(
    agent_at_desk: Person, walk: Walker, clock_at: ClockAt, now: datetime
) -> None:
    soon, quiet = walk(Path.FILED), walk(Path.CANCELLED, "+5511976543210")
    page = text_of(agent_at_desk.get("tickets_ticket_change", soon.ticket.pk))
    assert "until Tue 3 Mar, 10:00" in page
    assert "Standard" in page
    listed = text_of(agent_at_desk.get("tickets_ticket_changelist", o="7"))
    assert listed.index(soon.ticket.reference) < listed.index(quiet.ticket.reference)
    assert "Tue 3 Mar, 10:00" in listed
    late = now + timedelta(days=1)
    advance_clocks(ticket_id=soon.ticket.pk, now=late)
    clock_at(late)
    for value, found in (("missed", True), ("soon", True)):
        listed = text_of(agent_at_desk.get("tickets_ticket_changelist", sla=value))
        assert (soon.ticket.reference in listed) is found
        assert quiet.ticket.reference not in listed
    page = text_of(agent_at_desk.get("tickets_ticket_change", soon.ticket.pk))
    assert "Target missed: Answer to the client, due Tue 3 Mar 2026, 07:00 (America/Sao_Paulo)" in page


def test_a_client_sees_the_clocks_and_not_whose_policy_it_is(client_person: Person, walk: Walker) -> None:
    ticket = walk(Path.FILED).ticket
    page = text_of(client_person.get("tickets_ticket_change", ticket.pk))
    assert "Answer to the client" in page
    assert "Standard" not in page
