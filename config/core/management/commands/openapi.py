"""`manage.py openapi`: write the API description that the code makes, or say that the committed one is old."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import import_string


class Command(BaseCommand):
    """Writes docs/openapi.json; with --check compares only."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("--check", action="store_true", help="compare with the committed file, write nothing")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Write or compare.

        :raises CommandError: the generator has doubts, or the committed file is not what the code makes.
        """
        # The wiring is above this app, so it is named, not imported.
        file = import_string("config.openapi.OPENAPI_FILE")
        doubtful = import_string("config.openapi.Doubtful")
        try:
            text: str = import_string("config.openapi.generated")()
        except doubtful as error:
            raise CommandError(str(error)) from error
        if not check:
            file.write_text(text, encoding="utf-8")
            return
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            raise CommandError("docs/openapi.json is not what the code makes. Run: manage.py openapi")
