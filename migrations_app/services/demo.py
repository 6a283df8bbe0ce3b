"""The demo desk of embedded mode: an organization, queues with rules, agents with hours. Made once, never again."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User

from config.core.actor import Actor
from config.core.uow import unit_of_work
from migrations_app.models import AgentHours, AgentProfile
from migrations_app.services.routing_trials import MOST_TICKETS, try_version
from tickets.models import ApiKey, Organization, Queue
from tickets.selectors.desk import AGENT
from tickets.selectors.routing import live_version
from tickets.services.level_setup import NewCalendar, ensure_calendar, ensure_policy
from tickets.services.organizations import ALL_SCOPES, ensure_organization, issue_api_key
from tickets.services.routing_versions import RuleDraft, copy_version, publish, save_rule

DEMO_ORGANIZATION = "Demo Client"


@dataclass(frozen=True)
class DemoAgent:
    """Somebody who takes calls from Monday to Friday."""

    username: str
    names: tuple[str, str]
    timezone: str
    hours: tuple[tuple[time, time], ...]
    languages: tuple[str, ...]
    place: tuple[str, str]
    """Country and region whose public holidays are free."""


_AGENTS = (
    DemoAgent("bruna", ("Bruna", "Lima"), "America/Sao_Paulo", ((time(6), time(16)),),
        ("pt-br", "es", "en"), ("BR", "SP")),
    DemoAgent("marti", ("Martí", "Soler"), "Europe/Madrid", ((time(8), time(14)), (time(15), time(18))),
        ("ca", "es", "en"), ("ES", "CT")),
)  # fmt: skip
_QUEUES: tuple[tuple[str, str, list[str], int], ...] = (
    (
        "latam",
        "LATAM onboarding",
        ["AR", "BO", "BR", "CL", "CO", "CR", "EC", "GT", "MX", "PA", "PE", "PY", "UY", "VE"],
        10,
    ),
    ("emea", "EMEA onboarding", ["AD", "DE", "ES", "FR", "GB", "IT", "PT", "RU", "UA", "AE", "ZA"], 20),
    ("general", "General onboarding", [], 90),
)
_CALENDARS: dict[str, NewCalendar] = {
    "latam": NewCalendar("São Paulo", "America/Sao_Paulo", "BR", "SP"),
    "emea": NewCalendar("Madrid", "Europe/Madrid", "ES", "MD", hours=((time(9), time(14)), (time(15), time(18)))),
}
"""Business calendars by queue; the other queues have the desk's."""


@dataclass(frozen=True)
class FirstRun:
    """Secrets made on the first run; they are shown once and stored hashed only. None where they exist already."""

    admin_password: str | None
    api_key: str | None


def load_demo(*, by: Actor, now: datetime, admin_password: str = "") -> FirstRun:
    """Make the demo desk where it is missing, and return the secrets of whatever was made.

    `admin_password` is used for the first admin instead of a random one.
    """
    with unit_of_work(by=by, now=now):
        password = _make_admin(admin_password)
        agents = [_make_agent(row, now=now) for row in _AGENTS]
        admin = get_user_model().objects.get(username="admin")
        rules = []
        for slug, name, countries, position in _QUEUES:
            queue, fresh = Queue.objects.get_or_create(
                slug=slug, defaults={"name": name, "created_at": now, "updated_at": now}
            )
            if fresh:
                queue.agents.set([admin, *agents])
                rules.append(RuleDraft(name, position, queue.pk, {"country": countries} if countries else {}))
        if rules:
            _go_live(rules, by=by, now=now)
        for slug, calendar in _CALENDARS.items():
            queue = Queue.objects.get(slug=slug)
            hours = ensure_calendar(calendar, by=by, now=now)
            ensure_policy(queue.name, position=50, calendar=hours, queues=[queue], by=by, now=now)
        Queue.objects.get(is_triage=True).agents.add(admin, *agents)
        return FirstRun(password, _make_key(by=by, now=now))


def _go_live(rules: Sequence[RuleDraft], *, by: Actor, now: datetime) -> None:
    """Add rules to those that are live, the way a lead does: copy, edit, test, make live."""
    live = live_version()
    draft = copy_version(source_id=live.pk if live else None, note="", by=by, now=now)
    for rule in rules:
        save_rule(version_id=draft.pk, rule_id=None, rule=rule, by=by, now=now)
    try_version(version_id=draft.pk, limit=MOST_TICKETS, by=by, now=now)
    publish(version_id=draft.pk, by=by, now=now)


def _make_admin(wanted: str) -> str | None:
    users = get_user_model().objects
    if users.filter(username="admin").exists():
        return None
    password = wanted or secrets.token_urlsafe(12)
    users.create_superuser(username="admin", email="admin@portero.example", password=password)
    return password


def _make_agent(agent: DemoAgent, *, now: datetime) -> User:
    """Make an agent with hours and particulars and no usable password (a lead sets one)."""
    user, fresh = get_user_model().objects.get_or_create(
        username=agent.username,
        defaults={
            "first_name": agent.names[0],
            "last_name": agent.names[1],
            "is_staff": True,
            "email": f"{agent.username}@portero.example",
        },
    )
    if fresh:
        user.set_unusable_password()
        user.save()
        user.groups.add(Group.objects.get(name=AGENT))
        AgentHours.objects.bulk_create(
            AgentHours(agent=user, weekday=day, start=start, end=end, timezone=agent.timezone)
            for day in range(5)
            for start, end in agent.hours
        )
        country, region = agent.place
        AgentProfile.objects.create(
            agent=user,
            languages=list(agent.languages),
            country=country,
            subdivision=region,
            created_at=now,
            updated_at=now,
        )
    return user


def _make_key(*, by: Actor, now: datetime) -> str | None:
    organization: Organization = ensure_organization(name=DEMO_ORGANIZATION, partner=False, by=by, now=now)
    if ApiKey.objects.filter(organization=organization).exists():
        return None
    _row, key = issue_api_key(organization=organization, scopes=ALL_SCOPES, test=False, label="demo", by=by, now=now)
    return key
