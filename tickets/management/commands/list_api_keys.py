"""`manage.py list_api_keys ["ORGANIZATION NAME"]`: what there is of keys, without anything secret."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.core import clock
from tickets.selectors.keys import keys_of


class Command(BaseCommand):
    """List API keys."""

    help = "Lists API keys: prefix, state, organization, scopes, end, last use, networks, label; separated by tabs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", nargs="?", help="name of the organization (default: all)")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = clock.now()
        for key in keys_of(options["organization"]):
            words = [
                key.prefix,
                key.state(now).value,
                key.organization.name,
                ",".join(key.scopes),
                f"ends={_moment(key.expires_at)}",
                f"used={_moment(key.last_used_at)}",
                f"networks={','.join(key.allowed_networks) or '*'}",
                key.label,
            ]
            self.stdout.write("\t".join(words).rstrip())


def _moment(value: datetime | None) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else "-"
