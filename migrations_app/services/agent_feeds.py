"""The private address at which an agent's calendar program reads the agent's calls. Who has the address may read them."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.uow import unit_of_work
from migrations_app.models import CalendarFeed
from migrations_app.selectors.agent_calls import agent_calls, clock_of, language_of
from migrations_app.services.invitations import feed_file
from tickets.selectors.desk import is_agent

_TOKEN_BYTES = 24


def digest_of(token: str) -> str:
    """Return what is stored of a token. A plain hash suffices: the token itself holds 192 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def feed_of(agent: Any) -> CalendarFeed | None:
    """Return the feed of an agent, if there is one."""
    return CalendarFeed.objects.filter(agent=agent).first()


def new_address(*, agent: Any, by: Actor, now: datetime) -> str:
    """Make the address of an agent's calendar and return it: it is nowhere else to be had. An earlier one ends at once."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    with unit_of_work(by=by, now=now):
        CalendarFeed.objects.update_or_create(
            agent=agent,
            defaults={"token_hash": digest_of(token), "updated_at": now},
            create_defaults={"token_hash": digest_of(token), "updated_at": now, "created_at": now},
        )
    return f"{settings.PORTERO_BASE_URL}{reverse('agent_calendar', args=[token])}"


def end_address(*, agent: Any, by: Actor, now: datetime) -> bool:
    """End the address of an agent's calendar; tell whether there was one."""
    with unit_of_work(by=by, now=now):
        return bool(CalendarFeed.objects.filter(agent=agent).delete()[0])


def read_feed(token: str, *, now: datetime) -> bytes:
    """Return the calendar behind a token.

    :raises NotFound: there is no such address, or its agent works for the desk no more.
    """
    feed = CalendarFeed.objects.select_related("agent").filter(token_hash=digest_of(token)).first()
    agent: Any = feed.agent if feed is not None else None
    if agent is None or not agent.is_active or not agent.is_staff or not is_agent(agent):
        raise NotFound
    return feed_file(agent_calls(agent, now=now), language=language_of(agent), zone=clock_of(agent))
