"""Secrets at rest: encrypted with the first of `TOKEN_ENCRYPTION_KEYS`, readable with all of them.

A new key is put in front, `manage.py reencrypt_tokens` takes the rows over, and the old key can go.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from config.core.errors import TemporarilyUnavailable


class NoKey(TemporarilyUnavailable):
    """`TOKEN_ENCRYPTION_KEYS` is not set: a secret could only be kept in clear, so it is not kept."""


class Unreadable(Exception):
    """No key decrypts what is sealed."""


def can_seal() -> bool:
    """Tell whether there is a key to encrypt with."""
    return bool(settings.TOKEN_ENCRYPTION_KEYS)


@sensitive_variables()
def seal(secret: str) -> str:
    """Return a secret as it may be stored.

    :raises NoKey: there is no key.
    """
    return _ring().encrypt(secret.encode()).decode()


@sensitive_variables()
def opened(sealed: str) -> str:
    """Return the secret.

    :raises Unreadable: no key decrypts it.
    """
    if can_seal():
        try:
            return _ring().decrypt(sealed.encode()).decode()
        except InvalidToken:
            pass
    raise Unreadable


def resealed(sealed: str) -> str:
    """Return the same secret encrypted with the first key.

    :raises NoKey: there is no key.
    :raises Unreadable: no key decrypts it.
    """
    ring = _ring()
    try:
        return ring.rotate(sealed.encode()).decode()
    except InvalidToken:
        pass
    raise Unreadable


def _ring() -> MultiFernet:
    if not settings.TOKEN_ENCRYPTION_KEYS:
        raise NoKey
    return MultiFernet([Fernet(key) for key in settings.TOKEN_ENCRYPTION_KEYS])
