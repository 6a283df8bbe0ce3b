"""System checks that look into the database; `check --deploy` runs them."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from tickets.services.webhook_secrets import unreadable_endpoints


@register(Tags.security, deploy=True)
def check_webhook_secrets(**_: Any) -> list[CheckMessage]:
    """Return an error where a webhook secret can be decrypted by no key, e.g. because there is no key at all."""
    try:
        urls = unreadable_endpoints()
    except (DatabaseError, ValueError):
        return []  # No tables yet, or a malformed key, of which portero.E011 tells.
    if not urls:
        return []
    hint = "Put the key that encrypted it into TOKEN_ENCRYPTION_KEYS, or have its owner rotate the secret."
    return [Error(f"No key decrypts the webhook secret of: {', '.join(urls)}.", hint=hint, id="portero.E013")]
