"""System checks that look into the database; `check --deploy` runs them."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from providers.services.tokens import unreadable_accounts


@register(Tags.security, deploy=True)
def check_tokens(**_: Any) -> list[CheckMessage]:
    """Return an error where an account has a token that no key decrypts, e.g. because there is no key at all."""
    try:
        names = unreadable_accounts()
    except (DatabaseError, ValueError):
        return []  # No tables yet, or a malformed key, of which portero.E011 tells.
    if not names:
        return []
    hint = "Put the key that encrypted it into TOKEN_ENCRYPTION_KEYS, or enter the token again in the admin."
    return [Error(f"No key decrypts the token of: {', '.join(names)}.", hint=hint, id="portero.E012")]
