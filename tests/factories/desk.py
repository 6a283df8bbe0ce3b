"""A desk with its people: queue, rule, agents with working hours, organizations with keys."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.contrib.auth.models import Group, User

from config.core.actor import OPERATOR, Actor, ActorKind
from migrations_app.models import AgentHours
from migrations_app.services.desk import load_desk
from providers.services.directory import load_directory
from tickets.models import ApiKey, Organization, Queue, RoutingRule, RoutingVersion
from tickets.selectors.desk import AGENT, LEAD
from tickets.services.organizations import ensure_organization, issue_api_key

DESTINATION_WABA = "735467396201142"
SAO_PAULO = "America/Sao_Paulo"


@dataclass(frozen=True)
class Desk:
    """The queue that takes everything from Latin America, and the one for what nobody else takes."""

    latam: Queue
    triage: Queue


@dataclass(frozen=True)
class Key:
    """An organization's key: the secret that callers send, its row, and the actor it stands for."""

    secret: str
    row: ApiKey
    actor: Actor

    @property
    def organization(self) -> Organization:
        return self.row.organization


def make_desk(*, now: datetime) -> Desk:
    load_directory(by=OPERATOR, now=now)
    load_desk(by=OPERATOR, now=now, waba_id=DESTINATION_WABA)
    latam = Queue.objects.create(slug="latam", name="LATAM onboarding", created_at=now, updated_at=now)
    make_rule("Latin America", latam, {"country": ["BR", "MX", "AR", "CO", "CL"]}, position=10, now=now)
    return Desk(latam, Queue.objects.get(is_triage=True))


def find_desk() -> Desk:
    """Return the desk that `make_desk` has made."""
    return Desk(Queue.objects.get(slug="latam"), Queue.objects.get(is_triage=True))


def make_rule(
    name: str, queue: Queue, conditions: dict[str, Any], *, now: datetime, position: int = 1, active: bool = True
) -> RoutingRule:
    """A rule of the live version, without the way that leads there."""
    version = RoutingVersion.objects.get(state="live")
    return RoutingRule.objects.create(
        version=version, name=name, queue=queue, conditions=conditions, position=position, active=active,
        created_at=now, updated_at=now,
    )  # fmt: skip


def make_agent(
    name: str,
    *queues: Queue,
    role: str = AGENT,
    timezone: str = SAO_PAULO,
    opens: time = time(9),
    closes: time = time(18),
) -> User:
    """A staff user with a role, who works Monday to Friday in these queues."""
    user = User.objects.create_user(name, f"{name}@portero.example", "a long enough phrase", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    for queue in queues:
        queue.agents.add(user)
        for weekday in range(5):
            AgentHours.objects.update_or_create(
                agent=user, weekday=weekday, start=opens, defaults={"end": closes, "timezone": timezone}
            )
    return user


def make_lead(name: str) -> User:
    return make_agent(name, role=LEAD)


def actor_of(user: User) -> Actor:
    return Actor(ActorKind.USER, user.get_username(), id=user.pk, is_staff_of_desk=True)


def make_organization(name: str, *, now: datetime, partner: bool = False) -> Organization:
    return ensure_organization(name=name, partner=partner, by=OPERATOR, now=now)


def make_key(
    organization: Organization, *, now: datetime, scopes: tuple[str, ...] = (), test: bool = False, label: str = ""
) -> Key:
    row, secret = issue_api_key(organization=organization, scopes=scopes, test=test, label=label, by=OPERATOR, now=now)
    actor = Actor(ActorKind.API_KEY, organization.name, id=row.pk, organization_id=organization.pk)
    return Key(secret, row, actor)
