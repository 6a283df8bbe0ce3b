"""How a lead edits the directory: lists are written one item a line."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from providers.enums.texts import EXIT_TEXTS, EXIT_WITH_DAYS, STEP_TEXTS
from providers.models import Bsp
from providers.rules.entries import BadLine, condition_line, lines_of, read_conditions
from providers.services.naming import taken_elsewhere


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    def __init__(self, *, rows: int = 4, **options: Any) -> None:
        """Make a text area of so many rows."""
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs={"rows": rows}), required=False, **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(self.line_of(item) for item in value) if isinstance(value, list) else value

    def line_of(self, item: Any) -> str:
        """Return one item as a line."""
        return str(item)

    def to_python(self, value: Any) -> Any:
        return lines_of(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or []) != self.to_python(data))
        except forms.ValidationError:
            return True


class ConditionsField(LinesField):
    """Exit conditions, one a line: a known code (with its days), or words of one's own."""

    def line_of(self, item: Any) -> str:
        return condition_line(item)

    def to_python(self, value: Any) -> Any:
        try:
            return read_conditions(super().to_python(value), codes=EXIT_TEXTS, with_days=EXIT_WITH_DAYS)
        except BadLine as line:
            raise forms.ValidationError(_("This line cannot be read: %(line)s") % {"line": line}) from None


class BspForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """One entry of the directory."""

    aliases = LinesField(label=_("Also called"), help_text=_("One name a line."))
    exit_conditions = ConditionsField(
        rows=5,
        label=_("Exit conditions"),
        help_text=_(
            "One a line. These codes are shown in the reader's language, anything else as you write it: %(codes)s"
        ),
    )
    procedure = LinesField(
        rows=8,
        label=_("Procedure"),
        help_text=_(
            "One step a line; empty: Meta's general procedure. These codes are shown in the reader's language, anything"
            " else as you write it: %(codes)s"
        ),
    )

    countries = LinesField(rows=2, label=_("Countries"), help_text=_("Two letters each, one a line."))
    letter_language = forms.ChoiceField(
        choices=settings.LANGUAGES, initial="en", label=_("Letter language"), widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = Bsp
        fields = ("slug", "name", "aliases", "exit_conditions", "procedure")  # the admin's fieldsets name all of them

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the known codes below their fields."""
        super().__init__(*args, **kwargs)
        conditions = [f"{code} 30" if code in EXIT_WITH_DAYS else code for code in EXIT_TEXTS]
        for name, codes in (("exit_conditions", conditions), ("procedure", list(STEP_TEXTS))):
            if name in self.fields:
                self.fields[name].help_text = str(self.fields[name].help_text) % {"codes": ", ".join(codes)}

    def clean_office_timezone(self) -> str:
        """Refuse a zone that nobody knows."""
        name = str(self.cleaned_data["office_timezone"]).strip()
        if name and name not in available_timezones():
            raise forms.ValidationError(_("There is no such time zone."))
        return name

    def clean_office_country(self) -> str:
        """Refuse what is no code of a country."""
        code = str(self.cleaned_data["office_country"]).strip().upper()
        if code and not (len(code) == 2 and code.isascii() and code.isalpha()):  # noqa: PLR2004  (ISO 3166-1 alpha-2)
            raise forms.ValidationError(_("Give the country's two letters, e.g. ES."))
        return code

    def clean(self) -> dict[str, Any] | None:
        """Refuse a name that means another BSP."""
        cleaned = super().clean()
        if cleaned and not self.errors:
            entry = Bsp(pk=self.instance.pk, slug=cleaned.get("slug") or self.instance.slug)
            entry.name, entry.aliases = cleaned["name"], cleaned["aliases"]
            taken = taken_elsewhere(entry)
            if taken is not None:
                words = _("“%(name)s” already means %(bsp)s.") % {"name": taken[0], "bsp": taken[1].name}
                self.add_error("aliases", words)
        return cleaned
