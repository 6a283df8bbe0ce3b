"""`manage.py draw_states [--check]`: the state diagrams of docs/architecture.md, drawn from the transition tables."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.module_loading import import_string

from config.core.transitions import TransitionTable
from migrations_app.rules.lifecycle import ALL_TABLES

BEGIN, END = "<!-- states: begin -->", "<!-- states: end -->"
_OWN = "migrations_app.rules.lifecycle"
# Another app's rules are its own affair, and the import contracts hold it so; here they are only looked at.
_OTHERS = (
    "tickets.rules.lifecycle.TICKET",
    "tickets.rules.lifecycle.ROUTING_VERSION",
    "tickets.rules.lifecycle.CLOCK",
    "tickets.rules.lifecycle.DELIVERY",
    "providers.rules.lifecycle.EXCHANGE",
)


def all_tables() -> Iterator[tuple[str, TransitionTable[Any]]]:
    """Return every transition table of the product with the module it stands in."""
    *desk, exchange = _OTHERS
    for table in desk:
        yield table.rpartition(".")[0], import_string(table)
    for own in ALL_TABLES:
        yield _OWN, own
    yield exchange.rpartition(".")[0], import_string(exchange)


def _ordered(statuses: frozenset[Enum], like: list[Enum]) -> list[Enum]:
    return [status for status in like if status in statuses]


def diagram(table: TransitionTable[Any]) -> str:
    """Return one table as a Mermaid state diagram; the order of the lines is the order of the enum."""
    words: type[Enum] = type(next(iter(table.moves)))
    statuses = list(words)
    lines = ["stateDiagram-v2"]
    lines += [f"    [*] --> {status.value}" for status in _ordered(table.start, statuses)]
    for old in _ordered(frozenset(table.moves), statuses):
        following = _ordered(table.successors(old), statuses)
        lines += [f"    {old.value} --> {new.value}" for new in following] or [f"    {old.value} --> [*]"]
    return "\n".join(lines)


def chapter() -> str:
    """Return all diagrams as Markdown."""
    parts = []
    for module, table in all_tables():
        file = module.replace(".", "/") + ".py"
        title = table.name[0].upper() + table.name[1:]
        parts.append(f"### {title}\n\nFrom `{file}`.\n\n```mermaid\n{diagram(table)}\n```\n")
    return "\n".join(parts)


def with_chapter(text: str) -> str:
    """Return the document with fresh diagrams between its markers.

    :raises CommandError: the markers are missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        msg = f"The document lacks its markers {BEGIN} and {END}: put them where the diagrams belong."
        raise CommandError(msg)
    return f"{before}{BEGIN}\n\n{chapter()}\n{END}{after}"


class Command(BaseCommand):
    """Draw the state diagrams."""

    help = "Writes the state diagrams of docs/architecture.md from the code's transition tables; --check only compares."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail when the diagrams are out of date"
        )
        parser.add_argument("--file", type=Path, default=settings.BASE_DIR / "docs" / "architecture.md")

    def handle(self, *_args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            msg = f"{file} cannot be read ({error.strerror})."
            raise CommandError(msg) from error
        fresh = with_chapter(text)
        if fresh == text:
            self.stdout.write("The state diagrams are current.")
            return
        if options["check"]:
            msg = f"{file.name}: the state diagrams differ from the code's tables. Run: manage.py draw_states"
            raise CommandError(msg)
        file.write_text(fresh, encoding="utf-8")
        self.stdout.write(f"{file.name}: state diagrams drawn anew.")
