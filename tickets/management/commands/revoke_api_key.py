"""`manage.py revoke_api_key PREFIX`: make a key useless at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.core import clock
from config.core.actor import OPERATOR
from config.core.errors import NotFound
from tickets.selectors.keys import key_by_prefix
from tickets.services.organizations import revoke_api_key


class Command(BaseCommand):
    """Revoke an API key."""

    help = "Makes the key with this prefix useless at once. Doing it twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="readable beginning of the key, such as mig_live_1a2b3c4d")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            row = key_by_prefix(options["prefix"])
        except NotFound as refusal:
            raise CommandError("There is no key with this prefix.") from refusal
        revoke_api_key(key_id=row.pk, by=OPERATOR, now=clock.now())
        self.stdout.write(f"{row.prefix}… of {row.organization.name} no longer works.")
