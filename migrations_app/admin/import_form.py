"""One row of a sheet: its cells become the questions of the filing form, and its answers the body that the API takes."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.core.zones import time_zones
from migrations_app.admin.filing import body_of
from migrations_app.forms import FilingForm
from migrations_app.models import Playbook
from migrations_app.rules import sheets
from tickets.models import Organization

_YES_NO = [("", ""), ("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]
NEEDED = (
    "client_name", "contact_email", "phone_numbers", "current_bsp", "business_verification", "hosting", "connection_status",
)  # fmt: skip
COLUMNS = (
    "client_name", "contact_name", "contact_email", "contact_phone", "language", "timezone", "country",
    "client_reference", "group_reference", "phone_numbers", "line_type", "otp_method", "behind_ivr", "otp_contact_name",
    "otp_contact_phone", "otp_contact_email", "display_name", "display_name_status", "current_bsp", "destination",
    "business_verification", "hosting", "connection_status", "two_step_verification", "waba_id", "business_manager_id",
    "waba_owner", "uses_business_app", "moves", "low_traffic", "notes", "submit",
)  # fmt: skip
"""The columns of a sheet, named as the API names its fields."""
_FIELDS = {"phone_numbers": "numbers"}
_IDENTIFIERS = frozenset({"waba_id", "business_manager_id"})
_PHONES = frozenset({"contact_phone", "otp_contact_phone"})
_ALSO = {"name": "client_name", "email": "contact_email", "phone": "phone_numbers", "phone_number": "phone_numbers",
         "number": "phone_numbers", "bsp": "current_bsp", "business_manager": "business_manager_id"}  # fmt: skip
Complaints = dict[str, list[str]]


class RowForm(FilingForm):
    """The questions of the filing form and those that only a sheet asks. What is needed is judged where forms are read."""

    timezone = forms.CharField(
        label=gettext_lazy("Time zone"), max_length=64, help_text=gettext_lazy("IANA name, e.g. America/Sao_Paulo.")
    )
    otp_contact_name = forms.CharField(label=gettext_lazy("Phone holder"), max_length=200)
    otp_contact_phone = forms.CharField(label=gettext_lazy("Holder's phone"), max_length=40)
    otp_contact_email = forms.EmailField(label=gettext_lazy("Holder's e-mail"))
    low_traffic = forms.CharField(
        label=gettext_lazy("Quiet hours"), help_text=gettext_lazy("e.g. mon-fri 06:00-09:00; sun 22:00-02:00")
    )
    submit = forms.ChoiceField(
        label=gettext_lazy("Submit"), choices=_YES_NO, help_text=gettext_lazy("“no” keeps the row as a draft.")
    )

    def __init__(self, *args: Any, own: Organization | None = None, **kwargs: Any) -> None:
        super().__init__(*args, site=admin.site, own=own or Organization(), draft=True, **kwargs)

    def clean_timezone(self) -> str:
        """Refuse what is no IANA time zone."""
        zone = str(self.cleaned_data["timezone"])
        if zone and zone not in time_zones():
            raise forms.ValidationError(_("This is no IANA time zone, e.g. America/Sao_Paulo."))
        return zone

    def clean(self) -> dict[str, Any]:
        """Demand a name for whoever holds the phone."""
        cleaned = super().clean()
        contact = cleaned.get("otp_contact_phone") or cleaned.get("otp_contact_email")
        if contact and not cleaned.get("otp_contact_name"):
            self.add_error("otp_contact_name", _("Say who holds the phone."))
        return cleaned


def questions() -> dict[str, forms.Field]:
    """Return the question that each column answers."""
    fields = RowForm().fields
    return {column: fields[_FIELDS.get(column, column)] for column in COLUMNS}


@functools.cache
def _headers() -> dict[str, str]:
    """Return the column of each header that is understood: its name, or its question in any of the five languages."""
    found: dict[str, str] = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            for column, question in questions().items():
                found.setdefault(sheets.fold(str(question.label)), column)
    return found | _ALSO | {column: column for column in COLUMNS}


def column_named(header: Any) -> str | None:
    """Return the column that a header names; None for one that is not understood."""
    return _headers().get(sheets.fold(str(header or "")))


def allowed_in(column: str, question: forms.Field) -> list[tuple[str, str]]:
    """Return the values that a column takes, with their labels; empty where anything goes."""
    if column == "destination":
        return [("", ""), *Playbook.objects.filter(active=True).order_by("name").values_list("slug", "name")]
    if not isinstance(question, forms.ChoiceField):
        return []
    return [(str(value), str(label)) for value, label in list(question.choices)]  # type: ignore[arg-type]


class RowReader:
    """Reads rows; what all rows of a sheet share is asked once."""

    def __init__(self) -> None:
        self._allowed = {column: allowed_in(column, question) for column, question in questions().items()}
        self._labels = {column: str(question.label) for column, question in questions().items()}

    def label(self, column: str) -> str:
        """Return a column's name and question, for complaints."""
        return f"{self._labels.get(column, '')} ({column})" if column in self._labels else column

    def read(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], Complaints]:
        """Return the body that a row makes, or what is wrong with its cells by column."""
        complaints: Complaints = {}
        region = str(row.get("country") or "").strip()[:2].upper()
        texts = {column: self._cell(column, cell, complaints) for column, cell in row.items()}
        found = {
            column: _told(complaints, column, functools.partial(sheets.numbers_in, texts[column], region=region), [])
            for column in ("phone_numbers", *_PHONES)
            if column in texts
        }
        texts |= {column: "".join(found[column][:1]) for column in _PHONES if column in found}
        windows = _told(complaints, "low_traffic", lambda: sheets.windows_in(texts.get("low_traffic", "")), [])
        form = RowForm({**texts, "numbers": "\n".join(found.get("phone_numbers", []))})
        form.is_valid()
        for name, errors in form.errors.items():
            column = next((key for key, field in _FIELDS.items() if field == name), name)
            if column not in complaints:
                complaints[column] = [self._words(column, texts, map(str, errors))]
        if complaints:
            return {}, complaints
        return _body(form.cleaned_data, windows), {}

    def _cell(self, column: str, cell: Any, complaints: Complaints) -> str:
        if column == "phone_numbers" and isinstance(cell, str):
            return cell  # several numbers: read one by one
        text = _told(complaints, column, lambda: sheets.cell_text(cell), "")
        if column in _IDENTIFIERS:
            text = sheets.without_point(text)
        if column in {"behind_ivr", "uses_business_app", "submit"}:
            flag = _told(complaints, column, lambda: sheets.flag_in(text), None)
            return {True: "yes", False: "no", None: ""}[flag]
        choices = self._allowed[column]
        return (sheets.word_in(text, choices) or text) if text and choices else text

    def _words(self, column: str, texts: Mapping[str, str], errors: Iterable[str]) -> str:
        values = [value for value, _label in self._allowed.get(column, []) if value]
        if not values or not texts.get(column):
            return " ".join(map(str, errors))
        return _("“%(text)s” is not one of %(values)s.") % {"text": texts[column], "values": ", ".join(values)}


def _told(complaints: Complaints, column: str, read: Callable[[], Any], otherwise: Any) -> Any:
    """Return what `read` returns; on trouble put it into words and return `otherwise`."""
    try:
        return read()
    except sheets.Rounded as trouble:
        words = _("“%(text)s” has been rounded by the spreadsheet program: its last digits are lost. Format the column as "
                  "text and type the number again.")  # fmt: skip
        complaints[column] = [words % {"text": trouble}]
    except sheets.NoText as trouble:
        complaints[column] = [_("“%(text)s” is a date or a time. Format the column as text.") % {"text": trouble}]
    except sheets.NoWindow as trouble:
        complaints[column] = [_("“%(text)s” cannot be read; write e.g. mon 06:00-09:00.") % {"text": trouble}]
    except sheets.NoFlag as trouble:
        complaints[column] = [_("“%(text)s” is neither yes nor no.") % {"text": trouble}]
    return otherwise


def _body(answers: Mapping[str, Any], windows: list[dict[str, Any]]) -> dict[str, Any]:
    body = body_of(answers)
    holder = None
    if answers["otp_contact_name"]:
        holder = {name: answers[f"otp_contact_{name}"] for name in ("name", "phone", "email")}
    return {
        **body,
        "phone_numbers": [{**number, "otp_contact": holder} for number in body["phone_numbers"]],
        "low_traffic_windows": windows,
        "submit": answers["submit"] != "no",
    }


def column_of(pointer: str) -> str:
    """Return the column that a pointer of the API's body belongs to; empty for none."""
    parts = pointer.removeprefix("#/").split("/")
    if parts[0] == "phone_numbers":
        return f"otp_contact_{parts[-1]}" if "otp_contact" in parts else "phone_numbers"
    if parts[0] == "client":
        return {"name": "client_name"}.get(parts[-1], parts[-1])
    return parts[0] if parts[0] in COLUMNS else ""
