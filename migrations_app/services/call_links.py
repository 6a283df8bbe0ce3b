"""Links by which a client without an account chooses, moves or cancels its call: random, stored as hashes, in no log."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from config.core.errors import NotFound
from config.core.uow import UnitOfWork
from migrations_app.models import CallLink, MigrationCase

LIVES = timedelta(days=90)
"""A link in a mail of three months ago opens nothing."""
_BYTES = 24


def new_link(uow: UnitOfWork, case: MigrationCase, *, start: datetime | None = None) -> str:
    """Make a link to the call of a locked ticket's case and return its public address; `start`: the time it proposes."""
    token = secrets.token_urlsafe(_BYTES)
    CallLink.objects.create(case=case, token_hash=_hash(token), start=start, created_at=uow.now)
    return f"{settings.PORTERO_BASE_URL}{reverse('call', args=[token])}"


def read_link(token: str, *, now: datetime) -> CallLink:
    """Return what a token stands for, with its case and ticket.

    :raises NotFound: we have not made it, or too long ago.
    """
    rows = CallLink.objects.select_related("case__ticket__queue", "case__ticket__organization", "case__playbook")
    found = rows.filter(token_hash=_hash(token), created_at__gt=now - LIVES).first()
    if found is None:
        raise NotFound
    return found


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
