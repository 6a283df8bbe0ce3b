"""`manage.py rotate_api_key PREFIX`: make the key that takes another's place and print it, alone, once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.core import clock
from config.core.actor import OPERATOR
from config.core.errors import Invalid, NotFound
from tickets.selectors.keys import key_by_prefix
from tickets.services.organizations import KeyNotUsable, rotate_api_key


class Command(BaseCommand):
    """Rotate an API key."""

    help = "Makes a key like the one with this prefix and prints it, once. The old one works on for the overlap."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="readable beginning of the old key, such as mig_live_1a2b3c4d")
        parser.add_argument(
            "--overlap", type=float, default=24, metavar="HOURS", help="hours that the old key works on (default: 24)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            overlap = timedelta(hours=options["overlap"])
        except (OverflowError, ValueError) as error:
            raise CommandError("The overlap is a number of hours.") from error
        try:
            old = key_by_prefix(options["prefix"])
            _row, key = rotate_api_key(key_id=old.pk, overlap=overlap, by=OPERATOR, now=clock.now())
        except NotFound as refusal:
            raise CommandError("There is no key with this prefix.") from refusal
        except KeyNotUsable as refusal:
            raise CommandError(refusal.detail) from refusal
        except Invalid as refusal:
            raise CommandError("; ".join(error.detail for error in refusal.errors)) from refusal
        self.stdout.write(key)
