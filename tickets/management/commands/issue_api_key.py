"""`manage.py issue_api_key "ORGANIZATION NAME"`: make a key and print it, alone, once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.core import clock
from config.core.actor import OPERATOR
from config.core.errors import Invalid
from tickets.enums import Scope
from tickets.services.organizations import ensure_organization, issue_api_key


class Command(BaseCommand):
    """Issue an API key."""

    help = "Makes an API key for an organization (made if needed) and prints the key, once. It is stored hashed only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", nargs="?", default="", help="name of the organization")
        parser.add_argument("--partner", action="store_true", help="the organization files for many clients")
        parser.add_argument("--test", action="store_true", help="tickets of this key are test tickets")
        parser.add_argument(
            "--scope",
            action="extend",
            nargs="+",
            default=[],
            help="one or more of tickets:read, tickets:write, webhooks:manage (default: all)",
        )
        parser.add_argument("--label", default="", help="what the key is for")
        parser.add_argument("--expires-in-days", type=int, help="the key ends after so many days (default: never)")
        parser.add_argument(
            "--network",
            action="append",
            default=[],
            help="address or network (IPv4 or IPv6, CIDR) it may be used from; may be repeated (default: anywhere)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        name, scopes = _told_apart(options["organization"].strip(), options["scope"])
        days = options["expires_in_days"]
        if not name:
            raise CommandError("The organization needs a name.")
        if days is not None and not 1 <= days <= 36500:  # noqa: PLR2004  (a hundred years)
            raise CommandError("A key lasts a day at least.")
        now = clock.now()
        organization = ensure_organization(name=name, partner=options["partner"], by=OPERATOR, now=now)
        try:
            _row, key = issue_api_key(
                organization=organization,
                scopes=scopes,
                test=options["test"],
                label=options["label"],
                expires_at=now + timedelta(days=days) if days else None,
                allowed_networks=options["network"],
                by=OPERATOR,
                now=now,
            )
        except Invalid as refusal:
            raise CommandError("; ".join(error.detail for error in refusal.errors)) from refusal
        self.stdout.write(key)


def _told_apart(name: str, scopes: list[str]) -> tuple[str, list[str]]:
    """Return name and scopes: a name that stands behind the scopes was taken for the last of them."""
    if not name and len(scopes) > 1 and scopes[-1] not in set(Scope):
        return scopes[-1].strip(), scopes[:-1]
    return name, scopes
