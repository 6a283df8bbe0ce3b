"""The rows of a sheet as tickets to be filed: what import-export calls a resource. It reads; services file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import Resource
from import_export.results import Result, RowResult

from config.core.actor import Actor
from config.core.errors import DomainError, Invalid
from migrations_app.admin.filing import held_words
from migrations_app.admin.import_form import RowReader, column_of
from migrations_app.admin.words import refusal_words
from migrations_app.rules import sheets
from migrations_app.services import importing
from migrations_app.services.form_reading import read_form
from migrations_app.services.intake import Form, NumberAlreadyOpen
from tickets.enums import Source
from tickets.models import Organization


@dataclass(frozen=True)
class Line:
    """One row of the sheet in the preview. `complaints` are pairs of column and words."""

    number: int
    client: str
    numbers: int = 0
    outcome: str = ""
    complaints: Sequence[tuple[str, str]] = ()


class TicketRows(Resource):
    """Reads each row into a form, by the same reader as the API and the filing page."""

    class Meta:
        # Every row is a new ticket: none is looked up.
        instance_loader_class = BaseInstanceLoader
        import_id_fields = ()

    def __init__(self, *, test: bool = False) -> None:
        super().__init__()
        self._test = test
        self._reader = RowReader()

    def import_row(self, row: Mapping[str, Any], instance_loader: Any, **kwargs: Any) -> RowResult:
        """Return the form of one row as the result's instance, or everything that is wrong with the row."""
        result = RowResult()
        result.number = kwargs["row_number"] + 1  # the header is the file's first row
        if sheets.is_remark(list(row.values())):
            result.import_type = RowResult.IMPORT_TYPE_SKIP
            return result
        body, complaints = self._reader.read(row)
        if not complaints:
            try:
                result.instance = read_form(body, source=Source.ADMIN, test=self._test)
            except Invalid as refusal:
                complaints = self._placed(refusal, body)
        result.import_type = RowResult.IMPORT_TYPE_INVALID if complaints else RowResult.IMPORT_TYPE_NEW
        if complaints:
            result.validation_error = ValidationError(dict(complaints))
        return result

    def _placed(self, refusal: Invalid, body: Mapping[str, Any]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for error in refusal.errors:
            column = column_of(error.pointer)
            words = error.detail
            place = error.pointer.split("/")[2:3] if column == "phone_numbers" else []
            if place and place[0].isdecimal():
                words = f"{body['phone_numbers'][int(place[0])]['number']}: {words}"
            found.setdefault(column or "client_name", []).append(words)
        return found

    def read(self, data: tablib.Dataset) -> Result:
        """Return what every row is. Writes nothing."""
        return self.import_data(data, dry_run=True, use_transactions=False)

    def forms(self, data: tablib.Dataset) -> list[Form]:
        """Return the form of every row.

        :raises Unreadable: a row makes none.
        """
        result = self.read(data)
        if result.invalid_rows:
            raise Unreadable
        return [row.instance for row in result.rows if row.import_type == RowResult.IMPORT_TYPE_NEW]


class Unreadable(Exception):
    """A row of the sheet makes no form."""


@dataclass(frozen=True)
class Preview:
    """What filing a sheet would do: a line per row, and the forms when nothing is wrong with any."""

    lines: Sequence[Line]
    forms: Sequence[Form]

    @property
    def wrong(self) -> int:
        """Return how many rows cannot be filed."""
        return sum(bool(line.complaints) for line in self.lines)


def preview(data: tablib.Dataset, *, organization: Organization, test: bool, by: Actor, now: datetime) -> Preview:
    """Return what filing these rows would do. Nothing is kept."""
    result = TicketRows(test=test).read(data)
    names = data["client_name"]
    lines = [
        Line(
            number=row.number + 1,
            client=str(names[row.number - 1] or ""),
            complaints=[(column, words) for column, told in row.error_dict.items() for words in told],
        )
        for row in result.invalid_rows
    ]
    read = [row for row in result.rows if row.import_type == RowResult.IMPORT_TYPE_NEW]
    forms = [row.instance for row in read]
    trials = importing.try_rows(organization=organization, forms=forms, by=by, now=now)
    for row, trial in zip(read, trials, strict=True):
        lines.append(_line(row.number, row.instance, trial, [each.number for each in read], by))
    return Preview(sorted(lines, key=lambda line: line.number), forms)


def _line(number: int, form: Form, trial: importing.Trial, places: Sequence[int], by: Actor) -> Line:
    complaints: list[tuple[str, str]] = []
    if trial.refusal is not None:
        complaints = _complaints(trial.refusal, by)
    elif trial.repeats is not None:
        words = _("A number of this row is in row %(row)s already.") % {"row": places[trial.repeats]}
        complaints = [("phone_numbers", words)]
    filed = _("Goes to queue %(queue)s.") % {"queue": trial.queue or "–"}
    outcome = filed if form.submit else _("Is kept as a draft.")
    return Line(number, form.client.name, len(form.numbers), "" if complaints else outcome, complaints)


def _complaints(refusal: DomainError, by: Actor) -> list[tuple[str, str]]:
    if isinstance(refusal, NumberAlreadyOpen):
        return [("phone_numbers", held_words(refusal, by))]
    if isinstance(refusal, Invalid):
        return [(column_of(error.pointer), error.detail) for error in refusal.errors]
    return [("", refusal_words(refusal))]
