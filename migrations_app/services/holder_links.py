"""The link by which a phone holder answers: a random token, of which only the hash is kept."""

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from config.core.errors import NotFound
from migrations_app.models import HolderCheck, HolderLink, Notice
from migrations_app.services.attempts import AnyAttempt
from providers.types import OutboundMessage

MARK = "[…/h/…]"
"""What stands for the link wherever a message is logged or previewed: whoever reads the log must not answer for the holder."""


def new_link(check: HolderCheck, *, now: datetime) -> str:
    """Return the address of a fresh page for a holder's answers; it is shown this once."""
    token = secrets.token_urlsafe(24)
    HolderLink.objects.create(check_of=check, token_hash=_hash(token), created_at=now)
    return f"{settings.PORTERO_BASE_URL}{reverse('holder', args=[token])}"


def read_token(token: str) -> HolderCheck:
    """Return whom a token is for.

    :raises NotFound: it is none of ours, or what it asked is not asked any more.
    """
    rows = HolderLink.objects.select_related("check_of__pin_call__ticket").filter(token_hash=_hash(token))
    found = rows.first()
    if found is None:
        raise NotFound
    return found.check_of


def with_own_link(message: OutboundMessage, attempt: AnyAttempt, *, now: datetime) -> OutboundMessage:
    """Return what really leaves: with the holder's own link, where the message is a question to a phone holder."""
    if not isinstance(attempt, Notice) or attempt.holder is None:
        return message
    return replace(message, body=message.body.replace(MARK, new_link(attempt.holder, now=now)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
