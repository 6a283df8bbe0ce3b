"""The rules for the calls of a queue: its own, else the desk's."""

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pytest_django import Settings

from migrations_app.models import AgentProfile, CallPolicy
from migrations_app.rules.call_policy import Policy
from migrations_app.selectors.call_policies import policy_of
from tests.factories.desk import Desk, make_agent


def make_policy(desk: Desk, now: datetime, **columns: Any) -> CallPolicy:
    return CallPolicy.objects.create(queue=desk.latam, created_at=now, updated_at=now, **columns)


def test_a_queue_without_rules_has_the_desks(desk: Desk, settings: Settings) -> None:
    assert policy_of(desk.latam.pk) == policy_of(None) == Policy()
    settings.CALL_DAILY_CAPACITY, settings.CALL_BOOK_WITHOUT_ANSWER = 4, True
    assert policy_of(desk.latam.pk) == Policy(daily_capacity=4, book_without_answer=True)


def test_what_a_queue_sets_goes_before_the_desks_also_nothing_and_no(
    desk: Desk, now: datetime, settings: Settings
) -> None:
    settings.CALL_BUFFER_BEFORE_MINUTES, settings.CALL_WITHIN_CALENDAR = 30, True
    make_policy(desk, now, buffer_after_minutes=0, keep_assignee=False, assignment="round_robin", cut_off_minutes=30)
    expected = Policy(
        buffer_before_minutes=30, buffer_after_minutes=0, keep_assignee=False, assignment="round_robin",
        cut_off_minutes=30, within_calendar=True,
    )  # fmt: skip
    assert policy_of(desk.latam.pk) == expected
    assert policy_of(desk.triage.pk).keep_assignee


@pytest.mark.parametrize("wrong", [{"assignment": "lottery"}, {"horizon_days": 0}, {"daily_capacity": 0}])
def test_the_database_refuses_rules_that_make_no_sense(desk: Desk, now: datetime, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_policy(desk, now, **wrong)


@pytest.mark.parametrize(
    "wrong", [{"country": "XX"}, {"country": "ES", "subdivision": "SP"}, {"subdivision": "SP"}, {"languages": ["tlh"]}]
)
def test_an_agents_place_and_languages_are_known_ones(desk: Desk, now: datetime, wrong: dict[str, Any]) -> None:
    agent = make_agent("bea", desk.latam)
    AgentProfile(agent=agent, country="BR", subdivision="SP", languages=["pt-br"]).full_clean(
        exclude=["created_at", "updated_at"]
    )
    with pytest.raises(ValidationError):
        AgentProfile(agent=agent, **wrong).full_clean(exclude=["created_at", "updated_at"])
