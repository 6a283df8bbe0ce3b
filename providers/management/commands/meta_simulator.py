"""Run the Meta simulator in the foreground."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.core.clock import now
from providers.meta.simulator.serving import arguments, serve


class Command(BaseCommand):
    """`manage.py meta_simulator`: Meta's side of a number migration, for development and demonstrations."""

    help = "Run the Meta Graph API simulator until interrupted (control calls under /_sim/)."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        refusal = serve(clock=now, host=options["host"], port=options["port"], state=options["state"])
        if refusal:
            raise CommandError(refusal)
