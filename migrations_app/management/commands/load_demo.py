"""`manage.py load_demo`: the demo desk, and its secrets, shown once."""

import os
from typing import Any

from django.core.management.base import BaseCommand

from config.core import clock
from config.core.actor import OPERATOR
from migrations_app.services.demo import load_demo


class Command(BaseCommand):
    """Load the demo desk."""

    help = "Makes a demo organization, queues, rules and agents with hours; prints login and API key on the first run."

    def handle(self, *_args: Any, **_options: Any) -> None:
        wanted = os.environ.get("PORTERO_ADMIN_PASSWORD", "")
        made = load_demo(by=OPERATOR, now=clock.now(), admin_password=wanted)
        shown = made.admin_password if not wanted else "(from PORTERO_ADMIN_PASSWORD)"
        again = "made on the first run and not shown again"
        self.stdout.write(f"  Admin login    admin / {shown or f'({again}; manage.py changepassword admin)'}")
        self.stdout.write(f"  Demo API key   {made.api_key or f'({again}; manage.py issue_api_key makes another)'}")
