"""The filing form of the admin, for clients without an integration: the same questions as the API's."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from config.core.zones import time_zones
from migrations_app.enums import (
    BusinessVerification,
    ConnectionStatus,
    DisplayNameStatus,
    Hosting,
    LineType,
    Moves,
    OtpMethod,
    TwoStep,
    WabaOwner,
)
from migrations_app.models import Playbook
from tickets.models import Organization, Ticket

_YES_NO = [("", _("Not known")), ("yes", _("Yes")), ("no", _("No"))]
_WEEKDAYS = [
    ("0", _("Monday")),
    ("1", _("Tuesday")),
    ("2", _("Wednesday")),
    ("3", _("Thursday")),
    ("4", _("Friday")),
    ("5", _("Saturday")),
    ("6", _("Sunday")),
]
MAX_NUMBER_LINES = 200
"""A guard for the textarea; how many numbers a ticket may have is decided where forms are read."""


def _text(label: Any, *, required: bool = False, most: int = 200, help_text: Any = "", **attrs: str) -> forms.CharField:
    widget = widgets.UnfoldAdminTextInputWidget(attrs=attrs)
    return forms.CharField(label=label, required=required, max_length=most, help_text=help_text, widget=widget)


def _choice(label: Any, choices: Any, *, required: bool = False, help_text: Any = "", initial: Any = None) -> Any:
    blank = [("", _("Please choose"))] if required else []
    return forms.ChoiceField(
        label=label,
        choices=[*blank, *choices],
        required=required,
        help_text=help_text,
        initial=initial,
        widget=widgets.UnfoldAdminSelectWidget(),
    )


class FilingForm(forms.Form):
    """The questions. What the field knows about numbers and identifiers is checked by the service that reads the answers."""

    organization = forms.ModelChoiceField(Organization.objects.order_by("name"), label=_("Organization"))

    client_name = _text(_("Client"), required=True, help_text=_("The company whose numbers move."))
    contact_name = _text(_("Contact"))
    contact_email = forms.EmailField(label=_("Contact e-mail"), widget=widgets.UnfoldAdminEmailInputWidget())
    contact_phone = _text(_("Contact phone"), most=40, help_text=_("For the call; not one of the numbers that move."))
    language = _choice(_("Language"), settings.LANGUAGES, required=True, initial="en")
    timezone = _choice(_("Time zone"), [(zone, zone) for zone in sorted(time_zones())], required=True, initial="UTC")
    country = _text(_("Country"), most=2, help_text=_("Two letters, e.g. BR. Helps to read local numbers."))
    client_reference = _text(_("Client's reference"), most=100)
    group_reference = _text(
        _("Group reference"), most=100, help_text=_("The same words on several tickets hold them together.")
    )

    numbers = forms.CharField(
        label=_("Numbers"),
        help_text=_("One per line, in international form, e.g. +5511987654321."),
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 5}),
    )
    line_type = _choice(_("Kind of line"), LineType.choices, initial=LineType.UNKNOWN)
    otp_method = _choice(_("Code by"), [("", _("What suits the line")), *OtpMethod.choices])
    behind_ivr = _choice(_("Behind a voice menu"), _YES_NO)
    display_name = _text(_("Display name"))
    display_name_status = _choice(_("Display name status"), DisplayNameStatus.choices, initial="unknown")

    current_bsp = _text(
        _("Old BSP"),
        required=True,
        help_text=_("The provider the numbers leave."),
        list="bsp-names",
        autocomplete="off",
    )
    destination = forms.ModelChoiceField(
        Playbook.objects.filter(active=True).order_by("-is_default", "name"),
        to_field_name="slug",
        required=False,
        label=_("Destination"),
        empty_label=_("The desk's default"),
        widget=widgets.UnfoldAdminSelectWidget(),
    )
    business_verification = _choice(_("Business verification"), BusinessVerification.choices, required=True)
    hosting = _choice(_("Hosting"), Hosting.choices, required=True)
    connection_status = _choice(_("Status at the old BSP"), ConnectionStatus.choices, required=True)
    two_step_verification = _choice(_("Two-step verification"), TwoStep.choices, initial=TwoStep.UNKNOWN)
    waba_id = _text(_("WABA ID"), most=20, help_text=_("10 to 20 digits; leave empty if you do not know it."))
    business_manager_id = _text(_("Business Manager ID"), most=20)
    waba_owner = _choice(_("WABA owner"), WabaOwner.choices, initial=WabaOwner.UNKNOWN)
    uses_business_app = _choice(_("Used in the WhatsApp Business app"), _YES_NO)
    moves = _choice(_("What moves"), Moves.choices, initial=Moves.NUMBER)

    quiet_days = forms.MultipleChoiceField(
        label=_("Quiet days"),
        choices=_WEEKDAYS,
        required=False,
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=widgets.UnfoldAdminTextInputWidget())
    quiet_until = forms.TimeField(label=_("Quiet until"), required=False, widget=widgets.UnfoldAdminTextInputWidget())
    notes = forms.CharField(
        label=_("Notes"), required=False, max_length=5000, widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )
    test = forms.BooleanField(
        label=_("Test ticket"),
        required=False,
        help_text=_("Holds no numbers and never reaches Meta's live service."),
        widget=widgets.UnfoldBooleanWidget(),
    )

    def __init__(
        self, *args: Any, site: AdminSite, own: Organization | None, draft: bool = False, **kwargs: Any
    ) -> None:
        """Fix the organization to `own` for people who file for one only; a draft needs no answer but who is served."""
        super().__init__(*args, **kwargs)
        if draft:
            for name, question in self.fields.items():
                question.required = name in {"organization", "client_name"}
        if own is not None:
            del self.fields["organization"], self.fields["test"]
        else:
            field = self.fields["organization"]
            field.widget = AutocompleteSelect(
                Ticket._meta.get_field("organization"), site, attrs={"class": "unfold-admin-autocomplete"}
            )
            field.widget.choices = field.choices  # type: ignore[attr-defined]
        for name in ("quiet_from", "quiet_until"):
            self.fields[name].widget.input_type = "time"

    def clean_country(self) -> str:
        """Return the country in capitals."""
        return str(self.cleaned_data["country"]).upper()

    def clean_numbers(self) -> list[str]:
        """Return the lines that say something."""
        lines = [line.strip() for line in str(self.cleaned_data["numbers"]).splitlines() if line.strip()]
        if len(lines) > MAX_NUMBER_LINES:
            raise forms.ValidationError(_("These are too many numbers for one ticket."))
        return lines

    def clean(self) -> dict[str, Any]:
        """Demand both ends of the quiet hours where days are named."""
        cleaned: dict[str, Any] = super().clean() or {}
        both = cleaned.get("quiet_from") is not None and cleaned.get("quiet_until") is not None
        if cleaned.get("quiet_days") and not both:
            self.add_error("quiet_from", _("Say from when until when these days are quiet."))
        return cleaned
