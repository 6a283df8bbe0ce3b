"""Access tokens of destination accounts: encrypted at rest, one a WABA. The only code that encrypts, decrypts or forgets them.

A token is shown to nobody again; people tell tokens apart by a fingerprint. How things are encrypted: `config.core.sealing`.
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from config.core import sealing
from config.core.actor import Actor
from config.core.errors import NotFound
from config.core.sealing import NoKey, Unreadable
from config.core.uow import unit_of_work
from providers.models import MetaAccount

GENERAL = "META_ACCESS_TOKEN"
"""The variable that holds the token of accounts that name no other."""
_FINGERPRINT = 8
_log = structlog.get_logger("portero.tokens")


@dataclass(frozen=True)
class Reencrypted:
    """How many tokens were taken over to the first key, and the names of accounts whose token no key decrypts."""

    done: int
    unreadable: tuple[str, ...]


def fingerprint_of(token: str) -> str:
    """Return by what people tell tokens apart: the beginning of a digest, of which nobody can make the token."""
    return hashlib.sha256(token.encode()).hexdigest()[:_FINGERPRINT]


def can_keep() -> bool:
    """Tell whether there is a key to encrypt tokens with."""
    return sealing.can_seal()


@sensitive_variables()
def set_token(*, account_id: int, token: str, by: Actor, now: datetime) -> None:
    """Keep an account's token, encrypted, in the place of an earlier one.

    :raises NotFound: there is no such account.
    :raises NoKey: there is no key to encrypt it with.
    """
    _write(account_id, sealing.seal(token), fingerprint_of(token), by=by, now=now)


def forget_token(*, account_id: int, by: Actor, now: datetime) -> None:
    """Forget an account's token; from now on the environment's is used.

    :raises NotFound: there is no such account.
    """
    _write(account_id, "", "", by=by, now=now)


def _write(account_id: int, sealed: str, fingerprint: str, *, by: Actor, now: datetime) -> None:
    with unit_of_work(by=by, now=now):
        rows = MetaAccount.objects.filter(pk=account_id)
        set_at = now if sealed else None
        if not rows.update(token_sealed=sealed, token_fingerprint=fingerprint, token_set_at=set_at, updated_at=now):
            raise NotFound


@sensitive_variables()
def token_of(account: MetaAccount | None) -> str:
    """Return the access token of a destination account when it is needed: its own, else the one in the environment.

    Empty where there is none, and where no key decrypts it: Meta then refuses the call, and the log says why.
    """
    if account is not None and account.token_sealed:
        try:
            return sealing.opened(account.token_sealed)
        except Unreadable:
            _log.error("an account's token cannot be decrypted", account_id=account.pk)
            return ""
    name = account.token_variable if account else GENERAL
    return settings.META_ACCESS_TOKEN if name == GENERAL else os.environ.get(name, "")


def reencrypt(*, by: Actor, now: datetime) -> Reencrypted:
    """Encrypt every token with the first key; those that no key decrypts stay as they are and are named.

    :raises NoKey: there is no key.
    """
    if not sealing.can_seal():
        raise NoKey
    done, unreadable = 0, []
    for account in MetaAccount.objects.exclude(token_sealed="").order_by("name"):
        try:
            fresh = sealing.resealed(account.token_sealed)
        except Unreadable:
            unreadable.append(account.name)
            continue
        with unit_of_work(by=by, now=now):
            # Only what was read is replaced: a token that somebody has just entered is newer.
            rows = MetaAccount.objects.filter(pk=account.pk, token_sealed=account.token_sealed)
            done += rows.update(token_sealed=fresh)
    return Reencrypted(done, tuple(unreadable))


def unreadable_accounts() -> list[str]:
    """Return the names of accounts whose token no configured key decrypts."""
    found = []
    for account in MetaAccount.objects.exclude(token_sealed="").order_by("name"):
        try:
            sealing.opened(account.token_sealed)
        except Unreadable:
            found.append(account.name)
    return found
