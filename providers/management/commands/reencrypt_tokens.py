"""`manage.py reencrypt_tokens`: encrypt all tokens with the first of TOKEN_ENCRYPTION_KEYS, after a new key was put in front."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.core import clock
from config.core.actor import OPERATOR
from providers.services.tokens import NoKey, reencrypt


class Command(BaseCommand):
    """Take tokens over to the newest key."""

    help = __doc__ or ""

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            result = reencrypt(by=OPERATOR, now=clock.now())
        except NoKey:
            raise CommandError("TOKEN_ENCRYPTION_KEYS is not set.") from None
        self.stdout.write(f"{result.done} tokens are encrypted with the first key.")
        if result.unreadable:
            names = ", ".join(result.unreadable)
            raise CommandError(f"No key decrypts the token of: {names}. Enter it again in the admin.")
