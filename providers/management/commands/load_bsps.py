"""`manage.py load_bsps`: bring the BSP directory up to its data file; what a lead has edited stays, and is listed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.core import clock
from config.core.actor import OPERATOR
from providers.selectors.directory import directory
from providers.services.directory import Load, load_directory


class Command(BaseCommand):
    """Load the BSP directory."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        parser.add_argument(
            "--follow", action="append", default=[], metavar="SLUG", help="give up a lead's edits of this BSP"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        unknown = set(options["follow"]) - set(directory().values_list("slug", flat=True))
        if unknown:
            raise CommandError(f"No such BSP: {', '.join(sorted(unknown))}.")
        load = load_directory(by=OPERATOR, now=clock.now(), dry_run=options["dry_run"], follow=options["follow"])
        for line in _told(load):
            self.stdout.write(line)
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was changed.")


def _told(load: Load) -> list[str]:
    """Return what loading did, a line per entry that differs."""
    lines = [f"BSP directory, data version {load.version}: {len(load.added)} added, {len(load.changed)} changed."]
    lines += [f"  added    {slug}" for slug in load.added]
    lines += [f"  changed  {slug}: {', '.join(fields)}" for slug, fields in load.changed.items()]
    lines += [f"  kept     {slug}: {', '.join(fields)} (edited by a lead)" for slug, fields in load.kept.items()]
    lines += [f"  kept     {slug}: the name “{name}” is another BSP's by the desk" for slug, name in load.kept_names]
    return lines
