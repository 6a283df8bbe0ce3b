"""`manage.py reencrypt_tokens`: encrypt tokens and secrets with the first of TOKEN_ENCRYPTION_KEYS, after a change of keys."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.core import clock
from config.core.actor import OPERATOR
from config.core.sealing import NoKey
from providers.services.tokens import reencrypt
from tickets.services.webhook_secrets import reencrypt_secrets


class Command(BaseCommand):
    """Take tokens of accounts and secrets of webhooks over to the newest key."""

    help = __doc__ or ""

    def handle(self, *_args: Any, **_options: Any) -> None:
        now = clock.now()
        try:
            tokens = reencrypt(by=OPERATOR, now=now)
            done, unreadable = reencrypt_secrets(by=OPERATOR, now=now)
        except NoKey:
            raise CommandError("TOKEN_ENCRYPTION_KEYS is not set.") from None
        self.stdout.write(f"{tokens.done} tokens are encrypted with the first key.")
        self.stdout.write(f"{done} webhook secrets are encrypted with the first key.")
        if tokens.unreadable:
            names = ", ".join(tokens.unreadable)
            raise CommandError(f"No key decrypts the token of: {names}. Enter it again in the admin.")
        if unreadable:
            raise CommandError(f"No key decrypts the secret of: {', '.join(unreadable)}. Its owner rotates it.")
