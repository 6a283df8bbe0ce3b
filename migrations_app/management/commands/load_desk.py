"""`manage.py load_desk`: directory, roles, triage queue, ladders and playbooks; safe to repeat."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.core import clock
from config.core.actor import OPERATOR
from migrations_app.services.desk import load_desk
from providers.services.directory import load_directory

SIMULATED_WABA = "735467396201142"
"""Not the account at which the simulator has every number today: nothing could be moved to where it is."""


class Command(BaseCommand):
    """Load what a desk needs before its first ticket."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--waba-id", default=SIMULATED_WABA, help="destination WABA that the first playbooks use")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = clock.now()
        load = load_directory(by=OPERATOR, now=now)
        load_desk(by=OPERATOR, now=now, waba_id=options["waba_id"])
        self.stdout.write(
            f"BSP directory: {len(load.added)} added, {len(load.changed)} changed. Roles, ladders and playbooks are in place."
        )
